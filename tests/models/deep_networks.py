"""Small deep networks of every kind, drawn with a fixed seed."""

import numpy as np
import torch
from torch import Tensor

from models import Architecture, DeepNetwork, activation, initial_network
from verdicts import Seeds

KINDS: tuple[tuple[Architecture, int, int], ...] = (
    ("fully connected", 1, 1),
    ("residual", 1, 1),
    ("convolutional", 1, 1),
    ("convolutional", 4, 3),
    ("convolutional", 3, 2),
    ("convolutional", 2, 5),
)


def drawn(
    kind: tuple[Architecture, int, int],
    *,
    sigma: str = "softplus",
    n: int = 3,
    m: int = 5,
    d: int = 2,
    H: int = 3,
    count: int = 4,
) -> tuple[Tensor, DeepNetwork]:
    """Unit inputs and `count` networks."""
    architecture, p, q = kind
    network = initial_network(
        m, d, Seeds((11, 13), count=count), H=H, activation=activation(sigma),
        architecture=architecture, c_res=0.3, p=p, q=q,
    )  # fmt: skip
    x = np.random.default_rng(7).normal(size=(n, d * p))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return torch.from_numpy(x.reshape(n, d, p) if network.convolutional else x), network


def single(network: DeepNetwork, row: int = 0) -> DeepNetwork:
    """One seed of a batch, without its dimension."""
    return network.with_parameters([W[row] for W in network.weights], network.a[row])
