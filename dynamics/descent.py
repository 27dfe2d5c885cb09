"""Gradient descent on the two-layer ReLU network, with the paper's relu'(0) = 1."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from dynamics.descent_run import Kept, Run
from dynamics.enclosures import (
    EPS,
    SAFETY,
    Mask,
    array,
    distance,
    log_ratio,
    mask,
    reshaped,
    squared_norm,
    zero_floor,
)
from dynamics.problem import Layers, Problem, problem
from dynamics.trajectory import Descent
from models import gradients
from verdicts import Approx

_CHUNK_FLOATS = 2**17  # of parameters and pre-activations: what the processor's cache can hold


def gradient_descent(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*#s m"],
    *,
    eta: float | Float[Tensor, "*#s"],
    steps: int,
    layers: Layers = "first",
    keep_patterns: bool = True,
    keep_H: bool = True,
) -> Descent:
    """W(k+1) = W(k) - eta dL/dW(k) for L = |y - u|^2/2, and the same for a if both are trained.

    A second run from parameters moved by an ulp is a second half of the same batch; ten times its
    difference, with the rounding of u, is the error of what is published. A step from a tie (a
    pre-activation that rounding does not tell from zero) could go two ways: from there on the
    row's enclosures are [0, inf].

    Args:
        x: inputs.
        y: labels, shared or one row per seed.
        w: W(0); its leading dimensions are seeds.
        a: output weights at the start.
        eta: step size > 0, a number or one per seed.
        steps: K >= 0.
        layers: "first" trains w alone, "both" trains w and a.
        keep_patterns: count the flips.
        keep_H: keep H (and G2) of every step; without it a long or wide run is cheap.

    Raises:
        ValueError: shapes that do not fit, a NaN, eta <= 0 or steps < 0.
    Source:
        Du et al. 2019 (arXiv:1810.02054v2), section 4.
    """
    given = problem(x, y, w, a, layers, "gradient_descent")
    rate = torch.as_tensor(eta, dtype=w.dtype, device=w.device)
    if not bool((torch.isfinite(rate) & (rate > 0)).all()):
        raise ValueError(f"gradient_descent: eta={eta!r}; give a finite step size > 0")
    if steps < 0:
        raise ValueError(f"gradient_descent: steps={steps}; give a number of steps >= 0")
    rates = rate.expand(given.seeds).reshape(-1, 1)
    kept = Kept(keep_patterns, keep_H)
    size = max(1, _CHUNK_FLOATS // (given.m * (given.n + given.d)))
    parts = [
        Run(given.rows(c, c + size), rates[c : c + size], kept).go(steps)
        for c in range(0, len(rates), size)
    ]
    return _record(given, _joined(parts), steps)


def one_step(
    x: Float[Tensor, "n d"],
    y: Float[Tensor, "*#s n"],
    w: Float[Tensor, "*s m d"],
    a: Float[Tensor, "*#s m"],
    *,
    eta: float | Float[Tensor, "*#s"],
    layers: Layers = "first",
) -> tuple[Float[Tensor, "*s m d"], Float[Tensor, "*s m"]]:
    """The parameters after a single step of gradient descent, as plain tensors.

    Raises:
        ValueError: the shapes do not fit.
    """
    rate = torch.as_tensor(eta, dtype=w.dtype, device=w.device)
    by_w, by_a = gradients(x, y, w, a)
    moved = a.to(w) - rate[..., None] * by_a if layers == "both" else a.to(w).expand_as(by_a)
    return w - rate[..., None, None] * by_w, moved


def _joined(parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Chunks of seeds put together; residual, movement and losses carry both runs in front."""
    doubled = ("e", "movement", "output", "lost")
    return {
        name: torch.cat([part[name] for part in parts], dim=int(name in doubled))
        for name in parts[0]
    }


def _record(g: Problem, run: dict[str, Tensor], steps: int) -> Descent:
    shape = (*g.seeds, steps + 1)
    lost = run["lost"].any(dim=0)
    unknown = mask(run["tied"] | lost)
    squared, logs = _residuals(g, run, unknown)
    ended = lost[:, -1:]
    return Descent(
        steps=steps,
        times=torch.arange(steps + 1, dtype=torch.float64, device=g.w.device),
        residual=torch.where(lost.unsqueeze(-1), math.inf, run["e"][0]).reshape(*shape, g.n),
        squared_residual=reshaped(squared, shape),
        movement=reshaped(_moved(g, run["movement"], unknown), shape),
        output_movement=reshaped(_moved(g, run["output"], unknown), shape) if g.both else None,
        H=_matrices(g, run.get("H"), shape),
        G2=_matrices(g, run.get("G2"), shape),
        flips=run["flips"].reshape(*g.seeds, steps) if "flips" in run else None,
        w=torch.where(ended.unsqueeze(-1), math.inf, run["w"]).reshape(*g.seeds, g.m, g.d),
        a=torch.where(ended, math.inf, run["a"]).reshape(*g.seeds, g.m),
        undecided=run["tied"][:, -1].reshape(g.seeds),
        logs=reshaped(logs, shape),
    )


def _residuals(g: Problem, run: dict[str, Tensor], unknown: Mask) -> tuple[Approx, Approx]:
    base, moved = array(run["e"][0]), array(run["e"][1])
    with np.errstate(invalid="ignore", over="ignore"):
        error = SAFETY * np.abs(base - moved) + array(run["rounding"].mT)
    squared = squared_norm(base, error, unknown)
    return squared, log_ratio(squared, zero_floor(g.y[0]), unknown)


def _moved(g: Problem, lengths: Tensor, unknown: Mask) -> Approx:
    base, moved = array(lengths)
    with np.errstate(invalid="ignore", over="ignore"):
        return distance(base, moved, (g.d + 8) * EPS * base, unknown)


def _matrices(g: Problem, kept: Tensor | None, shape: tuple[int, ...]) -> Tensor | None:
    return None if kept is None else kept.movedim(-1, 1).reshape(*shape, g.n, g.n)
