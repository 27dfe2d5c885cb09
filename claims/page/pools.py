"""Runs as evidence: what may be put together, and what stands side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claims.reading import Run, is_decided


@dataclass(slots=True)
class Pool:
    """Runs of one salt under the same versions; of each claim the latest verdict that was reached.

    Attributes:
        runs: in the order given.
        claims: by id.
    """

    runs: list[Run] = field(default_factory=list)
    claims: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        """Take a later run: its verdicts replace earlier ones of the same claims."""
        self.runs.append(run)
        for name, claim in run.claims.items():
            if is_decided(claim) or name not in self.claims:
                self.claims[name] = claim

    @property
    def title(self) -> str:
        """What tells it from the others."""
        first = self.runs[0].manifest
        profiles = dict.fromkeys(str(run.manifest["profile"]) for run in self.runs)
        return f"salt {first['salt']}, profile {' and '.join(profiles)}"


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of one or several files.

    Attributes:
        key: of its first file, which names its place on the page.
        title, authors, source: as the files have them.
        ids: its claims, in order.
    """

    key: str
    title: str
    authors: str
    source: str
    ids: tuple[str, ...]


def pooled(runs: Iterable[Run]) -> list[Pool]:
    """The runs by salt and versions, in the order of their first; never added up (COURT 9)."""
    pools: dict[tuple[Any, ...], Pool] = {}
    for run in runs:
        versions = sorted((str(k), str(v)) for k, v in run.manifest["versions"].items())
        pools.setdefault((run.manifest["salt"], *versions), Pool()).add(run)
    return list(pools.values())


def papers_of(pools: Sequence[Pool]) -> list[Paper]:
    """The papers of all pools, in the order of their files; files of one title are one paper."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for pool in pools:
        for claim in pool.claims.values():
            listed = found.setdefault(claim["paper"]["title"], [])
            if all(claim["id"] != other["id"] for other in listed):
                listed.append(claim)
    return [_paper(claims) for claims in found.values()]


def _paper(claims: Sequence[Mapping[str, Any]]) -> Paper:
    told = claims[0]["paper"]
    ids = tuple(claim["id"] for claim in claims)
    return Paper(told["key"], told["title"], told["authors"], told["source"], ids)
