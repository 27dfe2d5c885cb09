import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import special

from models import (
    Architecture,
    DeepNetwork,
    activation,
    deep_features,
    deep_predictions,
    gaussian_outputs,
    gaussian_weights,
    initial_network,
    layer_gradients,
    output_norm,
    rademacher_signs,
    spectral_norms,
)
from tests.dynamics.deep_oracles import Layers, Oracle, long
from tests.models.deep_networks import KINDS, drawn, single
from verdicts import Seeds

of_every_kind = pytest.mark.parametrize("kind", KINDS)


def scalar(
    sigma: str, weight: float, H: int, kind: Architecture = "fully connected", c_res: float = 0.5
) -> DeepNetwork:
    """n = d = m = 1, the same weight in every layer, a = 1."""
    W = torch.full((1, 1), weight, dtype=torch.float64)
    return DeepNetwork((W,) * H, torch.ones(1, dtype=torch.float64), activation(sigma), kind, c_res)


ONE = torch.ones(1, 1, dtype=torch.float64)


@of_every_kind
@pytest.mark.parametrize("sigma", ["tanh", "softplus", "sigmoid", "sin"])
def test_features_and_outputs_are_those_of_the_paper_sample_by_sample(
    kind: tuple[Architecture, int, int], sigma: str
) -> None:
    x, network = drawn(kind, sigma=sigma)
    features, u = deep_features(x, network), deep_predictions(x, network)
    assert len(features) == network.H + 1
    for s in range(4):
        one = single(network, s)
        oracle, layers = Oracle(one), Layers.of(one)
        for i, row in enumerate(long(x)):
            true_u, true, _ = oracle.forward(row if one.convolutional else row[:, None], layers)
            assert float(u[s, i]) == pytest.approx(float(true_u), rel=0, abs=1e-14)
            for h in range(1, network.H + 1):
                expected = torch.from_numpy(true[h].astype(float))
                found = features[h][s, i] if one.convolutional else features[h][s, i, :, None]
                torch.testing.assert_close(found, expected, rtol=0, atol=1e-14)
    torch.testing.assert_close(features[0], x)


@of_every_kind
def test_one_network_is_its_row_of_a_batch(kind: tuple[Architecture, int, int]) -> None:
    x, network = drawn(kind)
    u = deep_predictions(x, network)
    for s in range(4):
        torch.testing.assert_close(deep_predictions(x, single(network, s)), u[s])
    own = x.expand(4, *x.shape)
    torch.testing.assert_close(deep_predictions(own, network), u)


def test_one_hidden_layer_is_the_same_network_in_all_three_architectures() -> None:
    W = torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64)
    a, x = torch.tensor([2.0, -1.0], dtype=torch.float64), ONE.expand(1, 2)
    plain = DeepNetwork((W,), a, activation("tanh"))
    scale = math.sqrt(plain.activation.c_sigma / 2)
    expected = scale * (2 * math.tanh(3) - math.tanh(2))
    assert float(deep_predictions(x, plain)) == pytest.approx(expected)
    residual = DeepNetwork((W,), a, activation("tanh"), "residual")
    pixels = DeepNetwork((W,), a.unsqueeze(-1), activation("tanh"), "convolutional")
    assert float(deep_predictions(x, residual)) == pytest.approx(expected)
    assert float(deep_predictions(x.unsqueeze(-1), pixels)) == pytest.approx(expected)


def test_layers_are_streams_of_their_own() -> None:
    seeds = Seeds((3, 4), first=5, count=3)
    network = initial_network(
        4, 2, seeds, H=3, activation=activation("tanh"), architecture="convolutional", p=3, q=2
    )
    assert torch.equal(network.weights[0], gaussian_weights(4, 4, seeds))
    assert torch.equal(network.weights[2], gaussian_weights(4, 8, seeds, layer=3))
    assert torch.equal(network.a, gaussian_outputs(12, seeds).reshape(3, 4, 3))
    shallow = initial_network(
        4, 2, seeds, H=1, activation=activation("tanh"), architecture="convolutional", p=3, q=2
    )
    assert torch.equal(shallow.weights[0], network.weights[0])
    signs = initial_network(4, 2, seeds, H=1, activation=activation("tanh"), outputs="signs")
    assert torch.equal(signs.a, rademacher_signs(4, seeds))
    values = torch.cat([W.flatten() for W in (*network.weights, network.a)])
    assert len(set(values.tolist())) == len(values)


@pytest.mark.parametrize(("stream", "tag"), [("outputs", 3), (2, 4), (5, 7)])
def test_streams_are_numpys_words_under_a_tag_of_their_own(stream: str | int, tag: int) -> None:
    seeds = Seeds((17, 2**63 + 5), first=40, count=2)
    if isinstance(stream, int):
        found = gaussian_weights(5, 1, seeds, layer=stream).squeeze(-1)
    else:
        found = gaussian_outputs(5, seeds)
    for s in range(2):
        counter = np.array([0, 0, 40 + s, tag], dtype=np.uint64)
        generator = np.random.Philox(key=np.array(seeds.key, dtype=np.uint64), counter=counter)
        generator.advance(-1)
        uniform = [(int(word) // 2**12 + 0.5) / 2**52 for word in generator.random_raw(5)]
        np.testing.assert_allclose(found[s].numpy(), special.ndtri(uniform), rtol=1e-14, atol=1e-15)
    assert torch.equal(
        gaussian_outputs(3, seeds, first_neuron=2), gaussian_outputs(5, seeds)[:, 2:]
    )


def test_a_sub_batch_has_the_numbers_of_the_whole() -> None:
    seeds = Seeds((3, 4), first=5, count=6)
    whole = initial_network(3, 2, seeds, H=2, activation=activation("tanh"))
    part = initial_network(3, 2, seeds.block(7, 2), H=2, activation=activation("tanh"))
    for some, every in zip((*part.weights, part.a), (*whole.weights, whole.a), strict=True):
        assert torch.equal(some, every[2:4])


def test_initial_outputs_have_the_variance_of_their_features() -> None:
    # Given the features, u ~ N(0, |x^(H)|^2), and E |x^(1)|^2 = 1.
    x, _ = drawn(KINDS[0])
    network = initial_network(
        50, 2, Seeds((1, 2), count=4000), H=1, activation=activation("sin+pi/4")
    )
    u = deep_predictions(x, network)
    assert float(u.mean().abs()) < 5 / math.sqrt(4000)
    assert float(u.square().mean()) == pytest.approx(1, abs=0.1)


def test_the_instance_against_lemma_b_3_without_its_factor_two() -> None:
    # du.md 2.3: sigma = 100 sin(z/100), H = 2, W: 1 -> 2, R = c_w0 = 1: 3 > 2.
    before, after = (
        float(deep_features(ONE, scalar("100 sin(z/100)", w, 2))[2]) for w in (1.0, 2.0)
    )
    c_sigma = activation("100 sin(z/100)").c_sigma
    c_x = math.sqrt(c_sigma)  # the printed one is twice that
    bound = math.sqrt(c_sigma) * before * (1 + c_x)
    assert after - before == pytest.approx(3, abs=2e-3)
    assert bound == pytest.approx(2, abs=2e-3)


def test_the_instance_against_lemma_c_3_without_the_two_in_its_exponent() -> None:
    # du.md 2.4: c_res = .99, H = 50, W: 1 -> 2: 10.72 > 9.73.
    networks = [scalar("100 sin(z/100)", w, 50, "residual", 0.99) for w in (1.0, 2.0)]
    features = [deep_features(ONE, network) for network in networks]
    c_x0 = max(float(each) for each in features[0])
    bound = (math.sqrt(networks[0].activation.c_sigma) + c_x0) * math.exp(0.99)
    assert float(features[1][-1] - features[0][-1]) == pytest.approx(10.72, abs=5e-3)
    assert bound == pytest.approx(9.73, abs=5e-3)


def test_the_gradients_that_refute_lemma_c_5() -> None:
    # du.md 2.4: softplus, n = 1, c_res = .1, m = 200; the printed step of a is H times too small.
    x = torch.tensor([[0.6, 0.8]], dtype=torch.float64)
    for H, by_a, by_first, bound in (
        (2, 1.05, None, 0.76),
        (3, 1.09, 0.58, 0.5),
        (10, 1.03, 0.47, 0.13),
    ):
        network = initial_network(
            200, 2, Seeds((1, 2), count=20), H=H, activation=activation("softplus"),
            architecture="residual", c_res=0.1,
        )  # fmt: skip
        gradients = layer_gradients(x, network)
        lengths = gradients[-1].squeeze(1).norm(dim=-1)
        assert abs(float(lengths.mean()) - by_a) < 2 * float(lengths.std())
        root = math.sqrt(network.m)
        growth = (0.1 * spectral_norms(network).amax(dim=-1) / root).exp()
        printed = 4 * 0.1 * 2 * growth * output_norm(network) / root * growth**2 / H
        assert float(printed.mean()) == pytest.approx(bound, rel=0.15)
        assert bool((lengths > printed).all())
        if by_first is not None:
            first = gradients[0].squeeze(1).flatten(1).norm(dim=-1)
            assert abs(float(first.mean()) - by_first) < 3 * float(first.std())


GOOD: dict[str, Any] = {
    "weights": (torch.ones(3, 2), torch.ones(3, 3)),
    "a": torch.ones(3),
    "activation": activation("tanh"),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "dense"}, "architecture='dense'"),
        ({"c_res": 0.0}, "c_res=0.0"),
        ({"c_res": math.nan}, "c_res=nan"),
        ({"q": 2}, "q=2"),
        ({"q": 0}, "q=0"),
        ({"weights": ()}, "weights of shapes"),
        ({"weights": (torch.ones(3, 2), torch.ones(3, 2))}, "weights of shapes"),
        ({"weights": (torch.ones(0, 2),), "a": torch.ones(0)}, "weights of shapes"),
        ({"a": torch.ones(2)}, "weights of shapes"),
        ({"a": torch.ones(4, 3)}, "weights of shapes"),
        ({"architecture": "convolutional"}, "weights of shapes"),
        ({"architecture": "convolutional", "a": torch.ones(3, 2), "q": 3}, "weights of shapes"),
    ],
)
def test_bad_networks_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DeepNetwork(**{**GOOD, **change})


@pytest.mark.parametrize("shape", [(2,), (4, 3), (0, 2), (2, 2, 2, 3)])
def test_inputs_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="forward_pass: x has shape"):
        deep_predictions(torch.ones(shape), DeepNetwork(**GOOD))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"H": 0}, "H=0"),
        ({"p": True}, "p=True"),
        ({"p": 2}, "p=2, fully connected"),
        ({"q": 2}, "q=2"),
        ({"outputs": "ones"}, "outputs='ones'"),
    ],
)
def test_bad_initial_networks_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        initial_network(2, 2, Seeds((1, 2)), **{"H": 1, "activation": activation("tanh"), **change})
