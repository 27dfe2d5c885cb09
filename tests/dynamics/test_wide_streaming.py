import math

import numpy as np
import pytest
import torch
from scipy.stats import chi2
from torch import Tensor

from dynamics.wide.streaming import Neurons, Reach, Source, Start, Sums, default_chunk, stream
from models import G2, H, gaussian_weights, predictions, rademacher_signs
from verdicts import Seeds

ROW = Seeds((3, 1), first=4)
both_or_first = pytest.mark.parametrize("both", [False, True])


def inputs(n: int, d: int) -> Tensor:
    rng = np.random.default_rng((n, d))
    return torch.from_numpy(rng.normal(size=(n, d)))


def network(m: int, d: int) -> tuple[Tensor, Tensor]:
    return gaussian_weights(m, d, ROW)[0], rademacher_signs(m, ROW)[0]


def streamed(x: Tensor, m: int, chunk: int, reach: Reach, *, both: bool = False) -> Start:
    return stream(Source(x, ROW, m, chunk, both), reach)


@both_or_first
@pytest.mark.parametrize("chunk", [1, 7, 64, 300])
def test_the_sums_are_those_of_the_network_for_every_chunk(chunk: int, both: bool) -> None:
    x, (w, a) = inputs(3, 2), network(300, 2)
    total = streamed(x, 300, chunk, Reach(torch.zeros(3)), both=both).total
    torch.testing.assert_close(total.u / math.sqrt(300), predictions(x, w, a))
    torch.testing.assert_close(total.size, (w @ x.mT).relu().sum(dim=0))
    torch.testing.assert_close(total.joint_counts() / 300 * (x @ x.mT), H(x, w))
    assert int(total.counts.sum()) == 300
    if both:
        assert total.moments is not None
        masks = total.masks().unsqueeze(-1) * total.masks().unsqueeze(-2)
        torch.testing.assert_close(
            (total.moments[:, :3, :3] * masks).sum(dim=0) / 300, G2(x, w)
        )  # fmt: skip
        by_sign = (total.moments[:, :3, 3] * total.masks()).sum(dim=0)
        torch.testing.assert_close(by_sign, total.u)
        assert total.moments[:, 3, 3].tolist() == total.counts.tolist()
    else:
        assert total.moments is None


@pytest.mark.parametrize("n", [1, 2, 8, 9, 12, 13, 17, 52])
def test_patterns_are_counted_for_any_number_of_samples(n: int) -> None:
    x, (w, _) = inputs(n, 2), network(200, 2)
    total = streamed(x, 200, 60, Reach(torch.zeros(n))).total
    on = (w @ x.mT >= 0).numpy()
    patterns, counts = np.unique(on, axis=0, return_counts=True)
    rows = zip(patterns.astype(float).tolist(), counts.tolist(), strict=True)
    found = zip(total.masks().tolist(), total.counts.tolist(), strict=True)
    assert sorted(found) == sorted(rows)


@pytest.mark.parametrize("chunk", [9, 500])
def test_neurons_near_a_hyperplane_are_kept_word_for_word(chunk: int) -> None:
    x, (w, a) = inputs(3, 2), network(500, 2)
    band = torch.tensor([0.1, 0.0, 0.3], dtype=torch.float64)
    near = streamed(x, 500, chunk, Reach(band)).near
    z = w @ x.mT
    chosen = (z.abs() < band).any(dim=1)
    assert 0 < int(chosen.sum()) < 500
    torch.testing.assert_close(near.z, z[chosen].mT, rtol=0, atol=1e-14)
    assert torch.equal(near.a, a[chosen])
    torch.testing.assert_close(near.lengths, w[chosen].norm(dim=1))
    assert not bool(near.far.any())


@pytest.mark.parametrize(("n", "d"), [(3, 2), (2, 5)])
def test_long_neurons_are_kept_by_their_length_in_the_span(n: int, d: int) -> None:
    x, (w, _) = inputs(n, d), network(2000, d)
    basis = None if d <= n else torch.linalg.qr(x.mT).Q
    radius = math.sqrt(chi2.isf(0.05, 2))
    near = streamed(x, 2000, 300, Reach(torch.zeros(n), radius, basis)).near
    length = (w if basis is None else w @ basis).norm(dim=1)
    assert bool(near.far.all())
    assert len(near.a) == int((length > radius).sum())
    assert 50 < len(near.a) < 160


@both_or_first
def test_a_split_loses_nobody(both: bool) -> None:
    x, (w, _) = inputs(3, 2), network(400, 2)
    band = torch.full((3,), 0.3, dtype=torch.float64)
    start = streamed(x, 400, 50, Reach(band, 3.0) if both else Reach(band), both=both)
    followed, rest = start.split(band / 3, both=both)
    apart = (w @ x.mT).abs() < band / 3
    assert len(followed.a) == int((apart.any(dim=1) | (both & (w.norm(dim=1) > 3))).sum())
    assert int(rest.counts.sum()) + len(followed.a) == 400
    assert bool((rest.counts > 0).all())
    again = rest.plus(Sums.of(followed.z, followed.a, both=both)).present()
    assert torch.equal(again.codes, start.total.codes)
    assert torch.equal(again.counts, start.total.counts)
    torch.testing.assert_close(again.u, start.total.u)
    if both:
        torch.testing.assert_close(again.moments, start.total.moments)


def test_a_split_of_all_leaves_nothing() -> None:
    x = inputs(3, 2)
    band = torch.full((3,), math.inf, dtype=torch.float64)
    followed, rest = streamed(x, 100, 30, Reach(band)).split(band, both=False)
    assert len(followed.a) == 100
    assert len(rest.codes) == 0
    assert float(rest.u.abs().max()) < 1e-13


def test_a_stream_of_nothing_is_told() -> None:
    with pytest.raises(ValueError, match="stream: m=0"):
        streamed(inputs(2, 2), 0, 5, Reach(torch.zeros(2)))


def test_some_neurons_are_the_chosen_ones() -> None:
    z = torch.arange(6.0).reshape(2, 3)
    some = Neurons(z, torch.ones(3), torch.arange(3.0), torch.tensor([False, True, False]))
    found = some.these(torch.tensor([True, False, True]))
    assert found.z.tolist() == [[0, 2], [3, 5]]
    assert found.lengths.tolist() == [0, 2]


def test_a_chunk_fits_the_cache_and_keeps_a_gpu_busy() -> None:
    assert default_chunk(3, "cpu") * 3 <= 2**17
    assert default_chunk(1000, "cpu") >= 1000
    assert default_chunk(3, "cuda") > 50 * default_chunk(3, "cpu")
