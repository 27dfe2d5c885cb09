"""What the claims of Frei and Gu 2021 share: proxies of a network, runs, and their certificates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import ceil, floor, log10
from typing import Any

import numpy as np

from certify import enclosed, lambda_max
from dynamics import LeakyDescent, enclosed_fractions, leaky_descent
from models import LeakyNet, neuron_look
from strategies import is_realizable
from verdicts import Approx, Margin, Proof, Term, at_least, at_most, exactly, number, quantity

GAMMA = quantity("gamma")
LOSS = quantity("loss")
PRODUCT = quantity("product", scale=1)
TINY = 1e-300  # so that 0 <= 0 has a scale
_DIGITS = 3  # of a bound that a step size is made of

# One input and one neuron: off where its reference is on, with a small slope and with none.
OPPOSITE = LeakyNet.of(rows=[[1]], labels=[1], weights=[[-1]], reference=[[1]], gamma="1/10")
RELU_BEHIND = LeakyNet({**OPPOSITE.recipe, "gamma": 0})
# v = 1/(1 + c) is the worst for a step of c = 1/20.
AHEAD = LeakyNet.of(rows=[[1]], labels=[0], weights=[[1]], reference=[["20/21"]])


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Proxies g = factor F and h(V), under which the loss of a network is proxy convex.

    Attributes:
        factor: of F in g, exactly.
        scale: lambda, where h is taken at lambda V.
        h: h(lambda V), and
        h_term: the same for the exact model.
        factor_term: likewise.
    """

    factor: Fraction
    scale: Fraction
    h: Approx
    h_term: Term
    factor_term: Term


def exact_proof(net: LeakyNet) -> Callable[..., Proof]:
    """Makes certificates about a network."""
    return partial(Proof, "leaky_neuron", net.recipe)


def direction_proof(net: LeakyNet, *, flips: bool = False) -> Callable[..., Proof]:
    """Makes certificates about a network on inputs that a unit direction explains."""
    exact = exact_proof(net)

    def make(*sides: Any) -> Proof:
        proof = exact(*sides)
        proof = proof.under("|v| = 1", exact(quantity("squared_reference"), "==", 1))
        proof = proof.under("|x_i| <= 1", exact(quantity("largest_input"), "<=", 1))
        if flips:
            return proof
        return proof.under("y_i = sign(v.x_i)", exact(quantity("flipped"), "<=", 0))

    return make


def near(value: Fraction | int) -> Approx:
    """A fraction as an enclosure."""
    return enclosed_fractions([Fraction(value)])[0]


def logistic(value: Approx) -> Approx:
    """The loss log(1 + exp(-value)), by a libm that is good to a few units in the last place."""
    ends = np.logaddexp(0.0, -np.array([value.high, value.low]))
    low, high = ends * (1 - 2.0**-49), ends * (1 + 2.0**-49)
    return Approx(low[0], high[1], value.rigor)


def proxies(net: LeakyNet, scale: Fraction) -> Pair:
    """The proxy pair of an instance, by Proposition: what its loss and its labels allow.

    Under the logistic loss (F, l(lambda gamma margin)) along the ray lambda V; of a realizable
    neuron (2 gamma F, 0); of a convex loss (F, F); of any other neuron with the squared loss
    (gamma F, F/(gamma (2 - gamma^2))).
    """
    gamma, gamma_term = net.exact.gamma, GAMMA
    if net.loss == "logistic":
        reach = scale * gamma * margin_of(net)
        exponent = number(scale) * gamma_term * quantity("margin")
        return Pair(Fraction(1), scale, logistic(near(reach)), logistic_term(exponent), number(1))
    zero = number(0)
    if net.loss == "squared" and is_realizable(net):
        return Pair(2 * gamma, Fraction(1), exactly(0.0), zero, 2 * gamma_term)
    at_reference = neuron_look(net, net.exact.v[0]).loss
    there = quantity("reference_loss", scale=1)
    if gamma == 1:
        return Pair(Fraction(1), Fraction(1), near(at_reference), there, number(1))
    worse = gamma * (2 - gamma**2)
    bound = there / (gamma_term * (2 - gamma_term**2))
    return Pair(gamma, Fraction(1), near(at_reference / worse), bound, gamma_term)


def slope_of(net: LeakyNet, slope: str) -> tuple[Fraction, Term]:
    """gamma, or 1 in its place where a mutant says so, and the same for the exact model."""
    return (net.exact.gamma, GAMMA) if slope == "gamma" else (Fraction(1), number(1))


def logistic_term(value: Term) -> Term:
    """The loss log(1 + exp(-value))."""
    return (1 + (-value).exp()).log()


def margin_of(net: LeakyNet) -> Fraction:
    """The least |v.x_i| of a direction v."""
    return min(map(abs, net.exact.margins))


def squared_distance(net: LeakyNet, scale: Fraction) -> Approx:
    """||W - lambda V||^2."""
    if net.m == 1:
        sign = net.exact.s[0] if "direction" in net.recipe else Fraction(1)
        pairs = zip(net.exact.w[0], net.exact.v[0], strict=True)
        return near(sum(((w - scale * sign * v) ** 2 for w, v in pairs), Fraction(0)))
    gap = net.w - float(scale) * net.V
    size = (net.w.abs() + float(scale) * net.V.abs()).square().sum()
    return enclosed(gap.square().sum(), 2.0**-48 * float(size))


def largest_curvature(net: LeakyNet) -> Fraction:
    """A number >= lambda_max(X^T X/n), exact in one dimension, else less than 1 % above it."""
    x = net.exact.x
    if net.d == 1:
        return sum((row[0] ** 2 for row in x), Fraction(0)) / net.n or Fraction(1)
    return rounded_up(lambda_max(net.x.mT @ net.x / net.n).high)


def curvature(net: LeakyNet) -> Approx:
    """B^2 = lambda_max(X^T X/n), exact in one dimension."""
    if net.d == 1:
        return near(sum((row[0] ** 2 for row in net.exact.x), Fraction(0)) / net.n)
    return lambda_max(net.x.mT @ net.x / net.n)


def rounded_up(value: float) -> Fraction:
    """The next number above with three digits; 1 for 0."""
    if value <= 0:
        return Fraction(1)
    unit = Fraction(10) ** (floor(log10(value)) - _DIGITS + 1)
    return ceil(Fraction(value) / unit) * unit


def relative(*sides: Approx) -> float:
    """The scale of a relative margin: the largest size of some numbers."""
    sizes = [abs(float(end)) for side in sides for end in (side.lower, side.upper)]
    return min(max(sizes), 1e300) + TINY


def below(left: Approx, right: Approx, proof: Proof | None = None, *parts: Approx) -> Margin:
    """The inequality left <= right, relative to its sides, or to the parts that they cancel to."""
    return at_most(left, right, scale=relative(left, right, *parts), proof=proof)


def above(left: Approx, right: Approx, proof: Proof | None = None, *parts: Approx) -> Margin:
    """The inequality left >= right, relative likewise."""
    return at_least(left, right, scale=relative(left, right, *parts), proof=proof)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Descent from an instance, beside the names of its numbers in the exact model."""

    descent: LeakyDescent
    arguments: dict[str, Fraction | int]

    @property
    def T(self) -> int:
        """Steps taken."""
        return self.descent.steps

    @property
    def mean_loss(self) -> Approx:
        """(1/T) sum_t F(w_t)."""
        return self.descent.losses.sum() / float(self.T)

    def term(self, name: str) -> Term:
        """A quantity of this run."""
        return quantity(name, **self.arguments)


def step_within(net: LeakyNet, eta: Fraction, limit: Term) -> Proof:
    """That eta B^2 is at most a limit."""
    return exact_proof(net)(number(eta) * quantity("lambda_max"), "<=", limit)


def run_of(net: LeakyNet, eta: Fraction, steps: int, *, stochastic: bool = False) -> Run:
    """Descent with a step size; stochastic descent along all orders of the samples."""
    descent = leaky_descent(net, eta=eta, steps=steps, stochastic=stochastic)
    orders = {"orders": 1} if stochastic else {}
    return Run(descent, {"eta": eta, "steps": descent.steps, **orders})
