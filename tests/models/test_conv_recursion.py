import math

import pytest
import torch
from torch import Tensor

from models import (
    Activation,
    activation,
    conv_recursion,
    dual_derivative,
    fully_connected_recursion,
    patches,
    resnet_recursion,
)
from tests.models.wide_networks import gaps, padded_patches, simulate


def images(n: int, d: int, p: int) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(n, d, p, generator=generator, dtype=torch.float64) / math.sqrt(d * p)
    x[0] *= 2
    return x


def matrix(K: Tensor) -> Tensor:
    """(n, n, p, p) to (n p, n p)."""
    n, p = K.shape[0], K.shape[-1]
    return K.transpose(1, 2).reshape(n * p, n * p)


def last_weights_gram(x: Tensor, sigma: Activation, m: int, seed: int, c_res: float) -> Tensor:
    """G^(2) of a residual network with two layers and q = 3, by automatic differentiation."""
    generator = torch.Generator().manual_seed(seed)
    normal = [
        torch.randn(*shape, generator=generator, dtype=torch.float64)
        for shape in ((m, 3 * x.shape[1]), (m, 3 * m), (m, x.shape[2]))
    ]
    first = math.sqrt(sigma.c_sigma / m) * sigma.value(normal[0] @ padded_patches(x, 3))
    inputs = padded_patches(first, 3)

    def u(weights: Tensor) -> Tensor:
        last = first + c_res / (2 * math.sqrt(m)) * sigma.value(weights @ inputs)
        return (normal[2] * last).sum(dim=(-2, -1))

    J: Tensor = torch.func.jacrev(u)(normal[1]).flatten(1)
    return J @ J.T


@pytest.mark.parametrize("q", [1, 2, 3, 6])
def test_the_first_matrix_is_that_of_the_patches(q: int) -> None:
    x = images(3, 2, 4)
    K = conv_recursion(x, activation("sin"), 1, 0.5, patch_size=q)[0]
    inputs = padded_patches(x, q)
    expected = torch.einsum("icl,jcr->ijlr", inputs, inputs)
    torch.testing.assert_close(K, expected, atol=1e-14, rtol=0)
    ours = patches(x, q)  # rows in another order: the products are the same
    torch.testing.assert_close(torch.einsum("icl,jcr->ijlr", ours, ours), expected)


@pytest.mark.parametrize("name", ["softplus", "sin+pi/4"])
@pytest.mark.parametrize("q", [2, 3])
def test_wide_convolutional_networks_tend_to_the_recursion(name: str, q: int) -> None:
    sigma, H, c_res = activation(name), 3, 3.0
    x = images(2, 2, 4)
    K = conv_recursion(x, sigma, H, c_res, patch_size=q)
    runs = [simulate(x, sigma, H, 600, seed, c_res=c_res, q=q) for seed in range(8)]
    for h in range(H):
        assert K[h].shape == (2, 2, 4, 4)
        assert float(gaps([run.products[h] for run in runs], K[h]).max()) < 8
    assert float(gaps([run.last for run in runs], K[H]).max()) < 5
    # The last step alone, from each network's own features, with both indices.
    for below, right in ((H - 1, True), (H - 2, False)):
        rest = []
        for run in runs:
            D = dual_derivative(sigma, matrix(run.products[below]))
            joint = D.reshape(2, 4, 2, 4).transpose(1, 2)
            rest.append(
                run.last
                - (c_res / H) ** 2
                * (run.products[H - 1] * joint).diagonal(dim1=-2, dim2=-1).sum(dim=-1)
            )
        worst = float(gaps(rest, torch.zeros(2, 2)).max())
        assert worst < 6 if right else worst > 8


def test_what_is_printed_is_the_limit_of_no_network() -> None:
    # No patch sum at h = 1, and F^(h) from K^(h-1): off by more than the noise at h = 1 and 2.
    sigma, c_res = activation("softplus"), 0.9
    x = images(2, 2, 4)
    printed = conv_recursion(x, sigma, 3, c_res, patch_size=3, misprinted_sums=True)
    index = conv_recursion(x, sigma, 3, c_res, patch_size=3, misprinted_index=True)
    K = conv_recursion(x, sigma, 3, c_res, patch_size=3)
    runs = [simulate(x, sigma, 3, 600, seed, c_res=c_res, q=3) for seed in range(8)]
    for h in (1, 2):
        assert float(gaps([run.products[h] for run in runs], K[h]).max()) < 6
        assert float(gaps([run.products[h] for run in runs], printed[h]).max()) > 12
        assert torch.equal(index[h], K[h])
    assert torch.equal(printed[0], K[0])
    assert float((printed[3] - K[3]).abs().max()) > 0.05 * float(K[3].abs().max())
    assert float((index[3] - K[3]).abs().max()) > 0.01 * float(K[3].abs().max())


def test_the_jacobians_of_random_networks_have_the_limit_as_their_mean() -> None:
    sigma, x = activation("sin+pi/4"), images(2, 2, 3)
    K = conv_recursion(x, sigma, 2, 0.9, patch_size=3)[-1]
    grams = [last_weights_gram(x, sigma, 150, seed, 0.9) for seed in range(60)]
    assert float(gaps(grams, K).max()) < 4
    spread = torch.stack(grams).std(dim=0) / math.sqrt(60)
    assert float((spread / K.abs().max()).max()) < 0.06


@pytest.mark.parametrize("H", [1, 2, 4])
@pytest.mark.parametrize("name", ["softplus", "tanh"])
def test_images_of_one_pixel_are_vectors(name: str, H: int) -> None:
    sigma = activation(name)
    x = images(3, 4, 1)
    K = conv_recursion(x, sigma, H, 0.7, patch_size=3)
    expected = resnet_recursion(x[..., 0], sigma, H, 0.7)[0]
    for h in range(H):
        torch.testing.assert_close(K[h][..., 0, 0], expected[h], atol=1e-13, rtol=0)
    torch.testing.assert_close(K[H], expected[H], atol=1e-13, rtol=0)
    assert K[H].shape == (3, 3)


def test_patches_of_one_pixel_add_the_pixels_up() -> None:
    sigma = activation("erf")
    x = images(2, 3, 4)
    last = conv_recursion(x, sigma, 1, 0.5, patch_size=1)[-1]
    pixels = [fully_connected_recursion(x[..., pixel], sigma, 1)[-1] for pixel in range(4)]
    torch.testing.assert_close(last, torch.stack(pixels).sum(dim=0), atol=1e-13, rtol=0)


def test_blank_pixels_and_batches_are_fine() -> None:
    sigma = activation("softplus")
    x = images(2, 1, 5)
    x[0, 0, :4] = 0
    together = conv_recursion(torch.stack((x, 2 * x)), sigma, 3, 0.5, patch_size=2)
    for s, one in enumerate((x, 2 * x)):
        for alone, both in zip(
            conv_recursion(one, sigma, 3, 0.5, patch_size=2), together, strict=True
        ):
            torch.testing.assert_close(both[s], alone, atol=1e-12, rtol=0)
            assert bool(torch.isfinite(alone).all())
    assert float(together[0][0, 0, 0, 0, 0]) == 0.0


def test_arguments_that_name_no_convolutional_network_are_refused() -> None:
    sigma, x = activation("sin"), images(2, 1, 3)
    for q in (0, True, 1.5):
        with pytest.raises(ValueError, match=r"conv_recursion: patch_size=.*; give an integer"):
            conv_recursion(x, sigma, 2, 0.5, patch_size=q)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"conv_recursion: H=0"):
        conv_recursion(x, sigma, 0, 0.5, patch_size=1)
    with pytest.raises(ValueError, match=r"c_res=nan"):
        conv_recursion(x, sigma, 2, math.nan, patch_size=1)
    with pytest.raises(ValueError, match=r"x has shape \(1, 3\); give \(\*s, n, d, p\)"):
        conv_recursion(x[0], sigma, 2, 0.5, patch_size=1)
    with pytest.raises(ValueError, match="an image of x is zero or not finite"):
        conv_recursion(0 * x, sigma, 2, 0.5, patch_size=1)
