"""The error of one run against long doubles, and against a second run."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamics import gradient_descent
from dynamics.descent.first_layer import FirstLayerRun
from dynamics.descent.record import Kept, Record, joined
from dynamics.descent.run import Run
from dynamics.problem import Problem, problem
from models import Start, gaussian_weights, rademacher_signs
from tests.dynamics.oracles import Network, drawn, outside
from verdicts import Seeds

KEPT = Kept(flips=True, H=True)


def rate(eta: float) -> Tensor:
    return torch.full((1, 1), eta, dtype=torch.float64)


def given(net: Network) -> Problem:
    return problem(*net.tensors, "first", "test")


def long_residuals(net: Network, *, eta: float, steps: int) -> list[np.ndarray]:
    """Residuals of a run whose roundings are a thousand times smaller."""
    x, y, w, a = (part.astype(np.longdouble) for part in (net.x, net.y, net.w, net.a))
    root, found = np.sqrt(np.longdouble(len(a))), []
    for _ in range(steps + 1):
        z = w @ x.T
        e = y - a @ np.maximum(z, 0) / root
        found.append(e)
        w = w + np.longdouble(eta) / root * (a[:, None] * ((z >= 0) * e)) @ x
    return found


@pytest.mark.parametrize("seed", range(60))
def test_a_run_encloses_a_run_in_long_doubles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d, m = (int(k) for k in (rng.integers(1, 7), rng.integers(1, 6), rng.choice([1, 5, 80])))
    net = drawn(rng, n=n, m=m, d=d, scale=1.0, correlated=float(rng.choice([0.0, 3.0, 1e6])))
    largest = np.linalg.eigvalsh(net.x @ net.x.T)[-1]
    eta, steps = float(10.0 ** rng.uniform(-2, 0.8) / largest), 200
    run = gradient_descent(*net.tensors, eta=eta, steps=steps)
    true = np.linalg.norm(np.array(long_residuals(net, eta=eta, steps=steps)).astype(float), axis=1)
    assert not bool(run.undecided)
    assert outside(run.squared_residual.sqrt(), true, tolerance=0) == 0
    assert np.isfinite(run.squared_residual.upper).all()


def share_of_the_bound(record: Record, net: Network, *, eta: float, steps: int) -> float:
    """The largest error over its bound, in the norm over the inputs."""
    gap = np.array(long_residuals(net, eta=eta, steps=steps)) - record.e[0].numpy()
    bound = np.linalg.norm(record.e_error[0].numpy(), axis=1)
    return float((np.linalg.norm(gap.astype(float), axis=1) / bound).max())


def one_unit_on_both_sides() -> Network:
    """A unit that is pushed from one side of its kink to the other and back."""
    x = np.array([[1.0], [-1.0], [1.0], [-1.0], [-1.0]])
    return Network(x, np.array([-0.04, 0.09, 2.1, -0.65, 0.3]), np.full((1, 1), 2.0), np.ones(1))


def test_a_unit_that_turns_off_and_on_keeps_its_error_meanwhile() -> None:
    # In the residual the error is not seen as long as the unit is off: only flips bring it back.
    net, eta, steps = one_unit_on_both_sides(), 1.2, 60
    record = FirstLayerRun(given(net), rate(eta), KEPT).go(steps)
    assert record.flips is not None
    assert int((record.flips > 0).sum()) > 5
    assert share_of_the_bound(record.lasting(), net, eta=eta, steps=steps) < 0.5


@pytest.mark.parametrize("kind", [FirstLayerRun, Run])
def test_a_run_that_rests_on_a_rounding_is_not_taken_for_exact(
    kind: type[FirstLayerRun] | type[Run],
) -> None:
    # The steps soon are less than half an ulp of the displacement -1.4, in every run alike.
    net = Network(
        np.array([[1e3], [1.0], [4e3]]), np.array([0.2, 0.1, -0.5]), np.array([[1.4], [-2.2]]),
        np.array([1.0, -1.0]),
    )  # fmt: skip
    record = kind(given(net), rate(1e-7), KEPT).go(200).lasting()
    assert share_of_the_bound(record, net, eta=1e-7, steps=200) < 0.5


def test_differences_that_cross_zero_are_no_proof() -> None:
    # A lone unit's two runs differ by (1 - eta lambda)^k times the first difference: exactly 0
    # after one step of eta = 1/lambda.
    net = Network(np.full((1, 1), 3.0), np.array([7.0]), np.full((1, 1), 0.1), np.ones(1))
    for kind in (FirstLayerRun, Run):
        record = kind(given(net), rate(1 / 9), KEPT).go(5)
        errors = record.lasting().e_error[0, :, 0]
        assert (errors[1:] >= errors[:-1] / 2).all()
        assert (errors >= record.e_error[0, :, 0]).all()
        assert share_of_the_bound(record.lasting(), net, eta=1 / 9, steps=5) < 1


def test_the_shadow_grows_as_the_second_run_does() -> None:
    # eta = 2.5 / lambda multiplies the residual by -1.5, and with it the error; the unit stays on.
    net = Network(np.ones((1, 1)), np.array([1e6 + 1]), np.full((1, 1), 1e6), np.ones(1))
    for kind in (FirstLayerRun, Run):
        error = kind(given(net), rate(2.5), KEPT).go(30).e_error[0, :, 0].numpy()
        assert error[30] / error[20] == pytest.approx(1.5**10, rel=0.5)


def test_both_ways_publish_the_same() -> None:
    net = drawn(np.random.default_rng(3), n=4, m=50, d=3, scale=1.0)
    once, twice = (kind(given(net), rate(0.2), KEPT).go(40) for kind in (FirstLayerRun, Run))
    assert once.flips is not None
    assert twice.flips is not None
    assert once.flips.tolist() == twice.flips.tolist()
    for name in ("e", "movement", "H", "w"):
        torch.testing.assert_close(getattr(once, name), getattr(twice, name), rtol=0, atol=1e-13)


def test_only_rows_near_a_tie_are_run_twice() -> None:
    start = Start.of(rows=[[1, 0], [3, -1]], weights=[["1/10", "3/10"]], signs=[1], residual=[1, 1])
    weights = torch.stack((start.w, start.w + 0.25))
    run = gradient_descent(start.x, start.y, weights, start.a, eta=0.1, steps=2)
    assert run.undecided.tolist() == [True, False]
    assert np.isfinite(run.squared_residual.upper[1]).all()


def test_a_run_of_many_spans_is_a_run_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    net = drawn(np.random.default_rng(4), n=3, m=20, d=2, scale=1.0)
    whole = gradient_descent(*net.tensors, eta=0.2, steps=30)
    monkeypatch.setattr("dynamics.descent.first_layer._SPAN_FLOATS", 40)
    parts = gradient_descent(*net.tensors, eta=0.2, steps=30)
    np.testing.assert_allclose(parts.squared_residual.upper, whole.squared_residual.upper)
    np.testing.assert_allclose(parts.movement.upper, whole.movement.upper)


def test_blocks_of_neurons_are_one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    net = drawn(np.random.default_rng(5), n=3, m=100, d=2, scale=1.0)
    whole = gradient_descent(*net.tensors, eta=0.3, steps=20)
    monkeypatch.setattr("dynamics.descent.fused.BLOCK_BYTES", 480)
    parts = gradient_descent(*net.tensors, eta=0.3, steps=20)
    assert parts.flips is not None
    assert whole.flips is not None
    assert parts.flips.tolist() == whole.flips.tolist()
    torch.testing.assert_close((parts.w, parts.H), (whole.w, whole.H))
    np.testing.assert_allclose(parts.movement.upper, whole.movement.upper, rtol=1e-10)


def test_many_inputs_without_their_matrices_are_run_twice() -> None:
    net = drawn(np.random.default_rng(6), n=20, m=10, d=2, scale=1.0)
    lean = gradient_descent(*net.tensors, eta=0.05, steps=5, keep_H=False)
    full = gradient_descent(*net.tensors, eta=0.05, steps=5)
    torch.testing.assert_close(lean.residual, full.residual)


def test_output_weights_of_any_size_are_weighed() -> None:
    rng = np.random.default_rng(7)
    net = drawn(rng, n=3, m=30, d=3, scale=1.0)
    net = Network(net.x, net.y, net.w, rng.normal(size=30))
    once, twice = (kind(given(net), rate(0.3), KEPT).go(30) for kind in (FirstLayerRun, Run))
    torch.testing.assert_close((once.e, once.H), (twice.e, twice.H))


def test_single_precision_has_the_errors_of_single_precision() -> None:
    seeds = Seeds((3, 4), count=5)
    w, a = gaussian_weights(50, 3, seeds), rademacher_signs(50, seeds)
    x, y, _, _ = drawn(np.random.default_rng(8), n=3, m=1, d=3, scale=1.0).tensors
    exact = gradient_descent(x, y, w, a, eta=0.2, steps=20)
    run = gradient_descent(x.float(), y.float(), w.float(), a.float(), eta=0.2, steps=20)
    decided = ~run.undecided.numpy()
    assert decided.any()
    low, high = run.squared_residual.lower[decided], run.squared_residual.upper[decided]
    assert (low <= exact.squared_residual.upper[decided]).all()
    assert (exact.squared_residual.lower[decided] <= high).all()
    assert 1e-9 < (high - low).max() < 1e-2


def test_records_are_put_together_row_by_row() -> None:
    net = drawn(np.random.default_rng(9), n=2, m=5, d=2, scale=1.0)
    record = FirstLayerRun(given(net), rate(0.1), KEPT).go(3)
    both = joined([record, record])
    assert both.e.shape == (2, 4, 2)
    other = both.with_rows(
        torch.tensor([False, True]), FirstLayerRun(given(net), rate(0.2), KEPT).go(3)
    )
    torch.testing.assert_close(other.e[0], record.e[0])
    assert not math.isclose(float(other.e[1, 3, 0]), float(record.e[0, 3, 0]))
