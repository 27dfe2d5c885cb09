"""What a command asks of a calibration, checked: claim, constant, effort, data."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from claims import at
from claims.case import Case
from claims.claim import Claim
from claims.explore.bench import Bench, Values, drawn, numeric_constants
from claims.explore.calibration import Calibration, Plan, calibrated, hinted_sides
from claims.explore.calibration_told import as_json, as_text, exit_code
from claims.instance import decode_instance
from claims.locate import NotFoundError, cases, find
from claims.profile import PROFILES
from claims.run import Options

# Undecided values would blur the edge: a longer search stream tells 1.2 delta from delta.
_BLOCKS = 32


def claim_of(text: str) -> Claim:
    """The claim that is meant.

    Raises:
        NotFoundError: there is none, or several, or it is published false.
    """
    target = find(text)
    claim = at.single(cases(target), target).claim
    if claim.expected == "REFUTED":
        raise NotFoundError(
            f"{claim.id}: it is false as published ({claim.because}), so there is no true value to "
            "start from; name a claim that is expected to be SUPPORTED"
        )
    return claim


def constant_of(claim: Claim, name: str) -> float:
    """The true value of a constant.

    Raises:
        NotFoundError: the claim has no number of that name.
    """
    known = numeric_constants(claim)
    if name not in known:
        told = ", ".join(f"{key}={value:g}" for key, value in known.items()) or "none"
        what = "is no number" if name in claim.constants else "is not among its constants"
        raise NotFoundError(f"{claim.id}: {name} {what}; its constants that are numbers: {told}")
    return float(known[name])


def bench_of(claim: Claim, asked: Mapping[str, Any], *, own: bool) -> Bench:
    """The bench with the effort asked for.

    Args:
        claim: as it stands.
        asked: "instances", "salt", and "cap", the most that one block of seeds may cost.
        own: whether the instances are the user's, for which that cap holds; the profile's holds
            for those that are drawn.
    """
    profile = PROFILES["quick"]
    effort = replace(profile.effort, search_blocks=_BLOCKS, confirm_blocks=4 * _BLOCKS)
    options = Options(
        replace(profile, effort=effort), salt=asked["salt"], examples=asked["instances"]
    )
    return Bench(claim, options, cap=asked["cap"] if own else None)


def plan_of(asked: Mapping[str, Any], *, hunts: int) -> Plan:
    """The plan that is asked for: "digits", "limit", "values", "cost", "seconds"."""
    limits = {name: asked[name] for name in ("digits", "limit", "values", "cost", "seconds")}
    return Plan(hunts=hunts, **limits)


def calibrate(
    claim: Claim, asked: Mapping[str, Any], given: Sequence[Values] | None
) -> tuple[list[Calibration], str]:
    """Calibrate a constant as asked.

    Args:
        claim: as it stands.
        asked: "constant", "direction", "real", and what `bench_of` and `plan_of` take.
        given: the user's instances; None leaves them to the claim's strategies.

    Returns:
        The results, and where the instances come from.

    Raises:
        NotFoundError: there is nothing to calibrate, in one line.
    """
    constant = asked["constant"]
    constant_of(claim, constant)
    bench = bench_of(claim, asked, own=given is not None)
    instances = drawn(bench) if given is None else given
    origin = "drawn by the claim's strategies" if given is None else asked["origin"]
    hunts = 3 if given is None else 0
    plan = plan_of(asked, hunts=hunts)
    whole = isinstance(claim.constants[constant], int) and not asked["real"]
    direction = asked["direction"]
    sides = hinted_sides(claim, constant) if direction is None else [direction]
    try:
        found = calibrated(bench, constant, instances, plan=plan, whole=whole, sides=sides)
    except ValueError as error:
        raise NotFoundError(str(error)) from error
    return found, origin


def answer(
    results: Sequence[Calibration], origin: str, asked: Mapping[str, Any]
) -> tuple[str, int]:
    """What is printed, and the exit code; writes the figure where one is asked for.

    Raises:
        OSError: the figure cannot be written.
    """
    if asked["plot"] is not None:
        # matplotlib takes half a second, and no other command needs it.
        picture = importlib.import_module("claims.explore.calibration_picture")
        picture.drawn(results, Path(asked["plot"]))
    if asked["json"]:
        return json.dumps(as_json(results, origin), indent=2), exit_code(results)
    return "\n".join(as_text(results, origin)).rstrip(), exit_code(results)


def instance_at(claim: Claim, file: str) -> Values:
    """The user's own instance.

    Raises:
        NotFoundError: the file cannot be read, or does not fit the claim.
    """
    recipe = at.read(Path(file), Case(claim))
    return decode_instance(recipe, claim.annotations, claim.id)
