"""Features drawn in law, against networks with all their weights."""

import pytest
import torch
from torch import Tensor

from models import (
    activation,
    features_in_law,
    fully_connected_recursion,
    gaussian_weights,
    resnet_recursion,
)
from verdicts import Seeds, Streams

X = torch.tensor([[1.0, 0.0], [0.6, 0.8], [-0.8, 0.6]], dtype=torch.float64)


def stream(count: int, role: str = "test") -> Seeds:
    return Streams(0, "features", "{}", "cpu").seeds(role, 0, count)


def with_all_weights(
    sigma: str, layers: int, m: int, seeds: Seeds, residual: float | None
) -> list[Tensor]:
    """The definition: every layer has its own m x m matrix of weights."""
    one = activation(sigma)
    scale = one.c_sigma**0.5
    found = [scale * one.value(gaussian_weights(m, 2, seeds) @ X.T)]
    for h in range(2, layers + 1):
        u = gaussian_weights(m, m, seeds, layer=h) @ found[-1] / m**0.5
        own = one.value(u)
        found.append(scale * own if residual is None else found[-1] + residual * own)
    return found


def moments(features: list[Tensor]) -> Tensor:
    """Per seed: entries of Khat and bhat of the last layer, and of Khat times the first one's."""
    grams = [x.mT @ x / x.shape[1] for x in features]
    last = grams[-1].flatten(-2)
    return torch.cat(
        [last, features[-1].mean(dim=1), last * grams[0].flatten(-2), last.square()], dim=-1
    )


@pytest.mark.parametrize("residual", [None, 0.4])
@pytest.mark.parametrize(("sigma", "m"), [("softplus", 1), ("sin+pi/4", 3)])
def test_the_law_is_that_of_the_network(sigma: str, m: int, residual: float | None) -> None:
    count = 20_000
    drawn = moments(features_in_law(X, activation(sigma), 3, m, stream(count), residual=residual))
    direct = moments(with_all_weights(sigma, 3, m, stream(count, "other"), residual))
    gap = drawn.mean(dim=0) - direct.mean(dim=0)
    error = ((drawn.var(dim=0) + direct.var(dim=0)) / count).sqrt()
    # 24 numbers, most of them dependent: 4.5 standard errors are exceeded once in 6000 runs.
    assert bool((gap.abs() <= 4.5 * error).all()), gap / error
    wrong = moments(features_in_law(X, activation(sigma), 2, m, stream(count)))
    assert bool(((wrong.mean(dim=0) - direct.mean(dim=0)).abs() > 4.5 * error).any())


def test_wide_features_have_the_covariances_of_the_recursions() -> None:
    one = activation("softplus")
    features = features_in_law(X, one, 3, 200_000, stream(1))
    K = fully_connected_recursion(X, one, 4)
    for h, x in enumerate(features, start=1):
        assert x.shape == (1, 200_000, 3)
        torch.testing.assert_close((x.mT @ x)[0] / 200_000, K[h], atol=0.02, rtol=0)
    K, b = resnet_recursion(X, one, 4, 0.8)
    for h, x in enumerate(features_in_law(X, one, 3, 200_000, stream(1), residual=0.2), start=1):
        torch.testing.assert_close((x.mT @ x)[0] / 200_000, K[h], atol=0.03, rtol=0)
        torch.testing.assert_close(x.mean(dim=1)[0], b[h - 1], atol=0.02, rtol=0)


def test_the_first_layer_is_the_network_and_seeds_stand_alone() -> None:
    one = activation("tanh")
    whole = features_in_law(X, one, 3, 5, stream(4))
    w = gaussian_weights(5, 2, stream(4))
    torch.testing.assert_close(whole[0], one.c_sigma**0.5 * torch.tanh(w @ X.T))
    part = features_in_law(X, one, 3, 5, stream(4).block(2, 1))
    for x, alone in zip(whole, part, strict=True):
        torch.testing.assert_close(x[2:3], alone, rtol=1e-12, atol=1e-12)


def test_equal_inputs_keep_equal_features() -> None:
    x = torch.ones(3, 1, dtype=torch.float64)
    for features in features_in_law(x, activation("erf"), 3, 4, stream(5)):
        torch.testing.assert_close(features[..., 0], features[..., 1], atol=1e-7, rtol=0)


@pytest.mark.parametrize(
    ("layers", "residual", "message"),
    [
        (0, None, "layers=0; give an integer >= 1"),
        (True, None, "layers=True; give an integer >= 1"),
        (2, 0.0, "residual=0.0; give a number > 0, or None"),
        (2, float("nan"), "residual=nan; give a number > 0, or None"),
    ],
)
def test_what_is_no_network_is_refused(layers: int, residual: float | None, message: str) -> None:
    with pytest.raises(ValueError, match=f"features_in_law: {message}"):
        features_in_law(X, activation("sin"), layers, 3, stream(1), residual=residual)
