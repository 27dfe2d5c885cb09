"""Gradient descent on the two-layer ReLU network, with the paper's relu'(0) = 1."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.descent.first_layer import FirstLayerRun
from dynamics.descent.fused import seeds_at_once
from dynamics.descent.record import Kept, Record, joined
from dynamics.descent.run import Run
from dynamics.enclosures import (
    Mask,
    array,
    distance,
    log_ratio,
    mask,
    reshaped,
    squared_norm,
    zero_floor,
)
from dynamics.problem import Layers, Problem, problem, step_sizes
from dynamics.trajectory import Descent
from models import gradients
from models.arguments import as_annotated
from verdicts import Approx

_MOST_INPUTS = 8  # times d: beyond, H costs more than two further runs


@as_annotated
def gradient_descent(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*#s m"],
    *,
    eta: float | Float[Tensor, "*#s"],
    steps: int,
    layers: Layers = "first",
    keep_patterns: bool = True,
    keep_H: bool = True,
) -> Descent:
    """W(k+1) = W(k) - eta dL/dW(k) for L = |y - u|^2/2, and the same for a if both are trained.

    Ten times the difference to a second run, which is moved by ulps, is with the rounding of u
    the error of what is published; it halves at most in a step. For the first layer alone that
    difference is followed in linearised form (`Shadow`); for both layers, and near ties, two such
    runs are made (`Run`), and the larger difference counts. A step from
    a tie (a pre-activation that rounding does not tell from zero) could go two ways: from there
    on the row's enclosures are [0, inf].

    Args:
        x: inputs.
        y: labels, shared or one row per seed.
        w: W(0); its leading dimensions are seeds.
        a: output weights at the start.
        eta: step size > 0, a number or one per seed.
        steps: K >= 0.
        layers: "first" trains w alone, "both" trains w and a.
        keep_patterns: count the flips.
        keep_H: keep H (and G2) of every step; without it a long or wide run is cheap.

    Raises:
        ValueError: shapes that do not fit, a NaN, an input of zero, eta <= 0 or steps < 0.
    Source:
        Du et al. 2019 (arXiv:1810.02054v2), section 4.
    """
    given = problem(x, y, w, a, layers, "gradient_descent")
    rates = step_sizes(eta, w, given.seeds, steps, "gradient_descent").unsqueeze(-1)
    kept = Kept(keep_patterns, keep_H)
    size = seeds_at_once(given.n + given.both * given.d, given.w[0])
    parts = [
        _followed(given.rows(c, c + size), rates[c : c + size], kept, steps)
        for c in range(0, len(rates), size)
    ]
    return _published(given, joined(parts).lasting(), steps)


@as_annotated
def one_step(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*#s m"],
    *,
    eta: float | Float[Tensor, "*#s"],
    layers: Layers = "first",
) -> tuple[Float[Tensor, "*s m d"], Float[Tensor, "*s m"]]:
    """The parameters after a single step of gradient descent, as plain tensors.

    Raises:
        ValueError: the shapes do not fit.
    """
    rate = torch.as_tensor(eta, dtype=w.dtype, device=w.device)
    by_w, by_a = gradients(x, y, w, a)
    moved = a.to(w) - rate[..., None] * by_a if layers == "both" else a.to(w).expand_as(by_a)
    return w - rate[..., None, None] * by_w, moved


def _followed(given: Problem, rates: Float[Tensor, "s 1"], kept: Kept, steps: int) -> Record:
    """One chunk of seeds: once where that says it all, else three times."""
    if given.both or (given.n > _MOST_INPUTS * given.d and not kept.H):
        return Run(given, rates, kept).go(steps)
    once = FirstLayerRun(given, rates, kept)
    record, rows = once.go(steps), once.doubtful
    if not bool(rows.any()):
        return record
    other = Run(given.only(rows), rates[rows], kept).go(steps)
    return record.with_rows(rows, other.at_least_as_far_off(record.only(rows)))


def _published(g: Problem, run: Record, steps: int) -> Descent:
    shape = (*g.seeds, steps + 1)
    unknown, ended = mask(run.tied | run.lost), run.lost[:, -1:]
    squared = squared_norm(array(run.e), array(run.e_error), unknown)
    logs = log_ratio(squared, zero_floor(g.y[0]), unknown)
    return Descent(
        steps=steps,
        times=torch.arange(steps + 1, dtype=torch.float64, device=g.w.device),
        residual=torch.where(run.lost.unsqueeze(-1), math.inf, run.e).reshape(*shape, g.n),
        squared_residual=reshaped(squared, shape),
        movement=reshaped(_moved(run.movement, run.movement_error, unknown), shape),
        output_movement=None
        if run.output is None or run.output_error is None
        else reshaped(_moved(run.output, run.output_error, unknown), shape),
        H=None if run.H is None else run.H.reshape(*shape, g.n, g.n),
        G2=None if run.G2 is None else run.G2.reshape(*shape, g.n, g.n),
        flips=None if run.flips is None else run.flips.reshape(*g.seeds, steps),
        w=torch.where(ended.unsqueeze(-1), math.inf, run.w).reshape(*g.seeds, g.m, g.d),
        a=torch.where(ended, math.inf, run.a).reshape(*g.seeds, g.m),
        undecided=run.tied[:, -1].reshape(g.seeds),
        logs=reshaped(logs, shape),
    )


def _moved(lengths: Tensor, error: Tensor, unknown: Mask) -> Approx:
    base = array(lengths)
    return distance(base, base, array(error), unknown)
