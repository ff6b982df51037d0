"""The walk: memory, length, sharing, threads."""

import gc
import threading
import tracemalloc

import numpy as np

from calclearn.calculus.autodiff import grad, hessian, vjp


def test_long_traces_do_not_recurse():
    def f(x, n):
        for _ in range(n):
            x = np.sin(x) + 0.5
        return x

    assert np.isfinite(grad(f)(1.0, 10_000))


def test_memory_is_freed_without_the_collector():
    def f(x):
        for _ in range(15):
            x = x[::-1] * np.sin(x) + (x[None, :] @ (np.eye(3) / 9) + x / 9)[0]
            a, b, c = x
            x = np.repeat(np.stack([a, b * c, c]), 1)
        return np.sum(np.linalg.eigh(np.outer(x, x) + np.diag(x)).eigenvalues) * 0 + np.sum(x)

    x = np.array([0.1, 0.5, 0.9])
    collecting = gc.isenabled()
    gc.disable()
    gc.freeze()  # what is there already need not be looked at
    try:
        for transform in (grad(f), hessian(f), lambda x: vjp(f, x)[1](1.0)):
            transform(x)
            gc.collect()
            transform(x)
            assert gc.collect() == 0
    finally:
        gc.unfreeze()
        if collecting:
            gc.enable()


def test_the_walk_needs_little_memory_beside_the_trace():
    def f(x):
        for _ in range(20):
            x = np.sin(x)
        return np.sum(x)

    x = np.ones(100_000)
    tracemalloc.start()
    _, pull = vjp(f, x)
    recorded, _ = tracemalloc.get_traced_memory()
    del pull
    tracemalloc.reset_peak()
    grad(f)(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert recorded > 19 * x.nbytes
    assert peak < recorded + 5 * x.nbytes


def test_shared_cotangents_are_never_changed_in_place():
    def f(x):
        y = x + 0
        z = y + x  # both get the same array as cotangent
        return np.sum(z * z + y)

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(grad(f)(x), 8 * x + 1)
    g = np.ones(2)
    _, pull = vjp(lambda x: (x + x[::1]) + x, x)
    pull(g)
    np.testing.assert_array_equal(g, np.ones(2))


def test_gradients_that_are_handed_out_share_no_memory():
    x, y = np.ones(3), np.ones((3, 1))
    for f in (lambda x, y: np.sum((x + y.ravel()) ** 2), lambda x, y: np.sum(x + y[:, 0])):
        first, second = grad(f, (0, 1))(x, y)
        assert not np.shares_memory(first, second)
    g = np.ones(3)
    _, pull = vjp(lambda x: x.reshape(3), x)
    assert not np.shares_memory(pull(g)[0], g)


def test_threads_do_not_disturb_each_other():
    slopes = {}

    def work(k):
        slopes[k] = [grad(lambda x: x**2 * k)(float(i)) for i in range(200)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert slopes == {k: [2.0 * i * k for i in range(200)] for k in range(4)}
