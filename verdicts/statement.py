"""What a claim may return: inequalities, and statements about probabilities and expectations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from verdicts.approx import Approx
from verdicts.margin import Margin
from verdicts.seeds import Seeds

MEAN_RESOLUTION = 0.1  # of `scale`: what a supported expectation may be off by


@dataclass(frozen=True, slots=True)
class WithProbability:
    """P(event's margin >= 0) >= probability, over the seeds.

    Attributes:
        probability: the least probability claimed, in (0, 1).
        event: takes a block of seeds, returns a margin with one row per seed.
        floats_per_seed: floats that one row holds; sizes the batches.
        cost_per_seed: what one row costs, where that is not what it holds; 0 where it is.
        each: what the rows are called where the report counts them, "trajectories"; "" for rows.
    """

    probability: float
    event: Callable[[Seeds], Margin]
    floats_per_seed: int = 1
    cost_per_seed: int = 0
    each: str = ""

    @property
    def cost(self) -> int:
        """What one row costs."""
        return self.cost_per_seed or self.floats_per_seed


@dataclass(frozen=True, slots=True)
class Expectation:
    """E X == value, or E X <= value, over the seeds.

    Attributes:
        sample: takes a block of seeds, returns one number per seed.
        value: what the expectation is compared with.
        relation: "==" or "<=".
        variance_at_most: a proved bound of Var X; None leaves betting, for X >= 0 only.
        floats_per_seed: as in `WithProbability`.
        scale: units of the margin and of its resolution; > 0.
        resolution: being off by resolution * scale still counts as holding; > 0.
    """

    sample: Callable[[Seeds], Approx]
    value: Approx
    relation: Literal["==", "<="]
    variance_at_most: float | None = None
    floats_per_seed: int = 1
    scale: float = 1.0
    resolution: float = MEAN_RESOLUTION

    @property
    def cost(self) -> int:
        """What one row costs."""
        return self.floats_per_seed


@dataclass(frozen=True, slots=True)
class SecantExponent:
    """The growth of a quantity over a grid: log f(b)/f(a) over log b/a, first to last point.

    Attributes:
        sample: the quantity at a grid point, > 0.
        over: the grid, at least two increasing points > 0.
        constant, exponent: with both, f(g) <= constant * g**exponent is decided at each point.
    """

    sample: Callable[[float], Approx]
    over: tuple[float, ...]
    constant: float | None = None
    exponent: float | None = None


Statement: TypeAlias = Margin | WithProbability | Expectation | SecantExponent


def with_probability(
    probability: float,
    event: Callable[[Seeds], Margin],
    *,
    floats_per_seed: int = 1,
    cost_per_seed: int = 0,
    each: str = "",
) -> WithProbability:
    """The statement P(event's margin >= 0) >= probability.

    Args:
        probability: the least probability claimed.
        event: takes a block of seeds, returns a margin with one row per seed.
        floats_per_seed: floats that one row holds at a time.
        cost_per_seed: floats that it draws and computes, where they are more than it holds; if a
            seed costs more than 2**18, blocks hold 16.
        each: what a seed gives, in the plural: with "trajectories" the report says "16 of 16
            trajectories obey".

    Raises:
        ValueError: probability outside (0, 1), floats_per_seed < 1, or cost_per_seed < 0.
    """
    if not 0 < probability < 1:
        raise ValueError(
            f"with_probability: probability={probability!r}; give a number strictly between 0 and 1"
        )
    _check_floats("with_probability", floats_per_seed)
    if cost_per_seed < 0:
        raise ValueError(f"with_probability: cost_per_seed={cost_per_seed}; give one >= 0")
    return WithProbability(
        float(probability), event, int(floats_per_seed), int(cost_per_seed), each
    )


def expectation_equal(
    sample: Callable[[Seeds], Approx],
    value: Approx,
    *,
    variance_at_most: float | None = None,
    floats_per_seed: int = 1,
    scale: float = 1.0,
    resolution: float = MEAN_RESOLUTION,
) -> Expectation:
    """The statement E X = value, supported up to resolution * scale.

    Args:
        sample: takes a block of seeds, returns X with one row per seed.
        value: the expectation claimed, a scalar.
        variance_at_most: a proved bound of Var X. Without one, X >= 0 is taken for granted and
            only E X > value can be noticed.
        floats_per_seed: floats that one row needs.
        scale: what a margin of 1 means, in the units of X.
        resolution: of scale; an equality can be supported up to one only.

    Raises:
        TypeError: value is a bare number.
        ValueError: value is not a finite scalar, or a number is out of its range.
    """
    _check_expectation("expectation_equal", value, variance_at_most, scale, resolution)
    _check_floats("expectation_equal", floats_per_seed)
    return Expectation(
        sample, value, "==", variance_at_most, int(floats_per_seed), scale, resolution
    )


def expectation_at_most(
    sample: Callable[[Seeds], Approx],
    value: Approx,
    *,
    variance_at_most: float | None = None,
    floats_per_seed: int = 1,
    scale: float = 1.0,
    resolution: float = MEAN_RESOLUTION,
) -> Expectation:
    """The statement E X <= value; arguments and errors as for `expectation_equal`."""
    _check_expectation("expectation_at_most", value, variance_at_most, scale, resolution)
    _check_floats("expectation_at_most", floats_per_seed)
    return Expectation(
        sample, value, "<=", variance_at_most, int(floats_per_seed), scale, resolution
    )


def secant_exponent(
    sample: Callable[[float], Approx],
    *,
    over: Sequence[float],
    constant: float | None = None,
    exponent: float | None = None,
) -> SecantExponent:
    """The measured exponent of a quantity over a grid.

    Args:
        sample: the quantity at a grid point, a scalar > 0.
        over: at least two increasing points > 0.
        constant: with `exponent`, f(g) <= constant * g**exponent is decided at every point of the
            grid, and the exponent is measured besides.
        exponent: both or neither.

    Raises:
        ValueError: the grid does not increase, or only one of constant and exponent is given.
    """
    grid = tuple(float(point) for point in over)
    increasing = all(a < b for a, b in itertools.pairwise(grid))
    if len(grid) < 2 or not increasing or not 0 < grid[0] <= grid[-1] < math.inf:
        raise ValueError(
            f"secant_exponent: over={grid!r}; give at least two increasing finite points > 0"
        )
    if (constant is None) != (exponent is None):
        raise ValueError(
            f"secant_exponent: constant={constant!r}, exponent={exponent!r}; give both or neither"
        )
    if constant is not None and not 0 < constant < math.inf:
        raise ValueError(f"secant_exponent: constant={constant!r}; give a finite number > 0")
    if exponent is not None and not math.isfinite(exponent):
        raise ValueError(f"secant_exponent: exponent={exponent!r}; give a finite number")
    return SecantExponent(sample, grid, constant, exponent)


def _check_floats(where: str, floats_per_seed: int) -> None:
    if not floats_per_seed >= 1:
        raise ValueError(f"{where}: floats_per_seed={floats_per_seed}; give one >= 1")


def _check_expectation(
    where: str, value: Approx, variance_at_most: float | None, scale: float, resolution: float
) -> None:
    if not isinstance(value, Approx):
        raise TypeError(
            f"{where}: value is a {type(value).__name__}; only an Approx may enter a statement, "
            "exactly(1.0) makes one of a constant"
        )
    if value.shape != () or not (math.isfinite(value.low) and math.isfinite(value.high)):
        raise ValueError(f"{where}: value={value!r}; give one finite number")
    for name, number in (
        ("variance_at_most", 1.0 if variance_at_most is None else variance_at_most),
        ("scale", scale),
        ("resolution", resolution),
    ):
        if not 0 < number < math.inf:
            raise ValueError(f"{where}: {name}={number!r}; give a finite number > 0")
