"""What a run is given, apart from the case."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from claims.case import Case
from claims.instance import Recipe
from claims.journal import Effort, Journal
from claims.ledger import Visit
from claims.profile import Profile
from claims.store import Store
from verdicts import Hands, OwnHands

HandsOf: TypeAlias = Callable[[Case, Recipe, Visit, str], AbstractContextManager[Hands]]


def own_hands(*_: object) -> AbstractContextManager[Hands]:
    """This process computes all blocks of an instance."""
    return nullcontext(OwnHands())


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is given.

    Attributes:
        profile: the effort.
        device: "cpu", "cuda" or "cuda:N".
        salt: which set of random streams.
        hypothesis_seed: the number of `--hypothesis-seed`; None without.
        examples: instances a claim, in place of the profile's.
        seeds: most seeds an instance on the search stream; None leaves it to the profile.
        database: folder of the example databases; None for none.
        deadline: value of `time.monotonic()` at which the run's budget is spent.
        shrink_seconds: wall clock for making a refutation small; None leaves it to the profile.
        store: where counterexamples are kept and found again; None for nowhere.
        journal: the evidence of earlier runs, and this one's; None for none.
        hands: who computes the blocks of an instance: of a case, with its visit, on a device.
    """

    profile: Profile
    device: str = "cpu"
    salt: int = 0
    hypothesis_seed: int | None = None
    examples: int | None = None
    seeds: int | None = None
    database: Path | None = None
    deadline: float | None = None
    shrink_seconds: float | None = None
    store: Store | None = None
    journal: Journal | None = None
    hands: HandsOf = own_hands

    @property
    def effort(self) -> Profile:
        """The profile, with the numbers of examples and of seeds that were asked for."""
        return self.profile.with_examples(self.examples).with_seeds(self.seeds)

    @property
    def searched(self) -> Effort:
        """How a search is made, as the journal has it."""
        return Effort(self.profile.name, self.effort.examples, self.seeds, self.hypothesis_seed)
