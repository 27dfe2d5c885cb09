"""The two-layer ReLU network u_i = m^{-1/2} sum_r a_r max(w_r.x_i, 0) and its gradients.

Leading dimensions of w and a are seeds. Inputs and labels are moved to the weights' device and
dtype, so that data made once on the CPU serve every device.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from models.arguments import as_annotated


def preactivations(
    x: Float[Tensor, "*#s n d"], w: Float[Tensor, "*#s m d"], where: str
) -> Float[Tensor, "*s m n"]:
    """w_r.x_i for every neuron and sample.

    Raises:
        ValueError: shapes that do not fit, none of a size, or a tensor that is not floating point.
    """
    check_network(x, w, where)
    return w @ x.to(w).mT


def check_network(x: Tensor, w: Tensor, where: str) -> None:
    """Raises ValueError: as `preactivations`."""
    for name, tensor in (("x", x), ("w", w)):
        if tensor.ndim < 2 or 0 in tensor.shape[-2:] or not tensor.is_floating_point():
            raise ValueError(
                f"{where}: {name} has shape {tuple(tensor.shape)} and dtype {tensor.dtype}; give "
                "a nonempty floating-point matrix, or one per seed"
            )
    if x.shape[-1] != w.shape[-1]:
        raise ValueError(
            f"{where}: x has dimension d={x.shape[-1]} and w has {w.shape[-1]}; give equal ones"
        )


@as_annotated
def predictions(
    x: Float[Tensor, "n d"], w: Float[Tensor, "*s m d"], a: Float[Tensor, "*s m"]
) -> Float[Tensor, "*s n"]:
    """u_i = m^{-1/2} sum_r a_r max(w_r.x_i, 0).

    Args:
        x: inputs, one row per sample.
        w: first-layer weights, one row per neuron.
        a: output weights.

    Raises:
        ValueError: the shapes do not fit.
    """
    pre = preactivations(x, w, "predictions")
    return _outputs(pre, _output_weights(a, w, "predictions"))


@as_annotated
def patterns(x: Float[Tensor, "n d"], w: Float[Tensor, "*s m d"]) -> Bool[Tensor, "*s m n"]:
    """Which neuron is on for which sample: w_r.x_i >= 0, as the paper's relu'(0) = 1.

    Raises:
        ValueError: the shapes do not fit.
    """
    return preactivations(x, w, "patterns") >= 0


@as_annotated
def gradient(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, " n"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*s m"],
) -> Float[Tensor, "*s m d"]:
    """dL/dw_r = m^{-1/2} sum_i (u_i - y_i) a_r x_i 1{w_r.x_i >= 0} for L = |y - u|^2/2.

    Raises:
        ValueError: the shapes do not fit.
    Source:
        Du et al. 2019 (arXiv:1810.02054v2), section 3; autograd would take relu'(0) = 0.
    """
    return gradients(x, y, w, a)[0]


@as_annotated
def gradients(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, " n"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*s m"],
) -> tuple[Float[Tensor, "*s m d"], Float[Tensor, "*s m"]]:
    """dL/dw as in `gradient`, and dL/da_r = m^{-1/2} sum_i (u_i - y_i) max(w_r.x_i, 0).

    Raises:
        ValueError: the shapes do not fit.
    """
    pre = preactivations(x, w, "gradients")
    a = _output_weights(a, w, "gradients")
    if y.shape[-1] != x.shape[-2]:
        raise ValueError(f"gradients: {x.shape[-2]} inputs, {y.shape[-1]} labels; give equal many")
    scaled = (_outputs(pre, a) - y.to(w)) / math.sqrt(w.shape[-2])
    pulled = torch.where(pre >= 0, scaled.unsqueeze(-2), 0.0) * a.unsqueeze(-1)
    by_output = (pre.relu() @ scaled.unsqueeze(-1)).squeeze(-1)
    return pulled @ x.to(w), by_output


def _outputs(pre: Tensor, a: Tensor) -> Tensor:
    return (a.unsqueeze(-2) @ pre.relu()).squeeze(-2) / math.sqrt(pre.shape[-2])


def _output_weights(a: Tensor, w: Tensor, where: str) -> Tensor:
    if a.ndim < 1 or a.shape[-1] != w.shape[-2]:
        raise ValueError(
            f"{where}: a has shape {tuple(a.shape)} and w {tuple(w.shape)}; give one output "
            "weight per neuron"
        )
    return a.to(w)
