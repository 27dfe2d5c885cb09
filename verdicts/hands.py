"""Who computes a block: one part after another, or several hands at once.

The parts of a block are the same whoever computes them, and are put together in order: neither a
finding nor a kept block can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from verdicts.approx import Approx, Floats
from verdicts.evidence import Counted, Role, Sampled
from verdicts.finding import Effort
from verdicts.margin import Margin
from verdicts.rows import Tally, blocks, evaluated, parts
from verdicts.seeds import Seeds
from verdicts.statement import Expectation, WithProbability


@dataclass(frozen=True, slots=True, eq=False)
class CountedPart:
    """What a part of an event's block said.

    Attributes:
        said: counts over its rows, without a quantile.
        upper: the most that each row's slack can be, for the quantile of the whole block.
    """

    said: Counted
    upper: Floats


Part: TypeAlias = CountedPart | Sampled
AnyPart = TypeVar("AnyPart", CountedPart, Sampled)


@dataclass(frozen=True, slots=True, eq=False)
class Work(Generic[AnyPart]):
    """A block that is wanted.

    Attributes:
        role: of its stream.
        parts: all of it, in order.
        later: parts of the blocks that will be wanted next, should this one decide nothing.
        compute: what a part says.
        cost: of a seed.
    """

    role: Role
    parts: tuple[Seeds, ...]
    later: Callable[[], Iterator[Seeds]]
    compute: Callable[[Seeds], AnyPart]
    cost: int


class Hands(Protocol):
    """Somebody who computes blocks."""

    def compute(self, work: Work[AnyPart]) -> list[AnyPart]:
        """What each part of a block says, in order.

        Raises:
            Exception: whatever the statement's own code raises.
        """


class OwnHands:
    """One part after another, here."""

    def compute(self, work: Work[AnyPart]) -> list[AnyPart]:
        """What each part says."""
        return [work.compute(part) for part in work.parts]


def work_on(
    statement: WithProbability | Expectation,
    effort: Effort,
    role: Role,
    block: Seeds,
    most: int,
    compute: Callable[[Seeds], AnyPart],
) -> Work[AnyPart]:
    """The work on a block among the first `most` seeds of its stream."""

    def cut(wanted: Seeds) -> Iterator[Seeds]:
        return parts(wanted, statement.floats_per_seed, statement.cost, effort)

    def later() -> Iterator[Seeds]:
        for following in blocks(block, most, statement.cost, effort):
            if following.first > block.first:
                yield from cut(following)

    return Work(role, tuple(cut(block)), later, compute, statement.cost)


def counted_part(statement: WithProbability, part: Seeds) -> CountedPart:
    """What a part of an event's block says.

    Raises:
        TypeError, ValueError: as `evaluated`.
        Exception: whatever the event raises.
    """
    tally = Tally()
    upper = tally.add(evaluated(statement.event, Margin, part))
    return CountedPart(tally.said(None), upper)


def sampled_part(statement: Expectation, part: Seeds) -> Sampled:
    """What a part of a sample's block says.

    Raises:
        TypeError, ValueError: as `evaluated`.
        Exception: whatever the sample raises.
    """
    said = evaluated(statement.sample, Approx, part)
    return Sampled(said.lower, said.upper, said.rigor)
