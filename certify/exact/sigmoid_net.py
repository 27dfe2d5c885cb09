"""The model "sigmoid_net": networks of logistic units whose every number is exact.

u_k = sum_j v_j sigma(w_j.x_k + b_j) + v_0, sigma(z) = 1/(1 + exp(-z)). Patterns x_k are integers
and the recipe gives exp(w_j) and exp(b_j), so sigma is p/(1 + p) for a product p of powers: exact.
e = y - u, and L = ||e||^2.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from .balls import UnreadableError, spend
from .recipes import field, rows
from .surds import Surd, surd, surd_root, surds

MOST_PATTERNS, MOST_UNITS, MOST_COORDINATES, _LARGEST = 16, 16, 8, 100


class SigmoidNet:
    """What a recipe says.

    Args:
        recipe: {"rows": integer patterns, "factors": m rows of exp(w_j), "thresholds": m numbers
            exp(b_j) or null, "outputs": v_j, "dummy": v_0 or null, "labels" or "residual", "root"}.

    Raises:
        UnreadableError: it is none of these.
    """

    def __init__(self, recipe: object) -> None:
        read = recipe if isinstance(recipe, Mapping) else {}
        self.root = root = surd_root(read.get("root"))
        exact = rows(field(recipe, "rows", "sigmoid_net"), "rows", most=MOST_PATTERNS)
        self.x = [[_whole(z) for z in row] for row in exact]
        d = len(self.x[0])
        factors = field(recipe, "factors", "sigmoid_net")
        if d > MOST_COORDINATES or not isinstance(factors, list | tuple) or not factors:
            raise UnreadableError(f"factors: no rows of up to {MOST_COORDINATES}; give them")
        if len(factors) > MOST_UNITS:
            raise UnreadableError(f"factors: {len(factors)} units; give up to {MOST_UNITS}")
        self.units = [surds(row, root, "factors", count=d, most=d) for row in factors]
        m, n = len(self.units), len(self.x)
        if read.get("thresholds") is not None:
            b = surds(read["thresholds"], root, "thresholds", count=m, most=m)
            self.x = [[*row, 1] for row in self.x]
            self.units = [[*unit, t] for unit, t in zip(self.units, b, strict=True)]
        _check_positive(self.units)
        self.v = surds(field(recipe, "outputs", "sigmoid_net"), root, "outputs", count=m, most=m)
        dummy = read.get("dummy")
        self.dummy = None if dummy is None else surd(dummy, root, "dummy")
        kinds = [key for key in ("residual", "labels") if read.get(key) is not None]
        if len(kinds) != 1:
            raise UnreadableError("sigmoid_net: give exactly one of residual and labels")
        given = surds(read[kinds[0]], root, kinds[0], count=n, most=n)
        u = self.predictions(self.units, self.v)
        self.y = given if kinds == ["labels"] else _added(u, given)
        self.e = given if kinds == ["residual"] else _subtracted(given, u)

    def exact(self, value: int | Fraction) -> Surd:
        """A rational number."""
        return Surd(Fraction(value), Fraction(0), self.root)

    def sigma(self, unit: list[Surd]) -> list[Surd]:
        """The value of a unit at every pattern."""
        spend(20 * len(self.x) * len(unit))
        one, found = self.exact(1), []
        for row in self.x:
            product = one
            for factor, z in zip(unit, row, strict=True):
                product = product * factor**z
            found.append(product / (one + product))
        return found

    def features(self, units: list[list[Surd]]) -> list[list[Surd]]:
        """Phi: a row for each pattern, a column for each unit and one of ones for a dummy."""
        columns = [self.sigma(unit) for unit in units]
        if self.dummy is not None:
            columns.append([self.exact(1)] * len(self.x))
        return [list(row) for row in zip(*columns, strict=True)]

    def predictions(self, units: list[list[Surd]], v: list[Surd]) -> list[Surd]:
        """Output at every pattern."""
        outputs = v if self.dummy is None else [*v, self.dummy]
        return [self.dot(row, outputs) for row in self.features(units)]

    def dot(self, left: list[Surd], right: list[Surd]) -> Surd:
        """Sum of the products."""
        return sum((a * b for a, b in zip(left, right, strict=True)), self.exact(0))

    def squared_residual(self, units: list[list[Surd]], v: list[Surd]) -> Surd:
        """||y - u||^2 at some weights."""
        e = _subtracted(self.y, self.predictions(units, v))
        return self.dot(e, e)

    def moved(self, given: object) -> tuple[list[list[Surd]], list[Surd]]:
        """Other weights: for each unit its factors, its threshold's where there is one, and v_j.

        Raises:
            UnreadableError: they are not of this shape, or a factor is not > 0.
        """
        m, size = len(self.units), len(self.x[0]) + 1
        if not isinstance(given, list | tuple) or len(given) != m:
            raise UnreadableError(f"weights: no {m} rows; give one for each unit")
        exact = [surds(row, self.root, "weights", count=size, most=size) for row in given]
        units = [row[:-1] for row in exact]
        _check_positive(units)
        return units, [row[-1] for row in exact]


def _whole(z: Fraction) -> int:
    if z.denominator != 1 or abs(z) > _LARGEST:
        raise UnreadableError(f"rows: {z} is no integer within +-{_LARGEST}; give integers")
    return int(z)


def _check_positive(units: list[list[Surd]]) -> None:
    if any(factor.sign <= 0 for unit in units for factor in unit):
        raise UnreadableError("factors: exp(w) or exp(b) is not positive; give numbers > 0")


def _added(left: list[Surd], right: list[Surd]) -> list[Surd]:
    return [a + b for a, b in zip(left, right, strict=True)]


def _subtracted(left: list[Surd], right: list[Surd]) -> list[Surd]:
    return [a - b for a, b in zip(left, right, strict=True)]
