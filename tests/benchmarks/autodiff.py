"""Time `calclearn.calculus.autodiff` beside PyTorch, JAX, HIPS autograd and derivatives by hand.

    uv run --group peers python tests/benchmarks/autodiff.py

Every row is one program written in the same way for each engine, on one thread. JAX is timed op by
op and under ``jax.jit`` once compiled.
"""

import _engines as engines  # before NumPy, which reads its threads
import numpy as np

from calclearn.calculus.autodiff import value_and_grad

SIZES = [(2, 32), (32, 32), (32, 2)]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(128, 2))
T = RNG.normal(size=(128, 2))
W = RNG.normal(size=sum(a * b + b for a, b in SIZES)) * 0.3
POINT = 0.5

torch, jax, autograd, anp = engines.peers("torch", "jax", "autograd", "autograd.numpy")


# The two programs, with the functions of an engine
def chain(x, m=np):
    for _ in range(10):
        x = m.sin(x) * 1.1
    return x


def layers(w):
    start = 0
    for rows, columns in SIZES:
        middle, end = start + rows * columns, start + rows * columns + columns
        yield w[start:middle].reshape(rows, columns), w[middle:end]
        start = end


def network(w, m=np, x=X, target=T):
    (W1, b1), (W2, b2), (W3, b3) = layers(w)
    h = m.tanh(x @ W1 + b1)
    h = m.tanh(h @ W2 + b2)
    return m.mean((h @ W3 + b3 - target) ** 2)


def chain_by_hand(x):
    slope = 1.0
    for _ in range(10):
        slope = slope * 1.1 * np.cos(x)
        x = np.sin(x) * 1.1
    return slope


def network_by_hand(w):
    (W1, b1), (W2, b2), (W3, b3) = layers(w)
    h1 = np.tanh(X @ W1 + b1)
    h2 = np.tanh(h1 @ W2 + b2)
    residual = h2 @ W3 + b3 - T
    gradient = np.empty_like(w)
    (G1, g1), (G2, g2), (G3, g3) = layers(gradient)
    d3 = 2 * residual / residual.size
    G3[:], g3[:] = h2.T @ d3, d3.sum(0)
    d2 = (d3 @ W3.T) * (1 - h2**2)
    G2[:], g2[:] = h1.T @ d2, d2.sum(0)
    d1 = (d2 @ W2.T) * (1 - h1**2)
    G1[:], g1[:] = X.T @ d1, d1.sum(0)
    np.mean(residual**2)
    return gradient


# The peers: by name, what gives the gradient of a program at a point
def with_torch(program, point):
    torch.set_num_threads(1)
    start = torch.tensor(point, dtype=torch.float64)
    more = (torch.tensor(X), torch.tensor(T)) if program is network else ()

    def gradient():
        w = start.detach().requires_grad_()
        program(w, torch, *more).backward()
        return w.grad

    return {"PyTorch": gradient}


def with_autograd(program, point):
    both = autograd.value_and_grad(lambda w: program(w, anp))
    return {"HIPS autograd": lambda: both(point)[1]}


def with_jax(program, point):
    jax.config.update("jax_enable_x64", True)
    start = jax.numpy.asarray(point)
    more = (jax.numpy.asarray(X), jax.numpy.asarray(T)) if program is network else ()
    slope = jax.grad(lambda w: program(w, jax.numpy, *more))
    compiled = jax.jit(slope)
    return {
        "JAX": lambda: slope(start).block_until_ready(),
        "JAX, jit": lambda: compiled(start).block_until_ready(),
    }


def beside_peers(title, program, by_hand, point):
    ours = value_and_grad(program)
    timed = {"calclearn": lambda: ours(point)[1], "by hand": lambda: by_hand(point)}
    for module, peer in ((torch, with_torch), (autograd, with_autograd), (jax, with_jax)):
        timed |= peer(program, point) if module else {}
    for name, run in timed.items():
        if not np.allclose(np.asarray(run()), by_hand(point)):
            raise SystemExit(f"{name} disagrees with the derivative by hand")
    engines.show_beside_ours(title, engines.medians(timed, turns=60, in_a_row=10))


if __name__ == "__main__":
    beside_peers("scalar chain of 20 operations, gradient", chain, chain_by_hand, POINT)
    title = "MLP 2-32-32-2, batch 128, float64, loss and gradient"
    beside_peers(title, network, network_by_hand, W)
