"""The instances of a grid: a base instance with one thing replaced at each point."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from certify import lambda_min
from claims import at
from claims.case import Case
from claims.claim import Claim
from claims.explore.asking import bench_of
from claims.explore.bench import Values, drawn, numeric_constants
from claims.explore.quantity import scaling_constants, sizes_at
from claims.instance import decode, decode_instance
from claims.locate import NotFoundError
from models import Dataset, H_inf
from verdicts import Approx, exactly
from workbench.scaling.data import family, pair, rows_of, words

Placed: TypeAlias = tuple[str, Callable[[Dataset], Approx], Values]
_DELTA = 0.1  # where a claim quantifies over delta and nobody said which


def data_parameter(claim: Claim) -> str:
    """The one parameter that is a data set.

    Raises:
        NotFoundError: there is none.
    """
    names = [name for name, kind in claim.annotations.items() if kind is Dataset]
    if len(names) != 1:
        told = ", ".join(
            f"{name}: {getattr(kind, '__name__', kind)}" for name, kind in claim.annotations.items()
        )
        raise NotFoundError(
            f"{claim.id}: {len(names)} of its parameters are data sets ({told}); name a claim with "
            "exactly one"
        )
    return names[0]


def chosen_data(asked: Mapping[str, Any], n: int) -> Dataset:
    """Data of a size: of the source asked for, or of the family."""
    if asked["data"] is not None:
        return rows_of(asked["data"], n)
    return family(asked["family"], n)


def base(claim: Claim, asked: Mapping[str, Any]) -> dict[str, object]:
    """An instance with the data replaced: from a file, or the first that the strategies draw.

    A delta that nobody gave is 1/10.

    Raises:
        NotFoundError: a file or a setting does not fit, or nothing can be drawn.
    """
    where, given = data_parameter(claim), dict(asked["set"])
    unknown = [name for name in given if name not in claim.annotations or name == where]
    if unknown:
        plain = [name for name in claim.annotations if name != where]
        raise NotFoundError(
            f"--set {unknown[0]}: {claim.id} draws {', '.join(plain) or 'data only'}"
        )
    if asked["at"] is not None:
        recipe = at.read(asked["at"], Case(claim))
        values = decode_instance(recipe, claim.annotations, claim.id)
    else:
        values = _drawn(claim, asked)
        if claim.annotations.get("delta") is float and "delta" not in given:
            values["delta"] = _DELTA
    try:
        for name, text in given.items():
            values[name] = decode(_plain(text), claim.annotations[name], f"--set {name}")
    except (ValueError, TypeError, AttributeError) as error:
        raise NotFoundError(str(error)) from error
    return {**values, where: chosen_data(asked, asked["samples"])}


def grid(claim: Claim, asked: Mapping[str, Any]) -> list[Placed]:
    """The points of `--over`, in its order.

    Raises:
        NotFoundError: the claim has no such parameter, or a point is out of range.
    """
    over, points = asked["over"]["letter"], asked["over"]["points"]
    where, start = data_parameter(claim), base(claim, asked)
    if over == "n":
        return [_of_data(f"n={n:g}", where, start, chosen_data(asked, int(n)), n) for n in points]
    if over == "lambda_0":
        if asked["data"] is not None:
            raise NotFoundError(
                "--over lambda_0: it takes two vectors at an angle; leave --data out"
            )
        return [
            (f"lambda_0~{target:g}", _one_over_lambda_0, {**start, where: pair(target)})
            for target in points
        ]
    if claim.annotations.get(over) not in (float, int):
        plain = [name for name, kind in claim.annotations.items() if kind in (float, int)]
        known = ", ".join(["n", "lambda_0", *plain])
        raise NotFoundError(f"--over {over}: {claim.id} has no such number; give one of {known}")
    whole = claim.annotations[over] is int
    return [
        _of_number(over, start, int(number) if whole else float(number), inverse=over == "delta")
        for number in points
    ]


def letter_of(claim: Claim, constant: str | None, values: Values, asked: str | None) -> str:
    """The size that is asked for; "" for the constant itself, where it changes no size.

    Raises:
        NotFoundError: the claim tells no size of that name.
    """
    told = sizes_at(claim, {}, values)
    if asked is not None and asked not in told:
        raise NotFoundError(
            f"--quantity {asked}: {claim.id} tells {', '.join(told) or 'no size'} of itself"
        )
    if asked is not None or constant is None:
        return asked or ("m" if "m" in told else "")
    changed = sizes_at(claim, {constant: _doubled(claim, constant)}, values)
    moved = [name for name in told if changed.get(name) != told[name]]
    return "m" if "m" in moved else next(iter(moved), "")


def constant_for(claim: Claim, letter: str, values: Values) -> str:
    """The constant that the size is proportional to.

    Raises:
        NotFoundError: none, or several.
    """
    if letter:
        found = scaling_constants(claim, letter, values)
    else:
        found = [name for name, v in numeric_constants(claim).items() if isinstance(v, float)]
    if len(found) != 1:
        known = ", ".join(numeric_constants(claim)) or "none that is a number"
        what = f"the size {letter} is" if letter else "what is asked for may be"
        raise NotFoundError(
            f"{claim.id}: {what} proportional to {', '.join(found) or 'no constant'}; say which "
            f"with --constant (its constants: {known})"
        )
    return found[0]


def origin(asked: Mapping[str, Any]) -> str:
    """The data in words."""
    if asked["over"]["letter"] == "lambda_0":
        return "two unit vectors at an angle"
    if asked["over"]["letter"] == "n":
        return words(asked["data"], asked["family"], 0).replace("0", "n")
    return words(asked["data"], asked["family"], asked["samples"])


def _drawn(claim: Claim, asked: Mapping[str, Any]) -> dict[str, object]:
    found = drawn(bench_of(claim, {**asked, "instances": 5}, own=False))
    if not found:
        raise NotFoundError(f"{claim.id}: no instance could be drawn; give one with --at FILE.json")
    return dict(found[0])


def _of_data(label: str, where: str, start: Values, data: Dataset, n: float) -> Placed:
    return label, lambda _: exactly(float(n)), {**start, where: data}


def _of_number(over: str, start: Values, number: float, *, inverse: bool) -> Placed:
    place = exactly(1.0) / number if inverse else exactly(float(number))
    return f"{over}={number:g}", lambda _: place, {**start, over: number}


def _one_over_lambda_0(data: Dataset) -> Approx:
    from_kernel: Approx = 1 / lambda_min(H_inf(data.x))
    return from_kernel


def _doubled(claim: Claim, constant: str) -> int | float:
    return 2 * numeric_constants(claim)[constant] or 1


def _plain(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
