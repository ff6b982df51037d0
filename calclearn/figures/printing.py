"""Numbers as they stand in a book: Python's own formats in the code, and powers of ten in print.

Captions, and words in a figure, are filled templates. So neither writes 3e-08 or -0.00.
"""

import re
import string
from typing import Any

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SPELLED = 7  # from this power of ten on a large number is written with its power


class _InPrint(string.Formatter):
    """Python's own templates, in which every number comes out as it stands in a book."""

    def format_field(self, value: Any, spec: str) -> str:
        try:
            text = format(value, spec)
        except (TypeError, ValueError):
            raise ValueError(f"{value!r:.60} cannot be written as {spec}") from None
        return text if isinstance(value, str) else _in_print(text)


def filled(template: str, quantities: dict[str, Any]) -> str:
    """Return the template with its fields filled in; numbers are set as in a book.

    >>> filled("{rate:.3g} takes {steps} steps to {loss:.2g}", {
    ...     "rate": 3e-8, "steps": 10000, "loss": -0.5
    ... })
    '3 × 10⁻⁸ takes 10,000 steps to −0.5'
    """
    try:
        return _InPrint().vformat(template, (), quantities)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"the template {template!r:.60} cannot be filled: {error}") from None


def fields(template: str) -> list[str]:
    """Return the names of the quantities that a template takes.

    >>> fields("At {x:.{digits}f} and {run.value:.3g}")
    ['x', 'digits', 'run']
    """
    names = []
    try:
        for _, name, spec, _ in string.Formatter().parse(template):
            if name is not None:
                names += [re.split(r"[.\[]", name)[0] or "{}", *fields(spec)]
    except ValueError as error:
        raise ValueError(f"the template {template!r:.60} cannot be read: {error}") from None
    return list(dict.fromkeys(names))


def typeset(text: str) -> str:
    """Return the text with its numbers as they stand in a book.

    A minus is no hyphen, zero has no sign, thousands are set apart (so a caption names no years),
    and a power of ten is one. `Code` loses its backticks, and else stays as it is.

    >>> typeset("from -2.62e+04 kg to -0.00 kg in 10000 steps; 97% is below 3.1e-08, none 1e-12")
    'from −26,200 kg to 0.00 kg in 10,000 steps; 97 % is below 3.1 × 10⁻⁸, none 10⁻¹²'
    >>> typeset("f(x) = `-1e-3*x` has the slope -1e-3")
    'f(x) = -1e-3*x has the slope −10⁻³'
    """
    parts = text.split("`")
    parts[::2] = map(_in_print, parts[::2])
    return "".join(parts)


def _in_print(text: str) -> str:
    text = re.sub(r"(?<![\w.])(\d+\.?\d*)e([-−+]?\d+)(?!\w)", _with_power, text)
    text = re.sub(r"(?<![\w.)])-(?=0(\.0+)?(?!\.?\d))", "", text)
    text = re.sub(r"(?<![\w.)])-(?=\d)", "−", text)
    text = re.sub(r"(?<![\w.,])[1-9]\d{3,}(?!\w)", lambda match: f"{int(match[0]):,}", text)
    return re.sub(r"(?<=\d)%", " %", text)


def _with_power(match: re.Match) -> str:
    """Return 5.9e+03 as 5900, and 5.9e+07 as 5.9 × 10⁷."""
    mantissa, exponent = match[1], int(match[2].replace("−", "-"))
    if 0 <= exponent < SPELLED:
        return f"{float(mantissa) * 10**exponent:.12g}"
    power = f"10{str(exponent).translate(SUPERSCRIPTS)}"
    return power if float(mantissa) == 1 else f"{mantissa} × {power}"
