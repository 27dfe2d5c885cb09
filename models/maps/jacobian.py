"""The Jacobian of the predictions by automatic differentiation: a second way to the kernels."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from models.arguments import as_annotated
from models.two_layer.network import predictions


@as_annotated
def prediction_jacobian(
    x: Float[Tensor, "n d"], w: Float[Tensor, "m d"], a: Float[Tensor, " m"]
) -> Float[Tensor, "n m_d"]:
    """One row du_i/dW per sample, the weights flattened.

    Automatic differentiation takes relu'(0) = 0 where the paper takes 1: the two agree off the
    kinks w_r.x_i = 0 only.
    """
    jacobian: Tensor = torch.func.jacrev(lambda weights: predictions(x, weights, a))(w)
    return jacobian.reshape(x.shape[0], -1)
