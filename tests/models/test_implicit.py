"""Implicit networks against unrolled iterations, finite differences and exact numbers."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models import (
    IMPLICIT_MODELS,
    ImplicitModel,
    ImplicitNetwork,
    SeedNumber,
    gaussian_weights,
    implicit_gradients,
    implicit_jacobians,
    implicit_kernels,
    implicit_pass,
    implicit_predictions,
    implicit_slopes,
    initial_implicit_network,
    nonlinearity,
    pass_predictions,
)
from verdicts import Seeds, hashed_key

KINDS = [(model, name) for model in IMPLICIT_MODELS for name in ("relu", "leaky relu", "tanh+0.7")]


def network_of(
    model: ImplicitModel, m: int, d: int, seed: int, activation: str = "relu"
) -> ImplicitNetwork:
    batch = initial_implicit_network(
        m, d, SeedNumber(seed), model=model, gamma=0.2, s_w=0.2, activation=activation
    )
    return batch.with_parameters([block[0] for block in batch.named().values()])


def unrolled(x: Tensor, network: ImplicitNetwork, steps: int = 500) -> Tensor:
    """Predictions by plain iteration, in the letters of the papers."""
    s, m = nonlinearity(network.activation).value, network.m
    if network.model == "gao":
        assert network.v is not None
        phi = s(x @ network.W.T) / math.sqrt(m)
        z = torch.zeros_like(phi)
        for _ in range(steps):
            z = s(network.gamma / math.sqrt(m) * z @ network.A.T + phi)
        return z @ network.u + phi @ network.v
    z = torch.zeros(len(x), m, dtype=x.dtype)
    for _ in range(steps):
        z = s(z @ network.A.T + x @ network.W.T)
    return z @ network.u


@pytest.mark.parametrize(("model", "activation"), KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_predictions_and_gradients_are_those_of_the_unrolled_iteration(
    model: ImplicitModel, activation: str, seed: int
) -> None:
    n, m, d = 1 + seed % 3, 1 + 2 * seed, 1 + seed % 4
    network = network_of(model, m, d, seed, activation)
    x = gaussian_weights(n, d, SeedNumber(seed), layer=9)[0]
    blocks = [b.clone().requires_grad_() for b in network.named().values()]
    u = unrolled(x, network.with_parameters(blocks))
    run = implicit_pass(x, network)
    assert float(run.rho) < 1
    torch.testing.assert_close(pass_predictions(run, network), u.detach(), atol=1e-12, rtol=1e-12)
    r = gaussian_weights(n, 1, SeedNumber(seed), layer=8)[0, :, 0]
    wanted = torch.autograd.grad(u, blocks, r)
    found = implicit_gradients(run, implicit_slopes(run, network), network, r)
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize(("model", "activation"), KINDS)
def test_the_kernel_is_the_product_of_jacobians(model: ImplicitModel, activation: str) -> None:
    for seed in range(5):
        network = network_of(model, 1 + 3 * seed, 3, seed, activation)
        x = gaussian_weights(4, 3, SeedNumber(seed), layer=9)[0]
        run = implicit_pass(x, network)
        slopes = implicit_slopes(run, network)
        blocks = implicit_jacobians(run, slopes, network)
        kernels = implicit_kernels(run, slopes, network)
        for J, K in zip(blocks, kernels, strict=True):
            torch.testing.assert_close(J @ J.T, K, atol=1e-11, rtol=1e-11)
        r = torch.arange(1.0, 5.0, dtype=torch.float64)
        for J, g in zip(blocks, implicit_gradients(run, slopes, network, r), strict=True):
            torch.testing.assert_close(r @ J, g.flatten(), atol=1e-11, rtol=1e-11)


def test_two_kernels_that_a_person_can_compute() -> None:
    one = torch.ones(1, 1, dtype=torch.float64)
    small = ImplicitNetwork(one / 2, one, one[0], one[0], "gao", 0.5)
    run = implicit_pass(torch.ones(2, 1, dtype=torch.float64), small)
    H = torch.stack(implicit_kernels(run, implicit_slopes(run, small), small)).sum(dim=0)
    np.testing.assert_allclose(H.numpy(), float(Fraction(730, 81)), rtol=1e-14)
    A = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    ones = torch.ones(2, dtype=torch.float64)
    fed = ImplicitNetwork(A, ones[:, None], ones, ones, "gao", 0.5)
    run = implicit_pass(one, fed)
    # z = (phi_1 + c phi_2, phi_2), c = gamma/sqrt(2), so p = (1, 1 + c) and b = (2, 2 + c).
    b = np.array([2.0, 2 + 0.5 / math.sqrt(2)])
    slopes = implicit_slopes(run, fed)
    np.testing.assert_allclose(slopes.b[0].numpy(), b, rtol=1e-15)
    np.testing.assert_allclose(implicit_kernels(run, slopes, fed)[1].item(), b @ b / 2, rtol=1e-14)


def test_slopes_at_kinks_are_the_papers_unless_given() -> None:
    zero, one = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    kinds: tuple[tuple[ImplicitModel, float], ...] = (("gao", 0.0), ("ling", 1.0))
    for model, own in kinds:
        network = ImplicitNetwork(
            zero, zero, one[0], one[0] if model == "gao" else None, model, activation="relu"
        )
        run = implicit_pass(one, network)
        for given, wanted in ((None, own), (0.25, 0.25), (1.0, 1.0)):
            slopes = implicit_slopes(run, network, at_kink=given)
            assert slopes.D.item() == wanted
            assert slopes.E.item() == (wanted if model == "gao" else 1.0)
    with pytest.raises(ValueError, match=r"at_kink=2.0; give a slope in \[0, 1\]"):
        implicit_slopes(run, network, at_kink=2.0)


@pytest.mark.parametrize("model", IMPLICIT_MODELS)
def test_a_batch_is_its_networks(model: ImplicitModel) -> None:
    seeds = Seeds(hashed_key("implicit"), first=3, count=5)
    batch = initial_implicit_network(4, 3, seeds, model=model, gamma=0.2, s_w=0.2)
    x = gaussian_weights(6, 3, SeedNumber(1))[0]
    run = implicit_pass(x, batch)
    slopes = implicit_slopes(run, batch)
    kernels = implicit_kernels(run, slopes, batch)
    r = pass_predictions(run, batch)
    gradients = implicit_gradients(run, slopes, batch, r)
    for k in range(5):
        one = batch.with_parameters([block[k] for block in batch.named().values()])
        alone = implicit_pass(x, one)
        own = implicit_slopes(alone, one)
        torch.testing.assert_close(implicit_predictions(x, one), r[k], atol=1e-13, rtol=1e-13)
        for K, L in zip(implicit_kernels(alone, own, one), kernels, strict=True):
            torch.testing.assert_close(K, L[k], atol=1e-13, rtol=1e-13)
        for g, h in zip(implicit_gradients(alone, own, one, r[k]), gradients, strict=True):
            torch.testing.assert_close(g, h[k], atol=1e-13, rtol=1e-13)


def test_the_laws_are_the_papers() -> None:
    seeds = Seeds(hashed_key("law"), first=0, count=400)
    gao = initial_implicit_network(6, 5, seeds)
    assert gao.v is not None
    assert float(gao.A.var()) == pytest.approx(1, abs=0.05)
    assert float(gao.W.var()) == pytest.approx(1, abs=0.05)
    assert {*gao.u.flatten().tolist(), *gao.v.flatten().tolist()} == {1.0, -1.0}
    assert abs(float((gao.u * gao.v).mean())) < 0.06
    ling = initial_implicit_network(6, 5, seeds, model="ling", s_w=0.3)
    assert ling.v is None
    assert float(ling.A.var()) == pytest.approx(2 * 0.09 / 6, rel=0.05)
    assert float(ling.W.var()) == pytest.approx(2 / 5, rel=0.05)
    assert float(ling.u.var()) == pytest.approx(1 / 6, rel=0.1)
    assert not bool(initial_implicit_network(6, 5, seeds, heads="zero").u.any())


def test_a_guessed_pattern_changes_nothing() -> None:
    network = network_of("gao", 7, 3, 2)
    x = gaussian_weights(3, 3, SeedNumber(4))[0]
    plain = implicit_pass(x, network)
    right = implicit_pass(x, network, pattern=implicit_slopes(plain, network).D)
    wrong = implicit_pass(x, network, pattern=1 - implicit_slopes(plain, network).D)
    torch.testing.assert_close(right.z, plain.z, atol=1e-14, rtol=1e-13)
    torch.testing.assert_close(wrong.z, plain.z, atol=1e-14, rtol=1e-13)
    assert float(wrong.residual.max()) < 1e-13


ONES: dict[str, Any] = {
    "A": torch.ones(2, 2, dtype=torch.float64),
    "W": torch.ones(2, 1, dtype=torch.float64),
    "u": torch.ones(2, dtype=torch.float64),
    "v": torch.ones(2, dtype=torch.float64),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "deq"}, "model='deq'"),
        ({"gamma": 0.0}, "gamma=0.0; give a number > 0"),
        ({"v": None}, "v=none, model='gao'"),
        ({"model": "ling"}, "v=given, model='ling'"),
        ({"u": torch.ones(3, dtype=torch.float64)}, "shapes"),
        ({"activation": "step"}, "step"),
        ({"gamma": "half"}, "gamma='half'; give a number > 0"),
        ({name: block.expand(0, *block.shape) for name, block in ONES.items()}, "a seed or more"),
    ],
)
def test_networks_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ImplicitNetwork(**{**ONES, **change})


def test_other_mistakes_are_told() -> None:
    network = ImplicitNetwork(**ONES)
    with pytest.raises(ValueError, match=r"x has shape \(1, 2\); give \(n, 1\)"):
        implicit_pass(torch.ones(1, 2, dtype=torch.float64), network)
    batch = initial_implicit_network(2, 1, Seeds(hashed_key("fit"), first=0, count=2))
    with pytest.raises(ValueError, match=r"dimensions \(3,\), the network the seeds \(2,\)"):
        implicit_pass(torch.ones(3, 1, 1, dtype=torch.float64), batch)
    singular = ImplicitNetwork(
        torch.eye(2, dtype=torch.float64), ONES["W"], ONES["u"], None, "ling"
    )
    run = implicit_pass(torch.zeros(1, 1, dtype=torch.float64), singular)
    with pytest.raises(ValueError, match="is singular; the equation has no derivative there"):
        implicit_slopes(run, singular)
    with pytest.raises(ValueError, match="heads='ones'; give 'drawn' or 'zero'"):
        initial_implicit_network(1, 1, SeedNumber(0), heads="ones")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="s_w=-1; give a number >= 0"):
        initial_implicit_network(1, 1, SeedNumber(0), s_w=-1)


def test_weights_patterns_and_blocks_that_do_not_fit_are_told() -> None:
    network = ImplicitNetwork(**ONES)
    run = implicit_pass(torch.ones(2, 1, dtype=torch.float64), network)
    slopes = implicit_slopes(run, network)
    with pytest.raises(ValueError, match=r"r has shape \(3,\); give one weight for each"):
        implicit_gradients(run, slopes, network, torch.ones(3, dtype=torch.float64))
    with pytest.raises(ValueError, match="r has a NaN"):
        implicit_gradients(run, slopes, network, torch.tensor([1.0, math.nan]).double())
    with pytest.raises(ValueError, match=r"pattern has shape \(2,\); give \(\*s, n, m\)"):
        implicit_pass(run.x, network, pattern=torch.ones(2, dtype=torch.float64))
    with pytest.raises(ValueError, match="1 blocks; give A, W, u, v for model='gao'"):
        network.with_parameters([network.A])
