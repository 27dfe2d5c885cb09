"""One value of a constant, judged at a list of instances."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from claims.explore.bench import Bench, Values, is_refuted
from claims.explore.ladder import Ladder
from claims.instance import canonical, encode_instance
from claims.search import Looked

Outcome: TypeAlias = Literal["refuted", "supported", "open", "silent"]


@dataclass(frozen=True, slots=True)
class Probe:
    """What one value of the constant turned out to be.

    Attributes:
        value: of the constant.
        outcome: "refuted" at one instance, else "supported" where all were tried and all that
            could be judged are, or "open"; "silent" where none could be judged.
        judged: instances that were judged.
        supported: those that are supported.
        worst: the refuting instance, or the one with the least margin; None where silent.
        why: what kept an instance from being judged; "" if all were.
    """

    value: float
    outcome: Outcome
    judged: int
    supported: int
    worst: Looked | None
    why: str


class SpentError(Exception):
    """What may be spent is spent; the message says what."""


@dataclass(slots=True)
class Purse:
    """What a calibration of one side may spend.

    Attributes:
        values: most values of the constant.
        cost: most normals drawn + flops/8.
        seconds: of wall clock, looked at between instances; a run that it ends does not repeat.
    """

    values: int
    cost: float
    seconds: float
    _start: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._start

    @property
    def left(self) -> float:
        """Seconds that are left, >= 0."""
        return max(self.seconds - self.elapsed, 0.0)

    def restart(self) -> None:
        """Begin now."""
        self._start = time.monotonic()

    def check(self, values: int, cost: float) -> None:
        """Complain when one of the limits is reached.

        Raises:
            SpentError: naming the limit.
        """
        if values > self.values:
            raise SpentError(f"{self.values} values were tried, the most that may be (--values)")
        if cost > self.cost:
            raise SpentError(f"a cost of {self.cost:g} is spent (--cost)")
        if self.elapsed > self.seconds:
            raise SpentError(f"{self.seconds:g} s are spent (--seconds)")


@dataclass(slots=True)
class Prober:
    """Values and what became of them.

    Attributes:
        bench: where it is judged.
        constant: its name.
        ladder: which values make sense.
        purse: what may be spent.
        instances: the data; `add` appends.
    """

    bench: Bench
    constant: str
    ladder: Ladder
    purse: Purse
    instances: list[Values]
    _looked: dict[float, dict[int, Looked]] = field(default_factory=dict)
    _order: list[int] = field(init=False)
    _before: float = field(init=False)

    def __post_init__(self) -> None:
        self._order = list(range(len(self.instances)))
        self._before = self.bench.cost

    @property
    def values(self) -> list[float]:
        """What was tried, at one instance at least, in increasing order."""
        return sorted(value for value, seen in self._looked.items() if seen)

    def setting(self, value: float) -> dict[str, object]:
        """The constants that a value means: none for the true one."""
        return {} if value == self.ladder.true else {self.constant: self.ladder.typed(value)}

    def add(self, found: Looked, value: float) -> None:
        """Take in what a hunt refuted a value with: the value is refuted, on the hunt's stream.

        The instance is tried first from now on.
        """
        known = [canonical(encode_instance(instance)) for instance in self.instances]
        key = canonical(found.recipe)
        place = known.index(key) if key in known else len(known)
        if place == len(known):
            self.instances.append(found.values)
        else:
            self._order.remove(place)
        self._order.insert(0, place)
        self._looked[value][place] = found

    def restart(self) -> None:
        """Count cost and time from now on: what another side took is not this one's."""
        self.purse.restart()
        self._before = self.bench.cost

    def probe(self, value: float) -> Probe:
        """Judge every instance at a value, up to the first that refutes it.

        Raises:
            SpentError: a limit is reached; what was judged at the value is kept.
        """
        if value not in self._looked:
            self.purse.check(len(self._looked) + 1, 0.0)
            self._looked[value] = {}
        seen, setting = self._looked[value], self.setting(value)
        for i in list(self._order):
            if i not in seen:
                self.purse.check(len(self._looked), self.bench.cost - self._before)
                instance = self.instances[i]
                look = self.bench.look(setting, instance) if setting else self.bench.truth(instance)
                seen[i] = look
            if is_refuted(seen[i]):
                # What refuted one value is tried first at the next.
                self._order.remove(i)
                self._order.insert(0, i)
                break
        return self.told(value)

    def told(self, value: float) -> Probe:
        """What a value turned out to be so far."""
        seen = self._looked.get(value, {})
        judged = [looked for looked in seen.values() if looked.finding is not None]
        refuting = [looked for looked in judged if is_refuted(looked)]
        supported = sum(x.finding.decision == "supported" for x in judged if x.finding)
        outcome: Outcome = "open"
        if refuting:
            outcome = "refuted"
        elif not judged:
            outcome = "silent"
        elif supported == len(judged) and len(seen) == len(self.instances):
            outcome = "supported"
        unsaid = next((x for x in seen.values() if x.finding is None), None)
        why = "" if unsaid is None else unsaid.objection or repr(unsaid.crash)
        worst = min(refuting or judged, key=_margin, default=None)
        return Probe(value, outcome, len(judged), supported, worst, why)


def _margin(looked: Looked) -> float:
    return looked.finding.margin if looked.finding is not None else 0.0
