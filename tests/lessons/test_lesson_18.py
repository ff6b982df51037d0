"""Lesson 18: its exercises as learners answer them, and its figures."""

import nbformat
import numpy as np
import pytest

from calclearn import lessons
from calclearn.descent.losses import cross_entropy
from calclearn.descent.planes import principal_directions, projected, share_shown
from calclearn.figures.style import panels
from calclearn.figures.surfaces import grid
from calclearn.lessons import lesson_18
from calclearn.lessons.clinic import BETTER, FAILING, FIXED, INSTRUMENTS, RUNS
from calclearn.lessons.evidence import CAUSES, EVIDENCE
from calclearn.lessons.lesson_18 import diagnose, landscape_loss, path_of, plane_of, scoreboard

pictures = np.array([0, 0, 1, 2])
scores = np.tile(np.log([0.5, 0.25, 0.25]), (4, 1))


def by_shadows(moves, u, v):
    shadows = projected(moves, np.zeros(len(u)), u, v)
    return np.sum(shadows**2) / np.sum(np.linalg.norm(moves, axis=1) ** 2)


right = {
    "18.1": [cross_entropy(scores, pictures)],
    "18.2": [by_shadows],
    "18.3": ["d"],
}

PROOF = {evidence.proves: letter for letter, evidence in EVIDENCE.items()}
HIDDEN = [name for name in RUNS if name != "0"]
FIX = {  # settings that fix a run
    "A": {"learning_rate": 0.1}, "B": {"strength": 0.05}, "C": {"activation": "tanh"},
    "D": {"learning_rate": 0.3}, "E": {"learning_rate": 0.3, "features": "standardised"},
    "F": {"gradient": "by grad"}, "G": {"initial_weights": "orthogonal"},
    "H": {"labels": "checked again"},
}  # fmt: skip
each_run = pytest.mark.parametrize("name", RUNS)


@pytest.fixture(autouse=True)
def nothing_tried():
    lesson_18.attempts.clear()
    lesson_18.diagnosed.clear()


# Diagnoses.


@each_run
def test_one_diagnosis_is_right(name):
    every = [(cause, letter) for cause in CAUSES for letter in EVIDENCE]
    right = [diagnosis for diagnosis in every if diagnose(name, *diagnosis).right]
    assert right == [(RUNS[name].cause, PROOF[RUNS[name].cause])]


@each_run
def test_wrong_diagnosis_does_not_name_the_cause(name):
    cause = RUNS[name].cause
    for number, letter in [(cause, "a"), (9, PROOF[cause]), (9, "a")]:
        verdict = diagnose(name, number, letter)
        assert verdict.right is False
        assert repr(verdict).startswith("✗ Not yet.")
        assert CAUSES[cause].text.lower().strip(".") not in verdict.message
    said = "“f” is not true of run E. Look at the losses: that of training goes from 1,790 to 1,500"
    assert diagnose("E", 2, "f").message.startswith(said)


def test_forms_of_a_diagnosis():
    assert diagnose("A", "1", " J) ").right
    assert diagnose("A", np.int64(1), "“j”").right
    assert diagnose("A", ..., "a").right is None
    for cause, letter in ((0, "a"), (10, "a"), ("x", "a"), (1, "z"), (1, ""), (1, 3), (None, None),
                          (1.5, "a"), ([], {}), (Unprintable(), "a"), (10**5000, "a")):  # fmt: skip
        assert diagnose("A", cause, letter).right is False
    for name in ("Z", 3, None, ["A"]):
        assert "runs are" in diagnose(name, 1, "a").message
        with pytest.raises(ValueError, match="name must be one of 0, A, B"):
            lessons.failing_run(name)


class Unprintable:
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


def test_notebook_lists_causes_and_evidence_and_no_answer(root):
    notebook = nbformat.read(root / "notebooks/18_rescue_a_failing_run.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert all(f"{number}. {cause.text}" in text for number, cause in CAUSES.items())
    assert all(f"- **{letter}** {each.text}" in text for letter, each in EVIDENCE.items())
    assert not any(cause.why and cause.why in text for cause in CAUSES.values())
    for name in HIDDEN:
        assert f"## Run {name}" in text
        assert f'lessons.failing_run("{name}")' in code
        assert f'diagnose("{name}", cause=..., evidence=...)' in code


# The figure of a run, its chart, the scoreboard.


@pytest.mark.parametrize("name", ["E", "G", "H"])  # no hidden units; recurrent; early ends
def test_every_setting_and_instrument_is_a_picture_and_a_sentence(name):
    figure = lessons.failing_run(name)
    base, captions = figure.values, [figure.caption]
    assert "As delivered" in figure.caption
    for control, widget in figure.controls.items():
        for place, (_, value) in enumerate(widget._options_full):
            figure.set(**base)
            widget.index = place  # which is all that a browser sends
            assert (widget.index, figure.values[control]) == (place, value)
            assert figure.caption.endswith(".")
            assert not any(word in figure.caption for word in ("nan", "inf ", "None"))
            captions.append(figure.caption)
            for curve in ("training", "validation", "first", "last", "start", "end"):
                assert np.isfinite(figure.state[curve]).all()
    assert len({*captions}) == len(captions) - len(figure.controls)  # each has one as delivered


def test_axes_of_an_instrument():
    (ax,) = panels("flat")
    axes = lesson_18._InstrumentAxes(ax)
    for instrument, scale, limits in (
        ("gradient by layer", "log", (1e-6, 1e6)), ("silent units", "linear", (-4, 104)),
    ):  # fmt: skip
        axes.update(instrument, [*map(str, range(1, 65))])
        assert (ax.get_title(), ax.get_yscale()) == (lesson_18.DIALS[instrument][0], scale)
        assert ax.get_ylim() == pytest.approx(limits)
        assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "17", "33", "49"]


def test_chart_keeps_every_attempt_when_the_cell_is_run_again():
    figure, run = lessons.failing_run("A"), RUNS["A"]
    for settings, outcomes in (
        ({"units": 64}, [FAILING]), ({"learning_rate": 0.1}, [FAILING, FIXED]),
        ({"learning_rate": 0.5}, [FAILING, FIXED]),  # tried already
    ):  # fmt: skip
        assert figure.set(**settings).caption
        assert [attempt.outcome for attempt in lesson_18.tried(run)] == outcomes
    again = lessons.failing_run("A")
    for instrument in INSTRUMENTS:  # an instrument is no attempt
        assert again.set(instrument=instrument).caption
    assert again.widget.children[-1].value.count("<tr>") == 2 + len(lesson_18.tried(run)) == 4


def test_scoreboard():
    assert repr(scoreboard()).endswith("0 of 32 points")
    diagnose("A", 2, "a")
    assert scoreboard().rows[0] == ("A", 0, "not attempted", "not yet", 0)
    assert lessons.failing_run("G").set(learning_rate=0.03, max_norm=1.0).caption
    assert lesson_18.tried(RUNS["G"])[0].outcome == BETTER
    assert "1 of 32 points" in repr(scoreboard())  # a better run counts half
    for name in HIDDEN:  # as the figure does, but quicker
        attempt = RUNS[name].attempt(**FIX[name])
        lesson_18.attempts[name] = {attempt.plan: attempt}
        diagnose(name, RUNS[name].cause, PROOF[RUNS[name].cause])
    assert repr(scoreboard()).endswith("32 of 32 points")
    assert [row[0] for row in scoreboard().rows] == HIDDEN
    for later in [(2, "a"), (..., ...), ("x", "y")]:  # a right diagnosis stays right
        assert diagnose("A", *later).right is not True
    assert repr(scoreboard()).endswith("32 of 32 points")


# The loss in a plane.


@pytest.mark.parametrize("optimizer", lesson_18.OPTIMIZERS)
def test_network_is_small_and_learns(optimizer):
    run = path_of(optimizer)
    assert run.points.shape == (lesson_18.STEPS + 1, 139)
    assert run.values[-1] < 0.1 * np.log(3)
    for k in (0, 7, lesson_18.STEPS):  # of all penguins
        assert run.values[k] == pytest.approx(float(landscape_loss()(run.points[k])))


@pytest.mark.parametrize(("optimizer", "seed"), [("SGD", 0), ("Adam", 0), ("SGD", 1)])
def test_table_is_the_loss_in_the_plane(optimizer, seed):
    plane, run, rng = plane_of(optimizer, seed), path_of(optimizer), np.random.default_rng(0)

    def loss(x, y):
        return float(landscape_loss()(run.point + x * plane.u + y * plane.v))

    for place in rng.uniform(*np.transpose(plane.surface.domain), (10, 2)):
        assert float(plane.surface(place)) == pytest.approx(loss(*place), rel=0.06)
    shadow, values = plane.shadow.points, plane.shadow.values
    np.testing.assert_allclose(shadow[-1], 0, atol=1e-9)
    assert values[-1] == pytest.approx(run.values[-1])
    assert values[20] == pytest.approx(loss(*shadow[20]))


@pytest.mark.parametrize("optimizer", ["GradientDescent", "SGD"])
def test_share_is_that_of_the_singular_values_and_small_along_random_directions(optimizer):
    run = path_of(optimizer)
    u, v, share = principal_directions(run.points)
    assert share_shown(run.points, u, v) == pytest.approx(share)
    assert plane_of(optimizer, 0).share == pytest.approx(share)
    assert share > 0.95
    assert plane_of(optimizer, 1).share < 0.1


def test_random_planes_show_a_valley_where_the_loss_falls_elsewhere():
    end = float(path_of("GradientDescent").value)
    for seed in lesson_18.PLANES.values():
        surface = plane_of("GradientDescent", seed).surface
        lowest = surface(grid(surface.domain, 60)).min()
        assert lowest < 0.5 * end if seed == 0 else lowest > 0.95 * end


def test_path_is_the_shadow_up_to_the_step_and_inside_the_window(loss_landscape):
    for plane in lesson_18.PLANES.values():
        shadow = loss_landscape.set(step=7, plane=plane).state["shadow"]
        loss_landscape.still()
        path = loss_landscape._drawings[2].drawing
        np.testing.assert_array_equal(path.line.get_xydata(), shadow.points[:8])
        np.testing.assert_array_equal(path.ball.get_xydata(), shadow.points[7:8])
        low, high = np.transpose(loss_landscape.state["surface"].domain)
        assert (low < shadow.points).all()
        assert (shadow.points < high).all()
    assert [each.drags for each in loss_landscape._held()] == [("azimuth", "elevation")]
    axes = loss_landscape._painter.figure.axes
    assert max(axes, key=lambda ax: ax.get_position().width).name == "3d"
