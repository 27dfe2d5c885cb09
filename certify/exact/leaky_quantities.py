"""The quantities of the model "leaky_neuron", at its weights and along gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property

from .arguments import Arguments, positive, steps, unknown
from .balls import Undecided, UnreadableError
from .leaky_neuron import LeakyNet, Look, inner
from .leaky_runs import Run, distance, followed, lambda_max, mean, mean_gradient, ratio, squares
from .smooth_activations import SMOOTH
from .values import Value, greatest, least, magnitude, minus, over, plus, square_root, times

_MOST_PATHS = 1024
_ZERO = Fraction(0)


class LeakyModel:
    """Quantities of a network at the working precision."""

    def __init__(self, net: LeakyNet) -> None:
        self.net = net
        self._runs: dict[tuple[str, ...], Run] = {}

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Undecided: the precision does not tell.
        """
        keys = frozenset(arguments)
        if not keys and name in _HERE:
            return _HERE[name](self)
        if keys == {"scale"} and name in _SCALED:
            return _SCALED[name](self, arguments["scale"].value)
        if {"eta", "steps"} <= keys <= {"eta", "steps", "orders"} and name in _RUN:
            return _RUN[name](self.run(arguments))
        raise unknown("leaky_neuron", name, arguments)

    @cached_property
    def look(self) -> Look:
        """What the network does at its weights."""
        return self.net.at(self.net.w)

    def run(self, arguments: Arguments) -> Run:
        """Descent with a step size; over all orders of the samples, where they are asked for."""
        memo = ("eta", "steps", "orders")
        key = tuple(arguments[name].text if name in arguments else "" for name in memo)
        if key not in self._runs:
            eta, count = positive(arguments["eta"], "eta"), steps(arguments["steps"])
            orders = "orders" in arguments
            if not count or (orders and len(self.net.x) ** count > _MOST_PATHS):
                raise UnreadableError(f"steps: none, or over {_MOST_PATHS} orders")
            self._runs[key] = followed(self.net, eta, count, orders=orders)
        return self._runs[key]

    def product(self, scale: Value) -> Value:
        """<grad F(W), W - scale V>."""
        target = self.net.reference(scale)
        rows = zip(mean_gradient(self.look), self.net.w, target, strict=True)
        return plus(
            *(inner(g, [minus(p, q) for p, q in zip(w, v, strict=True)]) for g, w, v in rows)
        )

    def toward(self) -> Value:
        """<-grad F(W), V>."""
        gradient = mean_gradient(self.look)
        return times(Fraction(-1), plus(*map(inner, gradient, self.net.reference())))

    def toward_unsigned(self) -> Value:
        """<-grad F(W), rows m^(-1/2) v>: as if all signs were 1."""
        gradient, root = mean_gradient(self.look), square_root(Fraction(len(self.net.w)))
        total = plus(*(inner(row, self.net.v[0]) for row in gradient))
        return times(Fraction(-1), over(total, root))

    def gated_square(self) -> Value:
        """(1/n) sum over w.x_i >= 0 of (sigma(w.x_i) - sigma(v.x_i))^2, for one neuron."""
        there = self.net.at(self.net.reference())
        terms = []
        for x, f, target in zip(self.net.x, self.look.outputs, there.outputs, strict=True):
            z = inner(self.net.w[0], x)
            if not (z >= 0 or z < 0):
                raise Undecided("a pre-activation is too near 0 for its sign")
            gap = minus(f, target)
            terms.append(times(gap, gap) if z >= 0 else _ZERO)
        return mean(terms)

    def error(self) -> Value:
        """The part of samples with y f <= 0."""
        signed = [times(y, f) for y, f in zip(self.net.y, self.look.outputs, strict=True)]
        if not all(z <= 0 or z > 0 for z in signed):
            raise Undecided("an output is too near 0 for its sign")
        return Fraction(sum(1 for z in signed if z <= 0), len(signed))

    def margins(self) -> list[Value]:
        """The numbers v.x_i of a single reference row."""
        return [inner(self.net.v[0], x) for x in self.net.x]

    def most_bend(self) -> Value:
        """The largest |sigma''|."""
        if self.net.sigma == "smooth leaky":
            return (1 - self.net.gamma) / 4
        if self.net.sigma == "leaky":
            raise UnreadableError("leaky_neuron: a kink has no second derivative")
        return SMOOTH[str(self.net.sigma)]().beta


_HERE: dict[str, Callable[[LeakyModel], Value]] = {
    "n": lambda model: Fraction(len(model.net.x)),
    "m": lambda model: Fraction(len(model.net.w)),
    "gamma": lambda model: model.net.gamma,
    "loss": lambda model: mean(model.look.losses),
    "pull": lambda model: mean(model.look.pulls),
    "squared_gradient": lambda model: squares(mean_gradient(model.look)),
    "toward": LeakyModel.toward,
    "toward_unsigned": LeakyModel.toward_unsigned,
    "gated_square": LeakyModel.gated_square,
    "error": LeakyModel.error,
    "margin": lambda model: least(*map(magnitude, model.margins())),
    "flipped": lambda model: Fraction(
        sum(times(y, z) <= 0 for y, z in zip(model.net.y, model.margins(), strict=True)),
        len(model.net.x),
    ),
    "lambda_max": lambda model: lambda_max(model.net),
    "most_bend": LeakyModel.most_bend,
    "largest_input": lambda model: square_root(greatest(*(inner(x, x) for x in model.net.x))),
    "squared_reference": lambda model: squares(model.net.v),
}
_SCALED: dict[str, Callable[[LeakyModel, Value], Value]] = {
    "product": LeakyModel.product,
    "reference_loss": lambda model, scale: mean(model.net.at(model.net.reference(scale)).losses),
    "squared_distance": lambda model, scale: distance(model.net.w, model.net.reference(scale)),
}
_RUN: dict[str, Callable[[Run], Value]] = {
    "mean_loss": lambda run: mean(run.losses),
    "least_loss": lambda run: least(*run.losses),
    "least_pull": lambda run: least(*run.pulls),
    "least_squared_gradient": lambda run: least(*run.squared),
    "largest_squared_gradient": lambda run: greatest(*run.squared),
    "largest_moment": lambda run: greatest(*run.moments),
    "largest_ratio": lambda run: greatest(*(ratio(*pair) for pair in run.pairs)),
    "squared_distance": lambda run: run.distances[-1],
}
