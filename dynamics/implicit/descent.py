"""Gradient descent on implicit networks, every iterate's equilibria certified."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import (
    EPS,
    Array,
    Mask,
    around,
    array,
    log_ratio,
    mask,
    reshaped,
    squared_norm,
    zero_floor,
)
from dynamics.implicit.result import ImplicitTraining
from dynamics.implicit.run import ImplicitRecord, ImplicitRun
from dynamics.problem import spread_labels, step_sizes
from dynamics.two_runs import joined, last_of, movement_error, parted, residual_error
from models import IMPLICIT_BLOCKS, ImplicitNetwork, nonlinearity
from models.arguments import as_annotated
from verdicts import Approx

_CHUNK = 2**21  # entries of the systems that a chunk of seeds solves at once


@as_annotated(finite=False)
def implicit_descent(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    network: ImplicitNetwork,
    *,
    eta: float | Float[Tensor, "*#s"],
    steps: int,
    trained: Collection[str] | None = None,
    at_kink: float | None = None,
) -> ImplicitTraining:
    """theta(k + 1) = theta(k) - eta dL/dtheta(k) for L = |y - yhat|^2/2.

    Every run is made twice, the second time with data and parameters moved by an ulp and each
    residual by a rounding. Ten times the difference, the largest of a few steps since differences
    change sign, is with the rounding of yhat the error of what is published.

    Args:
        x: inputs.
        y: labels, shared or one row per seed.
        network: the start; its leading dimensions are seeds.
        eta: step size > 0, a number or one per seed.
        steps: K >= 0.
        trained: names of the blocks that move; None moves all.
        at_kink: s'(0), in [0, 1]; None takes the paper's, 0 for "gao" and 1 for "ling".

    Raises:
        ValueError: shapes that do not fit, a number that is not finite, eta <= 0, steps < 0, or an
            unknown block.
    Source:
        Gao, Liu, Liu, Rajan, Gao 2022 (arXiv:2110.05645), section 3; Ling, Xie, Wang, Zhang, Lin
        2023 (arXiv:2205.13814), section 3.
    """
    seeds = network.seeds
    rates = step_sizes(eta, network.u, seeds, steps, "implicit_descent")
    moving = _trained(trained, network)
    labels = checked_labels(x, y, network, "implicit_descent")
    flat = network.with_parameters([_flat(b, seeds) for b in network.named().values()])
    size = max(1, _CHUNK // (2 * len(x) * network.m**2))
    parts = [
        ImplicitRun(x, labels[rows], _part(flat, rows), rates[rows], moving, at_kink)
        for rows in (slice(c, c + size) for c in range(0, len(rates), size))
    ]
    times = torch.arange(steps + 1, dtype=torch.float64, device=labels.device)
    record = joined([part.go(steps) for part in parts], of_both=("e",))
    return published(network, labels, record, times)


def _trained(names: Collection[str] | None, network: ImplicitNetwork) -> tuple[bool, ...]:
    blocks = tuple(network.named())
    wanted = blocks if names is None else tuple(names)
    if isinstance(names, str) or not wanted or not set(wanted) <= set(blocks):
        raise ValueError(
            f"implicit_descent: trained={names!r}; give some of {blocks} (of {IMPLICIT_BLOCKS})"
        )
    return tuple(block in wanted for block in blocks)


def checked_labels(
    x: Tensor, y: Tensor, network: ImplicitNetwork, where: str
) -> Float[Tensor, "s n"]:
    """Labels over a flat seed dimension, in the network's device and dtype.

    Raises:
        ValueError: shapes that do not fit, or a number that is not finite.
    """
    if x.ndim != 2 or y.ndim < 1 or y.shape[-1] != x.shape[0]:
        raise ValueError(
            f"{where}: x has shape {tuple(x.shape)}, y {tuple(y.shape)}; give (n, d) and one label "
            "per input"
        )
    if x.shape[1] != network.d or 0 in x.shape:
        raise ValueError(
            f"{where}: x has shape {tuple(x.shape)}; give (n, {network.d}) for this network, n >= 1"
        )
    for name, values in (("x", x), ("y", y), *network.named().items()):
        if not bool(torch.isfinite(values).all()):
            raise ValueError(f"{where}: {name} has a NaN or an infinity; give finite numbers")
    return spread_labels(y, network.u, network.seeds, where)


def _flat(block: Tensor, seeds: tuple[int, ...]) -> Tensor:
    return block.reshape(-1, *block.shape[len(seeds) :])


def _part(flat: ImplicitNetwork, rows: slice) -> ImplicitNetwork:
    return flat.with_parameters([block[rows] for block in flat.named().values()])


def published(
    start: ImplicitNetwork, y: Tensor, run: ImplicitRecord, times: Tensor
) -> ImplicitTraining:
    """Enclosures of what both runs showed at some times."""
    steps = len(times) - 1
    shape, e, rounding = (*start.seeds, steps + 1), array(run.e), array(run.rounding)
    lost = mask(run.lost)
    unknown = lost | parted(e, array(y))
    with np.errstate(invalid="ignore", over="ignore"):
        error = residual_error(e) + rounding
        off = movement_error(run)
    squared = squared_norm(e[0], error, unknown)
    blocks = run.moved.shape[-1]
    rho_unknown = np.concatenate([unknown[:, :1] & False, unknown[:, :-1]], axis=1)
    return ImplicitTraining(
        times=times,
        residual=torch.where(run.lost.unsqueeze(-1), math.inf, run.e[0]).reshape(*shape, -1),
        squared_residual=reshaped(squared, shape),
        movement=reshaped(around(array(run.moved), off, unknown[..., None]), (*shape, blocks)),
        norms=reshaped(
            around(array(run.norms), off + 32 * EPS * array(run.norms), unknown[..., None]),
            (*shape, blocks),
        ),
        rho=reshaped(_rho(start, run, off, rho_unknown), shape),
        lambda_min=reshaped(_least(start, run, off, unknown), shape),
        lost=run.lost.reshape(shape),
        tied=run.tied.any(dim=-1).reshape(start.seeds),
        plain=torch.ones_like(run.lost[:, 0]).reshape(start.seeds),
        network=_ended(start, run),
        logs=reshaped(log_ratio(squared, zero_floor(y), unknown), shape),
    )


def _rho(start: ImplicitNetwork, run: ImplicitRecord, off: Array, unknown: Mask) -> Approx:
    """An upper bound of L scale ||A||_2 as the solver has it, made an enclosure."""
    rho, slope = array(run.rho), nonlinearity(start.activation).L * start.scale
    with np.errstate(invalid="ignore"):
        error = slope * off[..., 0] + 32 * start.m * EPS * rho
    return around(rho, error, unknown)


def _least(start: ImplicitNetwork, run: ImplicitRecord, off: Array, unknown: Mask) -> Approx:
    """lambda_min(G), with the rounding of G, what the parameters' errors add, and the solver's."""
    broken = ~torch.isfinite(run.G).flatten(-2).all(dim=-1)
    G = torch.where(broken[..., None, None], 0.0, run.G)
    least = array(torch.linalg.eigvalsh(G)[..., 0])
    size = array(run.features)
    n = G.shape[-1]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        share = off[..., 1] / np.maximum(array(run.norms)[..., 1], 1e-300)
        if start.model == "ling":
            gap = np.maximum(1 - array(run.rho), EPS)
            share = share + start.scale * off[..., 0] / gap
        drift = 2 * size**2 * np.minimum(share * start.m**0.5, 1e300)
        error = array(run.G_error) + drift + 10 * n * EPS * size**2
    return around(least, error, unknown | mask(broken))


def _ended(start: ImplicitNetwork, run: ImplicitRecord) -> ImplicitNetwork:
    starts = list(start.named().values())
    return start.with_parameters(last_of(run.last, run.lost[:, -1], starts))
