"""Labels: small decimals, and those that the limit kernel learns slowest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from jaxtyping import Float64
from torch import Tensor

from models import H_inf
from strategies.lines import Row
from strategies.numbers import symmetric_grids

LABELS = ("any", "decimal", "adversarial", "constant", "zero")
_DRAWN = ("decimal", "adversarial", "constant")
_THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class LabelRule:
    """How integers, one drawn with each sample, become labels.

    Attributes:
        kind: "decimal" (a multiple of the unit each), "constant" (the first of them for all),
            "adversarial" (along the eigenvector of lambda_0, to three decimals; they are ignored),
            "zero".
        unit: of a label, exact.
        limit: integers within +-limit keep |y_i| <= most.
        most: the bound of |y_i|, >= 0.
    """

    kind: str
    unit: Fraction
    limit: int
    most: Fraction

    def labels(
        self, digits: Sequence[int], x: Callable[[], Float64[Tensor, "n d"]]
    ) -> list[Fraction]:
        """Exact labels, one per integer; x is asked only if they depend on the inputs."""
        if self.kind == "adversarial":
            return [self.most * share for share in weakest_direction(x())]
        if self.kind == "constant":
            return [digits[0] * self.unit] * len(digits)
        return [digit * self.unit for digit in digits]


def label_rules(draw: DrawFn, kind: str, most: Fraction) -> LabelRule:
    """A rule of the kind ("any": of all), with a unit that is drawn too."""
    if kind == "any":
        kind = draw(st.sampled_from(_DRAWN))
    unit, _, limit = draw(st.sampled_from(symmetric_grids(most)))
    return LabelRule(kind, unit, 0 if kind == "zero" else limit, most)


@cache
def samples(count: int, d: int, largest: int, limit: int) -> SearchStrategy[list[tuple[Row, int]]]:
    """Pairs of a row within +-largest and the integer of its label.

    Drawn together, so that the shrinker can delete a sample in one piece.
    """
    row = st.tuples(*[st.integers(-largest, largest)] * d)
    return st.tuples(*[st.tuples(row, st.integers(-limit, limit))] * count).map(list)


def weakest_direction(x: Float64[Tensor, "n d"]) -> list[Fraction]:
    """The eigenvector of lambda_0, scaled to a largest entry of 1 and cut to three decimals."""
    vector = torch.linalg.eigh(H_inf(x)).eigenvectors[:, 0]
    leading = int((vector.abs() >= 0.999 * vector.abs().max()).nonzero()[0])
    scaled = (vector / vector[leading]).clamp(-1, 1)
    return [Fraction(round(_THOUSAND * float(v)), _THOUSAND) for v in scaled]
