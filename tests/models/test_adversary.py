import itertools
import math
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest
import torch
from scipy import optimize
from torch import Tensor

from models import Dataset, H, change_bound, flip_bound, gaussian_weights, gram, worst_in_ball
from verdicts import Seeds

ONE = torch.ones(1, 1, dtype=torch.float64)
Goal = Literal["norm", "lambda_min"]


def change(x: Tensor, W: Tensor, w: Tensor) -> Tensor:
    size: Tensor = torch.linalg.matrix_norm(H(x, W) - H(x, w), 2)
    return size


def exactly_inside(W: Tensor, w: Tensor, R: float) -> bool:
    squares = [
        sum((Fraction(p) - Fraction(q)) ** 2 for p, q in zip(moved, start, strict=True))
        for moved, start in zip(W.tolist(), w.tolist(), strict=True)
    ]
    return all(square <= Fraction(R) ** 2 for square in squares)


@pytest.mark.parametrize("R", [0.01, 0.2, 2.0])
def test_one_sample_is_exact(R: float) -> None:
    w = gaussian_weights(50, 1, Seeds((1, 2), count=20))
    off = ((w >= 0) & (w < R)).double().mean(dim=(1, 2))
    on = ((w < 0) & (w > -R)).double().mean(dim=(1, 2))
    torch.testing.assert_close(change(ONE, worst_in_ball(ONE, w, R), w), torch.maximum(off, on))
    lowest = worst_in_ball(ONE, w, R, goal="lambda_min")
    torch.testing.assert_close(H(ONE, lowest)[:, 0, 0], H(ONE, w)[:, 0, 0] - off)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_orthonormal_samples_are_exact(n: int) -> None:
    # H is diagonal, so the worst is the sample with the largest one-sided flippable fraction.
    x, R = torch.eye(n, dtype=torch.float64), 0.15
    w = gaussian_weights(60, n, Seeds((1, 2), count=20))
    off = ((w >= 0) & (w < R)).double().mean(dim=1)
    on = ((w < 0) & (w > -R)).double().mean(dim=1)
    expected = torch.maximum(off, on).amax(dim=1)
    torch.testing.assert_close(change(x, worst_in_ball(x, w, R), w), expected)
    left = torch.diagonal(H(x, w), dim1=1, dim2=2) - off
    found = H(x, worst_in_ball(x, w, R, goal="lambda_min"))
    torch.testing.assert_close(torch.linalg.eigvalsh(found)[:, 0], left.amin(dim=1))


@pytest.mark.parametrize("goal", ["norm", "lambda_min"])
@pytest.mark.parametrize("R", [1e-9, 0.02, 0.4])
def test_found_weights_are_in_the_ball_and_under_the_bounds(goal: Goal, R: float) -> None:
    x = gaussian_weights(4, 3, Seeds((4, 4)))[0]
    w = gaussian_weights(80, 3, Seeds((1, 2), count=5))
    W = worst_in_ball(x, w, R, goal=goal)
    assert all(exactly_inside(W[s], w[s], R) for s in range(5))
    sharp = torch.linalg.matrix_norm(change_bound(x, w, R), 2)
    assert bool((change(x, W, w) <= sharp + 1e-14).all())
    assert bool((sharp <= flip_bound(x, w, R) + 1e-14).all())


def reachable(x: Tensor, w: Tensor, R: float) -> list[Tensor]:
    """Every pattern of one neuron that the ball holds, by the distance to the pattern's cone."""
    found = []
    for signs in itertools.product((1.0, -1.0), repeat=len(x)):
        cone = (torch.tensor(signs, dtype=torch.float64)[:, None] * x).numpy()
        # Moreau: what w lacks of {v: cone v >= 0} is its projection on the polar cone.
        multipliers, _ = optimize.nnls(cone.T, -w.numpy())
        if np.linalg.norm(cone.T @ multipliers) < R:
            found.append(torch.tensor([sign > 0 for sign in signs]).double())
    return found


def best_by_brute_force(x: Tensor, w: Tensor, R: float, goal: Goal) -> float:
    choices = [reachable(x, neuron, R) for neuron in w]
    patterns = torch.stack([torch.stack(combined) for combined in itertools.product(*choices)])
    grams = gram(x) * (patterns.mT @ patterns) / len(w)
    if goal == "lambda_min":
        return -float(torch.linalg.eigvalsh(grams)[:, 0].min())
    return float(torch.linalg.matrix_norm(grams - H(x, w), 2).max())


@pytest.mark.parametrize("goal", ["norm", "lambda_min"])
@pytest.mark.parametrize("R", [0.1, 0.5, 1.5])
def test_two_samples_are_near_the_brute_force_optimum(goal: Goal, R: float) -> None:
    found, best = [], []
    for trial in range(12):
        x = gaussian_weights(2, 2, Seeds((7, 7), first=trial))[0]
        w = gaussian_weights(5, 2, Seeds((8, 8), first=trial))[0]
        W = worst_in_ball(x, w, R, goal=goal)
        least = -float(torch.linalg.eigvalsh(H(x, W))[0])
        found.append(least if goal == "lambda_min" else float(change(x, W, w)))
        best.append(best_by_brute_force(x, w, R, goal))
    assert all(f <= b + 1e-12 for f, b in zip(found, best, strict=True))
    exact = sum(f >= b - 1e-12 for f, b in zip(found, best, strict=True))
    assert exact >= 10


def test_a_frobenius_ball_flips_the_cheapest_units() -> None:
    w = gaussian_weights(200, 1, Seeds((1, 2), count=10))
    R = 0.1 * math.sqrt(200)
    W = worst_in_ball(ONE, w, R, norm="frobenius")
    for s in range(10):
        most = 0
        for side in (w[s] >= 0, w[s] < 0):
            costs = w[s][side].square().sort().values.cumsum(dim=0)
            most = max(most, int((costs <= R * R).sum()))
        assert round(float(change(ONE, W, w)[s]) * 200) == most
        assert float((W[s] - w[s]).norm()) <= R


def test_a_frobenius_ball_holds_what_is_found_for_many_samples() -> None:
    x = gaussian_weights(3, 3, Seeds((4, 4)))[0]
    w = gaussian_weights(60, 3, Seeds((1, 2), count=4))
    W = worst_in_ball(x, w, 1.0, norm="frobenius", goal="lambda_min")
    assert bool(((W - w).flatten(1).norm(dim=1) <= 1.0).all())
    drop = torch.linalg.eigvalsh(H(x, w))[:, 0] - torch.linalg.eigvalsh(H(x, W))[:, 0]
    assert bool((drop > 0.02).all())


def test_it_finds_nearly_the_proved_bound_at_width_1000() -> None:
    x = Dataset.of(rows=[[1, 0, 0], [1, 2, 0], [0, 1, 3]], labels=[0, 0, 0]).x
    w = gaussian_weights(1000, 3, Seeds((1, 2), count=4))
    bound = torch.linalg.matrix_norm(change_bound(x, w, 0.05), 2)
    assert bool((change(x, worst_in_ball(x, w, 0.05), w) >= 0.9 * bound).all())


@pytest.mark.parametrize("norm", ["max", "frobenius"])
def test_duplicated_and_antipodal_samples_are_allowed(norm: Literal["max", "frobenius"]) -> None:
    x = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 2.0]], dtype=torch.float64)
    w = gaussian_weights(40, 2, Seeds((1, 2), count=3))
    W = worst_in_ball(x, w, 0.3, norm=norm)
    assert bool(((W - w).norm(dim=-1) <= 0.3).all())
    assert bool((change(x, W, w) > 0).all())


def test_a_batch_equals_a_loop_and_shapes_are_kept() -> None:
    x = gaussian_weights(3, 3, Seeds((4, 4)))[0]
    w = gaussian_weights(60, 3, Seeds((1, 2), count=6)).reshape(2, 3, 60, 3)
    R = torch.linspace(0.0, 0.5, 6, dtype=torch.float64).reshape(2, 3)
    W = worst_in_ball(x, w, R)
    assert W.shape == w.shape
    assert torch.equal(W[0, 0], w[0, 0])
    for i, j in itertools.product(range(2), range(3)):
        alone = worst_in_ball(x, w[i, j], float(R[i, j]))
        torch.testing.assert_close(change(x, W[i, j], w[i, j]), change(x, alone, w[i, j]))


def test_many_seeds_are_worked_through_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    w = gaussian_weights(30, 1, Seeds((1, 2), count=9))
    whole = worst_in_ball(ONE, w, 0.5)
    monkeypatch.setattr("models.two_layer.adversary._CHUNK_FLOATS", 1)
    assert torch.equal(worst_in_ball(ONE, w, 0.5), whole)


def test_out_of_reach_the_weights_stay() -> None:
    w = 5 + gaussian_weights(4, 1, Seeds((1, 2), count=2)).abs()
    W = worst_in_ball(ONE, w, 1.0)
    assert torch.equal(W, w)
    assert W is not w


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"norm": "l1"}, "norm='l1'"),
        ({"goal": "trace"}, "goal='trace'"),
        ({"R": math.inf}, "finite"),
        ({"R": -1.0}, "R=-1.0"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        worst_in_ball(**{"x": ONE, "w0": ONE, "R": 0.1, **settings})  # type: ignore[arg-type]
