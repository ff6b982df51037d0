"""Random directions in which all of a network's units change by the same share.

The one decision: distance is counted in the network's own scale.  A layer of ReLU with its weights
doubled and the next with its weights halved computes the same, so a plain random direction would
look steep or flat at will.  A direction whose every filter is as long as the network's own is not
fooled.
"""

from typing import Any

import numpy as np

from calclearn.descent.arguments import generator
from calclearn.descent.surfaces import Array
from calclearn.networks.network import Network, network_like


def filter_normalised(network: Network, w: Array, rng: Any) -> np.ndarray:
    """A random direction (d,) with the length of the weights w (d,) in every filter; biases rest.

        dᵢ ← dᵢ ‖wᵢ‖ / ‖dᵢ‖        i: all weights into one unit, or one channel

    `rng` is a generator or a seed. Raises ValueError for weights that are not this network's.

    >>> from calclearn.networks.layers import Dense
    >>> network = Network((Dense(2),), (3,))
    >>> w = network.init(0)
    >>> (W, b), = network.parameters(w)
    >>> (D, e), = network.parameters(filter_normalised(network, w, 1))
    >>> bool(np.allclose(np.linalg.norm(D, axis=1), np.linalg.norm(W, axis=1))), e
    (True, array([0., 0.]))

    Source: Li, Xu, Taylor, Studer & Goldstein, "Visualizing the loss landscape of neural nets",
    NeurIPS (2018).
    """
    network_like(network)
    rng = generator(rng)
    direction = np.zeros(network.dimension)
    parts = zip(network.parameters(w), network.parameters(direction), strict=True)
    for W, D in ((W, D) for own, new in parts for W, D in zip(own, new, strict=True) if W.ndim > 1):
        filters, drawn = W.reshape(len(W), -1), rng.normal(size=(len(W), W[0].size))
        lengths = np.linalg.norm(filters, axis=1) / np.linalg.norm(drawn, axis=1)
        D[...] = (drawn * lengths[:, None]).reshape(W.shape)  # a view, so it fills the direction
    return direction
