"""What a run would cost, in units known beforehand: `check FILE_OR_ID --dry-run`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from hypothesis import given, seed
from hypothesis import strategies as st

from claims.case import Case
from claims.cost import block_cost, declared_cost
from claims.errors import PremiseNotMetError
from claims.profile import PROFILES, Profile
from claims.runner import Options, search_seed

DRAWN = 20
UNIT = "normals drawn + flops/8"


def costs(cases: Sequence[Case], profile: str = "quick") -> Iterator[str]:
    """One line a claim: the cost of a block of seeds (or an evaluation), and what is over the cap.

    Nothing is judged: a claim about chance is asked how much one seed needs, a deterministic one
    for what it has declared.

    Args:
        cases: mutants among them are left out, they cost what their claim does.
        profile: whose caps are applied.
    """
    effort = PROFILES[profile]
    claims = [case for case in cases if case.mutant is None]
    wide = max((len(case.id) for case in claims), default=0)
    yield f"cost of an instance in {UNIT}, over {DRAWN} draws; profile {profile}, nothing is run"
    for case in claims:
        yield f"{case.id:{wide}}  {_line(case, effort)}"


def _line(case: Case, effort: Profile) -> str:
    found = instance_costs(case, effort)
    runs = f"{effort.examples} instances, {len(case.claim.mutants)} mutants"
    if not found:
        return f"no instance met its premises; {runs}"
    if not any(found):
        return f"declares no cost; {runs}"
    cap = effort.block_cost * case.claim.share
    over = sum(cost > cap for cost in found)
    return (
        f"least {min(found):.2g}, median {median(found):.2g}, most {max(found):.2g}; "
        f"{over} of {len(found)} over the cap {cap:.2g}; {runs}"
    )


def instance_costs(case: Case, effort: Profile) -> list[float]:
    """What drawn instances of a claim cost, of one block of seeds each; nothing is judged.

    Args:
        case: a claim as it stands.
        effort: of the profile, which sizes the blocks.
    """
    found: list[float] = []
    strategies: Mapping[str, Any] = dict(case.strategies) or {"nothing": st.none()}

    def weigh(**drawn: Any) -> None:
        values = {name: drawn[name] for name in case.claim.annotations}
        cost = declared_cost(case.claim, {**values, **case.constants})
        if case.claim.kind != "deterministic":
            try:
                statement = case.claim.statement(**values, **case.constants)
            except PremiseNotMetError:
                return
            cost += block_cost(statement, effort.effort)
        found.append(cost)

    settings = effort.settings(examples=DRAWN, shrinks=False, database=None)
    chosen = search_seed(case, Options(effort))
    settings(seed(chosen)(given(**strategies)(weigh)))()
    return found
