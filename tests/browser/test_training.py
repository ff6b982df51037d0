"""A training in a browser: frames arrive while a cell waits, Stop stops, and the weights stay."""

import re

import pytest

SETUP = """\
import time
import numpy as np
from calclearn import Adam, Surface
from calclearn.explorers.live_training import training

def slow(w):
    time.sleep(0.004)
    return float(w @ w) / 2

loss = Surface(slow, lambda w: w, dimension=3)
view = training(loss, np.ones(3), Adam(0.003), STEPS, score=lambda w: 100 * np.exp(-w @ w),
                score_label="% of the way")
"""
TRAIN = "run = view.train()"
AFTER = """\
assert view.run is run and np.array_equal(view.point, run.point)
print("steps:", run.steps_taken, "interrupted:", run.interrupted)
"""
BUTTON = ".jp-OutputArea-output button:has-text('{}')"
SHORT, LONG = 500, 3000  # steps, of about 5 ms


@pytest.fixture
def view(desk):
    """A notebook of these cells, open in the browser, none of them run."""

    def opened(steps, *cells):
        desk.open_cells(SETUP.replace("STEPS", str(steps)), *cells)
        return Training(desk)

    return opened


class Training:
    """The training on the page: its picture, its caption, its buttons."""

    def __init__(self, desk) -> None:
        self.desk, self.page = desk, desk.page

    def begin(self) -> None:
        """Run all cells, and do not wait."""
        self.desk.command("notebook:run-all-cells")

    def pictures(self, seconds: float) -> list[tuple[str, str]]:
        """The different pictures, with their captions, that are shown within so many seconds."""
        self.page.locator(".calclearn-live").wait_for(timeout=120_000)
        return self.page.evaluate(
            """async (seconds) => {
              const seen = new Map(), end = performance.now() + 1000 * seconds;
              while (performance.now() < end) {
                const live = document.querySelector(".calclearn-live");
                const canvas = live?.querySelector("canvas");
                const caption = live?.querySelector(".calclearn-caption");
                if (canvas?.width) seen.set(canvas.toDataURL(), caption.textContent);
                await new Promise(requestAnimationFrame);
              }
              return [...seen];
            }""",
            seconds,
        )

    def press(self, words: str) -> None:
        self.page.locator(BUTTON.format(words)).click()

    def caption(self, beginning: str) -> str:
        """The caption, once it begins like this."""
        caption = self.page.locator(
            ".calclearn-caption", has_text=re.compile(f"^{re.escape(beginning)}")
        )
        caption.wait_for(timeout=60_000)
        return caption.text_content()

    def printed(self, words: str) -> str:
        text = self.page.locator(".jp-OutputArea-output pre", has_text=words)
        text.wait_for(timeout=120_000)
        return text.text_content()


def test_a_cell_that_trains_shows_frames_and_keeps_what_was_learned(view):
    training = view(SHORT, TRAIN, AFTER)
    training.begin()
    seen = training.pictures(seconds=1.8)
    captions = {caption for _, caption in seen if caption.startswith("Step ")}
    assert len({picture for picture, _ in seen}) >= 4
    assert len(captions) >= 4
    assert any("s left." in caption for caption in captions)
    assert "steps: 500 interrupted: False" in training.printed("steps:")
    assert training.caption("Trained to step 500: loss ")
    assert training.desk.complaints() == []
    assert training.desk.console == []


@pytest.mark.parametrize("how", ["Stop", "interrupt"])
def test_a_cell_that_trains_can_be_stopped(view, how):
    training = view(LONG, TRAIN, AFTER)
    training.begin()
    training.pictures(seconds=0.8)
    if how == "Stop":
        training.press(how)
    else:
        training.desk.command("notebook:interrupt-kernel")
    _, steps, _, interrupted = training.printed("steps:").split()
    assert interrupted == "True"
    assert 0 < int(steps) < LONG / 2
    assert training.caption(f"Stopped at step {int(steps):,} of 3,000: loss ")
    assert training.desk.complaints() == []


def test_the_buttons_train_stop_go_on_and_start_again_beside_the_notebook(view):
    training = view(SHORT, "view")
    training.desk.run_all()
    assert training.caption("Not trained yet: loss 1.5")
    training.press("Train")
    assert len(training.pictures(seconds=1.2)) >= 3
    training.press("Stop")
    stopped = training.caption("Stopped at step ").split()[3]
    training.press("Train")
    assert f"going on from step {stopped}: " in training.caption("Step ")
    assert training.caption("Trained to step 500: loss ")
    training.press("Start again")
    assert training.caption("Not trained yet: loss 1.5")
    assert training.desk.complaints() == []
    assert training.desk.console == []
