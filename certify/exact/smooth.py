"""A smooth activation in balls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb

Function = Callable[[arb], arb]
Dual = Callable[[arb, arb, arb], arb]  # of both variances and the covariance


@dataclass(frozen=True, slots=True)
class Smooth:
    """An activation at the working precision.

    Attributes:
        value: sigma.
        slope: sigma'.
        L: Lipschitz constant of sigma.
        beta: Lipschitz constant of sigma'.
        mean: E sigma(a z) of a.
        mean_square: E sigma(z)^2.
        dual: E sigma(u) sigma(v), where there is a closed form.
        dual_slope: E sigma'(u) sigma'(v), likewise.
    """

    value: Function
    slope: Function
    L: arb
    beta: arb
    mean: Function
    mean_square: Callable[[], arb]
    dual: Dual | None = None
    dual_slope: Dual | None = None
