"""What the hyperplanes {w: w.x_i = 0} are to the weights: near ones, cores, other patterns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

from .arguments import Arguments
from .balls import spend
from .eigen import Matrix, extreme_eigenvalues, frobenius_norm, spectral_norm
from .kernels import Patterns, counted, joint_counts, weighed
from .states import States
from .values import Value, magnitude, minus, plus, square_root, times


def core(states: States, arguments: Arguments) -> Patterns:
    """Patterns of the neurons with |w_r.x_i| > R for all i."""
    kept = zip(states.exact.patterns(), states.exact.near(arguments["R"].value), strict=True)
    return counted(pattern for pattern, close in kept if not any(close))


def near(states: States, arguments: Arguments) -> Value:
    """Number of pairs (i, r) with |w_r.x_i| <= R."""
    return Fraction(sum(map(sum, states.exact.near(arguments["R"].value))))


def dropped(states: States, arguments: Arguments) -> Value:
    """Number of neurons with |w_r.x_i| <= R for some i."""
    return Fraction(sum(map(any, states.exact.near(arguments["R"].value))))


def flip_bound(states: States, arguments: Arguments) -> Value:
    """sum_ij |G_ij| (1/m) #{r: near at i or at j}."""
    exact = states.exact
    close = exact.near(arguments["R"].value)
    far = joint_counts(counted([not within for within in row] for row in close), exact.inputs.n)
    either = [[exact.m - count for count in row] for row in far]
    weights = weighed(states.inputs.G, either, exact.m)
    return plus(*(magnitude(entry) for row in weights for entry in row))


def preactivation(choose: Callable[..., Value]) -> Callable[[States, Arguments], Value]:
    """The least, or the most, of |w_r.x_i|."""
    return lambda states, _: choose(
        *(magnitude(entry) for row in states.preactivations for entry in row)
    )


def at_weights(states: States, arguments: Arguments) -> Patterns:
    """Patterns at other weights."""
    return counted(states.exact.other_patterns(arguments["weights"].given))


def distance(states: States, arguments: Arguments) -> Value:
    """max_r ||w_r' - w_r|| to other weights."""
    return square_root(states.exact.squared_distance(arguments["weights"].given))


def difference(states: States, first: Patterns, second: Patterns) -> Matrix:
    """Difference of the kernels of two sets of patterns."""
    n, m = states.exact.inputs.n, states.exact.m
    counts = [joint_counts(patterns, n) for patterns in (first, second)]
    gap = [[p - q for p, q in zip(*rows, strict=True)] for rows in zip(*counts, strict=True)]
    return weighed(states.inputs.G, gap, m)


def norm_change(states: States, arguments: Arguments) -> Value:
    """||H(W') - H(W)||_2."""
    before = counted(states.exact.patterns())
    return spectral_norm(difference(states, at_weights(states, arguments), before))


def above_core(states: States, arguments: Arguments) -> Value:
    """Least eigenvalue of H(W') - H_core(R)."""
    gap = difference(states, at_weights(states, arguments), core(states, arguments))
    return extreme_eigenvalues(gap)[0]


def tangent_gap(states: States, arguments: Arguments) -> Value:
    """|| J J^T - scale H ||_F, J with relu'(0) = 0."""
    exact, n = states.exact, states.exact.inputs.n
    tangent = [[Fraction(0)] * n for _ in range(n)]
    alike: dict[Fraction, Patterns] = {}
    for a, row in zip(exact.a, exact.P, strict=True):
        alike.setdefault(a * a, Counter())[tuple(entry > 0 for entry in row)] += 1
    for square, patterns in alike.items():
        spend(10 * n * n)
        for i, row in enumerate(joint_counts(patterns, n)):
            tangent[i] = [old + square * new for old, new in zip(tangent[i], row, strict=True)]
    counts = joint_counts(counted(exact.patterns()), n)
    scale = arguments["scale"].value
    gap = [
        [
            times(G, Fraction(1, exact.m), minus(t, times(scale, Fraction(count))))
            for G, t, count in zip(*rows, strict=True)
        ]
        for rows in zip(states.inputs.G, tangent, counts, strict=True)
    ]
    return frobenius_norm(gap)
