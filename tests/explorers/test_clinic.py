"""The clinic: what proves a diagnosis, what the figure says, and what the ward adds up."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from calclearn import explorers
from calclearn.explorers.cases import PATIENTS
from calclearn.explorers.clinic import EXAMPLE, charts
from calclearn.explorers.diagnosis import CAUSES, EVIDENCE, WHY, diagnosed
from calclearn.explorers.instruments import INSTRUMENTS
from calclearn.explorers.patients import BETTER, FAILING, HEALED

NAMES = [*PATIENTS]
HIDDEN = [name for name in NAMES if name != EXAMPLE]


@pytest.fixture(autouse=True)
def empty_ward():
    charts.clear()
    diagnosed.clear()


class Unprintable:
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


# The diagnosis
@pytest.mark.parametrize("name", NAMES)
def test_the_evidence_that_holds_proves_the_cause_and_no_other(name):
    patient = PATIENTS[name]
    holds = [letter for letter, evidence in EVIDENCE.items() if evidence.holds(patient)]
    assert {EVIDENCE[letter].proves for letter in holds} - {0} == {patient.cause}


def test_what_holds_of_whom():
    found = {
        name: "".join(letter for letter, evidence in EVIDENCE.items() if evidence.holds(patient))
        for name, patient in PATIENTS.items()
    }
    assert found == {
        "0": "acek", "A": "acjk", "B": "agk", "C": "aci", "D": "acf", "E": "acd", "F": "ace",
        "G": "achk", "H": "abk",
    }  # fmt: skip


# The loss of knowing nothing is 2; what lies between the first value and the last is no evidence.
@pytest.mark.parametrize(
    ("letter", "training", "validation", "so"),
    [
        ("b", (4, 1.5, 0.9), (4, 1.95, 5.0), True),
        ("b", (4, 0.5, 1.1), (4, 1.95, 5.0), False),
        ("b", (4, 0.5, 0.9), (4, 1.85, 5.0), False),
        ("c", (1, 0.1, 1.9), (1, 1.0, 1.0), True),
        ("c", (4, 4.0, 1.7), (4, 4.0, 4.0), False),
        ("g", (4, 4.0, 0.6), (4, 1.4, 2.2), True),
        ("g", (4, 0.1, 0.8), (4, 1.4, 2.2), False),
        ("g", (4, 0.1, 0.6), (4, 1.6, 2.6), False),
        ("g", (4, 0.1, 0.6), (9, 1.4, 2.0), False),
        ("k", (4, 4.0, 1.0), (4, 4.0, 1.3), True),
        ("k", (4, 4.0, 1.3), (4, 4.0, 1.0), True),
        ("k", (1, 9.0, 1.0), (9, 1.0, 1.1), False),
    ],
)
def test_what_the_curves_show_is_read_off_as_the_sentence_says(letter, training, validation, so):
    trial = SimpleNamespace(
        training=np.array(training), validation=np.array(validation), nothing=2.0, diverged=False
    )
    assert EVIDENCE[letter].holds(SimpleNamespace(trial=lambda: trial)) is so


@pytest.mark.parametrize("name", NAMES)
def test_one_diagnosis_is_right_and_all_others_are_told_why_not(name):
    right = [
        (cause, letter)
        for cause in CAUSES
        for letter in EVIDENCE
        if explorers.diagnose(name, cause, letter).right
    ]
    assert [cause for cause, _ in right] == [PATIENTS[name].cause]
    for cause, letter in [(PATIENTS[name].cause, "a"), (9, right[0][1]), (9, "a")]:
        found = explorers.diagnose(name, cause, letter)
        assert found.right is False
        assert repr(found).startswith("✗ Not yet.")
        assert CAUSES[PATIENTS[name].cause][0].lower().strip(".") not in found.message


def test_a_diagnosis_may_be_typed_in_several_ways_and_never_raises():
    assert explorers.diagnose("A", "1", " J) ").right
    assert explorers.diagnose("A", ..., "a").right is None
    for cause, letter in ((0, "a"), (10, "a"), ("x", "a"), (1, "z"), (1, ""), (1, 3), (None, None),
                          (1.5, "a"), ([], {}), (Unprintable(), "a")):  # fmt: skip
        assert explorers.diagnose("A", cause, letter).right is False
    for name in ("Z", 3, None, []):
        assert "patients are" in explorers.diagnose(name, 1, "a").message


def test_the_lesson_lists_all_causes_and_all_evidence_and_no_answer():
    notebook = Path(__file__).parents[2] / "notebooks/18_rescue_a_failing_run.ipynb"
    cells = nbformat.read(notebook, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert all(f"{number}. {cause}" in text for number, (cause, _) in CAUSES.items())
    assert all(f"- **{letter}** {found.text}" in text for letter, found in EVIDENCE.items())
    for name in HIDDEN:
        assert f"## Patient {name}" in text
        code = [cell.source for cell in cells if cell.cell_type == "code"]
        assert f'explorers.clinic("{name}")' in code
        assert f'explorers.diagnose("{name}", cause=..., evidence=...)' in code
    assert not any(why in text for why in WHY.values())


# The figure, the chart, the ward
@pytest.mark.parametrize("name", NAMES)
def test_every_knob_and_instrument_is_a_picture_and_a_sentence(name):
    clinic = explorers.clinic(name)
    base, seen = clinic.values, {clinic.caption}
    assert "This is how it came" in clinic.caption
    assert base["instrument"] == "gradient by layer"
    for control, widget in clinic.controls.items():
        for _, value in widget._options_full:
            clinic.set(**base).set(**{control: value})
            assert clinic.error is None
            assert clinic.caption.endswith(".")
            assert not any(word in clinic.caption for word in ("nan", "inf ", "None"))
            seen.add(clinic.caption)
            for curves in (clinic.state["losses"], clinic.state["gradients"]):
                assert all(np.isfinite(part).all() for pair in curves.values() for part in pair)
    changes = sum(len(widget._options_full) - 1 for widget in clinic.controls.values())
    assert len(seen) == 1 + changes


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_knob_can_be_chosen_in_a_browser(name):
    clinic = explorers.clinic(name)
    for knob, values in PATIENTS[name].knobs.items():
        control = clinic.controls[knob]
        for place in (*range(len(values)), 0):
            control.index = place  # which is all that a browser sends
            assert (control.index, clinic.values[knob]) == (place, values[place])


def test_the_chart_keeps_every_try_and_forgets_none_when_the_cell_is_run_again():
    clinic = explorers.clinic("A")
    chart = charts["A"]
    assert chart.tries == []
    clinic.set(units=64)
    assert clinic.caption
    clinic.set(learning_rate=0.1)
    assert "It is healed" in clinic.caption
    assert [trial.outcome for trial in chart.tries] == [FAILING, HEALED]
    clinic.set(learning_rate=0.5)  # tried already
    assert clinic.caption
    assert len(chart.tries) == 2
    again = explorers.clinic("A")
    assert again.caption
    assert charts["A"] is chart
    assert chart.best.outcome == HEALED
    assert chart.table.value.count("<tr>") == 2 + len(chart.tries)
    assert again.widget.children[-1] is chart.table


def test_an_instrument_is_no_try():
    clinic = explorers.clinic("C")
    for instrument in INSTRUMENTS:
        assert clinic.set(instrument=instrument).caption
    assert charts["C"].tries == []


def test_the_ward_adds_up(treatments):
    assert repr(explorers.ward()).endswith("0 of 32 points")
    explorers.diagnose("A", 2, "a")
    assert explorers.ward().rows[0] == ("A", 0, "not treated", "not yet", 0)
    for name in HIDDEN:
        patient, clinic = PATIENTS[name], explorers.clinic(name)
        cure = next(k for k in treatments(patient) if patient.trial(**k).outcome == HEALED)
        assert clinic.set(**cure).caption
        letter = next(k for k, e in EVIDENCE.items() if e.proves == patient.cause)
        explorers.diagnose(name, patient.cause, letter)
    assert repr(explorers.ward()).endswith("32 of 32 points")
    assert [row[:1] for row in explorers.ward().rows] == [(name,) for name in HIDDEN]


@pytest.mark.parametrize("later", [(2, "a"), (..., ...), ("x", "y")])
def test_a_right_diagnosis_stays_right_in_the_ward(later):
    letter = next(k for k, e in EVIDENCE.items() if e.proves == PATIENTS["A"].cause)
    explorers.diagnose("A", 9, "a")
    assert explorers.diagnose("A", PATIENTS["A"].cause, letter).right is True
    assert explorers.diagnose("A", *later).right is not True
    assert explorers.ward().rows[0] == ("A", 0, "not treated", "right", 2)


def test_a_better_patient_counts_half(treatments):
    patient, clinic = PATIENTS["G"], explorers.clinic("G")
    cure = next(k for k in treatments(patient) if patient.trial(**k).outcome == BETTER)
    assert clinic.set(**cure).caption
    assert "1 of 32 points" in repr(explorers.ward())


def test_another_patient_is_refused():
    for wrong in ("Z", 3, None, ["A"]):
        with pytest.raises(ValueError, match="patient must be one of 0, A, B"):
            explorers.clinic(wrong)
