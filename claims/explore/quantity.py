"""What a claim tells of its own sizes at an instance, and which constant scales them."""

from __future__ import annotations

from collections.abc import Mapping

from claims.claim import Claim
from claims.errors import PremiseNotMetError
from claims.explore.bench import Values, numeric_constants
from claims.ledger import visiting

_EXACT = 0.02  # doubling a constant doubles a size that is rounded up


def sizes_at(claim: Claim, setting: Mapping[str, object], values: Values) -> dict[str, int]:
    """What `reached` is told while the statement is built; nothing is judged.

    Args:
        claim: any.
        setting: constants in place of the true ones.
        values: the instance.

    Raises:
        Exception: whatever the claim's own code raises.
    """
    with visiting() as visit:
        try:
            claim.statement(**values, **{**claim.constants, **setting})
        except PremiseNotMetError:
            return {}
    return dict(visit.sizes)


def scaling_constants(claim: Claim, letter: str, values: Values) -> list[str]:
    """The constants that a size is proportional to at an instance, up to rounding.

    Args:
        claim: any.
        letter: name of the size, "m".
        values: the instance.
    """
    before = sizes_at(claim, {}, values).get(letter, 0)
    if not before:
        return []
    found = []
    for name, value in numeric_constants(claim).items():
        if isinstance(value, int) or value <= 0:
            continue
        after = sizes_at(claim, {name: 2 * value}, values).get(letter, 0)
        if abs(after - 2 * before) <= 1 + _EXACT * before:
            found.append(name)
    return found
