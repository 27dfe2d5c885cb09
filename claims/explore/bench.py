"""One claim with other constants at given instances, each on a random stream of its own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from claims.case import Case
from claims.claim import Claim, Mutant
from claims.instance import canonical, decode_instance, encode_instance
from claims.run import Options
from claims.runner import Trial
from claims.search import Looked, Search
from verdicts import hashed_key

Values: TypeAlias = Mapping[str, object]


@dataclass(slots=True)
class Bench:
    """Where a claim is judged with one constant after another.

    Attributes:
        claim: as it stands.
        options: effort, device and salt.
        cap: of the cost of one block of seeds at one instance; None for the profile's.
        cost: normals drawn + flops/8 so far.
        confirm_opened: confirm streams so far; each may refute wrongly with 1e-9.
        looks: instances judged so far, at all values together.
    """

    claim: Claim
    options: Options
    cap: float | None = None
    cost: float = 0.0
    confirm_opened: int = 0
    looks: int = 0
    _truths: dict[str, Looked] = field(default_factory=dict)

    def look(self, setting: Mapping[str, object], values: Values) -> Looked:
        """Judge the claim with other constants at one instance.

        The stream is one of its own for each setting, so that which values are tried next never
        depends on the stream that decides about them.

        Args:
            setting: constants in place of the true ones; empty for the claim itself.
            values: the instance.
        """
        claim = replace(
            self.claim,
            constants={**self.claim.constants, **setting},
            expected="SUPPORTED",
            examples=(values,),
            share=self._share,
        )
        search = Search(Case(claim), replace(self.options, salt=self._salt(setting), store=None))
        search.try_explicit()
        self.cost += search.spending.spent
        self.confirm_opened += search.confirm_opened
        self.looks += 1
        return search.explicit[0]

    def truth(self, values: Values) -> Looked:
        """The claim itself at an instance, judged once."""
        key = canonical(encode_instance(values))
        if key not in self._truths:
            self._truths[key] = self.look({}, values)
        return self._truths[key]

    def remember(self, looks: Iterable[Looked]) -> None:
        """Take over what a run of the claim itself has judged on the same streams."""
        self._truths.update({canonical(looked.recipe): looked for looked in looks})

    def hunt(self, setting: Mapping[str, object], *, seconds: float) -> tuple[Looked | None, int]:
        """Let the claim's own strategies look for an instance that refutes the setting.

        Args:
            setting: constants in place of the true ones.
            seconds: of wall clock, after which no further instance is judged.

        Returns:
            A judged instance where the setting is refuted and the claim itself is not, or None; and
            how many distinct instances were judged.
        """
        mutant = Mutant(setting, because="asked for")
        salt, deadline = self._salt({**setting, "hunt": True}), time.monotonic() + seconds
        options = replace(self.options, salt=salt, store=None, deadline=deadline)
        trial = Trial(Case(self.claim, mutant), options)
        report = trial.run()
        self.cost += report.cost
        self.confirm_opened += report.confirm_opened
        found = trial.search.refuting
        judged = sum(looked.state == "judged" for looked in trial.search.looked.values())
        self.looks += judged
        return found, judged

    @property
    def _share(self) -> float:
        return self.claim.share if self.cap is None else self.cap / self.options.effort.block_cost

    def _salt(self, setting: Mapping[str, object]) -> int:
        if not setting:
            return self.options.salt
        words = (f"{name}={value!r}" for name, value in setting.items())
        return hashed_key(str(self.options.salt), "explore", *words)[0]


def drawn(bench: Bench) -> list[Values]:
    """Instances that the claim's own strategies draw, and the witnesses of its mutants.

    Instances that a mutant of constants alone gives as its witness are hard ones. Those that miss
    a premise, cost too much or crash are left out here; those that refute the claim itself stay.
    """
    claim = bench.claim
    trial = Trial(Case(claim), replace(bench.options, store=None))
    report = trial.run()
    bench.cost += report.cost
    bench.confirm_opened += report.confirm_opened
    found = {
        key: looked.values
        for key, looked in trial.search.looked.items()
        if looked.state == "judged"
    }
    bench.looks += len(found)
    bench.remember(trial.search.looked.values())
    for mutant in claim.mutants:
        if mutant.witness is None or mutant.strategies or mutant.drops:
            continue
        values = decode_instance(mutant.witness, claim.annotations, claim.id)
        key = canonical(encode_instance(values))
        if key not in found and bench.truth(values).state == "judged":
            found[key] = values
    return list(found.values())


def numeric_constants(claim: Claim) -> dict[str, int | float]:
    """The constants of a claim that are numbers."""
    return {
        name: value
        for name, value in claim.constants.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def comparable(bench: Bench, instances: Sequence[Values]) -> list[Values]:
    """The instances where the claim itself is judged, and not refuted (COURT 6).

    Raises:
        ValueError: there is none.
    """
    looks = [bench.truth(values) for values in instances]
    found = [x.values for x in looks if x.finding is not None and not is_refuted(x)]
    if found:
        return found
    unsaid = next((x for x in looks if x.finding is None), None)
    why = (
        f"it is refuted at all {len(looks)} of them" if looks else "none of those drawn was judged"
    )
    if unsaid is not None:
        why = unsaid.objection or repr(unsaid.crash)
    raise ValueError(
        f"{bench.claim.id}: the claim itself stands at no instance, so there is nothing to compare "
        f"with: {why}; give other data, or --cap a higher cost"
    )


def is_refuted(looked: Looked) -> bool:
    """Whether an instance was judged, and refutes."""
    return looked.finding is not None and looked.finding.decision == "refuted"
