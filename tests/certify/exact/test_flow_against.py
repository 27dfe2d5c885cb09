"""The exact flow against other ways to compute it, and against itself at more bits."""

from itertools import chain

import pytest
import torch
from flint import arb

from certify.exact.balls import Hopeless, Undecided
from dynamics import gradient_flow
from models import Start
from tests.certify.exact.flows import (
    Recipe,
    after,
    apart,
    decided,
    drawn,
    near,
    recipe,
    smoothed,
    total,
)

# Each meets what its name says, found by search; residuals large enough to drive neurons about.
KINKS = {
    "two holds end at once": recipe(
        [[-1, -4], [2, -2], [1, -3]],
        [["-1/3", -1], [0, -2], [1, "-2/3"], [2, -1]],
        [1, -1, -1, -1],
        [5, -11, "-4/3"],
    ),
    "three holds end at once": recipe(
        [[-1, 9], [8, 8], [8, 6], [-2, 8]],
        [[-9, 6], ["5/2", 2], ["2/3", 2], [1, "7/2"]],
        [1, -1, -1, -1],
        [23, "-14/3", -14, 7],
    ),
    "one of two holds ends": recipe(
        [[-4, -3, 2], [-1, -3, 3], [-1, -3, 0], [0, -4, 1]],
        [[1, -2, "1/3"]],
        [1],
        ["-10/3", 5, -3, "4/3"],
    ),
    "a second hyperplane ends the slide on the first": recipe(
        [[1, 2, 0], [-2, -2, 0], [2, 3, 4], [0, -3, -3]], [[-1, 3, 2]], [-1], [4, "7/2", "1/3", -10]
    ),
    "a sliding neuron is driven on by what it meets": recipe(
        [[7, -9, -1], [-6, 4, 2], [3, 8, 7], [-7, 9, 1]],
        [["-4/3", 2, "-7/2"]],
        [1],
        ["19/2", -20, 18, 18],
    ),
    "a sliding neuron passes another hyperplane": recipe(
        [[0, 1], [1, -1], [0, 1], [-1, 1]], [[0, "-1/3"], ["1/2", 0]], [-1, 1], [0, -2, "-3/2", 2]
    ),
    "a neuron slides into the origin and rests": recipe(
        [[-9, 4], [7, 1], [-8, 0]], [["1/2", 9]], [1], ["-17/2", -7, -5]
    ),
    "four hyperplanes at the origin": recipe(
        [[-2, 4], [-2, -3], [4, 0], [-3, -2]],
        [["4/3", "1/3"], ["-3/2", 1], ["-3/2", 2], ["1/2", "1/2"], [-4, 3]],
        [1, 1, -1, -1, -1],
        [-8, -2, "-1/2", -2],
    ),
}


@pytest.mark.parametrize("name", KINKS)
def test_slides_are_the_limit_of_smooth_activations(name: str) -> None:
    run = decided(KINKS[name], 5)
    assert run is not None
    assert run.slides > 0
    for width in (1e-3, 1e-4):
        e, drift = smoothed(KINKS[name], 5, width)
        assert all(near(*pair, 10 * width) for pair in zip(run.e, e.tolist(), strict=True))
        # Smooth activations never rest: they creep on by log(t/width) widths.
        assert near(run.drift, drift, 100 * width)


@pytest.mark.parametrize("seed", range(12))
def test_random_flows_are_the_limit_of_smooth_activations(seed: int) -> None:
    given, time = drawn(seed, zeros=seed % 2 == 0)
    run = decided(given, time)
    if run is None:
        pytest.skip("undecided")
    e, drift = smoothed(given, time, 1e-4)
    assert all(near(*pair, 3e-3) for pair in zip(run.e, e.tolist(), strict=True))
    assert near(run.drift, drift, 3e-3)
    assert total(run).contains(arb(time))


def test_flows_where_no_neuron_slides_are_those_of_the_house() -> None:
    compared = events = 0
    for seed in range(60):
        given, time = drawn(seed, zeros=False)
        start = Start.of(**given)
        house = gradient_flow(
            start.x, start.y, start.w, start.a, times=torch.tensor([0.0, time], dtype=torch.float64)
        )
        run = decided(given, time)
        if run is None or not bool(house.plain):
            continue
        loss = sum((e * e for e in run.e), arb(0))
        for ball, found in ((loss, house.squared_residual[-1]), (run.drift, house.movement[-1])):
            slack = 1e-12 * (1 + abs(float(ball)))
            assert found.low - slack <= float(ball.upper())
            assert float(ball.lower()) <= found.high + slack
        H = house.H_flow[-1].tolist()  # a neuron at rest is off, as its motion is
        if run.slides == 0:
            pairs = zip(chain.from_iterable(run.H), chain.from_iterable(H), strict=True)
            assert all(near(*pair, 1e-9) for pair in pairs)
        compared, events = compared + 1, events + len(run.pieces) - 1
    assert compared >= 20
    assert events >= 10


@pytest.mark.parametrize("seed", range(20, 50))
def test_more_bits_only_narrow_the_enclosures(seed: int) -> None:
    given, time = drawn(seed, zeros=seed % 3 == 0)
    if decided(given, time, most=128) is None:
        pytest.skip("undecided")
    few, many = after(given, time, bits=128), after(given, time, bits=320)
    for coarse, fine in zip([*few.e, few.drift], [*many.e, many.drift], strict=True):
        assert coarse.overlaps(fine)
        assert fine.rad() <= coarse.rad() * arb(2) ** -120
    assert (few.slides, few.flips) == (many.slides, many.flips)
    assert total(many).contains(arb(time))
    assert total(many).rad() < arb(2) ** -120


@pytest.mark.parametrize("seed", range(50, 70))
def test_what_the_network_knows_of_twins_changes_nothing(seed: int) -> None:
    given, time = drawn(seed, zeros=False)
    given = repeated(given)
    try:
        one, other = after(given, time), after(given, time, network=apart)
    except (Undecided, Hopeless):
        pytest.skip("undecided")
    for p, q in zip([*one.e, one.drift], [*other.e, other.drift], strict=True):
        assert p.overlaps(q)
    assert (one.slides, one.flips) == (other.slides, other.flips)


def repeated(given: Recipe) -> Recipe:
    """The same with its first neuron twice."""
    return given | {key: [given[key][0], *given[key]] for key in ("weights", "signs")}
