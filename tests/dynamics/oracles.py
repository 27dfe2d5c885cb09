"""What dynamics is tested against: the equations in plain numpy, solved by loops and by scipy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from torch import Tensor

from verdicts import Approx

Array = NDArray[np.float64]


class ChatteringError(Exception):
    """The oracle needs too many steps: a neuron slides, and steps shrink to nothing."""


@dataclass(frozen=True)
class Network:
    """Data, labels and both layers, as arrays."""

    x: Array
    y: Array
    w: Array
    a: Array

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        x, y, w, a = (torch.from_numpy(part) for part in (self.x, self.y, self.w, self.a))
        return x, y, w, a

    @property
    def on(self) -> NDArray[np.bool_]:
        return self.w @ self.x.T >= 0


@dataclass(frozen=True)
class Path:
    """A trajectory at some times: residual, first and output layer."""

    e: Array
    w: Array
    a: Array

    @property
    def norm(self) -> Array:
        return np.asarray(np.linalg.norm(self.e, axis=1))

    @property
    def movement(self) -> Array:
        return np.asarray(np.linalg.norm(self.w - self.w[0], axis=-1).max(axis=1))

    @property
    def output_movement(self) -> Array:
        return np.asarray(np.abs(self.a - self.a[0]).max(axis=1))


def network(
    x: Sequence[Sequence[float]],
    w: Sequence[Sequence[float]],
    a: Sequence[float],
    *,
    residual: Sequence[float],
) -> Network:
    inputs, weights, signs, e = (np.array(part, dtype=float) for part in (x, w, a, residual))
    u = signs @ np.maximum(weights @ inputs.T, 0) / math.sqrt(len(signs))
    return Network(inputs, u + e, weights, signs)


def drawn(
    rng: np.random.Generator, *, n: int, m: int, d: int, scale: float, correlated: float = 0.0
) -> Network:
    """Unit inputs, Gaussian weights, fair signs, and a residual of about the scale."""
    x = rng.normal(size=(n, d)) + correlated
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    w, a = rng.normal(size=(m, d)), rng.choice([-1.0, 1.0], m)
    u = a @ np.maximum(w @ x.T, 0) / math.sqrt(m)
    return Network(x, u + scale * rng.normal(size=n), w, a)


def residual_and_pulls(net: Network, w: Array, a: Array) -> tuple[Array, Array, Array]:
    """e, -dL/dw and -dL/da, with the paper's relu'(0) = 1."""
    z, root = w @ net.x.T, math.sqrt(len(a))
    active = np.maximum(z, 0)
    e = net.y - a @ active / root
    return e, ((z >= 0) * e) @ net.x * a[:, None] / root, active @ e / root


def descent(net: Network, *, eta: float, steps: int, both: bool = False) -> Path:
    w, a, states = net.w.copy(), net.a.copy(), []
    for _ in range(steps + 1):
        e, by_w, by_a = residual_and_pulls(net, w, a)
        states.append((e, w, a))
        w, a = w + eta * by_w, a + eta * by_a * both
    e, w, a = (np.array(part) for part in zip(*states, strict=True))
    return Path(e, w, a)


def flow(
    net: Network,
    times: Sequence[float],
    *,
    both: bool = False,
    rtol: float = 1e-11,
    most_calls: int = 15_000,
) -> Path:
    """Displacements are integrated, so that small ones keep their digits.

    Raises:
        ChatteringError: the steps became too many.
    """
    size, calls = net.w.size, 0

    def layers(moved: Array) -> tuple[Array, Array]:
        return net.w + moved[:size].reshape(net.w.shape), net.a + moved[size:]

    def velocity(t: float, moved: Array) -> Array:  # noqa: ARG001
        nonlocal calls
        calls += 1
        if calls > most_calls:
            raise ChatteringError
        _, by_w, by_a = residual_and_pulls(net, *layers(moved))
        return np.concatenate((by_w.ravel(), by_a * both))

    state = np.zeros(size + len(net.a))
    states = [state]
    for before, after in pairwise(times):
        # The interpolated values between steps are worse than the steps, hence no t_eval.
        part = solve_ivp(
            velocity, (before, after), state, method="DOP853", rtol=rtol, atol=rtol * 1e-3,
            max_step=0.1,
        )  # fmt: skip
        assert part.success, part.message
        state = part.y[:, -1]
        states.append(state)
    pairs = [layers(moved) for moved in states]
    e = np.array([residual_and_pulls(net, w, a)[0] for w, a in pairs])
    return Path(e, np.array([w for w, _ in pairs]), np.array([a for _, a in pairs]))


def outside(found: Approx, true: Array, *, tolerance: float) -> float:
    """How far the worst of the true values lies outside its enclosure, beyond the tolerance."""
    gap = np.maximum(found.lower - true, true - found.upper)
    return float(np.max(gap - tolerance, initial=0.0))
