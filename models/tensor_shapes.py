"""Whether tensors fit each other, told in one line where they do not."""

from __future__ import annotations

import torch
from torch import Tensor

_TYPES = (torch.float32, torch.float64)


def check_shapes(where: str, *, finite: bool = True, **given: tuple[Tensor, str]) -> None:
    """Raises if tensors are of other shapes than named, of several types, or not finite.

    Args:
        where: the function that asks, for the message.
        finite: whether infinities and NaN are refused too.
        given: for each argument its value and its shape in letters, "n d", as in an annotation: a
            letter stands for one size >= 1 in all of them, a first "*s" for the same seeds.

    Raises:
        ValueError: what does not fit.
    """
    sizes: dict[str, object] = {}
    for name, (value, shape) in given.items():
        if not isinstance(value, Tensor):
            raise ValueError(f"{where}: {name}={value!r}; give a tensor of shape ({_told(shape)})")
        if value.dtype not in _TYPES:
            raise ValueError(f"{where}: {name} is of {value.dtype}; give torch.float64")
        if not _fits(value, shape.split(), sizes):
            found = ", ".join(f"{key} {_seen(each)}" for key, (each, _) in given.items())
            wanted = ", ".join(f"{key} ({_told(each)})" for key, (_, each) in given.items())
            raise ValueError(f"{where}: shapes {found}; give {wanted}")
        if finite and not bool(torch.isfinite(value).all()):
            raise ValueError(
                f"{where}: {name} has an entry that is not finite; give finite numbers"
            )
    if len({value.dtype for value, _ in given.values()}) > 1:
        found = ", ".join(f"{key} of {each.dtype}" for key, (each, _) in given.items())
        raise ValueError(f"{where}: {found}; give one type")


def _fits(value: Tensor, letters: list[str], sizes: dict[str, object]) -> bool:
    """Whether a shape agrees with the sizes that letters have so far; learns those of others."""
    own: list[object] = list(value.shape)
    if letters[:1] == ["*s"]:
        seeds = max(0, value.ndim - len(letters) + 1)
        own[:seeds] = [value.shape[:seeds]]
    return (
        len(own) == len(letters)
        and value.numel() > 0
        and all(
            sizes.setdefault(letter, size) == size
            for letter, size in zip(letters, own, strict=True)
        )
    )


def _seen(value: object) -> str:
    return str(tuple(value.shape)) if isinstance(value, Tensor) else repr(value)


def _told(shape: str) -> str:
    return ", ".join(shape.split())
