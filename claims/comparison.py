"""Two runs compared: what became of each claim and mutant, and by how much margins moved."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from claims.reading import Run, is_decided

MOVED = 0.01  # relative; what moves less is not told
_RANKS = {"SUPPORTED": 0, "UNDECIDED": 1, "VACUOUS": 2, "REFUTED": 3, "ERROR": 3}

Claim = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A verdict, of a claim or of a mutant, that is another one.

    Attributes:
        name: id of the claim, with the mutant in brackets.
        old, new: the verdicts; for a mutant "killed", "survived" or "not decided".
        worse: whether the new one is nearer to failing.
    """

    name: str
    old: str
    new: str
    worse: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A worst margin that moved.

    Attributes:
        name: id of the claim.
        old, new: the margins.
        relative: (new - old)/|old|; infinite from 0, or to or from infinity.
    """

    name: str
    old: float
    new: float
    relative: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs.

    Attributes:
        settings: differences of salt, profile, device and versions, in words.
        verdicts, mutants: what is decided otherwise.
        margins: of claims with equal verdicts, the farthest first.
        gained, lost: ids that only the new, or only the old run has.
        old_seconds, new_seconds: of the whole runs.
    """

    settings: tuple[str, ...]
    verdicts: tuple[Change, ...]
    mutants: tuple[Change, ...]
    margins: tuple[Moved, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    old_seconds: float
    new_seconds: float

    @property
    def worse(self) -> bool:
        """Whether a claim or a mutant got worse; a claim that is gone is no better."""
        return bool(self.lost) or any(change.worse for change in (*self.verdicts, *self.mutants))


def compared(old: Run, new: Run) -> Comparison:
    """What became of the old run's claims in the new one."""
    both = [name for name in old.claims if name in new.claims]
    pairs = [(old.claims[name], new.claims[name]) for name in both]
    moved = [found for a, b in pairs for found in _moved(a, b)]
    return Comparison(
        settings=tuple(_settings(old.manifest, new.manifest)),
        verdicts=tuple(found for a, b in pairs for found in _verdict(a, b)),
        mutants=tuple(found for a, b in pairs for found in _mutants(a, b)),
        margins=tuple(sorted(moved, key=lambda m: (-abs(m.relative), m.name))),
        gained=tuple(name for name in new.claims if name not in old.claims),
        lost=tuple(name for name in old.claims if name not in new.claims),
        old_seconds=float(old.manifest["seconds"]),
        new_seconds=float(new.manifest["seconds"]),
    )


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in ("salt", "profile", "device"):
        if old[name] != new[name]:
            yield f"{name} {old[name]} -> {new[name]}"
    for name in dict.fromkeys([*old["versions"], *new["versions"]]):
        before, after = (run["versions"].get(name, "absent") for run in (old, new))
        if before != after:
            yield f"{name} {before} -> {after}"


def _verdict(old: Claim, new: Claim) -> Iterator[Change]:
    before, after = _word(old), _word(new)
    if before != after or old["expected"] != new["expected"]:
        yield Change(old["id"], before, after, worse=_badness(new) > _badness(old))


def _word(claim: Claim) -> str:
    expected = "" if claim["expected"] == "SUPPORTED" else f" (expected {claim['expected']})"
    return f"{claim['outcome'] if is_decided(claim) else 'NOT RUN'}{expected}"


def _badness(claim: Claim) -> int:
    """0 as it must be, 1 open, more where a run fails."""
    if claim["outcome"] == claim["expected"]:
        return 0
    if not is_decided(claim):
        return 1
    return max(2 if claim["outcome"] != "UNDECIDED" else 1, _RANKS[claim["outcome"]])


def _mutants(old: Claim, new: Claim) -> Iterator[Change]:
    # Reports that name no mutants tell them apart by their settings.
    before, after = ({_name(m): _fate(m) for m in c["mutants"]} for c in (old, new))
    rank = {"killed": 0, "not decided": 1, "not there": 1, "survived": 2}
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name, "not there"), after.get(name, "not there")
        if was != now:
            yield Change(f"{old['id']}[{name}]", was, now, worse=rank[now] > rank[was])


def _name(mutant: Claim) -> str:
    return mutant["name"] or ",".join(f"{k}={v}" for k, v in mutant["setting"].items())


def _fate(mutant: Claim) -> str:
    return {True: "killed", False: "survived", None: "not decided"}[mutant["killed"]]


def _moved(old: Claim, new: Claim) -> Iterator[Moved]:
    before, after = old["worst_margin"], new["worst_margin"]
    if before is None or after is None or before == after or _word(old) != _word(new):
        return
    finite = math.isfinite(before) and math.isfinite(after) and before != 0
    share = (after - before) / abs(before) if finite else math.copysign(math.inf, after - before)
    if abs(share) > MOVED:
        yield Moved(old["id"], before, after, share)
