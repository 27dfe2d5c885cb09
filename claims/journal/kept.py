"""One instance and its journal: what is known of it is read, the rest is computed and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from claims.case import Case
from claims.errors import PremiseNotMetError
from claims.instance import Recipe
from claims.journal.journal import Journal, constants_of
from claims.journal.plain import (
    chance_data,
    chance_of,
    counted_data,
    counted_of,
    enter_visit,
    finding_data,
    finding_of,
    mean_data,
    mean_of,
    sampled_data,
    sampled_of,
    visit_change,
    visit_data,
)
from claims.ledger import Visit
from verdicts import (
    Approx,
    Counted,
    Effort,
    Expectation,
    Finding,
    Hands,
    Margin,
    Role,
    Sampled,
    Seeds,
    Statement,
    Streams,
    WithProbability,
    judge,
)
from verdicts.rows import WIDE_BLOCK

_SIZES = (Effort().block, WIDE_BLOCK)  # of a block, in every profile


class Evaluation(Protocol):
    """The judgement of one instance, with or without a journal."""

    def recall(self) -> Finding | None:
        """The finding of a statement without chance, where it is known.

        Raises:
            PremiseNotMetError: it is known that a premise is not met.
        """

    def statement(self, make: Callable[[], Statement]) -> Statement:
        """The statement; `make` is not called before it has to be."""

    def judge(
        self, statement: Statement, streams: Streams, effort: Effort, hands: Hands
    ) -> Finding:
        """The finding."""

    def cost(self, finding: Finding) -> int:
        """What the finding cost, or cost an earlier run, as one run would have had to pay."""


class Forgotten:
    """The judgement of an instance of which nothing is kept."""

    def recall(self) -> None:
        """Nothing is known."""

    def statement(self, make: Callable[[], Statement]) -> Statement:
        """The statement."""
        return make()

    def judge(
        self, statement: Statement, streams: Streams, effort: Effort, hands: Hands
    ) -> Finding:
        """The finding."""
        return judge(statement, streams, effort, hands=hands)

    def cost(self, finding: Finding) -> int:
        """Its cost."""
        return finding.cost


@dataclass(slots=True)
class Kept:
    """The judgement of an instance, and the blocks of its two streams, as the court asks for them.

    Attributes:
        journal: where it is kept.
        case: the claim or mutant, for its constants and for a premise that it drops.
        name: of the instance in the journal.
        visit: what the evaluation says about premises and sizes.
        nights: how many times the effort's blocks may be computed.
    """

    journal: Journal
    case: Case
    name: str
    visit: Visit
    nights: int = 1
    _allowed: dict[str, int] = field(default_factory=dict)
    _beyond: bool = False
    _paid: int = 0
    _before: dict[str, Any] = field(default_factory=dict)

    def recall(self) -> Finding | None:
        """The finding of a statement without chance, where it is known.

        Raises:
            PremiseNotMetError: it is known that a premise is not met.
        """
        judged = self._known("judged", **self._dropped)
        if judged is not None:
            enter_visit(judged["visit"], self.visit)
            self.journal.use.read += 1
            return finding_of(judged["finding"])
        said = self._known("said", **self._dropped)
        if said is not None and said["premise"] is not None:
            enter_visit(said["visit"], self.visit)
            raise PremiseNotMetError(*said["premise"])
        return None

    def statement(self, make: Callable[[], Statement]) -> Statement:
        """The statement; where its numbers are known, its event is made when it is asked for."""
        said = self._known("said", **self._dropped)
        if said is None:
            return self._made(make)
        enter_visit(said["visit"], self.visit)
        once = cache(make)
        if said["chance"] is not None:
            return chance_of(said["chance"], lambda seeds: _event(once(), seeds))
        return mean_of(said["mean"], lambda seeds: _sample(once(), seeds))

    def judge(
        self, statement: Statement, streams: Streams, effort: Effort, hands: Hands
    ) -> Finding:
        """The finding; of a statement without chance it is kept whole."""
        self._before = visit_data(self.visit)
        finding = judge(statement, streams, effort, self, hands)
        if not isinstance(statement, WithProbability | Expectation):
            visit = visit_data(self.visit, proofs=finding.decision == "refuted")
            says = {"visit": {"proofs": {}, **visit}, "finding": finding_data(finding)}
            self._keep("judged", says, **self._dropped)
            self.journal.use.added += 1
        return finding

    def cost(self, finding: Finding) -> int:
        """The cost of the rows that one night's effort allows; blocks of later nights are free."""
        rows = finding.seeds
        return finding.cost * self._paid // rows if rows else finding.cost

    def reach(self, role: Role, most: int) -> int:
        """As far as the effort of these nights allows, or the journal knows."""
        self._allowed[role] = most
        known = 0
        while (count := self._longest(role, known)) > 0:
            known += count
        return max(most * self.nights, known)

    def counted(self, role: Role, block: Seeds) -> Counted | None:
        """What the journal says of a block of an event."""
        said = self._block(role, block)
        return counted_of(said["counted"], block.count) if said is not None else None

    def sampled(self, role: Role, block: Seeds) -> Sampled | None:
        """What the journal says of a block of a sample."""
        said = self._block(role, block)
        return sampled_of(said["sampled"]) if said is not None else None

    def keep(self, role: Role, block: Seeds, said: Counted | Sampled) -> None:
        """Add a block to the journal."""
        counted = counted_data(said) if isinstance(said, Counted) else None
        sampled = sampled_data(said) if isinstance(said, Sampled) else None
        learnt = visit_change(self._before, self.visit)
        self._before = visit_data(self.visit)
        says = {"visit": learnt, "counted": counted, "sampled": sampled}
        self._keep("block", says, **_at(role, block))
        self.journal.use.added += 1

    @property
    def _dropped(self) -> dict[str, str]:
        return {"dropped": self.case.dropped}

    def _made(self, make: Callable[[], Statement]) -> Statement:
        nothing: dict[str, Any] = {"premise": None, "chance": None, "mean": None}
        try:
            statement = make()
        except PremiseNotMetError as error:
            says = {**nothing, "premise": [error.name, error.found]}
            self._keep("said", {**says, "visit": visit_data(self.visit)}, **self._dropped)
            raise
        if isinstance(statement, WithProbability):
            nothing["chance"] = chance_data(statement)
        elif isinstance(statement, Expectation):
            nothing["mean"] = mean_data(statement)
        else:
            return statement
        self._keep("said", {**nothing, "visit": visit_data(self.visit)}, **self._dropped)
        return statement

    def _block(self, role: Role, block: Seeds) -> Any:
        # The one place that the court passes with every block, known or not.
        self._beyond = self._beyond or block.first >= self._allowed[role]
        self._paid += 0 if self._beyond else block.count
        said = self._known("block", **_at(role, block))
        if said is None or self._enforced(said["visit"]):
            return None
        self.journal.use.read += 1
        if said["visit"] is not None:
            enter_visit(said["visit"], self.visit)
            self._before = visit_data(self.visit)
        return said

    def _enforced(self, learnt: Any) -> bool:
        """Whether the block is a mutant's, who dropped a premise that its event states here."""
        return learnt is not None and set(learnt["failed"]) - {self.case.dropped} != set()

    def _longest(self, role: Role, first: int) -> int:
        """Seeds of the longest known block that begins there."""
        for count in _SIZES:
            if self._known("block", role=role, first=first, count=count) is not None:
                return count
        return 0

    def _known(self, kind: str, **key: Any) -> Any:
        return self.journal.recall(self.case.claim, kind, {"instance": self.name, **key})

    def _keep(self, kind: str, says: dict[str, Any], **key: Any) -> None:
        self.journal.keep(self.case.claim, kind, {"instance": self.name, **key}, says)


def evaluation(
    journal: Journal | None, case: Case, recipe: Recipe, visit: Visit, nights: int
) -> Evaluation:
    """How an instance of a case is judged: with the journal, if there is one for it."""
    constants = constants_of(case) if journal is not None else None
    if journal is None or constants is None:
        return Forgotten()
    name = journal.instance(case.claim, recipe, constants)
    return Kept(journal, case, name, visit, nights)


def _at(role: Role, block: Seeds) -> dict[str, Any]:
    return {"role": role, "first": block.first, "count": block.count}


def _event(statement: Statement, seeds: Seeds) -> Margin:
    if not isinstance(statement, WithProbability):
        raise TypeError(f"the statement was about a probability, and is a {type(statement)}")
    return statement.event(seeds)


def _sample(statement: Statement, seeds: Seeds) -> Approx:
    if not isinstance(statement, Expectation):
        raise TypeError(f"the statement was about an expectation, and is a {type(statement)}")
    return statement.sample(seeds)
