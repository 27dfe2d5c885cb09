import itertools
import math

import numpy as np
import pytest
import torch

from models import SeedNumber, random_matrices, trace_moments
from models.ensembles import ENSEMBLES
from verdicts import Seeds, hashed_key

SEEDS = Seeds(hashed_key("test_ensembles"), 0, 4000)


def _value(polynomial: dict[int, int], m: int) -> float:
    return sum(count * float(m) ** power for power, count in polynomial.items())


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_each_ensemble_has_its_symmetry(ensemble: str) -> None:
    W = random_matrices(ensemble, 5, SeedNumber(3), s=0.5)[0]
    if ensemble == "orthogonal":
        torch.testing.assert_close(W @ W.mT, 0.25 * torch.eye(5, dtype=torch.float64))
    if ensemble == "symmetric":
        assert torch.equal(W, W.mT)
    if ensemble == "antisymmetric":
        assert torch.equal(W, -W.mT)


def test_a_sub_batch_has_the_numbers_of_the_whole() -> None:
    whole = random_matrices("orthogonal", 3, SEEDS)
    part = random_matrices("orthogonal", 3, Seeds(SEEDS.key, 7, 2))
    torch.testing.assert_close(part, whole[7:9], rtol=0, atol=1e-15)


@pytest.mark.parametrize("ensemble", ["gaussian", "symmetric", "antisymmetric"])
def test_variances_of_entries(ensemble: str) -> None:
    W = random_matrices(ensemble, 3, SEEDS, s=2.0)
    on = {"gaussian": 1.0, "symmetric": 2.0, "antisymmetric": 0.0}[ensemble]
    expected = torch.full((3, 3), 4 / 3, dtype=torch.float64)
    expected.fill_diagonal_(4 / 3 * on)
    torch.testing.assert_close(W.square().mean(dim=0), expected, rtol=0.15, atol=0)


def test_haar_powers_have_the_traces_of_rains() -> None:
    """E tr Q^k over O(m) is 1 for even k >= 2 and 0 for odd k, at every m."""
    for m in (1, 2, 3, 4):
        power = haar = random_matrices("orthogonal", m, SEEDS)
        for k in range(2, 7):
            power = power @ haar
            traces = power.diagonal(dim1=-2, dim2=-1).sum(dim=-1)
            spread = float(traces.std()) / math.sqrt(4000) + 1e-12
            assert abs(float(traces.mean()) - (k % 2 == 0)) < 5 * spread


@pytest.mark.parametrize("ensemble", ["gaussian", "symmetric", "antisymmetric"])
@pytest.mark.parametrize("words", [("TW",), ("TTWW",), ("WW",), ("TW", "TW"), ("WWTW",)])
def test_moments_equal_those_of_wick_index_by_index(ensemble: str, words: tuple[str, ...]) -> None:
    """All indices summed out, entries paired with their covariances: no counting of loops."""
    for m in (1, 2):
        assert _value(trace_moments(ensemble, *words), m) == pytest.approx(
            _brute_force(ensemble, words, m), abs=1e-12
        )


def test_eight_letters_agree_with_a_large_sample() -> None:
    for ensemble in ("gaussian", "symmetric", "antisymmetric"):
        W = random_matrices(ensemble, 3, SEEDS)
        square = (W @ W).square().sum(dim=(-2, -1))
        found, spread = float(square.square().mean()), float(square.square().std()) / 63
        assert abs(found - _value(trace_moments(ensemble, "TTWW", "TTWW"), 3)) < 5 * spread


def test_catalan_numbers_lead_in_symmetric_matrices() -> None:
    assert trace_moments("symmetric", "WWWWWWWW")[1] == 14
    assert trace_moments("gaussian", "TTWW")[1] == 1
    assert trace_moments("symmetric", "WWWW") == {1: 2, 0: 5, -1: 5}  # Harer, Zagier; Ledoux


def _brute_force(ensemble: str, words: tuple[str, ...], m: int) -> float:
    length = sum(map(len, words))
    total = 0.0
    for indices in itertools.product(range(m), repeat=length):
        entries, at = [], 0
        for word in words:
            own = indices[at : at + len(word)]
            for k, letter in enumerate(word):
                pair = (own[k], own[(k + 1) % len(word)])
                entries.append(pair if letter == "W" else pair[::-1])
            at += len(word)
        covariances = np.array([[_covariance(ensemble, p, q, m) for q in entries] for p in entries])
        total += _hafnian(covariances)
    return total


def _covariance(ensemble: str, p: tuple[int, int], q: tuple[int, int], m: int) -> float:
    turned = {"gaussian": 0, "symmetric": 1, "antisymmetric": -1}[ensemble]
    return ((p == q) + turned * (p == q[::-1])) / m


def _hafnian(C: np.ndarray) -> float:
    if not len(C):
        return 1.0
    keep = range(1, len(C))
    left = {j: [k for k in keep if k != j] for j in keep}
    return float(sum(C[0, j] * _hafnian(C[np.ix_(left[j], left[j])]) for j in keep))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: random_matrices("unitary", 2, SeedNumber(0)), "ensemble='unitary'"),
        (lambda: random_matrices("gaussian", 0, SeedNumber(0)), "m=0"),
        (lambda: random_matrices("gaussian", 2, SeedNumber(0), s=math.inf), "s=inf"),
        (lambda: trace_moments("orthogonal", "WW"), "ensemble='orthogonal'"),
        (lambda: trace_moments("gaussian", "W"), "even number"),
        (lambda: trace_moments("gaussian", "WX"), "words of W and T"),
        (lambda: trace_moments("gaussian", "WW" * 5), "at most 8"),
    ],
)
def test_bad_arguments_are_named(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=words):
        call()
