import math
from typing import Any

import pytest
import torch
from flint import arb, ctx
from torch import Tensor

from models import (
    G2,
    Dataset,
    H,
    H_error,
    H_inf,
    gaussian_weights,
    gram,
    predictions,
    rademacher_signs,
)
from verdicts import Seeds

SEEDS = Seeds((5, 6), count=5)


def sphere(*rows: list[Any]) -> Tensor:
    return Dataset.of(rows=list(rows), labels=[0] * len(rows)).x


def fan(n: int) -> Tensor:
    angles = torch.arange(n, dtype=torch.float64) * math.pi / n
    return torch.stack((angles.cos(), angles.sin()), dim=-1)


def pair(angle: float) -> Tensor:
    rows = [[1.0, 0.0], [math.cos(angle), math.sin(angle)]]
    return torch.tensor(rows, dtype=torch.float64)


def least(A: Tensor) -> float:
    return float(torch.linalg.eigvalsh(A)[0])


def jacobian(x: Tensor, w: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    def u(weights: Tensor, outputs: Tensor) -> Tensor:
        return (x @ weights.T).relu() @ outputs / math.sqrt(len(outputs))

    first, second = torch.func.jacrev(u, argnums=(0, 1))(w, a)
    return first.flatten(1), second


def test_h_counts_joint_activity_exactly() -> None:
    # Duplicated, antipodal and parallel inputs: the counts are the same integers.
    x = torch.tensor([[1.0, 2.0], [1.0, 2.0], [-1.0, -2.0], [0.1, 0.2], [2.0, -1.0]]).double()
    w = gaussian_weights(1001, 2, SEEDS)
    counts = H(x, w) * 1001 / gram(x)
    for s in range(SEEDS.count):
        on = [[bool(w[s, r] @ x[i] >= 0) for r in range(1001)] for i in (0, 2, 4)]
        assert round(float(counts[s, 0, 0])) == sum(on[0])
        assert round(float(counts[s, 2, 2])) == sum(on[1])
    expected = counts.where(gram(x) != 0, 0.0)
    assert torch.equal(H(x, w), gram(x) * (expected.round() / 1001))
    assert torch.equal(H(x, w)[:, 0, 1], H(x, w)[:, 0, 0])
    assert torch.equal(H(x, w)[:, 0, 2], torch.zeros(SEEDS.count).double())


def test_h_and_g2_are_the_jacobians_grams() -> None:
    x = gaussian_weights(4, 3, Seeds((1, 1)))[0]
    w, a = gaussian_weights(6, 3, SEEDS), rademacher_signs(6, SEEDS)
    for outputs in (a, 1.5 * a):
        both = H(x, w, outputs), G2(x, w)
        for s in range(SEEDS.count):
            for ours, J in zip(both, jacobian(x, w[s], outputs[s]), strict=True):
                torch.testing.assert_close(ours[s], J @ J.T)
    torch.testing.assert_close(H(x, w, a), H(x, w))


def test_h_is_symmetric_and_one_rounding_away_from_exact() -> None:
    x = gaussian_weights(7, 5, Seeds((1, 1)))[0]
    for A in (gram(x), H(x, gaussian_weights(50, 5, SEEDS)), H_inf(x)):
        assert torch.equal(A, A.mT)


def test_the_limit_is_the_mean_of_h() -> None:
    x = gaussian_weights(4, 3, Seeds((1, 1)))[0]
    mean = H(x, gaussian_weights(4000, 3, Seeds((8, 8), count=50))).mean(dim=0)
    # Bernoulli means over 200 000 neurons: sigma <= |G_ij|/2/sqrt(200 000).
    sigma = gram(x).abs() / 2 / math.sqrt(200_000)
    assert bool(((mean - H_inf(x)).abs() < 5 * sigma).all())


def test_the_limits_diagonal_is_half_the_squared_norm() -> None:
    x = gaussian_weights(6, 4, Seeds((3, 1)))[0] * 1e3
    assert torch.equal(H_inf(x).diagonal(), gram(x).diagonal() / 2)


@pytest.mark.parametrize(
    ("n", "expected"), [(2, 0.5), (3, 0.2190), (4, 0.0929), (6, 0.0487), (8, 0.0340)]
)
def test_lambda_0_of_points_on_a_half_circle(n: int, expected: float) -> None:
    assert abs(least(H_inf(fan(n))) - expected) < 6e-5


def test_lambda_0_of_two_points_is_the_closed_form() -> None:
    assert abs(least(H_inf(pair(math.pi / 3))) - 1 / 3) < 1e-15
    for t in (0.1, 1.0, 2.0, 3.0):
        expected = 0.5 - abs(math.cos(t)) * (math.pi - t) / (2 * math.pi)
        assert abs(least(H_inf(pair(t))) - expected) < 1e-15
    assert abs(least(H_inf(pair(1e-6))) / (1e-6 / (2 * math.pi)) - 1) < 1e-5


def test_an_antipodal_pair_has_exactly_zero_off_the_diagonal() -> None:
    for row in ([1, 0], [3, -7], ["1/3", "2/7"]):
        x = sphere(row)
        limit = H_inf(torch.cat((x, -x)))
        assert limit[0, 1] == 0
        assert abs(least(limit) - 0.5) < 1e-15


def test_three_antipodal_pairs_are_singular_and_two_are_not() -> None:
    six, four = fan(3), fan(2)
    # A circulant matrix with first row 1/2, 1/6, -1/12, 0, -1/12, 1/6.
    values = torch.linalg.eigvalsh(H_inf(torch.cat((six, -six))))
    expected = torch.tensor([0, 5 / 12, 5 / 12, 2 / 3, 3 / 4, 3 / 4], dtype=torch.float64)
    torch.testing.assert_close(values, expected, rtol=0, atol=1e-15)
    # Two orthogonal pairs: H_inf is the identity over 2 exactly.
    assert abs(least(H_inf(torch.cat((four, -four)))) - 0.5) < 1e-15


def test_the_limit_keeps_its_digits_for_nearly_parallel_rows() -> None:
    # Integer rows, so that the exact angle is known to balls.
    ctx.prec = 200
    rows = [[10**8, 1], [10**8, -1]]
    angle = 2 * (arb(1) / 10**8).atan()
    exact = (10**16 - 1) * (arb.pi() - angle) / (2 * arb.pi())
    off = float(H_inf(torch.tensor(rows, dtype=torch.float64))[0, 1])
    assert abs(off / float(exact.mid()) - 1) < 4e-16


def test_ties_widen_the_error_of_h() -> None:
    x = sphere([1, 0], [0, 1])
    w = torch.tensor([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]], dtype=torch.float64)
    error = H_error(x, w)
    # Neuron 0 ties on sample 0: the entry 2/3 may be 1/3, and 0 ties matter for sample 1 alone.
    torch.testing.assert_close(error, torch.tensor([[1 / 3, 0.0], [0.0, 0.0]]).double())
    assert abs(float(H(x, w)[0, 0]) - 2 / 3) < 1e-15
    nudged = w + torch.tensor([-1e-9, 0.0], dtype=torch.float64)
    assert bool(((H(x, w) - H(x, nudged)).abs() <= error).all())
    doubled = H_error(x, w, torch.full((3,), 2.0, dtype=torch.float64))
    torch.testing.assert_close(doubled, 4 * error)


def test_without_ties_the_error_of_h_is_rounding() -> None:
    x = gaussian_weights(4, 3, Seeds((1, 1)))[0]
    error = H_error(x, gaussian_weights(60, 3, SEEDS))
    assert error.shape == (5, 4, 4)
    assert float(error.max()) < 1e-13


def test_a_trained_step_moves_predictions_by_h() -> None:
    x = gaussian_weights(3, 3, Seeds((1, 1)))[0]
    w, a = gaussian_weights(8, 3, SEEDS), rademacher_signs(8, SEEDS)
    e = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    on = (w @ x.T >= 0).double()
    step = 1e-7 * (a.unsqueeze(-1) * on * e) @ x / math.sqrt(8)
    moved = (predictions(x, w + step, a) - predictions(x, w, a)) / 1e-7
    torch.testing.assert_close(moved, H(x, w) @ e, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "x",
    [
        torch.ones(3),
        torch.ones(0, 2),
        torch.ones(2, 0),
        torch.ones(2, 2).long(),
        torch.tensor([[1.0, 0.0], [0.0, 0.0]]),
        torch.tensor([[1.0, math.nan]]),
        torch.tensor([[math.inf, 1.0]]),
    ],
)
def test_bad_inputs_are_refused(x: Tensor) -> None:
    for kernel in (gram, H_inf):
        with pytest.raises(ValueError, match=r"(gram|H_inf): .*x .*; give"):
            kernel(x)


def test_output_weights_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"H: a has shape \(4,\); give \(\*s, m\) with m=3"):
        H(torch.ones(1, 2), torch.ones(3, 2), torch.ones(4))
