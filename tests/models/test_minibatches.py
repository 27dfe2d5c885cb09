"""Mini-batches against enumeration, and the second moment of a step against it."""

import itertools

import pytest
import torch

from models import after_one_batch, batch_counts, drawn_moment


def test_counts_are_those_of_all_batches() -> None:
    counts = batch_counts(3, 2)
    expected = [
        [batch.count(i) for i in range(3)] for batch in itertools.product(range(3), repeat=2)
    ]
    assert counts.tolist() == expected
    assert batch_counts(1, 3).tolist() == [[3.0]]


@pytest.mark.parametrize(("n", "s"), [(1, 1), (2, 1), (3, 2), (4, 3), (5, 2)])
def test_the_moment_after_a_batch_is_the_mean_over_all_batches(n: int, s: int) -> None:
    random = torch.Generator().manual_seed(n + 10 * s)
    A = torch.randn(n, n + 1, dtype=torch.float64, generator=random)
    K, r = A @ A.mT, torch.randn(n, dtype=torch.float64, generator=random)
    counts, eta = batch_counts(n, s), 0.03
    pulled = counts * r
    after = r - eta * pulled @ K
    mean = (after[:, :, None] * after[:, None]).mean(dim=0)
    assert torch.allclose(after_one_batch(torch.outer(r, r), K, eta, s), mean, atol=1e-12)
    drawn = (pulled[:, :, None] * pulled[:, None]).mean(dim=0)
    assert torch.allclose(drawn_moment(torch.outer(r, r), s), drawn, atol=1e-12)


@pytest.mark.parametrize(("n", "s"), [(0, 1), (1, 0), (300, 3)])
def test_too_many_batches_are_refused(n: int, s: int) -> None:
    with pytest.raises(ValueError, match=f"n={n}, s={s}"):
        batch_counts(n, s)
