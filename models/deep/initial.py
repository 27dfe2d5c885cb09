"""Initial weights of deep networks, one network per seed."""

from __future__ import annotations

from typing import Literal, TypeAlias

from models.activation.named import Activation
from models.arguments import as_annotated
from models.deep.network import Architecture, DeepNetwork
from models.randomness import Keys, gaussian_outputs, gaussian_weights, rademacher_signs

Outputs: TypeAlias = Literal["gaussian", "signs"]


@as_annotated
def initial_network(
    m: int,
    d: int,
    seeds: Keys,
    *,
    H: int,
    activation: Activation,
    architecture: Architecture = "fully connected",
    c_res: float = 0.5,
    p: int = 1,
    q: int = 1,
    outputs: Outputs = "gaussian",
) -> DeepNetwork:
    """Networks whose weights are independent standard normal numbers.

    Each layer is a stream of its own: W^(1) has the numbers of `gaussian_weights`, and the layers
    of a shallower network are those of a deeper one.

    Args:
        m: width, >= 1.
        d: input dimension, or input channels, >= 1.
        seeds: one network each.
        H: hidden layers, >= 1.
        activation: sigma.
        architecture: "fully connected", "residual" or "convolutional".
        c_res: the scale of residual layers, > 0.
        p: pixels, 1 but for convolutional networks.
        q: pixels in a patch, likewise.
        outputs: a_r ~ N(0, 1) as in the paper, or fair "signs" as in the lecture on it.

    Raises:
        ValueError: a size below 1, a word that is none, p or q without pixels.
    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), section 3.
    """
    for name, size in (("H", H), ("p", p), ("q", q)):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"initial_network: {name}={size!r}; give an integer >= 1")
    if outputs not in ("gaussian", "signs"):
        raise ValueError(f"initial_network: outputs={outputs!r}; give 'gaussian' or 'signs'")
    if p > 1 and architecture != "convolutional":
        raise ValueError(f"initial_network: p={p}, {architecture}; give p=1 unless convolutional")
    weights = [
        gaussian_weights(m, q * (d if h == 1 else m), seeds, layer=h) for h in range(1, H + 1)
    ]
    a = (gaussian_outputs if outputs == "gaussian" else rademacher_signs)(m * p, seeds)
    if architecture == "convolutional":
        a = a.reshape(-1, m, p)
    return DeepNetwork(tuple(weights), a, activation, architecture, c_res, q)
