"""A torch module on given inputs as a map of its parameters, laid out in one vector."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

# Operations with kinks or jumps: where they occur a map is not twice differentiable everywhere.
_KINKED = (
    *("abs", "clamp", "clamp_max", "clamp_min", "hardsigmoid", "hardswish", "hardtanh"),
    *("leaky_relu", "max_pool2d", "max_pool2d_with_indices", "maximum", "minimum", "prelu"),
    *("_prelu_kernel", "relu", "relu_", "relu6", "round", "rrelu_with_noise", "sign", "threshold"),
)
_SAME = 1e-9  # relative; samples that are computed alone and together agree this well


@dataclass(frozen=True, slots=True, eq=False, init=False)
class FlatModule:
    """F(w): the outputs of a module at the parameters w, one number for each sample and output.

    The module is copied, converted to w's dtype and put into evaluation mode. Parameters that do
    not require a gradient stay what they are. With k outputs a sample, F_(ik + j) is the j-th one
    of sample i.

    Attributes:
        x: inputs, one per sample along the first dimension.
        w: the parameters that the module came with.
        names: of the parameters, in the order in which w has them.
        outputs: k, outputs per sample.
        apart: whether a sample's outputs do not depend on the other samples.
        kinks: operations met that have kinks or jumps, such as "relu".

    Raises:
        ValueError: nothing to train, or the outputs are no real numbers per sample.
    """

    x: Tensor
    w: Float[Tensor, " p"]
    names: tuple[str, ...]
    outputs: int
    apart: bool
    kinks: tuple[str, ...]
    _module: nn.Module
    _shapes: tuple[tuple[int, ...], ...]

    def __init__(self, module: nn.Module, x: Tensor, dtype: torch.dtype = torch.float64) -> None:
        own = copy.deepcopy(module).to(dtype=dtype).eval()
        trained = {name: p for name, p in own.named_parameters() if p.requires_grad}
        if not trained:
            raise ValueError(
                "FlatModule: the module has no parameter that requires a gradient; give one that "
                "can be trained"
            )
        values: dict[str, Any] = {
            "x": x.to(dtype) if x.is_floating_point() else x,
            "w": torch.cat([p.detach().flatten() for p in trained.values()]),
            "names": tuple(trained),
            "_module": own,
            "_shapes": tuple(tuple(p.shape) for p in trained.values()),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        seen = _Operations()
        with seen, torch.no_grad():
            together = self._of(self.w, self.x)
        object.__setattr__(self, "outputs", _outputs(together, len(x)))
        object.__setattr__(self, "kinks", tuple(sorted(seen.names & set(_KINKED))))
        object.__setattr__(self, "apart", self._each_apart(together))

    def __call__(self, w: Float[Tensor, " p"]) -> Float[Tensor, " nk"]:
        """All outputs, sample by sample."""
        return self._of(w, self.x).flatten()

    def component(self, w: Float[Tensor, " p"], i: Int64[Tensor, ""]) -> Float[Tensor, ""]:
        """F_i(w) from its own sample alone; right only where `apart`."""
        sample = self.x.index_select(0, (i // self.outputs).reshape(1))
        found = self._of(w, sample).flatten()
        return found.index_select(0, (i % self.outputs).reshape(1)).squeeze(0)

    def _of(self, w: Tensor, x: Tensor) -> Tensor:
        parts = torch.split(w, [math.prod(shape) for shape in self._shapes])
        given = {
            name: part.view(shape)
            for name, part, shape in zip(self.names, parts, self._shapes, strict=True)
        }
        # The fast kernels of attention have no second derivative.
        with sdpa_kernel(SDPBackend.MATH):
            outputs: Tensor = torch.func.functional_call(self._module, given, (x,))
        return outputs

    def _each_apart(self, together: Tensor) -> bool:
        """Tried, not proved; a module that takes no single sample has none."""
        try:
            with torch.no_grad():
                alone = torch.cat([self._of(self.w, one.unsqueeze(0)) for one in self.x])
        except (RuntimeError, ValueError, IndexError):
            return False
        if alone.shape != together.shape:
            return False
        size = float(together.abs().amax())
        return bool(torch.isfinite(alone).all()) and bool(
            ((alone - together).abs() <= _SAME * (size + 1e-300)).all()
        )


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's base is untyped
    """Remembers the names of the operations that are called within it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """The operation, as it is."""
        self.names.add(func._schema.name.partition("::")[2])
        return func(*args, **(kwargs or {}))


def _outputs(found: Any, n: int) -> int:
    """How many numbers each sample has. Raises ValueError: as `FlatModule`."""
    if not isinstance(found, Tensor) or not found.is_floating_point():
        kind = found.dtype if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(f"FlatModule: the module gives {kind}; give one that returns real numbers")
    if found.ndim < 1 or found.shape[0] != n or not found.numel():
        raise ValueError(
            f"FlatModule: {n} inputs give outputs of shape {tuple(found.shape)}; give a module "
            f"whose outputs have shape ({n},) or ({n}, k)"
        )
    return found.numel() // n
