"""The model "inputs": quantities of a data set alone."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .arguments import Arguments, unknown
from .input_kernels import InputKernels, arc_cosine
from .inputs import Inputs
from .values import Value

INPUT_QUANTITIES: dict[str, Callable[[InputKernels], Value]] = {
    "n": lambda kernels: Fraction(kernels.inputs.n),
    "d": lambda kernels: Fraction(kernels.inputs.d),
    "lambda_min_H_inf": lambda kernels: kernels.of_H_inf[0],
    "lambda_min_G2_inf": lambda kernels: kernels.extremes_of_order_1[0],
    "lambda_min_G": lambda kernels: kernels.of_G[0],
    "lambda_max_G": lambda kernels: kernels.of_G[1],
    "rank_H_inf": lambda kernels: Fraction(kernels.inputs.rank_H_inf),
    "rank_G": lambda kernels: Fraction(kernels.inputs.rank_G),
    "parallel_pairs": lambda kernels: Fraction(kernels.inputs.parallel_pairs),
    "hyperplanes": lambda kernels: Fraction(kernels.inputs.hyperplanes),
}


class InputModel:
    """Quantities of inputs at the working precision."""

    def __init__(self, inputs: Inputs) -> None:
        self._kernels = InputKernels(inputs)

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity, or it has other arguments.
        """
        if name == "lambda_min_homotopy" and set(arguments) == {"s"}:
            return self._kernels.least_of_homotopy(arguments["s"].value)
        if name == "arc_cosine" and set(arguments) == {"t"}:
            return arc_cosine(arguments["t"].value)
        if name == "cosine" and set(arguments) == {"i", "j"}:
            return self._kernels.cosine(arguments["i"].value, arguments["j"].value)
        if arguments or name not in INPUT_QUANTITIES:
            raise unknown("inputs", name, arguments)
        return INPUT_QUANTITIES[name](self._kernels)
