"""Smooth classifiers with one hidden layer, scaled by m^(-beta), and their tangent margin.

f(W; x) = m^(-beta) sum_r s_r sigma(w_r.x), s_r = +-1; logistic loss. Data, weights and signs are
those of a `LeakyNet`, whose reference plays the start W_0.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from models.activation.named import activation
from models.arguments import as_annotated
from models.leaky.network import LeakyNet

_EPS = 2.0**-52


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """Values at weights, with bounds of what rounding may have changed.

    Attributes:
        signed: y_i f(x_i), with its error.
        loss: mean log(1 + exp(-y f)).
        pull: G, the mean of 1/(1 + exp(y f)).
        gradient: of the loss, (*s, m, d), with its error in the Frobenius norm.
    """

    signed: Float64[Tensor, "*s n"]
    signed_error: Float64[Tensor, "*s n"]
    loss: Float64[Tensor, "*s"]
    loss_error: Float64[Tensor, "*s"]
    pull: Float64[Tensor, "*s"]
    pull_error: Float64[Tensor, "*s"]
    gradient: Float64[Tensor, "*s m d"]
    gradient_error: Float64[Tensor, "*s"]


@as_annotated(finite=False)
def classified(net: LeakyNet, w: Float64[Tensor, "*s m d"], beta: float) -> Classified:
    """Outputs, loss and gradient of a smooth classifier at weights w.

    Args:
        net: data, signs +-1, labels +-1, a smooth activation by name.
        w: weights, which are taken as the floats they are.
        beta: exponent of the scale.
    """
    sigma, scale = activation(net.sigma), net.m**-beta
    unit = (net.n + net.m + net.d + 32) * _EPS
    sizes, norms = torch.linalg.vector_norm(net.x, dim=-1), torch.linalg.vector_norm(w, dim=-1)
    z = w @ net.x.mT
    off = unit * norms[..., :, None] * sizes
    values, slopes = sigma.value(z), sigma.derivative(z)
    signed = scale * net.y * (net.s[:, None] * values).sum(-2)
    signed_error = scale * (sigma.L * off + unit * (1 + values.abs())).sum(-2)
    losses = torch.logaddexp(torch.zeros_like(signed), -signed)
    pulls = torch.sigmoid(-signed)
    forces = -(scale / net.n) * net.s[:, None] * slopes * (net.y * pulls)[..., None, :]
    rough = scale * (sigma.beta * off + unit * (1 + sigma.L)) * sizes
    steep = scale * sigma.L * sizes * (signed_error / 4 + unit)[..., None, :]
    gradient_error = torch.linalg.vector_norm((rough + steep).mean(-1), dim=-1)
    return Classified(
        signed,
        signed_error,
        losses.mean(-1),
        (signed_error + unit * (1 + losses)).mean(-1),
        pulls.mean(-1),
        (signed_error / 4 + unit).mean(-1),
        forces @ net.x,
        gradient_error,
    )


@as_annotated
def tangents(net: LeakyNet, w: Float64[Tensor, "m d"]) -> Float64[Tensor, "n m d"]:
    """y_i m^(-1/2) times the derivative of sum_r s_r sigma(w_r.x_i) in the weights."""
    slopes = activation(net.sigma).derivative(w @ net.x.mT) * net.s[:, None]
    weighted = (slopes * net.y).mT / net.m**0.5
    rows: Tensor = weighted[..., None] * net.x[:, None, :]
    return rows
