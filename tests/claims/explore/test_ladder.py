import itertools

import pytest

from claims.explore.ladder import Ladder


def test_rungs_square_their_distance_from_the_true_value() -> None:
    down = Ladder(8.0, "down", whole=False, digits=2, limit=1e6)
    assert list(down.rungs()) == [4.0, 2.0, 0.5, 0.0312, 0.000122, 8e-6]
    up = Ladder(0.75, "up", whole=False, digits=2, limit=100)
    assert list(up.rungs()) == [1.5, 3.0, 12.0, 75.0]


def test_negative_values_keep_their_sign_and_their_sides() -> None:
    ladder = Ladder(-5.0, "down", whole=False, digits=2, limit=20)
    assert list(ladder.rungs()) == [-10.0, -20.0, -80.0, -100.0]
    up = Ladder(-5.0, "up", whole=False, digits=2, limit=20)
    assert list(up.rungs()) == [-2.5, -1.25, -0.312, -0.25]
    assert ladder.farther(-10.0, -5.0)
    assert up.farther(-2.5, -5.0)


def test_whole_values_stay_whole_and_end_at_zero() -> None:
    ladder = Ladder(5.0, "down", whole=True, digits=2, limit=1e6)
    assert list(ladder.rungs()) == [2.0, 1.0, 0.0]
    assert ladder.typed(2.0) == 2
    assert isinstance(ladder.typed(2.0), int)
    assert ladder.between(2.0, 5.0) == 3.0
    assert ladder.between(2.0, 3.0) is None
    assert ladder.beyond(2.0) == [1.0, 0.0]
    assert ladder.inside(3.0) == [4.0, 4.0, 4.0]
    assert Ladder(5.0, "down", whole=True, digits=2, limit=9).inside(4.0) == []


def test_beside_zero_there_is_an_absolute_scale() -> None:
    ladder = Ladder(0.0, "up", whole=False, digits=2, limit=1e6)
    rungs = list(ladder.rungs())
    assert (rungs[0], rungs[-1]) == (1e-6, 1e6)
    assert all(a < b for a, b in itertools.pairwise(rungs))
    assert list(Ladder(0.0, "down", whole=True, digits=1, limit=8).rungs()) == [-1, -2, -4, -8]
    assert ladder.between(1e-6, 0.0) is None
    assert ladder.between(1.0, 0.0) == 0.5


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_a_bracket_is_narrowed_to_the_digits_with_numbers_that_print(digits: int) -> None:
    ladder = Ladder(8.0, "down", whole=False, digits=digits, limit=1e6)
    low, high = 1.0, 8.0
    while (middle := ladder.between(low, high)) is not None:
        assert low < middle < high
        assert float(f"{middle:.{digits + 1}g}") == middle
        low, high = (middle, high) if middle < 3.7 else (low, middle)
    assert low < 3.7 <= high
    assert high - low <= 0.5 * 10 ** (1 - digits) * high


def test_test_points_lie_beyond_and_inside() -> None:
    ladder = Ladder(8.0, "down", whole=False, digits=2, limit=1e6)
    assert ladder.beyond(1.0) == [0.707, 0.5, 0.25]
    assert ladder.inside(0.5) == [1.0, 2.0, 4.0]
    zero = Ladder(0.0, "up", whole=False, digits=2, limit=1e6)
    assert zero.inside(1.0) == [0.75, 0.5, 0.25]
    assert zero.beyond(0.0) == []
