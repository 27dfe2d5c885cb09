"""Gradient descent on leaky networks: every number enclosed, no branch at a kink guessed.

A neuron with a rational loss is followed exactly. Under the logistic loss the weights are floats
with a proved radius: on a piece where no pre-activation changes its sign the loss is convex and
smooth, so a step with eta <= 2/smoothness does not enlarge a distance, and every step adds its
rounding. A run ends before the first step at which a sign is not certain. Stochastic descent is
followed along all orders of the samples at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from models import LeakyNet, LeakyPass, exact_slopes, leaky_pass, most_bend, neuron_look
from models.arguments import as_annotated
from models.leaky.exact import NeuronLook
from models.leaky.numbers import squared_gap
from models.recipes.rational import dot
from verdicts import Approx

_EPS = 2.0**-52
_MOST_PATHS = 4096
Row = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LeakyDescent:
    """A run w_(t+1) = w_t - eta grad, t < steps; of stochastic descent all orders of samples.

    Attributes:
        eta: step size.
        steps: steps taken, fewer than asked where a sign could not be decided.
        losses: F(w_t) for t < steps, the mean over all orders.
        pulls: the mean over samples (and orders) of minus the logistic loss' derivatives; of other
            losses 0.
        squared_gradients: the largest |grad F(w_t)|^2 over all orders.
        moments: the largest, over all orders, mean squared norm of the gradient that is stepped
            along: of a sample's for stochastic descent, else |grad F(w_t)|^2.
        ratios: the largest, over all orders, of this moment over F(w_t), 0 where both are 0.
        distances: squared distances from a single neuron's reference, t <= steps, of a rational
            loss without orders; else empty.
    """

    eta: Fraction
    steps: int
    losses: Approx
    pulls: Approx
    squared_gradients: Approx
    moments: Approx
    ratios: Approx
    distances: Approx


@as_annotated
def leaky_descent(
    net: LeakyNet, *, eta: Fraction, steps: int, stochastic: bool = False
) -> LeakyDescent:
    """Gradient descent from the network's weights.

    Args:
        net: one neuron with a rational loss, or a leaky or smooth leaky network with the logistic
            one, all |x_i| <= 1 and |s_j| = 1.
        eta: step size, > 0; at most 8, or the inverse smoothness of a smooth leaky network.
        steps: at least 1.
        stochastic: whether every step takes a sample of its own, uniformly drawn.

    Raises:
        ValueError: a step size that is too large for the enclosure of a logistic run, no step, or
            over 4096 orders of samples.
    """
    if steps < 1 or eta <= 0 or (stochastic and net.n**steps > _MOST_PATHS):
        raise ValueError(
            f"leaky_descent: eta={eta}, steps={steps}, n={net.n}; give eta > 0, a step, and at "
            f"most {_MOST_PATHS} orders"
        )
    if net.loss == "logistic":
        return _Logistic(net, eta, stochastic=stochastic).run(steps)
    return _rational(net, eta, steps, stochastic=stochastic)


@as_annotated
def enclosed_fractions(values: list[Fraction]) -> Approx:
    """Fractions as the floats around them."""
    floats = np.array([float(value) for value in values], dtype=np.float64)
    exact = np.array([Fraction(z) == value for z, value in zip(floats, values, strict=True)], bool)
    return Approx.around(floats, np.where(exact, 0.0, np.spacing(np.abs(floats))), "proved")


def _rational(net: LeakyNet, eta: Fraction, steps: int, *, stochastic: bool) -> LeakyDescent:
    level = [net.exact.w[0]]
    levels: list[list[NeuronLook]] = []
    distances = [squared_gap(level[0], net.exact.v[0])]
    for _ in range(steps):
        looks = [neuron_look(net, w) for w in level]
        levels.append(looks)
        level = [
            _moved(w, eta, gradient)
            for w, look in zip(level, looks, strict=True)
            for gradient in (look.gradients if stochastic else (look.gradient,))
        ]
        distances += [] if stochastic else [squared_gap(level[0], net.exact.v[0])]
    squared = [[dot(look.gradient, look.gradient) for look in looks] for looks in levels]
    moments = squared
    if stochastic:
        moments = [[look.second_moment for look in looks] for looks in levels]
    losses = [[look.loss for look in looks] for looks in levels]
    ratios = [
        max((s / f for s, f in zip(row, values, strict=True) if f > 0), default=Fraction(0))
        for row, values in zip(moments, losses, strict=True)
    ]
    return LeakyDescent(
        eta,
        steps,
        enclosed_fractions([sum(row, Fraction(0)) / len(row) for row in losses]),
        Approx(np.zeros(steps), np.zeros(steps), "proved"),
        enclosed_fractions([max(row) for row in squared]),
        enclosed_fractions([max(row) for row in moments]),
        enclosed_fractions(ratios),
        enclosed_fractions([] if stochastic else distances),
    )


def _moved(w: Row, eta: Fraction, gradient: Row) -> Row:
    return tuple(p - eta * q for p, q in zip(w, gradient, strict=True))


class _Logistic:
    """A run under the logistic loss: weights (paths, m, d), and the radius of their error."""

    def __init__(self, net: LeakyNet, eta: Fraction, *, stochastic: bool) -> None:
        self.net, self.eta, self.stochastic = net, eta, stochastic
        self.size = float(torch.linalg.vector_norm(net.x, dim=-1).max()) * (1 + 8 * _EPS)
        bend = most_bend(net) / net.m**0.5 * self.size**2 if net.sigma != "leaky" else 0.0
        self.bend, smoothness = bend, self.size**2 / 4 + bend
        most = 1 / smoothness if bend else 2 / smoothness if smoothness else np.inf
        if float(eta) > most * (1 + 1e-9):
            raise ValueError(
                f"leaky_descent: eta={float(eta)}; give at most {most}, or errors may grow"
            )
        self.w = net.w[None]
        self.radius = _EPS * torch.linalg.vector_norm(net.w)[None]

    def run(self, steps: int) -> LeakyDescent:
        """All steps whose signs are certain, one at least: the start's are decided exactly."""
        records: list[tuple[Approx, ...]] = []
        slopes: Tensor | None = None
        if self.net.sigma == "leaky":
            slopes = exact_slopes(self.net)[None]
        for t in range(steps):
            if t and self.net.sigma == "leaky":
                slopes, certain = self._slopes()
                if not certain:
                    break
            there = leaky_pass(self.net, self.w, slopes, radius=self.radius)
            records.append(self._record(there))
            self._step(slopes)
        losses, pulls, squared, moments, ratios = map(_stacked, zip(*records, strict=True))
        nothing = Approx(np.zeros(0), np.zeros(0))
        return LeakyDescent(
            self.eta, len(records), losses, pulls, squared, moments, ratios, nothing
        )

    def _slopes(self) -> tuple[Tensor, bool]:
        z = self.w @ self.net.x.mT
        rounding = (self.net.d + 4) * _EPS * torch.linalg.vector_norm(self.w, dim=-1)
        reach = (self.radius[:, None] + rounding)[..., None] * self.size
        slopes = torch.where(z > 0, torch.ones_like(z), self.net.gamma)
        return slopes, bool((z.abs() > reach).all())

    def _record(self, there: LeakyPass) -> tuple[Approx, ...]:
        losses = _mean(there.losses, there.loss_error)
        pulls = _mean(there.pulls, there.pull_error)
        squared = _norms(there.gradients.mean(-3), there.gradient_error.mean(-1)) ** 2
        moments = squared
        if self.stochastic:
            norms = _norms(there.gradients, there.gradient_error)
            moments = (norms**2).sum(axis=-1) / float(self.net.n)
        count = float(len(self.w))
        mean = (losses.sum() / count, pulls.sum() / count)
        ratios = Approx(moments.lower / losses.upper, np.inf)
        if (losses.lower > 0).all():
            ratios = moments / losses
        return (*mean, squared.max(), moments.max(), ratios.max())

    def _step(self, slopes: Tensor | None) -> None:
        # Rounding alone: what the error of the weights does to a step is in `growth`.
        there, eta = leaky_pass(self.net, self.w, slopes), float(self.eta)
        if self.stochastic:
            moves, error = there.gradients, there.gradient_error
            start, radius = self.w[:, None], self.radius[:, None]
            growth = torch.tensor(1 + eta * self.bend)
        else:
            moves, error = there.gradients.mean(-3), there.gradient_error.mean(-1)
            start, radius = self.w, self.radius
            # The loss bends downwards by at most bend times the mean pull, near by as well.
            pull = there.pulls.mean(-1) + there.pull_error.mean(-1) + self.size * self.radius
            growth = 1 + eta * self.bend * pull.clamp_max(1)
        new = start - eta * moves
        norm = torch.linalg.vector_norm
        added = 4 * _EPS * (norm(new, dim=(-2, -1)) + eta * norm(moves, dim=(-2, -1)))
        self.radius = ((growth * radius + eta * error + added) * (1 + 8 * _EPS)).flatten()
        self.w = new.reshape(-1, self.net.m, self.net.d)


def _mean(values: Float64[Tensor, "s n"], error: Float64[Tensor, "s n"]) -> Approx:
    """Means over samples, which are >= 0."""
    found = Approx.around(values.mean(-1).numpy(), error.mean(-1).numpy())
    return Approx(np.maximum(found.lower, 0.0), found.upper, found.rigor)


def _norms(values: Tensor, error: Tensor) -> Approx:
    norm = torch.linalg.vector_norm(values, dim=(-2, -1))
    found = Approx.around(norm.numpy(), (error + 2.0**-48 * norm).numpy())
    return Approx(np.maximum(found.lower, 0.0), found.upper, found.rigor)


def _stacked(values: Sequence[Approx]) -> Approx:
    lower, upper = ([getattr(value, end) for value in values] for end in ("lower", "upper"))
    return Approx(np.array(lower), np.array(upper), values[0].rigor)
