"""What an implicit network may be made of: ReLU and its kin beside the smooth activations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from models.activation.kind import Activation
from models.activation.named import activation
from models.activation.quadrature import gaussian_mean
from models.activation.trigonometric import Sine, trigonometric
from models.arguments import as_annotated

__all__ = ["LEAK", "NONLINEARITIES", "nonlinearity"]

LEAK = 0.25  # slope of the leaky ReLU below 0, a float that is exact
_SHIFT = 0.7  # of tanh


@as_annotated
def nonlinearity(name: str) -> Activation:
    """The activation of this name: one of `NONLINEARITIES`, or whatever `activation` knows.

    ReLU's kin have the derivative 0, or `LEAK`, at a kink and beta = inf: what asks for a Lipschitz
    derivative must not take them.

    Raises:
        ValueError: there is none.
    """
    return NONLINEARITIES[name] if name in NONLINEARITIES else activation(name)


def _piecewise(name: str, leak: float) -> Activation:
    def value(z: Tensor) -> Tensor:
        return torch.where(z > 0, z, leak * z) if leak else z.clamp_min(0)

    def derivative(z: Tensor) -> Tensor:
        return torch.where(z > 0, 1.0, leak).to(z.dtype)

    return Activation(
        name=name,
        value=value,
        derivative=derivative,
        L=1.0,
        beta=math.inf,
        at_zero=0.0,
        c_sigma=2 / (1 + leak**2),
        mean=lambda a: (1 - leak) * (a / (2 * math.pi)).sqrt(),
    )


def _shifted_tanh() -> Activation:
    def value(z: Tensor) -> Tensor:
        return torch.tanh(z) + _SHIFT

    return Activation(
        name=f"tanh+{_SHIFT:g}",
        value=value,
        derivative=lambda z: torch.cosh(z).square().reciprocal(),
        L=1.0,
        beta=activation("tanh").beta,
        at_zero=_SHIFT,
        c_sigma=1 / gaussian_mean(lambda z: value(z).square()),
        mean=lambda a: torch.full_like(a, _SHIFT),
    )


NONLINEARITIES: Mapping[str, Activation] = MappingProxyType(
    {
        one.name: one
        for one in (
            _piecewise("relu", 0.0),
            _piecewise("leaky relu", LEAK),
            trigonometric("sin(2z)", Sine(1.0, 2.0), L=2.0, beta=4.0),
            _shifted_tanh(),
        )
    }
)
"""What equilibria are drawn with beside `ACTIVATIONS`."""
