"""Flow of implicit networks against a stiff integrator that solves every equilibrium anew."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from dynamics import implicit_flow
from models import (
    IMPLICIT_MODELS,
    ImplicitModel,
    ImplicitNetwork,
    ImplicitStart,
    SeedNumber,
    gaussian_weights,
    implicit_gradients,
    implicit_pass,
    implicit_slopes,
    initial_implicit_network,
    pass_predictions,
)
from verdicts import Seeds, hashed_key

ONE = torch.ones(1, 1, dtype=torch.float64)
HEAD = ONE[0]
TIMES = (0.0, 0.1, 0.3)


def network_of(model: ImplicitModel, m: int, d: int, seed: int) -> ImplicitNetwork:
    batch = initial_implicit_network(m, d, SeedNumber(seed), model=model, gamma=0.3, s_w=0.2)
    return batch.with_parameters([block[0] for block in batch.named().values()])


def integrated(x: torch.Tensor, y: torch.Tensor, network: ImplicitNetwork) -> np.ndarray:
    """Residuals at the times; the right side knows no patterns and is stepped over kinks."""
    blocks = list(network.named().values())

    def state_of(flat: np.ndarray) -> ImplicitNetwork:
        ends = np.cumsum([block.numel() for block in blocks])[:-1].tolist()
        parts = torch.tensor_split(torch.from_numpy(flat), ends)
        return network.with_parameters(
            [part.reshape(block.shape) for part, block in zip(parts, blocks, strict=True)]
        )

    def speed(_: float, flat: np.ndarray) -> np.ndarray:
        now = state_of(flat)
        run = implicit_pass(x, now)
        r = pass_predictions(run, now) - y
        gradients = implicit_gradients(run, implicit_slopes(run, now), now, r)
        return -torch.cat([g.flatten() for g in gradients]).numpy()

    flat = torch.cat([block.flatten() for block in blocks]).numpy()
    path = solve_ivp(speed, (0, TIMES[-1]), flat, t_eval=TIMES, rtol=1e-8, atol=1e-10)
    residuals = []
    for column in path.y.T:
        now = state_of(np.ascontiguousarray(column))
        residuals.append((y - pass_predictions(implicit_pass(x, now), now)).numpy())
    return np.stack(residuals)


@pytest.mark.parametrize("model", IMPLICIT_MODELS)
def test_the_flow_is_that_of_an_integrator_that_knows_no_patterns(model: ImplicitModel) -> None:
    compared = 0
    for seed in range(5):
        network = network_of(model, 3 + seed % 2, 2, seed)
        x = gaussian_weights(2, 2, SeedNumber(seed), layer=9)[0]
        x = x / x.norm(dim=1, keepdim=True)
        y = 2 * gaussian_weights(2, 1, SeedNumber(seed), layer=8)[0, :, 0]
        run = implicit_flow(x, y, network, times=TIMES)
        if not bool(run.plain):
            continue
        compared += 1
        wanted = integrated(x, y, network)
        np.testing.assert_allclose(run.residual.numpy(), wanted, atol=2e-6)
        assert run.squared_residual.width.max() < 1e-5
    assert compared >= 3


def test_one_active_neuron_keeps_what_its_equations_conserve() -> None:
    # z = w/(1 - a): dw/dt = e u/(1 - a), du/dt = e z and da/dt = e u z/(1 - a).
    network = ImplicitNetwork(0 * ONE, ONE / 2, HEAD / 2, None, "ling")
    run = implicit_flow(ONE, torch.tensor([2.0]).double(), network, times=[0, 0.5, 1, 2])
    a, w, u = (float(block.reshape(-1)[0]) for block in run.network.named().values())
    assert a > 0.1
    assert w**2 - u**2 == pytest.approx(0.0, abs=1e-9)
    assert (1 - a) ** 2 + u**2 == pytest.approx(1.25, abs=1e-9)
    assert float(run.residual[-1, 0]) == pytest.approx(2 - u * w / (1 - a), abs=1e-12)


@pytest.mark.parametrize("span", [0.003, 0.05, 0.2])
def test_steps_that_both_runs_would_make_alike_do_not_narrow_the_enclosure(span: float) -> None:
    # The first steps are as long at every tolerance, and so was the error of what lies between.
    network = ImplicitNetwork(ONE / 2, ONE, HEAD / 3, None, "ling")
    times = [share * span for share in (0, 0.1, 0.37, 0.7, 1)]
    run = implicit_flow(ONE, torch.tensor([3.0]).double(), network, times=times)

    def speed(_: float, moved: np.ndarray) -> np.ndarray:
        a, w, u = (moved + np.array([0.5, 1, 1 / 3])).tolist()
        z = w / (1 - a)
        e = (3 - u * z) / (1 - a)
        return np.array([e * u * z, e * u, e * w])

    state = np.zeros(3)
    for k, ends in enumerate(pairwise(times), start=1):
        longest = span / 50
        path = solve_ivp(speed, ends, state, "DOP853", rtol=3e-14, atol=1e-17, max_step=longest)
        state = path.y[:, -1]
        slack = 1e-14 * np.abs(state)
        assert (run.movement.lower[k] <= np.abs(state) + slack).all()
        assert (np.abs(state) - slack <= run.movement.upper[k]).all()
        assert run.movement.width[k].max() < 1e-7 * np.abs(state).max()


def test_a_kink_within_a_long_step_is_stepped_to() -> None:
    x = [
        [0.11563343428383589, -0.5805819270093592, -0.8059488413701114],
        [0.5604889969303435, 0.10153905738734582, -0.821913562453441],
        [0.6889170931448763, -0.6921306035735151, 0.21528693961728296],
    ]
    blocks = (
        [[-0.3861981247751594]],
        [[1.1103116340820784, -1.361137006713584, 0.24575114408464302]],
        [-0.057198538412848436],
    )
    parts = [torch.tensor(block, dtype=torch.float64) for block in blocks]
    network = ImplicitNetwork(parts[0], parts[1], parts[2], None, "ling", activation="leaky relu")
    labels = [-1.936641067770678, -7.307884362894644, -14.668979658931706]
    y = torch.tensor(labels, dtype=torch.float64)
    times = [0, 0.005, 0.0185, 0.035, 0.05]
    run = implicit_flow(torch.tensor(x, dtype=y.dtype), y, network, times=times)
    # By DOP853 at 3e-14 and steps of 1/800, which knows no pattern.
    moved = 0.008333443839532995
    assert run.movement.lower[1, 0] <= moved <= run.movement.upper[1, 0]


def test_a_neuron_that_dies_stays_at_its_kink() -> None:
    network = ImplicitNetwork(ONE / 2, ONE / 10, HEAD, HEAD, "gao", 0.1)
    run = implicit_flow(ONE, torch.tensor([-10.0]).double(), network, times=[0, 0.002, 0.01, 1])
    assert bool(run.plain)
    assert not bool(run.lost.any())
    assert (run.plainness.slack.lower > 0).all()
    np.testing.assert_allclose(run.residual[2:, 0].numpy(), -10.0, rtol=1e-12)
    assert abs(float(run.network.W)) < 1e-12
    assert run.lambda_min.upper[2:].max() < 1e-12


def test_a_start_on_a_kink_is_not_plain() -> None:
    network = ImplicitNetwork(ONE / 2, 0 * ONE, HEAD, HEAD, "gao", 0.1)
    run = implicit_flow(ONE, torch.tensor([1.0]).double(), network, times=[0, 1])
    assert not bool(run.plain)
    assert (run.plainness.slack.upper < 0).all()


def test_mistakes_are_told() -> None:
    network = ImplicitNetwork(ONE / 2, ONE, HEAD, HEAD, "gao", 0.1)
    y = torch.ones(1, dtype=torch.float64)
    with pytest.raises(ValueError, match="give increasing times from 0 on"):
        implicit_flow(ONE, y, network, times=[0.1, 1])
    smooth = ImplicitNetwork(ONE / 2, ONE, HEAD, None, "ling", activation="tanh")
    with pytest.raises(ValueError, match="activation 'tanh'; give one network with 'relu'"):
        implicit_flow(ONE, y, smooth, times=[0, 1])
    batch = initial_implicit_network(1, 1, Seeds(hashed_key("flow"), first=0, count=2))
    with pytest.raises(ValueError, match=r"seeds \(2,\)"):
        implicit_flow(ONE, y, batch, times=[0, 1])
    edge = ImplicitNetwork(ONE, ONE, HEAD, HEAD, "gao", 1.0)
    with pytest.raises(ValueError, match=r"\|\|A\|\|_2 may be 1; give a start below 1"):
        implicit_flow(ONE, y, edge, times=[0, 1])


@pytest.mark.parametrize("seed", range(6))
def test_no_block_is_told_more_sharply_than_the_farthest_move_allows(seed: int) -> None:
    x = torch.ones(1, 1, dtype=torch.float64)
    run = implicit_flow(x, torch.ones(1).double(), network_of("ling", 2, 1, seed), times=[0, 0.1])
    last = run.movement[..., -1, :]
    assert float(last.width.min()) >= 1e-11 * float(last.upper.max())


def test_a_time_without_end_is_refused() -> None:
    network = ImplicitNetwork(ONE / 2, ONE, HEAD, HEAD, "gao", 0.1)
    with pytest.raises(ValueError, match="give increasing times from 0 on"):
        implicit_flow(ONE, torch.ones(1).double(), network, times=[0, float("inf")])


def test_steps_tried_too_long_are_rejected() -> None:
    """Weak inputs make the times long, and a step of that length ends at a singular equation.

    Both neurons move alike, so that far off the four entries of A are equal.
    """
    start = ImplicitStart.of(
        rows=[[1]],
        gamma="1/2",
        A=[[1, 1], [1, 1]],
        W=[["1/10000"], ["1/10000"]],
        heads="zero",
        labels=[-1],
    )
    run = implicit_flow(start.x, start.y, start.network, times=[0.0, 1e5])
    assert run.lost.tolist() == [False, True]
