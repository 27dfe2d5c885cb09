"""Equilibrium problems z = max(W z + b, 0) of nonnegative W and b, as exact recipes."""

from __future__ import annotations

from fractions import Fraction

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import EquilibriumProblem, lipschitz, nonlinearity
from strategies.arguments import check_sizes
from strategies.equilibria import CONTRACTIVE, contractive, equilibrium_problems
from strategies.premises import with_premises

NONNEGATIVE = "W >= 0 and b >= 0"

_SHAPES = ("scalar", "permutation", "chain", "dense")
_LARGEST = Fraction(999, 1000)
_DIGITS = 10**6


def nonnegative_problems(
    *, max_m: int = 12, max_n: int = 6, unit_norm: bool = False
) -> SearchStrategy[EquilibriumProblem]:
    """ReLU equations without a negative number, ||W||_2 up to .999, or 1.

    Shrinks to one neuron and one right-hand side 0. Premises: "W >= 0 and b >= 0", and
    "L ||W||_2 < 1" unless the norm is 1.

    Args:
        max_m: largest number of neurons, at most 12.
        max_n: largest number of right-hand sides.
        unit_norm: makes W a permutation matrix, or part of one.

    Raises:
        ValueError: a bound below 1.
    """
    check_sizes("nonnegative_problems", "m", 1, max_m)
    if unit_norm:
        drawn = _folded(equilibrium_problems(max_m=max_m, max_n=max_n, shapes=_SHAPES[:-1]), "unit")
        return with_premises(drawn, {NONNEGATIVE: nonnegative})
    drawn = _folded(equilibrium_problems(max_m=max_m, max_n=max_n, shapes=_SHAPES), "below")
    return with_premises(drawn, {CONTRACTIVE: contractive, NONNEGATIVE: nonnegative})


def nonnegative(problem: EquilibriumProblem) -> bool:
    """No entry of W or b is negative."""
    return bool((problem.W >= 0).all() and (problem.b >= 0).all())


@st.composite
def _folded(
    draw: DrawFn, problems: SearchStrategy[EquilibriumProblem], norm: str
) -> EquilibriumProblem:
    """The absolute values, scaled down where these have a larger norm, or signs alone."""
    recipe = draw(problems).recipe
    W, b = ([[abs(Fraction(z)) for z in row] for row in recipe[name]] for name in ("W", "b"))
    if norm == "unit":
        W = [[Fraction(int(z > 0)) for z in row] for row in W]
        return EquilibriumProblem.of(W=W, b=b)
    floats = torch.tensor([[float(z) for z in row] for row in W], dtype=torch.float64)
    size = Fraction(float(lipschitz(floats, nonlinearity("relu"))))
    if size > _LARGEST:
        factor = Fraction(int(_LARGEST / size * _DIGITS), _DIGITS)
        W = [[factor * z for z in row] for row in W]
    return EquilibriumProblem.of(W=W, b=b)
