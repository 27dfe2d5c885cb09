"""The gradient field of an implicit network whose pattern of active neurons is frozen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynamics.enclosures import EPS, Array, array
from models import ImplicitNetwork, nonlinearity

_TIE = 64.0  # times (m + d) eps: what a pre-activation may be off
_PUSH = 1e-7  # of the velocities: slower than this is no push back over a kink


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Which neurons are on their right side, at the equilibrium and at the inputs, (n, m) each."""

    inner: NDArray[np.bool_]
    outer: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What a pattern makes of the inputs, the solution of the equation taken as linear."""

    phi: Array
    z: Array
    lifted: Array
    pre: Array
    D: Array
    E: Array


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Minus the gradient as a function of the flat displacement of all parameters.

    Attributes:
        x, y: data.
        blocks: the parameters at the start.
        scale, input_scale, leak: of the network.
        lifts: whether s is applied to W x ("gao"), so that it has kinks of its own.
        width: how far beyond a kink is beyond it, in multiples of what rounding may do.
    """

    x: Array
    y: Array
    blocks: tuple[Array, ...]
    scale: float
    input_scale: float
    leak: float
    lifts: bool
    width: float = 1.0

    @classmethod
    def of(cls, x: Array, y: Array, network: ImplicitNetwork, width: float = 1.0) -> Field:
        """The field of one network."""
        one = np.array([-1.0])
        leak = -float(nonlinearity(network.activation).value(network.u.new_tensor(one))[0])
        blocks = tuple(array(block) for block in network.named().values())
        gao = network.model == "gao"
        return cls(x, y, blocks, network.scale, network.input_scale, leak, gao, width)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(block.size for block in self.blocks)

    def parameters(self, state: Array) -> list[Array]:
        """All blocks at a displacement."""
        ends = np.cumsum([block.size for block in self.blocks])[:-1]
        moves = np.split(state, ends)
        return [b + move.reshape(b.shape) for b, move in zip(self.blocks, moves, strict=True)]

    def features(self, pattern: Pattern, state: Array) -> Features:
        """Features of the frozen pattern."""
        A, W, *_ = self.parameters(state)
        lifted = self.x @ W.T
        lifting = self._slopes(pattern.outer) if self.lifts else np.ones_like(lifted)
        D = self._slopes(pattern.inner)
        phi = self.input_scale * lifting * lifted
        recurrent = self.scale * A
        system = np.eye(len(A)) - D[:, :, None] * recurrent
        z = _solved_or_lost(system, D * phi)
        return Features(phi, z, lifted, z @ recurrent.T + phi, D, lifting)

    def residual(self, pattern: Pattern, state: Array) -> Array:
        """The residual y - yhat."""
        seen, (_, _, u, *rest) = self.features(pattern, state), self.parameters(state)
        return np.asarray(self.y - seen.z @ u - sum(seen.phi @ v for v in rest))

    def velocity(self, pattern: Pattern, state: Array) -> Array:
        """-dL/dtheta, flat."""
        A, _, u, *rest = self.parameters(state)
        seen = self.features(pattern, state)
        e = (self.y - seen.z @ u - sum(seen.phi @ v for v in rest))[:, None]
        system = np.eye(len(A)) - self.scale * A.T[None] * seen.D[:, None, :]
        p = seen.D * _solved_or_lost(system, np.broadcast_to(u, (len(e), len(u))))
        b = seen.E * (p + sum(rest)) if rest else p
        parts = [self.scale * (e * p).T @ seen.z, self.input_scale * (e * b).T @ self.x]
        parts += [(e * seen.z).sum(axis=0), *((e * seen.phi).sum(axis=0) for _ in rest)]
        return np.concatenate([part.ravel() for part in parts])

    def steepness(self, pattern: Pattern, state: Array) -> float:
        """About ||d yhat/d theta||: what turns a residual into a displacement."""
        seen = self.features(pattern, state)
        return float(np.linalg.norm(seen.z) + np.linalg.norm(seen.phi)) + EPS

    def opening(self, at_kink: float) -> tuple[Pattern, bool]:
        """The pattern at the start, and whether no pre-activation lies on a kink there.

        A sample whose features vanish lies on kinks of the equation that nothing can move it off:
        it is plain, and its neurons are off.
        """
        zero = np.zeros(self.size)
        A, W, *_ = self.parameters(zero)
        lifted = self.x @ W.T
        width = _TIE * (sum(A.shape[:1]) + W.shape[1]) * EPS
        sizes = np.linalg.norm(self.x, axis=1, keepdims=True) * np.linalg.norm(W, axis=1)
        outer = lifted > 0 if at_kink < 1 else lifted >= 0
        tied = bool((np.abs(lifted) <= width * sizes).any()) and self.lifts
        inner = self._solved(Pattern(outer, outer), at_kink)
        seen = self.features(inner, zero)
        size = np.linalg.norm(seen.z, axis=1) + np.linalg.norm(seen.phi, axis=1)
        near = (np.abs(seen.pre) <= width * size[:, None]) & (size[:, None] > 0)
        return inner, not (tied or bool(near.any()))

    def _solved(self, guess: Pattern, at_kink: float) -> Pattern:
        """The pattern of the equilibrium, by Picard steps and then as a check of itself."""
        zero = np.zeros(self.size)
        A, W, *_ = self.parameters(zero)
        phi = self.input_scale * (self.x @ W.T)
        phi = np.where(guess.outer, phi, self.leak * phi) if self.lifts else phi
        z = np.zeros_like(phi)
        for _ in range(400):
            pre = self.scale * z @ A.T + phi
            z = np.where(pre > 0, pre, self.leak * pre)
        pre = self.scale * z @ A.T + phi
        return Pattern(pre > 0 if at_kink < 1 else pre >= 0, guess.outer)

    def sides(self, pattern: Pattern, state: Array) -> Array:
        """Pre-activations, positive where they are on their side; (k, n, m), k = 1 or 2."""
        seen = self.features(pattern, state)
        inner = np.where(pattern.inner, seen.pre, -seen.pre)
        if not self.lifts:
            return inner[None]
        return np.stack([inner, np.where(pattern.outer, seen.lifted, -seen.lifted)])

    def strayed(self, pattern: Pattern, state: Array) -> bool:
        """Whether a pre-activation is certainly on the other side than the pattern says."""
        return bool((self.sides(pattern, state) < -self._width(state)).any())

    def _width(self, state: Array) -> float:
        _, W, *_ = self.parameters(state)
        size = float(np.linalg.norm(W) * np.linalg.norm(self.x))
        return self.width * _TIE * sum(W.shape) * EPS * size + 1e-300

    def crossed(self, pattern: Pattern, state: Array) -> Pattern | None:
        """The pattern beyond the kink; None where the field pushes back from there."""
        off = self.sides(pattern, state) < -self._width(state) / 2
        changed = Pattern(
            pattern.inner ^ off[0], pattern.outer ^ off[1] if self.lifts else pattern.outer
        )
        velocity = self.velocity(changed, state)
        step = 1e-6 / max(float(np.linalg.norm(velocity)), 1e-300)
        moves = self.sides(changed, state + step * velocity) - self.sides(changed, state)
        return None if bool((moves[off] < -_PUSH * np.abs(moves).max()).any()) else changed

    def _slopes(self, on: NDArray[np.bool_]) -> Array:
        return np.where(on, 1.0, self.leak)


def _solved_or_lost(systems: Array, right: Array) -> Array:
    """The solution of each system, (n, m); NaN if one of them has none.

    A step tried too long may end anywhere, at singular systems too. The integrator takes NaN for
    an error too large and tries a shorter step; a field that has none at any is lost.
    """
    try:
        return np.asarray(np.linalg.solve(systems, right[..., None])[..., 0], dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full_like(right, np.nan)
