"""Leaky networks as exact recipes: neurons with any labels, and networks that could be right.

Pre-activations of exactly 0 are drawn often, with every selection of sigma'(0).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import LeakyNet
from models.recipes.rational import dot
from strategies.arguments import Real, check_choice, check_sizes, check_words, exact
from strategies.leaky_parts import (
    GAMMAS,
    LARGE,
    ONE,
    SMALL,
    ZERO,
    Row,
    decimal_rows,
    drawn_inputs,
    drawn_kinks,
    drawn_weights,
    integer_rows,
    into_ball,
    leaky_value,
    rational_unit,
)
from strategies.premises import Predicate, with_premises

Fit: TypeAlias = Literal["any", "realizable"]
Slope: TypeAlias = Literal["leaky", "relu"]
Kinks: TypeAlias = Literal["any", "on"]
Inputs: TypeAlias = Literal["unit ball", "any"]

CONVEX = ("linear", "absolute", "squared", "huber")


@dataclass(frozen=True, slots=True)
class _Neurons:
    losses: tuple[str, ...]
    fit: Fit
    slope: Slope
    kinks: Kinks
    convex: bool
    max_n: int
    max_d: int


@dataclass(frozen=True, slots=True)
class _Networks:
    max_n: int
    max_m: int
    max_d: int
    flips: bool
    sigma: str
    inputs: Inputs
    max_abs_weight: int
    min_margin: Fraction


def leaky_neurons(
    *,
    losses: Collection[str] = ("squared",),
    fit: Fit = "any",
    slope: Slope = "leaky",
    kinks: Kinks = "any",
    convex: bool = False,
    max_n: int = 6,
    max_d: int = 4,
) -> SearchStrategy[LeakyNet]:
    """One leaky neuron on any data, with reference weights v; shrinks to one input and w = 0.

    Inputs are small integers, multiples of one of them, or rows of real data; weights are often 0
    or tiny beside v, and some labels make Frei and Gu's bound for a neuron an equality.

    Premises: "gamma > 0" but for a ReLU; "realizable", "sigma'(0) = 1" and "gamma = 1" where they
    are asked for by fit="realizable", kinks="on" and convex=True; "smooth" where convex losses are.

    Args:
        losses: some of "squared", "absolute", "huber", "linear".
        fit: "realizable": y_i = sigma(v.x_i).
        slope: "relu": gamma = 0.
        kinks: "on": sigma'(0) = 1 is selected everywhere.
        convex: gamma = 1, so that F is convex.
        max_n: largest number of samples.
        max_d: largest input dimension.

    Raises:
        ValueError: a size < 1, or no such words.
    """
    check_sizes("leaky_neurons", "n", 1, max_n)
    check_sizes("leaky_neurons", "d", 1, max_d)
    check_choice("leaky_neurons", "fit", fit, ("any", "realizable"))
    known = check_words("leaky_neurons", "losses", losses, CONVEX)
    check_choice("leaky_neurons", "slope", slope, ("leaky", "relu"))
    check_choice("leaky_neurons", "kinks", kinks, ("any", "on"))
    premises: dict[str, Predicate] = {}
    if slope == "leaky":
        premises["gamma > 0"] = lambda net: net.exact.gamma > 0
    if kinks == "on":
        premises["sigma'(0) = 1"] = lambda net: "kinks" not in net.recipe
    if fit == "realizable":
        premises["realizable"] = is_realizable
    if convex:
        premises["gamma = 1"] = lambda net: net.exact.gamma == 1
    if convex and set(known) <= {"squared", "huber"}:
        premises["smooth"] = lambda net: net.loss in ("squared", "huber")
    return with_premises(
        _neurons(_Neurons(known, fit, slope, kinks, convex, max_n, max_d)), premises
    )


@st.composite
def _neurons(draw: DrawFn, plan: _Neurons) -> LeakyNet:
    x = drawn_inputs(draw, plan.max_n, plan.max_d)
    n, d = len(x), len(x[0])
    gamma = _gamma(draw, plan)
    v = draw(decimal_rows(1, d, 10))[0]
    w = drawn_weights(draw, [1], v)[0]
    y = tuple(Fraction(c, 2) for c in draw(integer_rows(n, LARGE)))
    kinks = drawn_kinks(draw, 1, n, gamma) if plan.kinks == "any" else [[ONE] * n]
    if plan.fit == "realizable":
        y = tuple(leaky_value(dot(v, row), gamma) for row in x)
    elif 0 < gamma < 1 and plan.kinks == "any" and draw(st.booleans()):
        x, y, w, kinks = _extremal(x, v, gamma)
    loss = draw(st.sampled_from(plan.losses))
    return LeakyNet.of(
        rows=x,
        labels=y,
        weights=[w],
        reference=[v],
        gamma=gamma,
        kinks=kinks,
        loss=loss,
        threshold=Fraction(draw(st.integers(1, 20)), 10) if loss == "huber" else None,
    )


def _gamma(draw: DrawFn, plan: _Neurons) -> Fraction:
    if plan.convex:
        return ONE
    return ZERO if plan.slope == "relu" else draw(st.sampled_from((*GAMMAS, ONE)))


def _extremal(
    x: list[Row], v: Row, gamma: Fraction
) -> tuple[list[Row], Row, Row, list[list[Fraction]]]:
    """Inputs turned to v.x <= 0, and labels with u = e/(2 - gamma^2) at w = 0."""
    turned = [tuple(-z for z in row) if dot(v, row) > 0 else row for row in x]
    y = tuple(-gamma * dot(v, row) / (1 - gamma**2) for row in turned)
    return turned, y, tuple(ZERO for _ in v), [[ONE] * len(x)]


def margin_networks(
    *,
    max_n: int = 8,
    max_m: int = 6,
    max_d: int = 4,
    flips: bool = False,
    sigma: str = "leaky",
    inputs: Inputs = "unit ball",
    max_abs_weight: int = 9,
    min_margin: Real = 0,
) -> SearchStrategy[LeakyNet]:
    """Leaky networks of any width under the logistic loss, with labels that a line explains.

    The reference is a unit vector v, |x_i| <= 1, y_i = sign(v.x_i) and s_j = +-1. Shrinks to one
    neuron on one input.

    Premises: "|v| = 1", "|x_i| <= 1", "y_i = sign(v.x_i)" (with flips "v.x_i != 0"), "homogeneous"
    for the leaky activation.

    Args:
        max_n: largest number of samples.
        max_m: largest number of neurons.
        max_d: largest input dimension.
        flips: some labels are flipped.
        sigma: "leaky" or "smooth leaky".
        inputs: "any" lets them leave the unit ball, without the premise.
        max_abs_weight: of every weight; they go down to a hundredth.
        min_margin: inputs with a smaller |v.x_i| are replaced by v, in [0, 1].

    Raises:
        ValueError: a size < 1, or no such activation.
    """
    for name, most in (("n", max_n), ("m", max_m), ("d", max_d), ("abs_weight", max_abs_weight)):
        check_sizes("margin_networks", name, 1, most)
    check_choice("margin_networks", "sigma", sigma, ("leaky", "smooth leaky"))
    check_choice("margin_networks", "inputs", inputs, ("unit ball", "any"))
    least = exact("margin_networks", "min_margin", min_margin)
    premises: dict[str, Predicate] = {"|v| = 1": has_unit_reference}
    if inputs == "unit ball":
        premises["|x_i| <= 1"] = in_unit_ball
    if flips:
        premises["v.x_i != 0"] = lambda net: all(dot(net.exact.v[0], x) for x in net.exact.x)
    else:
        premises["y_i = sign(v.x_i)"] = lambda net: flipped(net) == 0
    if sigma == "leaky":
        premises["homogeneous"] = lambda net: net.sigma == "leaky"
    plan = _Networks(max_n, max_m, max_d, flips, sigma, inputs, max_abs_weight, least)
    return with_premises(_networks(plan), premises)


@st.composite
def _networks(draw: DrawFn, plan: _Networks) -> LeakyNet:
    x = drawn_inputs(draw, plan.max_n, plan.max_d)
    if plan.inputs == "unit ball":
        x = [into_ball(row, draw(st.integers(1, 4))) for row in x]
    n, d = len(x), len(x[0])
    v = rational_unit(draw(integer_rows(d - 1, SMALL)))
    x = [row if abs(dot(v, row)) >= plan.min_margin and dot(v, row) else v for row in x]
    y = [1 if dot(v, row) > 0 else -1 for row in x]
    if plan.flips:
        turned = draw(st.lists(st.booleans(), min_size=n, max_size=n))
        y = [-label if turn else label for label, turn in zip(y, turned, strict=True)]
    m = draw(st.integers(1, plan.max_m))
    gamma = draw(st.sampled_from(GAMMAS))
    s = draw(st.lists(st.sampled_from((1, -1)), min_size=m, max_size=m))
    w = drawn_weights(draw, s, v)
    largest = max(abs(z) for row in w for z in row)
    if largest > plan.max_abs_weight:
        w = [tuple(z * plan.max_abs_weight / largest for z in row) for row in w]
    return LeakyNet.of(
        rows=x,
        labels=y,
        weights=w,
        signs=s,
        direction=v,
        gamma=gamma,
        kinks=drawn_kinks(draw, m, n, gamma),
        loss="logistic",
        sigma=plan.sigma,
    )


def is_realizable(net: LeakyNet) -> bool:
    """y_i = sigma(v.x_i) for all samples, exactly."""
    exact = net.exact
    return all(
        y == leaky_value(dot(exact.v[0], x), exact.gamma)
        for x, y in zip(exact.x, exact.y, strict=True)
    )


def has_unit_reference(net: LeakyNet) -> bool:
    """The reference is a direction with |v| = 1, exactly."""
    return "direction" in net.recipe and dot(net.exact.v[0], net.exact.v[0]) == 1


def in_unit_ball(net: LeakyNet) -> bool:
    """|x_i| <= 1, exactly."""
    return all(dot(x, x) <= 1 for x in net.exact.x)


def flipped(net: LeakyNet) -> int:
    """How many labels are not the sign of v.x_i."""
    exact = net.exact
    return sum(y * dot(exact.v[0], x) <= 0 for x, y in zip(exact.x, exact.y, strict=True))
