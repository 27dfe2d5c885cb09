"""The House: Claims that a journal has read wrongly once. unpublished note of 2026."""

from __future__ import annotations

from claims import assume_premise, claim, wrong
from tests.claims.journal.coins import numbers
from tests.claims.toys import uniforms
from verdicts import Margin, Seeds, WithProbability, at_least, exactly, with_probability


class Named:
    """Objects that all look the same."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Named()"


@claim("Lemma 1", for_all={"k": numbers}, mutants=[wrong(bound=Named(99.5), because="k < 99.5")])
def below_a_name(k: int, *, bound: Named = Named(0.5)) -> Margin:  # noqa: B008  a constant
    """Every number is above the bound."""
    return at_least(exactly(k), exactly(bound.value))


@claim("Lemma 2", for_all={"k": numbers}, mutants=[wrong(drops="k is odd", because="it is false")])
def inside(k: int) -> WithProbability:
    """If k is odd the event always holds; the premise is stated where the seeds are."""

    def event(seeds: Seeds) -> Margin:
        assume_premise("k is odd", at_least(exactly(k % 2), exactly(0.5)))
        return at_least(exactly(uniforms(seeds)), exactly(0.0 if k % 2 else 0.9))

    return with_probability(0.5, event)
