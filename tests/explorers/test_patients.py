"""The patients: each can be healed, none by chance, and every machine gives the same score.

What a patient is scored by are real trainings, so the tests train too: each setting of each
patient's knobs, once, and once more from weights that differ by a ten-millionth.
"""

import math

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad
from calclearn.descent.losses import mse
from calclearn.explorers.cases import PATIENTS
from calclearn.explorers.clinic import EXAMPLE, course
from calclearn.explorers.instruments import INSTRUMENTS, checked, matrices, pieces
from calclearn.explorers.patients import FAILING, HEALED, train

NAMES = [*PATIENTS]
HIDDEN = [name for name in NAMES if name != EXAMPLE]


def again(patient, trial, size, seed=0):
    """The same training from weights that differ a little."""
    start = trial.network.init(patient.seed)
    noise = 1 + size * np.random.default_rng(seed).normal(size=start.shape)
    return train(patient, trial.plan, trial.network, noise * start)


# The cases
def test_the_ward_holds_eight_causes():
    assert len(HIDDEN) >= 8
    assert {PATIENTS[name].cause for name in HIDDEN} == {1, 2, 3, 4, 5, 6, 7, 8}


@pytest.mark.parametrize("name", NAMES)
def test_a_patient_fails_as_it_came_and_can_be_healed(name, treatments):
    patient = PATIENTS[name]
    assert 2 <= len(patient.knobs) <= 4
    assert patient.trial().outcome == FAILING
    outcomes = [patient.trial(**knobs).outcome for knobs in treatments(patient)]
    healed = outcomes.count(HEALED) / len(outcomes)
    assert 0 < healed <= 0.34
    assert patient.trial(**treatments(patient)[0]) is patient.trial(**treatments(patient)[0])


def test_turning_knobs_at_random_heals_few(treatments):
    shares = [
        np.mean([patient.trial(**knobs).outcome == HEALED for knobs in treatments(patient)])
        for patient in map(PATIENTS.get, HIDDEN)
    ]
    assert np.mean(shares) < 0.25


@pytest.mark.parametrize("name", NAMES)
def test_no_setting_ends_near_a_mark(name, treatments):
    patient = PATIENTS[name]
    scores = np.array([patient.trial(**knobs).score for knobs in treatments(patient)])
    assert (scores > 0).all()
    for mark in (patient.healthy, patient.better):
        assert np.abs(np.log(scores[np.isfinite(scores)] / mark)).min() > 0.08


@pytest.mark.parametrize("name", NAMES)
def test_rounding_does_not_change_what_a_setting_is_worth(name, treatments):
    patient = PATIENTS[name]
    for knobs in treatments(patient):
        trial = patient.trial(**knobs)
        assert again(patient, trial, 1e-7).outcome == trial.outcome, knobs


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rounding_does_not_change_what_is_said(name, seed):
    patient = PATIENTS[name]
    trial = patient.trial()
    other = again(patient, trial, 1e-12, seed)
    assert course(other) == course(trial)
    for instrument in INSTRUMENTS.values():
        assert instrument(other).words == instrument(trial).words


@pytest.mark.parametrize("name", NAMES)
def test_unknown_knobs_and_values_are_told(name):
    patient = PATIENTS[name]
    for wrong in ({"steps": 7}, {"momentum": 0.9}, {next(iter(patient.knobs)): "much"}):
        with pytest.raises(ValueError, match=f"knobs of patient {name} are"):
            patient.trial(**wrong)


# What is wrong with them
def test_a_run_of_a_patient_is_what_descend_does():
    patient = PATIENTS["D"]
    trial = patient.trial(learning_rate=0.001)
    w, gradient = trial.network.init(patient.seed), trial.loss.gradient
    for _ in range(2):
        w = w - 0.001 * gradient(w)
    np.testing.assert_allclose(trial.run.points[1], w, rtol=1e-9)
    assert trial.run.steps[1] == 2
    assert trial.score == trial.validation[-1]


def test_a_slip_is_in_the_gradient_and_not_in_the_loss():
    for name, factors in (("0", (242, 242)), ("F", (-1, 1))):
        trial = PATIENTS[name].trial()
        w = trial.network.init(0)
        assert trial.loop(w) == trial.loss(w)
        wrong = pieces(trial.network, trial.loop.gradient(w))
        right = pieces(trial.network, grad(trial.loss.function)(w))
        for factor, given, true in zip(factors, wrong, right, strict=True):
            np.testing.assert_allclose(given, factor * true, rtol=1e-9)
        assert not checked(trial)[1]
        assert checked(PATIENTS[name].trial(gradient="by grad"))[1]


def test_the_wrong_factor_is_a_wrong_learning_rate():
    slow, right = (
        PATIENTS["0"].trial(**knobs)
        for knobs in ({"learning_rate": 4e-4}, {"learning_rate": 0.1, "gradient": "by grad"})
    )
    assert slow.score == pytest.approx(right.score, rel=0.01)


def test_shuffled_labels_are_the_right_ones_in_another_order():
    shuffled, right = (
        PATIENTS["H"].trial(labels=labels).data for labels in PATIENTS["H"].knobs["labels"]
    )
    assert (shuffled.x == right.x).all()
    assert sorted(shuffled.y) == sorted(right.y)
    assert np.mean(shuffled.y == right.y) < 0.2
    assert (shuffled.y_held == right.y_held).all()


def test_nobody_can_treat_shuffled_labels_by_training(treatments):
    patient = PATIENTS["H"]
    as_delivered = [k for k in treatments(patient) if k["labels"] == "as delivered"]
    assert {patient.trial(**knobs).outcome for knobs in as_delivered} == {FAILING}


def test_the_loss_of_knowing_nothing_is_that_of_constant_answers():
    mass, digits = PATIENTS["A"].trial(), PATIENTS["H"].trial()
    mean = np.full_like(mass.data.y_held, mass.data.y.mean())
    assert mass.nothing == pytest.approx(float(mse(mean, mass.data.y_held)))
    assert digits.nothing == pytest.approx(math.log(10), rel=0.02)


def test_the_penalty_is_not_in_the_training_loss():
    trial = PATIENTS["B"].trial(strength=3.0)
    losses = [float(trial.loss(w)) for w in trial.run.points[::10]]
    np.testing.assert_allclose(trial.training[::10], losses, rtol=1e-9)


def test_an_early_end_hands_over_the_best_weights():
    trial = PATIENTS["B"].trial(early=True)
    assert trial.steps < trial.plan.steps
    assert trial.score == trial.validation.min()


# The instruments
@pytest.mark.parametrize("name", NAMES)
def test_every_instrument_reads_every_patient(name):
    trial = PATIENTS[name].trial()
    for instrument in INSTRUMENTS.values():
        reading = instrument(trial)
        for values in (reading.start, reading.end):
            assert len(values) in (0, len(reading.places))
            assert np.isfinite(values).all()
        assert reading.words.endswith(".")


def test_dead_units_get_no_gradient_and_an_unscaled_input_stands_out():
    dead = PATIENTS["C"].trial()
    assert INSTRUMENTS["silent units"](dead).start[-1] == 100
    assert not INSTRUMENTS["gradient by layer"](dead).start.any()
    spread = INSTRUMENTS["inputs"](PATIENTS["E"].trial()).start
    assert spread == pytest.approx(PATIENTS["E"].trial().data.x.std(axis=0))
    assert spread.argmax() == 3  # the mass in grams


def test_the_gradient_by_layer_is_that_of_the_loop():
    trial = PATIENTS["F"].trial()
    parts = trial.network.parameters(trial.loop.gradient(trial.run.points[0]))
    norms = [np.linalg.norm(layer[0]) for layer in parts if layer]
    assert INSTRUMENTS["gradient by layer"](trial).start == pytest.approx(norms)
    assert list(matrices(PATIENTS["G"].trial().network)) == ["1 ih", "1 hh", "2"]


def test_the_check_finds_the_wrong_layer_only():
    misses, report = checked(PATIENTS["F"].trial())
    assert misses[0] == pytest.approx(2, rel=1e-5)
    assert misses[1] < 1e-6
    assert report.diagnosis == "coordinate"
    assert "layer 1" in INSTRUMENTS["gradient check"](PATIENTS["F"].trial()).words
