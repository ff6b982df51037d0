// The book's script: figures follow their controls, predictions and answers are checked.
// It is a plain script, and films are scripts, too: a page works from a disk as from a server.

(() => {
  const textOf = (text) => new TextDecoder().decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
      if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
    made.append(...children);
    return made;
  };

  let count = 0;
  const choices = (legend, options) => {
    const group = element("fieldset", {}, element("legend", {}, ...legend));
    const name = `calclearn-choice-${++count}`;
    for (const value of options)
      group.append(element("label", {}, element("input", { type: "radio", name, value }), ` ${value}`));
    return group;
  };

  // ---- Films: see films.py for what a file holds.

  const arriving = {}; // by a film's name: what to do with its bytes
  const load = (name, source) =>
    new Promise((resolve, reject) => {
      arriving[name] = resolve;
      const script = element("script", { src: source });
      script.onerror = () => reject(new Error(`${source} cannot be loaded`));
      document.head.append(script);
    });

  // Each character holds 15 bits.
  const unpacked = (length, text) => {
    const bytes = new Uint8Array(length);
    let [rest, bits, at] = [0, 0, 0];
    for (let i = 0; i < text.length; i++) {
      rest = (rest << 15) | (text.charCodeAt(i) - 0x3400);
      for (bits += 15; bits >= 8 && at < length; bits -= 8) bytes[at++] = rest >> (bits - 8);
      rest &= (1 << bits) - 1;
    }
    return bytes;
  };

  const decoded = async (bytesOfStream) => {
    const inflating = new DecompressionStream("deflate");
    const stream = new Blob([bytesOfStream]).stream().pipeThrough(inflating);
    const buffer = await new Response(stream).arrayBuffer();
    const bytes = new Uint8Array(buffer);
    const length = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    const palette = new Uint32Array(buffer, 4 + length, head.palette);
    let [run, pixel] = [0, 0]; // where each frame begins
    const starts = head.frames.map(([, n, m]) => {
      const start = [run, pixel];
      [run, pixel] = [run + n, pixel + m];
      return start;
    });
    let next = 4 + length + 4 * head.palette;
    const [gap, extent, ink] = [run, run, pixel].map((count, kind) => {
      const from = next;
      const end = (next += count * head.planes[kind]);
      return (which) => {
        let number = 0;
        for (let at = end - count + which; at >= from; at -= count) number = 256 * number + bytes[at];
        return number;
      };
    });

    const screen = new ImageData(head.width, head.height);
    const inks = new Uint32Array(screen.data.buffer).fill(0xffffffff); // blank paper
    let shown = -1;
    const patch = (frame) => {
      let [run, pixel] = starts[frame];
      let place = 0;
      for (const end = run + head.frames[frame][1]; run < end; run++) {
        place += gap(run);
        const over = place + extent(run);
        for (let at = place; at < over; at++) inks[at] = palette[ink(pixel++)];
      }
    };
    // A frame is its parent with other pixels; what is on the screen may be one of its parents.
    const show = (frame) => {
      const chain = [];
      for (let each = frame; each !== shown && each >= 0; each = head.frames[each][0]) chain.push(each);
      const last = chain.length ? head.frames[chain.at(-1)][0] : shown;
      if (last !== shown) inks.fill(0xffffffff);
      for (const each of chain.reverse()) patch(each);
      shown = frame;
      return screen;
    };
    return { ...head, show };
  };

  // ---- A figure: a row for each control, the picture, the sentence.

  const control = (dial, moved) => {
    const id = `calclearn-control-${++count}`;
    const row = element("div", { class: "calclearn-row" }, element("label", { for: id }, dial.label));
    let input;
    const said = element("output", { for: id });
    if (dial.listed) {
      input = element("select", { id });
      dial.words.forEach((word, k) => input.append(element("option", { value: k }, word)));
    } else {
      input = element("input", { id, type: "range", min: 0, max: dial.words.length - 1, step: 1 });
      if (dial.track) input.style.background = `${dial.track} center / 100% 8px no-repeat`;
    }
    input.addEventListener("input", () => moved(Number(input.value)));
    row.append(input, said);
    const set = (position) => {
      input.value = position;
      if (dial.listed) return;
      said.textContent = dial.words[position];
      input.setAttribute("aria-valuetext", dial.words[position]);
    };
    return { row, set };
  };

  const bring = async (figure) => {
    const begin = performance.now();
    const film = await decoded(await load(figure.dataset.film, figure.dataset.source));
    const image = figure.querySelector("img");
    const caption = figure.querySelector("figcaption");
    const canvas = element("canvas", { role: "img", width: film.width, height: film.height });
    canvas.style.width = `${film.width / film.ratio}px`;
    const pen = canvas.getContext("2d");
    const grid = new Map(film.grid.map((row) => [row.slice(0, -2).join(), row.slice(-2)]));
    const places = film.grid.map((row) => row.slice(0, -2));
    const at = film.dials.map((dial) => dial.start);

    const show = () => {
      const start = performance.now();
      const [frame, words] = grid.get(at.join());
      pen.putImageData(film.show(frame), 0, 0);
      performance.measure("calclearn picture", { start });
      controls.forEach((each, k) => each.set(at[k]));
      canvas.setAttribute("aria-label", film.captions[words]);
      if (caption.textContent !== film.captions[words]) caption.textContent = film.captions[words];
    };
    // Not every pair of positions has a picture: then the other control goes to the nearest.
    const move = (which, position) => {
      at[which] = position;
      if (!grid.has(at.join())) {
        const away = (place) => place.reduce((sum, p, k) => sum + Math.abs(p - at[k]), 0);
        const there = places.filter((place) => place[which] === position);
        at.splice(0, at.length, ...there.reduce((a, b) => (away(b) < away(a) ? b : a)));
      }
      show();
    };
    const controls = film.dials.map((dial, which) =>
      control(dial, (position) => {
        pause();
        move(which, position);
      }),
    );

    let timer = null;
    const played = film.dials.findIndex((dial) => dial.pace !== null);
    const button = element("button", { type: "button", class: "calclearn-play" }, "▶ Play");
    const pause = () => {
      clearInterval(timer);
      timer = null;
      button.textContent = "▶ Play";
      caption.setAttribute("aria-busy", "false"); // a screen reader hears where the film stops
    };
    const play = () => {
      const end = film.dials[played].words.length - 1;
      if (at[played] === end) move(played, 0);
      button.textContent = "❚❚ Pause";
      caption.setAttribute("aria-busy", "true");
      timer = setInterval(() => {
        if (at[played] < end) move(played, at[played] + 1);
        if (at[played] === end) pause();
      }, 1000 * film.dials[played].pace);
    };
    button.addEventListener("click", () => (timer ? pause() : play()));

    const panel = element("div", { class: "calclearn-controls" }, ...controls.map(({ row }) => row));
    if (played >= 0) controls[played].row.append(button);
    const larger = element("button", { type: "button", class: "calclearn-larger", "aria-pressed": "false" }, "Larger");
    larger.addEventListener("click", () => {
      const large = figure.classList.toggle("calclearn-large");
      larger.setAttribute("aria-pressed", String(large));
      larger.textContent = large ? "Smaller" : "Larger";
    });
    caption.setAttribute("role", "status");
    caption.setAttribute("aria-live", "polite");
    show();
    image.replaceWith(element("div", { class: "calclearn-picture" }, canvas));
    figure.prepend(panel);
    figure.insertBefore(larger, caption);
    performance.measure("calclearn ready", { start: begin });
    figure.dataset.ready = "";
  };

  // ---- Predictions: one commits first, and the answer comes afterwards.

  const kept = (question, option = null) => {
    try {
      if (option !== null) localStorage.setItem(`calclearn: ${question}`, option);
      return localStorage.getItem(`calclearn: ${question}`);
    } catch {
      return null; // a browser that keeps nothing; the page itself has it
    }
  };
  const committed = {}; // by question
  const waiting = {}; // by question: what is to be done when it is committed to

  const predict = (box) => {
    const { question } = box.dataset;
    const options = [...box.querySelectorAll("li")].map((item) => item.textContent);
    const group = choices([element("b", {}, "Predict: "), question], options);
    const radios = [...group.querySelectorAll("input")];
    const commit = element("button", { type: "button", disabled: true }, "Commit");
    const state = element("p", { role: "status" }, "Choose an option, then commit to it.");
    group.addEventListener("change", () => (commit.disabled = false));
    const lock = (option) => {
      committed[question] = option;
      for (const radio of radios) {
        radio.checked = radio.value === option;
        radio.disabled = true;
      }
      commit.disabled = true;
      state.textContent = `You predicted: ${option}`;
      waiting[question]?.();
    };
    commit.addEventListener("click", () => {
      const { value } = radios.find((radio) => radio.checked);
      kept(question, value);
      lock(value);
    });
    group.append(commit, state);
    box.replaceChildren(group);
    const before = kept(question);
    if (options.includes(before)) lock(before);
  };

  const reveal = (box) => {
    const { question, right, why } = JSON.parse(box.dataset.reveal);
    const state = element("p", { role: "status" }, "Commit to a prediction first, further up.");
    const button = element("button", { type: "button", disabled: true }, "Reveal");
    const ready = () => {
      state.textContent = "How did your prediction do?";
      button.disabled = false;
    };
    waiting[question] = ready;
    button.addEventListener("click", () => {
      const happens = textOf(right);
      const same = committed[question] === happens;
      const verdict = same ? "✓ That is what happens." : `✗ What happens: ${happens}`;
      const lines = [`You predicted: ${committed[question]}`, verdict, textOf(why)];
      state.replaceChildren(...lines.map((line) => element("span", { class: "calclearn-line" }, line)));
      button.disabled = true;
    });
    box.replaceChildren(state, button);
    if (committed[question] !== undefined) ready();
  };

  // ---- Answers: compared by their checksums, see answers.py.

  const crc32 = (text) => {
    let crc = -1;
    for (const byte of new TextEncoder().encode(text)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return (~crc >>> 0).toString(16).padStart(8, "0");
  };

  // "−4,7", "1/3" and "(-2, 6)" are numbers, as `check` reads them.
  const numberOf = (text) => {
    const [top, bottom = "1"] = text.trim().replace(",", ".").split("/");
    return top.trim() === "" || bottom.trim() === "" ? NaN : Number(top) / Number(bottom);
  };
  const numbersOf = (text, several) => {
    const plain = text.replace(/[−–—‐‑]/g, "-").replace(/[()[\]]/g, " ").trim();
    if (!several) return [numberOf(plain)];
    const separator = [";", ","].find((mark) => plain.includes(mark)) ?? /\s+/;
    return plain.split(separator).filter((piece) => piece.trim()).map(numberOf);
  };
  const rounded = (value) => (value === 0 ? "0" : value.toExponential(2));

  const check = (box) => {
    const { number, letters, right, why, mistakes, hints } = JSON.parse(box.dataset.check);
    const state = element("p", { role: "status" });
    const attempts = [];
    const judge = (answers) => {
      const sums = answers.map((answer, part) => crc32(`${number}/${part}/${answer}`));
      const agree = (parts) => parts.every((known, part) => known.includes(sums[part]));
      if (agree(right)) return `✓ Right. ${textOf(why)}`;
      const attempt = answers.join();
      if (!attempts.includes(attempt)) attempts.push(attempt);
      const hint = Math.min(attempts.indexOf(attempt), hints.length - 1);
      const exact = (parts) => parts.every((known, part) => known[0] === sums[part]);
      const [, sentence] = [exact, agree].map((as) => mistakes.find(([parts]) => as(parts))).find(Boolean) ?? [];
      const named = sentence ? `${textOf(sentence)} ` : "";
      return `✗ Not yet. ${named}Hint ${hint + 1} of ${hints.length}: ${textOf(hints[hint])}`;
    };
    const form = element("form", {});
    const label = `Answer to ${number}`;
    let answer;
    if (letters) {
      form.append(choices([label], letters));
      answer = () => {
        const chosen = form.querySelector(":checked");
        return chosen ? [chosen.value] : "Choose a letter.";
      };
    } else {
      const id = `calclearn-answer-${++count}`;
      const several = right.length > 1;
      const hint = several ? `${right.length} numbers` : "a number";
      const field = element("input", { id, type: "text", placeholder: hint, autocomplete: "off" });
      form.append(element("label", { for: id }, `${label}: `), field);
      answer = () => {
        const values = numbersOf(field.value, several);
        if (values.length !== right.length || !values.every(Number.isFinite))
          return several ? `Type ${right.length} numbers, with commas between them.` : "Type one number.";
        return values.map(rounded);
      };
    }
    form.append(element("button", { type: "submit" }, "Check"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = answer();
      state.textContent = typeof given === "string" ? given : judge(given);
    });
    box.replaceChildren(form, state);
  };

  window.calclearn = { film: (name, length, text) => arriving[name]?.(unpacked(length, text)) };

  const begin = () => {
    document.querySelectorAll("[data-question]").forEach(predict);
    document.querySelectorAll("[data-reveal]").forEach(reveal);
    document.querySelectorAll("[data-check]").forEach(check);
    const seen = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          seen.unobserve(target);
          bring(target).catch((error) => {
            target.querySelector("figcaption").append(` (It does not move: ${error.message}.)`);
            console.error(error);
          });
        }
      },
      { rootMargin: "600px" },
    );
    document.querySelectorAll("figure[data-film]").forEach((figure) => seen.observe(figure));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
