"""Arguments held against their annotations where a public function begins.

A wrong one is told in one line, instead of an error of torch's from the depths or a NaN in the
result. What an annotation cannot say (signs, ranges) stays with the function.

jaxtyping with beartype holds types and shapes too, but takes NaN, infinities and a bool for an int,
and no int for a float; neither does it say what would be right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache, wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar, get_type_hints, overload

from models.annotations import Check, Sizes, check_for

P = ParamSpec("P")
T = TypeVar("T")


@overload
def as_annotated(function: Callable[P, T], /) -> Callable[P, T]: ...


@overload
def as_annotated(*, finite: bool) -> Callable[[Callable[P, T]], Callable[P, T]]: ...


def as_annotated(function: Callable[P, T] | None = None, /, *, finite: bool = True) -> Any:
    """Decorates a function: each call holds the arguments against their annotations.

    A tensor has the kind and the shape that is written, with one size for each letter and any
    number of dimensions for "*s"; a number is neither NaN nor a bool, whole where it is an `int`;
    anything else is an instance.

    Args:
        function: what is decorated. Its annotations are read at its first call.
        finite: whether infinities and NaN in tensors are refused, unless torch.vmap hides them.
            That waits for a device: not where a step of training begins.

    Raises:
        ValueError: by the decorated function, at an argument that does not fit.
    """
    if function is None:
        return lambda given: _held(given, finite=finite)
    return _held(function, finite=finite)


def check_fields(value: object, *, finite: bool = True) -> None:
    """Holds the fields of a dataclass against their annotations; for `__post_init__`.

    Args:
        value: an instance.
        finite: whether infinities and NaN in tensors are refused.

    Raises:
        ValueError: at a field that does not fit.
    """
    sizes: Sizes = {}
    kind: Any = type(value)
    for name, check in _field_checks(kind, finite=finite).items():
        wrong = check(getattr(value, name), name, sizes)
        if wrong:
            raise ValueError(f"{kind.__name__}: {wrong}")


@cache
def _field_checks(kind: Any, *, finite: bool) -> dict[str, Check]:
    hints = get_type_hints(kind)
    found = {each.name: check_for(hints[each.name], finite=finite) for each in fields(kind)}
    return {name: check for name, check in found.items() if check}


def _held(function: Callable[P, T], *, finite: bool) -> Callable[P, T]:
    where = function.__qualname__
    names = [*signature(function).parameters]
    checks: dict[str, Check] = {}

    def learn() -> dict[str, Check]:
        hints = get_type_hints(function)
        found = {name: check_for(hints[name], finite=finite) for name in names if name in hints}
        checks.update({name: check for name, check in found.items() if check})
        return checks

    @wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        sizes: Sizes = {}
        known = checks or learn()
        for given in (zip(names, args, strict=False), kwargs.items()):
            for name, value in given:
                check = known.get(name)
                wrong = check(value, name, sizes) if check else None
                if wrong:
                    raise ValueError(f"{where}: {wrong}")
        return function(*args, **kwargs)

    return told
