"""The House: Coins for testing the journal. unpublished note of 2026."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from claims import PROFILES, Options, assume_premise, claim, misprint, wrong
from claims.case import Case
from claims.case_report import CaseReport
from claims.claim import Claim
from claims.journal import Journal, JournalFile, Use
from claims.ledger import reached
from claims.runner import Trial
from tests.claims.toys import coin, uniforms
from verdicts import (
    Expectation,
    Margin,
    SecantExponent,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    exactly,
    expectation_equal,
    secant_exponent,
    with_probability,
)

numbers = st.integers(1, 99)


@claim(
    "Lemma 1",
    for_all={"k": numbers},
    mutants=[
        wrong(rate=0.95, because="nearly always"),
        wrong(drops="k is odd", rate=0.9, because="nearly always"),
    ],
)
def odd_coin(k: int, *, rate: float = 0.05) -> WithProbability:
    """If k is odd a coin fails at most half the time; the event says how large it is."""
    assume_premise("k is odd", at_least(exactly(k % 2), exactly(0.5)))
    reached(n=k)

    def event(seeds: Seeds) -> Margin:
        reached(m=seeds.first + 7)
        return at_least(exactly(uniforms(seeds)), exactly(rate))

    return with_probability(0.5, event, each="coins")


@claim("Lemma 2", for_all={"k": numbers}, mutants=[wrong(value=0.9, because="it is 1/2")])
def mean(k: int, *, value: float = 0.5) -> Expectation:
    """The mean of a uniform number is 1/2."""
    return expectation_equal(
        lambda seeds: exactly(uniforms(seeds.named(str(k)))), exactly(value), variance_at_most=0.1
    )


@claim("Lemma 3", for_all={"k": numbers}, mutants=[misprint(power=1, because="1.5", where="p. 1")])
def growth(k: int, *, power: float = 1.5) -> SecantExponent:
    """g^1.5 grows no faster than k g^1.5."""
    return secant_exponent(
        lambda g: exactly(g**1.5), over=[1, 2, 4], constant=float(k), exponent=power
    )


@claim("Lemma 4", for_all={"k": numbers}, mutants=[wrong(rate=0.9, because="it fails too often")])
def open_coin(k: int, *, rate: float = 0.5) -> WithProbability:
    """A coin stands exactly on the edge, where nothing can be decided."""
    return coin(rate if k else 0.0, 0.5)


@claim("Lemma 5", for_all={"k": numbers}, mutants=[wrong(limit=0.5, because="no k is below")])
def false_bound(k: int, *, limit: float = 20.5) -> Margin:
    """Every number is at most 20.5 (false; the smallest counterexample is 21)."""
    return at_most(exactly(k), exactly(limit))


ALL: list[Case] = [
    Case(one, mutant)
    for one in (odd_coin, mean, growth, open_coin, false_bound)
    for mutant in (None, *one.mutants)
]


def options(journal: Journal | None = None, **changes: Any) -> Options:
    """The quick profile with examples kept in an empty folder, as a run has them."""
    folder = Path(tempfile.mkdtemp(prefix="examples-"))
    given = {"profile": PROFILES["quick"], "database": folder, "journal": journal}
    return Options(**{**given, **changes})


def report(case: Case, journal: Journal | None = None, **changes: Any) -> dict[str, Any]:
    """The report of a case without its time."""
    found: CaseReport = Trial(case, options(journal, **changes)).run()
    data = found.to_json()
    del data["seconds"]
    return data


def used(
    path: Path, case: Case, night: int | None = None, salt: int = 0, **changes: Any
) -> tuple[dict[str, Any], Use]:
    """The report of a case with the journal of a new process, and what it had from it."""
    file = JournalFile(path)
    try:
        journal = Journal(file, salt=salt, night=night)
        return report(case, journal, salt=salt, **changes), journal.taken()
    finally:
        file.close()


def true(one: Claim) -> Case:
    """A claim as it stands."""
    return Case(one)
