"""Multinomial counts: exact sums, the right law, and one stream for every batch."""

import numpy as np
import pytest
import torch
from scipy.stats import binom, chi2, poisson

from dynamics import node_counts
from models import SeedNumber
from verdicts import Seeds, hashed_key

LAW = torch.tensor([0.5, 0.0, 0.2, 0.3], dtype=torch.float64)
STREAM = Seeds(hashed_key("node counts"))


@pytest.mark.parametrize("drawn", [1, 7, 10**8])
def test_counts_are_whole_and_sum_up(drawn: int) -> None:
    counts = node_counts(LAW, drawn, STREAM.block(0, 20), rows=3)
    assert counts.shape == (20, 3, 4)
    assert bool((counts.sum(dim=-1) == drawn).all())
    assert bool((counts >= 0).all() and (counts == counts.round()).all())
    assert float(counts[..., 1].abs().max()) == 0


def test_every_sample_of_two_draws_has_its_probability() -> None:
    counts = node_counts(LAW, 2, STREAM.block(0, 4000))[:, 0]
    rows, seen = np.unique(counts.numpy(), axis=0, return_counts=True)
    q = LAW.numpy()
    wanted = np.array([(2 if (row == 1).any() else 1) * np.prod(q**row) for row in rows]) * 4000
    assert len(rows) == 6
    assert wanted.sum() == pytest.approx(4000)
    assert chi2.sf(((seen - wanted) ** 2 / wanted).sum(), 5) > 1e-3


@pytest.mark.parametrize("drawn", [10**7, 10**15])
def test_rare_nodes_and_the_largest_samples(drawn: int) -> None:
    """Of the mean 5 one count is of Poisson's law; the rest are Gaussian, with the covariance."""
    rare = 5 / drawn
    q = torch.tensor([rare, 0.0, 0.6, 0.4 - rare], dtype=torch.float64)
    counts = node_counts(q, drawn, STREAM.block(0, 4000))[:, 0].numpy()
    assert (counts.sum(axis=-1) == drawn).all()
    seen = np.bincount(counts[:, 0].astype(int), minlength=13)
    wanted = 4000 * np.append(poisson.pmf(np.arange(12), 5), poisson.sf(11, 5))
    seen = np.append(seen[:12], seen[12:].sum())
    assert chi2.sf(((seen - wanted) ** 2 / wanted).sum(), 12) > 1e-3
    off = (counts[:, 2:] - drawn * q.numpy()[2:]) / (0.24 * drawn) ** 0.5
    assert np.cov(off.T) == pytest.approx(np.array([[1, -1], [-1, 1]]), abs=0.1)
    assert np.abs(off.mean(axis=0)).max() < 4 / 4000**0.5


def test_many_draws_have_the_binomial_law() -> None:
    counts = node_counts(LAW, 10**6, STREAM.block(0, 2000))[:, 0].numpy()
    for j in (0, 2, 3):
        levels = np.sort(binom.cdf(counts[:, j], 10**6, float(LAW[j])))
        off = np.abs(levels - (np.arange(2000) + 0.5) / 2000).max()
        assert off < 1.95 / 2000**0.5  # Kolmogorov and Smirnov, one in a thousand


def test_a_batch_is_its_parts() -> None:
    whole = node_counts(LAW, 50, STREAM.block(0, 10), rows=2)
    assert torch.equal(whole[4:], node_counts(LAW, 50, STREAM.block(4, 6), rows=2))
    assert torch.equal(
        node_counts(LAW, 50, SeedNumber(3), rows=2)[:, :1], node_counts(LAW, 50, SeedNumber(3))
    )


def test_one_node_is_always_drawn() -> None:
    assert node_counts(torch.ones(1, dtype=torch.float64), 5, SeedNumber(0)).tolist() == [[[5]]]


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(ValueError, match="drawn=0, rows=1; give whole numbers >= 1"):
        node_counts(LAW, 0, SeedNumber(0))
    with pytest.raises(ValueError, match=r"the sum of q is 2\.0, its least entry 0\.0; give a law"):
        node_counts(2 * LAW, 1, SeedNumber(0))
    with pytest.raises(
        ValueError, match=r"the sum of q is 1\.0, its least entry -0\.5; give a law"
    ):
        node_counts(torch.tensor([1.5, -0.5], dtype=torch.float64), 1, SeedNumber(0))
    with pytest.raises(ValueError, match=r"drawn=1000000000000001; give at most 10\^15"):
        node_counts(LAW, 10**15 + 1, SeedNumber(0))
