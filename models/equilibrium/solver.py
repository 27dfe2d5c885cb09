"""Equilibria z = sigma(W z + b) of implicit networks: an iterate and its residual, in batches.

Picard steps come first. Where they would take longer than linear algebra, a semismooth Newton step
follows, which for ReLU solves on the active set and is exact once that is right; a row on which it
fails goes on with shorter steps, with Picard's, and for ReLU's kin with pivoting, which solves also
equations of ||W|| >= 1 that are monotone. Nothing here says that a row is solved: its residual
does, and `certify.equilibrium_error` or `certify.monotone_error` makes an error bound of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from models.activation.kind import Activation
from models.activation.nonlinearities import nonlinearity
from models.equilibrium.newton import Problem, newton_step
from models.equilibrium.pivoting import pivoted
from models.tensor_shapes import check_shapes

_Floor: TypeAlias = Callable[[Tensor], Tensor]

_EPS = torch.finfo(torch.float64).eps
_SWEEP = 8  # Picard steps between two looks at the residual
_PATIENCE = 24  # Picard steps that are cheaper than a Newton step, at any width
_ROUNDS = 60  # Newton steps of a row at most, and
_BENT_ROUNDS = 6  # where sigma has a kink: pivoting is surer then
_HALVINGS = 20  # of a Newton step that leads farther away
_PROGRESS = 0.999  # of the residual; a round that leaves more on every row is the last
_RESCUE = 64  # Picard steps of a row on which Newton's made things worse
_SMALL = 2.0**-400  # squares of smaller numbers vanish


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """An approximate solution z of z = sigma(W z + b), one for each row of b.

    Attributes:
        z: the iterate, (*s, n, m), finite.
        residual: an upper bound of ||z - sigma(W z + b)||_2, rounding included, (*s, n).
        rho: an upper bound of L ||W||_2, rounding included, (*s,); below 1 the map is contractive.
        pattern: where W z + b > 0 as computed, (*s, n, m).
        steps: Picard and Newton steps taken for the slowest row.
    """

    z: Float64[Tensor, "*s n m"]
    residual: Float64[Tensor, "*s n"]
    rho: Float64[Tensor, "*s"]
    pattern: Bool[Tensor, "*s n m"]
    steps: int


def equilibrium(
    W: Float64[Tensor, "*#s m m"],
    b: Float64[Tensor, "*#s n m"],
    sigma: str | Activation = "relu",
    *,
    start: Float64[Tensor, "*#s n m"] | None = None,
) -> Equilibrium:
    """Looks for z_i = sigma(W z_i + b_i), down to the rounding floor of the residual.

    Never raises for want of convergence: of all iterates the one of least residual is returned, and
    that residual with it. Whether a solution is near, or exists, is for `certify` to say.

    Args:
        W: finite.
        b: one row per sample, finite; broadcasts with W.
        sigma: an activation, or the name of one that `nonlinearity` knows.
        start: where to begin, such as a solution for weights nearby; by default at z = 0.

    Raises:
        ValueError: shapes that do not fit, another dtype, or an entry that is not finite.

    Source:
        Gao, Liu, Liu, Rajan, Gao 2022 (arXiv:2110.05645), Lemma 2.2; Newton's method on max(., 0)
        is the primal-dual active set method of Hintermueller, Ito, Kunisch 2003.
    """
    known = nonlinearity(sigma) if isinstance(sigma, str) else sigma
    problem = _problem(W, b, known, start)
    z, steps = _solved(problem)
    preactivation = problem.preactivation(z)
    gap = _length(z - known.value(preactivation)) * (1 + (problem.m + 4) * _EPS)
    residual = gap + _rounding(problem, z)
    return Equilibrium(
        z=z,
        residual=torch.where(torch.isnan(residual), math.inf, residual),  # inf - inf on the way
        rho=lipschitz(problem.W, known),
        pattern=preactivation > 0,
        steps=steps,
    )


def lipschitz(W: Float64[Tensor, "*s m m"], sigma: Activation) -> Float64[Tensor, "*s"]:
    """An upper bound of L ||W||_2: the largest singular value, moved up by 10 m eps.

    Raises:
        ValueError: W is not finite, or no matrices (*s, m, m).
    """
    check_shapes("lipschitz", W=(W, "*s m m"))
    if W.shape[-1] == 1:
        size = W[..., 0, 0].abs()
        above = torch.full_like(size, math.inf)
        return size if sigma.L == 1 else torch.nextafter(sigma.L * size, above)
    largest: Tensor = torch.linalg.matrix_norm(W, ord=2)
    return sigma.L * largest * (1 + 10 * W.shape[-1] * _EPS)


def _problem(W: Tensor, b: Tensor, sigma: Activation, start: Tensor | None) -> Problem:
    m = W.shape[-1] if W.ndim >= 2 else 0
    fits = m > 0 and W.shape[-2] == m and b.ndim >= 2 and b.shape[-1] == m and b.shape[-2] > 0
    if not fits:
        raise ValueError(
            f"equilibrium: W has shape {tuple(W.shape)}, b {tuple(b.shape)}; give square matrices "
            "(*s, m, m) and rows (*s, n, m)"
        )
    for name, tensor in (("W", W), ("b", b)):
        if tensor.dtype != torch.float64 or not bool(torch.isfinite(tensor).all()):
            raise ValueError(
                f"equilibrium: {name} has dtype {tensor.dtype} or an entry that is not finite; "
                "give finite float64"
            )
    try:
        batch = torch.broadcast_shapes(W.shape[:-2], b.shape[:-2])  # type: ignore[no-untyped-call]
        offsets = b.expand(*batch, *b.shape[-2:])
        first = None if start is None else start.to(b.dtype).expand(offsets.shape)
    except RuntimeError:
        began = "" if start is None else f", start {tuple(start.shape)}"
        raise ValueError(
            f"equilibrium: W has shape {tuple(W.shape)}, b {tuple(b.shape)}{began}; give seeds "
            "that fit each other, and a start of the shape of b"
        ) from None
    if first is not None and not bool(torch.isfinite(first).all()):
        raise ValueError("equilibrium: start has an entry that is not finite; give finite float64")
    return Problem(W.expand(*batch, m, m), offsets.contiguous(), sigma, first)


def _solved(problem: Problem) -> tuple[Tensor, int]:
    """The iterate of least residual per row, and how many steps it took."""
    z = problem.first()
    best = _Best(z, torch.full(z.shape[:-1], math.inf, dtype=z.dtype, device=z.device))
    floor = _floor(problem)
    if problem.start is not None:
        best.offer(z, torch.linalg.vector_norm(problem.image(z) - z, dim=-1))
        if bool((best.gap <= floor(best.z)).all()):
            return best.z, 0
    _, steps = _picard(problem, z, best, floor, most=_PATIENCE + problem.m // 8)
    bent = math.isinf(problem.sigma.beta)
    steps += _refined(problem, best, floor, most=_BENT_ROUNDS if bent else _ROUNDS)
    open_rows = best.gap > floor(best.z)
    if bent and bool(open_rows.any()):
        found = pivoted(problem, best.z, open_rows)
        best.offer(found, torch.linalg.vector_norm(problem.image(found) - found, dim=-1))
    return best.z, steps


def _refined(problem: Problem, best: _Best, floor: _Floor, *, most: int) -> int:
    """Newton steps on the rows above the floor, with Picard's where they do not help; how many."""
    steps = 0
    for _ in range(most):
        open_rows = best.gap > floor(best.z)
        if not bool(open_rows.any()):
            break
        before = best.gap.clone()
        stuck = _newton(problem, best, open_rows)
        steps += 1
        if bool(stuck.any()):
            # A pattern that cycles: Picard steps lead elsewhere, for a contraction always nearer.
            steps += _picard(problem, best.z, best, floor, most=_RESCUE)[1]
        if not bool((best.gap < _PROGRESS * before)[open_rows].any()):
            break
    return steps


def _newton(problem: Problem, best: _Best, open_rows: Tensor) -> Tensor:
    """Offers Newton's point, and shorter steps for rows on which it is no better; which still are.

    On a smooth sigma some short step reduces ||z - sigma(W z + b)||; far from the solution the
    whole one need not.
    """
    start, before = best.z, best.gap
    move = newton_step(problem, start, open_rows) - start
    stuck = open_rows
    for halvings in range(_HALVINGS + 1):
        length = 0.5**halvings
        candidate = start + length * move
        best.offer(
            candidate, torch.linalg.vector_norm(problem.image(candidate) - candidate, dim=-1)
        )
        stuck = open_rows & (best.gap > (1 - length / 2) * before)
        if not bool(stuck.any()):
            break
    return stuck


class _Best:
    """The best iterate seen so far, row by row."""

    def __init__(self, z: Tensor, gap: Tensor) -> None:
        self.z, self.gap = z, gap

    def offer(self, z: Tensor, gap: Tensor) -> None:
        better = gap < self.gap  # false for NaN
        if bool(better.all()):
            self.z, self.gap = z, gap
        elif bool(better.any()):
            self.z = torch.where(better.unsqueeze(-1), z, self.z)
            self.gap = torch.where(better, gap, self.gap)


def _sweeps_left(gap: Tensor, earlier: Tensor, target: Tensor) -> float:
    """How many more sweeps the slowest row needs at the pace of the last one."""
    tiny = torch.finfo(torch.float64).tiny
    pace = (gap.clamp_min(tiny) / earlier.clamp_min(tiny)).log()
    wanted = (target.clamp_min(tiny) / gap.clamp_min(tiny)).log()
    left = torch.where(wanted < 0, wanted / pace.clamp(max=-tiny), 0.0)
    return float(left.max())


def _floor(problem: Problem) -> _Floor:
    """The residual below which rounding decides, of a given iterate: (*s, n, m) to (*s, n)."""
    size = torch.linalg.matrix_norm(problem.W).unsqueeze(-1)
    offset = torch.linalg.vector_norm(problem.b, dim=-1)
    constant = problem.sigma.at_zero * math.sqrt(problem.m)

    def floor(z: Tensor) -> Tensor:
        norm = torch.linalg.vector_norm(z, dim=-1)
        least: Tensor = 2 * _EPS * (problem.sigma.L * (size * norm + offset) + constant + norm)
        return least

    return floor


def _rounding(problem: Problem, z: Tensor) -> Tensor:
    """A bound of what rounding may hide of ||z - sigma(W z + b)||_2, (*s, n).

    W z + b is a sum of m + 1 terms, which errs by less than (m + 1) eps/2 of their sizes; sigma
    is taken to err by at most 4 eps of a bound of its value.
    """
    sizes = z.abs() @ problem.W.abs().mT + problem.b.abs()
    sigma = problem.sigma
    entries = ((problem.m + 16) * sigma.L * sizes + 8 * sigma.at_zero) * _EPS / 2
    return _length(entries) + problem.m * torch.finfo(torch.float64).tiny


def _length(v: Tensor) -> Tensor:
    """||v||_2 of the last dimension, up to rounding; more where squares vanish."""
    top = v.abs().amax(dim=-1)
    return torch.where(top < _SMALL, v.shape[-1] * top, torch.linalg.vector_norm(v, dim=-1))


def _picard(
    problem: Problem, z: Tensor, best: _Best, floor: _Floor, *, most: int
) -> tuple[Tensor, int]:
    """Picard steps until all rows are at the floor, or too many would still be needed."""
    steps, earlier = 0, None
    while steps < most:
        for _ in range(_SWEEP):
            image = problem.image(z)
            gap = torch.linalg.vector_norm(image - z, dim=-1)
            best.offer(z, gap)
            z = image
        steps += _SWEEP
        target = floor(best.z)
        if bool((best.gap <= target).all()):
            break
        if earlier is not None and _sweeps_left(best.gap, earlier, target) > most / _SWEEP:
            break
        earlier = best.gap.clone()
    return z, steps
