"""A prediction is a commitment: it is locked before the figure answers, and kept in the notebook.

People who read an answer think that they knew it. So the options stand open until one of them is
committed to; then the output of the cell becomes a text that says which. That text is the only
store: after a restart of the kernel it means the same commitment. An output is a widget, and the
same in HTML, in plain text and as a picture, for where no kernel runs.
"""

import base64
import contextlib
import html
import io
import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from calclearn.exercises.catalogue import outcomes

SITE_DATE = 315_532_800  # 1 January 1980: that of all notebooks which a site in the browser brings

_predictions: dict[str, "Prediction"] = {}  # by question: a cell that is run again changes nothing


def predict(question: str, options: Sequence[str]) -> "Prediction":
    """Show the question and its options, to commit to one of them before the figure answers.

    Raises `ValueError` unless there are two or more different options, each of them text.

    Example
    -------
    >>> guess = predict("Is 0.1 + 0.2 equal to 0.3?", ["yes", "no"])
    Predict: Is 0.1 + 0.2 equal to 0.3?
    - yes
    - no
    No prediction yet.
    """
    if not (isinstance(question, str) and question):
        raise ValueError(f"question must be text, got {question!r}")
    listed = tuple(options) if isinstance(options, Iterable) else ()
    texts = {option for option in listed if isinstance(option, str) and option}
    if isinstance(options, str) or len(texts) < max(2, len(listed)):
        raise ValueError(f"options must be two or more different texts, got {options!r:.200}")
    known = _predictions.get(question)
    if known is None or known.options != listed:
        known = _predictions[question] = Prediction(question, listed)
        texts = _stored_texts()
        for option in listed:
            if "\n".join(known.lines(option)) in texts:  # it was committed to before
                known.commit(option)
    _display(known.asked())
    return known


class Prediction:
    """A question, its options, and the one that was committed to (None before)."""

    def __init__(self, question: str, options: tuple[str, ...]):
        self.question, self.options = question, options
        self.commitment: str | None = None
        self._when_committed: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, commitment: str | None = None) -> list[str]:
        """The prediction in words, one line each: the question, the options, the state."""
        commitment = commitment or self.commitment
        state = f"You predicted: {commitment}" if commitment else "No prediction yet."
        return [f"Predict: {self.question}", *(f"- {option}" for option in self.options), state]

    def commit(self, option: str) -> None:
        """Lock the prediction: the first commitment stands. Only an option can be committed to."""
        if not isinstance(option, str) or option not in self.options:
            raise ValueError(f"option must be one of {self.options}, got {option!r}")
        if self.commitment is None:
            self.commitment = option
            for react in self._when_committed:
                react()

    def asked(self) -> "Card":
        """The question, with radio buttons and "Commit" until it is committed, then as text."""
        if self.commitment:
            return Card(self.lines(), prediction=self)
        import ipywidgets as widgets

        wide = widgets.Layout(width="auto")
        question = widgets.HTMLMath(f"<b>Predict:</b> {html.escape(self.question)}")
        radio = widgets.RadioButtons(options=self.options, value=None, layout=wide)
        button = widgets.Button(description="Commit", disabled=True, tooltip="Lock my prediction")
        state = widgets.HTML("Choose an option, then commit to it.")
        box = widgets.VBox([question, radio, button, state])
        card = Card(self.lines(), box, prediction=self)

        def committed() -> None:
            radio.value, radio.disabled, button.disabled = self.commitment, True, True
            state.value = html.escape(self.lines()[-1])
            card.replace(self.lines())

        radio.observe(lambda change: setattr(button, "disabled", radio.disabled), names="value")
        button.on_click(lambda _: self.commit(radio.value))
        self._when_committed.append(committed)
        return card

    def reveal(self, lesson: str, prediction: int = 1) -> None:
        """Show a button that compares the prediction with what happens, once it is committed.

        What happens, and why, stands in the file of the lesson (a number like "07") and not in the
        notebook, where it would be read too early. `prediction` counts those of the lesson. Raises
        ValueError where the lesson does not say what becomes of this prediction.
        """
        option, why = outcomes(lesson).get(prediction if type(prediction) is int else 0, (0, ""))
        if not 0 < option <= len(self.options):
            raise ValueError(
                'lesson must be the one of this prediction, such as "07", and prediction its place '
                f"there, from 1; got {lesson!r:.40}, {prediction!r:.40}"
            )
        _display(self.revealed(self.options[option - 1], why))

    def revealed(self, right_option: str, why: str) -> "Card":
        """The button "Reveal", asleep until the commitment; pressed, it gives way to the answer."""
        import ipywidgets as widgets

        waiting, ready = "Commit to a prediction first, further up.", "How did your prediction do?"
        button = widgets.Button(description="Reveal", disabled=self.commitment is None)
        state = widgets.HTML(ready if self.commitment else waiting)
        box = widgets.VBox([state, button])
        card = Card([state.value], box, prediction=self, answer=(right_option, why))

        def committed() -> None:
            button.disabled, state.value = False, ready
            card.replace([ready], card.widget)

        def compare(_) -> None:
            as_it_is = self.commitment == right_option
            verdict = "✓ That is what happens." if as_it_is else f"✗ What happens: {right_option}"
            lines = [self.lines()[-1], verdict, why]
            button.disabled, state.value = True, _rich(lines)
            card.replace(lines)

        button.on_click(compare)
        self._when_committed.append(committed)
        return card


@dataclass(eq=False)
class Card:
    """One output in the notebook: lines of text, and a widget as long as there is one to use.

    `prediction` is what it belongs to; `answer`, where it reveals, is the option and why.
    """

    lines: list[str]
    widget: object = None
    handle: object = None
    prediction: Prediction | None = None
    answer: tuple[str, str] | None = None

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_mimebundle_(self, **_) -> dict[str, object] | tuple[dict, dict]:
        bundle = {"text/plain": repr(self), "text/html": _rich(self.lines)}
        if self.widget is None:
            return bundle
        shown = self.widget._repr_mimebundle_() | bundle | {"image/png": _drawn(self.lines)}
        return shown, {"image/png": {"alt": repr(self)}}

    def replace(self, lines: list[str], widget: object = None) -> None:
        """Change the output where it stands, so that the notebook is saved with the new one."""
        self.lines, self.widget = lines, widget
        if self.handle is not None:  # there is none outside of IPython
            self.handle.update(self)


def _display(card: Card) -> None:
    from IPython.display import display

    card.handle = display(card, display_id=True)


def _rich(lines: Sequence[str]) -> str:
    return "".join(f"<div>{html.escape(line)}</div>" for line in lines)


def _drawn(lines: Sequence[str]) -> str:
    """The lines as a picture, for whatever shows neither widgets nor HTML: PNG in base 64."""
    from matplotlib.figure import Figure

    from calclearn.figures.style import WIDTH, style

    text = "\n".join(part for line in lines for part in textwrap.wrap(line, 110))
    with style():
        figure = Figure(figsize=(WIDTH, 0.22 * (text.count("\n") + 2)))
        figure.text(0.01, 0.5, text, va="center", parse_math=False, linespacing=1.4)
        file = io.BytesIO()
        figure.savefig(file, format="png", metadata={"Software": None})
    return base64.b64encode(file.getvalue()).decode("ascii")


def _stored_texts() -> set[str]:
    """The plain texts of all outputs in this kernel's saved notebook, as far as it can be read.

    The Jupyter server names its file in JPY_SESSION_NAME, VS Code in a variable. A Python in the
    browser hears nothing: there it is one of those that do not have the date of the site.
    """
    from IPython import get_ipython

    named = os.environ.get("JPY_SESSION_NAME")
    named = named or getattr(get_ipython(), "user_ns", {}).get("__vsc_ipynb_file__")
    paths = [Path(named)] if isinstance(named, str) else []
    site = not paths and sys.platform == "emscripten"
    texts = set()
    for path in Path().glob("*.ipynb") if site else paths:
        with contextlib.suppress(Exception):  # a file that is no notebook restores nothing
            if site and path.stat().st_mtime <= SITE_DATE:
                continue
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            outputs = [output for cell in cells for output in cell.get("outputs", ())]
            texts |= {"".join(output.get("data", {}).get("text/plain", "")) for output in outputs}
    return texts
