import numpy as np
import pytest
import torch

import dynamics.flow.gradient as door
from certify import lambda_min
from dynamics import gradient_flow
from dynamics.flow.result import Flow
from dynamics.wide import folding
from models import gaussian_weights, predictions, rademacher_signs
from tests.dynamics.oracles import ChatteringError, Network, Path, drawn, flow, outside
from verdicts import Approx, Seeds

TIMES = [0.0, 0.2, 1.0, 4.0]
TWO = torch.tensor([[1.0, 0.0], [0.6, 0.8]], dtype=torch.float64)


def run(net: Network, *, keep_path: bool, layers: str = "first") -> Flow:
    times = torch.tensor(TIMES, dtype=torch.float64)
    return gradient_flow(*net.tensors, times=times, keep_path=keep_path, layers=layers)


def wide(seed: int, *, scale: float) -> Network:
    return drawn(np.random.default_rng(seed), n=2, m=600, d=2, scale=scale)


def meet(one: Approx, other: Approx) -> bool:
    return bool((one.lower <= other.upper).all() and (other.lower <= one.upper).all())


def encloses(found: Flow, true: Path) -> bool:
    residual = outside(found.squared_residual.sqrt(), true.norm, tolerance=1e-6)
    return residual == 0 == outside(found.movement, true.movement, tolerance=1e-6)


@pytest.mark.parametrize("keep_path", [True, False])
@pytest.mark.parametrize("scale", [1e-3, 0.1, 0.7])
def test_flow_of_six_hundred_neurons_is_what_scipy_finds(scale: float, keep_path: bool) -> None:
    compared = 0
    for seed in range(3):
        net = wide(seed, scale=scale)
        found = run(net, keep_path=keep_path)
        try:
            true = flow(net, TIMES, rtol=1e-8, most_calls=5000)
        except ChatteringError:  # a neuron slides
            continue
        compared += bool(found.plain)
        assert not bool(found.plain) or encloses(found, true)
    assert compared >= 1


@pytest.mark.parametrize("scale", [1e-6, 1e-2, 0.3, 1.0])
def test_a_folded_network_is_the_whole_network(
    scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_LOCATED", 0)
    folds = 0
    for seed in range(6):
        net = wide(seed, scale=scale)
        whole, folded = run(net, keep_path=True), run(net, keep_path=False)
        folds += folded.w is None
        assert bool(whole.plain) == bool(folded.plain)
        assert meet(whole.squared_residual, folded.squared_residual)
        assert meet(whole.movement, folded.movement)
        assert meet(whole.log_ratio(), folded.log_ratio())
        torch.testing.assert_close(whole.residual, folded.residual, rtol=0.01, atol=1e-12)
    assert folds >= 2


def test_without_any_kink_folding_is_exact() -> None:
    net = wide(0, scale=1e-6)
    whole, folded = run(net, keep_path=True), run(net, keep_path=False)
    assert torch.equal(whole.path[0], whole.path[-1])
    torch.testing.assert_close(whole.H, folded.H)
    torch.testing.assert_close(whole.residual, folded.residual, rtol=1e-8, atol=0)
    e = np.array(
        [torch.matrix_exp(-whole.H[0] * t).numpy() @ whole.residual[0].numpy() for t in TIMES]
    )
    assert outside(folded.squared_residual, (e**2).sum(axis=1), tolerance=0) == 0


def test_a_folded_network_keeps_neither_path_nor_weights() -> None:
    found = run(wide(0, scale=0.1), keep_path=False)
    with pytest.raises(ValueError, match="keep_path=True"):
        _ = found.path
    with pytest.raises(ValueError, match="keep_path=True"):
        _ = found.weights
    with pytest.raises(ValueError, match="no path of a single flow"):
        found.integral_of(lambda_min)


def test_a_band_that_is_exceeded_falls_back_to_the_whole_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(door, "_LOCATED", 0)
    net = wide(1, scale=1.0)
    whole = run(net, keep_path=True)
    assert run(net, keep_path=False).w is None
    monkeypatch.setattr(folding, "_SAFETY", 1e-6)
    found = run(net, keep_path=False)
    assert torch.equal(found.residual, whole.residual)
    assert (found.movement.upper == whole.movement.upper).all()
    torch.testing.assert_close(found.weights, whole.weights)
    assert found.H_path is None


def test_seeds_fold_together_as_alone() -> None:
    seeds = Seeds((5, 6), count=5)
    w, a = gaussian_weights(600, 2, seeds), rademacher_signs(600, seeds)
    y = predictions(TWO, w, a) + torch.tensor([0.5, 0.2], dtype=torch.float64)
    times = torch.tensor(TIMES, dtype=torch.float64)
    batch = gradient_flow(TWO, y, w, a, times=times, keep_path=False)
    assert batch.w is None
    for s in range(5):
        row = gradient_flow(TWO, y[s], w[s], a[s], times=times, keep_path=False)
        assert meet(row.squared_residual, batch.squared_residual[s])
        assert meet(row.movement, batch.movement[s])


def test_stepping_over_kinks_agrees_with_stopping_at_them(monkeypatch: pytest.MonkeyPatch) -> None:
    # The same networks of 200 neurons, taken for wide ones and not.
    nets = [drawn(np.random.default_rng(s), n=2, m=300, d=3, scale=1.0) for s in range(12)]
    stopped = [run(net, keep_path=True) for net in nets]
    monkeypatch.setattr(door, "_LOCATED", 0)
    slid = 0
    for net, exact in zip(nets, stopped, strict=True):
        over = run(net, keep_path=True)
        slid += bool(exact.slid)
        assert meet(over.squared_residual, exact.squared_residual)
        assert meet(over.movement, exact.movement)
        assert meet(over.log_ratio(), exact.log_ratio())
    # What a slide does is counted as error where steps run over it.
    assert slid >= 3


def test_wide_flow_of_both_layers_is_what_scipy_finds() -> None:
    net = wide(2, scale=0.5)
    found = run(net, keep_path=False, layers="both")
    assert bool(found.plain)
    assert encloses(found, flow(net, TIMES, both=True, rtol=1e-8))
