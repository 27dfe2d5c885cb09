"""From two runs, one of them moved by an ulp, to enclosures of what a trajectory publishes."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from verdicts import Approx

EPS = float(np.finfo(np.float64).eps)
_TINY = float(np.finfo(np.float64).tiny)
SAFETY = 10.0  # the rule of the court: ten times the difference of the two runs
OVERFLOW = 1e250  # a squared residual beyond this is no longer followed
# Finite on purpose: -inf says "told from zero", which a row of unknown residual must not say.
UNKNOWN_LOG = 1e300
_EXCUSED = 1e-6  # of |e_0|^2: a larger |e_k|^2 that is not told from zero is unknown, not small

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def nudged(values: Float[Tensor, "*s k"], *, keep: int) -> Float[Tensor, "*s k"]:
    """Every entry moved by about one ulp, up or down by a fixed pattern; zeros stay.

    Args:
        values: what is moved.
        keep: how many trailing dimensions make one instance. The pattern depends on the place in
            the instance only, so a seed moves alike in every batch.
    """
    shape = values.shape[values.ndim - keep :]
    place = torch.arange(math.prod(shape), device=values.device)
    # Knuth's multiplicative hash: signs without any period that data could share.
    signs = ((place + 1) * 2654435761 >> 13) % 2 * 2 - 1
    return values * (1 + torch.finfo(values.dtype).eps * signs.to(values.dtype)).reshape(shape)


def doubled(values: Float[Tensor, "*s k"], *, keep: int) -> Float[Tensor, "2 *s k"]:
    """The values of both runs: as given, and `nudged`."""
    return torch.stack((values, nudged(values, keep=keep)))


def squared_norm(e: Array, error: Array, unknown: Mask, *, slack: Array | float = 0.0) -> Approx:
    """Enclosure of |e|^2 along the last axis, each entry off by at most its error.

    Args:
        e: the residual, finite where known.
        error: a bound of the error of each entry.
        unknown: where nothing but >= 0 is known.
        slack: a further error of the norm.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        norm, off = np.linalg.norm(e, axis=-1), np.linalg.norm(error, axis=-1) + slack
        rounding = (e.shape[-1] + 4) * EPS
        lower = np.maximum(norm * (1 - rounding) - off, 0.0) ** 2
        upper = ((norm + off) * (1 + rounding)) ** 2
    return not_negative(lower, upper, unknown)


def distance(base: Array, moved: Array, error: Array | float, unknown: Mask) -> Approx:
    """Enclosure of a nonnegative number from its values in two runs and a further error."""
    with np.errstate(invalid="ignore", over="ignore"):
        return around(base, SAFETY * np.abs(base - moved) + error, unknown)


def around(values: Array, error: Array, unknown: Mask) -> Approx:
    """Enclosure of nonnegative numbers from values and their errors."""
    with np.errstate(invalid="ignore", over="ignore"):
        return not_negative(np.maximum(values - error, 0.0), values + error, unknown)


def not_negative(lower: Array, upper: Array, unknown: Mask) -> Approx:
    """Enclosure by two ends; [0, inf] where nothing is known, and where an end is NaN."""
    unknown = unknown | np.isnan(lower) | np.isnan(upper)
    return Approx(np.where(unknown, 0.0, lower), np.where(unknown, np.inf, upper))


def log_ratio(squared: Approx, floor: Array, unknown: Mask) -> Approx:
    """Enclosure of log(|e_k|^2/|e_0|^2), exactly 0 at the first time.

    Args:
        squared: enclosures of |e_k|^2; the last axis is time.
        floor: below it the residual is not told from zero and the lower bound is -inf, if the
            upper bound is small too: an error that has grown excuses nothing; (..., 1).
        unknown: where the enclosure says nothing; the lower bound there is finite, so that such
            a time is compared and leaves the row undecided instead of being skipped.
    """
    start_low, start_high = squared.lower[..., :1], squared.upper[..., :1]
    blurred = (squared.lower <= floor) & ~(squared.upper <= _EXCUSED * start_low + floor)
    unknown = unknown | blurred
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lower = np.log(squared.lower) - np.log(start_high)
        upper = np.log(np.maximum(squared.upper, np.maximum(floor, _TINY))) - np.log(start_low)
        slack = 8 * EPS * (1 + np.abs(np.log(np.maximum(start_high, 1e-300))))
        lower = np.where(squared.lower > floor, lower - slack - 4 * EPS * np.abs(lower), -np.inf)
        upper = np.where(start_low > 0, upper + slack + 4 * EPS * np.abs(upper), np.inf)
    lower = np.where(unknown, np.minimum(-UNKNOWN_LOG, upper), np.minimum(lower, upper))
    lower[..., 0], upper[..., 0] = 0.0, 0.0
    return Approx(lower, upper)


def zero_floor(y: Float[Tensor, "s n"]) -> Array:
    """(1e-13 |y|)^2, shape (s, 1): below it a squared residual is not told from zero."""
    norm: Tensor = torch.linalg.vector_norm(y, dim=-1, keepdim=True)
    return array((1e-13 * norm).square())


def reshaped(values: Approx, shape: tuple[int, ...]) -> Approx:
    """The same enclosures in another shape."""
    return Approx(values.lower.reshape(shape), values.upper.reshape(shape), values.rigor)


def array(values: Float[Tensor, "*s k"]) -> Array:
    """The tensor as a float64 array on the host."""
    return values.detach().to(device="cpu", dtype=torch.float64).numpy()


def mask(values: Bool[Tensor, "*s k"]) -> Mask:
    """The tensor as a boolean array on the host."""
    return values.detach().cpu().numpy()
