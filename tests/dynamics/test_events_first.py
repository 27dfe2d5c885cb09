"""The first layer's flow from event to event, against hand-solved cases and a Runge-Kutta code."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from certify import lambda_min
from dynamics import gradient_descent
from dynamics.flow import gradient_flow
from dynamics.flow_first import FirstLayer
from dynamics.problem import problem as prepared
from models import H, predictions
from tests.dynamics.problems import Drawn, drawn, integrated_flow

TIMES = torch.tensor([0.0, 0.5, 1.0, 2.0, 5.0, 12.0], dtype=torch.float64)


def start(x: object, y: object, w: object, a: object) -> Drawn:
    return Drawn(*(torch.tensor(v, dtype=torch.float64) for v in (x, y, w, a)))


def test_one_input_decays_with_the_fraction_of_active_neurons() -> None:
    given = start([[1.0]], [3.0], [[1.0], [2.0], [-1.0], [0.5]], [1.0, 1.0, 1.0, 1.0])
    flow = gradient_flow(*given.parts, times=TIMES)
    exact = (3 - 1.75) ** 2 * np.exp(-1.5 * TIMES.numpy())
    assert (flow.squared_residual.lower <= exact * (1 + 1e-15)).all()
    assert (flow.squared_residual.upper >= exact * (1 - 1e-15)).all()
    assert flow.log_ratio().upper[-1] == pytest.approx(-18.0, rel=1e-11)
    assert bool(flow.plain)


def test_the_witness_against_the_printed_radius_moves_by_two() -> None:
    given = start([[1.0]], [3.5], [[5.0], [-1.0], [-1.0], [-1.0]], [1.0] * 4)
    flow = gradient_flow(*given.parts, times=TIMES)
    exact = 2 * (1 - np.exp(-TIMES.numpy() / 4))
    assert (flow.movement.lower <= exact).all()
    assert (flow.movement.upper >= exact).all()
    assert flow.movement.width.max() < 1e-12
    assert flow.path.tolist() == [[[0.25]]]


def test_orthogonal_inputs_are_two_flows_of_one_input() -> None:
    w = [[1.0, 1.0], [1.0, -2.0], [-1.0, 3.0]]
    given = start([[1.0, 0.0], [0.0, 1.0]], [1.0, -1.0], w, [1, 1, -1])
    flow = gradient_flow(*given.parts, times=TIMES)
    e_0 = TIMES.new_tensor([1 - 2 / math.sqrt(3), -1 + 2 / math.sqrt(3)])
    exact = e_0 * torch.exp(-2 * TIMES / 3)[:, None]
    assert torch.allclose(flow.residual, exact, rtol=0, atol=1e-14)


def test_a_neuron_that_dies_rests_on_its_kink() -> None:
    flow = gradient_flow(*start([[1.0]], [-10.0], [[0.1]], [1.0]).parts, times=TIMES)
    assert flow.squared_residual.lower[-1] == pytest.approx(100, rel=1e-12)
    assert flow.movement.upper[-1] == pytest.approx(0.1, rel=1e-12)
    assert bool(flow.resting)
    assert not bool(flow.sliding)
    assert flow.H_path_literal is not None
    assert flow.path.flatten().tolist() == [1.0, 0.0]
    assert flow.H_path_literal.flatten().tolist() == [1.0, 1.0]


def test_the_sliding_example_slides() -> None:
    third, w = math.sqrt(3) / 2, [[0.05, 2.0]]
    given = start([[1.0, 0.0], [0.5, third]], [-10.0, 0.025 + 2 * third + 1], w, [1.0])
    times = torch.linspace(0, 6, 13, dtype=torch.float64)
    flow = gradient_flow(*given.parts, times=times)
    assert bool(flow.sliding)
    assert not bool(flow.plain)
    assert flow.residual[1:, 0].tolist() == pytest.approx([-10.0] * 12, abs=1e-12)
    decay = np.diff(np.log(flow.residual[1:, 1].numpy()))
    assert decay == pytest.approx([-0.375] * 11, rel=1e-9)
    assert flow.H is not None
    assert flow.H_literal is not None
    assert flow.H[-1].flatten().tolist() == pytest.approx([0, 0, 0, 0.75], abs=1e-12)
    assert flow.H_literal[-1].flatten().tolist() == pytest.approx([1, 0.5, 0.5, 1], abs=1e-12)
    assert flow.squared_residual.lower[-1] > 99


def test_agrees_with_runge_kutta_restarted_at_kinks() -> None:
    flips = compared = 0
    for number in range(100):
        given = drawn(number, n=1 + number % 3, m=3 + number % 4)
        flow = gradient_flow(*given.parts, times=TIMES)
        if not bool(flow.plain):
            continue
        e = integrated_flow(given, TIMES.numpy())
        assert flow.residual.numpy() == pytest.approx(e, abs=2e-8)
        compared, flips = compared + 1, flips + int(flow.flips[-1])
    assert compared >= 30
    assert flips >= 10


@pytest.mark.parametrize("number", range(6))
def test_small_steps_of_descent_tend_to_the_flow_also_when_it_slides(number: int) -> None:
    given = drawn(number, n=3, m=6, d=2)
    times = torch.tensor([1.0, 4.0], dtype=torch.float64)
    flow = gradient_flow(*given.parts, times=times)
    run = gradient_descent(*given.parts, eta=2e-3, steps=2000, keep_H=False, keep_patterns=False)
    off = (run.residual[[500, 2000]] - flow.residual).abs().max().item()
    assert bool(flow.branching) or off < 0.04


def test_residual_and_weights_agree_at_the_end() -> None:
    undecided = 0
    for number in range(40):
        given = drawn(number, n=1 + number % 5, m=10 + 5 * number, d=2 + number % 3, seeds=2)
        flow = gradient_flow(*given.parts, times=TIMES)
        known = ~flow.undecided
        undecided += int(flow.undecided.sum())
        u = predictions(given.x, flow.w, given.a)
        off = (given.y - u - flow.residual[:, -1]).abs().amax(dim=-1)
        assert bool((off < 1e-12)[known].all())
        moved = (flow.w - given.w).norm(dim=-1).amax(dim=-1).numpy()
        assert (flow.movement.lower[:, -1] <= moved + 1e-13).all()
        assert (moved <= flow.movement.upper[:, -1] + 1e-13).all()
    # In the plane a neuron may slide into the origin, where all kinks meet: that is left open.
    assert undecided <= 3


def test_the_path_holds_every_matrix_and_its_duration() -> None:
    given = drawn(11, n=3, m=30)
    flow = gradient_flow(*given.parts, times=TIMES)
    assert flow.path_lengths is not None
    assert flow.path_lengths.sum().item() == pytest.approx(12.0, rel=1e-12)
    assert torch.allclose(flow.path[0], H(given.x, given.w), rtol=0, atol=1e-15)
    least, total = lambda_min(flow.path).min(), flow.integral_of(lambda_min)
    assert total.upper[-1] >= 12 * least.low
    # The sandwich of the paper: the decay is at least the integral of the curvature.
    assert (flow.log_ratio().lower[1:] <= -2 * total.lower[1:] + 1e-12).all()


def test_following_only_the_near_neurons_changes_nothing() -> None:
    given = drawn(4, n=2, m=2000, seeds=3)
    doubled = prepared(*given.parts, "first", "test")
    runs = [FirstLayer(doubled, 12.0, everyone=everyone) for everyone in (False, True)]
    for run in runs:
        run.go(TIMES.numpy(), keep_H=False)
    assert runs[0].networks.near.shape[1] < 1000
    assert runs[0].complete
    near, everyone = (run.shown() for run in runs)
    assert near.e == pytest.approx(everyone.e, abs=1e-13)
    assert near.lengths[0] == pytest.approx(everyone.lengths[0], abs=1e-13)
    assert near.w == pytest.approx(everyone.w, abs=1e-13)
    assert near.flips.tolist() == everyone.flips.tolist()


def test_a_batch_is_its_rows() -> None:
    given = drawn(8, n=3, m=300, seeds=4)
    batch = gradient_flow(*given.parts, times=TIMES)
    for row in range(4):
        alone = gradient_flow(given.x, given.y, given.w[row], given.a[row], times=TIMES)
        for name in ("squared_residual", "movement", "logs"):
            whole, part = getattr(batch, name)[row], getattr(alone, name)
            assert (whole.lower <= part.upper).all()
            assert (part.lower <= whole.upper).all()


def test_equal_neurons_and_opposite_inputs_share_their_events() -> None:
    x = [[1.0, 0.0], [-1.0, 0.0], [0.6, 0.8]]
    given = start(x, [-2.0, 1.0, 0.5], [[0.3, 0.2]] * 3 + [[-0.4, 1.0]], [1.0, 1.0, 1.0, -1.0])
    flow = gradient_flow(*given.parts, times=torch.tensor([0.5, 2.0], dtype=torch.float64))
    assert not bool(flow.undecided)
    run = gradient_descent(*given.parts, eta=1e-3, steps=2000, keep_H=False)
    assert torch.allclose(run.residual[[500, 2000]], flow.residual, rtol=0, atol=5e-3)


def test_a_tie_at_the_start_leaves_the_row_open() -> None:
    given = start([[0.6, 0.8]], [1.0], [[4.0, -3.0], [1.0, 1.0]], [1.0, 1.0])
    flow = gradient_flow(*given.parts, times=TIMES)
    assert bool(flow.undecided)
    assert flow.undecided_after.item() == 0
    assert flow.squared_residual.lower[1:].tolist() == [0.0] * 5
    assert (flow.squared_residual.upper <= flow.squared_residual.upper[0]).all()
    assert flow.movement.upper[-1] == np.inf
    assert np.isfinite(flow.log_ratio().lower).all()
    assert flow.log_ratio().upper.max() <= 0
    assert bool(flow.plainness.refuted)


def test_all_branches_lie_in_the_enclosure() -> None:
    """A neuron rests on its kink, e_1 changes sign, and it may wake up at any time or never."""
    x = [[1.0, 0.0], [0.5, math.sqrt(3) / 2]]
    w, a = [[0.002, -3.0], *[[3.0, 3.0]] * 40, *[[-3.0, 3.0]] * 40], [1.0] * 81
    u = predictions(*(torch.tensor(v, dtype=torch.float64) for v in (x, w, a)))
    given = start(x, [u[0].item() - 0.2, u[1].item() - 2.0], w, a)
    times = torch.arange(1, 25, dtype=torch.float64) / 4
    flow = gradient_flow(*given.parts, times=times)
    assert bool(flow.branching)
    assert not bool(flow.undecided)
    waking = times[flow.residual[:, 0] > 0][0].item()
    before = gradient_flow(*given.parts, times=torch.tensor([waking], dtype=torch.float64))
    later = times[times > waking]
    inside = slice(len(times) - len(later), None)
    for push in (1e-9, -1e-9):
        w_now = before.w.clone()
        w_now[0, 0] += push
        branch = gradient_flow(given.x, given.y, w_now, given.a, times=later - waking)
        assert (branch.squared_residual.lower <= flow.squared_residual.upper[inside]).all()
        assert (branch.squared_residual.upper >= flow.squared_residual.lower[inside]).all()


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_any_norms_of_inputs_will_do(scale: float) -> None:
    given = drawn(6, n=2, m=5)
    x = given.x * scale
    flow = gradient_flow(x, given.y, given.w, given.a, times=TIMES / scale**2)
    u = predictions(x, flow.w, given.a)
    assert (given.y - u - flow.residual[-1]).abs().max() < 1e-11 * max(1.0, u.abs().max().item())


def test_long_steps_over_kinks_enclose_the_flow() -> None:
    compared = 0
    for number in range(5):
        given = drawn(number, n=1 + number % 3, m=1100, d=1 + number % 4, seeds=8)
        exact = gradient_flow(*given.parts, times=TIMES)
        long = gradient_flow(*given.parts, times=TIMES, keep_path=False)
        assert long.H_path is None
        for name in ("squared_residual", "movement", "logs"):
            wide, fine = getattr(long, name), getattr(exact, name)
            assert (wide.lower <= fine.upper).all()
            assert (fine.lower <= wide.upper).all()
            compared += wide.lower.size
        u = predictions(given.x, long.w, given.a)
        assert (given.y - u - long.residual[:, -1]).abs().max() < 1e-12
    assert compared > 600


BAD = {
    "decreasing": ([2.0, 1.0], "increasing"),
    "negative": ([-1.0, 1.0], "increasing"),
    "infinite": ([0.0, math.inf], "finite"),
    "empty": ([], "at least one"),
}


@pytest.mark.parametrize(("times", "message"), BAD.values(), ids=BAD)
def test_bad_times_are_named(times: list[float], message: str) -> None:
    given = drawn(0, n=2, m=5)
    with pytest.raises(ValueError, match=message):
        gradient_flow(*given.parts, times=torch.tensor(times, dtype=torch.float64))
