"""What rounding does to a computation: it is repeated with every result moved by an ulp."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

_SAFETY = 10.0  # the rule of the court: ten times the difference
_STARTS = (1, 500_009)  # of the patterns of ulps, one for each repetition
_STRIDE = 7919  # between the patterns of successive operations


class EveryUlp(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's base is untyped
    """Within it every operation's floating-point result is moved by an ulp up or down.

    Backward passes are operations too. Results written in place and views are left alone: what
    they hold was, or will be, the result of another operation. Forward-mode derivatives are not
    to be taken within it.
    """

    def __init__(self, start: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.place = start

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """The operation's result, moved."""
        result = func(*args, **(kwargs or {}))
        schema = func._schema
        if schema.is_mutable or any(one.alias_info for one in schema.returns):
            return result
        return tree_map(self._moved, result)

    def _moved(self, value: Any) -> Any:
        if not isinstance(value, Tensor) or not value.is_floating_point() or value._is_zerotensor():
            return value  # zeros without storage, which derivatives are full of, cannot be moved
        self.place += _STRIDE
        place = torch.arange(self.place, self.place + value.numel(), device=value.device)
        # Knuth's multiplicative hash: signs without any period that data could share.
        signs = (place * 2654435761 >> 13) % 2 * 2 - 1
        return value * (1 + torch.finfo(value.dtype).eps * signs.to(value)).reshape(value.shape)


def apart(compute: Callable[[], Tensor]) -> tuple[Tensor, Tensor]:
    """What a function computes, and ten times how far apart moved repetitions come out.

    Args:
        compute: takes nothing, gives a tensor; the same one each time, but for rounding.
    """
    value = compute()
    error = torch.zeros_like(value)
    for start in _STARTS:
        with EveryUlp(start):
            moved = compute()
        error = torch.maximum(error, (moved - value).abs())
    # A repetition that overflows where the first did not says nothing about the error.
    return value, torch.nan_to_num(_SAFETY * error, nan=math.inf, posinf=math.inf)
