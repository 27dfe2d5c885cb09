import math

import numpy as np
import pytest
import torch

from dynamics import gradient_descent, one_step
from dynamics.problem import Layers
from models import G2, H, Start, gaussian_weights, rademacher_signs
from tests.dynamics.oracles import Network, descent, drawn, network, outside
from verdicts import Seeds

ONE_UNIT = network([[1.0]], [[2.0]], [1.0], residual=[1.0])  # u = w, so e_k = (1 - eta)^k
both_or_first = pytest.mark.parametrize("layers", ["first", "both"])


@both_or_first
@pytest.mark.parametrize("seed", range(8))
def test_a_run_encloses_the_plain_loop(seed: int, layers: Layers) -> None:
    rng = np.random.default_rng(seed)
    n, m, d = (int(k) for k in (rng.integers(1, 5), rng.integers(1, 12), rng.integers(1, 4)))
    net = drawn(rng, n=n, m=m, d=d, scale=10.0 ** -(seed % 4))
    true = descent(net, eta=0.1, steps=60, both=layers == "both")
    run = gradient_descent(*net.tensors, eta=0.1, steps=60, layers=layers)
    assert not bool(run.undecided)
    # The loop has rounding of its own: some ulps of u and of w.
    assert outside(run.squared_residual.sqrt(), true.norm, tolerance=1e-13) == 0
    assert outside(run.movement, true.movement, tolerance=1e-13) == 0
    assert run.squared_residual.width.max() < 1e-9
    np.testing.assert_allclose(run.w.numpy(), true.w[-1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.a.numpy(), true.a[-1], rtol=0, atol=1e-12)
    if layers == "both":
        assert run.output_movement is not None
        assert outside(run.output_movement, true.output_movement, tolerance=1e-13) == 0


@both_or_first
def test_kept_matrices_and_flips_are_those_of_every_step(layers: Layers) -> None:
    net = drawn(np.random.default_rng(5), n=3, m=6, d=2, scale=1.0)
    true = descent(net, eta=0.3, steps=20, both=layers == "both")
    run = gradient_descent(*net.tensors, eta=0.3, steps=20, layers=layers)
    x, w, a = torch.from_numpy(net.x), torch.from_numpy(true.w), torch.from_numpy(true.a)
    assert run.H is not None
    assert run.flips is not None
    torch.testing.assert_close(run.H, H(x, w, a) if layers == "both" else H(x, w))
    on = true.w @ net.x.T >= 0
    assert run.flips.tolist() == (on[1:] != on[:-1]).sum(axis=(1, 2)).tolist()
    assert run.flips.sum() > 0
    if layers == "both":
        assert run.G2 is not None
        torch.testing.assert_close(run.G2, G2(x, w))
    else:
        assert run.G2 is None
        assert run.output_movement is None


def test_nothing_is_kept_that_is_not_asked_for() -> None:
    run = gradient_descent(*ONE_UNIT.tensors, eta=0.5, steps=2, keep_patterns=False, keep_H=False)
    assert run.H is None
    assert run.flips is None


@pytest.mark.parametrize("eta", [0.25, 1.0, 1.5])
def test_one_live_unit_shrinks_its_residual_by_one_minus_eta(eta: float) -> None:
    run = gradient_descent(*ONE_UNIT.tensors, eta=eta, steps=6)
    expected = abs(1 - eta) ** np.arange(7.0)
    assert outside(run.squared_residual, expected**2, tolerance=0) == 0
    assert outside(run.movement, np.abs(1 - (1 - eta) ** np.arange(7)), tolerance=0) == 0
    assert run.times.tolist() == list(range(7))


def test_a_unit_pushed_over_its_kink_dies_and_stays() -> None:
    # du.md 1.12, one step without the s-term: w = .1, y = -10, eta = .05.
    start = Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], labels=[-10])
    run = gradient_descent(start.x, start.y, start.w, start.a, eta=0.05, steps=5)
    assert run.flips is not None
    assert run.flips.tolist() == [1, 0, 0, 0, 0]
    np.testing.assert_allclose(run.residual[:, 0], [-10.1, -10, -10, -10, -10, -10])
    assert float(run.w) == pytest.approx(0.1 - 0.05 * 10.1)


def test_a_dead_unit_never_moves() -> None:
    run = gradient_descent(
        *network([[1.0]], [[-1.0]], [1.0], residual=[3.0]).tensors, eta=0.7, steps=4
    )
    assert run.movement.upper.max() == 0
    assert run.log_ratio().upper[-1] == pytest.approx(0, abs=1e-13)


def test_both_layers_of_one_unit_by_hand() -> None:
    # w = 2, a = 1, e = 1: w moves by eta a e, a by eta w e.
    run = gradient_descent(*ONE_UNIT.tensors, eta=0.1, steps=1, layers="both")
    assert [float(run.w), float(run.a)] == pytest.approx([2.1, 1.2])
    assert float(run.residual[1]) == pytest.approx(3 - 2.1 * 1.2)


@both_or_first
@pytest.mark.parametrize("eta", [3.0, 1e3, 1e200])
def test_beyond_two_over_lambda_max_it_diverges_without_nan(eta: float, layers: Layers) -> None:
    # y = 3 keeps the unit alive on one side only, so a pair of opposite signs cannot both die.
    net = network([[1.0]], [[2.0], [-1.0]], [1.0, -1.0], residual=[1.0])
    steps = 400
    run = gradient_descent(
        *Network(np.array([[1.0], [-1.0]]), np.array([5.0, -3.0]), net.w, net.a).tensors,
        eta=eta,
        steps=steps,
        layers=layers,
    )
    for published in (run.squared_residual, run.movement, run.log_ratio()):
        assert not np.isnan(published.lower).any()
        assert not np.isnan(published.upper).any()
    assert not bool(run.residual.isnan().any())
    assert not bool(run.w.isnan().any())


def test_an_overflow_has_no_upper_bound_and_is_not_told_from_zero_by_mistake() -> None:
    # u = -w for ever: the unit's weight has the sign that keeps it on at each step.
    x, w = torch.ones(1, 1, dtype=torch.float64), torch.full((1, 1), 2.0, dtype=torch.float64)
    y, a = torch.full((1,), 1e200, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    run = gradient_descent(x, y, w, a, eta=1e200, steps=3)
    assert run.squared_residual.upper[-1] == math.inf
    assert run.log_ratio().upper[-1] == math.inf
    assert run.log_ratio().lower[-1] > -math.inf
    assert run.movement.upper[-1] == math.inf


@both_or_first
def test_a_batch_is_its_rows_one_by_one(layers: Layers) -> None:
    seeds = Seeds((3, 4), count=7)
    w, a = gaussian_weights(9, 2, seeds), rademacher_signs(9, seeds)
    net = drawn(np.random.default_rng(1), n=3, m=9, d=2, scale=1.0)
    x, y = torch.from_numpy(net.x), torch.from_numpy(net.y)
    eta = torch.linspace(0.05, 0.3, 7, dtype=torch.float64)
    batch = gradient_descent(x, y, w, a, eta=eta, steps=15, layers=layers)
    for s in range(7):
        row = gradient_descent(x, y, w[s], a[s], eta=float(eta[s]), steps=15, layers=layers)
        for one, many in (
            (row.squared_residual, batch.squared_residual[s]),
            (row.movement, batch.movement[s]),
            (row.log_ratio(), batch.log_ratio()[s]),
        ):
            assert (one.lower <= many.upper).all()
            assert (many.lower <= one.upper).all()
        assert row.flips is not None
        assert batch.flips is not None
        assert row.flips.tolist() == batch.flips[s].tolist()


def test_leading_dimensions_are_kept() -> None:
    w = gaussian_weights(5, 2, Seeds((3, 4), count=6)).reshape(2, 3, 5, 2)
    net = drawn(np.random.default_rng(1), n=2, m=5, d=2, scale=1.0)
    x, y, _, a = net.tensors
    run = gradient_descent(x, y, w, a, eta=0.1, steps=4)
    assert run.squared_residual.shape == (2, 3, 5)
    assert run.w.shape == w.shape
    assert run.undecided.shape == (2, 3)


def test_after_a_tie_nothing_is_claimed() -> None:
    # w.x_2 = 1/10 * 3 - 3/10 is a rounding error away from zero: exact arithmetic says a tie.
    start = Start.of(rows=[[1, 0], [3, -1]], weights=[["1/10", "3/10"]], signs=[1], residual=[1, 1])
    run = gradient_descent(start.x, start.y, start.w, start.a, eta=0.1, steps=2)
    assert bool(run.undecided)
    assert (run.squared_residual.lower[1:] == 0).all()
    assert (run.squared_residual.upper[1:] == math.inf).all()
    assert np.isfinite(run.squared_residual.upper[0])
    assert np.isfinite(run.log_ratio().lower).all()


def test_a_weight_of_zero_is_on_as_in_the_paper() -> None:
    net = network([[1.0]], [[0.0]], [1.0], residual=[1.0])
    run = gradient_descent(*net.tensors, eta=0.5, steps=1)
    assert not bool(run.undecided)
    assert float(run.w) == 0.5


def test_inputs_of_zero_are_refused_before_the_run() -> None:
    net = drawn(np.random.default_rng(2), n=3, m=4, d=2, scale=1.0)
    x, y, w, a = net.tensors
    x[1] = 0.0
    for keep_H in (True, False):
        with pytest.raises(ValueError, match="a row of x is zero"):
            gradient_descent(x, y, w, a, eta=0.2, steps=10**9, keep_H=keep_H)


def test_no_steps_show_the_start() -> None:
    net = drawn(np.random.default_rng(2), n=3, m=4, d=2, scale=1.0)
    run = gradient_descent(*net.tensors, eta=0.2, steps=0)
    true = descent(net, eta=0.2, steps=0)
    assert outside(run.squared_residual.sqrt(), true.norm, tolerance=0) == 0
    assert run.movement.upper.tolist() == [0.0]
    assert run.flips is not None
    assert run.flips.shape == (0,)
    assert torch.equal(run.w, net.tensors[2])


def test_one_step_is_the_first_step_of_a_run() -> None:
    net = drawn(np.random.default_rng(2), n=3, m=4, d=2, scale=1.0)
    run = gradient_descent(*net.tensors, eta=0.2, steps=1, layers="both")
    w, a = one_step(*net.tensors, eta=0.2, layers="both")
    torch.testing.assert_close((run.w, run.a), (w, a))
    assert torch.equal(one_step(*net.tensors, eta=0.2)[1], net.tensors[3])
