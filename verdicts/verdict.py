"""From findings on instances to the verdict on a claim, with the error that it may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from verdicts.finding import Finding

LEAST_INSTANCES = 10  # distinct instances that meet all premises; fewer is vacuous
LEAST_SHARE = 0.02  # of the draws


class Outcome(Enum):
    """What is said about a claim."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    UNDECIDED = "UNDECIDED"
    VACUOUS = "VACUOUS"
    ERROR = "ERROR"

    def passes(self, *, strict: bool) -> bool:
        """Whether a claim that should hold passes; UNDECIDED does unless `strict` (thorough)."""
        return self is Outcome.SUPPORTED or (self is Outcome.UNDECIDED and not strict)


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """The probability that anything said in a run is wrong by chance is at most `total`.

    Attributes:
        confirm_streams: confirm streams opened; each may refute wrongly with 1e-9.
        supported: instances supported by chance evidence; each may be wrong with 1e-6.
    """

    confirm_streams: int = 0
    supported: int = 0

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> ErrorBudget:
        """What these findings spend; certain inequalities spend nothing."""
        spent = cls()
        for finding in findings:
            by_chance = finding.seeds > 0 and finding.decision == "supported"
            spent += cls(int(finding.confirm_opened), int(by_chance))
        return spent

    @property
    def total(self) -> float:
        """Bound of the probability of any wrong word."""
        return self.confirm_streams * 1e-9 + self.supported * 1e-6

    def __add__(self, other: ErrorBudget) -> ErrorBudget:
        return ErrorBudget(
            self.confirm_streams + other.confirm_streams, self.supported + other.supported
        )

    def __str__(self) -> str:
        return (
            f"{self.total:.2g} = {self.confirm_streams} confirm streams x 1e-9 + "
            f"{self.supported} supported instances x 1e-6"
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """How often the premises of a claim were met, over distinct instances of the search.

    Attributes:
        draws: distinct instances drawn.
        met: those with all premises certainly met.
        near_edge: those of them within 10 % of the edge of a premise.
        premises: for each named premise, the instances that met it.
        exhausted: there are no other instances (a claim without "for all", or a finite domain
            seen whole), so that few of them are no sign of vacuity.

    Raises:
        ValueError: more instances met the premises than were drawn.
    """

    draws: int
    met: int
    near_edge: int = 0
    premises: Mapping[str, int] = field(default_factory=dict)
    exhausted: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.near_edge <= self.met <= self.draws:
            raise ValueError(
                f"Ledger: draws={self.draws}, met={self.met}, near_edge={self.near_edge}; give "
                "0 <= near_edge <= met <= draws"
            )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said about a claim, and why.

    Attributes:
        outcome: one of five.
        reason: in words, with counts.
        supported, refuted, undecided, vacuous: instances of each kind.
        worst: position of the finding with the worst margin (the worst refuted one where there
            is one); None without findings.
        budget: the error spent.
    """

    outcome: Outcome
    reason: str
    supported: int = 0
    refuted: int = 0
    undecided: int = 0
    vacuous: int = 0
    worst: int | None = None
    budget: ErrorBudget = ErrorBudget()

    def __str__(self) -> str:
        return f"{self.outcome.value} {self.reason}"


def conclude(
    findings: Sequence[Finding],
    ledger: Ledger,
    *,
    required: int,
    edge: bool = False,
    stopped: str = "",
    error: str = "",
) -> Verdict:
    """The verdict on a claim.

    Args:
        findings: one for each distinct instance that met all premises.
        ledger: the premise ledger of the whole search.
        required: distinct supported instances that SUPPORTED needs, >= 1.
        edge: the claim promises instances at the edge of its premises.
        stopped: why the search ended early ("budget"), "" if it did not.
        error: what crashed, "" if nothing did.

    Raises:
        ValueError: required < 1.
    """
    if required < 1:
        raise ValueError(f"conclude: required={required}; give a number >= 1")
    counts = _counted(findings)
    if error:
        return _verdict(Outcome.ERROR, error, findings, counts)
    if counts["refuted"]:
        worst = findings[_worst(findings)]
        return _verdict(
            Outcome.REFUTED, f"by {_instances(counts['refuted'])}: {worst.reason}", findings, counts
        )
    hollow = _vacuity(findings, ledger, edge=edge)
    if hollow and not stopped:
        return _verdict(Outcome.VACUOUS, hollow, findings, counts)
    needed = min(required, len(findings)) if ledger.exhausted else required
    if counts["undecided"] == 0 and counts["supported"] >= max(needed, 1) and not hollow:
        weakest = min((f for f in findings if f.decision == "supported"), key=lambda f: f.margin)
        text = f"on {_instances(counts['supported'])}, {weakest.summary}"
        return _verdict(Outcome.SUPPORTED, text, findings, counts)
    return _verdict(
        Outcome.UNDECIDED, _open(findings, counts, needed, (stopped, hollow)), findings, counts
    )


def _vacuity(findings: Sequence[Finding], ledger: Ledger, *, edge: bool) -> str:
    """Why hardly anything was tested; "" if enough was."""
    hollow = [finding for finding in findings if finding.vacuous]
    usable = ledger.met - len(hollow)
    least = 1 if ledger.exhausted else LEAST_INSTANCES
    share = f"{usable} of {ledger.draws} distinct instances met all premises"
    if usable < least:
        needed = f"{least} are" if least > 1 else "1 is"
        return f"{share}, {needed} needed{_culprit(hollow, ledger)}"
    if usable < LEAST_SHARE * ledger.draws:
        return f"{share}, {LEAST_SHARE:.0%} are needed{_culprit(hollow, ledger)}"
    if edge and ledger.near_edge == 0:
        return f"none of {usable} instances lies within 10 % of the edge of a premise"
    return ""


def _culprit(hollow: Sequence[Finding], ledger: Ledger) -> str:
    if hollow:
        return f"; {hollow[0].reason}"
    if not ledger.premises:
        return ""
    name = min(ledger.premises, key=lambda premise: ledger.premises[premise])
    return f"; premise {name!r} held in {ledger.premises[name]}"


def _counted(findings: Sequence[Finding]) -> dict[str, int]:
    counts = {"supported": 0, "refuted": 0, "undecided": 0, "vacuous": 0}
    for finding in findings:
        counts["vacuous" if finding.vacuous else finding.decision] += 1
    return counts


def _worst(findings: Sequence[Finding]) -> int:
    refuted = [i for i, finding in enumerate(findings) if finding.decision == "refuted"]
    return min(refuted or range(len(findings)), key=lambda i: findings[i].margin)


def _open(
    findings: Sequence[Finding], counts: dict[str, int], needed: int, causes: tuple[str, str]
) -> str:
    """Why neither side is shown."""
    stopped, hollow = causes
    parts = [stopped] if stopped else []
    if counts["undecided"]:
        first = next(f for f in findings if f.decision == "undecided" and not f.vacuous)
        text = f"{counts['undecided']} of {len(findings)} instances undecided: {first.reason}"
        parts.append(text)
    if counts["supported"] < needed:
        parts.append(f"{_instances(counts['supported'])} supported of the {needed} needed")
    elif hollow:
        parts.append(hollow)
    return "; ".join(parts)


def _instances(count: int) -> str:
    return f"{count} instance" if count == 1 else f"{count} instances"


def _verdict(
    outcome: Outcome, reason: str, findings: Sequence[Finding], counts: dict[str, int]
) -> Verdict:
    worst = _worst(findings) if findings else None
    return Verdict(outcome, reason, **counts, worst=worst, budget=ErrorBudget.of(findings))
