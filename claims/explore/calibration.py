"""The value of a constant at which a claim stops being refuted, by bisection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claims.case import Case
from claims.certificates import Certified, certified
from claims.claim import Claim, Mutant
from claims.explore.bench import Bench, Values, comparable, numeric_constants
from claims.explore.climb import Climb, where_refuted
from claims.explore.ladder import Ladder, Side
from claims.explore.probing import Probe, Prober, Purse


@dataclass(frozen=True, slots=True)
class Plan:
    """How a calibration goes about it.

    Attributes:
        digits: significant digits wanted, >= 1.
        limit: the farthest value is the true one times or over this, > 1.
        values: most values tried on a side, >= 1.
        cost: most normals drawn + flops/8 on a side.
        seconds: most wall clock on a side.
        hunts: how often the strategies may look for a refutation at the value that stands; 0
            where the instances are the user's own.
    """

    digits: int = 2
    limit: float = 1e6
    values: int = 60
    hunts: int = 3
    cost: float = 2e9
    seconds: float = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What came out for one side of the true value.

    Attributes:
        claim, constant: what was asked.
        ladder: the true value, and the side.
        refuted: the refuted value nearest to the true one; None without one.
        kept: the value nearest to that, towards the true one, that is not refuted; without a
            refuted one the farthest that was judged.
        probes: everything that was tried, by value.
        exceptions: refuted values between `kept` and the true one, others beyond `refuted`.
        tested: values judged beyond `refuted`, and between `kept` and the true one.
        instances: how many there are, those that a hunt added included.
        left_out: instances where the claim itself is refuted, or cannot be judged.
        hunted: instances that hunts judged at the value kept.
        stopped: why the search ended early; "" if it did not.
        confirm_opened, cost: what was spent so far, on all before this side included.
        seconds: what this side took.
    """

    claim: Claim
    constant: str
    ladder: Ladder
    refuted: Probe | None
    kept: Probe | None
    probes: tuple[Probe, ...]
    exceptions: tuple[Probe, ...]
    tested: tuple[int, int]
    instances: int
    left_out: int
    hunted: int
    stopped: str
    confirm_opened: int
    cost: float
    seconds: float

    @property
    def found(self) -> bool:
        """Whether both ends are there, nothing speaks against monotone, and all was tried."""
        ends = self.refuted is not None and self.kept is not None
        return ends and not self.exceptions and not self.stopped and not self.contradicted

    @property
    def certificate(self) -> Certified | None:
        """What vouches for the refuted end; None without one, or where chance decides."""
        if self.refuted is None or self.refuted.worst is None or self.claim.kind != "deterministic":
            return None
        setting = {self.constant: self.ladder.typed(self.refuted.value)}
        return certified(Case(self.claim, Mutant(setting, because="asked for")), self.refuted.worst)

    @property
    def contradicted(self) -> bool:
        """Whether the exact model denies the refutation: a defect of the checker."""
        sure = self.certificate
        return sure is not None and sure.contradicted

    @property
    def certain(self) -> bool:
        """Whether every instance judged at the value kept is supported, and not by a test."""
        return (
            self.kept is not None
            and self.claim.kind == "deterministic"
            and self.kept.supported == self.kept.judged > 0
        )

    @property
    def supported_from(self) -> Probe | None:
        """The value nearest to `refuted`, among those tried, at which all is supported."""
        if self.kept is None:
            return None
        edge = self.kept.value
        inner = [p for p in self.probes if not self.ladder.farther(p.value, edge)]
        good = [p for p in inner if p.outcome == "supported"]
        return min(good, key=lambda p: abs(p.value - edge), default=None)


def calibrated(
    bench: Bench,
    constant: str,
    instances: Sequence[Values],
    *,
    plan: Plan,
    whole: bool,
    sides: Sequence[Side] = (),
) -> list[Calibration]:
    """Bisect the edge of a constant between values that are refuted and values that are not.

    Instances where the claim itself is refuted do not count (COURT 6). Monotone is assumed between
    the values tried, and tested at three points on each side of the edge.

    Args:
        bench: where it is judged.
        constant: its name, a number.
        instances: the data.
        plan: how far and how fine.
        whole: whether only integers make sense.
        sides: where to look; empty for where a refutation turns up first, possibly both.

    Returns:
        One result for each side.

    Raises:
        ValueError: the claim itself is judged and stands at no instance.
    """
    kept = comparable(bench, instances)
    true = float(numeric_constants(bench.claim)[constant])
    both: tuple[Side, ...] = ("down", "up")
    climbs = [
        Climb(
            Prober(
                bench,
                constant,
                Ladder(true, side, whole, plan.digits, plan.limit),
                Purse(plan.values, plan.cost, plan.seconds),
                list(kept),
            ),
            plan.hunts,
        )
        for side in sides or both
    ]
    chosen = climbs if sides else where_refuted(climbs)
    left_out = len(instances) - len(kept)
    return [_result(climb, left_out, again=place > 0) for place, climb in enumerate(chosen)]


def hinted_sides(claim: Claim, constant: str) -> list[Side]:
    """The sides on which the claim's own mutants of this constant alone stand."""
    true = numeric_constants(claim)[constant]
    sides: set[Side] = set()
    for mutant in claim.mutants:
        value = mutant.setting.get(constant)
        if set(mutant.setting) == {constant} and isinstance(value, int | float):
            sides.add("down" if value < true else "up")
    return sorted(sides)


def _result(climb: Climb, left_out: int, *, again: bool) -> Calibration:
    if again:
        climb.prober.restart()
    climb.run()
    prober, bench = climb.prober, climb.prober.bench
    kept = None if climb.kept is None else prober.told(climb.kept)
    return Calibration(
        claim=bench.claim,
        constant=prober.constant,
        ladder=prober.ladder,
        refuted=None if climb.refuted is None else prober.told(climb.refuted),
        kept=None if kept is None or kept.outcome == "silent" else kept,
        probes=tuple(map(prober.told, prober.values)),
        exceptions=tuple(climb.exceptions()),
        tested=climb.tested,
        instances=len(prober.instances),
        left_out=left_out,
        hunted=climb.hunted,
        stopped=climb.stopped,
        confirm_opened=bench.confirm_opened,
        cost=bench.cost,
        seconds=prober.purse.elapsed,
    )
