import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamics import Descent, gradient_descent
from dynamics.problem import Layers
from dynamics.wide import search as wide_search
from dynamics.wide import streaming
from dynamics.wide.descent import wide_descent
from dynamics.wide.result import WideDescent
from models import H, SeedNumber, gaussian_weights, gram, rademacher_signs
from tests.dynamics.oracles import Network, descent, outside
from verdicts import Approx, Seeds

SEEDS = Seeds((7, 8), first=5, count=2)
both_or_first = pytest.mark.parametrize("layers", ["first", "both"])


def data(n: int, d: int, *, scale: float = 1.0, key: int = 0) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng((n, d, key))
    x = rng.normal(size=(n, d))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return torch.from_numpy(x), torch.from_numpy(scale * rng.normal(size=n))


def dense(x: Tensor, y: Tensor, seeds: Seeds, m: int, **rest: Any) -> Descent:
    w, a = gaussian_weights(m, x.shape[1], seeds), rademacher_signs(m, seeds)
    return gradient_descent(x, y, w, a, **rest)


def apart(one: Approx, other: Approx) -> float:
    """How far two enclosures of the same number miss each other."""
    return float(max((one.lower - other.upper).max(), (other.lower - one.upper).max()))


def assert_same(wide: WideDescent, other: Descent, *, tolerance: float = 1e-11) -> None:
    torch.testing.assert_close(wide.residual, other.residual, rtol=0, atol=tolerance)
    if other.flips is not None:
        assert wide.flips.tolist() == other.flips.tolist()
    assert apart(wide.squared_residual, other.squared_residual) <= 0
    assert apart(wide.movement, other.movement) <= 1e-14
    assert apart(wide.log_ratio(), other.log_ratio()) <= 0
    if wide.output_movement is not None and other.output_movement is not None:
        assert apart(wide.output_movement, other.output_movement) <= 1e-14
    for mine, its in ((wide.H, other.H), (wide.G2, other.G2)):
        assert (mine is None) == (its is None)
        if mine is not None:
            torch.testing.assert_close(mine, its, rtol=0, atol=tolerance)


@both_or_first
@pytest.mark.parametrize(
    ("n", "d", "m", "eta", "steps"),
    [
        (1, 1, 10_000, 0.5, 80),
        (2, 5, 10_000, 1.0, 40),
        (3, 3, 10_000, 0.4, 60),
        (3, 2, 4_000, 0.3, 60),
        (5, 5, 10_000, 0.3, 60),
        (10, 4, 10_000, 0.1, 30),
        (10, 10, 10_000, 0.2, 30),
        (14, 3, 3_000, 0.1, 30),
        (4, 4, 10, 0.5, 30),
        (2, 3, 1, 0.5, 5),
    ],
)
def test_the_iterates_are_those_of_the_dense_run(
    n: int, d: int, m: int, eta: float, steps: int, layers: Layers
) -> None:
    x, y = data(n, d)
    wide = wide_descent(x, y, SEEDS, m=m, eta=eta, steps=steps, layers=layers, keep_H=True)
    assert_same(wide, dense(x, y, SEEDS, m, eta=eta, steps=steps, layers=layers))
    assert wide.ties.sum() == 0
    assert m < 1000 or wide.flips.sum() > 0
    assert m < 10_000 or n > 5 or wide.candidates.max() < m / 2
    assert wide.squared_residual.width.max() < 1e-9


@both_or_first
def test_duplicates_and_opposite_inputs_are_no_trouble(layers: Layers) -> None:
    x, y = data(3, 2)
    x, y = torch.cat((x, x[:1], -x[1:2])), torch.cat((y, y[:1] + 1, y[1:2]))
    wide = wide_descent(x, y, SEEDS, m=5000, eta=0.2, steps=40, layers=layers, keep_H=True)
    assert_same(wide, dense(x, y, SEEDS, 5000, eta=0.2, steps=40, layers=layers))


@both_or_first
def test_far_labels_make_all_neurons_candidates(layers: Layers) -> None:
    x, y = data(3, 3, scale=40.0)
    wide = wide_descent(x, y, SEEDS, m=1000, eta=0.3, steps=40, layers=layers, keep_H=True)
    assert_same(wide, dense(x, y, SEEDS, 1000, eta=0.3, steps=40, layers=layers), tolerance=1e-9)
    assert wide.candidates.tolist() == [1000, 1000]
    assert wide.flips.sum() > 1000


@pytest.mark.parametrize("share", [0.95, 0.999])
def test_near_the_limit_of_stability(share: float) -> None:
    x, y = data(3, 3)
    largest = torch.linalg.eigvalsh(H(x, gaussian_weights(5000, 3, SEEDS)))[:, -1].max()
    eta = share * 2 / float(largest)
    wide = wide_descent(x, y, SEEDS, m=5000, eta=eta, steps=60, keep_H=True)
    assert_same(wide, dense(x, y, SEEDS, 5000, eta=eta, steps=60))


@both_or_first
@pytest.mark.parametrize("eta", [9.0, 1e200])
def test_beyond_it_the_run_diverges_without_nan(eta: float, layers: Layers) -> None:
    x, y = data(3, 3)
    wide = wide_descent(x, y, SEEDS, m=300, eta=eta, steps=400, layers=layers, keep_H=True)
    published = [wide.squared_residual, wide.movement, wide.log_ratio(), wide.lambda_min()]
    for found in published:
        assert not np.isnan(found.lower).any()
        assert not np.isnan(found.upper).any()
    assert not bool(wide.residual.isnan().any())
    assert apart(
        wide.log_ratio(), dense(x, y, SEEDS, 300, eta=eta, steps=400, layers=layers).log_ratio()
    ) <= 0  # fmt: skip


@both_or_first
def test_a_band_too_narrow_is_streamed_again(
    layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = data(3, 3)
    usual = wide_descent(x, y, SEEDS, m=10_000, eta=0.4, steps=50, layers=layers)
    assert usual.streams.tolist() == [1, 1]
    monkeypatch.setattr(wide_search, "first_reach", lambda *_, **__: torch.full((3,), 0.3))
    again = wide_descent(x, y, SEEDS, m=10_000, eta=0.4, steps=50, layers=layers)
    assert again.streams.min() > 1
    torch.testing.assert_close(again.residual, usual.residual, rtol=0, atol=1e-12)
    assert again.flips.tolist() == usual.flips.tolist()
    assert apart(again.movement, usual.movement) <= 0


def test_a_second_guess_too_narrow_is_repeated_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data(3, 3)
    usual = wide_descent(x, y, SEEDS, m=10_000, eta=0.4, steps=50)
    monkeypatch.setattr(wide_search, "likely_reach", lambda *_, **__: torch.full((3,), 0.3))
    again = wide_descent(x, y, SEEDS, m=10_000, eta=0.4, steps=50)
    assert again.streams.tolist() == [1, 1]
    torch.testing.assert_close(again.residual, usual.residual, rtol=0, atol=1e-12)
    assert again.flips.tolist() == usual.flips.tolist()


def test_what_was_not_enough_is_told_by_the_run() -> None:
    # Without the check the narrow band would give another trajectory: the test above has teeth.
    x, y = data(3, 3)
    usual = wide_descent(x, y, SEEDS, m=10_000, eta=0.4, steps=50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wide_search, "first_reach", lambda *_, **__: torch.full((3,), 0.3))
        patch.setattr(wide_search, "_went", lambda _, trace: trace.drift.reach[0, 0])
        wrong = wide_descent(x, y, SEEDS, m=10_000, eta=0.4, steps=50)
    assert float((wrong.residual - usual.residual).abs().max()) > 1e-6


@both_or_first
def test_the_size_of_a_chunk_changes_nothing_but_rounding(layers: Layers) -> None:
    x, y = data(3, 4)
    runs = [
        wide_descent(x, y, SEEDS, m=3001, eta=0.4, steps=20, layers=layers, chunk=chunk)
        for chunk in (None, 3001, 1000, 37)
    ]
    for run in runs[1:]:
        torch.testing.assert_close(run.residual, runs[0].residual, rtol=0, atol=1e-13)
        assert run.candidates.tolist() == runs[0].candidates.tolist()
        assert run.flips.tolist() == runs[0].flips.tolist()


@both_or_first
def test_a_batch_is_its_rows_one_by_one(layers: Layers) -> None:
    x, y = data(3, 3)
    labels = torch.stack((y, -y, y + 1))
    seeds = Seeds((7, 8), first=2, count=3)
    batch = wide_descent(x, labels, seeds, m=2000, eta=0.4, steps=20, layers=layers)
    for s in range(3):
        row = wide_descent(
            x, labels[s], seeds.block(2 + s, 1), m=2000, eta=0.4, steps=20, layers=layers
        )
        assert torch.equal(batch.residual[s : s + 1], row.residual)
        assert (batch.movement.upper[s] == row.movement.upper[0]).all()
        assert batch.candidates[s] == row.candidates[0]


def test_any_keys_will_do() -> None:
    x, y = data(2, 2)
    run = wide_descent(x, y, SeedNumber(3), m=500, eta=0.4, steps=5)
    w, a = gaussian_weights(500, 2, SeedNumber(3)), rademacher_signs(500, SeedNumber(3))
    assert_same(run, gradient_descent(x, y, w, a, eta=0.4, steps=5, keep_H=False))


def test_no_step_at_all() -> None:
    x, y = data(2, 2)
    run = wide_descent(x, y, SEEDS, m=5000, eta=0.4, steps=0, keep_H=True)
    assert run.flips.shape == (2, 0)
    assert run.candidates.max() <= 1
    assert_same(run, dense(x, y, SEEDS, 5000, eta=0.4, steps=0))


def test_candidates_grow_as_the_root_of_the_width() -> None:
    x, y = data(3, 3)
    for m in (10**5, 10**6):
        run = wide_descent(x, y, Seeds((7, 8)), m=m, eta=0.5, steps=20)
        assert 1 < run.candidates[0] / math.sqrt(m) < 30
        assert run.streams.tolist() == [1]


@both_or_first
def test_neurons_that_come_to_rest_on_a_hyperplane_count_as_error(layers: Layers) -> None:
    rng = torch.Generator().manual_seed(10_009)
    x = torch.randn(3, 3, dtype=torch.float64, generator=rng)
    x /= x.norm(dim=1, keepdim=True)
    y = torch.randn(3, dtype=torch.float64, generator=rng)
    seeds = Seeds((7, 8), first=5)
    run = wide_descent(x, y, seeds, m=10_000, eta=0.5, steps=130, layers=layers)
    w, a = gaussian_weights(10_000, 3, seeds), rademacher_signs(10_000, seeds)
    net = Network(x.numpy(), y.numpy(), w[0].numpy(), a[0].numpy())
    true = descent(net, eta=0.5, steps=130, both=layers == "both")
    assert run.ties[0, -1] > 0
    assert (np.diff(run.ties.numpy()) >= 0).all()
    assert outside(run.squared_residual.sqrt(), true.norm[None], tolerance=1e-13) == 0
    assert outside(run.movement, true.movement[None], tolerance=1e-13) == 0
    assert run.squared_residual.width.max() < 1e-9
    assert run.movement.width.max() < 0.01 * run.movement.upper.max()


@pytest.mark.parametrize("side", [1e-17, -1e-17])
def test_both_ways_out_of_a_tie_are_enclosed(side: float, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data(2, 2, scale=3.0)
    w, a = gaussian_weights(40, 2, Seeds((7, 8))), rademacher_signs(40, Seeds((7, 8)))
    normal = torch.tensor([-x[0, 1], x[0, 0]], dtype=torch.float64)
    w[0, 0] = normal
    monkeypatch.setattr(streaming, "gaussian_weights", lambda *_, **__: w)
    found = wide_descent(x, y, Seeds((7, 8)), m=40, eta=0.3, steps=30)
    assert found.ties[0, -1] > 0
    w = w.clone()
    w[0, 0] = normal + side * x[0] - (x[0] @ normal) * x[0]
    # Moved to either side by far less than the tie's width, but so that floats tell.
    w[0, 0] += 1e-15 * math.copysign(1, side) * x[0]
    assert bool((x[0] @ w[0, 0] >= 0) == (side > 0))
    true = descent(Network(x.numpy(), y.numpy(), w[0].numpy(), a[0].numpy()), eta=0.3, steps=30)
    assert outside(found.squared_residual.sqrt(), true.norm[None], tolerance=1e-13) == 0
    assert outside(found.movement, true.movement[None], tolerance=1e-13) == 0


@both_or_first
def test_the_least_eigenvalue_along_the_way(layers: Layers) -> None:
    x, y = data(3, 3)
    wide = wide_descent(x, y, SEEDS, m=2000, eta=0.3, steps=10, layers=layers, keep_H=True)
    assert wide.H is not None
    true = np.linalg.eigvalsh(wide.H.numpy())[..., 0]
    found = wide.lambda_min()
    assert outside(found, true, tolerance=0.0) == 0
    assert found.width.max() < 1e-12
    assert bool((wide.H.diagonal(dim1=-2, dim2=-1) <= 2 * gram(x).diagonal()).all())
    with pytest.raises(ValueError, match="keep_H=True"):
        wide_descent(x, y, SEEDS, m=20, eta=0.3, steps=1, layers=layers).lambda_min()


def wide_with(**changes: Any) -> object:
    x, y = data(2, 2)
    given = {"x": x, "y": y, "seeds": SEEDS, "m": 10, "eta": 0.1, "steps": 1}
    return wide_descent(**{**given, **changes})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wide_with(layers="all"), "wide_descent: layers='all'"),
        (lambda: wide_with(x=torch.zeros(2, 2, dtype=torch.float64)), "row of x is zero"),
        (lambda: wide_with(x=torch.ones(2)), "x has shape .2,.; give"),
        (lambda: wide_with(x=torch.ones(53, 1), y=torch.ones(53)), "n=53; give at most 52"),
        (lambda: wide_with(y=torch.ones(3)), "y has shape .3,."),
        (lambda: wide_with(y=torch.ones(3, 2)), "one row per seed"),
        (lambda: wide_with(y=torch.tensor([1.0, math.nan])), "not finite"),
        (lambda: wide_with(seeds=Seeds((1, 2), dtype="float32")), "dtype='float32'"),
        (lambda: wide_with(m=0), "m=0"),
        (lambda: wide_with(m=1e6), "m=1000000.0; give an integer"),
        (lambda: wide_with(chunk=0), "chunk=0"),
        (lambda: wide_with(eta=0.0), "eta=0.0"),
        (lambda: wide_with(eta=math.inf), "eta=inf"),
        (lambda: wide_with(steps=-1), "steps=-1"),
    ],
)
def test_bad_arguments_are_told(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
