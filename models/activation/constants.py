"""Constants of an activation that lemmas on initial norms ask for, as upper bounds.

Each is an extremum over a scale al of moments of sigma(al z), z ~ N(0, 1): the largest value on a
fine grid, plus how much it can rise between two neighbours, which L and beta bound: by h^2/8 of the
second derivative, or h/2 of the first where the second would need a bound of sigma'''.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float64
from torch import Tensor

from models.activation.kind import Activation
from models.activation.quadrature import gaussian_nodes, gaussian_step
from models.arguments import as_annotated

_CHUNK = 2**20  # values of sigma at once
_GRID = 8000  # intervals; even, so that al = 1 is a point of [1/2, 3/2]
_ABSOLUTE = math.sqrt(2 / math.pi)  # E |z|
_NOTHING = 1e-9  # rounding of a ratio that vanishes, as that of sin(z + pi/4) does
_HIGH = 1.5  # the scales of Lemma B.1 are [1/2, 3/2]


@as_annotated
def norm_slope(activation: Activation) -> float:
    """C* = c_sigma sup |E sigma(al z)^2 - E sigma(z)^2|/|al - 1| over al in [1/2, 3/2].

    How much a layer can amplify the error of a feature's norm; C = c_sigma L (2 s0 sqrt(2/pi) +
    5L/2) is the bound of it that follows from the Lipschitz constant.

    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), proof of Lemma B.1, corrected.
    """
    alpha = _scales(0.5, _HIGH)
    square = _moment(activation, alpha, 2)
    middle = _GRID // 2
    near_one = _derivative(activation)
    ratio = (square - square[middle]).abs() / (alpha - 1).abs()
    ratio[middle] = abs(near_one)
    # The ratio is the mean of g' between 1 and al, and its slope at most sup |g''|/2.
    slack = 0.0 if float(ratio.max()) < _NOTHING else _bend(activation, _HIGH) / 2 / _GRID / 2
    return activation.c_sigma * (float(ratio.max()) + slack)


@as_annotated
def norm_variance(activation: Activation) -> float:
    """V = c_sigma^2 max Var sigma(al z)^2 over al in [1/2, 3/2].

    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), proof of Lemma B.1.
    """
    alpha = _scales(0.5, _HIGH)
    square, fourth = _moment(activation, alpha, 2), _moment(activation, alpha, 4)
    largest = float((fourth - square.square()).max())
    L, beta = activation.L, activation.beta
    z, weights = gaussian_nodes(0.1)
    r = activation.at_zero + L * _HIGH * z.abs()
    fourth_bend = weights @ (z.square() * (12 * L**2 * r**2 + 4 * beta * r**3))
    slope = 2 * L * (weights @ (z.abs() * r))
    bend = fourth_bend + 2 * slope**2 + 2 * (weights @ r**2) * _bend(activation, _HIGH)
    return activation.c_sigma**2 * (largest + float(bend) / _GRID**2 / 8)


@as_annotated
def c_sigma_from(activation: Activation, c_0: float) -> float:
    """c_{sigma, c0} = 1/min E sigma(al z)^2 over al in [c0, 1]; infinite if that may vanish.

    Args:
        activation: sigma.
        c_0: least scale, 0 < c_0 <= 1; 1/sqrt(p) for convolutional networks of p pixels.

    Raises:
        ValueError: c_0 is not in (0, 1].
    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), Appendix D.
    """
    if not 0 < c_0 <= 1:
        raise ValueError(f"c_sigma_from: c_0={c_0!r}; give a scale in (0, 1]")
    least = float(_moment(activation, _scales(c_0, 1.0), 2).min())
    lower = least - _bend(activation, 1.0) * ((1 - c_0) / _GRID) ** 2 / 8
    return 1 / lower if lower > 0 else math.inf


def _bend(activation: Activation, high: float) -> float:
    """A bound of E z^2 (2 sigma'^2 + 2 sigma sigma''), the second derivative, for al <= high."""
    L, beta, s0 = activation.L, activation.beta, activation.at_zero
    return 2 * L**2 + 2 * beta * (s0 + 2 * _ABSOLUTE * L * high)


def _scales(low: float, high: float) -> Float64[Tensor, " k"]:
    return torch.linspace(low, high, _GRID + 1, dtype=torch.float64)


def _moment(
    activation: Activation, alpha: Float64[Tensor, " k"], power: int
) -> Float64[Tensor, " k"]:
    """E sigma(al z)^power for every scale."""
    if power == 2 and activation.dual is not None:
        a = alpha.square()
        return activation.dual(a, a, a)

    def raised(z: Tensor) -> Tensor:
        return activation.value(z) ** power

    z, weights = gaussian_nodes(gaussian_step(raised, float(alpha.max())))
    height = max(1, _CHUNK // len(z))
    parts = torch.split(alpha.unsqueeze(-1), height)
    return torch.cat([raised(part * z) @ weights for part in parts])


def _derivative(activation: Activation) -> float:
    """d/d al of E sigma(al z)^2 at al = 1."""

    def slope(z: Tensor) -> Tensor:
        return 2 * z * activation.value(z) * activation.derivative(z)

    z, weights = gaussian_nodes(gaussian_step(slope, 1.0))
    return float(weights @ slope(z))
