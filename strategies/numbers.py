"""Numbers that a theorem quantifies over, each built from integers within +-99.

Larger integers and floats are never asked of Hypothesis: it would mix in literals of whatever
modules happen to be loaded, and the same seed would draw other instances.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from models import SeedNumber
from strategies.arguments import Real, check_sizes, exact, exact_positive

Grid: TypeAlias = tuple[Fraction, int, int]  # unit, least and largest multiple

LARGEST = 99  # of the integers that are drawn
_MAX_PLACES = 12


def failure_probabilities() -> SearchStrategy[float]:
    """Values delta in {1/2, 1/4, 1/10} that a quick run can decide, shrinking to 1/2."""
    return st.sampled_from((0.5, 0.25, 0.1))


def seeds() -> SearchStrategy[SeedNumber]:
    """Seeds of deterministic statements ("along every trajectory ..."), shrinking to seed 0."""
    digits = st.integers(0, LARGEST)
    return st.tuples(digits, digits).map(lambda pair: SeedNumber(100 * pair[0] + pair[1]))


def widths(*, min_m: int = 1, max_m: int = 32) -> SearchStrategy[int]:
    """Numbers of neurons in [min_m, max_m], of every order of magnitude, shrinking to min_m.

    Raises:
        ValueError: min_m < 1 or min_m > max_m.
    """
    check_sizes("widths", "m", min_m, max_m)
    return sizes(min_m, max_m)


def step_counts(*, min_steps: int = 1, max_steps: int = 100) -> SearchStrategy[int]:
    """Numbers of descent steps in [min_steps, max_steps], shrinking to min_steps.

    Raises:
        ValueError: min_steps < 0 or min_steps > max_steps.
    """
    check_sizes("step_counts", "steps", min_steps, max_steps, floor=0)
    return sizes(min_steps, max_steps)


def whole_numbers(*, min_value: int = 0, max_value: int = 99) -> SearchStrategy[int]:
    """Integers in [min_value, max_value], shrinking to min_value.

    Raises:
        ValueError: min_value < 0 or min_value > max_value.
    """
    check_sizes("whole_numbers", "value", min_value, max_value, floor=0)
    return sizes(min_value, max_value)


def sizes(low: int, high: int) -> SearchStrategy[int]:
    """Integers in [low, high] of every order of magnitude, as low plus digits to base 100.

    More digits are more choices, so shrinking follows the order of the integers.
    """
    if max(abs(low), abs(high), high - low) <= LARGEST:
        return st.integers(low, high)
    most = 1 + (len(str(high - low)) - 1) // 2
    digit = st.integers(0, LARGEST)
    return st.integers(1, most).flatmap(
        lambda count: st.tuples(*[digit] * count).map(
            lambda digits: min(high, low + sum(c * 100**k for k, c in enumerate(reversed(digits))))
        )
    )


def step_sizes(*, min_eta: Real = 1e-4, max_eta: Real = 1) -> SearchStrategy[float]:
    """Step sizes eta = c * 10**-k in [min_eta, max_eta], c of at most two digits.

    Raises:
        ValueError: min_eta <= 0, min_eta > max_eta, or no such number lies between.
    """
    low = exact_positive("step_sizes", "min_eta", min_eta)
    return _decimals("step_sizes", "eta", low, exact("step_sizes", "max_eta", max_eta)).map(float)


def horizons(*, min_t: Real = 0.1, max_t: Real = 20) -> SearchStrategy[float]:
    """Times t = c * 10**-k in [min_t, max_t], in units of gradient flow.

    Raises:
        ValueError: min_t < 0, min_t > max_t, or no such number lies between.
    """
    low, high = exact("horizons", "min_t", min_t), exact("horizons", "max_t", max_t)
    if low < 0:
        raise ValueError(f"horizons: min_t={min_t!r}; give a time >= 0")
    return _decimals("horizons", "t", low, high).map(float)


def small_decimals(*, min_value: Real = -1, max_value: Real = 1) -> SearchStrategy[float]:
    """Numbers c * 10**-k with |c| <= 99 in [min_value, max_value], shrinking to 0 or towards it.

    Raises:
        ValueError: min_value > max_value, or no such number lies between.
    """
    return exact_decimals(min_value=min_value, max_value=max_value).map(float)


def exact_decimals(*, min_value: Real = -1, max_value: Real = 1) -> SearchStrategy[Fraction]:
    """As `small_decimals`, not rounded to floats: entries of a recipe."""
    low = exact("exact_decimals", "min_value", min_value)
    high = exact("exact_decimals", "max_value", max_value)
    return _decimals("exact_decimals", "value", low, high)


@cache
def symmetric_grids(most: Fraction) -> tuple[Grid, ...]:
    """Grids of decimals within +-most, whole numbers first; zero alone if most is zero."""
    return tuple(_grids(-most, most)) if most > 0 else ((Fraction(0), 0, 0),)


def _decimals(where: str, name: str, low: Fraction, high: Fraction) -> SearchStrategy[Fraction]:
    """The grid is drawn first: it shrinks to whole numbers, then c shrinks towards 0."""
    if low > high:
        raise ValueError(
            f"{where}: min_{name}={float(low)} > max_{name}={float(high)}; "
            f"give min_{name} <= max_{name}"
        )
    choices = _grids(low, high)
    if not choices:
        raise ValueError(
            f"{where}: no c * 10**-k with |c| <= {LARGEST} lies in "
            f"[min_{name}, max_{name}]=[{float(low)}, {float(high)}]; give a wider range"
        )
    return st.sampled_from(choices).flatmap(
        lambda grid: st.integers(grid[1], grid[2]).map(lambda c: c * grid[0])
    )


def _grids(low: Fraction, high: Fraction) -> list[Grid]:
    """Per unit 10**-k the least and largest c; finer units only while they add something."""
    smallest = min((abs(v) for v in (low, high) if v != 0), default=Fraction(1))
    places = 3
    while Fraction(1, 10**places) > smallest and places < _MAX_PLACES:
        places += 1
    units = [Fraction(1, 10**k) for k in range(places + 1)]
    units += [Fraction(10**k) for k in range(1, len(str(floor(max(abs(low), abs(high))))))]
    grids = []
    for unit in units:
        first, last = max(ceil(low / unit), -LARGEST), min(floor(high / unit), LARGEST)
        if first <= last:
            grids.append((unit, first, last))
    return grids
