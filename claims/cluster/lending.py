"""Parts of long blocks, lent to workers that have nothing else to do.

A case computes its blocks itself. Where a part takes long it gives the next ones to idle workers.
Whoever computed them, what parts say is told in order, errors and premises included: what the case
then knows is what it would have known alone. A part that does not come back in good time is
computed here, so that no case waits for long for a worker that is lost, busy or slow.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Generic, Protocol, TypeAlias, cast

from claims.case import Case
from claims.cluster.part import Instance, NoPartError, read_part, run_part
from claims.cluster.team import Errand, LostPartError
from claims.instance import Recipe
from claims.journal.plain import enter_visit, visit_data
from claims.ledger import Visit, visiting
from verdicts import AnyPart, Role, Seeds, Work
from verdicts.rows import DEAR

LONG = 0.3  # seconds that a part takes, from which on it is worth the way
PATIENCE = 4.0  # times what a part takes here
GRACE = 5.0  # seconds beside them: the first part of an instance has to state it
_LISTEN = 0.5  # seconds, between two looks at whether a worker still is there

Place: TypeAlias = tuple[Role, int, int]


class Workers(Protocol):
    """Those who can be sent."""

    def idle(self) -> list[str]:
        """Addresses of those that have nothing to do.

        Raises:
            UnwantedError: nobody waits for the case that runs here any more.
        """

    def send(self, worker: str, task: Any, request: str) -> Errand | None:
        """Give a worker something to do; None if that is not possible."""

    def answer(self, errand: Errand, seconds: float) -> str | None:
        """The answer, if it is there within some seconds; else None.

        Raises:
            LostPartError: there will be none.
        """

    def forget(self, errand: Errand) -> None:
        """Nobody waits for this one any more."""


@dataclass(slots=True)
class Lending:
    """What a case that is run here may give to others.

    Attributes:
        asked: its request.
        team: the others.
        refused: those who cannot help: another house, or another kind of machine.
        returned: parts that came back.
        late: parts that were given up. They are not called back before the case has ended: who
            has one is busy until it is done, and is given no other one to be late with.
    """

    asked: Mapping[str, Any]
    team: Workers
    refused: set[str] = field(default_factory=set)
    returned: int = 0
    late: list[Errand] = field(default_factory=list)

    @contextmanager
    def hands(self, case: Case, recipe: Recipe, visit: Visit, device: str) -> Iterator[Lender]:
        """Hands for one evaluation of an instance; afterwards nothing of it is out any more."""
        lender = Lender(self, Instance(self.asked, case, recipe, device), visit)
        try:
            yield lender
        finally:
            lender.close()

    def close(self) -> None:
        """Call back what is late: the case has ended."""
        for errand in self.late:
            self.team.forget(errand)
        self.late.clear()


@dataclass(frozen=True, slots=True, eq=False)
class _Computed(Generic[AnyPart]):
    """A part that was computed here, perhaps before its turn.

    Attributes:
        said: what it says, or what the statement's own code raised.
        visit: what that code said about premises and sizes.
    """

    said: AnyPart | Exception
    visit: Visit


@dataclass(slots=True)
class Lender:
    """Computes blocks with the help of others.

    Attributes:
        lending: the others.
        instance: what the parts have in common.
        visit: what the evaluation says about premises and sizes.
    """

    lending: Lending
    instance: Instance
    visit: Visit
    _out: dict[Place, tuple[Errand, float]] = field(default_factory=dict)
    _longest: float = 0.0

    def compute(self, work: Work[AnyPart]) -> list[AnyPart]:
        """What each part of a block says, in order.

        Raises:
            Exception: whatever the statement's own code raises.
        """
        wanted, said = work.parts, list[AnyPart]()
        ahead: dict[int, _Computed[AnyPart]] = {}
        while len(said) < len(wanted):
            part = wanted[len(said)]
            if part.first in ahead:
                said.append(self._told(ahead.pop(part.first)))
                continue
            open_ = [each for each in wanted[len(said) :] if each.first not in ahead]
            self._lend(work, open_)
            own = next((each for each in open_ if _place(work, each) not in self._out), None)
            if own is None:
                said.append(self._returned(work, part))
                continue
            ahead[own.first] = self._computed(work, own)
            if isinstance(ahead[own.first].said, Exception):
                wanted = wanted[: wanted.index(own) + 1]  # nobody will look any further
        return said

    def close(self) -> None:
        """Call back what is still out."""
        for errand, _ in self._out.values():
            self.lending.team.forget(errand)
        self._out.clear()

    def _lend(self, work: Work[AnyPart], open_: list[Seeds]) -> None:
        """Give the next parts but one to those who are idle: the very next is for this process."""
        if self._longest < LONG and work.cost <= DEAR:
            return
        idle = [each for each in self.lending.team.idle() if each not in self.lending.refused]
        here = (part for part in chain(open_, work.later()) if _place(work, part) not in self._out)
        for worker, part in zip(idle, islice(here, 1, None), strict=False):
            request = self.instance.request(work.role, part)
            errand = self.lending.team.send(worker, run_part, request)
            if errand is not None:
                self._out[_place(work, part)] = errand, time.monotonic()

    def _computed(self, work: Work[AnyPart], part: Seeds) -> _Computed[AnyPart]:
        said: AnyPart | Exception
        start = time.monotonic()
        with visiting(self.instance.case.dropped) as visit:
            try:
                said = work.compute(part)
            except Exception as error:
                said = error
        self._longest = max(self._longest, time.monotonic() - start)
        return _Computed(said, visit)

    def _told(self, computed: _Computed[AnyPart]) -> AnyPart:
        """What a part says, now that its turn has come; raises what its code raised."""
        enter_visit(visit_data(computed.visit), self.visit)
        if isinstance(computed.said, Exception):
            raise computed.said
        return computed.said

    def _returned(self, work: Work[AnyPart], part: Seeds) -> AnyPart:
        """A part that is out, or the same computed here."""
        errand, since = self._out.pop(_place(work, part))
        try:
            answer = self._awaited(errand, since + PATIENCE * self._longest + GRACE)
            # What is asked for by a statement about a probability is counted there, and vice versa.
            said = cast(AnyPart, read_part(answer, part, self.visit))
        except NoPartError:
            self.lending.refused.add(errand.worker)
        except LostPartError:
            pass
        else:
            self.lending.returned += 1
            return said
        # Not above: what the code raises here has nothing to do with the part that was lost.
        return self._told(self._computed(work, part))

    def _awaited(self, errand: Errand, end: float) -> str:
        """The answer of a worker.

        Raises:
            LostPartError: there is none in good time.
        """
        while True:
            answer = self.lending.team.answer(errand, _LISTEN)
            if answer is not None:
                return answer
            if time.monotonic() > end:
                self.lending.late.append(errand)
                raise LostPartError(errand.worker)


def _place(work: Work[AnyPart], part: Seeds) -> Place:
    return work.role, part.first, part.count
