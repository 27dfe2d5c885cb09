"""Any differentiable map of its parameters: tangent kernel, Hessian norms, curvature along a step.

A map F takes parameters w of shape (p,) to outputs of shape (n,), in torch operations that can be
differentiated twice. What is computed comes with an error: the same is computed again with the
result of every operation moved by an ulp, forward and backward, and ten times the largest
difference counts. That is an estimate; a rounding that F repeats whatever its operands are, such
as that of a constant, is not seen beyond a few ulps of the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from models.maps.every_ulp import apart
from models.randomness import SeedNumber, gaussian_outputs
from models.tensor_shapes import check_shapes

Map: TypeAlias = Callable[[Tensor], Tensor]
Component: TypeAlias = Callable[[Tensor, Tensor], Tensor]  # w and an index to one output

_AT_ONCE = 2**24  # numbers of gradients held by one vectorised pass
_PRODUCTS = 128  # of a Hessian with a vector, for each component
_ODDS = 1e-9  # that an upper bound of a Hessian norm is too small
_FLOOR_ULPS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Tangent:
    """F and its Jacobian at a point.

    Attributes:
        value: F(w).
        value_error: elementwise.
        J: DF(w), one row per component.
        J_error: a bound of the error of each row's Euclidean norm, and of the row itself.
    """

    value: Float[Tensor, " n"]
    value_error: Float[Tensor, " n"]
    J: Float[Tensor, "n p"]
    J_error: Float[Tensor, " n"]

    @property
    def kernel(self) -> Float[Tensor, "n n"]:
        """K = DF DF^T, symmetric to the last bit."""
        products = self.J @ self.J.T
        return (products + products.T) / 2

    @property
    def kernel_error(self) -> Float[Tensor, "n n"]:
        """Elementwise: the rows' errors, and the rounding of p products."""
        size = torch.linalg.vector_norm(self.J, dim=1)
        crossed = torch.outer(size, self.J_error)
        rounding = (self.J.shape[1] + 2) * torch.finfo(self.J.dtype).eps
        return (
            crossed
            + crossed.T
            + torch.outer(self.J_error, self.J_error)
            + rounding * torch.outer(size, size)
        )


def tangent(F: Map, w: Float[Tensor, " p"]) -> Tangent:
    """F(w) and DF(w), by reverse-mode differentiation, a few components at a time.

    Args:
        F: the map.
        w: parameters.

    Raises:
        ValueError: F or w has another shape, or a number is not finite.
    """
    _check(F, w, "tangent")
    J, row_error = apart(lambda: _jacobian(F, w))
    value, value_error = apart(lambda: F(w).detach())
    _check_finite(J, "tangent", "DF(w)")
    size = torch.linalg.vector_norm(J, dim=1)
    floor = _FLOOR_ULPS * torch.finfo(w.dtype).eps
    return Tangent(
        value=value,
        value_error=value_error + floor * value.abs(),
        J=J,
        J_error=torch.linalg.vector_norm(row_error, dim=1) + floor * size,
    )


def tangent_kernel(
    F: Map, w: Float[Tensor, " p"]
) -> tuple[Float[Tensor, "n n"], Float[Tensor, "n n"]]:
    """K(w) = DF(w) DF(w)^T and an elementwise bound of its error.

    Use it as `lambda_min(K, entries=error)`. Args and Raises: as for `tangent`.
    """
    found = tangent(F, w)
    return found.kernel, found.kernel_error


def hessian_norms(
    F: Map,
    w: Float[Tensor, " p"],
    *,
    component: Component | None = None,
    products: int = _PRODUCTS,
) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Lower and upper bounds of ||H_{F_i}(w)||_2, the spectral norm of each component's Hessian.

    Where p <= products all Hessians are computed. Otherwise only products with vectors are:
    q steps of the Lanczos process give sigma <= ||H||, and for a uniformly random start
    ||H||^2 <= sigma^2/(1 - t^2) unless chance is against it, with odds 1.648 sqrt(p) exp(-t q), q
    odd; where q is too small for odds of 1e-9 the upper bound is infinite.
    Memory: a few vectors of p numbers for each component, never a p x p matrix.

    Args:
        F: the map.
        w: parameters.
        component: F_i(w) of w and an integer tensor i, where that is cheaper than all of F.
        products: q >= 1; more tighten the bounds.

    Raises:
        ValueError: as for `tangent`, or products < 1.
    Source:
        Kuczynski, Wozniakowski 1992, Theorem 4.2, for H^2, which q products with H reach; Paige
        1976 for what rounding does.
    """
    n = _check(F, w, "hessian_norms").shape[0]
    if products < 1:
        raise ValueError(f"hessian_norms: products={products}; give at least 1")
    row = component or (lambda u, i: F(u).index_select(0, i.reshape(1)).squeeze(0))
    p = w.shape[0]
    if p <= products:
        norms, error = _whole_hessians(row, w, n)
        return (norms - error).clamp_min(0.0), norms + error
    start = gaussian_outputs(p, SeedNumber(0)).to(w).expand(n, p)
    start = start / torch.linalg.vector_norm(start[0])
    index = torch.arange(n, device=w.device)
    sigma = _lanczos(lambda vectors: _products(row, w, index, vectors), start, products)
    _, moved = apart(lambda: _products(row, w, index, start))
    # A random direction shows 1/sqrt(p) of a matrix's Frobenius norm, on average.
    eps = torch.finfo(w.dtype).eps
    error = math.sqrt(p) * torch.linalg.vector_norm(moved, dim=1)
    error = error + _FLOOR_ULPS * products * eps * sigma
    # k steps with H^2 ask for a space that 2k - 1 products with H span.
    t = math.log(1.648 * math.sqrt(p) * n / _ODDS) / (products - 1 + products % 2)
    beyond = 1 / math.sqrt(1 - t * t) if t < 1 else math.inf
    high = torch.where(sigma > 0, (sigma + error) * beyond, error)
    return (sigma - error).clamp_min(0.0), high


def curvature_along(
    F: Map,
    y: Float[Tensor, " n"],
    w: Float[Tensor, " p"],
    step: Float[Tensor, " p"],
    points: Float[Tensor, " k"],
) -> tuple[Float[Tensor, " k"], Float[Tensor, " k"]]:
    """Curvature of L = ||F - y||^2/2 at w + s step in the direction of the step, and its error.

    It is (||DF v||^2 + (F - y).D^2 F[v, v])/||v||^2 for v = step. Between the points nothing is
    known; a bound there needs a constant of F.

    Args:
        F: the map.
        y: labels.
        w: where the segment starts.
        step: where it leads to, not zero.
        points: s, in [0, 1] for the segment itself.

    Raises:
        ValueError: as for `tangent`, the step is zero, or step and points do not fit.
    """
    _check(F, w, "curvature_along")
    check_shapes("curvature_along", w=(w, "p"), step=(step, "p"))
    check_shapes("curvature_along", points=(points, "k"))
    squared = float(step.square().sum())
    if not 0 < squared < math.inf:
        raise ValueError(f"curvature_along: ||step||^2={squared}; give a finite step that is not 0")

    def loss(s: Tensor) -> Tensor:
        value: Tensor = (F(w + s * step) - y).square().sum() / 2
        return value

    second = torch.func.vmap(torch.func.grad(torch.func.grad(loss)))
    value, error = apart(lambda: second(points.to(w)).detach())
    _check_finite(value, "curvature_along", "a second derivative")
    floor = _FLOOR_ULPS * torch.finfo(w.dtype).eps
    return value / squared, (error + floor * value.abs()) / squared


def _jacobian(F: Map, w: Tensor) -> Tensor:
    """All rows, as many cotangents at a time as the memory has room for."""
    chunk = max(1, _AT_ONCE // w.shape[0])
    rows: Tensor = torch.func.jacrev(F, chunk_size=chunk)(w)
    return rows.detach()


def _products(row: Component, w: Tensor, index: Tensor, vectors: Tensor) -> Tensor:
    """H_{F_i} v for every pair of a component i and a vector v.

    Reverse over reverse: it asks of F's operations no more than two backward passes.
    """

    def product(i: Tensor, v: Tensor) -> Tensor:
        gradient = torch.func.grad(row)
        pulled: Tensor = torch.func.vjp(lambda u: gradient(u, i), w)[1](v)[0]
        return pulled

    chunk = max(1, _AT_ONCE // w.shape[0])
    found: Tensor = torch.func.vmap(product, chunk_size=chunk)(index, vectors)
    return found.detach()


def _whole_hessians(row: Component, w: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """The norms of all Hessians, and their errors."""
    p = w.shape[0]
    index = torch.arange(n, device=w.device).repeat_interleave(p)
    basis = torch.eye(p, dtype=w.dtype, device=w.device).repeat(n, 1)
    H, moved = apart(lambda: _products(row, w, index, basis).view(n, p, p))
    _check_finite(H, "hessian_norms", "a second derivative")
    norms = torch.linalg.eigvalsh((H + H.mT) / 2).abs().amax(dim=-1)
    solver = 10 * p * torch.finfo(w.dtype).eps * torch.linalg.matrix_norm(H)
    return norms, torch.linalg.matrix_norm(moved) + solver


def _lanczos(product: Map, start: Tensor, products: int) -> Tensor:
    """||H Q|| over the Krylov space Q of each component, from the three-term recurrence."""
    v, before, beta = start, torch.zeros_like(start), start.new_zeros(len(start))
    T = start.new_zeros(len(start), products + 1, products)
    for k in range(products):
        pulled = product(v)
        _check_finite(pulled, "hessian_norms", "a second derivative")
        alpha = (v * pulled).sum(dim=1)
        pulled = pulled - alpha.unsqueeze(1) * v - beta.unsqueeze(1) * before
        beta = torch.linalg.vector_norm(pulled, dim=1)
        T[:, k, k], T[:, k + 1, k] = alpha, beta
        if k + 1 < products:
            T[:, k, k + 1] = beta
        # Where the space is invariant the process ends; zeros leave the norm as it is.
        ended = beta <= 1e-14 * T.abs().amax(dim=(1, 2))
        before, v = v, torch.where(ended, 0.0, 1 / beta).unsqueeze(1) * pulled
        beta = torch.where(ended, 0.0, beta)
        if bool(ended.all()):
            break
    norms: Tensor = torch.linalg.matrix_norm(T, ord=2)
    return norms


def _check(F: Map, w: Tensor, where: str) -> Tensor:
    """F(w). Raises ValueError: it is not a vector of finite numbers, or w is not."""
    if w.ndim != 1 or not len(w) or not w.is_floating_point():
        raise ValueError(
            f"{where}: w has shape {tuple(w.shape)} and dtype {w.dtype}; give one nonempty vector "
            "of floats"
        )
    _check_finite(w, where, "w")
    value = F(w)
    if not isinstance(value, Tensor) or value.ndim != 1 or not len(value):
        shape = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"{where}: F(w) has shape {shape}; give one nonempty vector, (n,)")
    _check_finite(value, where, "F(w)")
    return value


def _check_finite(values: Tensor, where: str, name: str) -> None:
    if not bool(torch.isfinite(values).all()):
        raise ValueError(f"{where}: {name} has a NaN or an infinity; give a map that is finite")
