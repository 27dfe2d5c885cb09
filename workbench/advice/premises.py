"""Premises on data and labels that several theorems share."""

from __future__ import annotations

from math import inf, pi

from verdicts import Approx, exactly
from workbench.advice.facts import Facts
from workbench.advice.theorem import Premise

UNIT = 1e-9  # rows are unit rows if their norms are 1 up to this; floats are never exactly so


def unit_rows(facts: Facts) -> Premise:
    """|x_i| = 1, as max(|x_i|, 1/|x_i|) <= 1 + 1e-9."""
    short, long = facts.norms.low, facts.norms.high
    off = max(long, 1 / short if short > 0 else inf)
    below = 1.0 if off < 1 + UNIT / 2 else off * (1 - UNIT / 10)
    return Premise(
        "unit rows",
        "data",
        "max_i max(|x_i|, 1/|x_i|) = 1",
        Approx(min(below, off), off) if off < inf else exactly(inf),
        "<=",
        exactly(1 + UNIT),
        "--normalise divides every row by its norm; what follows is computed as if it had",
    )


def not_parallel(facts: Facts) -> Premise:
    """No two rows on one line, and none zero: the least angle between lines is above 0."""
    pair = facts.closest
    hint = "drop one of the two rows"
    if facts.zeros:
        found, where = exactly(0.0), f"row {facts.zeros[0] + 1} is zero"
        hint = "drop it"
    elif pair is None:
        found, where = exactly(pi / 2), "one row"
    else:
        found = pair.angle
        where = f"rows {pair.first + 1} and {pair.second + 1}"
        where += ", opposite" if pair.opposite else ""
    return Premise(
        f"no two parallel ({where})",
        "data",
        "least angle between the lines of two rows > 0",
        found,
        ">",
        exactly(0.0),
        hint,
    )


def positive(facts: Facts, name: str, formula: str, value: Approx) -> Premise:
    """An eigenvalue above 0."""
    hint = "equal or nearly parallel rows make it 0: drop them"
    if facts.zeros:
        hint = "a zero row makes it 0: drop it"
    return Premise(f"{name} > 0", "data", formula, value, ">", exactly(0.0), hint)


def lambda_0_positive(facts: Facts) -> Premise:
    """lambda_0 = lambda_min(H_inf) > 0."""
    return positive(facts, "lambda_0", "lambda_0 = lambda_min(H_inf)", facts.lambda_0)


def signs_as_labels(facts: Facts) -> Premise:
    """Labels -1 and +1, for the logistic loss."""
    there = bool(facts.labels) and all(abs(label) == 1 for label in facts.labels)
    off = exactly(0.0) if there else exactly(1.0)
    return Premise(
        "labels are -1 or +1",
        "labels",
        "1 if another label is there",
        off,
        "<=",
        exactly(0.0),
        "two classes are told apart as y = -1 and y = +1",
    )
