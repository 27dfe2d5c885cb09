"""Descents of residual and convolutional networks: bodies of Lemmas C.5, D.5, Theorems 6.1, 7.1."""

from math import exp, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from certify import lambda_max, lambda_min
from claims import assume_premise
from dynamics import DeepDescent, deep_descent
from models import DeepStart, deep_predictions, layer_grams
from theorems.du2019deep._certified import decayed, share_of
from theorems.du2019deep._certified_residual import (
    Converging,
    ShortSteps,
    deepest,
    well_conditioned,
)
from theorems.du2019deep.resnet_ball import Scales
from verdicts import Approx, Margin, at_least, at_most, decays, every, exactly, largest, number

Floats: TypeAlias = NDArray[np.float64]


def steps_stay(
    start: DeepStart,
    share: float,
    speed: float,
    steps: int,
    *,
    exponent: float = 2.0,
    radius: float = 4.0,
    own: int = 1,
) -> Margin:
    """C.5 and D.5 along a run, e_0 so small that R' is about `share` of the largest radius.

    With own=0, W^(1) and a have the bound of the residual layers, as printed.
    """
    assume_premise("H >= 2", at_least(exactly(start.H), exactly(1.5), proof=deepest(start)))
    exact = ShortSteps.of(start, steps, exponent=exponent, radius=radius, own=bool(own))
    scales, root = Scales.of(start), sqrt(start.m)
    growth = scales.growth(exponent)
    each = 4 * scales.c_res * scales.slope * scales.c_x0 * scales.a2 * growth / start.H
    most = [2 * scales.first * scales.a2 * growth, *[each] * (start.H - 1), 2 * scales.c_x0]
    bounds = sqrt(start.n) * np.array(most if own else [each] * len(most))
    limit = scales.radius()
    present = at_least(exactly(limit), exactly(1e-9), proof=exact.not_zero)
    assume_premise("a(0) and x^(h)(0) are not 0", present)
    eta, curved = _speed(start, speed)
    length = share * limit * curved * root / (4 * float(bounds.max()))
    told = at_least(exactly(length), exactly(1e-9), proof=exact.told)
    assume_premise("y - u(0) above rounding", told)
    run = _descent(start, eta, steps, length=length)
    rate = _observed_rate(run, eta)
    decay = at_least(exactly(rate), exactly(curved / 100), proof=exact.decays)
    assume_premise("Condition A.1, lambda > 0", decay)
    R = radius * float(bounds.max()) / (rate * root) * run.squared_residual[0].sqrt()
    small = at_most(R, exactly(limit), scale=limit, proof=exact.small)
    assume_premise("R' <= min(c_w0, a2, c_x0/c_x)", small)
    parts = _short_steps(run, eta * bounds, exact)
    for name, moved in (("weights", run.movement), ("output weights", run.output_movement)):
        near = exact.near(outputs=name != "weights")
        parts[name] = at_most(_greatest(moved / (R * root)), exactly(1.0), proof=near)
    return every(**parts)


def _short_steps(run: DeepDescent, bounds: Floats, exact: ShortSteps) -> dict[str, Margin]:
    """No step of a layer is longer than its bound times ||y - u(k)||; bounds is (H + 1,)."""
    e = run.squared_residual[:-1].sqrt()
    known = np.flatnonzero(e.lower > 1e-3 * e.lower[0])
    taken = run.step_lengths[known] / (exactly(bounds) * e[known][:, None])
    longest = known[taken.lower.argmax(axis=0)]
    return {
        f"step of layer {h}": at_most(
            _greatest(taken[:, h - 1]), exactly(1.0), proof=exact.step(h, int(longest[h - 1]))
        )
        for h in range(1, len(bounds) + 1)
    }


def _speed(start: DeepStart, speed: float) -> tuple[float, float]:
    """A step size that is this share of 1/lambda_max(G(0)), and 2 lambda_min(G(0))."""
    G = layer_grams(start.x, start.network).sum(dim=0)
    top, low = lambda_max(G), lambda_min(G)
    safe = at_least(low - 1e-6 * top, exactly(0.0), proof=well_conditioned(start))
    assume_premise("G(0) is well conditioned", safe)
    return speed / top.high, 2 * low.low


def _descent(start: DeepStart, eta: float, steps: int, *, length: float = 0.0) -> DeepDescent:
    """The run from the start's own labels, or with a residual of this length for its residual."""
    u = deep_predictions(start.x, start.network)
    e = start.y - u
    y = u + e * (length / e.norm()) if length else start.y
    looked = () if length else range(steps + 1)
    return deep_descent(start.x, y, start.network, eta=eta, steps=steps, observed=looked)


def _observed_rate(run: DeepDescent, eta: float) -> float:
    """The largest lambda with ||e_k||^2 <= (1 - eta lambda/2)^k ||e_0||^2 all along the run."""
    logs = run.log_ratio().upper[1:] / np.arange(1, run.steps + 1)
    return 2 * (1 - exp(float(logs.max()))) / eta


def _greatest(values: Approx) -> Approx:
    return Approx(values.lower.max(), values.upper.max(), values.rigor)


def converges(
    start: DeepStart, share: float, steps: int, *, curvature: str, speed: float
) -> Margin:
    """6.1 and 7.1: the conclusion, with lambda_0 taken from the run."""
    eta, _ = _speed(start, speed * share)
    run = _descent(start, eta, steps)
    over = run.times.numpy()
    if curvature == "largest of G(0)":
        exact = Converging.of(start, steps, speed, last=True).run
        proof = decayed(exact, 1 - share_of(number(3 * speed)))
        return decays(
            run.log_ratio(), -exactly(1 - 3 * speed * share).log(), over=over, proof=proof
        )
    parts = {}
    for name, grams in (("last layer", run.grams[:, -2]), ("all layers", run.grams.sum(dim=1))):
        least = lambda_min(grams)
        lambda_0 = 2 * Approx(least.lower.min(), least.upper.min())
        terms = Converging.of(start, steps, speed, last=name == "last layer")
        positive = at_least(eta * lambda_0, exactly(1e-9), proof=terms.definite)
        assume_premise("lambda_min > 0", positive)
        # Too large a step, as in a mutant, would leave no logarithm to compare with.
        shrinks = largest(1 - eta * lambda_0 / 2, exactly(0.01))
        proof = decayed(terms.run, terms.shrinks)
        parts[name] = decays(run.log_ratio(), -shrinks.log(), over=over, proof=proof)
    return every(**parts)
