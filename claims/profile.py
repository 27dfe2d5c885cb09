"""Profiles: how much a run may spend. They change effort, never what a verdict means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from verdicts import Effort

# The ledger and the cost caps replace these: a claim that filters too much is VACUOUS, and
# nothing may depend on how fast the machine is.
_SUPPRESSED = (
    HealthCheck.filter_too_much,
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
    HealthCheck.differing_executors,
    HealthCheck.function_scoped_fixture,
)
# No explain phase: it traces every line, and the report explains in the paper's letters.
_SEARCH = (Phase.reuse, Phase.generate, Phase.target, Phase.shrink)
_HUNT = (Phase.generate,)


class FailuresOnly(ExampleDatabase):
    """A database that keeps failing instances, and nothing of what Hypothesis found interesting.

    Its `.pareto` and `.secondary` entries would make a second run draw other instances than the
    first, and so report other margins for a claim that stands.
    """

    def __init__(self, kept: ExampleDatabase) -> None:
        super().__init__()
        self._kept = kept

    def save(self, key: bytes, value: bytes) -> None:
        """Keep a value, if its key is of failures."""
        if _of_failures(key):
            self._kept.save(key, value)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        """The values of a key of failures; nothing for other keys."""
        return self._kept.fetch(key) if _of_failures(key) else ()

    def delete(self, key: bytes, value: bytes) -> None:
        """Forget a value."""
        self._kept.delete(key, value)


def _of_failures(key: bytes) -> bool:
    return not key.endswith((b".pareto", b".secondary"))


@dataclass(frozen=True, slots=True)
class Profile:
    """The effort of a run, in counts that repeat on every machine.

    Costs are in normals drawn + flops/8, at very roughly 50 ns each with what is done to them.

    Attributes:
        name: "quick", "ci" or "thorough".
        needed: distinct supported instances without which a claim is not SUPPORTED.
        examples: instances that the search draws for a claim.
        hunt: instances that it draws for a mutant, at most: the hunt stops at the kill.
        block_cost: cap on one instance: the cost of one block of seeds, or of one evaluation of
            a deterministic claim. Dearer instances are not drawn.
        case_cost: total of a case, after which its search stops.
        shrink_cost, shrink_looks: the same for making a refutation small, and how many smaller
            instances may be judged.
        effort: what the court may spend on one instance.
        undecided_passes: whether UNDECIDED is good enough.
    """

    name: str
    needed: int
    examples: int
    hunt: int
    block_cost: float
    case_cost: float
    shrink_cost: float
    shrink_looks: int
    effort: Effort
    undecided_passes: bool

    def with_examples(self, examples: int | None) -> Profile:
        """The profile drawing another number of instances, and needing no more than that."""
        if examples is None:
            return self
        return replace(
            self,
            examples=examples,
            hunt=max(examples, self.hunt),
            needed=min(self.needed, examples),
        )

    def with_seeds(self, seeds: int | None) -> Profile:
        """The profile with at most so many seeds an instance on the search stream."""
        return self if seeds is None else replace(self, effort=replace(self.effort, seeds=seeds))

    def settings(
        self, *, examples: int, shrinks: bool, database: Path | ExampleDatabase | None
    ) -> settings:
        """Hypothesis' settings for one case, every one of them explicit.

        The built-in `ci` profile switches itself on where CI variables are set; nothing here is
        left to it.

        Args:
            examples: how many instances to draw.
            shrinks: whether a failure is to be made small; a hunt for a kill is not.
            database: of the case's examples, or its own directory of them; a hunt has no use for
                one.
        """
        kept = DirectoryBasedExampleDatabase(database) if isinstance(database, Path) else database
        return settings(
            max_examples=examples,
            phases=_SEARCH if shrinks else _HUNT,
            database=None if kept is None or not shrinks else FailuresOnly(kept),
            derandomize=False,
            deadline=None,
            suppress_health_check=_SUPPRESSED,
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.normal,
            stateful_step_count=50,
            backend="hypothesis",
        )


# quick: du2019 (37 claims, 78 mutants) in 60 s on two cores leaves about a second a case. Tried on
# its Lemma 3.1 (salts 0 and 1): block_cost 1e6 reaches n = 3 in 0.7 s, 4e6 n = 6 in 1.3 s, 1.6e7
# no larger n and spends the case on four instances. Hunts mostly stop after a few draws.
_QUICK = Profile(
    name="quick",
    needed=10,
    examples=20,
    hunt=100,
    block_cost=4e6,
    case_cost=4e7,
    shrink_cost=1e7,
    shrink_looks=100,
    effort=Effort(),
    undecided_passes=True,
)
# ci: a pull request, minutes: five times as many instances, up to ten times as dear.
_CI = Profile(
    name="ci",
    needed=20,
    examples=100,
    hunt=300,
    block_cost=4e7,
    case_cost=1e9,
    shrink_cost=3e8,
    shrink_looks=500,
    effort=Effort(search_blocks=16, confirm_blocks=64, mean_blocks=128),
    undecided_passes=True,
)
# thorough: a night, on a GPU if there is one. A claim it cannot decide needs a better one.
_THOROUGH = Profile(
    name="thorough",
    needed=100,
    examples=1000,
    hunt=1000,
    block_cost=1e9,
    case_cost=1e12,
    shrink_cost=1e11,
    shrink_looks=2000,
    effort=Effort(search_blocks=64, confirm_blocks=256, mean_blocks=1024),
    undecided_passes=False,
)

PROFILES = MappingProxyType({p.name: p for p in (_QUICK, _CI, _THOROUGH)})


def register_profiles() -> None:
    """Make `settings.load_profile("claims-quick")` and the like known to Hypothesis."""
    for profile in PROFILES.values():
        settings.register_profile(
            f"claims-{profile.name}",
            profile.settings(examples=profile.examples, shrinks=True, database=None),
        )


register_profiles()
