"""The quantities of the model "equilibrium", exact but for eigenvalues and lengths."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from . import equilibrium_numbers as of
from .arguments import Arguments, index, steps, unknown
from .eigen import frobenius_norm
from .equilibrium import Equation, fraction
from .equilibrium_points import Solved, apart
from .values import Value

Quantity = Callable[[Solved, range], Value]


class EquilibriumModel:
    """Quantities of an equation at the working precision; z* is its only solution.

    A number of several right-hand sides is a Frobenius norm; `sample` asks for one of them.
    """

    def __init__(self, equation: Equation) -> None:
        self._solved = Solved(equation)

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Undecided: the precision does not tell; Hopeless: z* does not exist, or is not alone.
        """
        samples = range(len(self._solved.equation.b))
        keys = sorted(set(arguments) - {"sample"})
        if "sample" in arguments and name not in _WITHOUT_SAMPLES:
            first = index(arguments["sample"], "sample", len(samples))
            samples = range(first, first + 1)
        elif "sample" in arguments:
            keys.append("sample")
        if not keys and name in _HERE:
            return _HERE[name](self._solved, samples)
        if keys == ["steps"] and name in _AFTER:
            return _AFTER[name](self._solved, samples, steps(arguments["steps"]))
        if keys == ["weights"] and name in _ELSEWHERE:
            return _ELSEWHERE[name](self._solved, samples, arguments["weights"].given)
        raise unknown("equilibrium", name, arguments)


_HERE: dict[str, Quantity] = {
    "m": lambda solved, _: Fraction(solved.equation.m),
    "n": lambda solved, _: Fraction(len(solved.equation.b)),
    "norm_W": lambda solved, _: solved.norm,
    "spectral_radius": lambda solved, _: of.spectral_radius(solved.equation.W),
    "spectral_radius_abs": lambda solved, _: of.spectral_radius(of.absolute(solved.equation.W)),
    "least_minor": lambda solved, _: of.least_minor(solved.equation.W),
    "determinant": lambda solved, _: of.determinant(solved.equation.W),
    "least_diagonal": lambda solved, _: min(
        1 - fraction(solved.equation.W[r, r]) for r in range(solved.equation.m)
    ),
    "least_W": lambda solved, _: min(map(fraction, solved.equation.W.entries())),
    "least_b": lambda solved, samples: of.least_entry(solved.right(samples)),
    "norm_b": lambda solved, samples: frobenius_norm(solved.right(samples)),
    "lambda_min_b": lambda solved, samples: of.least_of_gram(solved.right(samples)),
    "norm_sigma_b": lambda solved, samples: of.iterate(solved, samples, 1),
    "most_solutions": lambda solved, samples: max(solved.count(i) for i in samples),
    "least_solutions": lambda solved, samples: min(solved.count(i) for i in samples),
    "norm_solution": lambda solved, samples: frobenius_norm(solved.points(samples)),
    "lambda_min_solutions": lambda solved, samples: of.least_of_gram(solved.points(samples)),
    "linear_gap": lambda solved, samples: frobenius_norm(solved.beyond_linear(samples)),
    "least_above_b": lambda solved, samples: of.least_entry(
        apart(*pair) for pair in zip(solved.points(samples), solved.right(samples), strict=True)
    ),
}
_AFTER: dict[str, Callable[[Solved, range, int], Value]] = {
    "norm_iterate": of.iterate,
    "last_move": of.last_move,
    "error": of.error,
}
_ELSEWHERE: dict[str, Callable[[Solved, range, object], Value]] = {
    "residual": lambda solved, samples, z: of.at_points(solved, samples, z, error=False),
    "error": lambda solved, samples, z: of.at_points(solved, samples, z, error=True),
    "norm_W": lambda solved, _, pair: of.moved(solved, pair).norm,
    "lambda_min_monotone": lambda solved, _, row: of.monotone(solved.equation.W, row),
    "move_W": lambda solved, _, pair: of.move(solved, pair, "W"),
    "move_b": lambda solved, _, pair: of.move(solved, pair, "b"),
    "move_solution": lambda solved, _, pair: of.move(solved, pair, "z"),
}
_WITHOUT_SAMPLES = {
    *("m", "n", "norm_W", "spectral_radius", "spectral_radius_abs", "least_minor", "least_W"),
    *("determinant", "least_diagonal"),
    *("lambda_min_monotone", "move_W", "move_b", "move_solution"),
}
