"""The model "leaky_neuron": a network of one hidden layer with leaky, or smooth, neurons.

f(W; x) = m^(-1/2) sum_j s_j sigma(w_j.x), sigma(z) = max(z, gamma z), with a selected sigma'(0) for
every neuron and input; F(W) = (1/n) sum_i loss(f(W; x_i), y_i), and only W is trained. All but the
logistic loss, smooth neurons and m^(-1/2) is rational, so kinks are decided exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .balls import Undecided, UnreadableError, spend
from .digits import number
from .recipes import field, numbers, rows
from .smooth_activations import SMOOTH
from .values import Value, ball, magnitude, minus, over, plus, square_root, times

MOST_SAMPLES, MOST_NEURONS, MOST_COORDINATES = 16, 16, 16
LOSSES = ("squared", "absolute", "huber", "linear", "logistic")
_ZERO, _ONE = Fraction(0), Fraction(1)
Row = Sequence[Value]
Table = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Look:
    """What a network does at some weights: for every sample its loss, pull and gradient.

    A pull is 1/(1 + exp(y f)) under the logistic loss, minus its derivative in y f; else 0.
    """

    outputs: list[Value]
    losses: list[Value]
    pulls: list[Value]
    gradients: list[Table]


class LeakyNet:
    """What a recipe says.

    Args:
        recipe: {"rows", "labels", "weights": a row for each neuron, "signs": s_j, "gamma", "loss",
            "sigma", "reference": V, or "direction": v for the rows a_j v, "kinks": sigma'(0), for
            each neuron a number per input, or none for ones, "threshold" of the Huber loss}.

    Raises:
        UnreadableError: it is none of these, or the shapes do not fit.
    """

    def __init__(self, recipe: object) -> None:
        where = "leaky_neuron"
        read = recipe if isinstance(recipe, Mapping) else {}
        self.x = rows(field(recipe, "rows", where), "rows", most=MOST_SAMPLES)
        n, d = len(self.x), len(self.x[0])
        if d > MOST_COORDINATES:
            raise UnreadableError(f"rows: {d} coordinates; give up to {MOST_COORDINATES}")
        self.y = numbers(field(recipe, "labels", where), "labels", most=n, count=n)
        shape = {"most": MOST_NEURONS, "coordinates": d}
        self.w = rows(field(recipe, "weights", where), "weights", **shape)
        m = len(self.w)
        self.directed = read.get("direction") is not None
        v = [read["direction"]] if self.directed else field(recipe, "reference", where)
        self.v = rows(v, "reference", **shape)
        self.s = numbers(field(recipe, "signs", where), "signs", most=m, count=m)
        self.gamma = number(field(recipe, "gamma", where), "gamma")
        self.kinks = [[_ONE] * n] * m
        if read.get("kinks") is not None:
            self.kinks = rows(read["kinks"], "kinks", most=m, coordinates=n)
        self.threshold = number(read.get("threshold", "1"), "threshold")
        self.loss, self.sigma = read.get("loss"), read.get("sigma")
        shapes = (len(self.v), len(self.kinks)) == (1 if self.directed else m, m)
        selected = all(0 <= self.gamma <= z <= 1 for row in self.kinks for z in row)
        selected = selected and self.threshold > 0
        known = self.sigma in ("leaky", "smooth leaky", *SMOOTH) and self.loss in LOSSES
        if not (shapes and selected and known):
            raise UnreadableError("leaky_neuron: signs, kinks, sigma or loss do not fit")

    def at(self, w: Table) -> Look:
        """Losses and gradients at weights w.

        Raises:
            Undecided: a pre-activation is too near 0 for its sign.
        """
        n, d, m = len(self.x), len(self.x[0]), len(w)
        spend(8 * n * m * d)
        root = square_root(Fraction(m))
        a = [over(s, root) for s in self.s]
        found = Look([], [], [], [])
        for i, (x, y) in enumerate(zip(self.x, self.y, strict=True)):
            units = [self._unit(inner(row, x), self.kinks[j][i]) for j, row in enumerate(w)]
            f = plus(*(times(p, value) for p, (value, _) in zip(a, units, strict=True)))
            loss, slope, pull = self._loss(f, y)
            scales = [times(slope, p, bend) for p, (_, bend) in zip(a, units, strict=True)]
            found.outputs.append(f)
            found.losses.append(loss)
            found.pulls.append(pull)
            found.gradients.append([[times(scale, z) for z in x] for scale in scales])
        return found

    def _unit(self, z: Value, kink: Fraction) -> tuple[Value, Value]:
        """Value and slope of sigma."""
        if self.sigma == "leaky":
            if not (z == 0 or z > 0 or z < 0):
                raise Undecided("a pre-activation is too near 0 for its sign")
            slope = kink if z == 0 else _ONE if z > 0 else self.gamma
            return times(slope, z), slope
        smooth = SMOOTH["softplus" if self.sigma == "smooth leaky" else str(self.sigma)]()
        value, bend = smooth.value(ball(z)), smooth.slope(ball(z))
        if self.sigma != "smooth leaky":
            return value, bend
        rest = 1 - self.gamma
        return plus(times(self.gamma, z), times(rest, value)), plus(self.gamma, times(rest, bend))

    def _loss(self, f: Value, y: Fraction) -> tuple[Value, Value, Value]:
        """A sample's loss, its derivative in f, and the pull."""
        if self.loss == "logistic":
            signed = ball(times(y, f))
            pull = 1 / (1 + signed.exp())
            return (-signed).exp().log1p(), times(-y, pull), pull
        gap = minus(f, y)
        if self.loss == "linear":
            return gap, _ONE, _ZERO
        size = magnitude(gap)
        beyond = minus(size, self.threshold)
        if self.loss == "squared" or (self.loss == "huber" and beyond <= 0):
            return times(Fraction(1, 2), gap, gap), gap, _ZERO
        if not (gap == 0 or gap > 0 or gap < 0) or (self.loss == "huber" and not beyond > 0):
            raise Undecided("a residual is too near a kink")
        sign = _ZERO if gap == 0 else _ONE if gap > 0 else -_ONE
        if self.loss == "absolute":
            return size, sign, _ZERO
        turned = plus(beyond, self.threshold / 2)
        return times(self.threshold, turned), times(self.threshold, sign), _ZERO

    def reference(self, scale: Value = _ONE) -> Table:
        """The weights scale V."""
        if not self.directed:
            return [[times(scale, z) for z in row] for row in self.v]
        root = square_root(Fraction(len(self.w)))
        return [[times(scale, over(s, root), z) for z in self.v[0]] for s in self.s]


def inner(left: Row, right: Row) -> Value:
    """Sum of the products."""
    return plus(*(times(p, q) for p, q in zip(left, right, strict=True)))
