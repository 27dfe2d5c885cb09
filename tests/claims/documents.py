"""Counterexample documents of small claims, and the claims files that they are about."""

import json
from pathlib import Path
from typing import Any

from certify import digest_of
from claims import locate
from claims.case import Case, cases_of
from claims.claim import Claim
from claims.counterexample import Witness, document

TEXT = '''"""A. Author, B. Author: On toys. arXiv:2401.00001v1"""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from claims import assume_premise, claim, wrong
from verdicts import Approx, Margin, Proof, Seeds, WithProbability
from verdicts import at_least, at_most, exactly, with_probability
from verdicts.proof import constant, given

small = st.integers(1, 60).map(int)  # a strategy of its own, that no other file is given too
small.premises = {"n is positive": lambda n: n > 0}


@claim("Lemma 1", for_all={"n": small},
       mutants=[wrong(bound=2.5, because="n reaches 30"), wrong(drops="n < 31", because="n = 40")])
def lemma_1(n: int, *, bound: float = 20.5, shift: int = 0) -> Margin:
    """n is bounded by 20.

    If n < 31 then n + shift <= bound.
    """
    premise = at_most(exactly(n), exactly(30.5))
    assume_premise("n < 31", premise.proved_by(Proof("numbers", {}, given("n"), "<=", "30.5")))
    margin = at_most(exactly(n + shift + MORE), exactly(bound))
    return margin.proved_by(Proof("numbers", {}, given("n") + constant("shift"), "<=",
                                  constant("bound")))


@claim("Lemma 2", for_all={"n": small}, mutants=[wrong(mode="false", because="n > -n")])
def lemma_2(n: int, *, mode: str = "wide", part: Fraction = Fraction(1, 3),
            pair: tuple[int, int] = (1, 2), sure: bool = True) -> Margin:
    """Some n are not decided, and some take all time or memory that there is."""
    if mode == "slow":
        while True:
            pass
    if mode == "large":
        np.ones(2 * 10**9)
    if mode == "broken":
        raise RuntimeError("no " + "such" * n)
    if mode == "dead":
        import os
        os._exit(1)
    assert part == Fraction(1, 3) and pair == (1, 2) and sure
    return at_most(Approx.around(float(n), 2.0 * n), exactly(-float(n) if mode == "false" else n))


@claim("Lemma 3", for_all={"n": small}, mutants=[wrong(rate=0.9, because="it fails too often")])
def lemma_3(n: int, *, rate: float = 0.8) -> WithProbability:
    """A coin fails at most half the time."""
    def event(seeds: Seeds) -> Margin:
        stream = np.random.Generator(np.random.Philox(key=np.array(seeds.key, dtype=np.uint64)))
        return at_least(exactly(stream.random(seeds.count)), exactly(rate))
    return with_probability(0.5, event)


@claim("Lemma 4", for_all={}, mutants=[wrong(least=2.0, because="1 < 2")])
def lemma_4(*, least: float = 1.5) -> Margin:
    """Nothing is quantified: 1 >= least."""
    return at_least(exactly(1.0), exactly(least))
'''


def claims_file(folder: Path, *, mended: bool = False) -> Path:
    """The claims of this file, false or mended, as a theorist's `mine.py`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mine.py"
    path.write_text(TEXT.replace("MORE", "-10" if mended else "0"))
    return path


def case_in(path: Path, name: str, setting: str = "") -> Case:
    """A claim, or one of its mutants."""
    claims: dict[str, Claim] = {claim.name: claim for claim in locate.claims_of(path)}
    by_setting = {case.mutant.name if case.mutant else "": case for case in cases_of(claims[name])}
    return by_setting[setting]


def witness(certified: bool = True, **instance: Any) -> Witness:
    """A witness of Lemma 1."""
    if not certified:
        return Witness(instance, -1.0, "2 <= 1", not_certified="no exact model")
    n = instance["n"]
    certificate = {
        "model": "numbers",
        "recipe": {},
        "premises": [{"name": "n < 31", "left": ["given", "n"], "relation": "<=", "right": "30.5"}],
        "left": ["+", ["given", "n"], ["constant", "shift"]],
        "relation": "<=",
        "right": ["constant", "bound"],
        "left_enclosure": [str(n), str(n)],
        "right_enclosure": ["20.5", "20.5"],
        "bits": 64,
    }
    return Witness(instance, 20.5 - n, f"{n} <= 20.5", certificate)


def made(case: Case, smallest: Witness, **others: Witness) -> dict[str, Any]:
    """A document of the quick profile."""
    found = {"smallest": smallest, **others}
    return document(case, found, salt=0, hypothesis_seed=None, profile="quick")


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a digest that fits it, as a careful forger would leave it."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return {**rest, "digest": digest_of(rest)}


def written(path: Path, document: Any) -> Path:
    """The document as a file of that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path
