"""Which claims a run leaves out unless it is asked for them, and how it is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from claims.case import Case
from claims.claim import PAPER_WIDTH, Claim
from claims.dry_run import instance_costs
from claims.items import LEFT_OUT, OPTIONS, ClaimItem
from claims.profile import PROFILES, Profile

_EFFORTS = tuple(PROFILES)  # the least first


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what nobody asked for, and keep the reasons by case for the report.

    A theorem at the paper's own width takes minutes. It is run where `-m` or `-k` names its
    marker, where its file or node id is named, and in the profile with the greatest effort.
    """
    profile = config.stash[OPTIONS].profile
    files = _named_files(config)
    worded = _says_marker(config)
    told: dict[str, str] = {}
    out: list[pytest.Item] = []
    for item in items:
        if isinstance(item, ClaimItem):
            asked = worded or item.path.resolve() in files
            reason = why_left_out(item.case.claim, profile, asked=asked)
            if reason:
                known = told.get(item.case.claim.id)
                told[item.case.id] = known or f"{reason}; {_cost(item.case.claim, profile)}"
                out.append(item)
    config.stash[LEFT_OUT] = told
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def why_left_out(claim: Claim, profile: Profile, *, asked: bool) -> str:
    """Why a run of this profile does not decide the claim; "" if it does."""
    if _EFFORTS.index(profile.name) < _EFFORTS.index(claim.least_profile):
        return f"--claims-profile {claim.least_profile} runs it"
    if claim.own_width and not asked and profile.name != _EFFORTS[-1]:
        return f"-m {PAPER_WIDTH} runs it, or its file's name"
    return ""


def _says_marker(config: pytest.Config) -> bool:
    said = [config.getoption(option, default="") or "" for option in ("markexpr", "keyword")]
    return any(re.search(rf"\b{PAPER_WIDTH}\b", text) for text in said)


def _named_files(config: pytest.Config) -> set[Path]:
    """The files that the command line names, whole or by a claim in them."""
    folder = config.invocation_params.dir
    return {(folder / str(word).partition("::")[0]).resolve() for word in config.args}


def _cost(claim: Claim, profile: Profile) -> str:
    costs: Sequence[float] = instance_costs(Case(claim), profile)
    if not any(costs):
        return "no cost is known"
    low, high = f"{min(costs):.2g}", f"{max(costs):.2g}"
    return f"an instance costs {low if low == high else f'{low} to {high}'}"
