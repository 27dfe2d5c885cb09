"""The first layer's flow where neurons are held on kinks: solved by hand, and by small steps."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import expm
from scipy.optimize import brentq

from dynamics import gradient_descent, gradient_flow
from dynamics.flow.result import Flow
from models import predictions
from tests.dynamics.oracles import Array, Network, drawn, network
from verdicts import decays, exactly

TIMES = [0.0, 0.5, 1.0, 2.0, 5.0, 12.0]
SIXTY_DEGREES = [[1.0, 0.0], [0.5, math.sqrt(3) / 2]]


def run(net: Network, times: list[float] = TIMES) -> Flow:
    return gradient_flow(*net.tensors, times=torch.tensor(times, dtype=torch.float64))


def linear(H: Array, e: Array, t: float) -> tuple[Array, Array]:
    """exp(-H t) e and its integral, by a matrix exponential that knows no eigenvectors."""
    n = len(e)
    block = np.zeros((2 * n, 2 * n))
    block[:n, :n], block[:n, n:] = -H * t, np.eye(n) * t
    whole = expm(block)
    return whole[:n, :n] @ e, whole[:n, n:] @ e


def small_steps(net: Network, times: list[float], eta: float) -> Array:
    found = gradient_descent(*net.tensors, eta=eta, steps=round(times[-1] / eta), keep_H=False)
    return found.residual[[round(t / eta) for t in times]].numpy()


@pytest.mark.parametrize("seed", range(12))
def test_one_input_is_solved_by_sorting_the_kinks(seed: int) -> None:
    # n = 1: with S the integral of e, e = e_0 - (units on/m) S between kinks, which units that
    # are pulled down reach at S = -z sqrt(m)/a; nothing ever comes back on.
    rng = np.random.default_rng(seed)
    net = drawn(rng, n=1, m=int(rng.integers(2, 60)), d=3, scale=10.0 ** rng.uniform(0, 3))
    found, m = run(net), len(net.a)
    z = (net.w @ net.x.T)[:, 0]
    e = float(net.y[0] - net.a @ np.maximum(z, 0) / math.sqrt(m))
    dying = np.sort((z * math.sqrt(m))[(z > 0) & (net.a * e < 0)])
    ends, S, t, on = [], 0.0, 0.0, int((z > 0).sum())
    for kink in [*dying.tolist(), math.inf]:
        ends.append((t, e, on))
        rate = on / m
        if not on or rate * (kink - S) >= abs(e):
            break
        after = e - math.copysign(rate * (kink - S), e)
        t, e, S, on = t + math.log(e / after) / rate, after, kink, on - 1
    for k, time in enumerate(TIMES):
        start, value, count = max(piece for piece in ends if piece[0] <= time)
        expected = value * math.exp(-count / m * (time - start))
        assert float(found.residual[k, 0]) == pytest.approx(expected, rel=1e-10)
        assert found.squared_residual.lower[k] <= expected**2 * (1 + 1e-12)
        assert expected**2 * (1 - 1e-12) <= found.squared_residual.upper[k]
    assert bool(found.plain)


def test_the_sliding_example_slides() -> None:
    # du.md 1.7: on both inputs until w.x_1 = 0; from there e_1 = -10 for ever, and e_2 decays
    # at the rate |x_2|^2 - (x_1.x_2)^2 = 3/4 of the part of x_2 along the hyperplane.
    net = network(SIXTY_DEGREES, [[0.05, 2.0]], [1.0], residual=[-10.05, 1.0])
    found, G = run(net), net.x @ net.x.T
    e_0 = np.array([-10.05, 1.0])
    hit = brentq(lambda t: 0.05 + (G @ linear(G, e_0, t)[1])[0], 0, 0.1, xtol=1e-16)
    e_hit, phi = linear(G, e_0, hit)
    expected = np.array([[-10.0, e_hit[1] * math.exp(-0.75 * (t - hit))] for t in TIMES[1:]])
    np.testing.assert_allclose(found.residual[1:].numpy(), expected, rtol=0, atol=1e-12)
    squared = found.squared_residual
    assert (squared.lower[1:] <= (expected**2).sum(axis=1)).all()
    assert ((expected**2).sum(axis=1) <= squared.upper[1:]).all()
    assert squared.width.max() < 1e-9
    assert squared.lower[-1] > 100 * (1 - 1e-12)
    assert (bool(found.slid), bool(found.several), bool(found.undecided)) == (True, False, False)
    # Two matrices: the flow's, and the paper's, for which the held neuron is on.
    np.testing.assert_allclose(found.H_flow[-1], np.diag([0, 0.75]), atol=1e-15)
    np.testing.assert_allclose(found.H[-1], G, atol=1e-15)
    assert found.path.shape == (2, 2, 2)
    assert found.path_lengths is not None
    assert found.path_lengths.tolist() == pytest.approx([hit, 12 - hit], abs=1e-12)
    assert float(found.weights[0][0, 0]) == pytest.approx(0, abs=1e-15)
    # The second component goes on with e_2.
    along = 2 + math.sqrt(3) / 2 * (phi[1] + e_hit[1] / 0.75 * -math.expm1(-0.75 * (12 - hit)))
    assert float(found.weights[0][0, 1]) == pytest.approx(along, abs=1e-12)


def test_a_slide_ends_when_one_side_no_longer_pushes() -> None:
    # Unit 1 slides on x_1 at rates (1/2, 3/8); unit 2, on for x_1 alone, takes e_1 to zero. When
    # |e_1| = e_2/2 the on side of x_1 no longer pushes back, and unit 1 is on for both again.
    net = network(SIXTY_DEGREES, [[0.01, 2.0], [9.0, -9.0]], [1.0, 1.0], residual=[-3.0, 1.0])
    G, e = net.x @ net.x.T, np.array([-3.0, 1.0])
    both = (G + np.diag([1.0, 0.0])) / 2
    kink = 0.01 * math.sqrt(2)
    hit = brentq(lambda t: kink + (G @ linear(both, e, t)[1])[0], 0, 0.1, xtol=1e-16)
    e_hit = linear(both, e, hit)[0]
    sliding = math.log(-2 * e_hit[0] / e_hit[1]) / (1 / 2 - 3 / 8)
    slide = np.diag([1 / 2, 3 / 8])
    e_left = linear(slide, e_hit, sliding)[0]
    times = [0.0, hit / 2, hit + sliding / 2, hit + sliding + 0.5, hit + sliding + 3]
    found = run(net, times)
    expected = [
        e,
        linear(both, e, hit / 2)[0],
        linear(slide, e_hit, sliding / 2)[0],
        linear(both, e_left, 0.5)[0],
        linear(both, e_left, 3.0)[0],
    ]
    np.testing.assert_allclose(found.residual.numpy(), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.path[1], slide, atol=1e-15)
    assert len(found.path) == 3
    assert bool(found.slid)
    assert bool(found.uniqueness.supported.all())


def test_opposite_inputs_that_both_push_hold_a_neuron() -> None:
    # w > 0 is on for x_1 and pulled down, w < 0 is on for x_2 and pulled up: w = 0 stays.
    net = network([[1.0], [-1.0]], [[0.5]], [1.0], residual=[-1.0, -0.5])
    found = run(net, [0.0, math.log(1.5), 3.0, 9.0])
    np.testing.assert_allclose(found.residual[1, 0], -1 / 1.5, atol=1e-14)
    np.testing.assert_allclose(found.residual[2:], [[-0.5, -0.5]] * 2, atol=1e-14)
    assert float(found.weights[0]) == pytest.approx(0, abs=1e-15)
    assert bool(found.slid)
    assert bool(found.uniqueness.supported.all())
    np.testing.assert_array_equal(found.H_flow[-1], np.zeros((2, 2)))
    np.testing.assert_array_equal(found.H[-1], [[1, -1], [-1, 1]])


def test_a_neuron_that_reaches_the_origin_stays_there() -> None:
    # w is along x_1 + x_2, and both hyperplanes are reached at once.
    net = network([[1.0, 0.0], [0.0, 1.0]], [[0.1, 0.1]], [1.0], residual=[-2.0, -2.0])
    found = run(net)
    np.testing.assert_allclose(found.residual[-1], [-1.9, -1.9], atol=1e-14)
    np.testing.assert_allclose(found.weights[0], [[0.0, 0.0]], atol=1e-15)
    assert bool(found.plain)
    assert found.movement.upper[-1] == pytest.approx(0.1 * math.sqrt(2))


@pytest.mark.parametrize("copies", [2, 3, 20])
def test_equal_neurons_share_their_kinks(copies: int) -> None:
    # k neurons w with output 1/sqrt(k) are one neuron sqrt(k) w.
    start, root = [0.05, 2.0], math.sqrt(copies)
    one = run(network(SIXTY_DEGREES, [start], [1.0], residual=[-10.05, 1.0]))
    w = [[part / root for part in start]] * copies
    many = run(network(SIXTY_DEGREES, w, [1.0] * copies, residual=[-10.05, 1.0]))
    assert bool(many.slid)
    np.testing.assert_allclose(many.residual, one.residual, rtol=0, atol=1e-12)
    np.testing.assert_allclose(many.H_flow, one.H_flow, atol=1e-13)
    np.testing.assert_allclose(many.path, one.path, atol=1e-13)


@pytest.mark.parametrize("seed", range(10))
def test_small_steps_of_descent_tend_to_the_flow_through_slides(seed: int) -> None:
    rng = np.random.default_rng(400 + seed)
    n, m = int(rng.integers(2, 5)), int(rng.integers(4, 25))
    net = drawn(rng, n=n, m=m, d=2 + seed % 2, scale=3.0)
    if seed % 3 == 0:
        net.x[1] = -net.x[0]
    found = run(net, [0.0, 1.0, 4.0])
    if bool(found.several | found.undecided):
        return
    errors = [
        np.abs(small_steps(net, [1.0, 4.0], eta) - found.residual[1:].numpy()).max()
        for eta in (2e-3, 5e-4)
    ]
    assert errors[1] < 0.6 * errors[0] + 1e-6 < 0.02


def test_a_tie_takes_the_papers_side_and_cannot_refute() -> None:
    # w.x = 0 and e > 0: the unit may go up, or stay off for ever.
    net = network([[1.0, 0.0]], [[0.0, 1.0]], [1.0], residual=[0.5])
    found = run(net)
    np.testing.assert_allclose(found.residual[:, 0], 0.5 * np.exp(-np.array(TIMES)), atol=1e-14)
    assert bool(found.several)
    assert bool(found.uniqueness.refuted.all())
    off = (found.squared_residual.lower <= 0.25) & (found.squared_residual.upper >= 0.25)
    assert off.all()
    for rate in (0.01, 100.0):
        margin = decays(found.log_ratio(), exactly(rate), over=np.array(TIMES))
        assert not margin.refuted.any()
        assert not margin.supported.all()


def test_a_neuron_at_rest_that_may_wake_up_is_one_of_several_solutions() -> None:
    # Unit 1, off for x_2, dies as e_1 < 0; then unit 2 takes e_1 above 0.
    x = [[1.0, 0.0], [0.6, 0.8]]
    net = network(x, [[0.01, -6.0], [5.0, 5.0]], [1.0, 1.0], residual=[-0.5, -3.0])
    before, found = run(net, [0.0, 0.1]), run(net, [0.0, 0.1, 2.0, 6.0])
    assert bool(before.plain)
    assert bool(found.several)
    squared = found.squared_residual
    assert squared.upper[1] - squared.lower[1] < 1e-10
    assert (squared.lower[2:] == 0).all()
    assert (squared.upper[2:] <= squared.upper[1]).all()
    assert found.movement.upper[-1] == math.inf
    # What is published is the solution of the paper's side: the unit goes up with x_1.
    assert float(found.weights[0][0, 0]) > 0.1
    u = predictions(net.tensors[0], *found.weights)
    np.testing.assert_allclose((net.tensors[1] - u), found.residual[-1], atol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_watching_few_neurons_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    net = drawn(np.random.default_rng(70 + seed), n=3, m=150, d=3, scale=1.0)
    everyone = run(net)
    monkeypatch.setattr("dynamics.flow.crowd._WATCHED_FLOATS", 0)
    monkeypatch.setattr("dynamics.flow.crowd._FEWEST", 2)
    few = run(net)
    np.testing.assert_allclose(few.residual, everyone.residual, rtol=0, atol=1e-12)
    for name in ("slid", "several", "undecided"):
        assert bool(getattr(few, name)) == bool(getattr(everyone, name))
    np.testing.assert_allclose(few.weights[0], everyone.weights[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(few.path, everyone.path, atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_residuals_weights_and_matrices_fit_at_the_end(seed: int) -> None:
    rng = np.random.default_rng(90 + seed)
    net = drawn(rng, n=2 + seed % 3, m=20 + 40 * seed, d=2 + seed % 2, scale=2.0)
    found = run(net)
    x, y, _, a = net.tensors
    w = found.weights[0]
    np.testing.assert_allclose(y - predictions(x, w, a), found.residual[-1], rtol=0, atol=1e-12)
    moved = float((w - net.tensors[2]).norm(dim=-1).max())
    assert found.movement.lower[-1] <= moved + 1e-13
    assert moved <= found.movement.upper[-1] + 1e-13
    # Where a neuron is held, its kink is where the paper's matrix has more than the flow's.
    gap = torch.linalg.eigvalsh(found.H - found.H_flow)
    assert float(gap.min()) > -1e-13
