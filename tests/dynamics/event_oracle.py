"""The first layer's flow by a Runge-Kutta method that is stopped wherever a sign changes.

Independent of the house: it integrates the weights themselves, with tight tolerances, looks at
the signs between the steps as well, and finds events by bisection of the dense output.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

Array = NDArray[np.float64]
OFF, HELD, ON = -1, 0, 1
_LOOKS = 8  # at which a step is checked
_TOLERANCE = 1e-11


@dataclass(slots=True, eq=False)
class Stepper:
    """One network, its patterns, and how often they have changed.

    Attributes:
        x, y, a: inputs (n, d), labels and output weights.
        w: first layer, (m, d).
        state: OFF, ON, or HELD on the kink, (m, n).
        flips: the times of all changes of a state so far.
        slides: how many of them began a hold.
    """

    x: Array
    y: Array
    a: Array
    w: Array
    state: NDArray[np.int64]
    flips: list[float] = field(default_factory=list)
    slides: int = 0

    def residual(self, w: Array) -> Array:
        """y - u, where a neuron on its kink counts as such."""
        z = np.where(self.state == ON, w @ self.x.T, 0.0)
        return np.asarray(self.y - self.a @ z / np.sqrt(len(self.a)))

    def passed(self, e: Array) -> Array:
        """How much of each e_i a neuron is moved by: 0, 1, or what keeps it where it is, (m, n)."""
        share: Array = (self.state == ON).astype(np.float64)
        for r in np.flatnonzero((self.state == HELD).any(axis=1)):
            held = self.state[r] == HELD
            pull = self.x[held] @ (self.x.T @ (share[r] * e))
            share[r, held] = -np.linalg.solve(self.x[held] @ self.x[held].T, pull) / e[held]
        return share

    def velocity(self, w: Array) -> Array:
        """dW/dt."""
        e = self.residual(w)
        return np.asarray(((self.passed(e) * e) @ self.x) * self.a[:, None] / np.sqrt(len(self.a)))

    def inside(self, flat: Array) -> Array:
        """Numbers that stay >= 0 as long as all states do, (m, n)."""
        w = flat.reshape(self.w.shape)
        free = self.state * (w @ self.x.T)
        share = self.passed(self.residual(w))
        return np.where(self.state == HELD, np.minimum(share, 1 - share), free)

    @property
    def events(self) -> int:
        """How many of the flips are apart: neurons that slide alike leave at one time."""
        return sum(after - before > 1e-9 for before, after in pairwise([-1.0, *self.flips]))

    def run(self, end: float) -> Array:
        """The residual at the end."""
        t = 0.0
        while t < end:
            t = self.advance(t, end)
        return self.residual(self.w)

    def advance(self, t: float, end: float) -> float:
        """On to the next event or the end; the time then."""
        shape = self.w.shape
        solver = DOP853(
            lambda _, flat: self.velocity(flat.reshape(shape)).ravel(),
            t,
            self.w.ravel(),
            end,
            rtol=_TOLERANCE,
            atol=_TOLERANCE * 1e-2,
        )
        # What has just left a kink may be off by rounding.
        begun = np.minimum(self.inside(self.w), 0.0) - 1e-13
        while solver.status == "running":
            solver.step()
            before = float(solver.t_old or 0.0)
            path, last = solver.dense_output(), before
            for s in np.linspace(before, solver.t, _LOOKS + 1)[1:]:
                if (self.inside(path(s)) < begun).any():
                    return self.stop(path, last, float(s), begun)
                last = float(s)
        self.w = solver.y.reshape(shape)
        return end

    def stop(self, path: object, low: float, high: float, begun: Array) -> float:
        """Find the event within a stretch of time, and change the state of its neuron."""
        assert callable(path)
        for _ in range(80):
            middle = (low + high) / 2
            if not low < middle < high:
                break
            below = (self.inside(path(middle)) < begun).any()
            low, high = (low, middle) if below else (middle, high)
        self.w = path(high).reshape(self.w.shape)
        gone = self.inside(self.w) - begun
        r, j = (int(v) for v in np.unravel_index(int(gone.argmin()), gone.shape))
        self.change(r, j)
        self.flips.append(high)
        return high

    def change(self, r: int, j: int) -> None:
        """The neuron has reached the kink, or what held it there has ended."""
        e, came = self.residual(self.w), self.state[r, j]
        others = [k for k in np.flatnonzero(self.state[r] == HELD).tolist() if k != j]
        exits = ON if self.passed(e)[r, j] > 0.5 else OFF
        first = (exits,) if came == HELD else (-came, HELD, came)
        for states in product(first, *[(HELD, ON, OFF)] * len(others)):
            self.state[r, [j, *others]] = states
            if self.agrees(r, [*([] if came == HELD else [j]), *others], e):
                break
        else:
            raise AssertionError(f"neuron {r} at sample {j}: no state agrees with its velocity")
        self.slides += came != HELD and states[0] == HELD

    def agrees(self, r: int, kinks: list[int], e: Array) -> bool:
        """Whether the neuron moves as its states on some kinks say."""
        share = self.passed(e)[r]
        speed = float(self.a[r]) * (self.x @ (self.x.T @ (share * e)))
        states = self.state[r]
        return all(
            0 <= share[k] <= 1 if states[k] == HELD else speed[k] * states[k] > 0 for k in kinks
        )
