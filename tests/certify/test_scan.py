import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import largest_certain
from verdicts import Approx, Margin, at_least, at_most, every, exactly

Premise = Callable[[float], Margin]
Spans = list[tuple[float, float]]

GRID_RATIO = 10 ** (3 / 23)  # 24 geometric steps over three decades

quick = settings(max_examples=80, deadline=None, database=None, derandomize=True)
heights = st.floats(1e-6, 1e6)


def below(edge: float) -> Premise:
    return lambda parameter: at_most(exactly(parameter), exactly(edge))


def within(*spans: tuple[float, float], error: float = 0.0) -> Premise:
    """Met inside the union of the intervals, by the distance to the nearest end."""

    def premise(parameter: float) -> Margin:
        slack = max(min(parameter - low, high - parameter) for low, high in spans)
        return at_least(Approx.around(slack, error), exactly(0.0))

    return premise


def certain(premise: Premise, parameter: float) -> bool:
    return bool((premise(parameter).slack.lower > 0).all())


@quick
@given(heights, st.floats(0.0011, 0.999))
def test_the_edge_of_a_monotone_premise_is_found(high: float, fraction: float) -> None:
    edge = fraction * high
    found = largest_certain(below(edge), high=high)
    assert (1 - 1e-5) * edge <= found < edge


@quick
@given(heights, st.floats(1.001, 1e6))
def test_a_premise_met_at_the_top_gives_the_top(high: float, fraction: float) -> None:
    assert largest_certain(below(fraction * high), high=high) == high


@quick
@given(heights, st.floats(0.0011, 0.7))
def test_a_premise_met_only_between_two_edges_is_found(high: float, low: float) -> None:
    start, end = low * high, 1.001 * GRID_RATIO * low * high
    found = largest_certain(within((start, end)), high=high)
    assert start < found < end
    assert end - found <= 1e-5 * end


def test_of_several_intervals_the_uppermost_is_taken() -> None:
    found = largest_certain(within((0.01, 0.1), (0.2, 0.3), (0.5, 0.8)), high=1.0)
    assert 0.8 * (1 - 1e-5) <= found < 0.8


spans = st.lists(
    st.tuples(st.floats(1e-4, 1.2), st.floats(0.0, 0.5)).map(lambda s: (s[0], s[0] + s[1])),
    min_size=1,
    max_size=4,
)


@quick
@given(spans, st.sampled_from([0.0, 1e-9, 1e-3, 0.1]), st.floats(0.1, 10))
def test_what_is_found_is_certainly_met(spans: Spans, error: float, high: float) -> None:
    premise = within(*spans, error=error)
    found = largest_certain(premise, high=high)
    assert 0.0 <= found <= high
    assert found == 0.0 or certain(premise, found)


@pytest.mark.parametrize("high", [1e-6, 1.0, 1e6])
def test_a_premise_that_is_never_met_gives_zero(high: float) -> None:
    assert largest_certain(below(-1.0), high=high) == 0.0
    assert largest_certain(lambda _: at_least(exactly(0.0), exactly(0.0)), high=high) == 0.0


def test_a_premise_in_doubt_is_not_met() -> None:
    def doubtful(_: float) -> Margin:
        return at_least(Approx(-1e-12, 1.0), exactly(0.0))

    assert largest_certain(doubtful, high=1.0) == 0.0


def test_the_error_of_the_premise_is_kept_away_from() -> None:
    found = largest_certain(within((-1.0, 0.7), error=0.2), high=1.0)
    assert 0.5 * (1 - 1e-5) <= found < 0.5


def test_every_inequality_and_every_row_must_be_met() -> None:
    def two(parameter: float) -> Margin:
        return every(one=below(0.6)(parameter), other=below(0.3)(parameter))

    def rows(parameter: float) -> Margin:
        return at_most(exactly(parameter), exactly(np.array([0.6, 0.3, 0.9])))

    for premise in (two, rows):
        assert 0.3 * (1 - 1e-5) <= largest_certain(premise, high=1.0) < 0.3


@pytest.mark.parametrize("high", [0.0, -0.0, -3.0, -math.inf, math.nan])
def test_no_parameter_is_tried_where_none_is_left(high: float) -> None:
    def never(parameter: float) -> Margin:
        raise AssertionError(parameter)

    assert largest_certain(never, high=high) == 0.0


def test_the_premise_is_asked_few_times_and_never_outside() -> None:
    asked: list[float] = []

    def premise(parameter: float) -> Margin:
        asked.append(parameter)
        return below(0.0011)(parameter)

    assert largest_certain(premise, high=1.0) > 0.0
    assert len(asked) <= 44
    assert all(0.0 < parameter <= 1.0 for parameter in asked)
