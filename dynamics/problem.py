"""What training starts from, checked once, and doubled by a copy moved by an ulp."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dynamics.enclosures import doubled

Layers: TypeAlias = Literal["first", "both"]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Data and starting parameters, as given and moved by an ulp, over a flat seed dimension.

    Attributes:
        x: inputs; index 0 of the first dimension is the given one, 1 the moved one.
        y, w, a: labels and parameters.
        seeds: the shape of the leading dimensions that were flattened to s.
        both: whether the output layer is trained too.
    """

    x: Float[Tensor, "2 1 n d"]
    y: Float[Tensor, "2 s n"]
    w: Float[Tensor, "2 s m d"]
    a: Float[Tensor, "2 s m"]
    seeds: tuple[int, ...]
    both: bool

    @property
    def n(self) -> int:
        """Samples."""
        return self.x.shape[-2]

    @property
    def d(self) -> int:
        """Input dimension."""
        return self.x.shape[-1]

    @property
    def m(self) -> int:
        """Neurons."""
        return self.w.shape[-2]

    def rows(self, start: int, stop: int) -> Problem:
        """The same problem for some of the seeds, in their flat order."""
        return self._part(slice(start, stop))

    def only(self, chosen: Bool[Tensor, " s"]) -> Problem:
        """The same problem for the chosen seeds."""
        return self._part(chosen)

    def _part(self, part: slice | Tensor) -> Problem:
        y, w, a = self.y[:, part], self.w[:, part], self.a[:, part]
        return replace(self, y=y, w=w, a=a, seeds=tuple(w.shape[1:2]))


def problem(x: Tensor, y: Tensor, w: Tensor, a: Tensor, layers: str, where: str) -> Problem:
    """The doubled batch of a run.

    Raises:
        ValueError: shapes that do not fit, a number that is not finite, unknown layers.
    """
    if layers not in ("first", "both"):
        raise ValueError(f"{where}: layers={layers!r}; give 'first' or 'both'")
    labels, flat, outputs = checked(x, y, w, a, where)
    return Problem(
        x=doubled(x.to(w).unsqueeze(0), keep=2),
        y=doubled(labels, keep=1),
        w=doubled(flat, keep=2),
        a=doubled(outputs, keep=1),
        seeds=tuple(w.shape[:-2]),
        both=layers == "both",
    )


def checked(
    x: Tensor, y: Tensor, w: Tensor, a: Tensor, where: str
) -> tuple[Float[Tensor, "s n"], Float[Tensor, "s m d"], Float[Tensor, "s m"]]:
    """Labels and both layers over a flat seed dimension, in the device and dtype of w.

    Raises:
        ValueError: shapes that do not fit, a number that is not finite, w of another dtype than
            float64 and float32.
    """
    _check_shapes(x, y, w, a, where)
    if w.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"{where}: w is of {w.dtype}; give torch.float64 or torch.float32")
    for name, values in (("x", x), ("y", y), ("w", w), ("a", a)):
        # The extremes of numbers with a NaN are NaN; far fewer passes than to look at each number.
        if not bool(torch.isfinite(torch.stack(torch.aminmax(values))).all()):
            raise ValueError(f"{where}: {name} has a NaN or an infinity; give finite numbers")
    seeds, m = tuple(w.shape[:-2]), w.shape[-2]
    s, n = math.prod(seeds), x.shape[0]
    try:
        labels, outputs = y.to(w).expand(*seeds, n), a.to(w).expand(*seeds, m)
    except RuntimeError:
        raise ValueError(
            f"{where}: w has seeds {seeds}, but y has shape {tuple(y.shape)} and a "
            f"{tuple(a.shape)}; give the same leading dimensions, or none"
        ) from None
    return labels.reshape(s, n), w.reshape(s, m, -1), outputs.reshape(s, m)


def step_sizes(
    eta: float | Tensor, w: Tensor, seeds: tuple[int, ...], steps: int, where: str
) -> Float[Tensor, " s"]:
    """One step size per seed, over a flat seed dimension, in the device and dtype of w.

    Raises:
        ValueError: eta is not finite and > 0 or fits no seeds, or steps is no whole number >= 0.
    """
    if not isinstance(eta, int | float | Tensor):
        raise ValueError(f"{where}: eta={eta!r}; give a number, or a tensor of one per seed")
    rate = torch.as_tensor(eta, dtype=w.dtype, device=w.device)
    if not bool((torch.isfinite(rate) & (rate > 0)).all()):
        raise ValueError(f"{where}: eta={eta!r}; give a finite step size > 0")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise ValueError(f"{where}: steps={steps!r}; give a whole number of steps >= 0")
    try:
        return rate.expand(seeds).reshape(-1)
    except RuntimeError:
        raise ValueError(
            f"{where}: eta has shape {tuple(rate.shape)}, the seeds {tuple(seeds)}; give one step, "
            "or one per seed"
        ) from None


def spread_labels(
    y: Float[Tensor, "*#s n"], like: Tensor, seeds: tuple[int, ...], where: str
) -> Float[Tensor, "s n"]:
    """One row of labels per seed, over a flat seed dimension, in the device and dtype of `like`.

    Raises:
        ValueError: leading dimensions that do not fit the network's.
    """
    n = y.shape[-1]
    try:
        return y.to(like).expand(*seeds, n).reshape(-1, n)
    except RuntimeError:
        raise ValueError(
            f"{where}: the network has seeds {seeds}, y the shape {tuple(y.shape)}; give the same "
            "leading dimensions, or none"
        ) from None


def _check_shapes(x: Tensor, y: Tensor, w: Tensor, a: Tensor, where: str) -> None:
    if x.ndim != 2 or w.ndim < 2 or x.shape[-1:] != w.shape[-1:] or 0 in x.shape + w.shape:
        raise ValueError(
            f"{where}: x has shape {tuple(x.shape)} and w {tuple(w.shape)}; give (n, d) and "
            "(..., m, d) with numbers in them"
        )
    if y.shape[-1:] != x.shape[:1]:
        raise ValueError(
            f"{where}: y has shape {tuple(y.shape)}, n={x.shape[0]}; give one label per input"
        )
    if a.shape[-1:] != w.shape[-2:-1]:
        raise ValueError(
            f"{where}: a has shape {tuple(a.shape)}, m={w.shape[-2]}; give one per neuron"
        )
