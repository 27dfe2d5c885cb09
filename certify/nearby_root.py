"""A point with a small residual has a solution nearby: how near, by Newton and Kantorovich."""

from __future__ import annotations

import numpy as np

from verdicts import Approx


def nearby_root(residual: Approx, sigma: Approx, beta: Approx) -> Approx:
    """How far the nearest solution of F(w) = y is from a point, [0, bound]; [0, inf] if unknown.

    With h = beta ||F(w) - y||/sigma^2 <= 1/2 there is one within (1 - sqrt(1 - 2h)) sigma/beta,
    which is at most 2 ||F(w) - y||/sigma: Kantorovich's theorem for z -> F(w + DF(w)^+ z), whose
    derivative at 0 is the identity and has the Lipschitz constant beta/sigma^2.

    Args:
        residual: ||F(w) - y||, with one more entry for each point where it is an array.
        sigma: least singular value of DF(w), n <= m; broadcasts with residual.
        beta: Lipschitz constant of DF in the operator norm, on a ball of radius 2 residual/sigma
            around the point at least; broadcasts.

    Source:
        Kantorovich 1948; Deuflhard 2004, Newton Methods for Nonlinear Problems, Theorem 2.1.
    """
    smallest = np.maximum(sigma.lower, 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        bent = beta.upper * residual.upper / smallest**2 * (1 + 1e-12)
        reach = 2 * residual.upper / smallest * (1 + 1e-12)
    known = (smallest > 0) & (bent <= 0.5)
    far = np.where(known, reach, np.inf)
    return Approx(np.zeros_like(far), far, residual.joined(sigma))
