"""The House: Toys whose edges are known by hand. unpublished note of 2026."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from hypothesis import strategies as st

from claims import assume_premise, claim, reached, refuted_claim, wrong
from claims.claim import Claim
from claims.explore.bench import Bench
from claims.explore.calibration import Calibration, Plan, calibrated
from claims.explore.ladder import Side
from claims.locate import find
from tests.claims.toys import Points, coin, increasing, numbers, options, points
from verdicts import Margin, WithProbability, at_least, at_most, equal_to, exactly

FILE = __file__
WRONG = [wrong(other=1, because="a toy needs a mutant")]


@claim("Lemma 1", for_all={"k": numbers}, mutants=[wrong(factor=0.5, because="k > k/2")])
def below(k: int, *, factor: float = 2.0, other: int = 0, word: str = "a") -> Margin:
    """A number is at most factor times itself: true from factor = 1 on."""
    bound = factor if word == "a" else float(other)
    return at_most(exactly(k), bound * exactly(k), scale=float(k))


@claim("Lemma 2", for_all={"k": numbers}, mutants=WRONG)
def exact(k: int, *, factor: float = 1.0, other: int = 0) -> Margin:
    """A number is itself: false for every other factor."""
    return equal_to(exactly(k + other), factor * exactly(k), scale=float(k))


@claim("Lemma 3", for_all={"k": numbers}, mutants=[wrong(rate=0.9, because="it fails too often")])
def biased(k: int, *, rate: float = 0.125) -> WithProbability:
    """A coin fails at most a quarter of the time: true up to rate = 1/4."""
    return coin(rate if k else 0.0, 0.25)


@claim("Lemma 4", for_all={"k": numbers}, mutants=WRONG)
def pocket(k: int, *, shift: float = 8.0, other: int = 0) -> Margin:
    """False for shifts in (1, 3), and true beside it, down to 0."""
    return at_least(exactly(abs(shift - 2.0)), exactly(1.0 + 50 * other), scale=float(k))


@claim("Lemma 5", for_all={"k": numbers}, mutants=WRONG)
def powers(k: int, *, power: int = 5, floor: float = 0.0, less: int = -2, other: int = 0) -> Margin:
    """2^power >= 7.5: true from 3 on; floor <= 1/4; less <= 0."""
    left = exactly(min(2.0**power - 7.5, 0.25 - floor, -less))
    return at_least(left, exactly(float(other * 99)), scale=float(k))


@claim("Lemma 6", for_all={"k": numbers}, mutants=[wrong(bound=0.5, because="1 > 1/2")])
def bounded(k: int, *, bound: float = 200.0) -> Margin:
    """Every number up to 99 is at most 200: true from 99 on."""
    return at_most(exactly(k), exactly(bound), scale=100.0)


@claim("Lemma 7", for_all={"k": numbers}, mutants=[wrong(bound=0.5, because="1 > 1/2")])
def often_false(k: int, *, bound: float = 20.5) -> Margin:
    """Every number up to 99 is at most 20.5, which is false from 21 on."""
    return at_most(exactly(k), exactly(bound))


@claim("Lemma 8", for_all={"k": numbers}, mutants=WRONG)
def sized(k: int, *, width: float = 8.0, square: float = 3.0, other: int = 0) -> Margin:
    """A width: it has to be at least 2 k, and is 8 k."""
    m = width * k + 0 * square
    reached(m=int(m), steps=int(square) ** 2)
    return at_least(exactly(int(m)), exactly(2 * k + 999 * other), scale=float(k))


@claim("Lemma 9", for_all={"k": numbers}, mutants=WRONG)
def fragile(k: int, *, divisor: float = 8.0, other: int = 0) -> Margin:
    """Nothing can be judged for a divisor below 2."""
    if divisor < 2:
        raise ZeroDivisionError(f"divisor={divisor:g}")
    return at_least(exactly(k / divisor), exactly(float(other * 1000)))


@refuted_claim("Lemma 10", for_all={"k": numbers}, because="37 > 36.5", witness={"k": 37})
def published(k: int, *, bound: float = 36.5) -> Margin:
    """Every number is at most 36.5 (false)."""
    return at_most(exactly(k), exactly(bound))


@claim(
    "Lemma 11",
    for_all={"x": increasing},
    mutants=[wrong(x=points, drops="distinct", title="ties", because="a tie has no gap")],
)
def gaps(x: Points) -> Margin:
    """Sorted distinct points have gaps of at least one."""
    return at_least(exactly(min(np.diff(x.rows), default=1)), exactly(0.5))


@claim("Lemma 12", for_all={"k": numbers}, mutants=WRONG)
def premised(k: int, *, other: int = 0) -> Margin:
    """If k < 9.5, k > 0.5 and k < 150, then k <= 9.5: the first is needed, the others are not."""
    assume_premise("k is small", at_most(exactly(k), exactly(9.5), scale=9.5))
    assume_premise("k is large", at_least(exactly(k), exactly(3.5)))
    assume_premise("k is not huge", at_most(exactly(k), exactly(150.0), scale=9.5))
    return at_most(exactly(k), exactly(9.5 - 99 * other), scale=9.5)


@claim(
    "Lemma 14",
    for_all={"x": increasing},
    mutants=[
        wrong(x=points, drops="distinct", least=0.1, title="ties", because="a tie has no gap"),
        wrong(
            x=points, drops="sorted", least=2.0, title="any", because="least = 2 is false anyway"
        ),
    ],
)
def wider_gaps(x: Points, *, least: float = 0.5) -> Margin:
    """Sorted distinct points have gaps of at least one half; of at least two, they have not."""
    return at_least(exactly(min(np.diff(x.rows), default=2)), exactly(least))


@claim("Lemma 15", for_all={"x": increasing}, mutants=WRONG)
def slow_ties(x: Points, *, other: int = 0) -> Margin:
    """Sorted distinct points have gaps of at least one half; to look at a tie takes a minute."""
    time.sleep(60.0 * (min(np.diff(x.rows), default=1) == 0))
    return at_least(exactly(min(np.diff(x.rows), default=1)), exactly(0.5 + 99 * other))


@claim("Lemma 16", for_all={"x": increasing}, mutants=WRONG)
def slow(x: Points, *, other: int = 0) -> Margin:
    """Nothing is judged within a minute."""
    time.sleep(60.0)
    return at_least(exactly(len(x.rows)), exactly(float(99 * other)))


@claim("Lemma 13", for_all={"k": st.just(3)}, mutants=WRONG)
def bare(k: int, *, other: int = 0) -> Margin:
    """Three is three; nothing is assumed."""
    return at_most(exactly(k), exactly(3.5 - other))


def calibrate(
    one: Claim,
    constant: str,
    instances: list[dict[str, Any]],
    *,
    sides: tuple[Side, ...] = (),
    whole: bool = False,
    plan: Plan | None = None,
) -> list[Calibration]:
    """Calibrate a toy at given instances, without hunts unless a plan says so."""
    bench = Bench(one, options())
    chosen = plan or Plan(hunts=0)
    return calibrated(bench, constant, instances, plan=chosen, whole=whole, sides=sides)


def target(name: str) -> str:
    """What a user types for a toy of this file."""
    return f"{find(FILE).file}::{name}"
