"""Time `calclearn.descent` beside PyTorch, SciPy and the loops that it replaces.

uv run --group peers python tests/benchmarks/descent.py
"""

import tracemalloc

import numpy as np
from _engines import median, medians, peers, show_beside_ours

from calclearn.calculus.autodiff import value_and_grad
from calclearn.descent.descend import descend
from calclearn.descent.landscapes import beale, himmelblau, rosenbrock
from calclearn.descent.losses import l2, line_loss, linear_fit, mse
from calclearn.descent.optimizers import Adam, GradientDescent
from calclearn.descent.second_order import BFGS, LBFGS, DampedNewton
from calclearn.descent.surfaces import Surface

RNG = np.random.default_rng(0)
ADAM = Adam(0.05)

torch, optimize = peers("torch", "scipy.optimize")


def peak(job) -> float:
    """The megabytes that a job takes."""
    tracemalloc.start()
    job()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


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
    print("    time per start and step, by the number of starts:")
    for n in (1_000, 10_000, 100_000):
        points = RNG.uniform(-5, 5, size=(2, n))
        seconds = median(lambda points=points: batch(points), 2)
        print(f"        {n:7,d} starts   {1e9 * seconds / n / 500:6.2f} ns")


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
    print("\nTo a gradient of 1e-5; ours / SciPy: evaluations, milliseconds, value found")
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

            mine, peer, times = ours(), scipys(), medians({"ours": ours, "scipy": scipys})
            ratio = times["scipy"] / times["ours"]
            print(
                f"    {name:15s} {method:12s} {mine.evaluations:4d} / {peer.nfev:4d}"
                f"   {1e3 * times['ours']:8.2f} / {1e3 * times['scipy']:8.2f} ({ratio:5.2f} x)"
                f"   {mine.value:.1e} / {peer.fun:.1e}"
            )


def pictures() -> None:
    x = RNG.normal(size=342)
    surface = line_loss(x, 2 * x + 1 + RNG.normal(size=342), mse)
    shares = np.linspace(-5, 5, 100)
    starts = np.stack(np.meshgrid(shares, shares))
    rates, zero = np.geomspace(1e-3, 2, 200), [0.0, 0.0]

    def basins(rate):
        descend(himmelblau(), starts, GradientDescent(rate), 200, tolerance=1e-4, every=200)

    frames = {
        "100 steps down a line's bowl": lambda: descend(
            surface, zero, GradientDescent(0.01), tolerance=0
        ),
        "a sweep of 200 learning rates": lambda: descend(surface, zero, GradientDescent(rates)),
    }
    for rate in (0.001, 0.01, 0.02, 0.03):
        frames[f"100 x 100 basins, rate {rate}"] = lambda rate=rate: basins(rate)
    print("\nWhat an explorer computes for one picture")
    for name, seconds in medians(frames).items():
        print(f"    {name:34s} {1e3 * seconds:10.3f} ms")


def memory() -> None:
    print("\nPeak memory of 10,000 starts x 500 steps, by what is recorded")
    starts = RNG.uniform(-5, 5, size=(2, 10_000))
    for every in (500, 50, 5):
        settings = {"tolerance": 0, "every": every}
        megabytes = peak(lambda more=settings: descend(himmelblau(), starts, ADAM, 500, **more))
        print(f"    every {every:3d} steps   {megabytes:8.1f} MB")


def hypergradients() -> None:
    """The loss on held-out data after so many steps of training, and its derivative by log λ."""
    X, noise = RNG.normal(size=(2, 200, 50)), RNG.normal(size=(2, 200))
    y = X @ RNG.normal(size=50) + noise
    train, held_out = (linear_fit(X[i], y[i], mse) for i in range(2))
    print("\nUnrolled descents of a model of 50 weights: value; value and gradient; peak memory")
    for optimizer in (GradientDescent(0.1), ADAM):
        for steps in (10, 100, 500, 1000, 2000):

            def loss(log_strength, optimizer=optimizer, steps=steps):
                penalised = train + np.exp(log_strength) * l2()
                return held_out(
                    descend(penalised, np.zeros(50), optimizer, steps, tolerance=0).point
                )

            jobs = {"value": lambda: loss(-2.0), "both": lambda: value_and_grad(loss)(-2.0)}
            times = medians(jobs, 3)
            print(
                f"    {type(optimizer).__name__:16s} {steps:5d} steps"
                f"   {1e3 * times['value']:8.1f} ms   {1e3 * times['both']:8.1f} ms"
                f"   {peak(jobs['both']):7.2f} MB"
            )


if __name__ == "__main__":
    one_start()
    many_starts()
    losses_on_a_grid()
    if optimize:
        second_order()
    pictures()
    memory()
    hypergradients()
