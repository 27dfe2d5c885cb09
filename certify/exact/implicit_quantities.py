"""The quantities of the model "implicit", at the working precision."""

from __future__ import annotations

from functools import cached_property, partial

from flint import arb

from .arguments import Arguments, index, steps, unknown
from .implicit_descent import Descent, first_residual
from .implicit_frame import Frame
from .implicit_network import ImplicitNet
from .implicit_numbers import residual, shares, total
from .implicit_point import Point, exact_point
from .implicit_tables import ALONG, AWAY, CONSTANTS, THERE, State
from .values import Value, ball


class ImplicitModel:
    """Quantities of a network at the working precision.

    Args:
        net: what the recipe says.
    """

    def __init__(self, net: ImplicitNet) -> None:
        self.net, self.frame = net, Frame(net)
        self.start = exact_point(self.frame, net.blocks)
        self._kept: dict[tuple[str, ...], Descent] = {}

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Undecided: the precision does not tell; Hopeless: an equation is not contractive.
        """
        keys, lacks_v = set(arguments), not self.net.gao and name.endswith("_v")
        if not keys and name in CONSTANTS:
            return CONSTANTS[name](self.start)
        if name == "H_entry" and keys == {"row", "column"}:
            row, column = (index(arguments[key], key, self.net.n) for key in ("row", "column"))
            return total(shares(self.start))[row][column]
        descending = {"eta", "steps"} <= keys <= {"eta", "steps", "length"}
        if descending and name in ALONG and not lacks_v:
            return ALONG[name](self._descent(arguments), steps(arguments["steps"]))
        away = keys == {"weights"} or descending
        if (not keys or away) and name in THERE and not lacks_v:
            return THERE[name](self._state(arguments))
        if away and name in AWAY and not lacks_v:
            return AWAY[name](self._state(arguments))
        raise unknown("implicit", name, arguments)

    @cached_property
    def e(self) -> list[arb]:
        """The residual at the start."""
        return first_residual(self.start, None)

    def _state(self, arguments: Arguments) -> State:
        if "weights" in arguments:
            point = exact_point(self.frame, self.net.moved(arguments["weights"].given))
            return State(point, self.start, partial(self._elsewhere, point))
        if "steps" in arguments:
            run, k = self._descent(arguments), steps(arguments["steps"])
            return State(run.point(k), self.start, partial(run.e, k))
        return State(self.start, self.start, lambda: self.e)

    def _elsewhere(self, point: Point) -> list[arb]:
        y = [ball(z) for z in self.net.targets]
        if self.net.kind == "residual":
            y = [u + z for u, z in zip(self.start.yhat, y, strict=True)]
        return residual(point, y)

    def _descent(self, arguments: Arguments) -> Descent:
        used = tuple(arguments[key].text for key in ("eta", "length") if key in arguments)
        if used not in self._kept:
            length = arguments["length"].value if "length" in arguments else None
            self._kept[used] = Descent(self.start, arguments["eta"].value, length)
        return self._kept[used]
