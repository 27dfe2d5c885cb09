"""The matrix of Lemma 4: its identities, its law, and where it is not defined."""

import math

import pytest
import torch
from scipy.stats import kstest
from torch import Tensor

from models import SeedNumber, adaptive_gaussian, gaussian_weights


def network(m: int, d: int, s_w: float, seed: SeedNumber) -> tuple[Tensor, Tensor]:
    A = s_w * math.sqrt(2 / m) * gaussian_weights(m, m, seed, layer=2)
    return A, math.sqrt(2 / d) * gaussian_weights(m, d, seed)


def unit(d: int) -> Tensor:
    x = gaussian_weights(2, d, SeedNumber(99))[0]
    rows: Tensor = math.sqrt(d) * x / x.norm(dim=1, keepdim=True)
    return rows


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_both_products_come_out(layers: int) -> None:
    m, d, s_w = 30, 3, 0.3
    for number in range(200):
        A, W = network(m, d, s_w, SeedNumber(number))
        found = adaptive_gaussian(unit(d), A, W, s_w, layers)
        for h, expected in ((found.first, 0), (found.second, 1)):
            image = (found.M @ h.unsqueeze(-1)).squeeze(-1)[0]
            assert torch.allclose(image, found.preactivations[0, expected], atol=1e-11)
        x = unit(d)
        z = found.features[0]
        products = s_w**2 / m * (z @ z.T) + x @ x.T / d
        assert float(found.first @ found.second.mT) == pytest.approx(float(products[0, 1]))
        assert float(found.first @ found.first.mT) == pytest.approx(float(products[0, 0]))


def test_it_has_the_layer_that_picard_iteration_has() -> None:
    A, W = network(20, 2, 0.25, SeedNumber(5))
    x = unit(2)
    z = torch.zeros(2, 20, dtype=torch.float64)
    for _ in range(3):
        z = (z @ A[0].T + x @ W[0].T).relu()
    found = adaptive_gaussian(x, A, W, 0.25, 3)
    assert torch.allclose(found.features[0], z, atol=1e-13)


def test_its_entries_are_normal_of_variance_two() -> None:
    m, d, s_w = 60, 3, 0.3
    pooled = []
    for number in range(40):
        A, W = network(m, d, s_w, SeedNumber(number))
        pooled.append(adaptive_gaussian(unit(d), A, W, s_w, 3).M.flatten())
    entries = torch.cat(pooled) / math.sqrt(2)
    assert kstest(entries.numpy(), "norm").pvalue > 1e-3
    assert float(entries.square().mean()) == pytest.approx(1.0, abs=0.05)
    # Columns are uncorrelated.
    stacked = torch.stack([part.view(m, -1) for part in pooled]).mT / math.sqrt(2)
    moments = (stacked @ stacked.mT / m).mean(dim=0)
    assert float((moments - torch.eye(len(moments))).abs().max()) < 0.12


def test_batches_have_the_rows_of_single_seeds() -> None:
    A = torch.cat([network(16, 2, 0.2, SeedNumber(k))[0] for k in range(4)])
    W = torch.cat([network(16, 2, 0.2, SeedNumber(k))[1] for k in range(4)])
    whole = adaptive_gaussian(unit(2), A, W, 0.2, 2)
    one = adaptive_gaussian(unit(2), A[2:3], W[2:3], 0.2, 2)
    assert torch.allclose(whole.M[2], one.M[0], atol=1e-12)
    assert not bool(whole.degenerate.any())


def test_equal_inputs_are_degenerate() -> None:
    A, W = network(16, 2, 0.2, SeedNumber(0))
    x = unit(2)[:1].repeat(2, 1)
    assert bool(adaptive_gaussian(x, A, W, 0.2, 2).degenerate.all())


@pytest.mark.parametrize(
    ("layers", "s_w", "rows"), [(0, 0.1, 2), (8, 0.1, 2), (1, 0.0, 2), (1, 0.1, 3)]
)
def test_arguments_are_refused(layers: int, s_w: float, rows: int) -> None:
    A, W = network(16, 2, 0.2, SeedNumber(0))
    with pytest.raises(ValueError, match="give two inputs, s_w > 0"):
        adaptive_gaussian(torch.ones(rows, 2, dtype=torch.float64), A, W, s_w, layers)
