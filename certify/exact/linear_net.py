"""The model "linear_net": rational deep linear networks, L = (1/2) ||W_N ... W_1 X - Y||_F^2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from fractions import Fraction
from functools import cached_property

from flint import fmpq, fmpq_mat

from .balls import UnreadableError, spend
from .recipes import field, integers, numbers, rows

MOST_LAYERS, MOST_WEIGHTS, MOST_WIDTH, MOST_SAMPLES, _MOST_LABELS = 6, 60, 6, 12, 3
_MOST_BITS = 256  # of numerators and denominators: about 75 digits
Table = list[list[Fraction]]


class LinearNet:
    """What a recipe says.

    Args:
        recipe: {"rows": inputs, "labels": a row for each input, "layers": [W_1, ..., W_N]}.

    Raises:
        UnreadableError: it is none of these, or the shapes do not fit.
    """

    def __init__(self, recipe: object) -> None:
        read = recipe if isinstance(recipe, Mapping) else {}
        x = rows(field(recipe, "rows", "linear_net"), "rows", most=MOST_SAMPLES)
        y = rows(field(recipe, "labels", "linear_net"), "labels", most=MOST_SAMPLES)
        given = read.get("layers")
        if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_LAYERS:
            raise UnreadableError(f"layers: no list of 1 to {MOST_LAYERS} matrices; give one")
        layers = [rows(layer, "layers", most=MOST_WIDTH) for layer in given]
        ends = [len(x[0]), *(len(layer) for layer in layers)]
        fits = all(len(layer[0]) == d for layer, d in zip(layers, ends, strict=False))
        if len(x) != len(y) or ends[-1] != len(y[0]) or not fits:
            raise UnreadableError("linear_net: layers, inputs and labels do not fit together")
        self.shapes = [(len(layer), len(layer[0])) for layer in layers]
        if sum(p * q for p, q in self.shapes) > MOST_WEIGHTS or len(y[0]) > _MOST_LABELS:
            raise UnreadableError(
                f"linear_net: over {MOST_WEIGHTS} weights or {_MOST_LABELS} outputs"
            )
        self.X, self.Y = _matrix(x).transpose(), _matrix(y).transpose()
        self.layers = [_matrix(layer) for layer in layers]

    @property
    def p(self) -> int:
        """Smallest hidden width."""
        return min((rows for rows, _ in self.shapes[:-1]), default=min(self.shapes[0]))

    def at(self, given: object) -> LinearNet:
        """The network at other weights: a list of all entries, W_1 first, row by row.

        Raises:
            UnreadableError: it is no list of as many numbers.
        """
        count = sum(p * q for p, q in self.shapes)
        flat, other = numbers(given, "weights", most=count, count=count), copy(self)
        vars(other).pop("hessian", None)
        vars(other).pop("gradient", None)
        other.layers = []
        for p, q in self.shapes:
            other.layers.append(_matrix([flat[i * q : (i + 1) * q] for i in range(p)]))
            flat = flat[p * q :]
        return other

    @property
    def loss(self) -> Fraction:
        """The loss L."""
        return _inner(self.residual, self.residual) / 2

    @property
    def squared_product(self) -> Fraction:
        """||W_N ... W_1||_F^2."""
        whole = product(self.layers[1:], self.layers[0])
        return _inner(whole, whole)

    @property
    def residual(self) -> fmpq_mat:
        """W_N ... W_1 X - Y."""
        return product(self.layers, self.X) - self.Y

    @cached_property
    def hessian(self) -> Table:
        """Second derivatives in all weights, in the order of `at`."""
        units = [(k, unit) for k, (p, q) in enumerate(self.shapes) for unit in _units(p, q)]
        spend(200 * len(units) ** 2)
        residual = self.residual
        first = [product(self._with({k: unit}), self.X) for k, unit in units]
        table = [[_inner(left, right) for right in first] for left in first]
        for i, (k, one) in enumerate(units):
            for j, (other, two) in enumerate(units):
                if k != other:
                    bent = product(self._with({k: one, other: two}), self.X)
                    table[i][j] += _inner(residual, bent)
        return table

    @cached_property
    def gradient(self) -> list[Fraction]:
        """First derivatives, in the same order."""
        units = [(k, unit) for k, (p, q) in enumerate(self.shapes) for unit in _units(p, q)]
        residual = self.residual
        return [_inner(residual, product(self._with({k: u}), self.X)) for k, u in units]

    def _with(self, replaced: Mapping[int, fmpq_mat]) -> list[fmpq_mat]:
        return [replaced.get(k, layer) for k, layer in enumerate(self.layers)]


def product(layers: Sequence[fmpq_mat], right: fmpq_mat) -> fmpq_mat:
    """W_N ... W_1 times what stands on the right."""
    spend(20 * len(layers))
    for layer in layers:
        right = layer * right
    return right


def fraction(value: fmpq) -> Fraction:
    """The same number."""
    return Fraction(int(value.p), int(value.q))


def _inner(left: fmpq_mat, right: fmpq_mat) -> Fraction:
    pairs = zip(left.entries(), right.entries(), strict=True)
    return fraction(sum((a * b for a, b in pairs), fmpq(0)))


def _matrix(table: Sequence[Sequence[Fraction]]) -> fmpq_mat:
    """The matrix; raises UnreadableError: over one denominator its numbers have many digits."""
    whole, denominator = integers(table, "linear_net")
    size = max(abs(int(z)).bit_length() for z in whole.entries())
    if max(size, denominator.bit_length()) > _MOST_BITS:
        raise UnreadableError(f"linear_net: numbers of over {_MOST_BITS} bits; give shorter ones")
    return fmpq_mat(whole) / denominator


def _units(p: int, q: int) -> list[fmpq_mat]:
    return [fmpq_mat(p, q, [int(k == place) for k in range(p * q)]) for place in range(p * q)]
