"""Blocks that somebody keeps are judged as blocks that were just computed."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.verdicts.coins import coin, uniforms
from verdicts import (
    Approx,
    Counted,
    Effort,
    Finding,
    Margin,
    Role,
    Sampled,
    Seeds,
    Statement,
    Streams,
    at_least,
    every,
    exactly,
    expectation_at_most,
    expectation_equal,
    implies,
    judge,
    with_probability,
)

STREAMS = Streams(0, "tests.coin", "{}")


@dataclass
class Book:
    """Keeps every block, and counts how often it is asked."""

    blocks: dict[tuple[Role, int, int], Counted | Sampled] = field(default_factory=dict)
    more: int = 1
    asked: int = 0

    def reach(self, role: Role, most: int) -> int:  # noqa: ARG002
        return self.more * most

    def counted(self, role: Role, block: Seeds) -> Counted | None:
        self.asked += 1
        said = self.blocks.get((role, block.first, block.count))
        assert not isinstance(said, Sampled)
        return said

    def sampled(self, role: Role, block: Seeds) -> Sampled | None:
        self.asked += 1
        said = self.blocks.get((role, block.first, block.count))
        assert not isinstance(said, Counted)
        return said

    def keep(self, role: Role, block: Seeds, said: Counted | Sampled) -> None:
        key = (role, block.first, block.count)
        assert key not in self.blocks
        self.blocks[key] = said


def never(seeds: Seeds) -> Margin:
    raise AssertionError(f"computed again: {seeds}")


def never_sampled(seeds: Seeds) -> Approx:
    raise AssertionError(f"computed again: {seeds}")


def busy(seeds: Seeds) -> Margin:
    """A conjunction with premises, ties, infinite rows and undecided ones."""
    u = uniforms(seeds)
    premise = at_least(exactly(u), exactly(0.3))
    far = Approx.around(np.where(u > 0.9, np.inf, u), 0.01)
    held = implies(premise, at_least(exactly(u), exactly(0.31)))
    return every(a=at_least(far, exactly(0.05)), b=held, c=at_least(exactly(u), exactly(-np.inf)))


def samples(seeds: Seeds) -> Approx:
    return Approx.around(uniforms(seeds), 1e-3)


@pytest.mark.parametrize(
    ("statement", "empty"),
    [
        (with_probability(0.9, coin(0.03)), with_probability(0.9, never)),
        (with_probability(0.9, coin(0.3)), with_probability(0.9, never)),
        (with_probability(0.5, busy), with_probability(0.5, never)),
        (
            expectation_equal(samples, exactly(0.5), variance_at_most=0.1),
            expectation_equal(never_sampled, exactly(0.5), variance_at_most=0.1),
        ),
        (
            expectation_at_most(samples, exactly(0.2)),
            expectation_at_most(never_sampled, exactly(0.2)),
        ),
    ],
)
def test_kept_blocks_give_the_same_finding_and_nothing_is_computed(
    statement: Statement, empty: Statement
) -> None:
    book = Book()
    plain, kept = judge(statement, STREAMS, Effort()), judge(statement, STREAMS, Effort(), book)
    assert plain == kept
    assert len(book.blocks) == book.asked > 0
    assert judge(empty, STREAMS, Effort(), book) == plain


def test_half_the_blocks_are_enough_to_go_on_from() -> None:
    book = Book()
    statement = with_probability(0.5, busy)
    plain = judge(statement, STREAMS, Effort(), book)
    for key in [*book.blocks][len(book.blocks) // 2 :]:
        del book.blocks[key]
    assert judge(statement, STREAMS, Effort(chunk_floats=5), book) == plain


def judged(more: int, **effort: int) -> Finding:
    statement = with_probability(0.9, coin(0.14))
    return judge(statement, STREAMS, Effort(**effort), Book(more=more))


def test_evidence_may_reach_further_than_the_effort_but_not_than_the_seeds() -> None:
    assert judged(1, search_blocks=2).seeds == 128
    assert judged(3, search_blocks=2) == judged(1, search_blocks=6)
    assert judged(3, search_blocks=2, seeds=100).seeds == 100


def test_the_first_block_alone_has_a_quantile() -> None:
    book = Book()
    judge(with_probability(0.9, coin(0.14)), STREAMS, Effort(search_blocks=3), book)
    blocks = [said for said in book.blocks.values() if isinstance(said, Counted)]
    assert [said.quantile is None for said in blocks] == [False, True, True]
    assert sum(said.rows for said in blocks) == 192
