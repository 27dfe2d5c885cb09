"""Descent of implicit networks against long doubles, and what it says where it loses its way."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from dynamics import implicit_descent
from models import (
    IMPLICIT_MODELS,
    ImplicitModel,
    ImplicitNetwork,
    SeedNumber,
    gaussian_weights,
    implicit_kernels,
    implicit_pass,
    implicit_predictions,
    implicit_slopes,
    initial_implicit_network,
)
from tests.dynamics.implicit_oracle import wide_descent
from verdicts import Seeds, hashed_key

ONE = torch.ones(1, 1, dtype=torch.float64)
HEAD = ONE[0]


def network_of(model: ImplicitModel, m: int, d: int, seed: int, rho: float) -> ImplicitNetwork:
    batch = initial_implicit_network(m, d, SeedNumber(seed), model=model, s_w=1.0, gamma=1.0)
    A, *rest = (block[0] for block in batch.named().values())
    A = A * (rho / float(torch.linalg.matrix_norm(A, ord=2)))
    if model == "gao":
        A = A * math.sqrt(m)
    return batch.with_parameters([A, *rest])


@pytest.mark.parametrize("model", IMPLICIT_MODELS)
@pytest.mark.parametrize("seed", range(12))
def test_long_doubles_stay_within_the_enclosures(model: ImplicitModel, seed: int) -> None:
    n, m, d = 1 + seed % 4, 1 + (5 * seed) % 7, 1 + seed % 3
    network = network_of(model, m, d, seed, (0.1, 0.5, 0.8)[seed % 3])
    x = gaussian_weights(n, d, SeedNumber(seed), layer=9)[0]
    x = x / x.norm(dim=1, keepdim=True)
    e = gaussian_weights(n, 1, SeedNumber(seed), layer=8)[0, :, 0] * 10.0 ** -(seed % 6)
    y = implicit_predictions(x, network) + e
    run = implicit_pass(x, network)
    H = torch.stack(implicit_kernels(run, implicit_slopes(run, network), network)).sum(dim=0)
    eta = (0.05, 0.5, 1.5)[seed % 3] / max(float(H.trace()), 1e-3)
    found = implicit_descent(x, y, network, eta=eta, steps=15)
    assert not bool(found.lost.any())
    wide = wide_descent(x.numpy(), y.numpy(), network, eta, 15)
    squared = np.array([float(value) for value in wide.squared])
    assert (found.squared_residual.lower <= squared * (1 + 1e-15)).all()
    assert (squared <= found.squared_residual.upper * (1 + 1e-15)).all()
    moved = np.array([[float(value) for value in blocks] for blocks in wide.moved])
    assert (found.movement.lower <= moved * (1 + 1e-15)).all()
    assert (moved <= found.movement.upper * (1 + 1e-15) + 1e-300).all()
    # Half a dozen ulps of the predictions, ten times, after fifteen steps.
    size = np.sqrt(squared)
    assert (found.squared_residual.width < 1e-11 * size * (1 + size + float(y.norm()))).all()


def test_lambda_min_norms_and_rho_are_those_of_the_iterates() -> None:
    network = network_of("ling", 5, 3, 4, 0.6)
    x = gaussian_weights(3, 3, SeedNumber(5))[0]
    y = torch.tensor([1.0, -1.0, 0.5], dtype=torch.float64)
    run = implicit_descent(x, y, network, eta=0.01, steps=9)
    for k in (0, 4, 9):
        last = implicit_descent(x, y, network, eta=0.01, steps=k).network
        z = implicit_pass(x, last).z
        least = float(torch.linalg.eigvalsh(z @ z.T)[0])
        assert run.lambda_min.lower[k] <= least <= run.lambda_min.upper[k]
        assert run.lambda_min.width[k] < 1e-11
        for place, block in enumerate(last.named().values()):
            flat = block if block.ndim > 1 else block[:, None]
            norm = float(torch.linalg.matrix_norm(flat, ord=2))
            assert run.norms.lower[k, place] <= norm <= run.norms.upper[k, place]
        rho = float(torch.linalg.matrix_norm(last.A, ord=2))
        assert run.rho.lower[k] <= rho <= run.rho.upper[k]
        assert run.rho.width[k] < 1e-11


def test_a_run_that_jumps_to_norm_20_says_so_and_stops() -> None:
    network = ImplicitNetwork(ONE / 2, ONE, HEAD, None, "ling")
    run = implicit_descent(ONE, torch.tensor([100.0]).double(), network, eta=0.05, steps=3)
    # z = 2, p = 2, e = 98: A(1) = 1/2 + 0.05 * 98 * 4 = 20.1.
    np.testing.assert_allclose(run.rho.lower[1], 20.1, rtol=1e-12)
    np.testing.assert_allclose(run.rho.upper[1], 20.1, rtol=1e-12)
    assert run.lost.tolist() == [False, True, True, True]
    assert bool(torch.isinf(run.residual[1:]).all())
    assert bool(torch.isinf(run.network.A).all())
    unknown = [run.squared_residual, run.lambda_min, run.rho]
    assert all(numbers.lower[-1] == 0 and numbers.upper[-1] == np.inf for numbers in unknown)
    assert run.log_ratio().upper[-1] == np.inf


def test_a_neuron_that_dies_keeps_its_residual() -> None:
    network = ImplicitNetwork(ONE / 2, ONE / 10, HEAD, HEAD, "gao", 0.1)
    run = implicit_descent(ONE, torch.tensor([-10.0]).double(), network, eta=0.05, steps=5)
    assert run.residual[1:, 0].tolist() == [-10.0] * 5
    assert run.lambda_min.upper[1:].max() < 1e-12
    assert not bool(run.lost.any())
    with np.errstate(invalid="ignore"):
        steps = run.step_logs()
    assert steps.lower[1:].min() > -1e-12


def test_runs_that_agree_by_chance_do_not_narrow_the_enclosure() -> None:
    # Neurons that die at the first step: the second run's A was a hundred times too near.
    x = np.array([[0.9591595347473305, 0.28286566936142044]])
    A = [
        [0.07849121821302611, 0.10355025351733957, 0.07681227499872194],
        [-0.09365744828915377, -0.1647723327638546, 0.10684244673784103],
        [0.08526914509965798, -0.21843251321590293, -0.15005482666844028],
    ]
    W = [
        [7.9187821512981249e-04, 7.0546378201177492e-04],
        [1.8664674203617362e-03, 1.0779523016911951e-03],
        [1.5176872776258933e-04, 2.5773574418443562e-05],
    ]
    u = [0.16357838386508725, 1.3552703064175817, 2.144948834532135]
    blocks = [torch.tensor(block, dtype=torch.float64) for block in (A, W, u)]
    network = ImplicitNetwork(blocks[0], blocks[1], blocks[2], None, "ling")
    y, eta = np.array([-30.960430466099233]), 1.0953041590431163
    run = implicit_descent(torch.from_numpy(x), torch.from_numpy(y), network, eta=eta, steps=2)
    wide = wide_descent(x, y, network, eta, 2)
    moved = np.array([[float(value) for value in row] for row in wide.moved])
    assert (run.movement.lower <= moved).all()
    assert (moved <= run.movement.upper).all()


@pytest.mark.parametrize("model", IMPLICIT_MODELS)
def test_a_batch_is_its_networks(model: ImplicitModel) -> None:
    seeds = Seeds(hashed_key("descent"), first=0, count=4)
    batch = initial_implicit_network(4, 2, seeds, model=model, gamma=0.2, s_w=0.2)
    x = gaussian_weights(3, 2, SeedNumber(1))[0]
    y = torch.ones(3, dtype=torch.float64)
    eta = torch.tensor([0.01, 0.02, 0.03, 0.04], dtype=torch.float64)
    run = implicit_descent(x, y, batch, eta=eta, steps=6)
    for k in range(4):
        one = batch.with_parameters([block[k] for block in batch.named().values()])
        alone = implicit_descent(x, y, one, eta=float(eta[k]), steps=6)
        for name in ("squared_residual", "movement", "rho", "lambda_min"):
            both, single = getattr(run, name), getattr(alone, name)
            assert (both.lower[k] <= single.upper).all()
            assert (single.lower <= both.upper[k]).all()
        torch.testing.assert_close(run.residual[k], alone.residual, atol=1e-12, rtol=1e-12)


def test_only_what_is_trained_moves() -> None:
    network = network_of("gao", 4, 2, 3, 0.5)
    x = gaussian_weights(2, 2, SeedNumber(1))[0]
    y = torch.ones(2, dtype=torch.float64)
    run = implicit_descent(x, y, network, eta=0.05, steps=5, trained=("A",))
    assert float(run.movement.lower[-1, 0]) > 0
    assert float(run.movement.lower[-1, 1:].max()) == 0
    for name in ("W", "u", "v"):
        assert torch.equal(run.network.named()[name], network.named()[name])


def test_mistakes_are_told() -> None:
    network = network_of("gao", 2, 1, 3, 0.5)
    y = torch.ones(1, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"trained=\('b',\); give some of"):
        implicit_descent(ONE, y, network, eta=0.1, steps=1, trained=("b",))
    with pytest.raises(ValueError, match="give a finite step size > 0"):
        implicit_descent(ONE, y, network, eta=0.0, steps=1)
    with pytest.raises(ValueError, match=r"y has shape \(2,\); give .* with n=1"):
        implicit_descent(ONE, torch.ones(2), network, eta=0.1, steps=1)
    with pytest.raises(ValueError, match="y has a NaN or an infinity"):
        implicit_descent(ONE, y * math.nan, network, eta=0.1, steps=1)
    with pytest.raises(ValueError, match="the same leading dimensions"):
        implicit_descent(ONE, torch.ones(3, 1).double(), network, eta=0.1, steps=1)
    for x in (torch.ones(1, 2).double(), ONE[:0]):
        with pytest.raises(ValueError, match=r"x has shape .*; give \(n, (1\) for this|d\))"):
            implicit_descent(x, y[: len(x)], network, eta=0.1, steps=1)
