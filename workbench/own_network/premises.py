"""By how much a network misses what the PL* theorems ask for, at the points looked at.

A theorem asks for its bounds everywhere in a ball. What was found at some points of it is a lower
bound of the supremum: a premise that is missed there is missed, one that is met there may still
fail elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verdicts import Approx, exactly
from workbench.own_network.plstar import Answer


@dataclass(frozen=True, slots=True, eq=False)
class Premise:
    """One premise: found <= limit.

    Attributes:
        label: which theorem asks for it.
        words: what it says.
        found: what was found at the points looked at.
        limit: what is allowed.
    """

    label: str
    words: str
    found: Approx
    limit: Approx

    @property
    def factor(self) -> Approx | None:
        """How many times too large; at most 1 where the premise is met."""
        return self.found / self.limit if self.limit.low > 0 else None

    @property
    def verdict(self) -> str:
        """One of "missed", "met where looked", "open"."""
        if self.found.low > self.limit.high or self.limit.high == 0:
            return "missed"
        return "met where looked" if self.found.high <= self.limit.low else "open"


def premises(one: Answer) -> list[Premise]:
    """What Liu, Zhu, Belkin ask for, in the paper's constants and in sharper ones.

    H <= (lambda_0 - mu)/(2 L_F sqrt(n) R) on a ball of radius R keeps L mu-PL* on it; sharper,
    sqrt(mu) = sqrt(lambda_0) - sqrt(n) H R (theorems/liu2022landscape.py). A solution needs
    R = 2 L_F r_0/mu, sharper r_0/sqrt(mu) (theorems/liu2022.py); descent the same, sharper
    2 r_0/sqrt(mu), and eta <= 1/(L_F^2 + sqrt(n) H r_0) (theorems/liu2022descent.py). Each limit of
    H is the largest over mu.
    """
    return list(_premises(one))


def _premises(one: Answer) -> Iterator[Premise]:
    lambda_0, r_0, H = one.start.lambda_min, one.r_0, one.H
    root_n = exactly(one.equations).sqrt()
    yield Premise(
        "small Hessian, as printed",
        "H <= lambda_0^2/(16 L_F^2 sqrt(n) r_0), at mu = lambda_0/2",
        H,
        lambda_0**2 / (16 * one.L_F**2 * root_n * r_0),
    )
    yield Premise(
        "small Hessian, solution",
        "H <= lambda_0/(4 sqrt(n) r_0), at mu = lambda_0/4",
        H,
        lambda_0 / (4 * root_n * r_0),
    )
    yield Premise(
        "small Hessian, descent",
        "H <= lambda_0/(8 sqrt(n) r_0), at mu = lambda_0/4",
        H,
        lambda_0 / (8 * root_n * r_0),
    )
    beta = one.L_F**2 + root_n * H * r_0
    yield Premise("step size", "eta <= 1/(L_F^2 + sqrt(n) H r_0)", exactly(one.eta), 1 / beta)
    yield Premise(
        "ball", "||w_T - w_0|| <= r_0/sqrt(mu_hat)", one.run.movement[one.last], one.radius
    )
