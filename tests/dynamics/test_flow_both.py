import math

import numpy as np
import pytest
import torch

from certify import lambda_min
from dynamics import gradient_flow
from dynamics.flow.result import Flow
from models import H, Start
from tests.dynamics.oracles import ChatteringError, Network, drawn, flow, network, outside

TIMES = [0.0, 0.1, 0.5, 1.0, 3.0, 8.0]


def run(net: Network, times: list[float] = TIMES) -> Flow:
    grid = torch.tensor(times, dtype=torch.float64)
    return gradient_flow(*net.tensors, times=grid, layers="both")


@pytest.mark.parametrize("seed", range(8))
def test_flips_and_all_it_encloses_what_scipy_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m, d = (int(k) for k in (rng.integers(1, 4), rng.integers(1, 7), rng.integers(1, 4)))
    net = drawn(rng, n=n, m=m, d=d, scale=10.0 ** -(seed % 4))
    found = run(net)
    if not bool(found.plain):
        assert found.squared_residual.upper[-1] == math.inf
        return
    true = flow(net, TIMES, both=True)
    assert outside(found.squared_residual.sqrt(), true.norm, tolerance=1e-10) == 0
    assert outside(found.movement, true.movement, tolerance=1e-10) == 0
    assert outside(found.output_movement, true.output_movement, tolerance=1e-10) == 0


def test_the_first_output_time_is_enclosed_too() -> None:
    # Both runs once took the same single step to it: width 1e-14, error 2e-4.
    net = network([[1.0, 0.0]], [[1.0, 0.5]], [1.0], residual=[0.5])
    found, true = run(net), flow(net, TIMES, both=True)
    assert outside(found.squared_residual.sqrt(), true.norm, tolerance=1e-12) == 0
    assert found.squared_residual.sqrt().width[1] > abs(float(found.residual[1]) - true.e[1, 0])


def test_one_unit_follows_its_hyperbola() -> None:
    # w^2 - a^2 = 3 for ever, and w a -> y = 4.
    net = network([[1.0]], [[2.0]], [1.0], residual=[2.0])
    found = run(net, [0.0, 1.0, 30.0])
    w, a = found.weights
    limit = math.sqrt((math.sqrt(9 + 64) - 3) / 2)  # a^4 + 3 a^2 = 16
    assert float(a) == pytest.approx(limit, abs=1e-9)
    assert float(w) == pytest.approx(4 / limit, abs=1e-9)
    assert found.output_movement.lower[-1] <= limit - 1 <= found.output_movement.upper[-1]


@pytest.mark.parametrize("seed", range(6))
def test_the_difference_of_squares_is_conserved_by_every_neuron(seed: int) -> None:
    net = drawn(np.random.default_rng(seed), n=3, m=6, d=2, scale=1.0)
    found = run(net)
    if not bool(found.plain):
        return
    w, a = (part.numpy() for part in found.weights)
    before, after = (np.sum(v**2, axis=1) - b**2 for v, b in ((net.w, net.a), (w, a)))
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-9)


def test_a_unit_that_dies_has_no_kernel_left() -> None:
    start = Start.of(rows=[[1, 2, 0]], weights=[["1/10", 0, 0]], signs=[1], residual=["-1/10"])
    net = Network(*(part.numpy() for part in (start.x, start.y, start.w, start.a)))
    found = run(net, [0.0, 1.0, 5.0, 40.0])
    true = flow(net, [0.0, 1.0, 5.0, 40.0], both=True)
    assert bool(found.plain)
    assert float(found.path[-1]) == 0
    assert float(found.H_flow[-1]) == 0
    # On its kink the paper counts it as on.
    assert float(found.H[-1]) == pytest.approx(float(found.weights[1]) ** 2)
    assert outside(found.squared_residual.sqrt(), true.norm, tolerance=1e-10) == 0


def test_a_unit_that_dies_early_stops_the_decay() -> None:
    net = network([[1.0]], [[0.2]], [1.0], residual=[-1.2])
    found = run(net)
    assert float(found.residual[-1]) == pytest.approx(-1, abs=1e-12)
    assert float(found.path[-1]) == 0
    assert bool(found.plain)


@pytest.mark.parametrize("seed", range(4))
def test_residuals_never_grow_and_decay_at_the_rate_of_the_path(seed: int) -> None:
    net = drawn(np.random.default_rng(seed), n=2, m=6, d=3, scale=0.1)
    found = run(net)
    if not bool(found.plain):
        return
    squared = found.squared_residual
    assert (squared.lower[1:] <= squared.upper[:-1]).all()
    # G2 only helps: |e(t)|^2 <= exp(-2 inf lambda_min(H) t) |e_0|^2.
    rate = 2 * float(torch.linalg.eigvalsh(found.path)[:, 0].min())
    bound = squared.upper[0] * np.exp(-0.99 * rate * np.array(TIMES))
    assert (squared.lower <= bound).all()


def test_the_path_holds_squares_of_the_output_weights() -> None:
    net = drawn(np.random.default_rng(8), n=2, m=5, d=2, scale=0.5)
    found = run(net)
    x, _, w, a = net.tensors
    torch.testing.assert_close(found.path[0], H(x, w, a))
    torch.testing.assert_close(found.H[-1], H(x, *found.weights))
    assert found.path_lengths is not None
    assert float(found.path_lengths.sum()) == pytest.approx(TIMES[-1], abs=1e-12)


def test_a_neuron_that_slides_is_not_plain() -> None:
    x = [[1.0, 0.0], [0.5, math.sqrt(3) / 2]]
    net = network(x, [[0.05, 2.0]], [1.0], residual=[-10.05, 1.0])
    found = run(net)
    assert bool(found.slid)
    assert bool(found.undecided)
    # From there on only the loss is known not to grow.
    assert found.movement.upper[-1] == math.inf
    assert 0 == found.squared_residual.lower[-1] < found.squared_residual.upper[-1]
    assert found.squared_residual.upper[-1] <= found.squared_residual.upper[0]
    with pytest.raises(ChatteringError):
        flow(net, TIMES, both=True)


def test_an_infimum_between_two_samples_of_the_path_is_allowed_for() -> None:
    given = network([[1.0, 0.0]], [[1.0, 0.5]], [1.0], residual=[-0.5]).tensors
    times = torch.tensor([0.0, 0.5, 2.0], dtype=torch.float64)
    both = gradient_flow(*given, times=times, layers="both")
    fine = gradient_flow(*given, times=torch.linspace(0, 2, 2001).double(), layers="both")
    least = both.infimum_of(lambda_min)
    truth = float(lambda_min(fine.path).lower.min())
    assert least.low <= truth <= least.high + 1e-3
    first = gradient_flow(*given, times=times)
    assert first.infimum_of(lambda_min).low == pytest.approx(1.0)
