"""Cases: what pytest runs, a claim as it stands or one of its mutants."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from claims.claim import Claim, Constants, Expected, Mutant, Strategies


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One item to run: a claim as it stands, or one of its mutants."""

    claim: Claim
    mutant: Mutant | None = None

    @property
    def id(self) -> str:
        """The claim's id, with the mutant in brackets."""
        return f"{self.claim.id}{self._suffix}"

    @property
    def name(self) -> str:
        """The claim's name, with the mutant in brackets: the last part of the node id."""
        return f"{self.claim.name}{self._suffix}"

    @property
    def _suffix(self) -> str:
        return f"[{self.mutant.name}]" if self.mutant else ""

    @property
    def node(self) -> str:
        """What pytest calls it from the current directory, or by file name from elsewhere."""
        path = Path(os.path.relpath(self.claim.file)) if self.claim.file else Path()
        shown = Path(path.name) if ".." in path.parts else path
        return f"{shown.as_posix()}::{self.name}"

    @property
    def expected(self) -> Expected:
        """What has to come out."""
        return "REFUTED" if self.mutant else self.claim.expected

    @property
    def constants(self) -> Constants:
        """The claim's constants with the mutant's in their place."""
        return {**self.claim.constants, **(self.mutant.constants if self.mutant else {})}

    @property
    def dropped(self) -> str:
        """The premise of the body that a mutant drops: noted, not enforced."""
        return self.mutant.drops if self.mutant else ""

    @property
    def strategies(self) -> Strategies:
        """The claim's strategies with the mutant's in their place."""
        replaced = self.mutant.strategies if self.mutant else {}
        return {name: replaced.get(name, drawn) for name, drawn in self.claim.for_all.items()}

    @property
    def built_in(self) -> list[str]:
        """Names of the premises that the strategies satisfy by construction."""
        drawn = self.strategies.values()
        return list(dict.fromkeys(name for s in drawn for name in getattr(s, "premises", {})))

    @property
    def explicit(self) -> tuple[Mapping[str, object], ...]:
        """Instances to try before the search: the witness of what is false, or the examples."""
        if self.expected == "SUPPORTED":
            return self.claim.examples
        witness = self.mutant.witness if self.mutant else self.claim.witness
        return () if witness is None else (witness,)

    @property
    def shrinks(self) -> bool:
        """Whether a refutation is worth making small; a `wrong` mutant only has to die."""
        return self.mutant is None or self.mutant.erratum


def cases_of(claim: Claim) -> list[Case]:
    """The claim itself, then its mutants in order."""
    return [Case(claim), *(Case(claim, mutant) for mutant in claim.mutants)]
