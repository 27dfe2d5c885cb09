"""What can go wrong with a claim: written wrongly, refuted, or broken."""

from __future__ import annotations


class ClaimError(Exception):
    """A claims file is written wrongly; the message names the claim and what would be right."""


class PremiseNotMetError(Exception):
    """A premise is not certainly met at an instance, which therefore says nothing.

    Attributes:
        name: the premise, as `assume_premise` was told.
        found: its slack, as text.
    """

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"assume_premise: {name!r} is not certainly met, slack={found}; "
            "choose an instance that meets it"
        )
        self.name = name
        self.found = found


class RefutedError(Exception):
    """A confirmed refutation; Hypothesis sees it, the user reads the report instead."""


class CrashError(Exception):
    """A claim's own code raised; `__cause__` is what it raised."""
