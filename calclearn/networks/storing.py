"""Weights in a file: arrays under the names of their layers, and nothing that could be executed."""

import zlib
from itertools import chain
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from calclearn.descent.arguments import array
from calclearn.networks.network import Network, network_like


def save(path: str | Path, network: Network, w: np.ndarray) -> None:
    """Store weights (d,) as an .npz file: one array for each name in `parameter_shapes`.

    Raises ValueError for weights that are not finite or not this network's.
    """
    network_like(network)
    array("w", w)
    parts = chain.from_iterable(network.parameters(w))
    with open(path, "wb") as file:  # else savez would add a suffix of its own
        np.savez_compressed(file, **dict(zip(network.parameter_shapes, parts, strict=True)))


def load(path: str | Path, network: Network) -> np.ndarray:
    """Return the weights (d,) that `save` stored; nothing in the file is ever executed.

    Raises ValueError where the file holds no weights, or those of another network.

    >>> import tempfile
    >>> from calclearn.networks.layers import Dense
    >>> network, w = Network((Dense(3),), (2,)), np.arange(9.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/weights.npz", network, w)
    ...     bool(np.all(load(f"{folder}/weights.npz", network) == w))
    True
    """
    network_like(network)
    try:
        with open(path, "rb") as stored, np.load(stored, allow_pickle=False) as file:
            parts = {name: file[name] for name in file.files}
    except (ValueError, TypeError, EOFError, RuntimeError, BadZipFile, zlib.error) as error:
        raise ValueError(f"path must be an .npz file of weights, got {path}: {error}") from None
    found = {name: part.shape for name, part in parts.items()}
    if found != network.parameter_shapes:
        raise ValueError(
            f"path must hold the weights of this network, {network.parameter_shapes}, got {found}"
        )
    return np.concatenate([parts[name].ravel() for name in network.parameter_shapes])
