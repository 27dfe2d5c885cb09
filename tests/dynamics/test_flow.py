import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from certify import lambda_max, lambda_min
from dynamics import decay_times, gradient_descent, gradient_flow
from dynamics.flow.result import Flow
from models import H, Start, predictions
from tests.dynamics.oracles import ChatteringError, Network, drawn, flow, network, outside
from verdicts import Approx

TIMES = [0.0, 0.1, 0.5, 1.0, 3.0, 8.0]


def run(net: Network, times: list[float] = TIMES) -> Flow:
    return gradient_flow(*net.tensors, times=torch.tensor(times, dtype=torch.float64))


def encloses(found: Approx, true: np.ndarray, *, tolerance: float = 1e-13) -> bool:
    return outside(found, true, tolerance=tolerance) == 0


def test_the_witness_against_the_printed_radius_is_solved_to_rounding() -> None:
    # du.md 1.7: n = d = 1, m = 4, W(0) = (5, -1, -1, -1), e_0 = 1; w_1 moves 2 (1 - exp(-t/4)).
    net = network([[1.0]], [[5.0], [-1.0], [-1.0], [-1.0]], [1.0] * 4, residual=[1.0])
    found, t = run(net), np.array(TIMES)
    assert bool(found.plain)
    assert encloses(found.movement, -2 * np.expm1(-t / 4))
    assert encloses(found.squared_residual, np.exp(-t / 2))
    assert encloses(found.log_ratio(), -t / 2)
    assert found.movement.width.max() < 1e-12
    assert found.movement.lower[-1] > 1  # the printed radius
    w, a = found.weights
    assert float(w[0]) == pytest.approx(7 - 2 * math.exp(-2), abs=1e-12)
    assert a.tolist() == [1.0] * 4


def test_orthogonal_inputs_decay_each_at_its_own_rate() -> None:
    # Units on for x_1 alone, for x_2 alone and for both: H = diag(2, 2)/3.
    weights = [[1.0, -2.0], [-1.0, 2.0], [2.0, 2.0]]
    net = network([[1.0, 0.0], [0.0, 1.0]], weights, [1.0, 1.0, -1.0], residual=[0.3, -0.2])
    found, t = run(net), np.array(TIMES)
    assert bool(found.plain)
    assert encloses(found.squared_residual, 0.13 * np.exp(-4 / 3 * t))
    furthest = math.sqrt(0.13) * 1.5 / math.sqrt(3) * -np.expm1(-2 / 3 * t)
    assert encloses(found.movement, furthest)
    torch.testing.assert_close(found.H[-1], torch.eye(2, dtype=torch.float64) * 2 / 3)


def test_opposite_inputs_do_not_feel_each_other() -> None:
    net = network([[1.0], [-1.0]], [[2.0], [-2.0]], [1.0, 1.0], residual=[0.5, 0.25])
    found, t = run(net), np.array(TIMES)
    assert bool(found.plain)
    assert encloses(found.squared_residual, (0.25 + 0.0625) * np.exp(-t))


def test_a_dying_unit_stops_at_its_kink() -> None:
    # u = 1/10 falls towards y = -1: e = -1.1 exp(-t) until u = 0 at t = log(1.1), then stays.
    start = Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], labels=[-1])
    times = torch.tensor([0.0, 0.05, math.log(1.1) + 1e-9, 1.0, 50.0], dtype=torch.float64)
    found = gradient_flow(start.x, start.y, start.w, start.a, times=times)
    expected = np.array([1.1, 1.1 * math.exp(-0.05), 1.0, 1.0, 1.0])
    assert bool(found.plain)
    assert encloses(found.squared_residual.sqrt(), expected)
    assert float(found.path[-1]) == 0
    assert encloses(found.movement[-1:], np.array([0.1]))


@pytest.mark.parametrize("seed", range(10))
def test_flips_and_all_it_encloses_what_scipy_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m, d = (int(k) for k in (rng.integers(1, 5), rng.integers(2, 9), rng.integers(1, 4)))
    net = drawn(rng, n=n, m=m, d=d, scale=10.0 ** -(seed % 4))
    found = run(net)
    if not bool(found.plain):
        # What such flows do is in test_flow_kinks.
        assert bool(found.slid | found.several | found.undecided)
        return
    true = flow(net, TIMES)
    assert encloses(found.squared_residual.sqrt(), true.norm, tolerance=1e-9)
    assert encloses(found.movement, true.movement, tolerance=1e-9)
    np.testing.assert_allclose(found.weights[0].numpy(), true.w[-1], rtol=0, atol=1e-9)


def test_a_kink_crossed_twice_within_a_step_is_not_missed() -> None:
    # w.x_1 dips below zero for a moment; below it the unit no longer feels x_1 and never returns.
    x = np.array([[1.0, 0.0], [0.6, 0.8]])
    w = np.linalg.solve(x, [0.11656326, 2.95380838])[None]
    net = network(x.tolist(), w.tolist(), [1.0], residual=[0.22019512, -1.00961818])
    found, true = run(net), flow(net, TIMES)
    assert not Network(net.x, net.y, true.w[-1], net.a).on[0, 0]
    assert bool(found.plain)
    assert encloses(found.squared_residual.sqrt(), true.norm, tolerance=1e-9)


def test_a_neuron_that_slides_is_not_plain() -> None:
    # du.md 1.7, A-ERR-4: pushed down above the kink of x_1, up below it.
    start = Start.of(
        rows=[["1", "0"], ["0.5", "0.8660254037844386"]],
        weights=[["0.05", "2"]],
        signs=[1],
        residual=["-10.05", "1"],
    )
    times = torch.tensor(TIMES, dtype=torch.float64)
    found = gradient_flow(start.x, start.y, start.w, start.a, times=times)
    assert bool(found.slid)
    assert not bool(found.plain)
    assert (found.plainness.slack.upper < 0).all()
    assert (found.uniqueness.slack.lower > 0).all()
    with pytest.raises(ChatteringError):
        flow(Network(*(part.numpy() for part in (start.x, start.y, start.w, start.a))), TIMES)


@pytest.mark.parametrize("w", [[0.0, 0.0], [0.0, 1.0]])
def test_a_tie_at_the_start_is_not_plain(w: list[float]) -> None:
    net = network([[1.0, 0.0]], [w, [1.0, 1.0]], [1.0, 1.0], residual=[0.5])
    assert not bool(run(net).plain)


def test_a_resting_neuron_that_could_be_taken_off_its_kink_is_not_plain() -> None:
    # Unit 1, off for x_2, dies as e_1 < 0; then e_1 > 0, which revives it or does not.
    x = [[1.0, 0.0], [0.6, 0.8]]
    w = [[0.01, -6.0], [5.0, 5.0]]
    net = network(x, w, [1.0, 1.0], residual=[-0.5, -3.0])
    assert bool(run(net, [0.0, 0.1]).plain)
    assert not bool(run(net, [0.0, 2.0]).plain)


def test_the_path_has_the_matrices_and_lasts_as_long_as_the_times() -> None:
    net = drawn(np.random.default_rng(5), n=3, m=6, d=2, scale=1.0)
    found = run(net)
    assert bool(found.plain)
    assert found.path_lengths is not None
    assert float(found.path_lengths.sum()) == pytest.approx(TIMES[-1], abs=1e-12)
    ends = torch.cumsum(found.path_lengths, 0).numpy()
    kept = [k for k in range(len(ends) - 1) if found.path_lengths[k] > 1e-9][::12]
    middles = [float(ends[k] - found.path_lengths[k] / 2) for k in kept]
    true = flow(net, [0.0, *middles], rtol=1e-9)
    for k, w in zip(kept, true.w[1:], strict=True):
        expected = H(torch.from_numpy(net.x), torch.from_numpy(w))
        torch.testing.assert_close(found.path[k], expected)
    torch.testing.assert_close(found.path[-1], found.H[-1])


@pytest.mark.parametrize("eigenvalue", [lambda_min, lambda_max])
def test_an_integral_of_an_eigenvalue_is_that_of_a_fine_sum(
    eigenvalue: Callable[[torch.Tensor], Approx],
) -> None:
    net = drawn(np.random.default_rng(5), n=3, m=6, d=2, scale=1.0)
    integral = run(net).integral_of(eigenvalue)
    grid = np.linspace(0, 3, 601)
    w = torch.from_numpy(flow(net, grid.tolist(), rtol=1e-8).w)
    values = torch.linalg.eigvalsh(H(torch.from_numpy(net.x), w)).numpy()
    column = values[:, 0] if eigenvalue is lambda_min else values[:, -1]
    at_three = TIMES.index(3.0)
    # Each jump of H within a cell of the grid is off by at most the cell.
    assert outside(integral[at_three], np.trapezoid(column, grid), tolerance=0.02) == 0
    assert integral.upper[0] == pytest.approx(0, abs=1e-12)


def test_descent_with_small_steps_tends_to_the_flow() -> None:
    net = drawn(np.random.default_rng(11), n=3, m=6, d=2, scale=1.0)
    found = run(net, [0.0, 1.0])
    errors = []
    for steps in (100, 1000):
        small = gradient_descent(*net.tensors, eta=1 / steps, steps=steps, keep_H=False)
        errors.append(float((small.residual[-1] - found.residual[-1]).norm()))
    assert errors[1] < 0.2 * errors[0] < 0.05


def test_seeds_are_flows_of_their_own_and_residuals_fit_the_weights() -> None:
    rng = np.random.default_rng(3)
    nets = [drawn(rng, n=2, m=5, d=2, scale=0.3) for _ in range(4)]
    x = nets[0].tensors[0]
    w, a = (torch.stack([net.tensors[k] for net in nets]) for k in (2, 3))
    y = predictions(x, w, a) + 0.3
    times = torch.tensor(TIMES, dtype=torch.float64)
    batch = gradient_flow(x, y, w, a, times=times)
    assert batch.path.shape[0] == 4
    for s in range(4):
        row = gradient_flow(x, y[s], w[s], a[s], times=times)
        assert bool(row.plain) == bool(batch.plain[s])
        mine, its = row.squared_residual, batch.squared_residual[s]
        assert (mine.lower <= its.upper).all()
        assert (its.lower <= mine.upper).all()
    last = predictions(x, *batch.weights)
    kept = batch.plain
    torch.testing.assert_close((y - last)[kept], batch.residual[kept, -1], rtol=0, atol=1e-12)


def test_decay_times_end_where_a_decay_is_over() -> None:
    times = decay_times(0.5, count=3)
    np.testing.assert_allclose(times, [0.0, 0.24, 2.4, 24.0])
    assert decay_times(2.0, count=1).tolist() == [0.0, 6.0]
