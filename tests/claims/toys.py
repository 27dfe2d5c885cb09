"""The House: Toys for testing the runner. unpublished note of 2026."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from claims import PROFILES, Options, assume_premise, claim, misprint, refuted_claim, wrong
from claims.case import Case
from claims.case_report import CaseReport
from claims.claim import Claim
from claims.runner import Trial
from verdicts import (
    Approx,
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    exactly,
    with_probability,
)

QUICK = PROFILES["quick"]
numbers = st.integers(1, 99)


@dataclass(frozen=True)
class Points:
    """A value with an exact recipe, as datasets are."""

    rows: tuple[int, ...]

    @classmethod
    def from_recipe(cls, recipe: dict[str, Any]) -> Points:
        return cls(tuple(recipe["rows"]))

    @property
    def recipe(self) -> dict[str, Any]:
        return {"rows": list(self.rows)}

    @property
    def n(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Points({self.rows!r})"


points = st.lists(numbers, min_size=1, max_size=6).map(lambda rows: Points(tuple(rows)))
increasing = points.filter(lambda p: list(p.rows) == sorted(set(p.rows)))
increasing.premises = {  # type: ignore[attr-defined]
    "sorted": lambda p: list(p.rows) == sorted(p.rows),
    "distinct": lambda p: len(set(p.rows)) == len(p.rows),
}


def uniforms(seeds: Seeds) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One uniform number per seed, the same in any block."""
    key = np.array(seeds.key, dtype=np.uint64)
    stream = np.random.Generator(np.random.Philox(key=key))
    return stream.random(seeds.first + seeds.count)[seeds.first :]


def coin(rate: float, delta: float) -> WithProbability:
    """P(a coin that fails with this rate succeeds) >= 1 - delta."""
    return with_probability(
        1 - delta, lambda seeds: at_least(exactly(uniforms(seeds)), exactly(rate))
    )


@claim(
    "Lemma 1",
    for_all={"k": numbers},
    mutants=[
        wrong(factor=0.5, because="k <= k/2 fails for every k"),
        wrong(factor=2.5, because="nothing: this one is true"),
        misprint(factor=0.9, because="k <= 0.9 k fails for every k", where="p. 1"),
        misprint(factor=0.8, because="it fails at 50 too", where="p. 2", witness={"k": 50}),
    ],
    examples=[{"k": 7}],
)
def at_most_itself(k: int, *, factor: float = 2.0) -> Margin:
    """A number is at most twice itself.

    For all k >= 1:  k <= 2 k.
    """
    return at_most(exactly(k), factor * exactly(k), scale=float(k))


@claim("Lemma 2", for_all={"k": numbers}, mutants=[wrong(rate=0.9, because="it fails too often")])
def fair_coin(k: int, *, rate: float = 0.5) -> WithProbability:
    """A coin fails at most half the time; it stands exactly on the edge."""
    return coin(rate if k else 0.0, 0.5)


@claim("Lemma 3", for_all={"k": numbers}, mutants=[wrong(rate=0.95, because="nearly always")])
def easy_coin(k: int, *, rate: float = 0.05) -> WithProbability:
    """A coin fails at most half the time."""
    return coin(rate if k else 0.0, 0.5)


@claim("Lemma 4", for_all={"k": numbers}, mutants=[wrong(least=2, because="more are false")])
def false_coin(k: int, *, least: int = 13) -> WithProbability:
    """A coin fails at most a tenth of the time: false from 13 on."""
    return coin(0.6 if k >= least else 0.0, 0.1)


@claim(
    "Lemma 5",
    for_all={"x": increasing},
    mutants=[
        wrong(x=points, drops="distinct", title="ties", because="a tie has no gap"),
        wrong(x=points, drops="sorted", title="unsorted", because="a gap may be negative"),
    ],
)
def positive_gaps(x: Points) -> Margin:
    """Sorted distinct points have gaps of at least one."""
    return at_least(exactly(min(np.diff(x.rows), default=1)), exactly(0.5))


@claim(
    "Lemma 6",
    for_all={"k": numbers},
    mutants=[
        wrong(drops="k is small", because="large k exceed it"),
        wrong(drops="k is odd", because="there is no such premise"),
        wrong(limit=20.0, because="k = 20 is let in, where the bound fails"),
    ],
    edge=True,
)
def small_numbers(k: int, *, limit: float = 9.5) -> Margin:
    """If k < 9.5 then k <= 9.5."""
    assume_premise("k is small", at_most(exactly(k), exactly(limit), scale=limit))
    return at_most(exactly(k), exactly(9.5), scale=9.5)


@claim("Lemma 7", for_all={"k": numbers}, mutants=[wrong(limit=0.5, because="no number is <= 0.5")])
def false_bound(k: int, *, limit: float = 20.5) -> Margin:
    """Every number is at most 20.5 (false; the smallest counterexample is 21)."""
    return at_most(exactly(k), exactly(limit))


@claim(
    "Lemma 8",
    for_all={"k": numbers},
    mutants=[
        wrong(mode="crash", because="a crash proves nothing"),
        wrong(mode="nan", because="a NaN proves nothing"),
        wrong(mode="overflow", because="an overflow is a proved inf"),
    ],
)
def fragile(k: int, *, mode: str = "fine") -> Margin:
    """Every number is below 1000, unless the code breaks."""
    if mode == "crash":
        raise FloatingPointError(f"broken at {k}")
    value = {"nan": float("nan"), "overflow": float("inf"), "fine": float(k)}[mode]
    return at_most(Approx.around(value, 0.0), exactly(1000.5))


@refuted_claim(
    "Lemma 9", for_all={"k": numbers}, because="37 is no square below 36", witness={"k": 37}
)
def all_small(k: int) -> Margin:
    """Every number is at most 36.5 (false)."""
    return at_most(exactly(k), exactly(36.5))


def options(**changes: Any) -> Options:
    """The quick profile without a database."""
    return Options(**{"profile": QUICK, **changes})


def report(claim: Claim, mutant: int | None = None, **changes: Any) -> CaseReport:
    """Run a claim, or one of its mutants, and give the report."""
    case = Case(claim, None if mutant is None else claim.mutants[mutant])
    return Trial(case, options(**changes)).run()


@contextmanager
def counted(claim: Claim) -> Iterator[list[dict[str, Any]]]:
    """A list that fills with every instance that the claim's body is given."""
    calls: list[dict[str, Any]] = []
    true = claim.function

    def counting(**values: Any) -> Any:
        calls.append(values)
        return true(**values)

    counting.__name__, counting.__module__ = true.__name__, true.__module__
    object.__setattr__(claim, "function", counting)
    try:
        yield calls
    finally:
        object.__setattr__(claim, "function", true)
