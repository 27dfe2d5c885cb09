"""What an equilibrium network may be made of, in balls: ReLU and its kin, smooth activations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from .balls import Undecided, rational
from .sines import Sine
from .smooth import Function, Smooth
from .smooth_activations import SMOOTH
from .values import ball


@dataclass(frozen=True, slots=True)
class Bend:
    """An activation at the working precision.

    Attributes:
        value: s.
        L: its Lipschitz constant.
        leak: the slope below 0, of ReLU and its kin; None of a smooth one.
        smooth: the slope s' of a smooth one.
    """

    value: Function
    L: arb
    leak: Fraction | None = None
    smooth: Function | None = None

    def slope(self, pre: arb, *, right: bool) -> arb:
        """Slope at a pre-activation; at a kink that of the right side, or of the left.

        Raises:
            Undecided: the ball holds both signs.
        """
        if self.smooth is not None:
            return self.smooth(pre)
        below = ball(self.leak or Fraction(0))
        if pre > 0 or (right and pre == 0):
            return arb(1)
        if pre <= 0:
            return below
        raise Undecided("a pre-activation is too near 0 for its sign")


def _piecewise(leak: Fraction) -> Bend:
    return Bend(value=lambda z: z.max(ball(leak) * z), L=arb(1), leak=leak)


def _of(smooth: Smooth, shift: arb | None = None) -> Bend:
    value = smooth.value
    return Bend(
        value=value if shift is None else (lambda z: value(z) + shift),
        L=smooth.L,
        smooth=smooth.slope,
    )


def _double_sine() -> Bend:
    one = Sine(frequency=Fraction(2))
    return Bend(value=one.value, L=arb(2), smooth=one.slope.value)


def _of_name(name: str) -> Callable[[], Bend]:
    return lambda: _of(SMOOTH[name]())


BENDS: dict[str, Callable[[], Bend]] = {
    "relu": lambda: _piecewise(Fraction(0)),
    "leaky relu": lambda: _piecewise(Fraction(1, 4)),
    "sin(2z)": _double_sine,
    "tanh+0.7": lambda: _of(SMOOTH["tanh"](), rational(7, 10)),
    **{name: _of_name(name) for name in SMOOTH},
}
"""What makes each activation, in a block of `precision`."""
