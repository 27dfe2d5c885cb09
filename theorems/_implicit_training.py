"""Where implicit networks of Ling et al. certainly train: constants, and starts on the edge.

The letters are the paper's: z = f(W z + U x), yhat = a.z, f Lipschitz with L. The house calls these
parameters A, W, u. With radii rw, ru, ra of balls around 0 that all iterates stay in,
    Zb = (L ru ||X||_F + |f(0)| (mn)^(1/2))/(1 - L rw),   k = L/(1 - L rw),
    gW = ra k Zb,   gU = ra k ||X||_F,   ga = Zb
bound ||Z||_F and the gradients per unit of residual. For ReLU they are cw, cu, ca times ||X||_F.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import Literal

import numpy as np
from torch import Tensor

from certify import lambda_min
from claims import assume_premise
from dynamics import ImplicitTraining, implicit_descent
from models import ImplicitStart, implicit_pass
from theorems._implicit_bounds import Bounds, Sizes, residual_direction, sizes_of
from verdicts import (
    Approx,
    Margin,
    Proof,
    Term,
    at_least,
    at_most,
    decays,
    every,
    exactly,
    quantity,
)

_INSIDE = 0.999  # of the edge
_HALVINGS = 60
_SHOWN = 4  # steps that a certificate follows


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A start that meets the conditions of the theorem, hardly.

    Attributes:
        start: with heads and labels of its own.
        lambda_0: lambda_min(Z(0)^T Z(0)).
        delta: how far parameters may move.
        bounds: of the gradients.
        r_0: the norm of the residual.
        given: the start that it was made of, where only the residual's length is another one: a
            certificate may speak about nothing but what was drawn. None where heads were moved.
    """

    start: ImplicitStart
    lambda_0: Approx
    delta: float
    bounds: Bounds
    r_0: float
    given: ImplicitStart | None


def gram_of_features(start: ImplicitStart) -> Tensor:
    """Z^T Z, one row and column for each sample."""
    z = implicit_pass(start.x, start.network).z
    return z @ z.mT


def least_eigenvalue(start: ImplicitStart) -> Approx:
    """lambda_0, with what the solver and the product can be off by."""
    G = gram_of_features(start)
    return lambda_min(G, entries=1e-13 * float(G.diagonal().sum()))


def on_the_edge(
    start: ImplicitStart, share: float, *, curvature: float = 4.0, largeness: float = 1.0
) -> Edge:
    """The start with the largest heads and the largest residual that the conditions allow.

    Heads keep their direction and get the norm share ra (0 if they are zero), delta is the rest
    of ra; ra is the largest with lambda_0 >= curvature (gW^2 + gU^2), condition (9) of the paper.
    The residual keeps its direction, its norm is the largest allowed by (7) and (8).

    Args:
        start: of the model "ling", lambda_0 > 0.
        share: in [0, 1).
        curvature: the number in (9).
        largeness: times the largest residual; above 1 the conditions fail.
    """
    lambda_0, sizes = least_eigenvalue(start), sizes_of(start)
    length = float(start.network.u.norm())
    kept = share if length > 0 else 0.0
    ra = _largest_heads(sizes, lambda_0.low, kept, curvature) * _INSIDE
    delta = (1 - kept) * ra
    heads = start.network.u * (kept * ra / length if length > 0 else 0.0)
    return _with_largest_residual(start, heads, delta, sizes.bounds(delta, ra), largeness, 4)


def on_the_edge_of_flow(start: ImplicitStart, part: float, *, largeness: float = 1.0) -> Edge:
    """The start with the largest residual that (7) and (8) allow a flow, which has 2 for 4.

    Args:
        start: of the model "ling", lambda_0 > 0; its heads are kept.
        part: delta is this share of (1 - L ||W||)/L, in (0, 1).
        largeness: times the largest residual; above 1 the conditions fail.
    """
    sizes = sizes_of(start)
    delta = part * (1 / sizes.L - sizes.W)
    bounds = sizes.bounds(delta, sizes.a + delta)
    return _with_largest_residual(start, start.network.u, delta, bounds, largeness, 2)


def _with_largest_residual(
    start: ImplicitStart, heads: Tensor, delta: float, bounds: Bounds, largeness: float, four: int
) -> Edge:
    lambda_0 = least_eigenvalue(start)
    r_0 = largeness * _INSIDE * largest_residual(lambda_0.low, bounds, delta, four=four)
    e = residual_direction(start)
    recipe = {key: z for key, z in start.recipe.items() if key not in ("labels", "heads")}
    moved = {"u": heads.tolist(), "residual": (r_0 * e).tolist()}
    given = start if bool((heads == start.network.u).all()) else None
    return Edge(ImplicitStart({**recipe, **moved}), lambda_0, delta, bounds, r_0, given)


def largest_residual(lambda_0: float, bounds: Bounds, delta: float, *, four: int = 4) -> float:
    """The largest r_0 with (7) and (8); the flow has 2 for 4.

    4 g r_0/lambda_0 <= delta for g = gW, gU, ga, and
    4 r_0 (gW^2 + gU^2)/(ra lambda_0) <= (1 - 1/sqrt(2)) lambda_0^(1/2).
    """
    stays = lambda_0 * delta / (four * bounds.largest)
    curved = (1 - sqrt(0.5)) * lambda_0 * sqrt(lambda_0) * bounds.ra / (four * bounds.curved)
    return min(stays, curved)


def _largest_heads(sizes: Sizes, lambda_0: float, kept: float, curvature: float) -> float:
    """The largest ra with curvature (gW^2 + gU^2) <= lambda_0 and L (||W|| + delta) < 1."""
    low, high = 0.0, (1 / sizes.L - sizes.W) / (1 - kept)
    for _ in range(_HALVINGS):
        ra = (low + high) / 2
        delta = (1 - kept) * ra
        posed = sizes.L * (sizes.W + delta) < 1
        fits = posed and curvature * sizes.bounds(delta, ra).curved <= lambda_0
        low, high = (ra, high) if fits else (low, ra)
    return low


def descend(start: ImplicitStart, eta: float, steps: int) -> ImplicitTraining:
    """Gradient descent on W, U and a."""
    return implicit_descent(start.x, start.y, start.network, eta=eta, steps=steps)


def trains(edge: Edge, run: ImplicitTraining, factor: float, floor: float, eta: float) -> Margin:
    """What the theorem concludes of every step: decay, curvature and well-posedness.

    Args:
        edge: where the run began.
        run: a descent.
        factor: what ||r|| is multiplied by in a step, at most; in (0, 1).
        floor: of lambda_min(Z^T Z)/lambda_0.
        eta: the step of the run.
    """
    steps = run.lost.shape[-1] - 1
    logs, claimed = run.step_logs(), -2 * exactly(factor).log()
    if not bool(run.lost.any()):
        # Where r_0 is far below yhat, rounding may hide what a step does.
        blur = np.where(logs.lower > -np.inf, logs.width, 0.0).max()
        told = at_least(claimed, exactly(blur), scale=claimed)
        assume_premise("steps are told from rounding", told)
    until = int(run.lost.int().argmax()) if bool(run.lost.any()) else steps
    along = partial(_along, edge, {"eta": eta, "steps": max(1, min(until, _SHOWN))})
    ratio = along("step_ratio", "<=", factor)
    return every(
        decay=decays(
            logs,
            claimed,
            over=np.ones(steps),
            proof=None if ratio is None else lambda _: ratio,
        ),
        eigenvalue=at_least(
            run.lambda_min.min(axis=-1),
            floor * edge.lambda_0,
            scale=edge.lambda_0,
            proof=along("least_lambda_min_G", ">=", floor * quantity("lambda_min_Z")),
        ),
        well_posed=at_most(run.rho.max(axis=-1), exactly(1.0), proof=along("most_rho", "<=", 1)),
    )


def _along(
    edge: Edge, run: dict[str, float], name: str, relation: Literal["<=", ">="], bound: Term | float
) -> Proof | None:
    """An inequality over the exact descent; None where the exact start was not drawn."""
    if edge.given is None:
        return None
    residual = {} if edge.start is edge.given else {"length": edge.r_0}
    recipe = edge.given.exact_recipe
    return Proof("implicit", recipe, quantity(name, **run, **residual), relation, bound)
