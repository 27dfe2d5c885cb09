"""What the claims about Arora et al. 2019 share: limit kernels, averaged Jacobians, residuals."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, sqrt
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from certify import enclosed, lambda_max, lambda_min, largest_certain, spectral_norm
from dynamics import Descent
from models import (
    G2_inf,
    H,
    H_error,
    H_inf,
    Start,
    change_bound,
    gram,
    patterns,
    predictions,
)
from verdicts import Approx, Margin, at_least, exactly

EPS = 2.0**-52
_ENTRY = 16 * EPS  # rounding of one entry of a Gram matrix of unit vectors

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """H_inf with its eigenpairs, for step sizes eta <= 1/lam_max.

    Attributes:
        matrix: H_inf as computed.
        lam: eigenvalues, increasing, and
        v: eigenvectors in columns: of a matrix that is within `error` of H_inf.
        error: of the matrix that the eigenpairs stand for, in spectral norm.
        lambda_0, lambda_top: least and largest eigenvalue of H_inf.
    """

    matrix: Tensor
    lam: Array
    v: Array
    error: float
    lambda_0: Approx
    lambda_top: Approx

    @classmethod
    def of(cls, x: Tensor, *, both_layers: bool = False) -> Limit:
        """The limit of the first layer's kernel, or of both, on inputs of norm 1."""
        kernel = H_inf(x) + G2_inf(x) if both_layers else H_inf(x)
        found = torch.linalg.eigh(kernel)
        n = len(x)
        error = (_ENTRY * n + 20 * n * EPS) * float(torch.linalg.matrix_norm(kernel))
        lam, v = found.eigenvalues.numpy(), found.eigenvectors.numpy()
        return cls(kernel, lam, v, error, lambda_min(kernel), lambda_max(kernel))

    def powered(self, r: Array, eta: float, k: int) -> tuple[Array, float]:
        """(I - eta H_inf)^k r in the coordinates of the eigenvectors, and an error of its norm."""
        error = (k * (eta * self.error + 4 * EPS) + 10 * len(r) * EPS) * float(np.linalg.norm(r))
        return (1 - eta * self.lam) ** k * (self.v.T @ r), error


def weighed_sum(weights: Approx, sizes: NDArray[Any], rounding: Array) -> Approx:
    """The sums over the first axis of weights >= 0 times sizes, each off by its rounding."""
    slack = 1 + 4 * EPS * (len(sizes) + 2)
    low = (weights.lower * np.maximum(sizes - rounding, 0.0)).sum(axis=0) / slack
    return Approx(low, (weights.upper * (sizes + rounding)).sum(axis=0) * slack)


def length(vector: Array, error: float) -> Approx:
    """The norm of a vector that is off by at most the error."""
    found = float(np.linalg.norm(vector))
    error += (len(vector) + 2) * EPS * found
    return Approx(max(found - error, 0.0), found + error)


def doubled(w: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """The antisymmetric start [W; W], [a; -a], at which every output is 0."""
    return torch.cat((w, w), dim=-2), torch.cat((a, -a), dim=-1)


def residual_error(run: Descent) -> Array:
    """How far in norm each residual of a run may be from the true one, (..., K + 1)."""
    squared = run.squared_residual
    return np.asarray(np.sqrt(squared.upper) - np.sqrt(squared.lower))


def share_on(x: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """Which part of the way from one first layer to another each pair (r, i) is on, (m, n)."""
    z, end = before @ x.T, after @ x.T
    on, still = z >= 0, end >= 0
    # A neuron that crosses spends |z|/(|z| + |end|) on the side from which it came.
    first = z.abs() / (z.abs() + end.abs()).clamp_min(1e-300)
    return torch.where(on == still, on.to(z), torch.where(on, first, 1 - first))


def averaged_kernel(start: Start, share: Tensor) -> Tensor:
    """Jbar J^T: G_ij (1/m) sum_r a_r^2 share_ri 1{w_r.x_j >= 0}; not symmetric."""
    on = patterns(start.x, start.w).to(share)
    weighed = (start.a.square().unsqueeze(1) * share).T @ on
    return gram(start.x) * weighed / start.m


def step_rounding(start: Start, after: Tensor, eta: float) -> float:
    """What rounding does to both sides of the recursion, in the residual's units; estimated.

    Each output sums m numbers of d products; the roundings of weights and products are of both
    signs. For the residual alone take `after` = W(0) and eta = 0.
    """
    x, a, m = start.x, start.a, start.m
    rows = torch.linalg.vector_norm(x, dim=1)
    size = torch.zeros_like(start.y)
    for w in (start.w, after):
        active = (a.abs() @ (w @ x.T).relu()) / sqrt(m)
        typical = a.abs().max() * w.square().sum(dim=1).mean().sqrt()
        size = size + (start.d + 8 + log2(m)) * active + (start.d + 4) * typical * rows
    e = start.y - predictions(x, start.w, a)
    pulled = eta * float(gram(x).norm() * a.square().mean() * e.norm())
    return EPS * (float((size + 2 * start.y.abs()).norm()) + (start.d + start.n + 8) * pulled)


def certified_rate(start: Start, limit: Limit, *, change: bool) -> float:
    """The largest lambda < lambda_0 that the certificate of Theorem 4.1 grants; 0.0 if none.

    lambda_0 - lambda >= ||H(0) - H_inf|| + ||B(R)|| with R = sqrt(||G||) ||r_0||/(sqrt(m) lambda),
    B the entrywise bound of every change of H in the ball of radius R.

    Args:
        start: the network.
        limit: of its inputs.
        change: whether B is counted.
    """
    x, w = start.x, start.w
    entries = H_error(x, w) + _ENTRY
    gap = spectral_norm(H(x, w) - limit.matrix, entries=entries)
    reach = lambda_max(gram(x)).sqrt() * first_residual(start) / sqrt(start.m)

    def premise(lambda_: float) -> Margin:
        R = (reach / lambda_).high
        bound = spectral_norm(change_bound(x, w, R), entries=_ENTRY) if change else exactly(0.0)
        return at_least(limit.lambda_0 - lambda_, gap + bound)

    return largest_certain(premise, high=(limit.lambda_0 - gap).high)


def first_residual(start: Start) -> Approx:
    """||y - u(0)||, enclosed."""
    r = start.y - predictions(start.x, start.w, start.a)
    return enclosed(r.norm(), step_rounding(start, start.w, 0.0))
