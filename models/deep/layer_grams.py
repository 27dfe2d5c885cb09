"""Gradients of a deep network's outputs layer by layer, their Gram matrices, and norms of layers.

G^(h)_ij = <du_i/dW^(h), du_j/dW^(h)> for h = 1, ..., H, and G^(H+1) for the output weights; all
of them positive semidefinite. Lists and dimensions of layers hold h at index h - 1.

Source: Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), sections 4 to 7.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from models.arguments import as_annotated
from models.deep.network import DeepNetwork, Pass, backward_pass, deep_predictions, forward_pass


@as_annotated
def layer_gradients(
    x: Float[Tensor, "*shape"], network: DeepNetwork
) -> tuple[Float[Tensor, "*shape"], ...]:
    """du_i/dW^(1), ..., du_i/dW^(H), du_i/da by the backward recursion.

    Args:
        x: inputs; (n, d), or (n, d, p) if convolutional; leading dimensions as the seeds, or none.
        network: the parameters.

    Returns:
        (*s, n, m, k) each; the last is x_i^(H): (*s, n, m), or (*s, n, m, p).

    Raises:
        ValueError: the inputs do not fit the network.
    """
    run = forward_pass(x, network)
    pulled = backward_pass(run, network)
    by_weights = tuple(D.mT @ fed for D, fed in zip(pulled, run.fed, strict=True))
    last = run.features[-1]
    return (*by_weights, last.mT if network.convolutional else last.squeeze(-2))


@as_annotated
def layer_jacobians(
    x: Float[Tensor, "*shape"], network: DeepNetwork
) -> tuple[Float[Tensor, "*shape"], ...]:
    """As `layer_gradients`, by automatic differentiation: a second way to everything here.

    Raises:
        ValueError: the inputs do not fit the network, or have seeds of their own.
    """
    if x.ndim != (3 if network.convolutional else 2):
        raise ValueError(
            f"layer_jacobians: x has shape {tuple(x.shape)}; give inputs for all seeds"
        )

    def predicted(parameters: tuple[Tensor, ...]) -> Tensor:
        return deep_predictions(x, network.with_parameters(parameters[:-1], parameters[-1]))

    jacobians = torch.func.jacrev(predicted)
    for _ in network.seeds:
        jacobians = torch.func.vmap(jacobians)
    found: tuple[Tensor, ...] = jacobians((*network.weights, network.a))
    return found


@as_annotated
def layer_grams(x: Float[Tensor, "*shape"], network: DeepNetwork) -> Float[Tensor, "*s H1 n n"]:
    """G^(1), ..., G^(H), G^(H+1), without any gradient being written out.

    G^(h)_ij sums (v_il . v_jl')(D_il . D_jl') over pixels l, l', v being what W^(h) multiplies.

    Raises:
        ValueError: the inputs do not fit the network.
    """
    run = forward_pass(x, network)
    return grams_of_pass(run, backward_pass(run, network))


@as_annotated(finite=False)
def grams_of_pass(run: Pass, pulled: Sequence[Tensor]) -> Float[Tensor, "*s H1 n n"]:
    """As `layer_grams`, from both passes."""
    pairs = zip(pulled, run.fed, strict=True)
    grams = [_by_pixels(_all_products(D) * _all_products(v), D) for D, v in pairs]
    last = run.features[-1].flatten(-2)
    return torch.stack([*grams, last @ last.mT], dim=-3)


@as_annotated
def last_layer_gram(
    x: Float[Tensor, "*shape"], network: DeepNetwork, *, power: int = 2, layer: int | None = None
) -> Float[Tensor, "*s n n"]:
    """G^(H) by the paper's formula, which knows no recursion; no convolutional networks.

    G^(H)_ij = (v_i.v_j) c^2 sum_r a_r^2 sigma'(w_r.v_i) sigma'(w_r.v_j) with v = x^(H-1), w the
    rows of W^(H), c^2 = c_sigma/m, or c_res^2/(H^2 m) in residual layers.

    Args:
        x: inputs.
        network: the parameters.
        power: of a_r; the true one is 2.
        layer: whose features' products v_i.v_j multiply the sum; the true one is H - 1.

    Raises:
        ValueError: the inputs do not fit, the network is convolutional, or there is no such layer.
    """
    layer = network.H - 1 if layer is None else layer
    if network.convolutional or not 0 <= layer <= network.H:
        raise ValueError(
            f"last_layer_gram: {network.architecture}, layer={layer}; give a network without "
            f"pixels and a layer from 0 to {network.H}"
        )
    run = forward_pass(x, network)
    v = run.features[layer].squeeze(-2)
    slopes = network.activation.derivative(run.pre[-1].squeeze(-2))
    weighed = slopes * network.a.unsqueeze(-2) ** power
    return network.scale(network.H) ** 2 * (v @ v.mT) * (weighed @ slopes.mT)


@as_annotated
def spectral_norms(network: DeepNetwork) -> Float[Tensor, "*s H"]:
    """||W^(h)||_2 of every layer."""
    return torch.stack([torch.linalg.matrix_norm(W, 2) for W in network.weights], dim=-1)


@as_annotated
def output_norm(network: DeepNetwork, order: float = 2) -> Float[Tensor, "*s"]:
    """||a||_order, over all entries."""
    norm: Tensor = torch.linalg.vector_norm(_flat_outputs(network), order, dim=-1)
    return norm


@as_annotated
def displacements(network: DeepNetwork, start: DeepNetwork) -> Float[Tensor, "*s H1"]:
    """||W^(h) - W^(h)(0)||_F of every layer, and ||a - a(0)||_2 at the end.

    Raises:
        ValueError: the networks differ in shape.
    """
    shapes = [[tuple(t.shape[-2:]) for t in one.weights] for one in (network, start)]
    if shapes[0] != shapes[1] or network.a.shape[-1] != start.a.shape[-1]:
        raise ValueError(f"displacements: layers {shapes[0]} and {shapes[1]}; give equal shapes")
    moved = [
        torch.linalg.matrix_norm(W - W_0)
        for W, W_0 in zip(network.weights, start.weights, strict=True)
    ]
    a_moved = torch.linalg.vector_norm(_flat_outputs(network) - _flat_outputs(start), dim=-1)
    return torch.stack([*moved, a_moved], dim=-1)


def _flat_outputs(network: DeepNetwork) -> Tensor:
    return network.a.flatten(-2) if network.convolutional else network.a


def _all_products(rows: Float[Tensor, "*s n p k"]) -> Float[Tensor, "*s n_p n_p"]:
    flat = rows.flatten(-3, -2)
    return flat @ flat.mT


def _by_pixels(products: Float[Tensor, "*s n_p n_p"], rows: Tensor) -> Float[Tensor, "*s n n"]:
    """The sum over both pixels."""
    n, p = rows.shape[-3:-1]
    return products.reshape(*products.shape[:-2], n, p, n, p).sum(dim=(-3, -1))
