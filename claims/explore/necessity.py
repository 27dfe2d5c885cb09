"""Premises dropped one at a time: which of them have a witness that they are needed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from hypothesis.strategies import SearchStrategy

from claims.case import Case
from claims.case_report import CaseReport
from claims.certificates import certified
from claims.claim import Claim, Mutant
from claims.explore.alarm import ended_by
from claims.instance import canonical
from claims.judgement import report_of
from claims.run import Options
from claims.runner import Trial
from claims.search import Looked, Search, excluded_by

Status: TypeAlias = Literal["NEEDED", "NOT SHOWN", "NOT REACHED", "NO WAY"]
# Name of the parameter, its type, the premise and all premises of its strategy; gives strategies
# whose values break that premise alone, with words for each.
Breaker: TypeAlias = Callable[
    [str, object, str, Mapping[str, Callable[[Any], bool]]],
    Sequence[tuple[str, SearchStrategy[Any]]],
]

_LATE = "refuted with the mutant's constants; with the claim's own the time was up before it ended"


class ClaimBrokenError(Exception):
    """The claim cannot be judged with all of its premises, or not in time."""


class ClaimRefutedError(Exception):
    """The claim is refuted with all of its premises, so that nothing can be said of one."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to drop a premise, and what came of it.

    Attributes:
        how: the way, in words.
        alone: distinct instances, judged, at which this premise fails and no other.
        outcome: of the claim without the premise, in words.
        refuting: the smallest of these instances that refutes; None without one.
        certificate: what vouches for it; "" without one.
        crash: what the claim's code raised there; "" if nothing.
        cut: whether the time was up before all of it was tried.
    """

    how: str
    alone: int
    outcome: str
    refuting: Looked | None
    certificate: str
    crash: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class PremiseTrial:
    """What is known about one premise.

    Attributes:
        name: of the premise.
        place: the parameter whose strategy carries it; "" for the claim's body.
        attempts: the ways that were tried, the successful one last.
        cut: whether the time was up before all ways were tried.
    """

    name: str
    place: str
    attempts: tuple[Attempt, ...]
    cut: bool = False

    @property
    def status(self) -> Status:
        """Whether a witness shows that it is needed, or whether it could be dropped at all."""
        if self.shown is not None:
            return "NEEDED"
        if any(attempt.alone for attempt in self.attempts):
            return "NOT SHOWN"
        if self.late:
            return "NOT REACHED"
        return "NOT SHOWN" if any(attempt.crash for attempt in self.attempts) else "NO WAY"

    @property
    def late(self) -> bool:
        """Whether the time was up before all of it was tried."""
        return self.cut or any(attempt.cut for attempt in self.attempts)

    @property
    def shown(self) -> Attempt | None:
        """The attempt with a witness."""
        return next((a for a in self.attempts if a.refuting is not None), None)


def premise_trials(
    claim: Claim, options: Options, breaker: Breaker, *, seconds: float = math.inf
) -> Iterator[PremiseTrial]:
    """Drop one premise after another, those of the strategies first.

    Premises of the body are those that some drawn instance came to.

    Args:
        claim: as it stands.
        options: the effort.
        breaker: strategies for premises that the claim's own mutants do not drop.
        seconds: wall clock for all of it. The claim itself has a quarter, each premise and each
            way an equal share of what is left. An instance begun in that time may take as long
            again for the claim, the rest of the premise's share for a way; then it is given up.

    Raises:
        ClaimRefutedError: the claim is refuted with all premises.
        ClaimBrokenError: it cannot be judged with them, or no instance was in half of the time.
    """
    end = time.monotonic() + seconds
    asked = list(_asked(claim, _standing(claim, options, seconds), breaker))
    for place, (name, parameter, ways) in enumerate(asked):
        now = time.monotonic()
        share = max(end - now, 0.0) / (len(asked) - place)
        yield _tried(claim, options, (name, parameter), ways, end=now + share)


def _standing(claim: Claim, options: Options, seconds: float) -> Search:
    """The search of the claim with all premises, which stands there as far as it was judged."""
    now = time.monotonic()
    true = Trial(Case(claim), replace(options, deadline=now + seconds / 4))
    report, given_up = _ran(true, now + seconds / 2)
    if report.outcome == "REFUTED":
        raise ClaimRefutedError(
            f"{claim.id}: it is refuted with all its premises ({report.reason}), so that dropping "
            "one shows nothing; run `check` on it"
        )
    if report.outcome == "ERROR":
        raise ClaimBrokenError(
            f"{claim.id}: it cannot be judged with all its premises ({report.reason}); run `check`"
        )
    if given_up and not any(looked.state == "judged" for looked in true.search.looked.values()):
        raise ClaimBrokenError(
            f"{claim.id}: none of its instances was judged in {seconds / 2:g} s, half of the time; "
            "give more --seconds"
        )
    return true.search


def _ran(trial: Trial, end: float) -> tuple[CaseReport, bool]:
    """The report of a trial, and whether an instance was given up because the time was up."""
    start, report = time.monotonic(), None
    with ended_by(end) as rung:
        report = trial.run()
    if report is not None and not rung.is_set():
        return report, False
    # What was judged before stands; of the instance given up nothing is kept.
    trial.search.spending.stopped = trial.search.spending.stopped or "budget"
    return report_of(trial.search, error="", seconds=time.monotonic() - start), True


def _asked(
    claim: Claim, standing: Search, breaker: Breaker
) -> Iterator[tuple[str, str, list[tuple[str, Mutant]]]]:
    for parameter, strategy in claim.for_all.items():
        premises: Mapping[str, Callable[[Any], bool]] = getattr(strategy, "premises", {})
        for name in premises:
            broken = breaker(parameter, claim.annotations[parameter], name, premises)
            drawn = [(words, _drop(name, {parameter: values})) for words, values in broken]
            yield name, parameter, [*_own(claim, name), *drawn]
    carried = {n for s in claim.for_all.values() for n in getattr(s, "premises", {})}
    for name in _stated(standing):
        if name not in carried:
            dropped = ("left out of the claim's body", _drop(name, {}))
            yield name, "", [dropped, *_own(claim, name)]


def _drop(name: str, setting: Mapping[str, object]) -> Mutant:
    return Mutant(setting, because=f"asked whether {name!r} is needed", drops=name)


def _own(claim: Claim, name: str) -> list[tuple[str, Mutant]]:
    """The claim's own mutants that drop it, those that change nothing else first."""
    found = [mutant for mutant in claim.mutants if mutant.drops == name]
    return [
        (_words(mutant), mutant)
        for mutant in sorted(found, key=lambda mutant: bool(mutant.constants))
    ]


def _words(mutant: Mutant) -> str:
    changed = ", ".join(f"{key}={value!r}" for key, value in mutant.constants.items())
    also = f" (found with {changed})" if changed else ""
    return f"by the claim's own mutant {mutant.name}{also}"


def _stated(search: Search) -> list[str]:
    """Names of the premises that the body stated, in the order in which they came up."""
    names: dict[str, None] = {}
    for looked in search.looked.values():
        names.update(dict.fromkeys([*looked.visit.met, *looked.visit.failed]))
    return list(names)


def _tried(
    claim: Claim,
    options: Options,
    premise: tuple[str, str],
    ways: Sequence[tuple[str, Mutant]],
    *,
    end: float,
) -> PremiseTrial:
    attempts: list[Attempt] = []
    for place, (how, mutant) in enumerate(ways):
        now = time.monotonic()
        if now >= end:
            return PremiseTrial(*premise, tuple(attempts), cut=True)
        deadline = now + (end - now) / (len(ways) - place)
        limited = replace(options, deadline=deadline)
        attempts.append(_attempt(claim, limited, how, mutant, end=end))
        if attempts[-1].refuting is not None:
            break
    return PremiseTrial(*premise, tuple(attempts))


def _attempt(claim: Claim, options: Options, how: str, mutant: Mutant, *, end: float) -> Attempt:
    # An erratum is made small, which is what a witness is for.
    case = Case(claim, replace(mutant, erratum=True, where="asked for"))
    trial = Trial(case, options)
    report, given_up = _ran(trial, end)
    search = trial.search
    alone = sum(
        looked.state == "judged" and excluded_by(case, looked) == [mutant.drops]
        for looked in search.looked.values()
    )
    refuting = _alone(case, mutant, search) if report.killed else None
    outcome = f"{report.outcome} {report.reason}"
    if refuting is None and report.killed:
        outcome = "refuted only where other premises fail too, or none does"
    if given_up:
        outcome += "; an instance was given up, the time was up"
    if refuting is not None and mutant.constants:
        case, refuting, outcome = _with_own_constants(claim, mutant, refuting, options, end=end)
        given_up = given_up or outcome == _LATE
    crash = next((x.crash for x in search.looked.values() if x.crash is not None), None)
    return Attempt(
        how,
        alone,
        outcome,
        refuting,
        certified(case, refuting).text if refuting is not None else "",
        "" if crash is None else repr(crash),
        cut=given_up or search.spending.stopped == "budget",
    )


def _alone(case: Case, mutant: Mutant, search: Search) -> Looked | None:
    """The smallest refuting instance at which the dropped premise fails and no other."""
    small = [looked for looked in (search.plain, search.refuting) if looked is not None]
    others = sorted(search.looked.values(), key=lambda looked: len(canonical(looked.recipe)))
    for looked in [*small, *others]:
        refuted = looked.finding is not None and looked.finding.decision == "refuted"
        if refuted and excluded_by(case, looked) == [mutant.drops]:
            return looked
    return None


def _with_own_constants(
    claim: Claim, mutant: Mutant, refuting: Looked, options: Options, *, end: float
) -> tuple[Case, Looked | None, str]:
    """The premise alone dropped at the instance where it was dropped with other constants set.

    Returns:
        The case with the claim's own constants, the instance if that is refuted there too, and the
        outcome in words.
    """
    bare = replace(mutant, setting=mutant.strategies, witness=refuting.values)
    own = Case(claim, bare)
    search = Search(own, replace(options, deadline=None))
    with ended_by(end) as rung:
        search.try_explicit()
    if rung.is_set():
        return own, None, _LATE
    looked = search.witness
    if looked is not None and excluded_by(own, looked) == [bare.drops]:
        return own, looked, "refuted with the claim's own constants too"
    return own, None, "refuted with the mutant's constants, and there not with the claim's own"
