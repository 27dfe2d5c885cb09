"""Sums of sines w sin(f z + t): every Gaussian mean of them has a closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from models.activation.kind import Activation


@dataclass(frozen=True, slots=True)
class Sine:
    """weight sin(frequency z + shift)."""

    weight: float = 1.0
    frequency: float = 1.0
    shift: float = 0.0


def trigonometric(name: str, *sines: Sine, L: float, beta: float) -> Activation:
    """sigma(z) = sum_k w_k sin(f_k z + t_k), with its mean and both duals in closed form.

    Args:
        name: by which an instance names it.
        sines: the terms.
        L: Lipschitz constant of sigma, at most sum |w f|.
        beta: Lipschitz constant of sigma', at most sum |w f^2|.
    """
    slopes = [Sine(s.weight * s.frequency, s.frequency, s.shift + math.pi / 2) for s in sines]

    def mean(a: Tensor) -> Tensor:
        terms = (s.weight * math.sin(s.shift) * (-a * s.frequency**2 / 2).exp() for s in sines)
        return sum(terms, torch.zeros_like(a))

    def dual(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        pairs = product(sines, sines)
        return sum((_pair(s, t, a, b, c) for s, t in pairs), torch.zeros_like(c))

    def dual_derivative(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        pairs = product(slopes, slopes)
        return sum((_pair(s, t, a, b, c) for s, t in pairs), torch.zeros_like(c))

    one = torch.ones((), dtype=torch.float64)
    return Activation(
        name=name,
        value=lambda z: _sum(sines, z),
        derivative=lambda z: _cosines(sines, z),
        L=L,
        beta=beta,
        at_zero=abs(sum(s.weight * math.sin(s.shift) for s in sines)),
        c_sigma=1 / float(dual(one, one, one)),
        mean=mean,
        dual=dual,
        dual_derivative=dual_derivative,
    )


def _sum(sines: tuple[Sine, ...], z: Tensor) -> Tensor:
    terms = (s.weight * torch.sin(s.frequency * z + s.shift) for s in sines)
    return sum(terms, torch.zeros_like(z))


def _cosines(sines: tuple[Sine, ...], z: Tensor) -> Tensor:
    terms = (s.weight * s.frequency * torch.cos(s.frequency * z + s.shift) for s in sines)
    return sum(terms, torch.zeros_like(z))


def _pair(s: Sine, t: Sine, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """E of the product of two sines: (cos(s - t) e^-(p - q) - cos(s + t) e^-(p + q))/2.

    Here p = (f^2 a + g^2 b)/2 and q = f g c. Neither exponential can overflow, and their
    difference does not cancel: with slow sines of large weight all digits would be lost in it.
    """
    p = (s.frequency**2 * a + t.frequency**2 * b) / 2
    q = s.frequency * t.frequency * c
    larger = (q.abs() - p).exp()
    apart = -q.sign() * larger * torch.expm1(-2 * q.abs())
    near = (math.cos(s.shift - t.shift) - math.cos(s.shift + t.shift)) * (q - p).exp()
    return s.weight * t.weight * (near + math.cos(s.shift + t.shift) * apart) / 2
