import math

import pytest
import torch

from models import (
    H,
    H_core,
    change_bound,
    flip_bound,
    gaussian_weights,
    gram,
    near_counts,
)
from models.two_layer.ball import Radius
from verdicts import Seeds

SEEDS = Seeds((5, 6), count=6)
X = gaussian_weights(3, 4, Seeds((1, 1)))[0]
W0 = gaussian_weights(40, 4, SEEDS)
RADII = torch.linspace(0.05, 0.6, 6, dtype=torch.float64)


def within(R: torch.Tensor, number: int) -> torch.Tensor:
    directions = gaussian_weights(40, 4, Seeds((9, number), count=6))
    lengths: torch.Tensor = directions.norm(dim=-1, keepdim=True)
    return W0 + R[:, None, None] * directions / lengths


def test_near_counts_count() -> None:
    counts = near_counts(X, W0, 0.3)
    assert counts.shape == (6, 3)
    for s in range(6):
        for i in range(3):
            close = [abs(float(w @ X[i])) <= 0.3 * float(X[i].norm()) for w in W0[s]]
            assert counts[s, i] == sum(close)


def test_a_distance_of_exactly_r_is_near() -> None:
    x = torch.tensor([[3.0, 4.0]], dtype=torch.float64)
    w = torch.tensor([[0.6, 0.8], [0.7, 0.8], [-0.6, -0.8]], dtype=torch.float64)
    assert near_counts(x, w, 1.0).tolist() == [2]
    assert near_counts(x, w, 1 - 1e-9).tolist() == [0]


def test_the_bounds_follow_their_definitions() -> None:
    G, m, R = gram(X), 40, 0.3
    pre = W0 @ X.mT
    on, close = pre >= 0, pre.abs() <= R * X.norm(dim=-1)
    for s in range(6):
        S, core = 0.0, torch.zeros(3, 3, dtype=torch.float64)
        for r in range(m):
            either = close[s, r][:, None] | close[s, r][None, :]
            S += float((G.abs() * either).sum()) / m
            if not close[s, r].any():
                D = on[s, r].double().diag()
                core += D @ G @ D / m
        assert abs(float(flip_bound(X, W0, R)[s]) - S) < 1e-12
        torch.testing.assert_close(H_core(X, W0, R)[s], core)


@pytest.mark.parametrize("number", range(4))
def test_weights_in_the_ball_obey_core_and_bounds(number: int) -> None:
    W = within(RADII, number)
    change = H(X, W) - H(X, W0)
    above_core = torch.linalg.eigvalsh(H(X, W) - H_core(X, W0, RADII))
    assert float(above_core.min()) > -1e-14
    bound = change_bound(X, W0, RADII)
    assert bool((change.abs() <= bound + 1e-14).all())
    assert bool((torch.linalg.matrix_norm(bound, 2) <= flip_bound(X, W0, RADII) + 1e-14).all())


def test_the_core_loses_at_most_the_dropped_fraction() -> None:
    lost = torch.linalg.eigvalsh(H(X, W0))[:, 0] - torch.linalg.eigvalsh(H_core(X, W0, 0.2))[:, 0]
    dropped = ((W0 @ X.mT).abs() <= 0.2 * X.norm(dim=-1)).any(dim=-1).double().mean(dim=-1)
    assert bool((lost <= torch.linalg.matrix_norm(gram(X), 2) * dropped + 1e-14).all())


def test_radius_zero_changes_nothing() -> None:
    assert torch.equal(H_core(X, W0, 0.0), H(X, W0))
    assert flip_bound(X, W0, 0.0).tolist() == [0.0] * 6
    assert float(change_bound(X, W0, 0.0).max()) == 0.0


def test_an_infinite_radius_keeps_nothing() -> None:
    assert float(H_core(X, W0, math.inf).abs().max()) == 0.0
    torch.testing.assert_close(flip_bound(X, W0, math.inf), gram(X).abs().sum().expand(6))


def test_one_radius_per_seed_equals_a_loop() -> None:
    for function in (near_counts, H_core, flip_bound, change_bound):
        together = function(X, W0, RADII)
        for s in range(6):
            torch.testing.assert_close(together[s], function(X, W0[s], float(RADII[s])))


@pytest.mark.parametrize("R", [-1.0, math.nan, torch.tensor([0.1, -0.1] * 3), torch.ones(5)])
def test_bad_radii_are_refused(R: Radius) -> None:
    with pytest.raises(ValueError, match="near_counts: R"):
        near_counts(X, W0, R)
