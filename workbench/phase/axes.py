"""One axis of a map: a letter and the values that it takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Value: TypeAlias = int | float


@dataclass(frozen=True, slots=True)
class Axis:
    """A letter and its increasing values.

    Attributes:
        name: a parameter or constant of the claim, `m`, `n`, or a letter of a named map.
        values: increasing; whole numbers are ints.
        log: whether they are spaced by factors.

    Raises:
        ValueError: no values, or values that do not increase.
    """

    name: str
    values: tuple[Value, ...]
    log: bool = False

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.values, self.values[1:], strict=False))
        if not self.values or not rising or (self.log and self.values[0] <= 0):
            raise ValueError(
                f"axis {self.name}: values={list(self.values)}; give increasing numbers"
                f"{' > 0' if self.log else ''}, {self.name}=a:b:k or {self.name}=v,w,..."
            )

    @classmethod
    def of(cls, told: Mapping[str, Any], *, whole: bool) -> Axis:
        """The axis that a request tells of.

        Args:
            told: "name", "values" and "log".
            whole: whether the letter counts something: values are rounded, equal ones dropped.

        Raises:
            ValueError: as for the class.
        """
        values: Sequence[Value] = told["values"]
        if whole:
            values = list(dict.fromkeys(round(value) for value in values))
            if told["name"] in ("m", "n") and values and min(values) < 1:
                raise ValueError(f"axis {told['name']}: {min(values)}; give numbers from 1 on")
        return cls(told["name"], tuple(values), bool(told["log"]))

    @property
    def told(self) -> dict[str, Any]:
        """The axis as plain data."""
        return {"name": self.name, "values": list(self.values), "log": self.log}

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values)

    def place(self, value: float) -> float:
        """Where a value lies when cell i reaches from i - 1/2 to i + 1/2; NaN off the map."""
        if self.log and value <= 0:
            return math.nan
        scale = np.log if self.log else np.asarray
        nodes = np.asarray(scale(np.asarray(self.values, dtype=float)))
        if len(nodes) == 1:
            return 0.0 if value == self.values[0] else math.nan
        first, last = nodes[0] - (nodes[1] - nodes[0]) / 2, nodes[-1] + (nodes[-1] - nodes[-2]) / 2
        edges = np.concatenate([[first], nodes, [last]])
        places = np.concatenate([[-0.5], np.arange(len(nodes)), [len(nodes) - 0.5]])
        at = float(scale(np.asarray(float(value))))
        return float(np.interp(at, edges, places, left=math.nan, right=math.nan))


def shown(value: float) -> str:
    """A value as a label, at most four digits: "4096", "0.0625", "1.2e+06"."""
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}" if abs(value) >= 0.01 else f"{value:.3g}"
