from fractions import Fraction

import numpy as np
import pytest
from flint import arb, arb_mat, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import ball_elimination
from certify.ball_elimination import is_definite, least_eigenvalue, shifted
from certify.balls import above, ball_of, below, enclosure, exact_ball
from tests.certify.exact_spectra import Rows, integer_matrices, known_spectra, least_at_least
from verdicts import Approx

quick = settings(max_examples=80, deadline=None, database=None, derandomize=True)


def balls(rows: Rows) -> arb_mat:
    return arb_mat([[exact_ball(entry) for entry in row] for row in rows])


@quick
@given(integer_matrices())
def test_definiteness_is_decided_as_in_exact_arithmetic(rows: Rows) -> None:
    with ctx.workprec(128):
        decided = is_definite(balls(rows))
    tiny = Fraction(1, 10**50)
    if decided is True:
        assert least_at_least(rows, tiny)
    if decided is False:
        assert not least_at_least(rows, Fraction(0))
    if least_at_least(rows, tiny):
        assert decided is True


@pytest.mark.parametrize(
    ("rows", "decided"),
    [
        ([[1, 0], [0, -1]], False),
        ([[-1, 5], [5, 100]], False),
        ([[0, 1], [1, 0]], None),
        ([[1, 1], [1, 1]], None),
        ([[2, 1, 0], [1, 2, 1], [0, 1, 2]], True),
    ],
)
def test_small_matrices_are_decided_or_left_open(
    rows: list[list[int]], decided: bool | None
) -> None:
    assert is_definite(arb_mat(rows)) is decided


def test_wide_balls_are_undecided() -> None:
    assert is_definite(arb_mat([[arb(1, 2), arb(0)], [arb(0), arb(1)]])) is None
    assert is_definite(arb_mat([[arb(1), arb(0, 2)], [arb(0, 2), arb(1)]])) is None


@quick
@given(known_spectra())
def test_the_least_eigenvalue_is_enclosed_whatever_the_vector(
    known: tuple[list[Fraction], Rows],
) -> None:
    eigenvalues, rows = known
    with ctx.workprec(128):
        found = least_eigenvalue(balls(rows), np.ones(len(rows)), -1e9)
    assert found.low <= min(eigenvalues) <= found.high


def test_more_bits_resolve_an_eigenvalue_that_floats_cannot_see() -> None:
    # [[1, 1], [1, 1 + t]] has lambda_min = t/2 - t^2/8 + O(t^3).
    tiny = Fraction(1, 10**40)
    rows = [[Fraction(1), Fraction(1)], [Fraction(1), 1 + tiny]]
    with ctx.workprec(256):
        found = least_eigenvalue(balls(rows), np.array([1.0, -1.0]), -1.0)
    assert abs(found.low / 0.5e-40 - 1) < 1e-12
    assert abs(found.high / 0.5e-40 - 1) < 1e-12


def test_the_floor_stands_where_no_elimination_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ball_elimination, "is_definite", lambda _: None)
    found = least_eigenvalue(arb_mat([[2, 1], [1, 2]]), np.array([1.0, -1.0]), -7.0)
    assert found.low == -7.0
    assert 1.0 <= found.high < 1.0 + 1e-14


def test_a_rough_vector_is_bettered() -> None:
    with ctx.workprec(128):
        found = least_eigenvalue(arb_mat([[2, 1], [1, 2]]), np.array([1.0, -0.9]), -7.0)
    assert found.low <= 1.0 <= found.high
    assert found.width < 1e-15


def test_shifting_touches_the_diagonal_alone() -> None:
    assert shifted(arb_mat([[1, 2], [3, 4]]), arb(1)).entries() == [0, 2, 3, 3]


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-1200, 1200))
def test_floats_around_a_ball_contain_it(value: float, exponent: int) -> None:
    ball = arb(value) * arb(2) ** exponent * arb(1, 1e-3)
    assert arb(below(ball)) <= ball.lower()
    assert ball.upper() <= arb(above(ball))


def test_exact_floats_have_no_width_and_endless_balls_endless_width() -> None:
    assert enclosure(arb(0.1)).width == 0.0
    assert enclosure(arb("0.1")).width > 0.0
    endless = enclosure(arb(0, 1) / arb(0, 1))
    assert (endless.low, endless.high) == (-np.inf, np.inf)
    assert ball_of(Approx(1.0, 2.0)).contains(arb("1.5"))
    assert ball_of(Fraction(1, 3)).overlaps(arb(1) / 3)
