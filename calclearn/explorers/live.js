// The live figure's front end: it asks for pictures and shows them. No mathematics lives here.

const IN_FLIGHT = 2; // one being painted, one on its way; more would only queue up old pictures
const REST = 600; // milliseconds of stillness after which the picture is kept: more than a hand pauses
const SHARP = 250; // the same after which what travelled as JPEG comes once more, exactly
const RESIZE = 150; // milliseconds of stillness after which the figure takes another width
const [NARROW, WIDE] = [500, 1200]; // pixels
const STRIDE = 60; // pixels by which its width changes: each one is laid out afresh in the kernel
const ICONS = { play: "Play", pause: "Pause", stop: "Back to the beginning", retweet: "Repeat" };
const STROKE = 0.005; // of the figure's width: a shorter way is no new place of a stroke
const PATIENCE = 700; // milliseconds for a click on Stop to reach the kernel
const NEWS = 100; // milliseconds by which a control's own message to the kernel may come later
const ENTER = new KeyboardEvent("keydown", { key: "Enter", keyCode: 13, bubbles: true });
const SLOW = 400; // milliseconds after which a picture that is still to come is announced

const css = `
.calclearn-dark canvas { filter: invert(0.93) hue-rotate(180deg); }
.calclearn-late canvas { opacity: 0.5; cursor: progress; }
.calclearn-live .calclearn-note:empty { display: none; }
.calclearn-live { padding: 2px 0; }
.calclearn-live canvas { display: block; max-width: 100%; outline-offset: 2px; touch-action: pan-y; }
.calclearn-live p { margin: 4px 2px 0; font-size: 14px; line-height: 1.45; min-height: 2.9em; max-width: 860px; }
`;

// A control's value in the browser: a choice knows only the place of what is chosen.
const valueOf = (control) => {
  const value = control.get("value");
  return value === undefined || value === null ? { index: control.get("index") } : value;
};

// Each request has the values of all controls, so what a slider tells the kernel by itself can
// wait. Else a step costs as many messages again, and the page lays itself out for each of them.
const postpone = (control) => {
  if (typeof control.get("value") !== "number") return;
  const [save, hear] = [control.save_changes, control.set_state].map((own) => own.bind(control));
  let timer = null;
  control.save_changes = (callbacks) => {
    timer ??= setTimeout(() => {
      timer = null;
      save(callbacks);
    }, NEWS);
  };
  // What the kernel says of the value meanwhile, an echo above all, is older than the slider's own.
  control.set_state = ({ value, ...others }) =>
    hear(timer || value === undefined ? others : { value, ...others });
};

// Hosts say on the page whether they are dark; where none does, the system says it.
const darkHost = () => {
  const { body, documentElement: root } = document;
  const lab = body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  const code = body.dataset.vscodeThemeKind ?? body.className;
  if (/vscode-/.test(code)) return /vscode-(dark|high-contrast(?!-light))/.test(code);
  if (root.hasAttribute("theme")) return root.getAttribute("theme") === "dark";
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
};

// A screen reader hears what a handle moves, and the value as it stands beside the slider.
const nameHandles = (box) => {
  for (const handle of box.querySelectorAll(".noUi-handle")) {
    const slider = handle.closest(".widget-slider") ?? handle.closest(".jupyter-widgets");
    const [label, readout] = [".widget-label", ".widget-readout"].map(
      (part) => slider?.querySelector(part)?.textContent.trim() ?? "",
    );
    const value = readout === "" || isNaN(readout) ? readout : String(Number(readout));
    const attributes = {
      "aria-label": label,
      "aria-valuetext": value,
      "data-lm-suppress-shortcuts": "true", // Notebook 7 takes the arrow keys for its cells
    };
    for (const [name, words] of Object.entries(attributes))
      if (words && handle.getAttribute(name) !== words) handle.setAttribute(name, words);
  }
  // Play, Pause and their like are pictures without words.
  for (const icon of box.querySelectorAll(".widget-play button > i")) {
    const words = Object.entries(ICONS).find(([name]) => icon.classList.contains(`fa-${name}`))?.[1];
    if (words && icon.parentElement.ariaLabel !== words) icon.parentElement.ariaLabel = words;
  }
  // The number beside a slider can be typed over.
  for (const readout of box.querySelectorAll(".widget-readout[contenteditable=true]")) {
    const label = readout.parentElement.querySelector(".widget-label")?.textContent.trim();
    if (label && !readout.hasAttribute("role")) {
      readout.setAttribute("role", "textbox");
      readout.setAttribute("aria-label", label);
    }
  }
};

// What was typed beside a slider, and what the slider makes of it where that is another number.
const sayLimits = (box, say) => {
  const whole = /^-?[1-9]\d{0,2}([,\s]\d{3})+$/; // with its thousands set apart, as captions write it
  const plain = (words) => {
    const number = words.replace("−", "-");
    return whole.test(number) ? number.replace(/[,\s]/g, "") : number.replace(",", ".");
  };
  const number = (words) => Number(plain(words));
  let edited = false; // since it was last answered: a readout that is only left says nothing
  const typed = ({ type, key, target }) => {
    if (!target.matches?.(".widget-readout[contenteditable=true]")) return;
    if (type === "input") edited = true;
    if (!edited || type === "input" || (type === "keydown" && key !== "Enter")) return;
    if (type === "focusout") return target.dispatchEvent(ENTER); // without it the slider reads nothing
    edited = false;
    const words = target.textContent.trim();
    if (!isNaN(number(words))) target.textContent = plain(words); // as the slider can read it
    setTimeout(() => {
      const value = target.textContent.trim();
      const label = target.parentElement.querySelector(".widget-label")?.textContent.trim();
      const stands = number(value);
      const other = words !== value && !(Math.abs(number(words) - stands) <= 1e-6 * Math.abs(stands));
      say(other ? `${label}: ${words || "an empty field"} is no place of this slider; it stands at ${value}.` : "");
    }, 50); // the slider reads it first
  };
  // Before the slider, which replaces what was typed.
  for (const type of ["input", "keydown", "focusout"]) box.addEventListener(type, typed, true);
};

// An ImageDecoder takes a third of the time, as the bytes stay in this process; not every browser has one.
const decode = async (bytes, type) => {
  const decoder = window.ImageDecoder && new ImageDecoder({ data: bytes, type });
  const image = decoder ? (await decoder.decode()).image : await createImageBitmap(new Blob([bytes], { type }));
  const [width, height] = [image.displayWidth ?? image.width, image.displayHeight ?? image.height];
  const pen = new OffscreenCanvas(width, height).getContext("2d");
  pen.drawImage(image, 0, 0);
  image.close();
  decoder?.close();
  return pen.getImageData(0, 0, width, height);
};

export default () => {
  const page = Math.random().toString(36).slice(2); // the same figure may be open in two windows
  const views = new Set();
  const works = new Set(); // tells each window whether a picture is long in coming
  const controls = {};
  let send = () => {};
  let asked = 0; // number of the last request
  let answered = 0; // number of the last reply that was shown
  let waiting = false; // something changed while the wire was full
  // { grip, before, start, path, to }: what was pressed, the values then, where the pointer was
  let drag = null;
  let released = false; // the pointer is up, but its last place is still on the wire
  let timer = null;
  let late = null; // the timer after which the figure looks as if it were at work
  let width = null; // that there is for the figure, in the screen's pixels
  let background = null; // the ImageData of what does not move
  let frame = null; // the ImageData of the last picture, in which the next one is made
  let edition = null; // its number in the kernel
  let exact = false; // whether it has the kernel's own pixels: those of a JPEG are only like them
  let picture = null; // on the screen: { image, caption, rest }
  let player = null; // Play of a film
  let stop = null; // the toggle that ends what a cell waits for
  let heard; // resolves `ready`
  const ready = new Promise((resolve) => (heard = resolve)); // the controls are there
  let queue = Promise.resolve(); // replies are shown one after the other, in their order

  const valuesNow = () =>
    Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, valueOf(control)]));

  // Controls that are only stored have no kernel behind them.
  const live = () => Object.values(controls).every((control) => control.comm_live !== false);

  const watch = () => {
    clearTimeout(late);
    for (const tell of works) tell(false);
    if (asked !== answered && live()) late = setTimeout(() => works.forEach((tell) => tell(true)), SLOW);
  };

  const ask = (rest = false) => {
    clearTimeout(timer);
    waiting = asked - answered >= IN_FLIGHT;
    if (waiting || !live()) return;
    asked += 1;
    const ratio = window.devicePixelRatio || 1;
    const known = rest && !exact ? null : edition;
    send({ page, number: asked, values: valuesNow(), drag, ratio, width, edition: known, rest });
    if (asked === answered + 1) watch();
  };

  const settle = (rest) => {
    if (waiting) return ask();
    if (asked !== answered) return;
    if (released) drag = null;
    if (!rest && !drag) timer = setTimeout(() => ask(true), exact ? REST : SHARP);
  };

  const show = (image, caption, rest, across) => {
    picture = { image, caption, rest, across };
    for (const view of views) view(picture);
  };

  // Work in its turn; what fails there is reported, and does not hold up what comes next.
  const enqueue = (work) => (queue = queue.then(work).catch(console.error));

  const lay = ({ data, width, height }, [x, y]) => {
    for (let row = 0; row < height; row++) {
      const from = 4 * row * width;
      background.data.set(data.subarray(from, from + 4 * width), 4 * ((y + row) * background.width + x));
    }
  };

  const patched = async (reply, [moved, colours, bytes]) => {
    if (bytes) {
      const part = await decode(bytes, reply.rest ? "image/png" : "image/jpeg");
      if (reply.corner) lay(part, reply.corner);
      else background = part;
      exact = reply.rest;
    }
    const places = new Uint32Array(moved.buffer.slice(moved.byteOffset, moved.byteOffset + moved.byteLength));
    const inks = new Uint32Array(colours.buffer.slice(colours.byteOffset, colours.byteOffset + colours.byteLength));
    // From here on nothing fails, so that a reply which does leaves the last picture whole.
    const { width: across, height: down } = background;
    if (frame?.width !== across || frame.height !== down) frame = new ImageData(across, down);
    frame.data.set(background.data);
    const pixels = new Uint32Array(frame.data.buffer);
    for (let i = 0; i < places.length; i++) pixels[places[i]] = inks[i];
    return frame;
  };

  const replied = async (reply, buffers) => {
    try {
      // A reply without a picture says in words why there is none: the last one stays.
      const image = buffers.length ? await patched(reply, buffers) : picture?.image;
      if (buffers.length) edition = reply.edition ?? null;
      if (image) show(image, reply.caption, reply.rest, reply.width ?? picture.across);
      // A run may have fewer steps than the slider: at its own end, Play is ready to begin anew.
      if (reply.over && player?.get("playing")) {
        player.set({ playing: false, value: player.get("max") });
        player.save_changes();
      }
    } catch (error) {
      edition = null; // the next reply brings the whole picture
      console.error(error);
    }
    answered = reply.number;
    watch();
    settle(reply.rest);
  };

  return {
    async initialize({ model }) {
      send = (request) => model.send(request);
      model.on("msg:custom", (reply, buffers) => {
        if (reply.page === page) enqueue(() => replied(reply, buffers));
      });
      const modelOf = (reference) => model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
      for (const [name, reference] of Object.entries(model.get("controls"))) {
        controls[name] = await modelOf(reference);
        postpone(controls[name]);
        // While the pointer drags, it is the kernel that moves the sliders: their news is no news here.
        const changed = () => drag || ask();
        controls[name].on("change:value", changed);
        controls[name].on("change:index", changed);
      }
      if (model.get("player")) player = await modelOf(model.get("player"));
      heard();
      // The first picture, and those that nobody asked for; they take their place among the replies.
      const shown = () => {
        const [png, caption, rest] = [model.get("png"), model.get("caption"), !model.get("busy")];
        const across = model.get("width");
        enqueue(async () => show(await decode(png, "image/png"), caption, rest, across));
      };
      model.on("change:shown", shown);
      shown();
      // While a cell waits the kernel may hear no click, but it always hears an interrupt.
      const interrupt = async () => {
        if ((await stop).get("value") && model.get("stop")) model.widget_manager.kernel?.interrupt?.();
      };
      const hear = async () => {
        if (stop || !model.get("stop")) return;
        stop = modelOf(model.get("stop"));
        (await stop).on("change:value", () => setTimeout(interrupt, PATIENCE));
      };
      model.on("change:stop", hear);
      hear();
      await queue;
      if ((window.devicePixelRatio || 1) !== 1) ask(true);
    },

    render({ model, el }) {
      el.classList.add("calclearn-live");
      el.innerHTML =
        `<style></style><canvas role="img" tabindex="-1"></canvas>` +
        `<p class="calclearn-caption" role="status" aria-live="polite"></p>` +
        `<p class="calclearn-note"></p>`;
      const [sheet, canvas, caption, note] = el.children;
      const tint = () => el.classList.toggle("calclearn-dark", darkHost());
      tint();
      const themes = new MutationObserver(tint);
      for (const element of [document.body, document.documentElement])
        themes.observe(element, {
          attributeFilter: ["data-jp-theme-light", "class", "data-vscode-theme-kind", "theme"],
        });
      const system = window.matchMedia("(prefers-color-scheme: dark)");
      system.addEventListener("change", tint);
      const sayStored = () => (note.textContent = live() ? "" : "Run this cell to move the figure.");
      ready.then(sayStored);
      model.on("comm_live_update", sayStored); // a kernel that restarts leaves all that it showed
      let named = null; // watches the box of controls, once the page has it
      const nameControls = () => {
        const box = el.closest(".widget-vbox");
        if (named || !box) return;
        nameHandles(box);
        sayLimits(box, (sentence) => (note.textContent = sentence));
        // Only where something changed: a slider that is dragged changes with each picture.
        named = new MutationObserver((changes) => {
          const near = ({ target }) => target.parentElement?.closest(".widget-slider");
          new Set(changes.map((change) => near(change) ?? box)).forEach(nameHandles);
        });
        const attributeFilter = ["aria-valuetext", "contenteditable", "class"];
        named.observe(box, { childList: true, subtree: true, characterData: true, attributeFilter });
      };
      const restyle = () => (sheet.textContent = css + model.get("css"));
      restyle();
      model.on("change:css", restyle);

      let resizing = null;
      const fit = (room) => {
        const fitting = Math.min(Math.max(STRIDE * Math.floor(room / STRIDE), NARROW), WIDE);
        if (!room || fitting === (width ?? model.get("width"))) return; // a hidden figure has no room
        width = fitting;
        ask();
      };
      const observer = new ResizeObserver(([entry]) => {
        nameControls();
        clearTimeout(resizing);
        resizing = setTimeout(fit, RESIZE, entry.contentRect.width);
      });
      observer.observe(el);

      let tallest = 0;
      let longest = 0; // sentence so far
      const view = ({ image, caption: sentence, rest, across }) => {
        canvas.style.width = `${across}px`;
        if (canvas.width !== image.width || canvas.height !== image.height) {
          canvas.width = image.width;
          canvas.height = image.height;
        }
        canvas.getContext("2d").putImageData(image, 0, 0);
        if (rest) canvas.setAttribute("aria-label", sentence);
        // A screen reader waits while the region is busy, and so speaks only the last sentence.
        caption.setAttribute("aria-busy", String(!rest));
        if (caption.textContent !== sentence) caption.textContent = sentence;
        // What stands below must not jump when a sentence needs one line more, or less again. The
        // height is asked for where it may be new, as the page is laid out for the answer.
        if (!rest && sentence.length <= longest) return;
        longest = Math.max(longest, sentence.length);
        if (caption.offsetHeight > tallest) {
          tallest = caption.offsetHeight;
          caption.style.minHeight = `${tallest}px`;
        }
      };
      views.add(view);
      const pale = (on) => el.classList.toggle("calclearn-late", on);
      works.add(pale);
      if (picture) view(picture);

      const place = (event) => {
        const box = canvas.getBoundingClientRect();
        return [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
      };
      const gripAt = ([x, y]) =>
        model.get("grips").findIndex(([x0, y0, x1, y1]) => x0 <= x && x <= x1 && y0 <= y && y <= y1);
      let pressed = null;
      const move = (event) => {
        const to = place(event);
        const [x, y] = pressed.path.at(-1) ?? pressed.start;
        if (Math.hypot(to[0] - x, to[1] - y) > STROKE) pressed.path.push(to);
        drag = { ...pressed, to };
        ask();
      };
      canvas.addEventListener("pointerdown", (event) => {
        const start = place(event);
        const grip = gripAt(start);
        if (event.button !== 0 || grip < 0) return;
        canvas.setPointerCapture(event.pointerId);
        pressed = { grip, before: valuesNow(), start, path: [] };
        released = false;
        move(event);
        event.preventDefault();
      });
      canvas.addEventListener("pointermove", (event) => {
        if (pressed) move(event);
        else canvas.style.cursor = gripAt(place(event)) < 0 ? "default" : "grab";
      });
      for (const end of ["pointerup", "pointercancel"])
        canvas.addEventListener(end, () => {
          if (!pressed) return;
          pressed = null;
          released = true;
          settle(false);
        });

      return () => {
        views.delete(view);
        works.delete(pale);
        observer.disconnect();
        themes.disconnect();
        named?.disconnect();
        system.removeEventListener("change", tint);
        clearTimeout(resizing);
        model.off("change:css", restyle);
        model.off("comm_live_update", sayStored);
      };
    },
  };
};
