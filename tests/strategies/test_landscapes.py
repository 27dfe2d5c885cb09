"""Drawn networks at critical points: the equations hold exactly, and draws are of every kind."""

from collections import Counter
from fractions import Fraction

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import LinearNet, SigmoidNet, feature_rank, least_linear_loss, linear_loss
from strategies import (
    biased_nets,
    coincident_minima,
    linear_critical_points,
    sigmoid_nets,
    trained_output_nets,
    unit_moves,
)
from tests.certify.exact.documents import quantity, value

few = settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@few
@given(
    coincident_minima()
    | coincident_minima(dummy=True)
    | coincident_minima(thresholds=True, max_extra=1)
    | coincident_minima(thresholds=True, dummy=True, max_extra=0)
)
def test_equal_units_are_flat_and_bend_downwards(net: SigmoidNet) -> None:
    found = {
        name: value("sigmoid_net", net.recipe, quantity(name))
        for name in ("phi", "slope", "curvature", "least_output", "sum_residual")
    }
    assert found["phi"] == found["slope"] == 0
    assert found["curvature"] > 0
    assert found["least_output"] > 0
    assert found["sum_residual"] == 0 or not net.dummy
    assert net.m + net.dummy == net.n


def test_with_any_bend_both_signs_are_drawn() -> None:
    seen: Counter[tuple[bool, bool]] = Counter()

    @few
    @given(coincident_minima(bend="any"))
    def draw(net: SigmoidNet) -> None:
        bend = value("sigmoid_net", net.recipe, quantity("curvature"))
        seen[bend > 0, bool((net.v > 0).all())] += 1

    draw()
    assert {down for down, _ in seen} == {positive for _, positive in seen} == {True, False}


@few
@given(trained_output_nets(), trained_output_nets(features="deficient"))
def test_output_weights_are_critical_exactly(full: SigmoidNet, less: SigmoidNet) -> None:
    for net in (full, less):
        assert value("sigmoid_net", net.recipe, quantity("squared_output_gradient")) == 0
    assert feature_rank(full) == full.n
    assert feature_rank(less) < less.n


@few
@given(biased_nets(), biased_nets(patterns="repeated"), sigmoid_nets(), unit_moves())
def test_biased_nets_have_thresholds_and_repeat_if_asked(
    net: SigmoidNet, repeated: SigmoidNet, free: SigmoidNet, moves: list[tuple[int, int]]
) -> None:
    assert len({tuple(row) for row in net.recipe["rows"]}) == net.n
    assert len({tuple(row) for row in repeated.recipe["rows"]}) < repeated.n
    assert len(set(net.recipe["thresholds"])) == net.n == net.m
    assert "thresholds" not in free.recipe
    assert all(abs(a) <= 9 and 0 <= b <= 9 for a, b in moves)


def test_linear_critical_points_are_global_and_not() -> None:
    seen: Counter[bool] = Counter()

    @few
    @given(linear_critical_points(), st.just(0))
    def draw(net: LinearNet, _: int) -> None:
        assert value("linear_net", net.recipe, quantity("squared_gradient")) == 0
        cross = net.y.mT @ net.x
        assert int(torch.linalg.matrix_rank(cross)) == net.y.shape[1] <= net.d
        above = linear_loss(net) - least_linear_loss(net, rank=net.p)
        seen[bool(above > 1e-9)] += 1

    draw()
    assert seen[True] >= 5
    assert seen[False] >= 1


@few
@given(linear_critical_points(min_depth=3, max_depth=3, middle="full"))
def test_a_full_middle_keeps_the_rank(net: LinearNet) -> None:
    assert value("linear_net", net.recipe, quantity("rank_middle")) == Fraction(net.p)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: coincident_minima(max_extra=-1), "extra"),
        (lambda: coincident_minima(bend="up"), "bend"),  # type: ignore[arg-type]
        (lambda: trained_output_nets(max_n=1), "max_n"),
        (lambda: trained_output_nets(features="some"), "features"),  # type: ignore[arg-type]
        (lambda: sigmoid_nets(max_m=0), "max_m"),
        (lambda: biased_nets(patterns="odd"), "patterns"),  # type: ignore[arg-type]
        (lambda: linear_critical_points(min_depth=1), "min_depth"),
        (lambda: linear_critical_points(middle="half"), "middle"),  # type: ignore[arg-type]
    ],
)
def test_bounds_that_make_no_sense_are_refused(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()  # type: ignore[operator]
