"""Time `calclearn.descent` beside PyTorch, SciPy and the loops that it replaces.

uv run --group peers python tests/benchmarks/descent.py
"""

import numpy as np
from _engines import median, medians, peers, show_beside_ours

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import beale, himmelblau, rosenbrock
from calclearn.descent.losses import line_loss
from calclearn.descent.optimizers import Adam
from calclearn.descent.second_order import BFGS, LBFGS, DampedNewton
from calclearn.descent.surfaces import Surface

RNG = np.random.default_rng(0)
ADAM = Adam(0.05)

torch, optimize = peers("torch", "scipy.optimize")


def himmelblau_value(w):
    x, y = w[0], w[1]
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


def torch_adam(start, steps):
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        himmelblau_value(w).sum().backward()
        optimizer.step()
    return w


def one_start() -> None:
    by_hand, by_grad = himmelblau(), Surface(himmelblau_value, dimension=2)
    jobs = {
        "calclearn": lambda: descend(by_hand, [0.0, 0.0], ADAM, 1000, tolerance=0),
        "calclearn with grad": lambda: descend(by_grad, [0.0, 0.0], ADAM, 1000, tolerance=0),
    }
    if torch:
        jobs["torch.optim.Adam"] = lambda: torch_adam([0.0, 0.0], 1000)
    show_beside_ours("1,000 Adam steps on Himmelblau, one start", medians(jobs))


def many_starts() -> None:
    surface, starts = himmelblau(), RNG.uniform(-5, 5, size=(2, 10_000))

    def batch(points):
        return descend(surface, points, ADAM, 500, tolerance=0, every=500)

    jobs = {"calclearn": lambda: batch(starts)}
    if torch:
        jobs["batched torch.optim.Adam"] = lambda: torch_adam(starts, 500)
    times = medians(jobs, 3)
    loop = median(lambda: [batch(starts[:, i]) for i in range(20)], 1)
    times["a loop over the starts (20 timed)"] = 500 * loop
    show_beside_ours("10,000 starts x 500 Adam steps on Himmelblau", times)


def losses_on_a_grid() -> None:
    grid = np.stack(np.meshgrid(np.linspace(-3, 3, 200), np.linspace(-3, 3, 200)))
    x = RNG.normal(size=100).tolist()
    y = [2 * a + 1 for a in x]

    def double_loop():
        return [
            [sum((m * a + c - b) ** 2 for a, b in zip(x, y, strict=True)) for m in grid[0, 0]]
            for c in grid[1, :, 0]
        ]

    times = {}
    for n in (100, 1_000_000):
        data = RNG.normal(size=n)
        surface = line_loss(data, 2 * data + 1 + RNG.normal(size=n))
        times[f"calclearn, {n:,} data"] = median(lambda s=surface: s(grid), 20)
    times["double loop, 100 data"] = median(double_loop, 1)
    show_beside_ours("SSE of a line over a 200 x 200 grid", times, "calclearn, 100 data")


def second_order() -> None:
    problems = {
        "Rosenbrock": (rosenbrock(), [-1.2, 1.0]),
        "Beale": (beale(), [1.0, 1.0]),
        "Himmelblau": (himmelblau(), [0.0, 0.0]),
        "Rosenbrock 10": (rosenbrock(10), rosenbrock(10).start),
        "Rosenbrock 100": (rosenbrock(100), rosenbrock(100).start),
    }
    methods = {
        "BFGS": (BFGS(), {"norm": 2}),
        "L-BFGS-B": (LBFGS(), {"ftol": 0, "maxfun": 5000}),
        "trust-exact": (DampedNewton(), {}),
    }
    for name, (surface, start) in problems.items():
        for method, (optimizer, options) in methods.items():

            def ours(surface=surface, start=start, optimizer=optimizer):
                return descend(surface, start, optimizer, 2000, tolerance=1e-5, every=2000)

            def scipys(surface=surface, start=start, method=method, options=options):
                return optimize.minimize(
                    surface.function,
                    np.array(start),
                    jac=surface.gradient,
                    hess=surface.hessian if method == "trust-exact" else None,
                    method=method,
                    options={"gtol": 1e-5, "maxiter": 5000, **options},
                )

            title = f"{name} to a gradient of 1e-5: {type(optimizer).__name__} and {method}"
            show_beside_ours(title, medians({"calclearn": ours, "SciPy": scipys}))


if __name__ == "__main__":
    one_start()
    many_starts()
    losses_on_a_grid()
    if optimize:
        second_order()
