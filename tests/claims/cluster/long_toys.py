"""The House: Long toys for a cluster. unpublished note of 2026."""

import os
import time
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from claims import assume_premise, claim, reached, wrong
from tests.claims.toys import coin, uniforms
from verdicts import (
    Expectation,
    Margin,
    Seeds,
    WithProbability,
    at_least,
    every,
    exactly,
    expectation_equal,
    implies,
    with_probability,
)

few = st.integers(1, 3)


@claim("Lemma 1", for_all={"k": few}, mutants=[wrong(rate=0.3, because="it fails too often")])
def rare(k: int, *, rate: float = 0.05) -> WithProbability:
    """A coin fails at most one time in ten: it takes some blocks to say so."""
    reached(k=k)
    return coin(rate, 0.1)


@claim("Lemma 2", for_all={"k": few}, mutants=[wrong(rate=0.9, because="it fails too often")])
def open_question(k: int, *, rate: float = 0.5) -> WithProbability:
    """A fair coin fails at most every second time: no number of blocks will do."""
    reached(k=k)
    return coin(rate, 0.5)


@claim("Lemma 3", for_all={"k": few}, mutants=[wrong(mean=0.6, because="the mean is 1/2")])
def mean(k: int, *, mean: float = 0.5) -> Expectation:
    """The mean of uniform numbers is 1/2."""
    reached(k=k)
    return expectation_equal(
        lambda seeds: exactly(uniforms(seeds)), exactly(mean), variance_at_most=1 / 12, scale=0.5
    )


@claim("Lemma 4", for_all={"k": few}, mutants=[wrong(rate=0.4, because="it fails too often")])
def premised(k: int, *, rate: float = 0.05) -> WithProbability:
    """What the event states about premises and sizes is known wherever it is computed."""

    def event(seeds: Seeds) -> Margin:
        u = uniforms(seeds)
        reached(m=100 * k + seeds.first)
        assume_premise("k is small", at_least(exactly(float(4 - k + u.min())), exactly(1.0)))
        half = at_least(exactly(u), exactly(0.02))
        far = np.where(u > 0.9, np.inf, u)
        return every(a=implies(half, at_least(exactly(far), exactly(rate))), b=half)

    return with_probability(0.9, event)


@claim("Lemma 5", for_all={"k": few}, share=1e7, mutants=[wrong(rate=0.95, because="too often")])
def dear(k: int, *, rate: float = 0.05) -> WithProbability:
    """A seed that costs so much is a part of its own."""
    reached(k=k)

    def event(seeds: Seeds) -> Margin:
        _wait()
        return at_least(exactly(uniforms(seeds)), exactly(rate))

    return with_probability(0.5, event, cost_per_seed=2**31, each="trajectories")


@claim("Lemma 6", for_all={"k": few}, share=1e7, mutants=[wrong(rate=0.95, because="too often")])
def broken(k: int, *, rate: float = 0.05) -> WithProbability:
    """Of three parts each fails in its own way: the first of them is what anybody should see."""

    def event(seeds: Seeds) -> Margin:
        assume_premise(f"{seeds.first % 3} is small", at_least(exactly(3.0), exactly(1.0)))
        if seeds.first == 3 + k:
            raise ValueError(f"at {seeds.first}")
        if seeds.first == 4 + k:
            assume_premise("it is early", at_least(exactly(0.0), exactly(1.0)))
        if seeds.first == 5 + k:
            raise KeyError(seeds.first)
        return at_least(exactly(uniforms(seeds)), exactly(rate))

    return with_probability(0.5, event, cost_per_seed=2**31)


def _wait() -> None:
    """As long as a test wants it to take; the processes that computed leave their names."""
    folder = os.environ.get("PROVABLY_TEST_FOLDER")
    if folder:
        Path(folder, f"worked-{os.getpid()}").touch()
        time.sleep(0.05)
