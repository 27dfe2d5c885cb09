"""Whether what is given is a tensor of real numbers: complex ones would lose a part in silence."""

from __future__ import annotations

from numbers import Real

import torch
from torch import Tensor


def check_real(where: str, *, scalars: bool = False, **given: object) -> None:
    """Raises unless each argument is a tensor of real numbers.

    Args:
        where: the function that asks, for the message.
        scalars: whether a number will do as well.
        given: its arguments by name; None stands for one that was left out.

    Raises:
        ValueError: another kind of value, or a complex or boolean tensor.
    """
    for name, value in given.items():
        number = isinstance(value, Real) and not isinstance(value, bool)
        if value is None or (scalars and number):
            continue
        if not isinstance(value, Tensor):
            text = " ".join(repr(value).split())  # an array's lies on several lines
            told = f"{name}={text[:60]}{'...' * (len(text) > 60)}"
            raise ValueError(f"{where}: {told}; give {'a number or ' * scalars}a tensor of floats")
        if value.is_complex() or value.dtype == torch.bool:
            raise ValueError(f"{where}: {name} is of {value.dtype}; give torch.float64")
