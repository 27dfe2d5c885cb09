"""The quantities of the model "deep_network", at the working precision."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .arguments import Argument, Arguments, steps, unknown
from .balls import UnreadableError
from .deep_descent import Descent
from .deep_network import DeepNet
from .deep_numbers import (
    displacement,
    distance,
    feature_norms,
    gram_change,
    gram_eigenvalues,
    norm,
    output_norm,
    spectral_norm,
)
from .deep_passes import Frame, Point
from .smooth_activations import SMOOTH
from .values import Value, ball, greatest, least

_DESCENT = {"eta", "steps"}


class DeepModel:
    """Quantities of a deep network: at its start, at other weights, and along descent."""

    def __init__(self, net: DeepNet) -> None:
        self.net = net
        self.frame = Frame(net, SMOOTH[net.activation]())
        self._start: Point | None = None
        self._kept: dict[tuple[str, ...], Descent] = {}

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Undecided: the precision does not tell.
        """
        asked = set(arguments) - {"layer", "length"}
        if name == "norm_feature" and set(arguments) == {"layer", "sample"}:
            sample = self._place(arguments["sample"], "sample", self.net.n - 1)
            of = self._place(arguments["layer"], "layer", self.net.H)
            return norm(self.start.features[sample][of])
        if name in _CONSTANTS and not arguments:
            return _CONSTANTS[name](self)
        descends = asked == _DESCENT
        if "length" in arguments and not descends:
            raise unknown("deep_network", name, arguments)
        layer = (
            self._place(arguments["layer"], "layer", self.net.H + 1)
            if "layer" in arguments
            else None
        )
        if name in _ALONG and descends:
            run = self._descent(arguments)
            return _ALONG[name](run, steps(arguments["steps"]), layer)
        if name in _AWAY and asked == {"weights"}:
            return _AWAY[name](self.start, self._at(arguments), layer)
        if name in _HERE and (not asked or descends or asked == {"weights"}):
            return _HERE[name](self._at(arguments), layer)
        raise unknown("deep_network", name, arguments)

    @property
    def start(self) -> Point:
        """The network at its own weights."""
        if self._start is None:
            self._start = self._point(self.net.layers, self.net.a)
        return self._start

    def _at(self, arguments: Arguments) -> Point:
        if "weights" in arguments:
            return self._point(*self.net.moved(arguments["weights"].given))
        if "steps" in arguments:
            return self._descent(arguments).point(steps(arguments["steps"]))
        return self.start

    def _point(self, layers: list[list[list[Fraction]]], a: list[Fraction]) -> Point:
        p = self.net.p
        W = [[[ball(w) for w in row] for row in layer] for layer in layers]
        return Point(self.frame, W, [[ball(z) for z in a[pixel::p]] for pixel in range(p)])

    def _descent(self, arguments: Arguments) -> Descent:
        used = tuple(arguments[key].text for key in ("eta", "length") if key in arguments)
        if used not in self._kept:
            length = arguments["length"].value if "length" in arguments else None
            self._kept[used] = Descent(self.start, arguments["eta"].value, length)
        return self._kept[used]

    def _place(self, argument: Argument, where: str, last: int) -> int:
        place = argument.value
        if not isinstance(place, Fraction) or place.denominator != 1 or not 0 <= place <= last:
            raise UnreadableError(f"{where}: no integer from 0 to {last}; give one")
        return int(place)


_CONSTANTS: dict[str, Callable[[DeepModel], Value]] = {
    "n": lambda model: Fraction(model.net.n),
    "m": lambda model: Fraction(model.net.m),
    "H": lambda model: Fraction(model.net.H),
    "p": lambda model: Fraction(model.net.p),
    "q": lambda model: Fraction(model.net.q),
    "c_res": lambda model: model.net.c_res,
    "c_sigma": lambda model: model.frame.c_sigma,
    "L": lambda model: model.frame.sigma.L,
    "beta": lambda model: model.frame.sigma.beta,
    "at_zero": lambda model: abs(model.frame.sigma.value(ball(Fraction(0)))),
}
_HERE: dict[str, Callable[[Point, int | None], Value]] = {
    "spectral_norm": spectral_norm,
    "output_norm": lambda point, _: output_norm(point, 2),
    "fourth_norm": lambda point, _: output_norm(point, 4),
    "most_feature": lambda point, layer: greatest(*feature_norms(point, layer)),
    "least_feature": lambda point, layer: least(*feature_norms(point, layer)),
    "prediction_norm": lambda point, _: norm([point.u]),
    "lambda_min_G": lambda point, layer: gram_eigenvalues(point, layer)[0],
    "lambda_max_G": lambda point, layer: gram_eigenvalues(point, layer)[1],
}
_AWAY: dict[str, Callable[[Point, Point, int | None], Value]] = {
    "displacement": displacement,
    "distance": distance,
    "gram_change": gram_change,
}
_ALONG: dict[str, Callable[[Descent, int, int | None], Value]] = {
    "squared_residual": lambda run, k, _: run.squared_residual(k),
    "decay_factor": lambda run, k, _: run.decay_factor(k),
    "distance": lambda run, k, layer: run.farthest(k, layer),
    "least_lambda_min_G": lambda run, k, layer: run.least_eigenvalue(k, layer),
    "step_length": lambda run, k, layer: run.step_length(k, layer),
    "output_change": lambda run, k, _: norm([run.change(k)]),
    "second_order": lambda run, k, _: norm([run.beyond_first_order(k)]),
}
