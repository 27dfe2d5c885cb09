"""The model "two_layer_relu": every named quantity of a network, at its start and in training.

u_i = m^(-1/2) sum_r a_r max(w_r.x_i, 0), e = y - u, relu'(0) = 1; the first layer is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb

from . import geometry
from .arguments import Arguments, unknown
from .balls import UnreadableError, spend
from .descent import Step
from .input_quantities import INPUT_QUANTITIES
from .start import Start
from .states import State, States
from .values import Value, ball, greatest, least, over, plus, times


class NetworkModel:
    """Quantities of a network at the working precision."""

    def __init__(self, start: Start) -> None:
        self._states = States(start)

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Undecided: the precision does not tell.
        """
        keys = " ".join(sorted(arguments))
        if not keys and name in INPUT_QUANTITIES:
            return INPUT_QUANTITIES[name](self._states.inputs)
        if keys in ("", "eta steps", "time") and name in _OF_A_STATE:
            return _OF_A_STATE[name](self._states.at(arguments))
        if (name, keys) not in _OTHERS:
            raise unknown("two_layer_relu", name, arguments)
        return _OTHERS[name, keys](self._states, arguments)


def _slowest(run: list[Step]) -> Value:
    """Maximum over 1 <= k of (||e_k||^2/||e_0||^2)^(1/k).

    Raises:
        UnreadableError: there is no step.
    """
    if len(run) == 1:
        raise UnreadableError("decay_factor: no step; give steps >= 1")
    spend(50 * len(run))
    first, *later = (step.squared_residual for step in run)
    ratios = [ball(over(squared, first)).nonnegative_part() for squared in later]
    return greatest(*(_root(ratio, k) for k, ratio in enumerate(ratios, start=1)))


def _root(ratio: arb, k: int) -> arb:
    return ratio.lower().root(k).lower().union(ratio.upper().root(k).upper())


def _integral(end: int) -> Callable[[States, Arguments], Value]:
    return lambda states, arguments: plus(
        *(
            times(duration, kernel.extremes[end])
            for duration, kernel in states.pieces(states.flow(arguments))
        )
    )


_OF_A_STATE: dict[str, Callable[[State], Value]] = {
    "squared_residual": lambda state: state.squared_residual,
    "drift": lambda state: state.drift(),
    "flips": lambda state: Fraction(state.flips),
    "lambda_min_H": lambda state: state.kernels[-1].extremes[0],
    "lambda_max_H": lambda state: state.kernels[-1].extremes[1],
    "least_lambda_min_H": lambda state: least(*(H.extremes[0] for H in state.kernels)),
}
_OTHERS: dict[tuple[str, str], Callable[[States, Arguments], Value]] = {
    ("m", ""): lambda states, _: Fraction(states.exact.m),
    ("least_preactivation", ""): geometry.preactivation(least),
    ("most_preactivation", ""): geometry.preactivation(greatest),
    ("decay_factor", "eta steps"): lambda states, given: _slowest(states.steps(given)),
    ("slides", "time"): lambda states, given: Fraction(states.flow(given).slides),
    ("integral_lambda_min_H", "time"): _integral(0),
    ("integral_lambda_max_H", "time"): _integral(1),
    ("near", "R"): geometry.near,
    ("dropped", "R"): geometry.dropped,
    ("flip_bound", "R"): geometry.flip_bound,
    ("lambda_min_H_core", "R"): lambda states, given: states.kernel(
        geometry.core(states, given)
    ).extremes[0],
    ("distance", "weights"): geometry.distance,
    ("lambda_min_H", "weights"): lambda states, given: states.kernel(
        geometry.at_weights(states, given)
    ).extremes[0],
    ("norm_change", "weights"): geometry.norm_change,
    ("lambda_min_above_core", "R weights"): geometry.above_core,
    ("tangent_gap", "scale"): geometry.tangent_gap,
}
