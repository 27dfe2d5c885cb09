"""Numbers of a deep network at some weights, each of one layer h or over all of them.

Layers are h = 1, ..., H, and H + 1 means the output weights where they have such a number.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb

from .balls import UnreadableError
from .deep_passes import Point
from .eigen import extreme_eigenvalues
from .pixel_rows import Rows, apart, inner
from .values import Value, greatest, power, square_root


def feature_norms(point: Point, layer: int | None) -> list[arb]:
    """||x_i^(h)||_F of all samples, of one layer h = 0, ..., H or of h = 1, ..., H."""
    layers = _hidden(point, layer)
    return [norm(features[h]) for h in layers for features in point.features]


def spectral_norm(point: Point, layer: int | None) -> Value:
    """||W^(h)||_2, of one layer or the largest."""
    layers = [h for h in _hidden(point, layer) if h > 0]
    return greatest(Fraction(0), *(largest_singular(point.W[h - 1]) for h in layers))


def output_norm(point: Point, order: int) -> Value:
    """||a_l||_order, the largest over pixels l; of all pixels together for the order 2."""
    if order == 2:
        return norm(point.a)
    sums = (sum((z**order for z in row), arb(0)).nonnegative_part() for row in point.a)
    return greatest(*(power(total, Fraction(1, order)) for total in sums))


def displacement(start: Point, point: Point, layer: int | None) -> Value:
    """max_i ||x_i^(h) - x_i^(h)(0)||_F, of one layer or of all."""
    pairs = list(zip(point.features, start.features, strict=True))
    return greatest(*(norm(apart(x[h], y[h])) for h in _hidden(point, layer) for x, y in pairs))


def distance(start: Point, point: Point, layer: int | None) -> Value:
    """||W^(h) - W^(h)(0)||_F, of one layer or the largest; ||a - a(0)||_F for h = H + 1."""
    last = len(point.W) + 1
    if layer == last:
        return norm(apart(point.a, start.a))
    layers = [h for h in _hidden(point, layer) if h > 0]
    return greatest(Fraction(0), *(norm(apart(point.W[h - 1], start.W[h - 1])) for h in layers))


def step_length(here: Point, then: Point, layer: int | None) -> Value:
    """The distance between two points, of one layer or the largest, a included."""
    if layer is not None:
        return distance(here, then, layer)
    return greatest(distance(here, then, None), distance(here, then, len(here.W) + 1))


def gram_change(start: Point, point: Point, layer: int | None) -> Value:
    """||G^(h) - G^(h)(0)||_F; of h = H unless given."""
    h = len(point.W) if layer is None else max(layer, 1)
    return norm(apart(point.gram(h), start.gram(h)))


def gram_eigenvalues(point: Point, layer: int | None) -> tuple[Value, Value]:
    """Least and largest eigenvalue of G^(h), or of the sum of all."""
    layers = range(1, len(point.W) + 2) if layer is None else [max(layer, 1)]
    grams = [point.gram(h) for h in layers]
    total: list[list[Value]] = [
        [sum(entries, arb(0)) for entries in zip(*rows, strict=True)]
        for rows in zip(*grams, strict=True)
    ]
    return extreme_eigenvalues(total)


def norm(rows: Rows) -> arb:
    """Frobenius norm; of one number without a square."""
    if len(rows) == 1 and len(rows[0]) == 1:
        return abs(rows[0][0])
    return inner(rows, rows).nonnegative_part().sqrt()


def _hidden(point: Point, layer: int | None) -> list[int]:
    H = len(point.W)
    if layer is not None and layer > H:
        raise UnreadableError(f"layer: {layer}; give one of the {H} layers of features")
    return list(range(1, H + 1)) if layer is None else [layer]


def largest_singular(W: Rows) -> Value:
    """||W||_2."""
    if len(W) == 1 or len(W[0]) == 1:
        return norm(W)
    rows = W if len(W) <= len(W[0]) else [list(column) for column in zip(*W, strict=True)]
    product: list[list[Value]] = [[inner([row], [other]) for other in rows] for row in rows]
    found = extreme_eigenvalues(product)[1]
    return square_root(found if isinstance(found, Fraction) else found.nonnegative_part())
