import itertools
from collections.abc import Sequence
from fractions import Fraction

import pytest
import torch
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import datasets as shipped
from torch import Tensor

from models import (
    Dataset,
    H_inf,
    hyperplanes_shared,
    hyperplanes_uncovered,
    limit_kernel_nullity,
    parallel_pairs,
)
from strategies.sources import SETS

Row = Sequence[Fraction | int]

quick = settings(max_examples=80, deadline=None, database=None, derandomize=True)


@st.composite
def dependent_rows(draw: st.DrawFn, scales: st.SearchStrategy[Fraction]) -> list[list[Fraction]]:
    """Small integer rows, then multiples of some of them: duplicates, opposites, other norms."""
    d = draw(st.integers(1, 3))
    row = st.lists(st.integers(-3, 3), min_size=d, max_size=d).filter(any)
    rows = [[Fraction(z) for z in one] for one in draw(st.lists(row, min_size=1, max_size=4))]
    for index, scale in draw(st.lists(st.tuples(st.integers(0, 3), scales), max_size=3)):
        rows.append([scale * z for z in rows[index % len(rows)]])
    return rows


multiples = st.sampled_from([Fraction(1), Fraction(-1), Fraction(2), Fraction(-3)])
any_multiples = st.builds(
    lambda sign, ratio, power: sign * ratio * Fraction(10) ** power,
    st.sampled_from([1, -1]),
    st.fractions("1/99", 99, max_denominator=99),
    st.integers(-6, 6),
)


def data_of(rows: Sequence[Row], *, normalised: bool = True) -> Dataset:
    return Dataset.of(rows=rows, labels=[0] * len(rows), normalised=normalised)


def computed_rank(kernel: Tensor) -> int:
    """Rank of a computed kernel, scaled to a unit diagonal, where it leaves no doubt."""
    root = kernel.diagonal().sqrt()
    eigenvalues = torch.linalg.eigvalsh(kernel / torch.outer(root, root))
    assert not ((eigenvalues > 1e-13) & (eigenvalues < 1e-8)).any()
    return int((eigenvalues > 1e-8).sum())


def exact_rank(rows: Sequence[Row]) -> int:
    exact = [[fmpq(*Fraction(z).as_integer_ratio()) for z in row] for row in rows]
    return int(fmpq_mat(exact).rank())


def parallel(first: Row, second: Row) -> bool:
    """Whether all 2 x 2 minors vanish."""
    entries = zip(first, second, strict=True)
    return all(p * t == q * s for (p, s), (q, t) in itertools.combinations(entries, 2))


def pairs_by_minors(rows: Sequence[Row]) -> list[tuple[int, int]]:
    numbered = itertools.combinations(range(len(rows)), 2)
    return [(i, j) for i, j in numbered if parallel(rows[i], rows[j])]


@quick
@given(dependent_rows(multiples))
def test_the_nullity_is_that_of_the_computed_kernel(rows: list[Row]) -> None:
    data = data_of(rows)
    assert data.n - limit_kernel_nullity(data) == computed_rank(H_inf(data.x))


@quick
@given(dependent_rows(any_multiples))
def test_rows_of_any_norms_have_the_nullity_of_their_kernel(rows: list[Row]) -> None:
    data = data_of(rows, normalised=False)
    assert data.n - limit_kernel_nullity(data) == computed_rank(H_inf(data.x))
    assert limit_kernel_nullity(data) == limit_kernel_nullity(data_of(rows))


@quick
@given(dependent_rows(any_multiples))
def test_without_the_indicator_it_is_the_nullity_of_the_rows(rows: list[Row]) -> None:
    nullity = limit_kernel_nullity(data_of(rows), indicator=False)
    assert nullity == len(rows) - exact_rank(rows)


@quick
@given(dependent_rows(any_multiples), st.booleans())
def test_parallel_pairs_are_those_whose_minors_vanish(rows: list[Row], normalised: bool) -> None:
    data, pairs = data_of(rows, normalised=normalised), pairs_by_minors(rows)
    assert parallel_pairs(data) == len(pairs)
    assert hyperplanes_shared(data) == len({index for pair in pairs for index in pair})


@quick
@given(dependent_rows(any_multiples), st.booleans())
def test_a_hyperplane_is_uncovered_unless_it_is_shared(rows: list[Row], normalised: bool) -> None:
    # The others meet it in finitely many proper subspaces, which do not cover it.
    alone = len(rows) - len({index for pair in pairs_by_minors(rows) for index in pair})
    data = data_of(rows, normalised=normalised)
    assert hyperplanes_uncovered(data) == alone == data.n - hyperplanes_shared(data)


@pytest.mark.parametrize("d", [16, 64, 300])
def test_a_shared_hyperplane_is_covered_in_many_dimensions(d: int) -> None:
    # A multiple of a row is rounded another way: the two float hyperplanes differ.
    z = [(7 * k) % 19 - 9 for k in range(d)]
    rows: list[Row] = [z, [Fraction(17, 31) * p for p in z], [Fraction(-3, 7) * p for p in z]]
    assert hyperplanes_uncovered(data_of(rows, normalised=False)) == 0


@pytest.mark.parametrize(("pairs", "d"), [(1, 2), (2, 2), (3, 2), (4, 2), (3, 3), (5, 3)])
def test_antipodal_pairs_leave_one_dependency_per_pair_beyond_d(pairs: int, d: int) -> None:
    # phi_x - phi_(-x) = x is constant, and d of the constants are independent.
    rows = [[sign * k**power for power in range(d)] for k in range(pairs) for sign in (1, -1)]
    data = data_of(rows)
    assert limit_kernel_nullity(data) == max(pairs - d, 0)
    assert data.n - limit_kernel_nullity(data) == computed_rank(H_inf(data.x))
    assert parallel_pairs(data) == pairs
    assert hyperplanes_shared(data) == 2 * pairs
    assert hyperplanes_uncovered(data) == 0


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_copies_leave_rank_one(copies: int) -> None:
    data = data_of([[k, 2 * k, -k] for k in range(1, copies + 1)])
    assert limit_kernel_nullity(data) == copies - 1
    assert limit_kernel_nullity(data, indicator=False) == copies - 1
    assert parallel_pairs(data) == copies * (copies - 1) // 2


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("normalised", [True, False])
def test_nearly_parallel_rows_are_independent(sign: int, normalised: bool) -> None:
    data = data_of([[sign, 0], [1, Fraction(1, 10**8)]], normalised=normalised)
    assert limit_kernel_nullity(data) == parallel_pairs(data) == hyperplanes_shared(data) == 0
    assert hyperplanes_uncovered(data) == 2


def test_rows_that_no_float_tells_apart_leave_the_count_open() -> None:
    data = data_of([[1, 0], [1, Fraction(1, 10**30)]])
    assert limit_kernel_nullity(data) == hyperplanes_shared(data) == 0
    assert hyperplanes_uncovered(data) == 0


def test_on_a_line_all_hyperplanes_are_the_origin() -> None:
    assert hyperplanes_uncovered(data_of([[5]])) == 1
    assert hyperplanes_uncovered(data_of([[5], [-1]])) == 0
    assert limit_kernel_nullity(data_of([[5], [-1]])) == 0
    assert limit_kernel_nullity(data_of([[5], [-1]]), indicator=False) == 1


def test_an_arrangement_knows_neither_order_nor_labels() -> None:
    rows = [[1, 2], [-1, -2], [3, 0], [0, 1], [0, -5]]
    for order in itertools.permutations(rows):
        data = data_of(order)
        assert limit_kernel_nullity(data) == 0
        assert (parallel_pairs(data), hyperplanes_shared(data)) == (2, 4)
        assert hyperplanes_uncovered(data) == 1


def real(name: str, indices: Sequence[int], scaling: str) -> Dataset:
    recipe = {"source": name, "indices": list(indices), "scaling": scaling, "labels": "own"}
    return Dataset.from_recipe(recipe)


def decimals(name: str, indices: Sequence[int]) -> list[list[Fraction]]:
    table = getattr(shipped, f"load_{name}")().data[list(indices)].tolist()
    return [[Fraction(repr(z)) for z in row] for row in table]


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("scaling", ["standardised", "raw-sphere", "raw"])
def test_real_rows_have_the_nullity_of_their_kernel(name: str, scaling: str) -> None:
    data = real(name, [0, 30, 60, 90, 120], scaling)
    assert limit_kernel_nullity(data) == parallel_pairs(data) == 0
    assert computed_rank(H_inf(data.x)) == hyperplanes_uncovered(data) == 5


@pytest.mark.parametrize("scaling", ["raw-sphere", "raw"])
def test_real_rows_are_parallel_where_their_decimals_are(scaling: str) -> None:
    indices = range(90, 150)
    pairs = pairs_by_minors(decimals("iris", indices))
    assert (101 - 90, 142 - 90) in pairs
    assert parallel_pairs(real("iris", indices, scaling)) == len(pairs)


def test_a_flower_that_was_measured_twice_is_one_direction() -> None:
    data = real("iris", [0, 101, 142, 20], "standardised")
    assert (parallel_pairs(data), hyperplanes_shared(data)) == (1, 2)
    assert limit_kernel_nullity(data) == 1
    assert computed_rank(H_inf(data.x)) == 3
    assert hyperplanes_uncovered(data) == 2
