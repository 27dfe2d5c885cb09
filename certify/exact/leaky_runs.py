"""Gradient descent of the model "leaky_neuron", and sums over tables of values."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from .eigen import extreme_eigenvalues
from .leaky_neuron import LeakyNet, Look, Row, Table, inner
from .values import Value, greatest, minus, over, plus, times

_ZERO = Fraction(0)


@dataclass(slots=True)
class Run:
    """Numbers along descent, one entry a step, the mean or the extreme over all orders.

    Attributes:
        pairs: moment and loss at every place, in all orders.
    """

    losses: list[Value] = field(default_factory=list)
    pulls: list[Value] = field(default_factory=list)
    squared: list[Value] = field(default_factory=list)
    moments: list[Value] = field(default_factory=list)
    pairs: list[tuple[Value, Value]] = field(default_factory=list)
    distances: list[Value] = field(default_factory=list)


def followed(net: LeakyNet, eta: Value, count: int, *, orders: bool) -> Run:
    """Descent from the network's weights; `orders`: every step takes any one of the samples."""
    run = Run()
    level: list[Table] = [net.w]
    target = net.reference()
    for _ in range(count):
        looks = [net.at(w) for w in level]
        gradients = [mean_gradient(look) for look in looks]
        losses = [mean(look.losses) for look in looks]
        squared = [squares(gradient) for gradient in gradients]
        moments = squared
        if orders:
            moments = [mean([squares(g) for g in look.gradients]) for look in looks]
        run.losses.append(mean(losses))
        run.pulls.append(mean([mean(look.pulls) for look in looks]))
        run.squared.append(greatest(*squared))
        run.moments.append(greatest(*moments))
        run.pairs += zip(moments, losses, strict=True)
        run.distances.append(greatest(*(distance(w, target) for w in level)))
        level = [
            _moved(w, eta, gradient)
            for w, look, whole in zip(level, looks, gradients, strict=True)
            for gradient in (look.gradients if orders else [whole])
        ]
    run.distances.append(greatest(*(distance(w, target) for w in level)))
    return run


def lambda_max(net: LeakyNet) -> Value:
    """Largest eigenvalue of X^T X/n."""
    columns = [list(column) for column in zip(*net.x, strict=True)]
    gram = [[over(inner(p, q), Fraction(len(net.x))) for q in columns] for p in columns]
    return extreme_eigenvalues(gram)[1]


def mean(values: Row) -> Value:
    """Their mean."""
    return over(plus(*values), Fraction(len(values)))


def mean_gradient(look: Look) -> Table:
    """The mean over samples, a row for each neuron."""
    return [
        [mean(list(entries)) for entries in zip(*neuron, strict=True)]
        for neuron in zip(*look.gradients, strict=True)
    ]


def squares(table: Table) -> Value:
    """Sum of all squares."""
    return plus(*(inner(row, row) for row in table))


def distance(w: Table, v: Table) -> Value:
    """The squared distance of two tables."""
    return squares(
        [[minus(p, q) for p, q in zip(a, b, strict=True)] for a, b in zip(w, v, strict=True)]
    )


def _moved(w: Table, eta: Value, gradient: Table) -> Table:
    return [
        [minus(p, times(eta, q)) for p, q in zip(row, slopes, strict=True)]
        for row, slopes in zip(w, gradient, strict=True)
    ]


def ratio(squared: Value, loss: Value) -> Value:
    """Their quotient; 0 where both are 0."""
    return _ZERO if squared == 0 and loss == 0 else over(squared, loss)
