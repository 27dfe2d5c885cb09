"""Setting the width of a claim to a wanted m, whichever way the claim has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

Constants: TypeAlias = Mapping[str, object]
Reached: TypeAlias = Callable[[Constants], int | None]

_TRIES = 60  # the bracket of the factor shrinks at each


def width_setting(constants: Constants, m: int, reached: Reached) -> dict[str, object]:
    """Constants that give the width m.

    A claim has its width as a constant `neurons`, as a whole constant `width`, or as a factor
    `width` of its formula; the factor is then solved for, from the m that the claim says it
    reached.

    Args:
        constants: of the claim.
        m: the wanted width.
        reached: the m that the claim reaches with these constants; None if it does not say.

    Raises:
        ValueError: it has its width in none of these ways, or no factor gives m.
    """
    if "neurons" in constants:
        return {"neurons": m}
    factor = constants.get("width")
    if isinstance(factor, int) and not isinstance(factor, bool):
        return {"width": m}
    found = reached(constants) if isinstance(factor, float) else None
    if found is None or not isinstance(factor, float):
        raise ValueError(
            "m: the claim has its width neither as a parameter m nor as a constant neurons or "
            f"width; its constants are {', '.join(constants) or 'none'}"
        )
    return {"width": _solved({**constants}, factor, m, found, reached)}


def _solved(constants: Constants, factor: float, m: int, found: int, reached: Reached) -> float:
    # m = ceil(factor * unit), so that each try encloses the unit in ((m - 1)/factor, m/factor].
    low, high = 0.0, float("inf")
    for _ in range(_TRIES):
        if found == m:
            return factor
        low, high = max(low, (found - 1) / factor), min(high, found / factor)
        unit = (low + high) / 2
        factor = (m - 0.5) / unit
        found = reached({**constants, "width": factor}) or 0
    raise ValueError(f"m={m}: no factor width gives it, the nearest m is {found}; choose another m")
