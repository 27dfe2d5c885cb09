"""The search of one case: judge each drawn instance once, keep what was found, steer, stop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import pytest
from hypothesis import event, reject, target

from claims.case import Case
from claims.cost import FLOOR, block_cost, declared_cost
from claims.errors import CrashError, PremiseNotMetError, RefutedError
from claims.instance import Recipe, canonical, decode_instance, encode_instance, sizes
from claims.journal import JournalError, evaluation
from claims.ledger import Ledger, Visit, visiting
from claims.run import Options
from claims.spending import Spending
from claims.store import Stored
from verdicts import Finding, Hands, Streams

# How much dearer than the cap the true statement may be where a mutant seems to die: it is judged
# once or twice a hunt, not at every instance.
_TRUTH_SHARE = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What one instance turned out to be.

    Attributes:
        state: "judged", "excluded" by a premise, too "costly", or "crashed".
        values, recipe: the instance.
        visit: its premises and sizes.
        finding: where it was judged.
        counts: whether it is a refutation that counts: a mutant has to die for its own reason.
        objection: why it does not count, or why the instance was left out.
        crash: what the claim's code raised.
    """

    state: Literal["judged", "excluded", "costly", "crashed"]
    values: Mapping[str, object]
    recipe: Recipe
    visit: Visit
    finding: Finding | None = None
    counts: bool = False
    objection: str = ""
    crash: Exception | None = None

    @property
    def goal(self) -> str:
        """What a smaller instance has to share: a refutation, or the same kind of crash."""
        if self.crash is not None:
            return type(self.crash).__name__
        return "refuted" if self.counts else ""


@dataclass(slots=True)
class Search:
    """The state of one case's search.

    Attributes:
        looked: every distinct instance by canonical recipe, in order.
        generated: those of the generating phase, which the ledger counts.
        explicit: those that were given, witness or examples, or kept by an earlier run.
        recalled: those of them that an earlier run kept, with their files.
        smallest: the last failing instance that Hypothesis was shown, so its smallest.
        plain: a refuting instance near it with plainer numbers; None if there is none.
        goal: what fails there, a refutation or a kind of crash; "" while generating.
        spending: costs, limits, and why the search ended early.
        exhausted: Hypothesis has nothing else to draw.
        confirm_opened: confirm streams, those of true statements beside a mutant included.
        nights: how many times the effort's blocks an instance may have: once for each search left.
    """

    case: Case
    options: Options
    ledger: Ledger = field(default_factory=Ledger)
    looked: dict[str, Looked] = field(default_factory=dict)
    generated: dict[str, Looked] = field(default_factory=dict)
    explicit: list[Looked] = field(default_factory=list)
    recalled: list[tuple[Stored, Looked]] = field(default_factory=list)
    smallest: Looked | None = None
    plain: Looked | None = None
    goal: str = ""
    spending: Spending = field(init=False)
    exhausted: bool = False
    confirm_opened: int = 0
    nights: int = 1

    def __post_init__(self) -> None:
        options = self.options
        self.spending = Spending(
            options.effort, self.case.claim.share, options.deadline, options.shrink_seconds
        )

    def begin(self, *, left: int) -> None:
        """Begin one of several searches.

        Args:
            left: how many there are yet, this one included. An instance that an early one draws
                may have blocks from each of those that follow, if the journal's night goes on.
        """
        journal = self.options.journal
        self.nights = left if journal is not None and journal.night is not None else 1
        self.spending.begin_search()

    def try_recalled(self, stored: Iterable[Stored]) -> None:
        """Judge what earlier runs refuted the case with, before anything else.

        Raises:
            ValueError: an instance does not fit the claim; a class of values may raise otherwise.
        """
        for kept in stored:
            if self._must_stop():
                return
            values = decode_instance(kept.instance, self.case.claim.annotations, self.case.id)
            self.recalled.append((kept, self._look(values)))
            self.explicit.append(self.recalled[-1][1])

    def try_explicit(self) -> None:
        """Judge the witness or the examples, before anything is drawn."""
        claim = self.case.claim
        for given in self.case.explicit:
            if self._must_stop():
                return
            values = decode_instance(given, claim.annotations, self.case.id)
            self.explicit.append(self._look(values))

    @property
    def refuting(self) -> Looked | None:
        """The instance whose refutation counts with the shortest recipe; None without one."""
        found = (self.smallest, self.witness)
        counting = [looked for looked in found if looked is not None and looked.counts]
        return min(counting, key=lambda looked: len(canonical(looked.recipe)), default=None)

    @property
    def witness(self) -> Looked | None:
        """The first explicit instance that refutes."""
        return next((looked for looked in self.explicit if looked.counts), None)

    def draw(self, values: Mapping[str, object]) -> None:
        """Take an instance from Hypothesis.

        Raises:
            RefutedError, CrashError: it fails, and Hypothesis may make it smaller.
        """
        key = canonical(encode_instance(values))
        looked = self.looked.get(key)
        if looked is None:
            if self._must_stop():
                return  # the remaining draws pass unseen, which ends Hypothesis' run in good order
            looked = self._look(values)
        if not self.goal and key not in self.generated:
            self._enter(key, looked)
        self._answer(looked)

    def consider(self, values: Mapping[str, object]) -> Looked | None:
        """Judge an instance that nobody drew; None if the time of the run is spent."""
        if self.spending.late or (self.options.shrink_seconds is not None and self._must_stop()):
            return None
        return self.looked.get(canonical(encode_instance(values))) or self._look(values)

    def _enter(self, key: str, looked: Looked) -> None:
        self.generated[key] = looked
        if looked.state == "costly":
            self.ledger.costly += 1
        else:
            met = looked.state != "excluded"
            self.ledger.enter(looked.visit, met=met, built_in=self.case.built_in)

    def _answer(self, looked: Looked) -> None:
        event(looked.finding.decision if looked.finding else looked.state)
        if looked.state in ("excluded", "costly"):
            reject()
        if looked.goal:
            self._fail(looked)
        elif looked.finding is not None and self.case.shrinks:
            target(-looked.finding.steer, label="smallest margin")

    def _fail(self, looked: Looked) -> None:
        # One line each: Hypothesis tells failures apart by where they are raised.
        if self.goal and looked.goal != self.goal:
            return
        self.goal, self.smallest = looked.goal, looked
        self.spending.begin_shrinking()
        if looked.crash is not None:
            raise CrashError(str(looked.crash)) from looked.crash
        raise RefutedError(self.case.id)

    def _must_stop(self) -> bool:
        return self.spending.must_stop(shrinking=bool(self.goal))

    def _look(self, values: Mapping[str, object]) -> Looked:
        ordered = {name: values[name] for name in self.case.claim.annotations}
        looked = self._judged(self.case, ordered, 1.0)
        if looked.finding is not None and looked.finding.decision == "refuted":
            looked = self._cleared(looked)
        self.looked[canonical(looked.recipe)] = looked
        if self.goal:
            self.spending.look()
        return looked

    def _judged(self, case: Case, values: Mapping[str, object], share: float) -> Looked:
        """Judge one instance, of the case or of the true claim beside it."""
        recipe = encode_instance(values)
        cap = self.options.effort.block_cost * case.claim.share * share
        effort = self.options.effort.effort
        with visiting(case.dropped) as visit, self._hands(case, recipe, visit) as hands:
            kept = evaluation(self.options.journal, case, recipe, visit, self.nights)
            try:
                cost = declared_cost(case.claim, {**values, **case.constants})
                if cost > cap:
                    return _costly(values, recipe, visit, cost)
                self._pay(cost + FLOOR)
                finding = kept.recall()
                if finding is None:
                    make = partial(case.claim.statement, **values, **case.constants)
                    statement = kept.statement(make)
                    cost = block_cost(statement, effort)
                    if cost > cap:
                        return _costly(values, recipe, visit, cost)
                    finding = kept.judge(statement, self._streams(recipe), effort, hands)
            except PremiseNotMetError as error:
                return Looked("excluded", values, recipe, visit, objection=str(error))
            except (pytest.exit.Exception, JournalError):
                raise
            except Exception as error:
                return Looked("crashed", values, recipe, visit, crash=error)
        self._pay(kept.cost(finding))
        self.confirm_opened += finding.confirm_opened
        visit.sizes.update({k: max(v, visit.sizes.get(k, 0)) for k, v in sizes(values).items()})
        return Looked("judged", values, recipe, visit, finding)

    def _hands(self, case: Case, recipe: Recipe, visit: Visit) -> AbstractContextManager[Hands]:
        return self.options.hands(case, recipe, visit, self.options.device)

    def _pay(self, cost: float) -> None:
        self.spending.pay(cost, shrinking=bool(self.goal))

    def _streams(self, recipe: Recipe) -> Streams:
        # No setting in the key: a mutant and the truth are judged on the same stream.
        return Streams(
            self.options.salt, self.case.claim.id, canonical(recipe), self.options.device
        )

    def _cleared(self, looked: Looked) -> Looked:
        """The refutation with its verdict whether it counts (COURT 6)."""
        objection = self._objection(looked)
        return Looked(
            looked.state,
            looked.values,
            looked.recipe,
            looked.visit,
            looked.finding,
            counts=not objection,
            objection=objection,
        )

    def _objection(self, looked: Looked) -> str:
        mutant = self.case.mutant
        if mutant is None:
            return ""
        excluded = excluded_by(self.case, looked)
        if mutant.drops and excluded == [mutant.drops]:
            return ""
        truth = self._judged(Case(self.case.claim), looked.values, _TRUTH_SHARE)
        if truth.state == "excluded":
            return ""
        if truth.finding is None:
            why = truth.objection or repr(truth.crash)
            return f"the true statement cannot be judged there: {why}"
        if truth.finding.decision != "refuted":
            return ""
        if mutant.drops:
            return f"the premises that fail there are {excluded}, not {mutant.drops!r} alone"
        return "the true statement is refuted there too"


def excluded_by(case: Case, looked: Looked) -> list[str]:
    """Names of the true claim's premises that fail at a mutant's instance."""
    mutant = case.mutant
    replaced = mutant.strategies if mutant else {}
    failed = [
        name
        for parameter in replaced
        for name, holds in getattr(case.claim.for_all[parameter], "premises", {}).items()
        if not holds(looked.values[parameter])
    ]
    return failed + looked.visit.failed


def _costly(values: Mapping[str, object], recipe: Recipe, visit: Visit, cost: float) -> Looked:
    return Looked("costly", values, recipe, visit, objection=f"too costly, {cost:.3g} normals")
