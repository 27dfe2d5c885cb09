"""States of a network in training: at its start, after steps of descent, along the flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from flint import arb

from .arguments import Arguments, positive, steps
from .balls import Undecided, UnreadableError, spend
from .descent import Descent, Step
from .flow import FlowRun, flow
from .input_kernels import InputKernels
from .kernels import Kernel, Patterns, counted, of_patterns
from .network import Network, first_of
from .start import Start
from .values import Value, ball, minus, plus, square_root, times


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """One moment of a run.

    Attributes:
        squared_residual: ||e||^2.
        drift: finds max_r ||w_r - w_r(0)||.
        flips: pairs (r, i) whose pattern is not that of the start.
        kernels: H on the way here, in order; the last is the present one.
    """

    squared_residual: Value
    drift: Callable[[], Value]
    flips: int
    kernels: Sequence[Kernel]


class States:
    """All states of one network that are asked for, at the working precision."""

    def __init__(self, start: Start) -> None:
        self.exact = start
        self.inputs = InputKernels(start.inputs)
        self._kernels: dict[frozenset[tuple[tuple[bool, ...], int]], Kernel] = {}
        self._descents: dict[str, Descent] = {}
        self._flows: dict[str, FlowRun] = {}

    def at(self, arguments: Arguments) -> State:
        """The state for no arguments, for eta and steps, or for a time."""
        if "time" in arguments:
            run = self.flow(arguments)
            matrices = [kernel for _, kernel in self.pieces(run)]
            kernels = [*matrices, Kernel([list(row) for row in run.H])]
            return State(_squared(run.e), lambda: run.drift, run.flips, kernels)
        if "steps" in arguments:
            return self._after(arguments)
        first = self.kernel(counted(self.exact.patterns()))
        return State(_squared(self.residual), lambda: Fraction(0), 0, [first])

    def descent(self, arguments: Arguments) -> Descent:
        """Gradient descent with this eta."""
        eta = arguments["eta"]
        if eta.text not in self._descents:
            self._descents[eta.text] = Descent(self.network, ball(positive(eta, "eta")))
        return self._descents[eta.text]

    def steps(self, arguments: Arguments) -> list[Step]:
        """Its steps 0 to k."""
        return self.descent(arguments).at(steps(arguments["steps"]))

    def flow(self, arguments: Arguments) -> FlowRun:
        """The flow up to a time."""
        time = arguments["time"]
        if time.value < 0:
            raise UnreadableError("time: negative; give a time >= 0")
        if not time.value >= 0:
            raise Undecided("time: too near 0 for its sign")
        if time.text not in self._flows:
            self._flows[time.text] = flow(self.network, ball(time.value))
        return self._flows[time.text]

    def pieces(self, run: FlowRun) -> list[tuple[arb, Kernel]]:
        """Durations and kernels of the path."""
        return [(duration, Kernel([list(row) for row in H])) for duration, H in run.pieces]

    def kernel(self, patterns: Patterns) -> Kernel:
        """H of all neurons, or of those that these patterns count."""
        key = frozenset(patterns.items())
        if key not in self._kernels:
            found = of_patterns(self.exact.inputs, self.inputs.G, patterns, self.exact.m)
            self._kernels[key] = found
        return self._kernels[key]

    @cached_property
    def residual(self) -> list[Value]:
        """The residual y - u(0)."""
        targets: list[Value] = list(self.exact.targets)
        if self.exact.kind == "residual":
            return targets
        scales = (square_root(s / self.exact.m) for s in self.exact.inputs.squared_scales)
        outputs = map(times, self.exact.sums(), scales)
        return [minus(y, u) for y, u in zip(targets, outputs, strict=True)]

    @cached_property
    def preactivations(self) -> list[list[Value]]:
        """w_r(0).x_i, exact where |x_i| is rational."""
        spend(2 * self.exact.m * self.exact.inputs.n)
        scales = [square_root(s) for s in self.exact.inputs.squared_scales]
        return [
            [times(Fraction(entry, self.exact.E), s) for entry, s in zip(row, scales, strict=True)]
            for row in self.exact.P
        ]

    @cached_property
    def network(self) -> Network:
        """The start in balls."""
        exact = self.exact
        return Network(
            n=exact.inputs.n,
            d=exact.inputs.d,
            m=exact.m,
            G=[[ball(entry) for entry in row] for row in self.inputs.G],
            p=[[ball(entry) for entry in row] for row in self.preactivations],
            signs=[[(entry > 0) - (entry < 0) for entry in row] for row in exact.P],
            a=[ball(entry) for entry in exact.a],
            e=[ball(entry) for entry in self.residual],
            root_m=ball(square_root(Fraction(exact.m))),
            lines=first_of(exact.inputs.lines),
            twins=first_of(zip(map(tuple, exact.P), exact.a, strict=True)),
        )

    def _after(self, arguments: Arguments) -> State:
        run, descent = self.steps(arguments), self.descent(arguments)
        changes = [run[0].patterns]
        for step in run:
            # A run keeps one object as long as nobody flips.
            if step.patterns is not changes[-1]:
                changes.append(step.patterns)
        kernels = [self.kernel(patterns) for patterns in changes]
        return State(
            run[-1].squared_residual,
            lambda: square_root(descent.squared_drift(len(run) - 1)),
            run[-1].flips,
            kernels,
        )


def _squared(e: Sequence[Value]) -> Value:
    total = plus(*(times(entry, entry) for entry in e))
    return total if isinstance(total, Fraction) else total.nonnegative_part()
