"""The activations by name: sin, erf, tanh, softplus, sigmoid, and those that mutants need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from models.activation.kind import Activation
from models.activation.quadrature import gaussian_mean
from models.activation.trigonometric import Sine, trigonometric
from models.arguments import as_annotated

__all__ = ["ACTIVATIONS", "Activation", "activation", "register_activation"]

_ABOVE = 1 + 2.0**-50  # a rounded irrational constant stays a bound
_SMALL = 0.01  # of sqrt(z^2 + _SMALL^2)


@as_annotated
def activation(name: str) -> Activation:
    """The activation of this name: one of `ACTIVATIONS`, one for mutants, or a registered one.

    Those for mutants are "10 sin(z/10)", "100 sin(z/100)", "sin(z)+sin(200z)/200",
    "sqrt(z^2+1e-4)", and, against Condition 3.2, the affine "identity" and "2z+1".

    Raises:
        ValueError: there is none.
    """
    for known in (ACTIVATIONS, _FOR_MUTANTS, _registered):
        if name in known:
            return known[name]
    names = ", ".join(map(repr, (*ACTIVATIONS, *_FOR_MUTANTS, *_registered)))
    raise ValueError(f"activation: name={name!r}; give one of {names}")


def register_activation(own: Activation) -> None:
    """Makes an activation of your own, from `Activation.of`, known by its name.

    Raises:
        ValueError: another activation has the name already.
    """
    for known in (ACTIVATIONS, _FOR_MUTANTS, _registered):
        if known.get(own.name, own) is not own:
            raise ValueError(
                f"register_activation: {own.name!r} is taken already; choose another name"
            )
    _registered[own.name] = own


def _erf() -> Activation:
    def dual(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        return 2 / math.pi * torch.asin(2 * c / ((1 + 2 * a) * (1 + 2 * b)).sqrt())

    def dual_derivative(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        # (1 + 2a)(1 + 2b) - 4c^2 without the cancellation of large variances.
        return 4 / math.pi / (1 + 2 * (a + b) + 4 * (a * b - c.square())).sqrt()

    return Activation(
        name="erf",
        value=torch.erf,
        derivative=lambda z: 2 / math.sqrt(math.pi) * (-z.square()).exp(),
        L=2 / math.sqrt(math.pi) * _ABOVE,
        beta=math.sqrt(8 / (math.pi * math.e)) * _ABOVE,
        at_zero=0.0,
        c_sigma=math.pi / (2 * math.asin(2 / 3)),
        mean=torch.zeros_like,
        dual=dual,
        dual_derivative=dual_derivative,
    )


def _tanh() -> Activation:
    return Activation(
        name="tanh",
        value=torch.tanh,
        derivative=lambda z: torch.cosh(z).square().reciprocal(),
        L=1.0,
        beta=4 / math.sqrt(27) * _ABOVE,
        at_zero=0.0,
        c_sigma=1 / gaussian_mean(lambda z: torch.tanh(z).square()),
        mean=torch.zeros_like,
    )


def softplus(z: Tensor) -> Tensor:
    """log(1 + e^z); torch's own is linear beyond 20, which is wrong by 2e-9."""
    return torch.logaddexp(z, torch.zeros_like(z))


def _softplus() -> Activation:
    return Activation(
        name="softplus",
        value=softplus,
        derivative=torch.sigmoid,
        L=1.0,
        beta=0.25,
        at_zero=math.log(2),
        c_sigma=1 / gaussian_mean(lambda z: softplus(z).square()),
    )


def _sigmoid() -> Activation:
    return Activation(
        name="sigmoid",
        value=torch.sigmoid,
        derivative=lambda z: torch.sigmoid(z) * torch.sigmoid(-z),
        L=0.25,
        beta=1 / math.sqrt(108) * _ABOVE,
        at_zero=0.5,
        c_sigma=1 / gaussian_mean(lambda z: torch.sigmoid(z).square()),
        mean=lambda a: torch.full_like(a, 0.5),
    )


def _affine(name: str, slope: float, shift: float) -> Activation:
    """A line: meets Condition 3.1, and is the polynomial that Condition 3.2 excludes."""
    return Activation(
        name=name,
        value=lambda z: slope * z + shift,
        derivative=lambda z: torch.full_like(z, slope),
        L=abs(slope),
        beta=0.0,
        at_zero=abs(shift),
        c_sigma=1 / (slope**2 + shift**2),
        mean=lambda a: torch.full_like(a, shift),
        dual=lambda a, b, c: slope**2 * c + shift**2,  # noqa: ARG005
        dual_derivative=lambda a, b, c: torch.full_like(c, slope**2),  # noqa: ARG005
    )


def _rounded_modulus() -> Activation:
    """sqrt(z^2 + 1e-4): nearly |z|, with all its bend at 0."""

    def mean(a: Tensor) -> Tensor:
        # With z = s sinh t, s^2 = 1e-4/a, the integral is one of Bessel functions.
        q = _SMALL**2 / (4 * a)
        bessel = torch.special.scaled_modified_bessel_k0(q)
        bessel = bessel + torch.special.scaled_modified_bessel_k1(q)
        found = a.sqrt() * 2 * q * bessel / math.sqrt(2 * math.pi)
        return torch.where(a > 0, found, torch.full_like(a, _SMALL))

    return Activation(
        name="sqrt(z^2+1e-4)",
        value=lambda z: (z.square() + _SMALL**2).sqrt(),
        derivative=lambda z: z / (z.square() + _SMALL**2).sqrt(),
        L=1.0,
        beta=1 / _SMALL,
        at_zero=_SMALL,
        c_sigma=1 / (1 + _SMALL**2),
        mean=mean,
    )


def _stretched_sine(T: float) -> Activation:
    return trigonometric(f"{T:g} sin(z/{T:g})", Sine(T, 1 / T), L=1.0, beta=1 / T)


def _by_name(*known: Activation) -> Mapping[str, Activation]:
    return MappingProxyType({one.name: one for one in known})


ACTIVATIONS: Mapping[str, Activation] = _by_name(
    trigonometric("sin", Sine(), L=1.0, beta=1.0),
    trigonometric("sin+pi/4", Sine(shift=math.pi / 4), L=1.0, beta=1.0),
    _erf(),
    _tanh(),
    _softplus(),
    _sigmoid(),
)
"""The usual ones, all analytic and no polynomials: what "for all sigma" draws from."""

_FOR_MUTANTS: Mapping[str, Activation] = _by_name(
    _stretched_sine(10.0),
    _stretched_sine(100.0),
    trigonometric("sin(z)+sin(200z)/200", Sine(), Sine(1 / 200, 200.0), L=2.0, beta=201.0),
    _rounded_modulus(),
    _affine("identity", 1.0, 0.0),
    _affine("2z+1", 2.0, 1.0),
)

_registered: dict[str, Activation] = {}
