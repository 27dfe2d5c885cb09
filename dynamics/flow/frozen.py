"""One exponential step of gradient flow with the patterns frozen, for a batch of networks.

Along the flow w_r(t) = w_r(0) + sum_i c_ri x_i, so a neuron is its coefficients c_r, its
pre-activations z_r and its output weight a_r. While no pattern changes, the residual obeys
de/dt = -K e with K = H (first layer) or H + G2 (both layers).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dynamics.enclosures import array
from dynamics.flow.decay import Decay


@dataclass(frozen=True, slots=True, eq=False)
class Neurons:
    """The state of a batch of flows; b rows.

    Attributes:
        G: X X^T, one for all rows.
        z: pre-activations.
        c: coefficients of the movement of the first layer.
        a: output weights.
        e: residual y - u.
        on: frozen patterns.
        width: neurons of the network, those of `rest` included.
        rest: part of H of neurons that are not followed, since they keep their patterns.
        total: the integral of e since the start, which moves them.
    """

    G: Float[Tensor, "n n"]
    z: Float[Tensor, "b m n"]
    c: Float[Tensor, "b m n"]
    a: Float[Tensor, "b m"]
    e: Float[Tensor, "b n"]
    on: Bool[Tensor, "b m n"]
    width: int
    rest: Float[Tensor, "b n n"]
    total: Float[Tensor, "b n"]

    def H(self) -> Float[Tensor, "b n n"]:
        """G_ij (1/m) sum_r a_r^2 1{r on i} 1{r on j}."""
        on = self.on.to(self.z)
        counts = on.mT @ (on * self.a.square().unsqueeze(-1))
        return self.G * counts / self.width + self.rest

    def G2(self) -> Float[Tensor, "b n n"]:
        """(1/m) sum_r relu(z_ri) relu(z_rj)."""
        active = self.z.clamp_min(0)
        return active.mT @ active / self.width

    def movement(self) -> Float[Tensor, "b m"]:
        """|w_r - w_r(0)| of each neuron."""
        squared = ((self.c @ self.G) * self.c).sum(dim=-1)
        return squared.clamp_min(0).sqrt()

    def outputs(self) -> Float[Tensor, "b n"]:
        """m^(-1/2) sum_r a_r relu(z_ri) over the neurons that are followed."""
        active = self.z.clamp_min(0)
        return (self.a.unsqueeze(-2) @ active).squeeze(-2) / math.sqrt(self.width)


def decay_of(K: Float[Tensor, "b n n"], e: Float[Tensor, "b n"]) -> Decay:
    """The decay of e under K."""
    return Decay.of(array(K), array(e))


def first_layer_step(state: Neurons, decay: Decay, h: Float[Tensor, " b"]) -> Neurons:
    """Every row moved by its own h; the patterns stay those of the state, exact until a kink."""
    integral = torch.from_numpy(decay.integral(array(h)))
    phi = torch.where(state.on, integral.unsqueeze(-2), 0.0)
    added = phi * (state.a / math.sqrt(state.width)).unsqueeze(-1)
    return replace(
        state,
        z=state.z + added @ state.G,
        c=state.c + added,
        e=torch.from_numpy(decay.residual(array(h))),
        total=state.total + integral,
    )


def overrun(
    before: Neurons, after: Neurons, h: Float[Tensor, " b"], strayed: Float[Tensor, "b m"]
) -> Float[Tensor, "b m n"]:
    """A bound of what a pattern that may have changed within a step, unseen, added to c or not."""
    # |e| never grows, but its components may, and be larger within the step than at both ends.
    longest = (h * before.e.norm(dim=-1)).view(-1, 1, 1)
    pulled = longest * (after.a.abs() / math.sqrt(after.width)).unsqueeze(-1)
    return torch.where(_unsure(before, after, h, strayed), pulled, 0.0)


def _unsure(
    before: Neurons, after: Neurons, h: Float[Tensor, " b"], strayed: Float[Tensor, "b m"]
) -> Bool[Tensor, "b m n"]:
    """Patterns that are not known for all of a step.

    They have changed, or the neuron may have been beyond its kink for a while; or it is so near
    to it that it may be on the other side, off by what it has strayed. That tells only where the
    on side takes it along: across other kinks the loss is convex, and errors do not grow.
    """
    kinks = strayed.unsqueeze(-1) * after.G.diagonal().sqrt()
    taken = after.a.unsqueeze(-1) * after.e.unsqueeze(-2) > 0
    near = torch.minimum(before.z.abs(), after.z.abs()) <= kinks
    side = torch.where(before.on, 1.0, -1.0)
    gain = side * (before.a / math.sqrt(before.width)).unsqueeze(-1)
    first, last = (
        gain * (torch.where(before.on, e.unsqueeze(-2), 0.0) @ before.G)
        for e in (before.e, after.e)
    )
    furthest = h.view(-1, 1, 1) * torch.maximum(first.abs(), last.abs())
    low = torch.minimum(side * before.z, side * after.z) - furthest
    dips = (first < 0) & (last > 0) & (low <= kinks)
    return (before.on != after.on) | (taken & near) | dips


def both_layers_step(state: Neurons, y: Float[Tensor, "b n"], h: Float[Tensor, " b"]) -> Neurons:
    """Second order: K of the midpoint, then an exact rotation of each (w_r, a_r).

    With q = m^(-1/2) sum_{i on} phi_i x_i the pair v = (w, a) turns by exp([[0, q], [q^T, 0]]),
    which conserves |w|^2 - a^2 to rounding. The patterns stay those of the state: those of the
    midpoint would leave a neuron that crosses before it where it is, for ever.
    """
    half = _rotated(state, _integral(state, state.e, h / 2))
    moved = _rotated(state, _integral(half, state.e, h))
    return replace(moved, e=y - moved.outputs())


def _integral(state: Neurons, e: Float[Tensor, "b n"], h: Float[Tensor, " b"]) -> Tensor:
    """The integral of e over [0, h] under the matrices of the state."""
    return torch.from_numpy(decay_of(state.H() + state.G2(), e).integral(array(h)))


def _rotated(state: Neurons, phi: Float[Tensor, "b n"]) -> Neurons:
    q = torch.where(state.on, phi.unsqueeze(-2), 0.0) / math.sqrt(state.width)
    moved = q @ state.G
    squared = (moved * q).sum(dim=-1).clamp_min(0)
    along = (q * state.z).sum(dim=-1)
    sine, versine = _hyperbolic(squared)
    gain = (sine * state.a + versine * along).unsqueeze(-1)
    return replace(
        state,
        z=state.z + gain * moved,
        c=state.c + gain * q,
        a=(1 + squared * versine) * state.a + sine * along,
    )


def _hyperbolic(x: Float[Tensor, "b m"]) -> tuple[Float[Tensor, "b m"], Float[Tensor, "b m"]]:
    """sinh(r)/r and (cosh(r) - 1)/r^2 for x = r^2 >= 0."""
    if float(x.amax()) < 1e-3:  # the next terms are below 1e-17; wide networks turn this little
        sine = 1 + x / 6 * (1 + x / 20 * (1 + x / 42))
        return sine, 0.5 + x / 24 * (1 + x / 30 * (1 + x / 56))
    r = x.clamp_min(1e-16).sqrt()
    # 2 sinh^2(r/2)/r^2 is (cosh r - 1)/r^2 without cancellation.
    return torch.sinh(r) / r, 2 * (torch.sinh(r / 2) / r).square()
