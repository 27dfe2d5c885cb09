"""Wide strategies of data sets, and of networks on them, for breaking one premise alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis.strategies import SearchStrategy

from models import Dataset, Start
from strategies import (
    antipodal_datasets,
    duplicated_datasets,
    nonzero_datasets,
    starts,
    unit_sphere_datasets,
    with_premises,
)

_N, _D = 4, 4  # small data: a witness is to be read


def breakers(
    parameter: str,  # noqa: ARG001  part of what the engine says
    annotation: object,
    name: str,
    premises: Mapping[str, Callable[[Any], bool]],
) -> list[tuple[str, SearchStrategy[Any]]]:
    """Strategies whose values break the premise and keep all others, with words for each.

    Args:
        parameter: of the claim.
        annotation: its type; nothing is known of others than data sets and starts.
        name: the premise to break.
        premises: all premises of the parameter's own strategy.
    """
    made: Sequence[tuple[str, SearchStrategy[Any]]] = []
    if annotation is Dataset:
        made = _data(name)
    elif annotation is Start:
        made = [
            (f"a network on {words}", _networks(data, own="labels bounded" in premises))
            for words, data in _data(name)
        ]
    others = {other: holds for other, holds in premises.items() if other != name}

    def breaks(value: Any) -> bool:
        return not premises[name](value) and all(holds(value) for holds in others.values())

    return [(f"by {words}", with_premises(wide.filter(breaks), others)) for words, wide in made]


def _data(name: str) -> Sequence[tuple[str, SearchStrategy[Dataset]]]:
    """Wide strategies in which the premise often fails."""
    if name == "unit norm":
        return [("data of any norm", nonzero_datasets(max_n=_N, max_d=_D))]
    if name in ("not parallel", "no duplicates"):
        return [
            ("data with a repeated input", duplicated_datasets(max_n=_N, max_d=_D)),
            ("data with opposite inputs", antipodal_datasets(max_d=_D)),
        ]
    if name == "not antiparallel":
        return [("data with opposite inputs", antipodal_datasets(max_d=_D))]
    if name == "labels bounded":
        large = unit_sphere_datasets(max_n=_N, max_d=_D, max_abs_label=99)
        return [("labels up to 99", large)]
    if name.startswith("lambda_0 >= "):
        return _flat(float(name.rpartition(" ")[2]))
    if name == "orthogonal" or name.startswith("lambda_0 <= "):
        return [("data on the unit sphere", unit_sphere_datasets(max_n=_N, max_d=_D))]
    return []  # "nonzero" among them: no recipe of data has a zero row


def _flat(bound: float) -> Sequence[tuple[str, SearchStrategy[Dataset]]]:
    # First below the bound but positive: at 0 most statements cannot be evaluated.
    small = unit_sphere_datasets(
        min_n=2, max_n=_N, min_d=2, max_d=_D, max_lambda_0=bound / 2, antiparallel="forbidden"
    )
    return [
        (f"data with lambda_0 <= {bound / 2:g}", small),
        (
            "data with a repeated input, so that lambda_0 = 0",
            duplicated_datasets(max_n=_N, max_d=_D),
        ),
    ]


def _networks(data: SearchStrategy[Dataset], *, own: bool) -> SearchStrategy[Start]:
    return starts(data=data, max_m=12, labels="own" if own else "near-initial")
