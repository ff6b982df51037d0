"""Lesson 02 as learners answer it: right forms, and typical slips with words of the reply."""

import numpy as np

from calclearn import central_difference, complex_step, forward_difference, grad

eps = 2.0**-52
steps = np.logspace(-9, -7, 200_001)

right = {
    "02.1": [2**-25.5, np.sqrt(2 * eps), "2.107e-8", steps[np.argmin(steps / 2 + eps / steps)]],
    "02.2": [100, "100", 10**2, 100.0, [100]],
    "02.3": [
        complex_step, lambda f, x: f(x + 1j * 1e-30).imag / 1e-30, lambda f, x: grad(f)(x),
        lambda f, x: (f(x + 1e-200j) / 1e-200).imag,
    ],
    "02.4": ["b", "B.", "b)"],
}  # fmt: skip
wrong = {
    "02.1": [
        (np.sqrt(eps), "balance"),
        (eps, "as large as the slope"),
        (eps ** (1 / 3), "central difference"),
        (np.sqrt(eps / 2), "wrong side"),
        (-np.sqrt(2 * eps), "sign"),
        (np.sqrt(2 * eps) / 1000, "power of ten"),
    ],
    "02.2": [(10, "forward"), (1000, "h³"), (0.01, "share"), (-100, "sign")],
    "02.3": [
        (lambda f, x: f(x + 1e-20j).imag, "to be divided"),
        (lambda f, x: f(x + 1e-20j).real, "real part"),
        (lambda f, x: f(x + 1e-20j) / 1e-20, "must be real"),
        (lambda f, x: forward_difference(f, x, 1e-8), "Half the digits"),
        (lambda f, x: central_difference(f, x, 1e-5), "Ten digits"),
        (lambda f, x: central_difference(f, x, 3e-6), "Hint 1"),
        (lambda f, x: (f(x + 1e-20) - f(x)) / 1e-20, "does not change"),
        (lambda f: f, "stopped with"),
    ],
    "02.4": [("a", "last digit"), ("c", "Truncation"), ("d", "larger")],
}
