"""A GPU where there is none: tensors on the CPU that carry a mark, and code that must respect it.

Within `PretendedGPU()` a tensor that is asked for on "cuda" is made on the CPU and marked. What is
computed from marked tensors is marked; marked and unmarked tensors may not meet, nor may numpy see
a marked one: what a real GPU would refuse is refused. So a forgotten `device=` or `.cpu()` is
found on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

GPU = torch.device("cuda:0")
_CPU = torch.device("cpu")
_DEVICE, _IS_CUDA = Tensor.device.__get__, Tensor.is_cuda.__get__  # type: ignore[attr-defined]
_HIDDEN = (Tensor.numpy, Tensor.__array__)
_OF_A_TENSOR = (Tensor.to, Tensor.type_as)
_MAY_MIX = (Tensor.copy_,)
_INDEXED = (Tensor.__getitem__, Tensor.__setitem__, Tensor.index_put, Tensor.index_put_)
_NEVER_A_SCALAR = (torch.cat, torch.stack, torch.bmm, torch.matmul, Tensor.matmul)


class DeviceError(RuntimeError):
    """What a GPU would refuse."""


class PretendedGPU(TorchFunctionMode):
    """While it is entered, "cuda" is a device of its own."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run a function of torch, and mark or refuse."""
        given = dict(kwargs or {})
        if func is torch.device:
            return func(*args, **given)
        if func == _DEVICE:
            return GPU if on_gpu(args[0]) else _CPU
        if func == _IS_CUDA:
            return on_gpu(args[0])
        if func in _HIDDEN and on_gpu(args[0]):
            raise DeviceError("can't convert a cuda:0 tensor to numpy; use .cpu() first")
        if func is Tensor.cpu:
            return args[0].detach().clone() if on_gpu(args[0]) else func(*args, **given)
        wanted = _wanted(func, args, given)
        if wanted is None:
            _check(func, args, given)
            wanted = any(map(on_gpu, _tensors((*args, *given.values()))))
        result = func(*map(_here, args), **{name: _here(value) for name, value in given.items()})
        return _marked(result, wanted, args)


def on_gpu(value: object) -> bool:
    """Whether it is a marked tensor."""
    return isinstance(value, Tensor) and bool(getattr(value, "pretended", False))


def _wanted(func: Callable[..., Any], args: Sequence[Any], given: dict[str, Any]) -> bool | None:
    """Whether the call itself says where its result lies; None if its tensors do."""
    said = given.get("device")
    if said is None and func in _OF_A_TENSOR:
        others = [value for value in (*args[1:], *given.values()) if isinstance(value, Tensor)]
        if others:
            return on_gpu(others[0])
        said = next((v for v in args[1:] if isinstance(v, torch.device | str)), None)
    return None if said is None else torch.device(said).type == "cuda"


def _check(func: Callable[..., Any], args: Sequence[Any], given: dict[str, Any]) -> None:
    found = list(_tensors((*args, *given.values())))
    if func in _MAY_MIX or not any(map(on_gpu, found)):
        return
    if func in _INDEXED and on_gpu(args[0]):
        found = [args[0], *_tensors(args[2:])]  # a GPU is indexed by numbers from anywhere
    scalars = func not in _NEVER_A_SCALAR
    strangers = [t for t in found if not on_gpu(t) and not (scalars and t.dim() == 0)]
    if strangers:
        shapes = [tuple(t.shape) for t in found]
        raise DeviceError(
            f"{getattr(func, '__name__', func)}: expected all tensors to be on the same device, "
            f"but found cuda:0 and cpu; shapes={shapes}"
        )


def _tensors(values: Any) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _here(value: Any) -> Any:
    """The same argument for the CPU that does the work."""
    if isinstance(value, torch.device) or (isinstance(value, str) and value.startswith("cuda")):
        return _CPU
    return value


def _marked(result: Any, wanted: bool, args: Sequence[Any]) -> Any:
    if isinstance(result, Tensor):
        if on_gpu(result) == wanted:
            return result
        # The CPU hands out the very tensor that it was given, where a GPU would make another.
        moved = result.detach().clone() if any(result is given for given in args) else result
        moved.pretended = wanted  # type: ignore[attr-defined]
        return moved
    if isinstance(result, Iterator):
        return iter([_marked(item, wanted, args) for item in result])
    if isinstance(result, list | tuple):
        for item in result:
            if isinstance(item, Tensor):
                item.pretended = wanted  # type: ignore[attr-defined]
    return result
