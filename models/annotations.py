"""What an annotation asks of an argument: a tensor of a shape, a number, an instance."""

from __future__ import annotations

import math
from collections import abc
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from numbers import Integral, Real
from types import UnionType
from typing import Any, Literal, TypeAlias, get_args, get_origin

import torch
from torch import Tensor

Sizes: TypeAlias = dict[str, Any]
"""What the letters of shapes stand for in one call, as far as is known."""

Check: TypeAlias = Callable[[object, str, Sizes], str | None]
"""From a value, its name and the sizes: what is wrong and what would be right, or None."""

_LONGEST = 60  # characters of a value in a message
_TOO_LARGE = 2**63  # no tensor has so many entries, and no loop comes so far
_KINDS = {
    "float64": ((torch.float32, torch.float64), "torch.float64"),
    "int64": ((torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8), "torch.int64"),
    "bool": ((torch.bool,), "torch.bool"),
}
_NUMBERS = {int: (Integral, "an integer"), float: (Real, "a number"), Fraction: (Real, "a number")}


def check_for(hint: Any, *, finite: bool) -> Check | None:
    """What holds an annotation; None if it says nothing that can be seen in a value.

    Args:
        hint: the annotation, evaluated.
        finite: whether tensors must be.
    """
    origin, parts = get_origin(hint), get_args(hint)
    if hint is Tensor or hasattr(hint, "dim_str"):
        return _tensor_check(hint, finite=finite)
    if origin is UnionType:
        return partial(_either, [check_for(each, finite=finite) for each in parts])
    if origin is Literal:
        return partial(_choice, parts)
    if origin is abc.Callable:
        return _function
    if origin in (abc.Sequence, abc.Collection, list, tuple):
        return partial(_several, check_for(parts[0], finite=finite))
    if origin is None and hint in _NUMBERS:
        return partial(_number, *_NUMBERS[hint])
    told = origin is None and isinstance(hint, type) and hint is not Any
    return partial(_instance, hint) if told else None


def said(value: object) -> str:
    """A value in a message, cut where it is long."""
    if isinstance(value, Tensor):
        return f"<tensor of shape {tuple(value.shape)}>"
    text = " ".join(repr(value).split())  # an array's lies on several lines
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def all_finite(value: Tensor) -> bool:
    """Whether no infinity and no NaN is seen; one pass where the sum of the entries is finite."""
    try:
        return math.isfinite(float(value.detach().sum())) or bool(torch.isfinite(value).all())
    except RuntimeError:  # under vmap, or on the device "meta", entries cannot be looked at
        return True


def _tensor_check(hint: Any, *, finite: bool) -> Check:
    letters = tuple(getattr(hint, "dim_str", "*any").split())
    many = letters[0].startswith("*") if letters else False
    written = getattr(hint, "dtypes", ())
    kind = next((kind for kind in _KINDS if kind in written), None)
    types, right = _KINDS.get(kind or "", ((), ""))
    return _TensorCheck(
        letters=letters[1:] if many else letters,
        many=many,
        types=types,
        right=right,
        told=", ".join(letters).replace("#", ""),
        finite=finite and kind in ("float64", None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _TensorCheck:
    """Attributes: the letters behind "*s", whether there is one; types, and the one to give."""

    letters: tuple[str, ...]
    many: bool
    types: tuple[torch.dtype, ...]
    right: str
    told: str
    finite: bool

    def __call__(self, value: object, name: str, sizes: Sizes) -> str | None:
        if not isinstance(value, Tensor):
            return f"{name}={said(value)}; give a tensor of shape ({self.told})"
        if self.types and value.dtype not in self.types:
            return f"{name} is of {value.dtype}; give {self.right}"
        own = value.shape[max(0, value.ndim - len(self.letters)) :] if self.many else value.shape
        if len(own) != len(self.letters):
            return f"{name} has shape {tuple(value.shape)}; give ({self.told})"
        for letter, size in zip(self.letters, own, strict=True):
            known = sizes.setdefault(letter, size) if letter.isidentifier() else size
            if size == 0 or known != size:
                where = f" with {letter}={known}" if known else ""
                return f"{name} has shape {tuple(value.shape)}; give ({self.told}){where}"
        if self.finite and value.is_floating_point() and not all_finite(value):
            return f"{name} has an entry that is not finite; give finite numbers"
        return None


def _number(kind: type, told: str, value: object, name: str, _: Sizes) -> str | None:
    if isinstance(value, bool) or not isinstance(value, kind) or value != value:
        alone = isinstance(value, Tensor) and value.ndim == 0
        return f"{name}={said(value)}; give {told}{f', {name}.item() may be one' * alone}"
    if isinstance(value, int) and abs(value) >= _TOO_LARGE:
        return f"{name} is an integer beyond 2^63; give a smaller one"
    return None


def _choice(words: tuple[object, ...], value: object, name: str, _: Sizes) -> str | None:
    if isinstance(value, str) and value in words:
        return None
    return f"{name}={said(value)}; give {' or '.join(map(repr, words))}"


def _instance(kind: type, value: object, name: str, _: Sizes) -> str | None:
    if getattr(kind, "_is_protocol", False):
        asked = [*vars(kind), *kind.__annotations__]
        fits = all(hasattr(value, each) for each in asked if not each.startswith("_"))
    else:
        fits = isinstance(value, kind)
    article = "an" if kind.__name__[0] in "AEIOU" else "a"
    return None if fits else f"{name}={said(value)}; give {article} {kind.__name__}"


def _function(value: object, name: str, _: Sizes) -> str | None:
    return None if callable(value) else f"{name}={said(value)}; give a function"


def _several(check: Check | None, value: object, name: str, _: Sizes) -> str | None:
    if isinstance(value, str) or not isinstance(value, abc.Collection):
        return f"{name}={said(value)}; give a list"
    if check is None:
        return None
    wrongs = (check(each, f"{name}[{i}]", {}) for i, each in enumerate(value))
    return next((wrong for wrong in wrongs if wrong), None)


def _either(checks: list[Check | None], value: object, name: str, sizes: Sizes) -> str | None:
    wrongs = [check and check(value, name, {**sizes}) for check in checks]
    return None if None in wrongs else wrongs[0]
