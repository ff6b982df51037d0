"""A training that one watches: it can be stopped at any moment, and what it has learned stays.

The training is `descend`, which reports four times a second, and asks each time whether to go on.
The view paints the report and answers with its Stop button. So the weights are those of `descend`,
whether a cell trains (`view.train()`) or the Train button.
"""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np
from IPython import get_ipython
from IPython.display import display

from calclearn.descent.arguments import array, whole
from calclearn.descent.descend import Descent
from calclearn.descent.optimizers import check_optimizer
from calclearn.descent.surfaces import Array, Surface, as_points
from calclearn.explorers.explore import explore
from calclearn.explorers.progress import HELD_OUT, Progress, described
from calclearn.figures.style import MODEL, STEP, TRAINING, VALIDATION, panels
from calclearn.figures.training import CurvesByStep


def training(
    loss: Surface,
    start: Array,
    optimizer: Any,
    steps: int,
    *,
    held_out: Surface | None = None,
    score: Callable[[np.ndarray], float] | None = None,
    score_label: str = "score",
    unit: str = "",
    every: int | None = None,
    rng: Any = None,
    **controls: widgets.Widget,
) -> "Training":
    """Return a live view of a training: its curves, its numbers, and buttons to run and stop it.

        w₀ = start,    wₖ₊₁ = update(wₖ, ∇Lₖ(wₖ)),    k = 0, 1, ..., steps - 1

    loss: any Surface over weights (d,), with mini-batches or without. `held_out` is a loss of other
    data, `score` any number that tells how good weights (d,) are; they are measured at each
    `every`-th step (by default a hundred times in all), which is what `descend` records.
    `score_label` follows the number in words, with its unit: "% of the held-out digits right";
    `unit` is that of the losses. `rng` draws the mini-batches, as in `descend`. With `controls`
    (see `explore`), `optimizer` is a function of their values, such as `Adam` itself for
    `learning_rate=log_slider(0.01, 1e-3, 1)`.

    Raises TypeError and ValueError for arguments of another kind, for a start that is not one
    finite point, and where a measure at the start is not one number.

    >>> from calclearn.descent.landscapes import bowl
    >>> from calclearn.descent.optimizers import GradientDescent
    >>> view = training(bowl(), (2.0, 1.0), GradientDescent(0.1), steps=20)
    >>> run = view.train()
    >>> view.caption[:36]
    'Trained to step 20: loss 0.000532. T'
    """
    for name, given in (("loss", loss), ("held_out", held_out), ("score", score)):
        if not (callable(given) or (given is None and name != "loss")):
            raise TypeError(f"{name} must be a function of weights, got {given!r:.60}")
    loss = loss if isinstance(loss, Surface) else Surface(loss)
    start = as_points(start, loss.dimension, "start")
    if start.ndim != 1:
        raise ValueError(f"start must be one point, of shape (d,), got shape {start.shape}")
    array("start", start)
    whole("steps", steps, 1)
    every = max(1, steps // 100) if every is None else every
    whole("every", every, 1)
    if not controls:
        check_optimizer(optimizer)
    elif not callable(optimizer):
        raise TypeError(f"optimizer must be a function of {', '.join(controls)}, got {optimizer}")
    progress = Progress(
        loss, start, steps,
        held_out=held_out, score=score, label=score_label, unit=unit, every=every, rng=rng,
    )  # fmt: skip
    return Training(progress, optimizer, controls)


class Training:
    """A training, its figure and its buttons; `training` makes it.

    `set`, `still` and `controls` are those of an Explorer. `error` is the exception that ended the
    last run, or None; the figure shows it as a sentence.
    """

    def __init__(self, progress: Progress, optimizer: Any, controls: dict) -> None:
        self.progress, self._optimizer = progress, optimizer
        self.error: Exception | None = None
        self._busy = False
        self._output = self._cell = None
        self.drawings = self._draw()
        explorer = self._explorer = explore(self._look, self.drawings, self._sentence, **controls)
        self.set, self.still, self.controls = explorer.set, explorer.still, explorer.controls
        self._train = _button("▶ Train", "Go on from the weights learned so far")
        self._stop = _button(
            "■ Stop", "End the training and keep what it has learned", widgets.ToggleButton
        )
        self._again = _button("↺ Start again", "Go back to the initial weights")
        self._train.on_click(lambda _: self._run())
        self._stop.observe(self._pressed, "value")
        self._again.on_click(lambda _: self.start_again())
        row, self._figure = explorer.widget.children
        buttons = widgets.HBox([self._train, self._stop, self._again])
        explorer.widget.children = (row, buttons, self._figure)
        self._refresh()

    @property
    def run(self) -> Descent | None:
        """The last Descent; while one is under way, what it has reported; None before the first."""
        return self.progress.run

    @property
    def point(self) -> np.ndarray:
        """The weights (d,) from which Train goes on."""
        return self.progress.point

    @property
    def caption(self) -> str:
        """The figure in words."""
        return self._explorer.caption

    def train(self) -> Descent:
        """Train while this cell waits; return the Descent, all that was learned until it ended.

        After a stop it goes on to the end that was set, from the weights learned, and where no
        control has moved with the optimizer's memory; after that end, as many steps again.
        Stop ends it in JupyterLab, and an interrupt of the kernel everywhere. Raises whatever the
        loss or the score raises.
        """
        shell = get_ipython()
        if shell is not None and self._cell != shell.execution_count:  # not shown in this cell yet
            self._ipython_display_()
        self._run()
        if self._output is not None:  # so that a stored notebook shows the end, not the beginning
            bundle, metadata = self._repr_mimebundle_()
            self._output.update(bundle, metadata=metadata, raw=True)
        if self.error is not None:
            raise self.error
        return self.run

    def stop(self) -> None:
        """End the training at its next report, within a quarter of a second or so."""
        self._stop.value = True

    def start_again(self) -> None:
        """Go back to the initial weights and the first mini-batch. `run` stays until Train."""
        self.error = None
        self.progress.reset()
        self._refresh()

    def _run(self) -> None:
        """Train, whatever ends it."""
        self.error, self._busy, self._figure.stop = None, True, self._stop
        try:
            self.progress.go_on(self._chosen(**self._explorer.values), self._watch)
        except KeyboardInterrupt:  # it came between two reports: the last one stands
            pass
        except Exception as error:
            self.error = error
        finally:
            self._busy, self._figure.stop = False, None
            try:
                self._refresh()
            except KeyboardInterrupt:  # meant for the training, which has ended
                self._refresh()

    def _pressed(self, _: dict) -> None:
        self._stop.value = self._stop.value and self._busy  # a click that comes too late is none

    def _watch(self) -> bool:
        self._refresh()
        return self._stop.value

    def _refresh(self) -> None:
        """Offer what can be done now, and show how things stand."""
        self._stop.disabled, self._stop.value = not self._busy, self._busy and self._stop.value
        for control in (self._train, self._again, *self.controls.values()):
            control.disabled = self._busy
        self._explorer.show(rest=not self._busy)

    def _chosen(self, **values: Any) -> Any:
        """The optimizer that the controls stand for."""
        optimizer = self._optimizer(**values) if values else self._optimizer
        check_optimizer(optimizer)
        return optimizer

    def _look(self, **values: Any) -> dict:
        if self.error is not None:
            raise self.error  # which the figure shows as a sentence
        how, progress = described(self._chosen(**values)), self.progress
        return {"last": progress.goal, "curves": progress.curves, "how": how}

    def _sentence(self, how: str) -> str:
        return self.progress.under_way() if self._busy else self.progress.at_rest(how)

    def _draw(self) -> list[CurvesByStep]:
        progress, scored = self.progress, self.progress.score is not None
        left, *right = panels(*["flat"] * (1 + scored))
        looks = {progress.loss_label: {"color": STEP, "marker": "o"}}
        if progress.held_out is not None:
            looks[progress.loss_label] |= {"color": TRAINING, "lw": 1.2}
            looks[HELD_OUT] = {"color": VALIDATION, "marker": "s"}
        title = f"loss ({progress.unit})" if progress.unit else "loss"
        drawings = [CurvesByStep(left, looks, title=title, log=True)]
        looks = {progress.label: {"color": MODEL, "marker": "D"}}
        share = (0.0, 100.0) if progress.label.startswith("%") else (0.0,)
        for ax in right:
            drawings.append(CurvesByStep(ax, looks, at_least=share, title=progress.label))
        return drawings

    def _ipython_display_(self) -> None:
        shell = get_ipython()
        self._cell = shell.execution_count if shell is not None else None
        bundle, metadata = self._repr_mimebundle_()
        self._output = display(bundle, metadata=metadata, raw=True, display_id=True)

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        how = described(self._chosen(**self._explorer.values))
        words = f"Training: {self.progress.steps:,} steps of {how}."  # the same before and after
        bundle, metadata = self._explorer._repr_mimebundle_()
        return bundle | {"text/plain": words}, metadata


def _button(words: str, tip: str, kind: type = widgets.Button) -> widgets.Widget:
    return kind(description=words, tooltip=tip, layout=widgets.Layout(width="130px"))
