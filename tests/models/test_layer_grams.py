import math
from typing import Any

import pytest
import torch

from models import (
    Architecture,
    DeepNetwork,
    activation,
    deep_predictions,
    displacements,
    grams_of_pass,
    last_layer_gram,
    layer_gradients,
    layer_grams,
    layer_jacobians,
    output_norm,
    spectral_norms,
)
from models.deep.network import backward_pass, forward_pass
from tests.models.deep_networks import KINDS, drawn, single

Kind = tuple[Architecture, int, int]

of_every_kind = pytest.mark.parametrize("kind", KINDS)
without_pixels = pytest.mark.parametrize("kind", KINDS[:2])


@of_every_kind
@pytest.mark.parametrize("sigma", ["tanh", "softplus"])
def test_the_backward_recursion_is_automatic_differentiation(kind: Kind, sigma: str) -> None:
    x, network = drawn(kind, sigma=sigma)
    by_hand, by_torch = layer_gradients(x, network), layer_jacobians(x, network)
    assert len(by_hand) == len(by_torch) == network.H + 1
    for found, true, parameter in zip(
        by_hand, by_torch, (*network.weights, network.a), strict=True
    ):
        assert found.shape == (4, 3, *parameter.shape[1:])
        torch.testing.assert_close(found, true, rtol=0, atol=1e-14)


@of_every_kind
def test_gradients_are_slopes_of_the_outputs(kind: Kind) -> None:
    x, network = drawn(kind, sigma="tanh")
    generator = torch.Generator().manual_seed(1)
    step = 1e-5
    directions = [
        torch.randn(t.shape, generator=generator, dtype=torch.float64)
        for t in (*network.weights, network.a)
    ]

    def shifted(sign: float) -> torch.Tensor:
        moved = [
            t + sign * step * v
            for t, v in zip((*network.weights, network.a), directions, strict=True)
        ]
        return deep_predictions(x, network.with_parameters(moved[:-1], moved[-1]))

    slope = (shifted(1) - shifted(-1)) / (2 * step)
    expected = sum(
        (J * v.unsqueeze(1)).flatten(2).sum(dim=-1)
        for J, v in zip(layer_gradients(x, network), directions, strict=True)
    )
    torch.testing.assert_close(slope, expected, rtol=0, atol=1e-8)


@of_every_kind
def test_gram_matrices_are_products_of_jacobians(kind: Kind) -> None:
    x, network = drawn(kind)
    rows = [J.flatten(2) for J in layer_jacobians(x, network)]
    expected = torch.stack([J @ J.mT for J in rows], dim=1)
    G = layer_grams(x, network)
    torch.testing.assert_close(G, expected, rtol=1e-13, atol=1e-14)
    run = forward_pass(x, network)
    torch.testing.assert_close(grams_of_pass(run, backward_pass(run, network)), G)
    assert float(torch.linalg.eigvalsh(G).min()) > -1e-14
    torch.testing.assert_close(layer_grams(x, single(network)), G[0])


@without_pixels
@pytest.mark.parametrize("H", [1, 2, 4])
def test_the_formula_of_the_last_hidden_layer(kind: Kind, H: int) -> None:
    x, network = drawn(kind, H=H)
    G = layer_grams(x, network)[:, H - 1]
    torch.testing.assert_close(last_layer_gram(x, network), G, rtol=1e-13, atol=1e-15)
    # du.md 2.0: sum a_r instead of a_r^2, and x^(H) instead of x^(H-1), are other matrices.
    for wrong in ({"power": 1}, {"layer": H}):
        found: Any = last_layer_gram(x, network, **wrong)
        assert float((found - G).abs().max()) > 0.01 * float(G.abs().max())


def test_the_instance_against_lemma_b_4_without_beta() -> None:
    # du.md 2.3: n = d = m = H = 1, sin z + sin(200 z)/200, W: 0 -> pi/200, a = 1: 9.25 > 3.07.
    sigma, R = activation("sin(z)+sin(200z)/200"), math.pi / 200
    one = torch.ones(1, 1, dtype=torch.float64)
    networks = [DeepNetwork((weight * one,), one[0], sigma) for weight in (0.0, R)]
    before, after = (float(layer_grams(one, network)[0]) for network in networks)
    c, L = sigma.c_sigma, sigma.L
    without_beta = R * (3 * c**1.5 * L**3 + 12 * L**2 * c)
    assert abs(before - after) == pytest.approx(9.25, abs=5e-3)
    assert without_beta == pytest.approx(3.07, abs=5e-3)


def test_norms_of_layers() -> None:
    W = torch.diag(torch.tensor([3.0, -4.0], dtype=torch.float64))
    a = torch.tensor([1.0, -2.0], dtype=torch.float64)
    network = DeepNetwork((W, 2 * W), a, activation("tanh"))
    assert spectral_norms(network).tolist() == pytest.approx([4, 8])
    assert float(output_norm(network)) == pytest.approx(math.sqrt(5))
    assert float(output_norm(network, 4)) == pytest.approx(17**0.25)
    assert float(output_norm(network, math.inf)) == 2
    moved = network.with_parameters((W + 1, 2 * W), a + 3)
    assert displacements(moved, network).tolist() == pytest.approx([2, 0, math.sqrt(18)])


@of_every_kind
def test_norms_have_a_row_per_seed(kind: Kind) -> None:
    _, network = drawn(kind)
    assert spectral_norms(network).shape == (4, 3)
    assert output_norm(network).shape == (4,)
    assert displacements(network, network).shape == (4, 4)
    for s in range(4):
        one = single(network, s)
        assert spectral_norms(network)[s].tolist() == pytest.approx(spectral_norms(one).tolist())
        assert float(output_norm(network)[s]) == pytest.approx(float(output_norm(one)))


def test_what_does_not_fit_is_refused() -> None:
    x, network = drawn(KINDS[0])
    with pytest.raises(ValueError, match="layer=4"):
        last_layer_gram(x, network, layer=4)
    with pytest.raises(ValueError, match="convolutional"):
        last_layer_gram(*drawn(KINDS[3]))
    with pytest.raises(ValueError, match="layer_jacobians: x has shape"):
        layer_jacobians(x.expand(4, *x.shape), network)
    with pytest.raises(ValueError, match="equal shapes"):
        displacements(network, drawn(KINDS[0], m=4)[1])
