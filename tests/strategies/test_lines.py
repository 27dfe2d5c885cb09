from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models import Dataset, H_inf
from strategies.directions import half_circle, reflected
from strategies.lines import all_distinct, dot, has_exact_half, line, made_distinct, negated, ray

ROWS = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=9)


def test_a_ray_is_primitive_and_forgets_positive_factors() -> None:
    assert ray((4, -6)) == (2, -3)
    assert ray((Fraction(1, 3), Fraction(-1, 2))) == (2, -3)
    assert line((-4, 6)) == (2, -3)
    with pytest.raises(ValueError, match="zero"):
        ray((0, 0))


@given(ROWS.filter(lambda rows: all(map(any, rows))))
def test_parallel_rows_are_told_by_their_cross_products(rows: list[tuple[int, int]]) -> None:
    def parallel(p: tuple[int, int], q: tuple[int, int]) -> bool:
        return p[0] * q[1] == p[1] * q[0]

    pairs = [(p, q) for i, p in enumerate(rows) for q in rows[:i]]
    assert all_distinct(rows, antiparallel=False) == (not any(parallel(p, q) for p, q in pairs))
    same = [parallel(p, q) and dot(p, q) > 0 for p, q in pairs]
    assert all_distinct(rows, antiparallel=True) == (not any(same))


@given(ROWS, st.booleans())
def test_mended_rows_are_distinct_and_good_rows_are_kept(
    rows: list[tuple[int, ...]], antiparallel: bool
) -> None:
    mended = made_distinct(rows, antiparallel=antiparallel)
    assert len(mended) == len(rows)
    assert all_distinct(mended, antiparallel=antiparallel)
    if any(rows[0]):
        assert mended[0] == rows[0]
    assert made_distinct(mended, antiparallel=antiparallel) == mended


def test_zero_rows_become_axes() -> None:
    assert made_distinct([(0, 0), (0, 0)], antiparallel=True) == [(1, 0), (0, 1)]


@given(st.tuples(*[st.integers(-3, 3)] * 3).filter(any), ROWS)
def test_a_reflection_keeps_inner_products_up_to_its_scale(
    v: tuple[int, ...], rows: list[tuple[int, int]]
) -> None:
    points = [(*row, 1) for row in rows]
    images = [reflected(z, v) for z in points]
    for p, f in zip(points, images, strict=True):
        for q, g in zip(points, images, strict=True):
            assert dot(f, g) == dot(v, v) ** 2 * dot(p, q)


def test_the_exact_half_is_that_of_the_kernel() -> None:
    rows = [(1, 2), (-2, 1), (-1, -2), (2, -1)]
    assert has_exact_half(rows)
    assert not has_exact_half([(1, 2), (-2, 1), (1, 2)])
    kernel = H_inf(Dataset.of(rows=rows, labels=[0] * 4).x)
    assert torch.allclose(kernel, torch.eye(4, dtype=torch.float64) / 2, atol=1e-15)


@pytest.mark.parametrize(
    ("n", "expected"), [(2, 0.5), (3, 0.2190), (4, 0.0929), (6, 0.0487), (8, 0.0340)]
)
def test_the_half_circle_has_the_known_lambda_0(n: int, expected: float) -> None:
    x = Dataset.of(rows=half_circle(n), labels=[0] * n).x
    assert torch.linalg.eigvalsh(H_inf(x))[0].item() == pytest.approx(expected, rel=0.06)


def test_negation_is_exact() -> None:
    assert negated((1, -2, 0)) == (-1, 2, 0)
