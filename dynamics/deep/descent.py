"""Gradient descent on all layers of deep networks with smooth activations."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.deep.result import DeepDescent
from dynamics.deep.run import DeepRecord, DeepRun
from dynamics.enclosures import (
    EPS,
    SAFETY,
    Mask,
    around,
    array,
    log_ratio,
    mask,
    not_negative,
    reshaped,
    squared_norm,
    zero_floor,
)
from dynamics.problem import spread_labels, step_sizes
from dynamics.two_runs import joined, last_of, movement_error, parted, residual_error
from models import DeepNetwork, check_finite
from models.arguments import as_annotated
from verdicts import Approx

_CACHE = 2**24  # bytes of weights that a chunk of seeds may hold, about half of a last-level cache
_COPIES = 6  # start, displacement and sum, in two runs


@as_annotated(finite=False)
def deep_descent(
    x: Float[Tensor, "*shape"],
    y: Float[Tensor, "*#s n"],
    network: DeepNetwork,
    *,
    eta: float | Float[Tensor, "*#s"],
    steps: int,
    observed: Collection[int] = (),
) -> DeepDescent:
    """theta(k + 1) = theta(k) - eta dL/dtheta(k) for L = |y - u|^2/2 and all layers, a included.

    Every run is made twice, the second time with data and parameters moved by an ulp and each
    residual by a rounding. Ten times the difference, the largest of a few steps since differences
    change sign, is with the rounding of u the error of what is published.

    Args:
        x: inputs, (n, d), or (n, d, p) for convolutional networks.
        y: labels, shared or one row per seed.
        network: the start; its leading dimensions are seeds.
        eta: step size > 0, a number or one per seed.
        steps: K >= 0.
        observed: steps in 0 ... K at which all layers' Gram matrices are kept.

    Raises:
        ValueError: shapes that do not fit, a NaN, eta <= 0, steps < 0 or an observed step beyond.
    Source:
        Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), section 3 and Appendix B.
    """
    seeds = network.seeds
    rates = step_sizes(eta, network.a, seeds, steps, "deep_descent")
    looked = _checked_steps(observed, steps)
    check_finite(x, network, "deep_descent")
    labels = _labels(x, y, network)
    flat = _flat(network)
    layer_bytes = sum(W[0].numel() * W.element_size() for W in flat.weights)
    size = max(1, _CACHE // (_COPIES * layer_bytes))
    parts = [
        DeepRun(x, labels[c : c + size], _rows(flat, c, c + size), rates[c : c + size], looked)
        for c in range(0, len(rates), size)
    ]
    records = [part.go(steps) for part in parts]
    record = joined(records, of_both=("e", "second_order"))
    return _published(network, labels, record, looked, steps)


def _checked_steps(observed: Collection[int], steps: int) -> tuple[int, ...]:
    for k in observed:
        if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k <= steps:
            raise ValueError(f"deep_descent: observed step {k!r}; give integers from 0 to {steps}")
    return tuple(sorted(set(observed)))


def _labels(x: Tensor, y: Tensor, network: DeepNetwork) -> Float[Tensor, "s n"]:
    wanted = 3 if network.convolutional else 2
    if x.ndim != wanted or y.ndim < 1 or y.shape[-1] != x.shape[0]:
        raise ValueError(
            f"deep_descent: x has shape {tuple(x.shape)}, y {tuple(y.shape)}; give inputs for all "
            "seeds and one label per input"
        )
    if not bool(torch.isfinite(y).all()):
        raise ValueError("deep_descent: y has a NaN or an infinity; give finite numbers")
    return spread_labels(y, network.a, network.seeds, "deep_descent")


def _flat(network: DeepNetwork) -> DeepNetwork:
    weights = [W.reshape(-1, *W.shape[-2:]) for W in network.weights]
    return network.with_parameters(
        weights, network.a.reshape(-1, *network.a.shape[len(network.seeds) :])
    )


def _rows(flat: DeepNetwork, first: int, last: int) -> DeepNetwork:
    return flat.with_parameters([W[first:last] for W in flat.weights], flat.a[first:last])


def _published(
    start: DeepNetwork, y: Tensor, run: DeepRecord, looked: tuple[int, ...], steps: int
) -> DeepDescent:
    seeds, n, layers = start.seeds, y.shape[-1], start.H + 1
    shape, e, rounding = (*seeds, steps + 1), array(run.e), array(run.rounding)
    unknown = mask(run.lost) | parted(e, array(y))
    with np.errstate(invalid="ignore", over="ignore"):
        error = residual_error(e) + rounding
    squared = squared_norm(e[0], error, unknown)
    moved = _lengths(run, unknown)
    logs = log_ratio(squared, zero_floor(y), unknown)
    return DeepDescent(
        steps=steps,
        times=torch.arange(steps + 1, dtype=torch.float64, device=y.device),
        residual=_inf_where(run.lost, run.e[0]).reshape(*shape, n),
        squared_residual=reshaped(squared, shape),
        movement=reshaped(moved[..., :-1], (*shape, start.H)),
        output_movement=reshaped(moved[..., -1], shape),
        step_lengths=reshaped(_steps(run, unknown), (*seeds, steps, layers)),
        observed=looked,
        grams=run.grams.reshape(*seeds, len(looked), layers, n, n),
        second_order=reshaped(_second_order(run, looked, unknown), (*seeds, len(looked))),
        network=_ended(start, run),
        logs=reshaped(logs, shape),
    )


def _lengths(run: DeepRecord, unknown: Mask) -> Approx:
    with np.errstate(invalid="ignore", over="ignore"):
        return around(array(run.moved), movement_error(run), unknown[..., None])


def _steps(run: DeepRecord, unknown: Mask) -> Approx:
    squared, sizes = array(run.squared), array(run.uncancelled)
    with np.errstate(invalid="ignore", over="ignore"):
        off = movement_error(run)
        lost, off = 64 * EPS * sizes, off[:, :-1] + off[:, 1:]
        lower = np.maximum(np.sqrt(np.maximum(squared - lost, 0.0)) - off, 0.0)
        upper = np.sqrt(np.maximum(squared, 0.0) + lost) + off
    return not_negative(lower, upper, (unknown[:, :-1] | unknown[:, 1:])[..., None])


def _second_order(run: DeepRecord, looked: tuple[int, ...], unknown: Mask) -> Approx:
    rest, rounding = array(run.second_order), array(run.rounding)
    now = np.array(looked, dtype=int)
    after = np.minimum(now + 1, rounding.shape[1] - 1)
    with np.errstate(invalid="ignore", over="ignore"):
        error = SAFETY * np.abs(rest[0] - rest[1]) + rounding[:, now] + rounding[:, after]
    return squared_norm(rest[0], error, unknown[:, now] | unknown[:, after]).sqrt()


def _inf_where(lost: Tensor, values: Tensor) -> Tensor:
    return torch.where(lost.unsqueeze(-1), math.inf, values)


def _ended(start: DeepNetwork, run: DeepRecord) -> DeepNetwork:
    *weights, a = last_of(run.last, run.lost[:, -1], (*start.weights, start.a))
    return replace(start, weights=tuple(weights), a=a)
