"""One claim at one's own data: `check ID --at instance.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from claims.case import Case
from claims.instance import decode_instance
from claims.locate import NotFoundError, Target
from claims.profile import PROFILES
from claims.run import Options
from claims.search import Looked, Search

# The user has chosen the instance, so no cap on its cost keeps it out.
_NO_CAP = 1e18


def single(cases: Sequence[Case], target: Target) -> Case:
    """The one case that is meant: a claim named without its mutants is the claim.

    Raises:
        NotFoundError: several claims are meant.
    """
    claims = {case.claim.id for case in cases}
    if not claims:
        raise NotFoundError(f"{target.node}: there are no claims in it; name one")
    if len(claims) != 1:
        raise NotFoundError(
            f"--at: {target.node} has {len(claims)} claims, {', '.join(sorted(claims))}; name one"
        )
    return next((case for case in cases if case.name == target.name), cases[0])


def read(file: Path, case: Case) -> Mapping[str, Any]:
    """The recipe of an instance: a JSON object with one entry for each parameter.

    A counterexample file is taken as well: the instance of its smallest witness.

    Raises:
        NotFoundError: the file cannot be read, or does not fit the claim.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(data, dict) and "witnesses" in data:
            data = data["witnesses"]["smallest"]
    except RecursionError:
        raise NotFoundError(f"{file}: no instance can be read: it is nested too deeply") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotFoundError(f"{file}: no instance can be read: {error}") from error
    if isinstance(data, dict) and "instance" in data and "instance" not in case.claim.annotations:
        data = data["instance"]
    if not isinstance(data, dict):
        raise NotFoundError(
            f"{file}: holds a {type(data).__name__}; give an object, "
            f'{{"{next(iter(case.claim.annotations), "data")}": ...}}'
        )
    try:
        decode_instance(data, case.claim.annotations, case.id)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotFoundError(f"{file}: {error}") from error
    return data


def look(case: Case, recipe: Mapping[str, Any], *, salt: int = 0) -> Looked:
    """Judge the case at the instance, as a run would judge an explicit example.

    Args:
        case: a claim or a mutant.
        recipe: the instance.
        salt: which set of random streams.

    Raises:
        ValueError: the recipe does not fit the claim; a class of values may raise otherwise.
    """
    claim, mutant = case.claim, case.mutant
    if mutant is not None:
        mutant = replace(mutant, witness=recipe)
    claim = replace(claim, examples=(recipe,), witness=recipe, share=_NO_CAP)
    search = Search(Case(claim, mutant), Options(PROFILES["thorough"], salt=salt))
    search.try_explicit()
    return search.explicit[0]


def told(case: Case, looked: Looked) -> Iterator[str]:
    """What is printed about it."""
    yield f"{case.id} ({case.claim.label})"
    yield from (f"  {line}".rstrip() for line in case.claim.doc.splitlines())
    yield "at"
    yield from (f"  {name} = {value!r}" for name, value in looked.values.items())
    yield from (f"  {name} = {value!r}" for name, value in case.constants.items())
    finding = looked.finding
    if finding is None:
        words = "ERROR" if looked.crash is not None else "nothing is claimed"
        yield f"{words}: {looked.objection or repr(looked.crash)}"
        return
    reason = finding.summary if finding.decision == "supported" else finding.reason
    yield f"{finding.decision.upper()}: {reason or finding.summary}"
    yield f"margin {finding.margin:.6g} ({finding.rigor}), {finding.seeds} seeds"
    if finding.sides:
        yield f"sides  {finding.sides}"
    for name, slack in looked.visit.met.items():
        yield f"premise {name!r} met, slack {slack:.6g}"
