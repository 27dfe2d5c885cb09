"""Initial parameters of implicit networks, one network per seed."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import torch

from models.arguments import as_annotated
from models.implicit.network import ImplicitModel, ImplicitNetwork
from models.randomness import Keys, gaussian_outputs, gaussian_weights, rademacher_signs

Heads: TypeAlias = Literal["drawn", "zero"]


@as_annotated
def initial_implicit_network(
    m: int,
    d: int,
    seeds: Keys,
    *,
    model: ImplicitModel = "gao",
    gamma: float = 0.5,
    s_w: float = 0.25,
    heads: Heads = "drawn",
    activation: str = "relu",
) -> ImplicitNetwork:
    """Networks drawn as their paper draws them.

    "gao": A, W standard normal, u and v fair signs. "ling": A_ij ~ N(0, 2 s_w^2/m), W_ij ~
    N(0, 2/d), u_r ~ N(0, 1/m). W has the numbers of `gaussian_weights`, A is a stream of its own.

    Args:
        m: width, >= 1.
        d: input dimension, >= 1.
        seeds: one network each.
        model: "gao" or "ling".
        gamma: the scale of A in "gao", > 0.
        s_w: of "ling", >= 0.
        heads: "drawn", or "zero" output weights.
        activation: the name of s.

    Raises:
        ValueError: a size below 1, an unknown word, gamma <= 0, s_w < 0.
    Source:
        Gao et al. 2022 (arXiv:2110.05645), Assumption 1; Ling et al. 2023 (arXiv:2205.13814),
        section 2.
    """
    if heads not in ("drawn", "zero"):
        raise ValueError(f"initial_implicit_network: heads={heads!r}; give 'drawn' or 'zero'")
    if not (math.isfinite(s_w) and s_w >= 0):
        raise ValueError(f"initial_implicit_network: s_w={s_w!r}; give a number >= 0")
    W, A = gaussian_weights(m, d, seeds), gaussian_weights(m, m, seeds, layer=2)
    if model == "gao":
        signs = rademacher_signs(2 * m, seeds)
        u, v = signs[..., :m].contiguous(), signs[..., m:].contiguous()
    else:
        A, W = s_w * math.sqrt(2 / m) * A, math.sqrt(2 / d) * W
        u, v = gaussian_outputs(m, seeds) / math.sqrt(m), None
    if heads == "zero":
        u, v = torch.zeros_like(u), None if v is None else torch.zeros_like(v)
    return ImplicitNetwork(A, W, u, v, model, gamma, activation)
