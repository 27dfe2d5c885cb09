"""Derivatives of implicit networks through their equilibrium, and their tangent kernel.

No layer is unrolled: dz = (I - D B)^(-1) D (dB z + dphi) where B is the scaled A and D the slopes
of s at the equilibrium, so one linear system per sample gives every block.

Source: Gao, Liu, Liu, Rajan, Gao 2022 (arXiv:2110.05645), Lemmas 2.3 and 3.1, with the two
corrections of its equations (14) and (16) that `implicit_kernels` names; Ling, Xie, Wang, Zhang,
Lin 2023 (arXiv:2205.13814), Lemma 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from models.activation.nonlinearities import nonlinearity
from models.arguments import as_annotated
from models.implicit.network import ImplicitNetwork, ImplicitPass

_AT_KINK = {"gao": 0.0, "ling": 1.0}  # s'(0) in the papers


@dataclass(frozen=True, slots=True, eq=False)
class ImplicitSlopes:
    """Slopes at a pass, and dyhat_i by what enters the equation; samples in front of neurons.

    Attributes:
        D: s'(scale A z_i + phi_i).
        E: s'(W x_i); ones for "ling", where nothing is applied to W x.
        p: dyhat_i by the pre-activation of z_i, D_i (I - B^T D_i)^(-1) u.
        b: dyhat_i by W x_i, up to the input scale: E_i (p_i + v), or p_i.
    """

    D: Float[Tensor, "*s n m"]
    E: Float[Tensor, "*s n m"]
    p: Float[Tensor, "*s n m"]
    b: Float[Tensor, "*s n m"]


@as_annotated(finite=False)
def implicit_slopes(
    run: ImplicitPass, network: ImplicitNetwork, *, at_kink: float | None = None
) -> ImplicitSlopes:
    """Slopes and adjoints of every sample.

    Args:
        run: of `implicit_pass`.
        network: the parameters.
        at_kink: the share of the right slope in s'(0), in [0, 1]; None takes the paper's, 0 for
            "gao" and 1 for "ling".

    Raises:
        ValueError: at_kink is out of range, or I - B^T D is singular.
    """
    side = _AT_KINK[network.model] if at_kink is None else at_kink
    if not 0 <= side <= 1:
        raise ValueError(f"implicit_slopes: at_kink={at_kink!r}; give a slope in [0, 1]")
    D = slope(network.activation, run.pre, side)
    gao = network.model == "gao"
    lifting = slope(network.activation, run.lifted, side) if gao else torch.ones_like(D)
    # B^T D: column r of B^T times D_r.
    recurrent = (network.scale * network.A).mT.unsqueeze(-3)
    system = torch.eye(network.m).to(D) - recurrent * D.unsqueeze(-2)
    u = network.u[..., None, :, None].expand(*D.shape, 1)
    adjoint, failed = torch.linalg.solve_ex(system, u)
    if bool((failed != 0).any()):
        raise ValueError(
            "implicit_slopes: I - B^T D is singular; the equation has no derivative there, give "
            "scale * ||A||_2 < 1"
        )
    p = D * adjoint.squeeze(-1)
    b = p if network.v is None else lifting * (p + network.v.unsqueeze(-2))
    return ImplicitSlopes(D, lifting, p, b)


def slope(activation: str, pre: Tensor, at_kink: float) -> Tensor:
    """The slope s' of pre-activations; at a kink that of the right side by the share `at_kink`."""
    known = nonlinearity(activation)
    left = known.derivative(pre)
    if math.isfinite(known.beta):
        return left
    return torch.where(pre == 0, left + at_kink * (known.L - left), left)


@as_annotated(finite=False)
def implicit_gradients(
    run: ImplicitPass, slopes: ImplicitSlopes, network: ImplicitNetwork, r: Float[Tensor, "*s n"]
) -> tuple[Tensor, ...]:
    """sum_i r_i dyhat_i by each block: the gradient of |yhat - y|^2/2 where r = yhat - y.

    Args:
        run: of `implicit_pass`.
        slopes: of `implicit_slopes`.
        network: the parameters.
        r: weights of the samples.

    Returns:
        Blocks in the order of `IMPLICIT_BLOCKS`, v only for "gao".

    Raises:
        ValueError: r has another shape than the samples of the pass, or a NaN.
    """
    if r.shape != run.z.shape[:-1]:
        raise ValueError(
            f"implicit_gradients: r has shape {tuple(r.shape)}; give one weight for each sample of "
            f"the pass, {tuple(run.z.shape[:-1])}"
        )
    if bool(torch.isnan(r).any()):
        raise ValueError("implicit_gradients: r has a NaN; give a number for each sample")
    weighed = r.unsqueeze(-1)
    x = run.x.expand(*run.z.shape[:-1], network.d)
    found = [
        network.scale * (weighed * slopes.p).mT @ run.z,
        network.input_scale * (weighed * slopes.b).mT @ x,
        (weighed * run.z).sum(dim=-2),
    ]
    if network.v is not None:
        found.append((weighed * run.phi).sum(dim=-2))
    return tuple(found)


@as_annotated
def implicit_jacobians(
    run: ImplicitPass, slopes: ImplicitSlopes, network: ImplicitNetwork
) -> tuple[Float[Tensor, "*s n k"], ...]:
    """dyhat_i by each block, flattened; blocks in the order of `IMPLICIT_BLOCKS`."""
    x = run.x.expand(*run.z.shape[:-1], network.d)
    left = network.scale * slopes.p.unsqueeze(-1) * run.z.unsqueeze(-2)
    right = network.input_scale * slopes.b.unsqueeze(-1) * x.unsqueeze(-2)
    found = left.flatten(-2), right.flatten(-2), run.z
    return found if network.v is None else (*found, run.phi)


@as_annotated(finite=False)
def implicit_kernels(
    run: ImplicitPass, slopes: ImplicitSlopes, network: ImplicitNetwork
) -> tuple[Float[Tensor, "*s n n"], ...]:
    """The share of each block in the tangent kernel, as products of small Gram matrices.

    For "gao" they are gamma^2 M o ZZ^T, Q o XX^T, ZZ^T and Phi Phi^T, M_ij = p_i.p_j/m and Q_ij =
    b_i.b_j/m; their sum is H. The paper prints I_n for the 11^T before ZZ^T, and in Q an inverse
    without its transpose.
    """
    c, k = network.scale, network.input_scale
    features = _gram(run.z)
    found = (c**2 * _gram(slopes.p) * features, k**2 * _gram(slopes.b) * _gram(run.x), features)
    return found if network.v is None else (*found, _gram(run.phi))


def _gram(rows: Float[Tensor, "*s n k"]) -> Float[Tensor, "*s n n"]:
    return rows @ rows.mT
