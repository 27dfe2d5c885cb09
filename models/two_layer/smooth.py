"""Two-layer networks with a smooth activation: exact Hessian norms, and lazily scaled training.

f(W, v; x) = m^(-1/2) sum_k v_k sigma(w_k.x)
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from models.activation.kind import Activation
from models.arguments import as_annotated
from models.landscapes.system_maps import Taylor
from models.tensor_shapes import check_shapes

_EPS = float(torch.finfo(torch.float64).eps)


class Blocks(NamedTuple):
    """The Hessian of f in (w_k, v_k), for each neuron: [[c x^T x/|x|^2, b x/|x|], [b x^T/|x|, 0]].

    Attributes:
        c: v_k sigma''(w_k.x) |x|^2 / sqrt(m), shape (*s, n, m).
        b: sigma'(w_k.x) |x| / sqrt(m), shape (*s, n, m).
        error: a bound of the rounding of both.
    """

    c: Tensor
    b: Tensor
    error: Tensor

    @property
    def norms(self) -> Tensor:
        """Spectral norms of the blocks, |c|/2 + sqrt(c^2/4 + b^2); the Hessian's is the largest."""
        half = self.c.abs() / 2
        return half + (half.square() + self.b.square()).sqrt()


def hessian_blocks(
    x: Float64[Tensor, "n d"],
    w: Float64[Tensor, "*s m d"],
    v: Float64[Tensor, "*s m"],
    sigma: Activation,
) -> Blocks:
    """The blocks of the Hessians of f(.; x_i) in all weights; neurons do not share any.

    The error allows for arguments off by d + 2 roundings, slopes of sigma'' up to 4 beta, and
    some units of sigma' and sigma'' themselves.

    Raises:
        ValueError: shapes that do not fit.
    """
    check_shapes("hessian_blocks", finite=False, x=(x, "n d"), w=(w, "*s m d"), v=(v, "*s m"))
    z = x @ w.mT
    norm = torch.linalg.vector_norm(x, dim=-1)[:, None]
    root, outputs = w.shape[-2] ** 0.5, v.unsqueeze(-2)
    c = outputs * bend(sigma, z) * norm.square() / root
    b = sigma.derivative(z) * norm / root
    turned = (x.abs() @ w.abs().mT) * (x.shape[-1] + 2) + 8
    steep = 4 * (sigma.L + sigma.beta) * (1 + outputs.abs()) * norm * (1 + norm) / root
    return Blocks(c, b, 4 * _EPS * turned * steep)


@as_annotated(finite=False)
def bend(sigma: Activation, z: Tensor) -> Tensor:
    """The second derivative elementwise, by differentiation of sigma'."""
    flat = z.detach().clone().requires_grad_()
    with torch.enable_grad():
        slope = sigma.derivative(flat).sum()
        if not slope.requires_grad:
            return torch.zeros_like(z)
        (found,) = torch.autograd.grad(slope, flat)
    return torch.nan_to_num(found)


def antisymmetric(
    w: Float64[Tensor, "h d"],
) -> tuple[Float64[Tensor, "m d"], Float64[Tensor, " m"]]:
    """The weights [W; W] and the signs (1, ..., 1, -1, ..., -1): a network that starts at f = 0.

    Raises:
        ValueError: w is no finite matrix (h, d).
    """
    check_shapes("antisymmetric", w=(w, "h d"))
    ones = torch.ones(len(w), dtype=w.dtype)
    return torch.cat([w, w]), torch.cat([ones, -ones])


def lazy_taylor(
    x: Float64[Tensor, "n d"],
    w: Float64[Tensor, "*s p"],
    a: Float64[Tensor, " m"],
    sigma: Activation,
    alpha: float,
) -> Taylor:
    """Values alpha f(.; x_i) and their derivatives in the first layer, for a_k = +-1.

    Args:
        x: inputs.
        w: first layers, flattened: p = m d, neuron after neuron.
        a: output weights.
        sigma: the activation.
        alpha: scale of the output, > 0.

    Raises:
        ValueError: shapes that do not fit, or alpha is no number > 0.
    """
    check_shapes("lazy_taylor", finite=False, x=(x, "n d"), w=(w, "*s p"), a=(a, "m"))
    m, d = len(a), x.shape[-1]
    if w.shape[-1] != m * d or not 0 < alpha < float("inf"):
        raise ValueError(
            f"lazy_taylor: p={w.shape[-1]}, m={m}, d={d}, alpha={alpha!r}; give p = m d, alpha > 0"
        )
    z = x @ w.reshape(*w.shape[:-1], m, d).mT
    scale = alpha / m**0.5
    F = scale * (sigma.value(z) @ a)
    J = ((scale * a * sigma.derivative(z)).unsqueeze(-1) * x[:, None]).flatten(-2)
    turned = (x.abs() @ w.abs().reshape(*w.shape[:-1], m, d).mT) * (d + 2) + 8
    unit = 4 * _EPS * scale
    rough = turned * (sigma.L + sigma.beta) + m * sigma.value(z).abs()
    off = unit * rough.sum(dim=-1)
    slopes_off = unit * (turned * (sigma.L + sigma.beta)).unsqueeze(-1) * x.abs()[:, None]
    return Taylor(F, J, off, slopes_off.flatten(-2))
