"""A training in a browser: frames arrive while a cell waits, Stop stops, and the weights stay."""

import re

import pytest

SETUP = """\
import os, time
import numpy as np
from calclearn import Adam, Surface
from calclearn.explorers.live_training import training

def slow(w):
    time.sleep(0 if os.path.exists("hurry") else 0.05)
    return float(w @ w) / 2

loss = Surface(slow, lambda w: w, dimension=3)
view = training(loss, np.ones(3), Adam(0.0005), STEPS, score=lambda w: 100 * np.exp(-w @ w),
                score_label="% of the way")
"""
TRAIN = "run = view.train()"
AFTER = """\
assert view.run is run and np.array_equal(view.point, run.point)
print("steps:", run.steps_taken, "interrupted:", run.interrupted)
"""
BUTTON = ".jp-OutputArea-output button:has-text('{}')"
LOOK = """live => [live.querySelector("canvas").toDataURL(),
                  live.querySelector(".calclearn-caption").textContent]"""
STEPS = 1000  # at least 50 seconds, until there is a file named "hurry"


@pytest.fixture
def view(desk, lab):
    """A notebook of these cells, open in the browser, none of them run."""
    hurry = lab.folder / "hurry"

    def opened(*cells):
        desk.open_cells(SETUP.replace("STEPS", str(STEPS)), *cells)
        return Training(desk, hurry)

    yield opened
    hurry.unlink(missing_ok=True)


class Training:
    """The training on the page: its picture, its caption, its buttons."""

    def __init__(self, desk, hurry) -> None:
        self.desk, self.page, self.hurry = desk, desk.page, hurry.touch

    def pictures(self, count: int) -> list[str]:
        """The captions of so many different pictures of a training, once they have been shown."""
        live, seen, words = self.desk.figure().live, {}, ""
        while len(seen) < count and not words.startswith(("Trained", "Stopped")):
            picture, words = live.evaluate(LOOK)
            if words.startswith("Step "):
                seen[picture] = words
        return [*seen.values()]

    def press(self, words: str) -> None:
        self.page.locator(BUTTON.format(words)).click()

    def caption(self, beginning: str) -> str:
        """The caption, once it begins like this."""
        caption = self.page.locator(
            ".calclearn-caption", has_text=re.compile(f"^{re.escape(beginning)}")
        )
        caption.wait_for()
        return caption.text_content()

    def printed(self, words: str) -> str:
        text = self.page.locator(".jp-OutputArea-output pre", has_text=words)
        text.wait_for()
        return text.text_content()


@pytest.mark.parametrize("how", ["Stop", "interrupt"])
def test_a_cell_that_trains_shows_frames_and_keeps_what_was_learned(view, how):
    training = view(TRAIN, AFTER)
    training.desk.command("notebook:run-all-cells")  # and do not wait
    captions = training.pictures(3)
    assert len({*captions}) == 3
    assert any(" left." in caption for caption in captions)
    if how == "Stop":
        training.press(how)
    else:
        training.desk.command("notebook:interrupt-kernel")
    _, steps, _, interrupted = training.printed("steps:").split()
    assert interrupted == "True"
    assert 0 < int(steps) < STEPS
    assert training.caption(f"Stopped at step {int(steps):,} of 1,000: loss ")


def test_the_buttons_train_stop_go_on_and_start_again(view):
    training = view("view")
    training.desk.run_all()
    assert training.caption("Not trained yet: loss 1.5")
    training.press("Train")
    assert len(training.pictures(3)) == 3
    training.press("Stop")
    stopped = training.caption("Stopped at step ").split()[3]
    training.press("Train")
    assert f"going on from step {stopped}: " in training.caption("Step ")
    training.hurry()
    assert training.caption("Trained to step 1,000: loss ")
    training.press("Start again")
    assert training.caption("Not trained yet: loss 1.5")
