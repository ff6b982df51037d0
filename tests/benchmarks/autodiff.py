"""Time `calclearn.calculus.autodiff` beside PyTorch, JAX, HIPS autograd and derivatives by hand.

    uv run --group peers python tests/benchmarks/autodiff.py

Every row is one program written in the same way for each engine, on one thread.  The engines take
turns, run by run and in a new order each time, so that a busy machine and a cache that the one
before has filled slow all of them alike; what is printed is the median.
JAX is timed op by op and under ``jax.jit`` once compiled.  Engines that are absent are named and
left out.
"""

import gc
import importlib
import os
import random
import statistics
import time

# Read when NumPy is imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np
from _engines import imported, say_who_is_here

from calclearn.calculus.autodiff import grad, value_and_grad
from calclearn.networks.layers import linear

SIZES = [(2, 32), (32, 32), (32, 2)]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(128, 2))
T = RNG.normal(size=(128, 2))
W = RNG.normal(size=sum(a * b + b for a, b in SIZES)) * 0.3
POINT = 0.5


torch, jax, autograd = imported("torch"), imported("jax"), imported("autograd")


# The two programs
def chain(x, sin):
    for _ in range(10):
        x = sin(x) * 1.1
    return x


def by_linear(x, W, b):
    return linear(x, W.T, b)


def layers(w):
    start = 0
    for rows, columns in SIZES:
        middle, end = start + rows * columns, start + rows * columns + columns
        yield w[start:middle].reshape(rows, columns), w[middle:end]
        start = end


def network(w, x, target, tanh, mean, linear=lambda x, W, b: x @ W + b):
    (W1, b1), (W2, b2), (W3, b3) = layers(w)
    h = tanh(linear(x, W1, b1))
    h = tanh(linear(h, W2, b2))
    return mean((linear(h, W3, b3) - target) ** 2)


# Derivatives by hand
def chain_by_hand(x):
    slope = 1.0
    for _ in range(10):
        slope = slope * 1.1 * np.cos(x)
        x = np.sin(x) * 1.1
    return slope


def network_by_hand(w, x, target):
    (W1, b1), (W2, b2), (W3, b3) = layers(w)
    h1 = np.tanh(x @ W1 + b1)
    h2 = np.tanh(h1 @ W2 + b2)
    residual = h2 @ W3 + b3 - target
    gradient = np.empty_like(w)
    (G1, g1), (G2, g2), (G3, g3) = layers(gradient)
    d3 = 2 * residual / residual.size
    G3[:], g3[:] = h2.T @ d3, d3.sum(0)
    d2 = (d3 @ W3.T) * (1 - h2**2)
    G2[:], g2[:] = h1.T @ d2, d2.sum(0)
    d1 = (d2 @ W2.T) * (1 - h1**2)
    G1[:], g1[:] = x.T @ d1, d1.sum(0)
    return np.mean(residual**2), gradient


# The engines: a name, and the function to time in each of the two programs
def engines(program: str) -> dict:
    if program == "chain":
        slope = grad(lambda x: chain(x, np.sin))
        timed = {"calclearn": lambda: slope(POINT), "by hand": lambda: chain_by_hand(POINT)}
    else:
        plain = value_and_grad(lambda w: network(w, X, T, np.tanh, np.mean))
        fused = value_and_grad(lambda w: network(w, X, T, np.tanh, np.mean, by_linear))
        timed = {
            "calclearn": lambda: plain(W)[1],
            "calclearn, fused": lambda: fused(W)[1],
            "by hand": lambda: network_by_hand(W, X, T)[1],
        }
    for engine in (with_torch, with_autograd, with_jax):
        timed.update(engine(program))
    return timed


def with_torch(program):
    if torch is None:
        return {}
    torch.set_num_threads(1)
    inputs, target = torch.tensor(X), torch.tensor(T)
    start = torch.tensor(POINT if program == "chain" else W, dtype=torch.float64)

    def gradient():
        w = start.detach().requires_grad_()
        if program == "chain":
            chain(w, torch.sin).backward()
        else:
            network(w, inputs, target, torch.tanh, torch.mean).backward()
        return w.grad

    return {"PyTorch": gradient}


def with_autograd(program):
    if autograd is None:
        return {}
    anp = importlib.import_module("autograd.numpy")
    if program == "chain":
        slope = autograd.grad(lambda x: chain(x, anp.sin))
        return {"HIPS autograd": lambda: slope(POINT)}
    both = autograd.value_and_grad(lambda w: network(w, X, T, anp.tanh, anp.mean))
    return {"HIPS autograd": lambda: both(W)[1]}


def with_jax(program):
    if jax is None:
        return {}
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    if program == "chain":
        slope, start = jax.grad(lambda x: chain(x, jnp.sin)), jnp.asarray(POINT)
    else:
        start, inputs, target = jnp.asarray(W), jnp.asarray(X), jnp.asarray(T)
        slope = jax.grad(lambda w: network(w, inputs, target, jnp.tanh, jnp.mean))
    compiled = jax.jit(slope)
    return {
        "JAX": lambda: slope(start).block_until_ready(),
        "JAX, jit": lambda: compiled(start).block_until_ready(),
    }


SLOW = {"JAX": 40}  # an engine that takes milliseconds has fewer turns


def medians(timed: dict, turns: int = 1000) -> dict:
    """Return the median time of each engine in seconds, the engines taking turns."""
    times = {name: [] for name in timed}
    for _ in range(3):
        for run in timed.values():
            run()
    order = list(timed)
    for turn in range(turns):
        random.shuffle(order)
        for name in order:
            if turn % (turns // SLOW.get(name, turns)) == 0:
                before = time.perf_counter()
                timed[name]()
                times[name].append(time.perf_counter() - before)
    return {name: statistics.median(values) for name, values in times.items()}


def show(title: str, times: dict, unit: str = "µs", scale: float = 1e6) -> None:
    print(f"\n{title}")
    ours = [name for name in times if name.startswith("calclearn")]
    print(f"  {'':20}{unit:>10}" + "".join(f"{'/ ' + name:>20}" for name in ours))
    for name, seconds in times.items():
        ratios = "".join(f"{seconds / times[mine]:>20.2f}" for mine in ours)
        print(f"  {name:20}{seconds * scale:>10.1f}{ratios}")


# What one operation costs
def one_operation() -> dict:
    """A ufunc of ten numbers, forward and backward, from the difference of two lengths of chain."""

    def repeated(times):
        def f(x):
            for _ in range(times):
                x = np.sin(x)
            return np.sum(x)

        return f

    x = np.linspace(0, 1, 10)
    timed = {n: functions for n in (20, 120) for functions in [(grad(repeated(n)), repeated(n))]}
    times = medians(
        {(kind, n): (lambda f=timed[n][kind]: f(x)) for n in timed for kind in (0, 1)}, turns=300
    )
    return {
        "calclearn": (times[0, 120] - times[0, 20]) / 100,
        "plain NumPy": (times[1, 120] - times[1, 20]) / 100,
    }


def long_tapes() -> None:
    """Time per operation, and the objects that a gradient leaves behind for the collector."""
    print("\nlong tapes, forward and backward")

    def f(x, n):
        for _ in range(n // 2):
            x = np.sin(x) * 1.1
        return x

    slope = grad(f)
    lengths = (100, 1_000, 10_000, 100_000)
    times = {n: [] for n in lengths}
    gc.freeze()  # the collector would look through all that PyTorch and JAX have loaded
    for _ in range(7):
        for n in lengths:
            before = time.perf_counter()
            for _ in range(max(1, 10_000 // n)):
                slope(POINT, n)
            times[n].append((time.perf_counter() - before) / max(1, 10_000 // n))
    gc.unfreeze()
    for n in lengths:
        gc.collect()
        gc.disable()
        slope(POINT, n)
        left = gc.collect()
        gc.enable()
        each = statistics.median(times[n]) / n * 1e6
        print(f"  {n:>7} operations {each:>8.2f} µs each {left:>6} objects left to the collector")


def main() -> None:
    say_who_is_here(torch=torch, autograd=autograd, jax=jax)
    titles = {
        "chain": "scalar chain of 20 operations, gradient",
        "network": "MLP 2-32-32-2, batch 128, float64, loss and gradient",
    }
    for program, title in titles.items():
        timed = engines(program)
        expected = np.asarray(timed["by hand"]())
        for name, run in timed.items():
            if not np.allclose(np.asarray(run()), expected):
                raise SystemExit(f"{name} disagrees with the derivative by hand")
        show(title, medians(timed))
    show("one ufunc of ten numbers, forward and backward", one_operation())
    long_tapes()


if __name__ == "__main__":
    main()
