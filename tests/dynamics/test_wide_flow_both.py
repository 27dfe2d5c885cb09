import numpy as np
import pytest
import torch

from dynamics import wide_flow
from models import H, gaussian_weights, rademacher_signs
from tests.dynamics.oracles import Network, flow
from tests.dynamics.test_wide_flow import SEEDS, TIMES, assert_meet, assert_same, data, dense, meet
from verdicts import Seeds


@pytest.mark.parametrize("label", [0.0, 1.0, -6.0])
@pytest.mark.parametrize("m", [1, 3, 40, 500])
def test_the_flow_is_that_of_the_whole_network(m: int, label: float) -> None:
    x, _ = data(1, 3)
    y, times = torch.tensor([label], dtype=torch.float64), TIMES[:-1]
    wide = wide_flow(x, y, SEEDS, m=m, times=times, layers="both")
    assert bool(wide.plain.all())
    assert_same(wide, dense(x, y, SEEDS, m, times=times, layers="both"))
    assert wide.both


@pytest.mark.parametrize("length", [0.3, 1.0, 2.5])
def test_inputs_of_any_length_and_dimension(length: float) -> None:
    x, y = data(1, 2, scale=2.0, key=1)
    wide = wide_flow(length * x, y, SEEDS, m=400, times=TIMES[:-1], layers="both")
    assert_same(wide, dense(length * x, y, SEEDS, 400, times=TIMES[:-1], layers="both"))
    assert wide.candidates.max() < 400


def test_scipy_finds_the_same() -> None:
    x, y = data(1, 1, scale=3.0)
    wide = wide_flow(x, y, SEEDS, m=60, times=TIMES, layers="both")
    w, a = gaussian_weights(60, 1, SEEDS), rademacher_signs(60, SEEDS)
    true = flow(
        Network(x.numpy(), y.numpy(), w[0].numpy(), a[0].numpy()), TIMES.tolist(), both=True
    )
    np.testing.assert_allclose(wide.residual[0].numpy(), true.e, atol=1e-7)
    np.testing.assert_allclose(wide.movement.lower[0], true.movement, atol=1e-7)
    np.testing.assert_allclose(wide.output_movement.lower[0], true.output_movement, atol=1e-7)


def test_a_network_of_a_hundred_thousand_neurons() -> None:
    x, y = data(1, 1)
    wide = wide_flow(x, y, SEEDS, m=100_000, times=TIMES, layers="both")
    assert_meet(wide, dense(x, y, SEEDS, 100_000, layers="both", keep_path=False))
    assert wide.candidates.max() < 5000
    assert wide.squared_residual.width.max() < 1e-9
    # The neurons that are followed for their length are those that move the farthest.
    assert wide.movement.width.max() < 1e-11
    assert wide.output_movement.width.max() < 1e-11
    w = gaussian_weights(100_000, 1, SEEDS)
    torch.testing.assert_close(wide.H[:, 0], H(x, w), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("guess", "streams"), [("first_reach", 2), ("likely_reach", 1)])
def test_a_band_too_narrow_is_widened(
    guess: str, streams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = data(1, 1)
    usual = wide_flow(x, y, SEEDS, m=5000, times=TIMES, layers="both")
    monkeypatch.setattr(f"dynamics.wide.search.{guess}", lambda *_, **__: torch.full((1,), 0.1))
    again = wide_flow(x, y, SEEDS, m=5000, times=TIMES, layers="both")
    assert again.streams.min() >= streams
    assert_same(again, usual, tolerance=1e-12)


def test_without_the_check_another_flow_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data(1, 1, scale=5.0)
    usual = wide_flow(x, y, SEEDS, m=5000, times=TIMES, layers="both")
    monkeypatch.setattr(
        "dynamics.wide.search.likely_reach", lambda *_, **__: torch.full((1,), 0.01)
    )
    monkeypatch.setattr("dynamics.wide.flow_first.GUARD", np.inf)
    wrong = wide_flow(x, y, SEEDS, m=5000, times=TIMES, layers="both")
    assert not meet(wrong.squared_residual, usual.squared_residual)


def test_where_nobody_is_on_nothing_moves() -> None:
    x, y = torch.ones(1, 1, dtype=torch.float64), torch.tensor([2.0], dtype=torch.float64)
    seeds = Seeds((7, 8), count=20)
    wide = wide_flow(x, y, seeds, m=1, times=TIMES, layers="both")
    off = gaussian_weights(1, 1, seeds)[:, 0, 0] < 0
    assert 0 < off.sum() < 20
    assert bool((wide.residual[off] == 2).all())
    assert not wide.movement.upper[off].any()
    rest = wide_flow(x, 0 * y, seeds, m=1, times=TIMES, layers="both")
    assert not rest.residual[off].any()
    assert not np.isnan(rest.log_ratio().upper).any()
