"""The limit Gram matrices K^(0), ..., K^(H) of deep networks, and the means of their features.

In the limit of wide layers K^(h) is the covariance of the features, and so of the next layer's
pre-activations; K^(H) is the limit of the Gram matrix of the last hidden layer's weights.
The convolutional network has a file of its own, `conv_recursion`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from models.activation.duals import dual, dual_derivative, mean_activation
from models.activation.kind import Activation
from models.arguments import as_annotated
from models.two_layer.kernels import gram


@as_annotated
def fully_connected_recursion(
    x: Float[Tensor, "*s n d"], activation: Activation, H: int, *, misprinted_index: bool = False
) -> list[Float64[Tensor, "*s n n"]]:
    """K^(0), ..., K^(H) of x^(h) = sqrt(c_sigma/m) sigma(W^(h) x^(h-1)).

    K^(0) = X X^T, K^(h)_ij = c_sigma E sigma(u) sigma(v) for 0 < h < H, and
    K^(H)_ij = c_sigma K^(H-1)_ij E sigma'(u) sigma'(v), where (u, v) is Gaussian with the
    covariance block (i, j) of K^(h-1). Norms of 1 are not needed.

    Args:
        x: inputs, nonzero rows.
        activation: sigma.
        H: hidden layers, >= 1.
        misprinted_index: K^(H) as printed, with the block of K^(H-2) for that of K^(H-1) in its
            expectation; needs H >= 2.

    Raises:
        ValueError: H or x is none of these.
    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), Definition 5.1; the index is corrected,
        because G^(H) of a wide network tends to the corrected matrix.
    """
    check_depth(H, "fully_connected_recursion", misprinted_index=misprinted_index)
    K = [gram(x.double())]
    for _ in range(1, H):
        K.append(activation.c_sigma * dual(activation, K[-1]))
    block = K[H - 2] if misprinted_index else K[H - 1]
    K.append(activation.c_sigma * K[H - 1] * dual_derivative(activation, block))
    return K


@as_annotated
def resnet_recursion(
    x: Float[Tensor, "*s n d"],
    activation: Activation,
    H: int,
    c_res: float,
    *,
    misprinted_index: bool = False,
    misprinted_means: bool = False,
) -> tuple[list[Float64[Tensor, "*s n n"]], list[Float64[Tensor, "*s n"]]]:
    """K^(0), ..., K^(H) and b^(1), ..., b^(H-1) of the residual network.

    x^(1) is as in the fully connected one, x^(h) = x^(h-1) + (c_res/(H sqrt m)) sigma(W^(h)
    x^(h-1)). With (u, v) Gaussian of the block (i, j) of K^(h-1) and c = c_res/H, for 1 < h < H:

        K^(h)_ij = K^(h-1)_ij + c (b_i E sigma(v) + b_j E sigma(u)) + c^2 E sigma(u) sigma(v)
        b^(h)_i  = b^(h-1)_i + c E sigma(u),        b^(1)_i = sqrt(c_sigma) E sigma(u)
        K^(H)_ij = c^2 K^(H-1)_ij E sigma'(u) sigma'(v)

    For H = 1 the network is the fully connected one, and so is K^(1).

    Args:
        x: inputs, nonzero rows.
        activation: sigma.
        H: hidden layers, >= 1.
        c_res: weight of the residual blocks, > 0.
        misprinted_index: as in `fully_connected_recursion`.
        misprinted_means: b_i E sigma(u) + b_j E sigma(v), as printed; another matrix where inputs
            have different norms, and where they differ much no covariance, which is refused.

    Raises:
        ValueError: H, c_res or x is none of these.
    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), Definition 6.1, corrected.
    """
    check_depth(H, "resnet_recursion", misprinted_index=misprinted_index)
    check_residual(c_res, "resnet_recursion")
    if H == 1:
        return fully_connected_recursion(x, activation, 1), []
    K = [gram(x.double())]
    K.append(activation.c_sigma * dual(activation, K[0]))
    b = [activation.c_sigma**0.5 * mean_activation(activation, variances(K[0]))]
    for _ in range(2, H):
        means = mean_activation(activation, variances(K[-1]))
        K.append(residual_step(activation, K[-1], K[-1], b[-1], c_res / H, paired=misprinted_means))
        b.append(b[-1] + c_res / H * means)
    block = K[H - 2] if misprinted_index else K[H - 1]
    K.append((c_res / H) ** 2 * K[H - 1] * dual_derivative(activation, block))
    return K, b


def residual_step(
    activation: Activation, features: Tensor, A: Tensor, b: Tensor, c: float, *, paired: bool
) -> Float64[Tensor, "*s n n"]:
    """Covariances of x + c sigma(u)/sqrt(m), from those of x, A of u, and the means b of x.

    `paired` multiplies b_i by the mean of the same sample's sigma(u_i), which is the misprint.
    """
    means = mean_activation(activation, variances(A))
    if paired:
        own = b * means
        cross = own.unsqueeze(-1) + own.unsqueeze(-2)
    else:
        one_way = b.unsqueeze(-1) * means.unsqueeze(-2)
        cross = one_way + one_way.mT
    return features + c * cross + c**2 * dual(activation, A)


def variances(K: Float64[Tensor, "*s n n"]) -> Float64[Tensor, "*s n"]:
    """The diagonals."""
    return torch.diagonal(K, dim1=-2, dim2=-1)


def check_depth(H: int, where: str, *, misprinted_index: bool) -> None:
    """Raises ValueError: H is no number of hidden layers, or too few for the printed index."""
    least = 2 if misprinted_index else 1
    if isinstance(H, bool) or not isinstance(H, int) or least > H:
        raise ValueError(f"{where}: H={H!r}; give an integer >= {least}")


def check_residual(c_res: float, where: str) -> None:
    """Raises ValueError: c_res is not a positive finite number."""
    if not 0 < c_res < float("inf"):
        raise ValueError(f"{where}: c_res={c_res!r}; give a finite number > 0")
