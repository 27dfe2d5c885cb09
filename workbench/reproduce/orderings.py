"""Orderings as inequalities: between enclosed numbers, or between means over independent draws."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from verdicts import Approx, Margin, at_least, at_most, every, exactly
from workbench.reproduce.figure import Ordering, Table

DEVIATIONS = 4.0  # of a normal law: how rarely a mean over draws is told too near

Floats = NDArray[np.float64]


def falls(words: str, values: Approx, names: Sequence[object]) -> Ordering:
    """Every value is at most the one before it.

    Args:
        words: the statement.
        values: enclosures of positive numbers, one for each name.
        names: what the values belong to.
    """
    parts = {
        f"{a} to {b}": at_most(values[i + 1], values[i], scale=_size(values[i]))
        for i, (a, b) in enumerate(pairwise(names))
    }
    return Ordering(words, every(**parts))


def rises(words: str, values: Approx, names: Sequence[object]) -> Ordering:
    """Every value is at least the one before it; arguments as for `falls`."""
    parts = {
        f"{a} to {b}": at_least(values[i + 1], values[i], scale=_size(values[i]))
        for i, (a, b) in enumerate(pairwise(names))
    }
    return Ordering(words, every(**parts))


def below(words: str, pairs: dict[str, tuple[Approx, Approx]]) -> Ordering:
    """In every named pair the first is at most the second."""
    parts = {name: at_most(a, b, scale=_size(b)) for name, (a, b) in pairs.items()}
    return Ordering(words, every(**parts))


def mean_falls(words: str, draws: Floats, names: Sequence[object]) -> Ordering:
    """In the mean over draws every column is at most the one before it.

    The draws of a row may depend on each other: differences are taken row by row.

    Args:
        words: the statement.
        draws: independent rows, one column for each name.
        names: what the columns belong to.
    """
    parts: dict[str, Margin] = {}
    for i, (a, b) in enumerate(pairwise(names)):
        drop = mean(draws[:, i] - draws[:, i + 1])
        scale = max(float(np.abs(draws[:, i : i + 2]).mean()), 1e-300)
        parts[f"{a} to {b}"] = at_least(drop, exactly(0.0), scale=scale)
    return Ordering(words, every(**parts))


def mean(draws: Floats) -> Approx:
    """The mean over the first dimension, with Student's interval; estimated.

    It misses as rarely as four standard deviations of a normal law do: with few draws their own
    deviation is uncertain too, so that 4 draws take 32.6 standard errors, 32 take 4.62.

    Raises:
        ValueError: fewer than two draws.
    """
    if len(draws) < 2:
        raise ValueError(f"mean: {len(draws)} draws have no standard error; give at least 2")
    error = draws.std(axis=0, ddof=1) / len(draws) ** 0.5
    deviations = float(t.isf(norm.sf(DEVIATIONS), len(draws) - 1))
    return Approx.around(draws.mean(axis=0), deviations * error)


def stacked(values: Sequence[Approx]) -> Approx:
    """Scalars as one array."""
    return Approx([value.low for value in values], [value.high for value in values])


def columns(head: Sequence[str], names: Sequence[object], *values: Approx) -> Table:
    """A table with one row for each name, one column for each array of numbers."""
    rows = [(str(name), *(number(column[i]) for column in values)) for i, name in enumerate(names)]
    return Table(tuple(head), tuple(rows))


def number(value: Approx) -> str:
    """As many digits as the enclosure has, at most four."""
    for digits in (4, 3):
        if f"{value.low:.{digits}g}" == f"{value.high:.{digits}g}":
            return f"{value.low:.{digits}g}"
    return f"{value.low:.3g}..{value.high:.3g}"


def _size(value: Approx) -> float:
    """A positive number of the size of the value: margins are shares of it."""
    return max(abs(value.low), abs(value.high), 1e-300)
