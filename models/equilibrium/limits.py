"""What one neuron of a wide random equilibrium network does: f(g, h) = s(g + s(h)), s = max(., 0).

In the network z_i = s(gamma A z_i/sqrt(m) + phi_i), phi_i = s(W x_i)/sqrt(m), with standard normal
weights and |x_i| = 1, a neuron of sqrt(m) z_i tends to f(g, h) with independent h ~ N(0, 1) and
g ~ N(0, sigma_g^2), where sigma_g^2 = gamma^2 q and q = E f(g, h)^2 is the limit of |z_i|^2.
"""

from __future__ import annotations

import math

from models.arguments import as_annotated


@as_annotated
def branch_moment(sigma_g: float) -> float:
    """E f(g, h)^2 = v/4 + ((1 + v)(pi - arctan sigma_g) + sigma_g)/(2 pi), v = sigma_g^2.

    h < 0 leaves s(g), with E s(g)^2 = v/2 half of the time; otherwise g + h ~ N(0, 1 + v)
    restricted to the half plane h > 0.

    Raises:
        ValueError: sigma_g is negative, or its square is not finite.
    """
    _check(sigma_g, "branch_moment")
    v = sigma_g**2
    return v / 4 + ((1 + v) * (math.pi - math.atan(sigma_g)) + sigma_g) / (2 * math.pi)


@as_annotated
def branch_activity(sigma_g: float) -> float:
    """P(g + s(h) > 0) = 3/4 - arctan(sigma_g)/(2 pi) for sigma_g > 0; 1/2 for sigma_g = 0.

    At sigma_g = 0 half of the neurons have the pre-activation 0 exactly, and are off.

    Raises:
        ValueError: sigma_g is negative, or its square is not finite.
    """
    _check(sigma_g, "branch_activity")
    return 0.5 if sigma_g == 0 else 0.75 - math.atan(sigma_g) / (2 * math.pi)


@as_annotated
def limit_square(gamma: float) -> float:
    """The limit q of |z_i|^2: the solution of q = branch_moment(gamma sqrt(q)); inf if none is.

    The right side increases in q with slope gamma^2 branch_activity, from 1/2 at q = 0, is concave
    and has the slope gamma^2/2 at infinity: there is one solution for gamma < sqrt(2), and none
    from there on.

    Raises:
        ValueError: gamma is negative, or its square is not finite.
    """
    _check(gamma, "limit_square")
    if gamma**2 >= 2:
        return math.inf
    low, high = 0.5, 1.0
    while branch_moment(gamma * math.sqrt(high)) > high:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        below = branch_moment(gamma * math.sqrt(middle)) > middle
        low, high = (middle, high) if below else (low, middle)
    return (low + high) / 2


@as_annotated
def limit_weight(gamma: float) -> float:
    """The limit p/(1 - gamma^2 p) of M_ii = |p_i|^2/m, p the active fraction; nan beyond sqrt(2).

    p_i = D_i (I - gamma A^T D_i/sqrt(m))^(-1) u for fair signs u, as if D_i were independent of A.

    Raises:
        ValueError: gamma is negative, or its square is not finite.
    """
    q = limit_square(gamma)
    if math.isinf(q):
        return math.nan
    activity = branch_activity(gamma * math.sqrt(q))
    return activity / (1 - gamma**2 * activity)


def _check(value: float, where: str) -> None:
    if value < 0 or not math.isfinite(value * value):
        raise ValueError(f"{where}: {value!r}; give a finite number >= 0 with a finite square")
