"""Exponential decay compared as a rate, and exponents measured over a grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from verdicts.approx import Approx, Floats, Rigor, exactly
from verdicts.kinds import check_kinds
from verdicts.margin import RESOLUTION, Margin, at_most, every
from verdicts.proof import Proof
from verdicts.statement import SecantExponent


def decays(
    log_ratio: Approx,
    rate: Approx | float,
    *,
    over: ArrayLike,
    name: str = "",
    resolution: float = RESOLUTION,
    proof: Callable[[float], Proof] | None = None,
) -> Margin:
    """The decay log_ratio(t) <= -rate * t, as min over t > 0 of (-log_ratio)/(rate t) - 1.

    Time 0 is never compared, both sides are equal there; nor is a time at which the residual is
    not told from zero (log_ratio.lower = -inf). A row without any time to compare is left open,
    unless the upper bounds alone show the decay.

    Args:
        log_ratio: log of residual over initial residual, shape (..., T).
        rate: > 0, a scalar or shape (...), per unit of `over`.
        over: the T times (or step numbers), >= 0, at least one of them > 0.
        name: for the report.
        resolution: the slack >= -resolution counts as holding; >= 0.
        proof: of a time, the decay up to that time over an exact model, as any inequality that
            says the same; used where `log_ratio` is a single path.

    Returns:
        Margin of shape (...); its sides are the observed rate at the tightest time, and `rate`.

    Raises:
        TypeError: log_ratio is no enclosure.
        ValueError: the times do not fit, rate is not certainly positive and finite, or the
            resolution is negative.
    """
    check_kinds(Approx, "decays", log_ratio=log_ratio)
    if not resolution >= 0:
        raise ValueError(f"decays: resolution={resolution!r}; give a number >= 0")
    times = np.asarray(over, dtype=np.float64)
    if times.shape != log_ratio.shape[-1:] or times.ndim != 1:
        raise ValueError(
            f"decays: over has shape={times.shape}, log_ratio shape={log_ratio.shape}; give one "
            "time per entry of the last axis"
        )
    if not (np.isfinite(times) & (times >= 0)).all() or not (times > 0).any():
        raise ValueError(f"decays: over={times!r}; give finite times >= 0, one of them > 0")
    claimed = rate if isinstance(rate, Approx) else exactly(rate)
    if not ((claimed.lower > 0) & (claimed.upper < np.inf)).all():
        raise ValueError(f"decays: rate={rate!r}; give one that is certainly > 0 and finite")
    positive = times > 0
    observed = -log_ratio[..., positive] / exactly(times[positive])
    slack = observed / claimed[..., None] - 1.0
    compared = log_ratio.lower[..., positive] > -np.inf
    margin, tightest = _tightest_time(observed, slack, compared, claimed, name, resolution)
    if proof is None or margin.slack.shape != ():
        return margin
    return replace(margin, proof=proof(float(times[positive][int(tightest[0])])))


def _tightest_time(
    observed: Approx,
    slack: Approx,
    compared: NDArray[np.bool_],
    claimed: Approx,
    name: str,
    resolution: float,
) -> tuple[Margin, NDArray[np.intp]]:
    """The margin, and for each row which of the times is the tightest."""
    compared = np.broadcast_to(compared, slack.shape)
    none = ~compared.any(axis=-1, keepdims=True)
    # Without a time to compare, the one-sided bounds [low, inf] still hold at every time.
    lower = np.where(compared | none, slack.lower, np.inf)
    upper = np.where(compared, slack.upper, np.inf)
    shown = np.where(none, lower, upper)
    # Of several alike the first, so that rounding does not choose.
    alike = shown <= shown.min(axis=-1, keepdims=True) + resolution
    tightest = np.argmax(alike, axis=-1)[..., None]
    sides = (_at(observed, tightest, slack.shape), claimed)
    least = Approx(lower.min(axis=-1), upper.min(axis=-1), slack.rigor)
    return Margin(least, name, resolution, ">=", sides), tightest


def _at(rates: Approx, index: NDArray[np.intp], shape: tuple[int, ...]) -> Approx:
    def taken(bound: Floats) -> Floats:
        return np.take_along_axis(np.broadcast_to(bound, shape), index, axis=-1)[..., 0]

    return Approx(taken(rates.lower), taken(rates.upper), rates.rigor)


@dataclass(frozen=True, slots=True)
class Growth:
    """A quantity on a grid: its values, and the margin of the bound where one was claimed."""

    grid: tuple[float, ...]
    values: tuple[Approx, ...]
    bound: Margin | None

    @property
    def rigor(self) -> Rigor:
        """Whether all values are "proved", or one is "estimated"."""
        return "proved" if all(v.rigor == "proved" for v in self.values) else "estimated"

    def measured(self) -> dict[str, Any]:
        """JSON-able enclosures: values, secants between neighbours, and first to last point."""
        last = len(self.grid) - 1
        return {
            "grid": list(self.grid),
            "values": [[value.low, value.high] for value in self.values],
            "exponent": self._secant(0, last),
            "exponents": [self._secant(i, i + 1) for i in range(last)],
        }

    def _secant(self, i: int, j: int) -> list[float]:
        rise = self.values[j].log() - self.values[i].log()
        run = exactly(self.grid[j]).log() - exactly(self.grid[i]).log()
        slope = rise / run
        return [slope.low, slope.high]


def growth(statement: SecantExponent) -> Growth:
    """The quantity evaluated over the grid.

    Raises:
        ValueError: a value is not certainly positive, so its logarithm is unknown.
    """
    values = tuple(statement.sample(point) for point in statement.over)
    for point, value in zip(statement.over, values, strict=True):
        if not value.low > 0:
            raise ValueError(
                f"secant_exponent: f({point:g}) = {value!r} may be zero or less; an exponent "
                "needs values > 0"
            )
    if statement.constant is None or statement.exponent is None:
        return Growth(statement.over, values, None)
    parts = {}
    for point, value in zip(statement.over, values, strict=True):
        power = (exactly(point).log() * exactly(statement.exponent)).exp()
        ceiling = exactly(statement.constant) * power
        parts[f"at {point:g}"] = at_most(value, ceiling, scale=ceiling)
    return Growth(statement.over, values, every(**parts))
