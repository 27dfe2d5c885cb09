"""A run made twice, the second time an ulp away: what both show, and the errors that it tells.

For the networks whose weights are followed as matrices, deep and implicit ones. Their runs drift
apart by chance with both signs, so single differences are not trusted: the largest of a few steps
is, until the runs have come so far apart that their difference says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dynamics.enclosures import EPS, SAFETY, Array, Mask, array

_WINDOW = 8  # steps over which the difference of the runs is looked at
_PARTED = 1e-6  # of residual and labels
_NOISE_SHARE = 2  # the second run's residuals are moved by this share of a bound of rounding
_PERIOD = 1024  # steps after which the signs of those moves repeat


class Moves(Protocol):
    """What a record says of the parameters, P blocks of them, at K + 1 times.

    Attributes:
        moved: ||block - block(0)||_F.
        apart: length of the difference of both runs' displacements.
        pushed: how far errors that both runs may share have moved each block so far.
    """

    @property
    def moved(self) -> Float[Tensor, "s K1 P"]: ...  # noqa: D102

    @property
    def apart(self) -> Float[Tensor, "s K1 P"]: ...  # noqa: D102

    @property
    def pushed(self) -> Float[Tensor, "s K1 P"]: ...  # noqa: D102


Record = TypeVar("Record")


def shaken(
    e: Float[Tensor, "2 s n"], rounding: Float[Tensor, "s n"], k: int
) -> Float[Tensor, "2 s n"]:
    """The residuals of step k, those of the second run moved by a share of a bound of rounding.

    Signs differ from sample to sample and from step to step, and are the same in every batch.
    Roundings of a wide sum agree in sign more often than ulps of its weights do.
    """
    n = e.shape[-1]
    place = torch.arange(n, device=e.device) + (k % _PERIOD) * n
    # Knuth's multiplicative hash, as for the ulps at the start.
    signs = ((place + 1) * 2654435761 >> 13) % 2 * 2 - 1
    return torch.stack((e[0], e[1] + signs.to(e.dtype) * rounding / _NOISE_SHARE))


def joined(records: Sequence[Record], *, of_both: tuple[str, ...]) -> Record:
    """Records of chunks of seeds put together.

    Args:
        records: dataclasses of tensors, or of tuples of them, whose first dimension is seeds.
        of_both: the names of those where both runs are kept and lie in front of the seeds.
    """
    together: dict[str, Any] = {}
    for field in fields(records[0]):  # type: ignore[arg-type]
        parts = [getattr(one, field.name) for one in records]
        if isinstance(parts[0], tuple):
            together[field.name] = tuple(map(torch.cat, zip(*parts, strict=True)))
        else:
            together[field.name] = torch.cat(parts, dim=1 if field.name in of_both else 0)
    return type(records[0])(**together)


def parted(e: Array, y: Array) -> Mask:
    """Where the runs have come too far apart for their difference to be an error's estimate.

    Args:
        e: the residuals of both runs, (2, s, K + 1, n).
        y: labels, (s, n).
    """
    with np.errstate(invalid="ignore", over="ignore"):
        apart, size = np.abs(e[0] - e[1]).max(axis=-1), np.abs(e[0]).max(axis=-1)
        # Labels of 0 leave no size but the start's, once the residual has vanished.
        far = SAFETY * apart > _PARTED * (size + size[:, :1] + np.abs(y).max(axis=-1)[:, None])
    # In chaos the difference stops growing: what was lost once stays unknown.
    return np.asarray(np.logical_or.accumulate(far, axis=1))


def residual_error(e: Array) -> Array:
    """What the difference of the runs says of each entry of the residual, (s, K + 1, 1)."""
    return SAFETY * _largest_of_late(np.abs(e[0] - e[1]).max(axis=-1))[..., None]


def movement_error(run: Moves) -> Array:
    """How far each block may be from where it is said to be, (s, K + 1, P)."""
    moved, steps = array(run.moved), np.arange(run.moved.shape[1])[None, :, None]
    off: Array = SAFETY * _largest_of_late(array(run.apart)) + array(run.pushed)
    return off + (16 + np.sqrt(steps)) * EPS * moved


def _largest_of_late(difference: Array) -> Array:
    """The largest difference of the runs in some steps up to each; steps lie at axis 1."""
    # A difference that changes sign is small for a step or two, and says nothing there.
    largest = difference.copy()
    for back in range(1, min(_WINDOW, difference.shape[1])):
        np.fmax(largest[:, back:], difference[:, :-back], out=largest[:, back:])
    return largest


def last_of(
    run_last: Sequence[Tensor], lost: Bool[Tensor, " s"], starts: Sequence[Tensor]
) -> list[Tensor]:
    """The blocks after the last step, in the shapes of the start; inf where the run was lost."""
    return [
        torch.where(lost.reshape(-1, *(1,) * (t.ndim - 1)), math.inf, t).reshape(like.shape)
        for t, like in zip(run_last, starts, strict=True)
    ]
