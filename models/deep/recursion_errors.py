"""Bounds of the error of computed limit Gram matrices, layer by layer.

An error of `ACCURACY` enters with every dual and grows by the Lipschitz constant of the layer's map
in the entries: Lemma G.4 with explicit constants, for variances up to a thousandth beyond the
computed ones. The first bound is the rounding of X X^T.

Source: Price's theorem; Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), Lemmas G.3 and G.4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float64
from torch import Tensor

from models.activation.duals import ACCURACY
from models.activation.kind import Activation
from models.arguments import as_annotated
from models.deep.recursions import variances

_ABSOLUTE = math.sqrt(2 / math.pi)  # E |z|
_BEYOND = 1.001
_ROUNDING = 1e-12  # of X X^T, relative to the largest squared norm


@dataclass(frozen=True, slots=True)
class _Layer:
    """What an error of the entries of one K^(h) becomes; all tensors have the seeds' shape."""

    activation: Activation
    largest: Tensor
    least: Tensor

    @classmethod
    def of(cls, activation: Activation, K: Tensor) -> _Layer:
        diagonal = variances(K)
        return cls(activation, diagonal.amax(dim=-1) * _BEYOND, diagonal.amin(dim=-1) / _BEYOND)

    @property
    def size(self) -> Tensor:
        """Bounds E |sigma(u)| and the root of E sigma(u)^2."""
        return self.activation.at_zero + self.activation.L * self.largest.sqrt()

    def of_mean(self, error: Tensor) -> Tensor:
        """Of E sigma(u): |sqrt(a) - sqrt(a')| <= |a - a'|/sqrt(a)."""
        slope = self.activation.L * _ABSOLUTE / self.least.sqrt()
        return slope * error + ACCURACY * self.size

    def of_dual(self, error: Tensor) -> Tensor:
        """Of E sigma(u) sigma(v)."""
        L, beta, s0 = self.activation.L, self.activation.beta, self.activation.at_zero
        slope = L**2 + beta * (s0 + _ABSOLUTE * L * self.largest.sqrt())
        return slope * error + ACCURACY * self.size.square()

    def of_last(self, error: Tensor) -> Tensor:
        """Of K_ij E sigma'(u) sigma'(v)."""
        L, beta = self.activation.L, self.activation.beta
        slope = beta**2 * (1 + (self.largest / self.least).sqrt())
        slope = slope + _ABSOLUTE * beta * L / self.least.sqrt()
        return L**2 * error + self.largest * (slope * error + ACCURACY * L**2)


@as_annotated
def fully_connected_errors(
    K: Sequence[Float64[Tensor, "*s n n"]], activation: Activation
) -> list[Float64[Tensor, "*s"]]:
    """Bounds of the largest entrywise error of each K^(h) of `fully_connected_recursion`.

    Raises:
        ValueError: K is not a whole recursion, K^(0) to K^(H) with H >= 1.
    """
    layers = _layers(K, activation, "fully_connected_errors")
    errors = [_ROUNDING * layers[0].largest]
    for layer in layers[:-1]:
        errors.append(activation.c_sigma * layer.of_dual(errors[-1]))
    return [*errors, activation.c_sigma * layers[-1].of_last(errors[-1])]


@as_annotated
def resnet_errors(
    K: Sequence[Float64[Tensor, "*s n n"]],
    b: Sequence[Float64[Tensor, "*s n"]],
    activation: Activation,
    c_res: float,
) -> list[Float64[Tensor, "*s"]]:
    """Bounds of the largest entrywise error of each K^(h) of `resnet_recursion`.

    Raises:
        ValueError: K and b are not a whole recursion, K^(0) to K^(H) and b^(1) to b^(H-1).
    """
    layers = _layers(K, activation, "resnet_errors")
    H, c_sigma = len(layers), activation.c_sigma
    if len(b) != H - 1:
        raise ValueError(f"resnet_errors: {len(b)} means for H={H}; give b^(1) to b^({H - 1})")
    if H == 1:
        return fully_connected_errors(K, activation)
    c = c_res / H
    errors = [_ROUNDING * layers[0].largest]
    errors.append(c_sigma * layers[0].of_dual(errors[0]))
    of_b = c_sigma**0.5 * layers[0].of_mean(errors[0])
    for layer, means in zip(layers[1:-1], b, strict=False):
        before, of_mean = errors[-1], layer.of_mean(errors[-1])
        of_pair = of_b * layer.size + (means.abs().amax(dim=-1) + of_b) * of_mean
        errors.append(before + 2 * c * of_pair + c**2 * layer.of_dual(before))
        of_b = of_b + c * of_mean
    return [*errors, c**2 * layers[-1].of_last(errors[-1])]


def _layers(K: Sequence[Tensor], activation: Activation, where: str) -> list[_Layer]:
    if len(K) < 2:
        raise ValueError(f"{where}: {len(K)} matrices; give K^(0) to K^(H), H >= 1")
    return [_Layer.of(activation, each) for each in K[:-1]]
