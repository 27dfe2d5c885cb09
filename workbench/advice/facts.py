"""Everything about the data that the theorems' premises and constants are made of."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import NDArray
from torch import Tensor

from certify import best_separator, frobenius_norm, lambda_max, lambda_min
from models import (
    Activation,
    G2_inf,
    H_inf,
    activation,
    fully_connected_errors,
    fully_connected_recursion,
    gram,
)
from verdicts import Approx, exactly
from workbench.advice.data import Data, unit_rows

EPS = 2.0**-52
MOST_ROWS_BY_QUADRATURE = 400  # of a kernel without closed form: some seconds
_NEAR = 1e-9  # of the largest cosine: pairs that rounding may have put in the wrong order
_MOST_PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class Pair:
    """The two rows whose lines are nearest.

    Attributes:
        first, second: their indices, from 0.
        angle: between the lines, in [0, pi/2]; exactly 0 where the unit rows agree up to sign.
        opposite: whether they point away from each other.
    """

    first: int
    second: int
    angle: Approx
    opposite: bool


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Eigenvalues of H_inf, and y in its eigenvectors: of a matrix within `error` of H_inf.

    Attributes:
        lam: increasing.
        y: coordinates of the labels.
        error: in spectral norm.
    """

    lam: NDArray[np.float64]
    y: NDArray[np.float64]
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known of the data; kernels are those of the rows scaled to norm 1.

    Attributes:
        n, d: samples and input dimension.
        norms: |x_i|, least to largest: one enclosure of both ends.
        zeros: indices of rows that are zero.
        equal: groups of two and more equal rows.
        constant: columns that do not vary.
        closest: None for one row, or where rows are zero.
        C, y_squared: max |y_i| and ||y||^2.
        labels: the distinct labels if there are at most two, else none.
        G, G_frobenius, G_sum: ||X X^T||, ||X X^T||_F and sum_ij |x_i.x_j|.
        lambda_0, lambda_top: of H_inf.
        spectrum: of H_inf; None where rows are zero.
        lambda_G: lambda_min(G_inf), G_inf = E relu(w.x_i) relu(w.x_j).
        margin: max over |v| <= 1 of min_i y_i v.u_i for labels -1 and +1 and unit rows u_i; None
            for other labels, or where rows are zero.
        sigma: a smooth activation.
        lambda_smooth: lambda_min(K^(1)), K^(1)_ij = c_sigma x_i.x_j E sigma'(w.x_i) sigma'(w.x_j);
            None where that would take minutes.
    """

    n: int
    d: int
    norms: Approx
    zeros: tuple[int, ...]
    equal: tuple[tuple[int, ...], ...]
    constant: tuple[str, ...]
    closest: Pair | None
    C: Approx
    y_squared: Approx
    labels: tuple[float, ...]
    G: Approx
    G_frobenius: Approx
    G_sum: Approx
    lambda_0: Approx
    lambda_top: Approx
    spectrum: Spectrum | None
    lambda_G: Approx
    margin: Approx | None
    sigma: Activation
    lambda_smooth: Approx | None


def facts_of(data: Data, sigma: str = "tanh") -> Facts:
    """Everything at once; about 5 s for 1000 rows, without the kernel of `sigma`.

    Args:
        data: with at least one row that is not zero.
        sigma: a name that `models.activation` knows, twice differentiable.

    Raises:
        ValueError: all rows are zero, or no such activation.
    """
    x, y = data.x, data.y
    there = x.any(dim=1)
    if not bool(there.any()):
        raise ValueError(f"{data.name}: every row is zero; give inputs")
    zeros = tuple(int(i) for i in torch.nonzero(~there).flatten())
    u = unit_rows(x[there])
    size, distinct = float(y.square().sum()), torch.unique(y).tolist()
    equal, closest = _equal(x), _closest(u) if not zeros and len(x) > 1 else None
    # A zero row is a zero row and column of every kernel, equal directions are equal rows.
    same = closest is not None and closest.angle.high == 0 and not closest.opposite
    return Facts(
        n=len(x),
        d=x.shape[1],
        norms=_norms(x),
        zeros=zeros,
        equal=equal,
        constant=tuple(
            name for name, column in zip(data.columns, x.T, strict=True) if _is_constant(column)
        ),
        closest=closest,
        C=exactly(float(y.abs().max())),
        y_squared=Approx.around(size, 4 * len(y) * EPS * size),
        labels=tuple(distinct) if len(distinct) <= 2 else (),
        margin=None if zeros or {*distinct} - {-1.0, 1.0} else _margin(u, y),
        **_kernels(u, y if not zeros else None, sigma, singular=bool(zeros or equal or same)),
    )


def _kernels(u: Tensor, y: Tensor | None, sigma: str, *, singular: bool) -> dict[str, Any]:
    """Norms of G and least eigenvalues of the limit kernels, exactly 0 where they are singular."""
    G, limit, smooth = gram(u), H_inf(u), activation(sigma)
    absolute = float(G.abs().sum())
    nothing = exactly(0.0)
    return {
        "G": lambda_max(G),
        "G_frobenius": frobenius_norm(G),
        "G_sum": Approx.around(absolute, 4 * len(u) * (u.shape[1] + 4) * EPS * absolute),
        "lambda_0": nothing if singular else _floored(lambda_min(limit)),
        "lambda_top": lambda_max(limit),
        "spectrum": None if y is None else _spectrum(limit, y),
        "lambda_G": nothing if singular else _floored(lambda_min(G2_inf(u))),
        "sigma": smooth,
        "lambda_smooth": nothing if singular else _smooth_kernel(u, smooth),
    }


def _norms(x: Float64[Tensor, "n d"]) -> Approx:
    top = x.abs().amax(dim=1)
    norms = torch.linalg.vector_norm(x / torch.where(top > 0, top, 1.0)[:, None], dim=1) * top
    slack = (x.shape[1] + 8) * EPS
    return Approx(float(norms.min()) * (1 - slack), float(norms.max()) * (1 + slack))


def _equal(x: Float64[Tensor, "n d"]) -> tuple[tuple[int, ...], ...]:
    _, group, counts = np.unique(x.numpy() + 0.0, axis=0, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    shared = np.flatnonzero(counts > 1)
    return tuple(sorted(tuple(np.flatnonzero(group == k).tolist()) for k in shared))


def _is_constant(column: Float64[Tensor, " n"]) -> bool:
    return len(column) > 1 and bool((column == column[0]).all())


def _closest(u: Float64[Tensor, "n d"]) -> Pair:
    cosines = (u @ u.T).abs()
    cosines.fill_diagonal_(-1.0)
    candidates = torch.nonzero(torch.triu(cosines >= cosines.max() - _NEAR))[:_MOST_PAIRS]
    i, j = candidates.T
    apart = torch.linalg.vector_norm(u[i] - u[j], dim=1)
    together = torch.linalg.vector_norm(u[i] + u[j], dim=1)
    angles = 2 * torch.atan2(torch.minimum(apart, together), torch.maximum(apart, together))
    k = int(angles.argmin())
    angle = float(angles[k])
    # Each coordinate of a unit row is rounded by an ulp or two of it.
    error = 0.0 if angle == 0 else 8 * EPS * (1 + angle)
    enclosed = Approx(max(angle - error, 0.0), angle + error)
    return Pair(int(i[k]), int(j[k]), enclosed, bool(together[k] < apart[k]))


def _spectrum(limit: Float64[Tensor, "n n"], y: Float64[Tensor, " n"]) -> Spectrum:
    lam, v = torch.linalg.eigh(limit)
    n = len(y)
    error = (16 * n + 20 * n) * EPS * float(torch.linalg.matrix_norm(limit))
    return Spectrum(lam.numpy(), (v.T @ y).numpy(), error)


def _margin(u: Float64[Tensor, "n d"], y: Float64[Tensor, " n"]) -> Approx:
    """Between what a linear program finds in the cube, brought to |v| = 1, and its dual bound."""
    rows = y[:, None] * u
    found = best_separator(rows)
    length = float(found.direction.norm())
    products = rows @ found.direction
    worst = float(products.min()) / length if length > 0 else 0.0
    slack = 8 * (u.shape[1] + 4) * EPS
    return Approx(min(worst - slack, found.margin.high), found.margin.high)


def _smooth_kernel(u: Float64[Tensor, "n d"], sigma: Activation) -> Approx | None:
    if sigma.dual is None and len(u) > MOST_ROWS_BY_QUADRATURE:
        return None
    K = fully_connected_recursion(u, sigma, 1)
    return _floored(lambda_min(K[1], entries=float(fully_connected_errors(K, sigma)[1])))


def _floored(value: Approx) -> Approx:
    """Kernels have no negative eigenvalues."""
    return Approx(max(value.low, 0.0), max(value.high, 0.0), value.rigor)


def over(left: Approx | float, right: Approx) -> Approx:
    """left/right of numbers >= 0; up to infinity where the divisor may be 0."""
    above = left if isinstance(left, Approx) else exactly(left)
    if right.low > 0:
        return above / right
    return Approx((above / right.high).low if right.high > 0 else inf, inf)
