"""Kernels of infinitely wide implicit networks: ReLU's Gaussian dual, and population maps.

G2_inf_ij = E s(w.x_i) s(w.x_j),  w ~ N(0, I_d),  the limit of Phi Phi^T (Gao et al., (17))
T(K)_ij   = c E f(u_i) f(u_j),    u ~ N(0, s K + T_0),  whose fixed point is the kernel of an
                                  equilibrium model (Ling et al.: f = ReLU, c = 2, s = s_w^2)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from models.activation.duals import check_covariances, dual, dual_error
from models.activation.kind import Activation
from models.activation.nonlinearities import nonlinearity
from models.arguments import as_annotated
from models.two_layer.kernels import gram

_ABSOLUTE = math.sqrt(2 / math.pi)  # E |z|
_CLOSED = 16 * torch.finfo(torch.float64).eps  # of ReLU's dual, relative to sqrt(A_ii A_jj)
_RELU = "relu"


@as_annotated
def relu_dual(A: Float[Tensor, "*s n n"]) -> Float64[Tensor, "*s n n"]:
    """E max(u_i, 0) max(u_j, 0) for u ~ N(0, A), good to 16 eps sqrt(A_ii A_jj).

    (r + A_ij (pi - angle))/(2 pi) with r^2 = A_ii A_jj - A_ij^2 and tan(angle) = r/A_ij: near
    angle 0 the error of r drops out, because the value is Lipschitz in A_ij.

    Args:
        A: covariances; only its 2 x 2 blocks need to be positive semi-definite.

    Raises:
        ValueError: it is no symmetric matrix with such blocks.
    Source:
        Cho, Saul 2009 (arc-cosine kernel of order 1), with half of their factor.
    """
    check_covariances(A, "relu_dual")
    A = A.double()
    variances = torch.diagonal(A, dim1=-2, dim2=-1)
    squares = variances.unsqueeze(-1) * variances.unsqueeze(-2)
    r = (squares - A.square()).clamp_min(0.0).sqrt()
    values = (r + A * torch.atan2(r, -A)) / (2 * math.pi)
    values = (values + values.mT) / 2
    return torch.diagonal_scatter(values, variances / 2, dim1=-2, dim2=-1)


@as_annotated
def G2_inf(x: Float[Tensor, "*s n d"]) -> Float64[Tensor, "*s n n"]:
    """The limit E s(w.x_i) s(w.x_j) of `G2` for s = max(., 0), for rows of any nonzero norms.

    Raises:
        ValueError: x is not a nonempty matrix of floats with nonzero rows.
    """
    return relu_dual(gram(x.double()))


@dataclass(frozen=True, slots=True)
class PopulationMap:
    """T(K) = c E f(u) f(u)^T for u ~ N(0, s K + T_0), entry by entry.

    Attributes:
        f: the activation, or the name of one that `nonlinearity` knows.
        T_0: covariances of what the inputs send in, (*s, n, n).
        s: the variance of the recurrent weights, >= 0.
        c: the factor, > 0.
    """

    f: str | Activation
    T_0: Float64[Tensor, "*s n n"]
    s: float
    c: float = 2.0

    def __post_init__(self) -> None:
        if not (0 <= self.s < math.inf and 0 < self.c < math.inf):
            raise ValueError(f"PopulationMap: s={self.s!r}, c={self.c!r}; give s >= 0 and c > 0")

    @property
    def activation(self) -> Activation:
        """The activation f."""
        return nonlinearity(self.f) if isinstance(self.f, str) else self.f

    @property
    def kappa(self) -> float:
        """L sqrt(c s): below 1 the map contracts."""
        return self.activation.L * math.sqrt(self.c * self.s)

    def __call__(self, K: Float[Tensor, "*s n n"]) -> Float64[Tensor, "*s n n"]:
        """T(K); `error` bounds what quadrature and rounding make of it."""
        A, f = self.s * K + self.T_0, self.activation
        return self.c * (relu_dual(A) if f.name == _RELU else dual(f, A))

    def iterates(
        self, count: int, *, start: Float64[Tensor, "*s n n"] | None = None
    ) -> list[Float64[Tensor, "*s n n"]]:
        """K^(0), ..., K^(count) with K^(l) = T(K^(l-1)), from 0 or from another kernel."""
        K = [torch.zeros_like(self.T_0) if start is None else start]
        for _ in range(count):
            K.append(self(K[-1]))
        return K

    def error(self, K: Float[Tensor, "*s n n"]) -> float:
        """A bound of the entrywise error of T(K) as computed, for exactly this K."""
        A, f = self.s * K + self.T_0, self.activation
        rounding = _CLOSED * float(torch.diagonal(A, dim1=-2, dim2=-1).max())
        fresh = rounding if f.name == _RELU else float(dual_error(f, A).max())
        return self.c * (fresh + rounding)

    def iterate_error(self, K: Sequence[Float64[Tensor, "*s n n"]]) -> float:
        """A bound of the entrywise error of all computed iterates; inf unless kappa < 1.

        With k = K_ii and v = s k + t: |sqrt(T(k)) - sqrt(T(k'))| <= sqrt(c) L |sqrt(v) - sqrt(v')|
        <= kappa |sqrt(k) - sqrt(k')|, so errors of diagonals sum up to e/(1 - kappa) in the roots.
        An off-diagonal entry moves by at most kappa^2 times itself, as |E f'(u) f'(v)| <= L^2, and
        by c s beta/2 (|f(0)| + L sqrt(2 v/pi)) per diagonal error, by Price's theorem; ReLU's by
        c s/(4 pi) sqrt(v_j/v_i) per diagonal error.
        """
        f, kappa = self.activation, self.kappa
        if not kappa < 1:
            return math.inf
        variances = torch.stack([(self.s * each + self.T_0).diagonal(0, -2, -1) for each in K])
        largest, least = float(variances.max()), float(variances.min())
        if f.name == _RELU:
            slope = 0.0 if self.s == 0 else math.sqrt(largest / least) / (4 * math.pi)
        else:
            bend = 0.0 if self.s == 0 else f.beta / 2
            slope = bend * (f.at_zero + _ABSOLUTE * f.L * math.sqrt(largest))
        fresh = max(self.error(each) for each in K)
        size = max(float(each.diagonal(dim1=-2, dim2=-1).max()) for each in K)
        small = min((float(each.diagonal(dim1=-2, dim2=-1).min()) for each in K[1:]), default=size)
        # Twice: the errors stay below half of the entries, so roots differ by at most this.
        diagonal = 2 * fresh * math.sqrt(size / small) / (1 - kappa) if small > 0 else math.inf
        return diagonal + (fresh + self.c * self.s * slope * 2 * diagonal) / (1 - kappa**2)
