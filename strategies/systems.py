"""Systems of equations: linear, quadratic, wavy, over-determined, and ends that are attained.

A matrix of full rank has a lower triangular block with 1 to 3 on the diagonal. Waves are scaled by
a decimal so that sigma_min(A) > ||outer|| ||inner||: then DF has full rank everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any, Literal, TypeAlias

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import Composition, System
from models.recipes.rational import rank
from strategies.arguments import check_sizes, check_words
from strategies.numbers import exact_decimals
from strategies.premises import with_premises

Kind: TypeAlias = Literal["linear", "quadratic", "wavy"]
Table: TypeAlias = "list[list[Fraction]]"

KINDS_OF_SYSTEMS = ("linear", "quadratic", "wavy")
_TENTHS = Fraction(1, 10)
_MOST_WAVES = 3
_DIGITS = 4  # of the scale of the waves


@dataclass(frozen=True, slots=True)
class _Plan:
    n: tuple[int, int]
    max_m: int
    kinds: tuple[str, ...]
    spare: int  # m - n is at least this times n, plus one if > 0


def systems(
    *,
    min_n: int = 1,
    max_n: int = 6,
    max_m: int = 12,
    kinds: tuple[Kind, ...] = ("linear", "wavy"),
) -> SearchStrategy[System]:
    """Draws n equations in m >= n unknowns whose linear part has full rank.

    Premises "A has full rank" and, of wavy ones, "sigma_min(A) > ||outer|| ||inner||". Shrinks to
    F(w) = w.

    Args:
        min_n: least number of equations, >= 1.
        max_n: largest number.
        max_m: largest number of unknowns.
        kinds: some of "linear", "quadratic" (Q_i of any size) and "wavy", the simplest first.

    Raises:
        ValueError: bounds that contradict each other, or no such kind.
    """
    check_sizes("systems", "n", min_n, max_n)
    check_sizes("systems", "m", max_n, max_m)
    plan = _Plan((min_n, max_n), max_m, check_words("systems", "kinds", kinds, KINDS_OF_SYSTEMS), 0)
    return with_premises(_systems(plan), _PREMISES)


def many_unknowns(*, max_n: int = 3, max_m: int = 12) -> SearchStrategy[System]:
    """Quadratic systems with y = F(0) = 0 and m >= 2n + 1, at w_0 = 0: a solution.

    Matrices Q_i have integers up to 9, and are of any rank.

    Raises:
        ValueError: max_m < 2 max_n + 1.
    """
    check_sizes("many_unknowns", "n", 1, max_n)
    check_sizes("many_unknowns", "m", 2 * max_n + 1, max_m)
    return with_premises(_systems(_Plan((1, max_n), max_m, ("quadratic",), 1)), _SOLVED)


def coherent_systems(*, max_n: int = 6, max_m: int = 8) -> SearchStrategy[System]:
    """F_i = s w_i - (h/2n) sign_i (sum_j sign_j w_j)^2 at w_0 = 0: bent where it is weakest.

    All curvature acts in one direction v and changes DF v alone, by sqrt(n) ||H_F|| for each unit
    of length: the worst that Hessians of this norm can do.

    Raises:
        ValueError: sizes out of range.
    """
    check_sizes("coherent_systems", "n", 1, max_n)
    check_sizes("coherent_systems", "m", max_n, max_m)
    return with_premises(_coherent(max_n, max_m), {"A has full rank": full_rank})


def over_determined_systems(*, max_n: int = 6, max_m: int = 5) -> SearchStrategy[System]:
    """Linear systems of m < n unknowns, with labels that no point attains, as a rule.

    Raises:
        ValueError: sizes out of range.
    """
    check_sizes("over_determined_systems", "n", 2, max_n)
    check_sizes("over_determined_systems", "m", 1, max_m)
    return with_premises(_over_determined(max_n, max_m), {"some entry": _some_entry})


def compositions(*, max_n: int = 4, max_m: int = 6) -> SearchStrategy[Composition]:
    """Two systems one after the other, each with no more equations than unknowns.

    Raises:
        ValueError: sizes out of range.
    """
    check_sizes("compositions", "n", 1, max_n)
    check_sizes("compositions", "m", max_n, max_m)
    return _compositions(max_n, max_m)


@st.composite
def _systems(draw: DrawFn, plan: _Plan) -> System:
    n = draw(st.integers(*plan.n))
    least = n + (plan.spare * (n + 1))
    m = min(plan.max_m, least + draw(st.integers(0, plan.max_m - least)))
    kind = draw(st.sampled_from(plan.kinds))
    solved = bool(plan.spare)
    recipe: dict[str, Any] = {"rows": _full_rank(draw, n, m)}
    recipe["labels"] = [0] * n if solved else _labels(draw, n)
    recipe["point"] = [0] * m if solved else draw(_decimals(m))
    if kind == "quadratic":
        recipe["squares"] = _squares(draw, n, m)
    if kind == "wavy":
        recipe |= _waves(draw, recipe["rows"], n, m)
    return System(recipe)


@st.composite
def _coherent(draw: DrawFn, max_n: int, max_m: int) -> System:
    n = draw(st.integers(1, max_n))
    m = n + draw(st.integers(0, max_m - n))
    s, h = Fraction(draw(st.integers(1, 9))), draw(_positive_tenths())
    signs = [draw(st.sampled_from((1, -1))) for _ in range(n)]
    v = [*signs, *[0] * (m - n)]
    square = [[Fraction(p * q, n) for q in v] for p in v]
    squares = [[[-h * sign * z for z in row] for row in square] for sign in signs]
    rows = [[s if i == j else Fraction(0) for j in range(m)] for i in range(n)]
    return System.of(rows=rows, labels=_labels(draw, n), point=[0] * m, squares=squares)


@st.composite
def _over_determined(draw: DrawFn, max_n: int, max_m: int) -> System:
    n = draw(st.integers(2, max_n))
    m = draw(st.integers(1, min(max_m, n - 1)))
    rows = [draw(_integers(m, 3)) for _ in range(n)]
    rows[0][0] = rows[0][0] or Fraction(1)
    return System.of(rows=rows, labels=_labels(draw, n), point=draw(_decimals(m)))


@st.composite
def _compositions(draw: DrawFn, max_n: int, max_m: int) -> Composition:
    inner = draw(_systems(_Plan((1, max_n), max_m, ("linear", "wavy"), 0)))
    outer = draw(_systems(_Plan((1, inner.n), inner.n, ("linear", "wavy"), 0)))
    if outer.m < inner.n:
        outer = _widened(outer, inner.n)
    return Composition(outer, inner)


def _widened(system: System, m: int) -> System:
    recipe, more = system.recipe, m - system.m
    for key in ("rows", "inner"):
        recipe[key] = [[*row, *["0"] * more] for row in recipe[key]] if recipe[key] else None
    return System({**recipe, "point": [*recipe["point"], *["0"] * more]})


def _full_rank(draw: DrawFn, n: int, m: int) -> Table:
    """Rows [T R] with T lower triangular, 1 to 3 on its diagonal."""
    rows = [draw(_integers(m, 3)) for _ in range(n)]
    for i, row in enumerate(rows):
        row[i] = Fraction(1 + abs(row[i].numerator) % 3)
        row[i + 1 : n] = [Fraction(0)] * (n - i - 1)
    return rows


def _labels(draw: DrawFn, n: int) -> list[Fraction]:
    size = draw(st.sampled_from([Fraction(z) for z in (1, 10, "1/10", "1/100")]))
    labels = draw(_integers(n, 9))
    return [size * z for z in labels] if any(labels) else [size] * n


def _squares(draw: DrawFn, n: int, m: int) -> list[Table]:
    size = draw(st.sampled_from((Fraction(1), _TENTHS, Fraction(1, 100))))
    squares = []
    for _ in range(n):
        free = [draw(_integers(m, 9)) for _ in range(m)]
        squares.append([[size * free[max(i, j)][min(i, j)] for j in range(m)] for i in range(m)])
    return squares


def _waves(draw: DrawFn, rows: Table, n: int, m: int) -> dict[str, Any]:
    p = draw(st.integers(1, _MOST_WAVES))
    outer = [draw(_integers(p, 3)) for _ in range(n)]
    inner = [draw(_integers(m, 3)) for _ in range(p)]
    share = draw(st.integers(0, 94)) / 100
    sizes = [_norms(torch.tensor([[float(z) for z in row] for row in t])) for t in (outer, inner)]
    size = float(sizes[0][0] * sizes[1][0])
    least = float(_norms(torch.tensor([[float(z) for z in row] for row in rows]))[-1])
    scale = _rounded_down(share * least / size) if size else Fraction(0)
    if not scale:  # no waves
        return {}
    return {"outer": [[scale * z for z in row] for row in outer], "inner": inner}


def _norms(A: torch.Tensor) -> torch.Tensor:
    values: torch.Tensor = torch.linalg.svdvals(A.double())
    return values


def _rounded_down(value: float) -> Fraction:
    """The decimal of few digits below: hashes must not depend on the last bits of a norm."""
    return Fraction(floor(value * 10**_DIGITS), 10**_DIGITS)


def _integers(count: int, most: int) -> SearchStrategy[list[Fraction]]:
    entry = st.integers(-most, most)
    return st.tuples(*[entry] * count).map(lambda row: [Fraction(z) for z in row])


def _decimals(count: int) -> SearchStrategy[list[Fraction]]:
    return st.lists(exact_decimals(min_value=-2, max_value=2), min_size=count, max_size=count)


def _positive_tenths() -> SearchStrategy[Fraction]:
    return st.integers(1, 30).map(lambda k: k * _TENTHS)


def full_rank(system: System) -> bool:
    """The rows of A are independent, exactly."""
    return rank([[Fraction(z) for z in row] for row in system.recipe["rows"]]) == system.n


def small_waves(system: System) -> bool:
    """sigma_min(A) > ||outer|| ||inner||, so that DF has full rank everywhere."""
    if not system.p:
        return True
    size = float(_norms(system.B)[0] * _norms(system.C)[0])
    return size < 0.96 * float(_norms(system.A)[-1])


def _some_entry(system: System) -> bool:
    return bool(system.A.any()) and system.n > system.m


def _many(system: System) -> bool:
    return system.m >= 2 * system.n + 1


def _is_solved(system: System) -> bool:
    return not bool(system.y.any()) and not bool(system.w.any())


_PREMISES = {
    "A has full rank": full_rank,
    "sigma_min(A) > ||outer|| ||inner||": small_waves,
}
_SOLVED = {"m >= 2n + 1": _many, "w_0 = 0 solves": _is_solved}
