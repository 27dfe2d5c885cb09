"""A part of a block as text: asked of another worker, computed there, and read by who asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from claims.case import Case
from claims.cluster.place import alone, case_of, device_of, refusal, standing
from claims.cluster.team import LostPartError
from claims.instance import Recipe, canonical, decode_instance
from claims.journal.fields import packed
from claims.journal.plain import (
    counted_data,
    counted_of,
    enter_visit,
    sampled_data,
    sampled_of,
    visit_data,
)
from claims.journal.version import version_of
from claims.ledger import Visit, visiting
from verdicts import (
    CountedPart,
    Expectation,
    Part,
    Role,
    Seeds,
    Statement,
    Streams,
    WithProbability,
    counted_part,
    sampled_part,
)

_CASE = ("house", "folder", "file", "source", "module")


class NoPartError(Exception):
    """A worker cannot compute parts for this one; the message is a line."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What the parts of one instance have in common.

    Attributes:
        asked: the request of the case that is being run.
        case: the case, or the true claim beside a mutant.
        recipe: the instance.
        device: of the asking process, whose kind the other's has to be.
    """

    asked: Mapping[str, Any]
    case: Case
    recipe: Recipe
    device: str

    def request(self, role: Role, part: Seeds) -> str:
        """A part of a block of the stream for a role, as JSON."""
        common = {
            **{name: self.asked[name] for name in _CASE},
            "case": self.case.id,
            "device": self.asked["options"]["device"],
            "version": version_of(self.case.claim, self.device).key["version"],
            "recipe": self.recipe,
        }
        seeds = {"salt": self.asked["options"]["salt"], "role": role}
        place = {"first": part.first, "count": part.count}
        return json.dumps({"instance": json.dumps(common), **seeds, **place})


def run_part(request: str) -> str:
    """Compute a part of a block.

    Args:
        request: JSON, as `Instance.request` writes it.

    Returns:
        JSON: `no` with a reason in a line if nothing can be done here, `broken` if the claim's own
        code raised, else `kind`, `said`, `upper` of an event, and what its code said about
        premises and sizes, `visit`.
    """
    asked: dict[str, Any] = json.loads(request)
    common: dict[str, Any] = json.loads(asked["instance"])
    if refused := refusal(common["house"]):
        return json.dumps({"no": refused})
    try:
        with alone(), standing(common["folder"]):
            return json.dumps(_computed(asked, common))
    except (Exception, SystemExit) as error:  # who asked meets it too, and tells it in its place
        return json.dumps({"broken": type(error).__name__})


def read_part(answer: str, part: Seeds, visit: Visit) -> Part:
    """The part that another worker computed; its premises and sizes go into the visit.

    Raises:
        NoPartError: that worker can compute none.
        LostPartError: it could not compute this one.
    """
    told: dict[str, Any] = json.loads(answer)
    if "no" in told:
        raise NoPartError(told["no"])
    if "broken" in told:
        raise LostPartError(told["broken"])
    read = _read(told, part.count)
    enter_visit(told["visit"], visit)
    return read


def _computed(asked: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Any]:
    device = device_of(common["device"])
    case, statement = _stated(asked["instance"])
    if version_of(case.claim, device).key["version"] != common["version"]:
        return {"no": "another kind of machine: its last digits may differ"}
    streams = Streams(asked["salt"], case.claim.id, canonical(common["recipe"]), device)
    seeds = streams.seeds(asked["role"], asked["first"], asked["count"])
    with visiting(case.dropped) as visit:
        told = _said(statement, seeds)
    return {**told, "visit": visit_data(visit)}


@lru_cache(maxsize=1)
def _stated(common: str) -> tuple[Case, Statement]:
    # The parts of an instance come one after another, and to state it may take a while.
    asked: dict[str, Any] = json.loads(common)
    case = case_of(asked)
    values = decode_instance(asked["recipe"], case.claim.annotations, case.id)
    with visiting(case.dropped):
        return case, case.claim.statement(**values, **case.constants)


def _said(statement: Statement, seeds: Seeds) -> dict[str, Any]:
    if isinstance(statement, WithProbability):
        part = counted_part(statement, seeds)
        upper = [packed(slack) for slack in part.upper.tolist()]
        return {"kind": "counted", "said": counted_data(part.said), "upper": upper}
    if isinstance(statement, Expectation):
        return {"kind": "sampled", "said": sampled_data(sampled_part(statement, seeds))}
    raise TypeError(f"{type(statement).__name__} has no blocks")


def _read(told: Mapping[str, Any], rows: int) -> Part:
    if told["kind"] == "sampled":
        return sampled_of(told["said"])
    upper = np.array([float(slack) for slack in told["upper"]])
    return CountedPart(counted_of(told["said"], rows), upper)
