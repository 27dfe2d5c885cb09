"""A journal in use: what is known about a claim, and what this process adds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from claims.case import Case
from claims.claim import Claim
from claims.instance import Recipe, encode
from claims.journal.contents import checked
from claims.journal.pages import JournalError, Pages
from claims.journal.record import ForeignLineError, Record, TornLineError, hash_of, read_record
from claims.journal.record import text_of as text
from claims.journal.version import version_of


@dataclass(slots=True)
class Use:
    """What a case has had from a journal, for the line at the end of a run.

    Attributes:
        read: judgements and blocks that need not be computed.
        added: judgements and blocks that were computed and kept.
        older: those of the claim that another version of the code, or another machine, has left.
        salts: those of other salts.
    """

    read: int = 0
    added: int = 0
    older: int = 0
    salts: int = 0


@dataclass(frozen=True, slots=True)
class Effort:
    """How a search was made: equal ones draw the same instances.

    Attributes:
        profile, examples, seeds, hypothesis_seed: as the run was given them.
    """

    profile: str
    examples: int
    seeds: int | None
    hypothesis_seed: int | None

    def key(self, salt: int, night: int) -> dict[str, Any]:
        """The key of one night's search."""
        return {
            "salt": salt,
            "night": night,
            "profile": self.profile,
            "examples": self.examples,
            "seeds": self.seeds,
            "hypothesis_seed": self.hypothesis_seed,
        }


@dataclass(slots=True)
class Journal:
    """The evidence about claims that this and earlier runs keep, of one salt on one device.

    One claim is held in memory at a time.

    Attributes:
        pages: where the lines are.
        salt, device: as in `Options`.
        night: the number of the search that this run makes; None reads what there is.
        use: counts since `taken` was last called.
    """

    pages: Pages
    salt: int = 0
    device: str = "cpu"
    night: int | None = None
    use: Use = field(default_factory=Use)
    _claim: Claim | None = None
    _version: str = ""
    _known: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def open(self, claim: Claim) -> None:
        """Read what is known about a claim, unless it is the one in memory.

        Raises:
            JournalError: a line is damaged, or two of them contradict each other.
        """
        if self._claim is claim:
            return
        self._claim = claim
        version = version_of(claim, self.device)
        self._version = version.key["version"]
        self._known = {}
        for record in records_of(self.pages.lines(claim.id), claim.id):
            known = self._known.setdefault(record.identity, record.says)
            if known != record.says:
                raise JournalError(f"{claim.id}: the journal says two things of {record.identity}")
        self._count_others()
        self._keep(version)

    def taken(self) -> Use:
        """The counts of the case that has just been run, which begin anew."""
        use, self.use = self.use, Use(older=self.use.older, salts=self.use.salts)
        return use

    def instance(self, claim: Claim, recipe: Recipe, constants: Mapping[str, Any]) -> str:
        """The name of an instance with its constants, in this version and salt."""
        self.open(claim)
        says = {
            "claim": claim.id,
            "version": self._version,
            "salt": self.salt,
            "recipe": recipe,
            "constants": dict(constants),
        }
        name = hash_of(text(says))
        self._keep(Record(claim.id, "instance", {"instance": name}, says))
        return name

    def recall(self, claim: Claim, kind: str, key: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What is known for a key; None if nothing is."""
        self.open(claim)
        return self._known.get(Record(claim.id, kind, key, {}).identity)

    def keep(
        self, claim: Claim, kind: str, key: Mapping[str, Any], says: Mapping[str, Any]
    ) -> None:
        """Add what was found for a key.

        Raises:
            JournalError: it cannot be written.
        """
        self.open(claim)
        self._keep(Record(claim.id, kind, key, says))

    def nights(self, case: Case, effort: Effort) -> list[int]:
        """The searches that this run makes of a case, those of earlier nights first.

        An earlier search is made again so that its instances count; all of them are known. A run
        that is to read makes the first search where there is none.
        """
        self.open(case.claim)
        done = set(self._ended(case, effort))
        if self.night is None:
            return sorted(done or {0})
        return [*sorted(night for night in done if night < self.night), self.night]

    def end(self, case: Case, effort: Effort) -> None:
        """Note that a case's search came to its end."""
        for night in self.nights(case, effort):
            self._keep(Record(case.claim.id, "search", self._search_key(case, effort, night), {}))
        self.pages.settle()

    def _search_key(self, case: Case, effort: Effort, night: int) -> dict[str, Any]:
        return {**effort.key(self.salt, night), "case": case.id, "version": self._version}

    def _ended(self, case: Case, effort: Effort) -> Iterator[int]:
        for identity in self._known:
            if not identity.startswith(text([case.claim.id, "search"])[:-1]):
                continue
            key = read_key(identity)
            if key == self._search_key(case, effort, key["night"]):
                yield key["night"]

    def _keep(self, record: Record) -> None:
        if record.identity in self._known:
            return
        self.pages.add(record.claim, record.line())
        self._known[record.identity] = record.says

    def _count_others(self) -> None:
        """Count what is there and cannot be used now, so that nobody misses it."""
        self.use.older = self.use.salts = 0
        homes: dict[str, Mapping[str, Any]] = {}
        for identity, says in self._known.items():
            if "version" in says and "recipe" in says:
                homes[read_key(identity)["instance"]] = says
        for identity, says in self._known.items():
            if "finding" not in says and "counted" not in says:
                continue
            home = homes.get(read_key(identity)["instance"])
            if home is not None and home["salt"] != self.salt:
                self.use.salts += 1
            elif home is not None and home["version"] != self._version:
                self.use.older += 1


def records_of(lines: list[bytes], claim: str) -> Iterator[Record]:
    """The whole and sound records among some lines; torn ones are left out.

    Raises:
        JournalError: a line is whole and no record of a journal.
    """
    for line in lines:
        try:
            yield checked(read_record(line))
        except TornLineError:
            continue
        except ForeignLineError as error:
            raise JournalError(
                f"{claim}: the journal has a line that no run wrote: {error}"
            ) from None


def constants_of(case: Case) -> dict[str, Any] | None:
    """The constants of a case as exact data; None if one has no text that stands for it."""
    try:
        return {name: _exactly(value) for name, value in case.constants.items()}
    except TypeError:
        return None


def _exactly(value: object) -> Any:
    """Plain data that no other value has, of whatever type.

    A `repr` would not do: two tensors, or two objects of the claim's own, may share it, and a
    mutant's evidence would be read as the claim's.

    Raises:
        TypeError: there is no such data.
    """
    kind = type(value)
    if kind in (list, tuple):
        items = [_exactly(item) for item in cast("list[object] | tuple[object, ...]", value)]
        return items if kind is list else {"tuple": items}
    if isinstance(value, float) and not math.isfinite(value):
        return {kind.__qualname__: str(value)}
    data = encode(value)
    if value is None or kind in (bool, int, float, str):
        return data
    return {f"{kind.__module__}.{kind.__qualname__}": data}


def read_key(identity: str) -> dict[str, Any]:
    """The key in a record's identity."""
    return dict(json.loads(identity)[2])
