"""The quantities of the model "system": losses, kernels, Hessians, balls, distances."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .arguments import Arguments, unknown
from .balls import UnreadableError
from .eigen import extreme_eigenvalues, spectral_norm
from .system import System
from .system_pairs import any_sigma, both, composed, determinant, mean_square, sigma
from .system_sets import bend, convex, least_distance, sigma_on_ball, squared_miss
from .system_steps import loss_after, mean_loss, path_after
from .tables import ONE, ZERO, Table, applied, dot, product, rank, turned
from .values import Value, greatest, minus, plus, times

_PLACED = {"weights"}


class SystemModel:
    """Quantities of a system, or of it at another point, at the working precision."""

    def __init__(self, system: System) -> None:
        self.system = system

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Undecided: the precision does not tell.
        """
        values = {key: one.value for key, one in arguments.items() if key != "weights"}
        system = self.system
        if "weights" in arguments:
            system = system.at(arguments["weights"].given)
            if name == "squared_move" and not values:
                moved = [minus(*pair) for pair in zip(system.w, self.system.w, strict=True)]
                return dot(moved, moved)
        if name in _AT_POINT and not values:
            return _AT_POINT[name](system)
        if name in _OF_NUMBERS and set(values) == _OF_NUMBERS[name][0]:
            return _OF_NUMBERS[name][1](system, values)
        raise unknown("system", name, arguments)


def _kernel(system: System) -> Table:
    J = system.jacobian()
    return product(J, J)


def _squared_gradient(system: System) -> Value:
    gradient = applied(turned(system.jacobian()), system.residual())
    return dot(gradient, gradient)


def _loss(system: System) -> Value:
    r = system.residual()
    return times(Fraction(1, 2), dot(r, r))


def _least_gram(system: System) -> Value:
    columns = turned(system.jacobian())
    return extreme_eigenvalues(product(columns, columns))[0]


def _loss_hessian(system: System) -> Table:
    J, r = system.jacobian(), system.residual()
    columns = turned(J)
    table = product(columns, columns)
    for i, value in enumerate(r):
        bent = system.hessian(i)
        table = [
            [plus(z, times(value, q)) for z, q in zip(row, other, strict=True)]
            for row, other in zip(table, bent, strict=True)
        ]
    return table


def _component(system: System, values: dict[str, Value]) -> int:
    i = values["component"]
    if not isinstance(i, Fraction) or i.denominator != 1 or not 0 <= i < system.n:
        raise UnreadableError(f"system: no component from 0 to {system.n - 1}")
    return int(i)


def _in_range(system: System, values: dict[str, Value]) -> Value:
    """1 if e_i is in the range of DF, else 0."""
    i, J = _component(system, values), system.jacobian()
    wider = [[*row, ONE if k == i else ZERO] for k, row in enumerate(J)]
    return ONE if rank(wider) == rank(J) else ZERO


_AT_POINT: dict[str, Callable[[System], Value]] = {
    "n": lambda s: Fraction(s.n),
    "m": lambda s: Fraction(s.m),
    "loss": _loss,
    "squared_residual": lambda s: times(Fraction(2), _loss(s)),
    "squared_gradient": _squared_gradient,
    "lambda_min_K": lambda s: extreme_eigenvalues(_kernel(s))[0],
    "lambda_max_K": lambda s: extreme_eigenvalues(_kernel(s))[1],
    "lambda_min_gram": _least_gram,
    "sigma_min": lambda s: sigma(s.jacobian()),
    "squared_jacobian": lambda s: plus(*(times(z, z) for row in s.jacobian() for z in row)),
    "largest_row": lambda s: greatest(*(dot(row, row) for row in s.jacobian())),
    "bend": bend,
    "squared_miss": squared_miss,
    "norm_hessians": lambda s: greatest(*(spectral_norm(s.hessian(i)) for i in range(s.n))),
    "lambda_min_hessian": lambda s: extreme_eigenvalues(_loss_hessian(s))[0],
    "convex": convex,
    "least_distance": least_distance,
    "sigma_composed": composed,
    "sigma_outer": lambda s: any_sigma(both(s)[0]),
    "sigma_outer_onto": lambda s: sigma(both(s)[0]),
    "sigma_inner": lambda s: any_sigma(both(s)[1]),
    "sigma_inner_onto": lambda s: sigma(both(s)[1]),
    "determinant_outer": determinant,
    "mean_square_outer": mean_square,
}
_OF_NUMBERS: dict[str, tuple[set[str], Callable[[System, dict[str, Value]], Value]]] = {
    "sigma_on_ball": ({"radius"}, lambda s, v: sigma_on_ball(s, v["radius"])),
    "rank_hessian": ({"component"}, lambda s, v: Fraction(rank(s.hessian(_component(s, v))))),
    "in_range": ({"component"}, _in_range),
    "loss_after": ({"step", "count"}, lambda s, v: loss_after(s, v["step"], v["count"])),
    "path_after": ({"step", "count"}, lambda s, v: path_after(s, v["step"], v["count"])),
    "mean_loss": ({"step", "batch"}, lambda s, v: mean_loss(s, v["step"], v["batch"])),
}
