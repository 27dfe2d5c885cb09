from claims.explore.bench import numeric_constants
from claims.explore.quantity import scaling_constants, sizes_at
from tests.claims.explore import toys


def test_sizes_are_read_without_judging() -> None:
    assert sizes_at(toys.sized, {}, {"k": 3}) == {"m": 24, "steps": 9}
    assert sizes_at(toys.sized, {"width": 2.5}, {"k": 3}) == {"m": 7, "steps": 9}
    assert sizes_at(toys.premised, {}, {"k": 50}) == {}


def test_the_constant_that_doubles_a_size_is_the_one_that_scales_it() -> None:
    assert scaling_constants(toys.sized, "m", {"k": 3}) == ["width"]
    assert scaling_constants(toys.sized, "steps", {"k": 3}) == []  # it goes with the square
    assert scaling_constants(toys.sized, "n", {"k": 3}) == []


def test_only_numbers_are_calibrated() -> None:
    assert numeric_constants(toys.below) == {"factor": 2.0, "other": 0}
