"""Equations z = sigma(W z + b) as claims use them: iterates, norms and errors as enclosures."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np
import torch
from torch import Tensor

from certify import all_equilibria, equilibrium_error, operator_norm
from models import EquilibriumProblem, nonlinearity
from verdicts import Approx, Margin, Proof, Term, at_most, every, exactly, quantity

EPS = torch.finfo(torch.float64).eps
SMALL = 1e-150  # squares of smaller numbers vanish
BELOW_ONE = 1 - 1e-6  # what counts as < 1
NORM = quantity("norm_W")


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A contractive equation with its solution.

    Attributes:
        problem: the equation.
        rho: L ||W||_2.
        z: the solutions, (n, m), and
        error: how far they may be from the true ones, (n,).
    """

    problem: EquilibriumProblem
    rho: Approx
    z: Tensor
    error: Tensor

    def distance(self, z: Tensor, moved: Tensor | float = 0.0) -> Approx:
        """||z - z*|| of points that are known up to `moved`, (*k, n)."""
        gap = z - self.z
        return length(gap, self.error + moved + EPS * gap.abs().sum(dim=-1))


def solved(problem: EquilibriumProblem) -> Solved:
    """The solution of an equation; its errors are infinite if L ||W||_2 >= 1."""
    found = problem.solve()
    rho = nonlinearity(problem.activation).L * operator_norm(problem.W)
    return Solved(problem, rho, found.z, equilibrium_error(found.residual, found.rho))


def length(z: Tensor, moved: Tensor | float = 0.0) -> Approx:
    """||z|| of the last dimension, of points that are known up to `moved`."""
    off = np.asarray(moved)
    return operator_norm(z.unsqueeze(-2)) + Approx(-off, off)


def picard(problem: EquilibriumProblem, steps: int) -> tuple[Tensor, Tensor]:
    """z^0 = 0, ..., z^steps, (steps + 1, n, m), and what rounding may have moved them by.

    Each step errs by less than (m + 16) eps/2 of the sizes of its terms; earlier errors grow by
    at most max(1, L ||W||) per step.
    """
    sigma = nonlinearity(problem.activation)
    points = [torch.zeros_like(problem.b)]
    for _ in range(steps):
        points.append(sigma.value(points[-1] @ problem.W.mT + problem.b))
    z = torch.stack(points)
    sizes = z.abs() @ problem.W.abs().mT + problem.b.abs()
    one = (problem.m + 16) * EPS / 2 * (torch.linalg.vector_norm(sizes, dim=-1).amax(dim=0) + SMALL)
    growth = max(1.0, operator_norm(problem.W).high * sigma.L)
    return z, one * sum(growth**k for k in range(steps))


def powers(rho: Approx, count: int) -> Approx:
    """rho^0, ..., rho^count as a column."""
    found = [exactly(1.0)] + [rho**k for k in range(1, count + 1)]
    lower, upper = (np.array([getattr(p, side) for p in found]) for side in ("low", "high"))
    return Approx(lower[:, None], upper[:, None])


def all_at_most(left: Approx, right: Approx, scale: float, prove: Callable[..., Proof]) -> Margin:
    """That left <= right in every row; the row where it is tightest has the proof of its index.

    Args:
        left: any shape.
        right: a shape that broadcasts with it.
        scale: of all margins.
        prove: the proof, of the index of a row.
    """
    rows = at_most(left, right, scale=scale)
    index = np.unravel_index(rows.slack.upper.argmin(), rows.slack.shape)
    sides = [
        Approx(*(np.broadcast_to(end, rows.slack.shape)[index] for end in (x.lower, x.upper)))
        for x in (left, right)
    ]
    one = at_most(*sides, scale=scale, proof=prove(*map(int, index)))
    return every(tightest=one, rows=rows)


def exact_model(problem: EquilibriumProblem) -> partial[Proof]:
    """Proofs about this equation."""
    return partial(Proof, "equilibrium", problem.recipe)


def at_steps(name: str, k: int, sample: int) -> Term:
    """A quantity of the k-th iterate of one right-hand side."""
    return quantity(name, steps=k, sample=sample)


def counts(problem: EquilibriumProblem) -> Approx:
    """How many solutions each right-hand side has, exactly; more than 2^m stand for inf."""
    recipe = problem.recipe
    found = [all_equilibria(recipe["W"], b, slope=recipe["slope"]).count for b in recipe["b"]]
    return exactly(np.minimum(np.array(found), 2**problem.m + 1))


def fractions(rows: list[list[str]]) -> list[list[Fraction]]:
    """The exact numbers of a recipe."""
    return [[Fraction(z) for z in row] for row in rows]
