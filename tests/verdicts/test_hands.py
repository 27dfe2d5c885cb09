"""Whoever computes the parts of a block, and in whatever order: the finding is the same."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.verdicts.coins import coin, uniforms
from verdicts import (
    AnyPart,
    Effort,
    Margin,
    Role,
    Seeds,
    Statement,
    Streams,
    Work,
    at_least,
    every,
    exactly,
    expectation_equal,
    judge,
    with_probability,
)
from verdicts.rows import DEAR, Tally

STREAMS = Streams(0, "tests.hands", "{}")


@dataclass
class Backwards:
    """Computes the last part first, and a part of a later block before any."""

    parts: list[tuple[Role, int, int]] = field(default_factory=list)
    ahead: list[int] = field(default_factory=list)

    def compute(self, work: Work[AnyPart]) -> list[AnyPart]:
        following = next(work.later(), None)
        if following is not None:
            assert following.first == work.parts[-1].first + work.parts[-1].count
            work.compute(following)
            self.ahead.append(following.first)
        said = {part.first: work.compute(part) for part in reversed(work.parts)}
        self.parts += [(work.role, part.first, part.count) for part in work.parts]
        return [said[part.first] for part in work.parts]


STATEMENTS = [
    with_probability(0.9, coin(0.03)),
    with_probability(0.9, coin(0.3)),
    with_probability(0.5, coin(0.5)),
    expectation_equal(lambda seeds: exactly(uniforms(seeds)), exactly(0.5), variance_at_most=0.1),
]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("effort", [Effort(), Effort(chunk_floats=7, seeds=150)])
def test_the_order_of_the_parts_changes_nothing(statement: Statement, effort: Effort) -> None:
    hands = Backwards()
    assert judge(statement, STREAMS, effort, hands=hands) == judge(statement, STREAMS, effort)
    assert len(hands.parts) == len(set(hands.parts))
    assert hands.ahead[:1] == [64]
    size = effort.chunk_floats if effort.chunk_floats < 64 else 64
    assert {count for _, _, count in hands.parts} <= {size, 64 % size, 150 % 64 % size}


def test_a_seed_that_takes_minutes_is_a_part_of_its_own() -> None:
    batches: list[int] = []

    def event(seeds: Seeds) -> Margin:
        batches.append(seeds.count)
        return at_least(exactly(np.ones(seeds.count)), exactly(0.0))

    for cost, sizes in ((DEAR, [16]), (DEAR + 1, [1] * 16)):
        batches.clear()
        judge(with_probability(0.5, event, cost_per_seed=cost), STREAMS, Effort())
        assert batches == sizes


def test_the_tightest_row_of_two_parts_is_the_first_of_equals() -> None:
    tally = Tally()
    for low in (0.5, 0.25, 0.25, 0.75):
        tally.add(
            every(
                a=at_least(exactly([low]), exactly(0.0)), b=at_least(exactly([1.0]), exactly(0.0))
            )
        )
    assert tally.tightest.name == "a"
    assert tally.tightest.sides == "0.25 >= 0"
