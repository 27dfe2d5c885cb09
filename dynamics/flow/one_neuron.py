"""Gradient flow of one ReLU neuron on Gaussian inputs, which stays in the plane of w and v.

L(w) = (1/2) E (relu(w.x) - relu(v.x))^2 over x ~ N(0, I). With the angle theta between w and v,
grad L = w/2 - ((pi - theta) v + |v| sin(theta) w/|w|)/(2 pi), as long as w is not 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from verdicts import Approx

_TOLERANCES = (1e-12, 1e-9)  # of the run that is published, and of the one that says how far off
_SAFETY = 10.0
_LEAST = 1e-11  # what both runs may share, of the largest norm

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class NeuronFlow:
    """The flow at the given times.

    Attributes:
        times: as given.
        angle: between w(t) and v, radians in [0, pi].
        norm: |w(t)|.
    """

    times: Floats
    angle: Approx
    norm: Approx


def neuron_gradient(w: Floats, v: Floats) -> Floats:
    """Grad L at w; w and v have shape (d,), w not 0.

    Raises:
        ValueError: w or v is 0.
    """
    length, size = float(np.linalg.norm(w)), float(np.linalg.norm(v))
    if length == 0 or size == 0:
        raise ValueError(f"neuron_gradient: w={w!r}, v={v!r}; give vectors that are not 0")
    theta = angle_between(w, v)
    turned = (math.pi - theta) * v + size * math.sin(theta) * w / length
    return np.asarray(w / 2 - turned / (2 * math.pi))


def angle_between(w: Floats, v: Floats) -> float:
    """The angle between two vectors that are not 0, in radians, without loss of digits near 0."""
    p, q = w / np.linalg.norm(w), v / np.linalg.norm(v)
    return 2 * math.atan2(float(np.linalg.norm(p - q)), float(np.linalg.norm(p + q)))


def neuron_flow(angle: float, norm: float, size: float, times: Floats) -> NeuronFlow:
    """dw/dt = -grad L(w), by a method of order 8 at two tolerances; the error is estimated.

    Args:
        angle: between w(0) and v, in [0, pi].
        norm: |w(0)| > 0.
        size: |v| > 0.
        times: increasing, the first one 0.

    Raises:
        ValueError: an argument out of its range, or times that do not increase from 0.
    """
    for name, value in (("norm", norm), ("size", size)):
        if not 0 < value < math.inf:
            raise ValueError(f"neuron_flow: {name}={value!r}; give a number > 0")
    if not 0 <= angle <= math.pi:
        raise ValueError(f"neuron_flow: angle={angle!r}; give one in [0, pi]")
    if times.ndim != 1 or len(times) < 2 or times[0] != 0 or not (np.diff(times) > 0).all():
        raise ValueError(f"neuron_flow: times={times!r}; give increasing times, the first one 0")
    v = np.array([size, 0.0])
    w = norm * np.array([math.cos(angle), math.sin(angle)])
    fine, coarse = (_integrated(w, v, times, tolerance) for tolerance in _TOLERANCES)
    largest = max(norm, size)
    error = _SAFETY * np.linalg.norm(fine - coarse, axis=0) + _LEAST * largest
    norms = np.linalg.norm(fine, axis=0)
    # Moving w by less than |w| turns it by at most arcsin of the ratio.
    turned = np.arcsin(np.minimum(error / norms, 1.0)) + _LEAST
    angles = np.arctan2(fine[1], fine[0])
    return NeuronFlow(times, Approx.around(angles, turned), Approx.around(norms, error))


def _integrated(w: Floats, v: Floats, times: Floats, tolerance: float) -> Floats:
    size = float(np.linalg.norm(v))
    found = solve_ivp(
        lambda _, point: -neuron_gradient(point, v),
        (0.0, float(times[-1])),
        w,
        method="DOP853",
        t_eval=times,
        rtol=tolerance,
        atol=tolerance * size * 1e-3,
    )
    if not found.success:
        raise ArithmeticError(f"neuron_flow: the integrator gave up: {found.message}")
    return np.asarray(found.y)
