"""From the flows of several seeds to what is published: enclosures."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.enclosures import EPS, SAFETY, Array, Mask, array, distance, log_ratio, squared_norm
from dynamics.flow.runs import Trace, joined
from dynamics.wide.flow_first import Found
from dynamics.wide.flow_result import WideFlow
from verdicts import Approx, exactly


def recorded(times: Float[Tensor, " T"], found: list[Found], *, both: bool) -> WideFlow:
    """One row per seed."""
    trace, s = joined([each.trace for each in found]), len(found)
    since = trace.since.reshape(2, s).min(axis=0)
    unknown = array(times) > since[:, None]
    squared, logs = _residuals(trace, unknown)
    output = _moved(trace, trace.output, unknown) if both else exactly(0 * trace.movement[:s])

    def either(flags: Mask) -> Tensor:
        return torch.from_numpy(np.logical_or(*flags.reshape(2, s)))

    return WideFlow(
        times=times,
        residual=torch.from_numpy(trace.e[:s]),
        squared_residual=squared,
        movement=_moved(trace, trace.movement, unknown),
        output_movement=output,
        H=torch.from_numpy(trace.H[:s]),
        slid=either(trace.slid),
        several=either(trace.several),
        undecided=either(trace.lost),
        candidates=torch.tensor([each.candidates for each in found]),
        streams=torch.tensor([each.streams for each in found]),
        both=both,
        logs=logs,
    )


def _residuals(trace: Trace, unknown: Mask) -> tuple[Approx, Approx]:
    """|e|^2 and the logarithm of what is left of it."""
    (base, moved), left = _pair(trace.e), _pair(trace.left)[0]
    free = squared_norm(base, SAFETY * np.abs(base - moved), np.zeros_like(unknown), slack=left)
    # Along every solution the loss never grows.
    upper = np.minimum.accumulate(np.where(unknown, np.inf, free.upper), axis=1)
    squared = Approx(np.where(unknown, 0.0, np.minimum(free.lower, upper)), upper)
    return squared, log_ratio(squared, left**2, unknown)


def _moved(trace: Trace, lengths: Array, unknown: Mask) -> Approx:
    base, other = _pair(lengths)
    # Displacements keep their errors, so the largest difference so far counts.
    gap = np.maximum.accumulate(np.abs(base - other), axis=1)
    return distance(base, base + gap, _pair(trace.stray)[0] + 64 * EPS * base, unknown)


def _pair(values: Array) -> Array:
    """The given runs and the moved ones."""
    return values.reshape(2, len(values) // 2, *values.shape[1:])
