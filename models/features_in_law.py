"""Features of a wide random network, drawn layer by layer in law.

Given the features of one layer, the m pre-activations of the next are independent draws from
N(0, Khat), Khat being the features' Gram matrix. So a network of width m costs m n normals a
layer instead of m^2: widths of 10^4 and more, which the matrices themselves would forbid.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from models.activation.kind import Activation
from models.randomness import Keys, gaussian_weights
from models.tensor_shapes import check_shapes


def features_in_law(
    x: Float[Tensor, "n d"],
    activation: Activation,
    layers: int,
    m: int,
    seeds: Keys,
    *,
    residual: float | None = None,
) -> list[Float[Tensor, "s m n"]]:
    """X^(h) = sqrt(m) x^(h) for h = 1, 2, ... at Gaussian weights, with the joint law of all h.

    X^(1)_r = sqrt(c_sigma) sigma(w_r.x), then sqrt(c_sigma) sigma(U_r) in a fully connected
    network, X^(h-1)_r + (c_res/H) sigma(U_r) in a residual one, with U_r ~ N(0, Khat^(h-1)) and
    Khat^(h) = (1/m) sum_r X^(h)_r X^(h)_r^T.

    Args:
        x: inputs.
        activation: sigma.
        layers: how many h, >= 1.
        m: width, >= 1.
        seeds: the seeds.
        residual: c_res/H, the weight of the residual blocks, > 0; None if fully connected.

    Raises:
        ValueError: x is no finite matrix (n, d), layers < 1, or residual is no positive
            number; as `gaussian_weights`.
    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), section E, with D^(1) = 0.
    """
    if isinstance(layers, bool) or not isinstance(layers, int) or layers < 1:
        raise ValueError(f"features_in_law: layers={layers!r}; give an integer >= 1")
    if residual is not None and not 0 < residual < float("inf"):
        raise ValueError(f"features_in_law: residual={residual!r}; give a number > 0, or None")
    check_shapes("features_in_law", x=(x, "n d"))
    n, d = x.shape
    scale = activation.c_sigma**0.5
    found = [scale * activation.value(gaussian_weights(m, d, seeds) @ x.to(seeds.device).T)]
    for h in range(2, layers + 1):
        root = _square_root(found[-1].mT @ found[-1] / m)
        own = activation.value(gaussian_weights(m, n, seeds, layer=h) @ root)
        found.append(scale * own if residual is None else found[-1] + residual * own)
    return found


def _square_root(A: Float[Tensor, "*s n n"]) -> Float[Tensor, "*s n n"]:
    """The positive semi-definite root; eigenvalues below 0 are rounding and count as 0."""
    eigenvalues, vectors = torch.linalg.eigh((A + A.mT) / 2)
    root: Tensor = (vectors * eigenvalues.clamp_min(0.0).sqrt().unsqueeze(-2)) @ vectors.mT
    return root
