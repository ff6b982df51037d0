"""Numbers as captions and figures print them."""

import re

import pytest

from calclearn.figures.printing import fields, filled, typeset


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("3e-08 kg", "3 × 10⁻⁸ kg"), ("h = 1e-18", "h = 10⁻¹⁸"),
        ("1.2e−5, as a figure writes it", "1.2 × 10⁻⁵, as a figure writes it"),
        ("-1.1e+15 a unit", "−1.1 × 10¹⁵ a unit"), ("5.9e+03 and -2.62e+04", "5,900 and −26,200"),
        ("1e+05", "100,000"), ("1.08e+06 and 1e+07", "1,080,000 and 10⁷"), ("13787.", "13,787."),
        ("1149.5 kg²", "1,149.5 kg²"), ("0.64031 and 12345.64031", "0.64031 and 12,345.64031"),
        ("10,000 stay", "10,000 stay"), ("-0, -0.0, (-0.00, 1)", "0, 0.0, (0.00, 1)"),
        ("-0.05 and -0.", "−0.05 and 0."), ("-3 to -1.5", "−3 to −1.5"),
        ("100% of 7 %", "100 % of 7 %"),
    ],
)  # fmt: skip
def test_numbers_look_as_in_a_book(typed, printed):
    assert typeset(typed) == printed
    assert typeset(printed) == printed


@pytest.mark.parametrize(
    "code", ["-2 * X.T @ error / n", "-2.5e-3*x", "1000.0 * x - 1000", "x ** -2", "x % 2 - -0.0"]
)
def test_code_stays_as_it_is_typed(code):
    assert typeset(f"f(x) = `{code}` at -1e-08, `{code}`") == f"f(x) = {code} at −10⁻⁸, {code}"


@pytest.mark.parametrize("text", ["W1e5", "x-2", "3-5", "f(x)-3", "seed 0012", "1.2.3e5", "0x1e5"])
def test_what_is_no_number_stays(text):
    assert typeset(text) == text


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{x", "'{x' cannot be read: expected '}'"),
        ("{x:.3g}", "'{x:.3g}' cannot be filled: (1, 2) cannot be written as .3g"),
        ("{x[7]}", "'{x[7]}' cannot be filled: tuple index out of range"),
        ("{x.y}", "'{x.y}' cannot be filled: 'tuple' object has no attribute 'y'"),
        ("{}", "'{}' cannot be filled"),
    ],
)
def test_a_template_that_cannot_be_filled_is_named(template, words):
    with pytest.raises(ValueError, match=re.escape(f"the template {words}")):
        filled(template, dict.fromkeys(fields(template), (1, 2)))
