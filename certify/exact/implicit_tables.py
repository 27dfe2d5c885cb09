"""Which number each quantity of the model "implicit" is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from flint import arb

from . import implicit_numbers as of
from .deep_numbers import largest_singular, norm
from .implicit_descent import Descent
from .implicit_gaps import DROPPED, gradient_gap, mixed_gap, tangent_gap
from .implicit_network import BLOCKS
from .implicit_point import Point
from .input_kernels import InputKernels
from .pixel_rows import Rows, apart
from .values import Value


@dataclass(frozen=True, slots=True)
class State:
    """The network somewhere.

    Attributes:
        point: there.
        start: where it began.
        e: the residual y - yhat there, when it is asked for.
    """

    point: Point
    start: Point
    e: Callable[[], list[arb]]

    def gradient(self) -> dict[str, Rows]:
        """The derivative of ||y - yhat||^2/2 by each block, up to its sign."""
        return self.point.pulled(self.e())


def _at_point(number: Callable[[Point], Value], state: State) -> Value:
    return number(state.point)


def _norm(block: str, point: Point) -> Value:
    return largest_singular(point.blocks[block])


def _frobenius(block: str, point: Point) -> Value:
    return norm(point.blocks[block])


def _gradient(block: str, state: State) -> Value:
    return norm(state.gradient()[block])


def _distance(block: str, state: State) -> Value:
    return of.distance(state.point, state.start, block)


def _farthest(block: str, run: Descent, k: int) -> Value:
    return run.farthest(k, block)


def _most_norm(block: str, run: Descent, k: int) -> Value:
    return run.most(k, partial(_norm, block))


CONSTANTS: dict[str, Callable[[Point], Value]] = {
    "n": lambda start: Fraction(start.frame.net.n),
    "d": lambda start: Fraction(start.frame.net.d),
    "m": lambda start: Fraction(start.frame.net.m),
    "gamma": lambda start: start.frame.net.gamma or Fraction(1),
    "L": lambda start: start.frame.s.L,
    "norm_X": lambda start: largest_singular(start.frame.x),
    "frobenius_X": lambda start: norm(start.frame.x),
    "most_input": lambda start: of.longest(start.frame.x),
    "lambda_min_G2_inf": lambda start: InputKernels(start.frame.net.inputs).extremes_of_order_1[0],
    "gap_identity": partial(tangent_gap, identity=True),
    "gap_transpose": partial(tangent_gap, identity=False),
    **{f"gap_{name}": partial(gradient_gap, name) for name in DROPPED},
}
THERE: dict[str, Callable[[State], Value]] = {
    **{name: partial(_at_point, number) for name, number in of.AT_POINT.items()},
    **{f"norm_{block}": partial(_at_point, partial(_norm, block)) for block in BLOCKS},
    **{f"frobenius_{block}": partial(_at_point, partial(_frobenius, block)) for block in BLOCKS},
    **{f"gradient_{block}": partial(_gradient, block) for block in BLOCKS},
    "residual": lambda state: norm([state.e()]),
    "squared_residual": lambda state: of.squared([state.e()]),
    "gap_mixed_A": lambda state: mixed_gap(state.point, state.e()),
    "squared_gradient": lambda state: sum(map(of.squared, state.gradient().values()), arb(0)),
}
AWAY: dict[str, Callable[[State], Value]] = {
    **{f"distance_{block}": partial(_distance, block) for block in BLOCKS},
    "move_Z": lambda state: norm(apart(state.point.Z, state.start.Z)),
    "move_Phi": lambda state: norm(apart(state.point.Phi, state.start.Phi)),
    "prediction_change": lambda state: norm([of.residual(state.point, state.start.yhat)]),
    "gram_change": lambda state: of.norm_of_change(state.point, state.start),
}
ALONG: dict[str, Callable[[Descent, int], Value]] = {
    **{f"farthest_{block}": partial(_farthest, block) for block in BLOCKS},
    **{f"most_norm_{block}": partial(_most_norm, block) for block in BLOCKS},
    "decay_factor": Descent.decay_factor,
    "step_ratio": Descent.step_ratio,
    "most_rho": lambda run, k: run.most(k, of.AT_POINT["rho"]),
    "least_lambda_min_G": lambda run, k: run.least(k, of.AT_POINT["lambda_min_G"]),
}
