"""Error bounds of equilibria against exact solutions, also at the edge and beyond it."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor

from certify import (
    IllPosedError,
    all_equilibria,
    equilibrium_error,
    exact_equilibrium,
    monotone_error,
    monotone_solved,
    monotonicity,
    operator_norm,
    pattern_certain,
    sigma_min,
    solved,
)
from models import equilibrium

Rows = list[list[Fraction]]
F = Fraction


def floats(rows: Rows) -> Tensor:
    return torch.tensor([[float(z) for z in row] for row in rows], dtype=torch.float64)


def whole(random: Random, m: int, most: int) -> list[int]:
    return [random.randint(-most, most) for _ in range(m)]


class Case(NamedTuple):
    kind: str
    W: Rows
    b: list[Fraction]


def cases(count: int) -> list[Case]:
    """Equations of floats, taken exactly: contractions, both sides of the edge, ill-posed ones."""
    random, found = Random(11), []  # noqa: S311
    kinds = ("contraction", "below one", "one", "above one", "free")
    for i in range(count):
        kind, m = kinds[i % len(kinds)], random.randint(1, 4)
        table = np.array([whole(random, m, 5) for _ in range(m)], dtype=np.float64)
        if kind == "contraction":
            norm = np.linalg.norm(table, 2) or 1.0
            table *= random.choice((0.3, 0.9, 0.99, 0.999)) / norm
        elif kind == "free":
            table /= random.choice((1.0, 4.0))
        else:
            # A signed permutation: the norm is exactly its scale.
            places = random.sample(range(m), m)
            scale = {"one": 1.0, "below one": 1 - 10.0 ** -random.randint(3, 15)}
            above = 1 + 10.0 ** -random.randint(3, 15)
            table[:] = 0.0
            for r, c in enumerate(places):
                table[r, c] = random.choice((-1, 1)) * scale.get(kind, above)
        b = [F(z, random.choice((1, 4))) for z in whole(random, m, 4)]
        found.append(Case(kind, [[F(z) for z in row] for row in table.tolist()], b))
    return found


def test_a_thousand_equations_end_with_the_right_answer_or_a_clear_error() -> None:
    outcomes = Counter[str]()
    for kind, W, b in cases(1000):
        exact = all_equilibria(W, b)
        found = equilibrium(floats(W), floats([b]))
        try:
            enclosed = solved(found)
        except IllPosedError as error:
            outcomes[kind + ": error"] += 1
            clear = error.rho == float(found.rho) and "rho" in str(error)
            outcomes["unclear"] += not (clear and (error.rho < 1) == ("residual" in str(error)))
            continue
        outcomes[kind + ": solved"] += 1
        assert exact.count == 1
        (z,) = exact.points
        assert all(
            F(low) <= x <= F(high)
            for low, x, high in zip(
                enclosed.lower[0].tolist(), z, enclosed.upper[0].tolist(), strict=True
            )
        )
    assert outcomes["contraction: solved"] == 200
    assert outcomes["unclear"] == 0
    assert outcomes["one: solved"] == outcomes["above one: solved"] == 0
    assert outcomes["below one: solved"] > 80
    assert outcomes["free: error"] > 100


def test_certain_patterns_are_those_of_the_exact_solution() -> None:
    certain = 0
    for kind, W, b in cases(600):
        if kind not in ("contraction", "below one"):
            continue
        matrix, offset = floats(W), floats([b])
        found = equilibrium(matrix, offset)
        if not bool(pattern_certain(matrix, offset, found)):
            continue
        certain += 1
        z = exact_equilibrium(W, b, found.pattern[0].tolist())
        assert z is not None
        assert (z,) == all_equilibria(W, b).points
    assert certain > 120


def test_pivoting_and_monotone_bounds_enclose_the_exact_solution() -> None:
    random, wide = Random(13), 0  # noqa: S311
    for _ in range(200):
        m = random.randint(1, 4)
        A = np.array([whole(random, m, 3) for _ in range(m)], dtype=np.float64)
        T = np.array([whole(random, m, 3) for _ in range(m)], dtype=np.float64)
        weights = np.array([random.choice((0.5, 1.0, 2.0, 4.0)) for _ in range(m)])
        table = np.eye(m) - (A.T @ A + T - T.T + np.eye(m) / 8) / weights[:, None]
        W = [[F(z) for z in row] for row in table.tolist()]
        b = [F(z) for z in whole(random, m, 5)]
        matrix, offset, diagonal = floats(W), floats([b]), torch.from_numpy(weights)
        found = equilibrium(matrix, offset)
        wide += float(found.rho) >= 1
        assert monotonicity(matrix, diagonal).low > 0
        (z,) = all_equilibria(W, b).points
        enclosed = monotone_solved(matrix, offset, found.z, diagonal)
        assert float(enclosed.width.max()) < 1e-9
        assert all(
            F(low) <= x <= F(high)
            for low, x, high in zip(
                enclosed.lower[0].tolist(), z, enclosed.upper[0].tolist(), strict=True
            )
        )
        # Far from the solution as well, where the bound is not small.
        far = torch.full_like(offset, 3.0)
        q = (far @ matrix.mT + offset).clamp_min(0)
        gap = torch.linalg.vector_norm(q - floats([list(z)]), dim=-1)
        assert float(gap) <= float(monotone_error(matrix, offset, far, diagonal)) * (1 + 1e-12)
    assert wide > 120


def test_what_is_not_monotone_has_no_bound() -> None:
    W, b, one = floats([[F(2)]]), floats([[F(-1)]]), torch.ones(1).double()
    assert float(monotone_error(W, b, b, one)) == math.inf
    with pytest.raises(IllPosedError, match="not strongly monotone"):
        monotone_solved(W, b, b, one)
    with pytest.raises(IllPosedError, match="is left"):
        monotone_solved(-W, b, b + 5, one)
    with pytest.raises(ValueError, match="> 0"):
        monotonicity(W, -one)
    with pytest.raises(ValueError, match=r"W has shape \(1, 1\), weights \(2,\); give"):
        monotonicity(W, torch.ones(2).double())
    with pytest.raises(ValueError, match=r"b has shape \(1, 1\), z \(2, 1\); give both"):
        monotone_error(W, b, torch.ones(2, 1).double(), one)


def test_errors_name_what_failed_and_by_how_much() -> None:
    W, b = floats([[F(1034, 1000)]]), floats([[F(1)]])
    with pytest.raises(IllPosedError, match=r"rho = L \|\|W\|\|_2 = 1\.034 >= 1") as caught:
        solved(equilibrium(W, b))
    assert caught.value.rho == pytest.approx(1.034)
    steep = equilibrium(floats([[F(1, 2) + F(1, 50)]]), b, "sin(2z)")
    with pytest.raises(IllPosedError, match=r"rho = L \|\|W\|\|_2 = 1\.04"):
        solved(steep)
    nearly = equilibrium(floats([[1 - F(1, 2**50)]]), b)
    with pytest.raises(IllPosedError, match="residual"):
        solved(nearly)
    assert issubclass(IllPosedError, ValueError)


def test_bounds_are_infinite_where_nothing_is_certain() -> None:
    known = [[0.0, 1e-9], [1.0, math.inf], [0.0, math.nan]]
    residual = torch.tensor(known, dtype=torch.float64)
    rho = torch.tensor([0.5, 1.0, 0.9], dtype=torch.float64)
    error = equilibrium_error(residual, rho)
    assert error[0].tolist() == pytest.approx([0, 2e-9])
    assert error[0, 1] >= 2e-9
    assert error[1:].flatten().tolist()[0] == math.inf
    assert error[1, 1] == math.inf
    assert error[2].tolist() == [0, math.inf]
    with pytest.raises(ValueError, match="negative or NaN"):
        equilibrium_error(residual[:1], torch.tensor([math.nan]).double())
    with pytest.raises(ValueError, match="negative or NaN"):
        equilibrium_error(-residual[:1, 1:], rho[:1])


def test_singular_values_are_enclosed() -> None:
    random = Random(1)  # noqa: S311
    for shape in ((1, 1), (1, 4), (5, 1), (3, 3), (2, 6)):
        rows = [whole(random, shape[1], 9) for _ in range(shape[0])]
        A = torch.tensor(rows).double()
        exact = np.linalg.svd(
            np.array(rows, dtype=np.longdouble).astype(np.float64), compute_uv=False
        )
        norm, least = operator_norm(A), sigma_min(A)
        assert norm.low <= exact.max() <= norm.high
        assert least.low <= exact.min() <= least.high
        assert norm.high - norm.low <= 1e-12 * norm.high
        moved = operator_norm(A, entries=1e-3)
        assert moved.high - norm.high == pytest.approx(1e-3 * math.sqrt(A.numel()), rel=1e-6)
    assert operator_norm(torch.zeros(2, 3).double()).low == 0
    for bad in (torch.zeros(2).double(), torch.full((2, 2), math.nan).double()):
        with pytest.raises(ValueError, match="finite"):
            operator_norm(bad)
    with pytest.raises(ValueError, match="entries"):
        sigma_min(torch.eye(2).double(), entries=-1.0)


def test_bounds_hold_where_squares_vanish_or_overflow() -> None:
    random, kept = Random(5), 0  # noqa: S311
    for _ in range(300):
        m, size = random.randint(1, 3), 10.0 ** random.choice((-307, -250, -170, -155, 160, 280))
        W = floats([[F(z) for z in whole(random, m, 9)] for _ in range(m)])
        norm = float(torch.linalg.matrix_norm(W, ord=2))
        W = W * (random.choice((0.5, 0.999, 1 - 1e-12)) / (norm or 1.0))
        b = size * floats([[F(z) for z in whole(random, m, 9)]])
        found = equilibrium(W, b)
        error = float(equilibrium_error(found.residual, found.rho)[0])
        (exact,) = all_equilibria(rational(W), rational(b)[0]).points
        gap = sum((z - F(q)) ** 2 for z, q in zip(exact, found.z[0].tolist(), strict=True))
        if math.isfinite(error):
            kept += 1
            assert F(error) ** 2 >= gap
        for length in (operator_norm(b), sigma_min(b)):
            squared = sum(z**2 for z in rational(b)[0])
            assert F(length.low) ** 2 <= squared
            assert length.high == math.inf or F(length.high) ** 2 >= squared
    assert kept > 150


def test_monotone_bounds_hold_where_products_vanish() -> None:
    W = 1e-200 * floats([[F(-3), F(8)], [F(3), F(3)]])
    b = floats([[F(2), F(3)]]) * 1e-222
    weights = torch.full((2,), 1e150, dtype=torch.float64)
    error = float(monotone_error(W, b, torch.zeros(1, 2, dtype=torch.float64), weights)[0])
    (exact,) = all_equilibria(rational(W), rational(b)[0]).points
    gap = sum((z - q) ** 2 for z, q in zip(exact, rational(b)[0], strict=True))
    assert 0 < gap <= F(error) ** 2


def rational(rows: Tensor) -> Rows:
    return [[F(z) for z in row] for row in rows.tolist()]
