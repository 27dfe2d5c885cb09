"""An activation as data: its values, its derivative, and the constants that theorems ask for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.activation.quadrature import gaussian_mean

Function = Callable[[Tensor], Tensor]
Mean = Callable[[Tensor], Tensor]  # of the variance a
Dual = Callable[[Tensor, Tensor, Tensor], Tensor]  # of a, b and the covariance c

_GRID = (-40.0, 40.0, 160_001)  # where claimed constants are tried: steps of 5e-4
_SLACK = 1e-6  # relative; secants of rounded values miss the true slope by less
_STEEP = 1e-5  # how far a derivative may be from central differences, times L + beta


@dataclass(frozen=True, slots=True)
class Activation:
    """sigma, with what the theory of smooth networks needs to know of it.

    Attributes:
        name: by which an instance names it.
        value: sigma, elementwise.
        derivative: sigma', elementwise.
        L: Lipschitz constant of sigma.
        beta: Lipschitz constant of sigma'.
        at_zero: |sigma(0)|.
        c_sigma: 1/E sigma(z)^2 for z ~ N(0, 1).
        mean: E sigma(u) of the variance a of u, where there is a closed form.
        dual: E sigma(u) sigma(v) of (a, b, c) = (Var u, Var v, Cov(u, v)), likewise.
        dual_derivative: E sigma'(u) sigma'(v), likewise.

    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), Conditions 3.1 and 3.2.
    """

    name: str
    value: Function
    derivative: Function
    L: float
    beta: float
    at_zero: float
    c_sigma: float
    mean: Mean | None = None
    dual: Dual | None = None
    dual_derivative: Dual | None = None

    @classmethod
    def of(
        cls,
        value: Function,
        *,
        L: float,
        beta: float,
        derivative: Function | None = None,
        name: str = "user-defined",
    ) -> Activation:
        """An activation of your own; c_sigma and |sigma(0)| are computed.

        Args:
            value: sigma, elementwise on float64 tensors, smooth.
            L: Lipschitz constant of sigma.
            beta: Lipschitz constant of sigma'.
            derivative: sigma'; by default torch differentiates the value.
            name: by which instances name it, once `register_activation` knows it.

        Raises:
            ValueError: a value is not finite, the derivative is not that of the value, L or beta is
                too small somewhere on a grid over [-40, 40], or sigma vanishes or is not smooth.
        """
        slope = differentiated(value) if derivative is None else derivative
        _check(name, value, slope, L, beta)
        square = gaussian_mean(lambda z: value(z).square())
        if not square > 0:
            raise ValueError(f"Activation {name!r}: E sigma(z)^2 = {square!r}; give sigma != 0")
        at_zero = abs(float(value(torch.zeros(1, dtype=torch.float64))))
        return cls(name, value, slope, L, beta, at_zero, 1 / square)


def differentiated(value: Function) -> Function:
    """The derivative of an elementwise function, by torch."""
    # Elementwise: the gradient of the sum is the vector of derivatives.
    return torch.func.grad(lambda z: value(z).sum())


def _check(name: str, value: Function, derivative: Function, L: float, beta: float) -> None:
    where = f"Activation {name!r}"
    for letter, constant in (("L", L), ("beta", beta)):
        if not 0 <= constant < math.inf:
            raise ValueError(f"{where}: {letter}={constant!r}; give a finite number >= 0")
    first, last, points = _GRID
    z = torch.linspace(first, last, points, dtype=torch.float64)
    step = (last - first) / (points - 1)
    values, slopes = value(z), derivative(z)
    for what, found in (("sigma", values), ("sigma'", slopes)):
        if found.shape != z.shape or not bool(torch.isfinite(found).all()):
            raise ValueError(f"{where}: {what} is not finite and elementwise; mend it")
    _check_constant(where, "L", L, slopes.abs(), z)
    _check_constant(where, "L", L, values.diff().abs() / step, z)
    _check_constant(where, "beta", beta, slopes.diff().abs() / step, z)
    # |central difference - sigma'| <= beta step/2.
    wrong = ((values[2:] - values[:-2]) / (2 * step) - slopes[1:-1]).abs()
    if float(wrong.max()) > beta * step / 2 + _STEEP * (L + beta):
        at = float(z[1 + int(wrong.argmax())])
        raise ValueError(
            f"{where}: sigma'({at:g}) differs by {float(wrong.max()):.3g} from the slope of sigma; "
            "give its derivative, or none"
        )


def _check_constant(where: str, letter: str, claimed: float, found: Tensor, z: Tensor) -> None:
    largest = float(found.max())
    if largest > claimed * (1 + _SLACK) + 1e-9:
        at = float(z[int(found.argmax())])
        raise ValueError(
            f"{where}: {letter}={claimed!r} is too small, the slope at z={at:g} is {largest:.9g}; "
            f"give {letter} >= {largest:.9g}"
        )
