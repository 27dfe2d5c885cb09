"""One side of a constant: climb to a refuted value, bisect, hunt, test that it is monotone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claims.explore.bench import is_refuted
from claims.explore.probing import Probe, Prober, SpentError


@dataclass(slots=True)
class Climb:
    """The state of one side.

    Attributes:
        prober: the values tried.
        hunts: how often the strategies may look for another refutation; 0 for never.
        stopped: why the search ended early; "" if it did not.
        refuted: the refuted value nearest to the true one; None so far.
        kept: the value nearest to that, towards the true one, that is not refuted.
        hunted: instances that hunts judged.
        seconds: since the beginning.
    """

    prober: Prober
    hunts: int
    stopped: str = ""
    refuted: float | None = None
    kept: float | None = None
    hunted: int = 0

    def is_hit(self, value: float) -> bool:
        """Whether a value is refuted; notes where nothing can be judged any more."""
        try:
            probe = self.prober.probe(value)
        except SpentError as spent:
            self.stopped = str(spent)
            return False
        if probe.outcome == "silent":
            self.stopped = (
                f"nothing can be judged at {self.prober.ladder.shown(value)}: {probe.why}"
            )
        return probe.outcome == "refuted"

    def run(self) -> None:
        """Find both ends, as far as there are any."""
        try:
            self._bracket()
            if self.refuted is not None:
                self._narrow()
                self._test_monotone()
        except SpentError as spent:
            self.stopped = str(spent)

    @property
    def tested(self) -> tuple[int, int]:
        """How many values were judged beyond `refuted`, and between `kept` and the true one."""
        ladder, refuted, kept = self.prober.ladder, self.refuted, self.kept
        if refuted is None or kept is None:
            return 0, 0
        probes = map(self.prober.told, self.prober.values)
        judged = [p.value for p in probes if p.outcome != "silent" and p.value != ladder.true]
        return (
            sum(ladder.farther(value, refuted) for value in judged),
            sum(ladder.farther(kept, value) for value in judged),
        )

    def exceptions(self) -> Iterator[Probe]:
        """Values that stand beyond `refuted`, and refuted ones between `kept` and the true one."""
        ladder, refuted, kept = self.prober.ladder, self.refuted, self.kept
        if refuted is None or kept is None:
            return
        for probe in map(self.prober.told, self.prober.values):
            if ladder.farther(probe.value, refuted):
                strange = probe.outcome in ("supported", "open")
            else:
                strange = ladder.farther(kept, probe.value) and probe.outcome == "refuted"
            if strange:
                yield probe

    def _bracket(self) -> None:
        ladder = self.prober.ladder
        self.kept = ladder.true
        self.prober.probe(ladder.true)
        for value in ladder.rungs():
            if self.is_hit(value):
                self.refuted = value
                return
            if self.stopped:
                return
            self.kept = value

    def _narrow(self) -> None:
        self._bisect()
        for _ in range(self.hunts):
            if self.kept is None or self.kept == self.prober.ladder.true:
                return
            prober, left = self.prober, self.prober.purse.left
            found, judged = prober.bench.hunt(prober.setting(self.kept), seconds=left)
            self.hunted += judged
            if found is None:
                return
            if is_refuted(prober.bench.truth(found.values)):
                self.stopped = f"a hunt found the claim itself refuted at {found.recipe}"
                return
            prober.add(found, self.kept)
            self._step_back(self.kept)
            self._bisect()

    def _step_back(self, kept: float) -> None:
        """After an instance came along: the values that stood are judged there too."""
        prober = self.prober
        inner = [v for v in prober.values if not prober.ladder.farther(v, kept)]
        for value in sorted(inner, key=lambda v: abs(v - kept)):
            if prober.probe(value).outcome != "refuted":
                self.kept = value
                return
            self.refuted = value

    def _bisect(self) -> None:
        ladder = self.prober.ladder
        while self.refuted is not None and self.kept is not None:
            middle = ladder.between(self.refuted, self.kept)
            if middle is None or middle in (self.refuted, self.kept):
                return
            if self.is_hit(middle):
                self.refuted = middle
            elif self.stopped:
                return
            else:
                self.kept = middle

    def _test_monotone(self) -> None:
        ladder, refuted, kept = self.prober.ladder, self.refuted, self.kept
        if refuted is None or kept is None:
            return
        far, near = set(ladder.beyond(refuted)) - {refuted}, set(ladder.inside(kept))
        for value in sorted(far | (near - {kept, ladder.true})):
            self.prober.probe(value)


def where_refuted(climbs: Sequence[Climb]) -> list[Climb]:
    """The sides on which a refutation turns up at the least distance; all if on none."""
    going = [(climb, climb.prober.ladder.rungs()) for climb in climbs]
    while going:
        reached = [(climb, rungs, next(rungs, None)) for climb, rungs in going]
        alive = [(climb, rungs, value) for climb, rungs, value in reached if value is not None]
        hit = [climb for climb, _, value in alive if climb.is_hit(value)]
        if hit:
            return hit
        going = [(climb, rungs) for climb, rungs, _ in alive if not climb.stopped]
    return list(climbs)
