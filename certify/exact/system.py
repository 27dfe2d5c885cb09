"""The model "system": rational equations F(w) = y, with waves in balls, at a point.

    F_i(w) = a_i.w + w^T Q_i w / 2 + sum_k (B_ik + D_ik.w) phi(c_k.w),  L(w) = ||F(w) - y||^2/2

with phi = sin, or phi = ramp: t for t <= 0 and 1 - e^(-t) beyond.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from fractions import Fraction

from .balls import UnreadableError, spend
from .recipes import field, numbers, rows
from .tables import ZERO, Row, Table, applied, dot, table, turned, wave_at
from .values import Value, plus, times

MOST_EQUATIONS, MOST_UNKNOWNS, MOST_WAVES = 8, 12, 4
_KEYS = {"rows", "squares", "outer", "inner", "twists", "wave", "labels", "point", "within"}


class System:
    """What a recipe says; `inner` is the system inside, for compositions.

    Args:
        recipe: {"rows", "labels", "point"} and, where there are such, {"squares", "outer", "inner",
            "twists", "wave", "within"}.

    Raises:
        UnreadableError: it is none of these, or the shapes do not fit.
    """

    def __init__(self, recipe: object) -> None:
        read = recipe if isinstance(recipe, Mapping) else {}
        if not set(read) <= _KEYS or (read.get("wave") or "sin") not in ("sin", "ramp"):
            raise UnreadableError(f"system: keys or wave unknown; give some of {sorted(_KEYS)}")
        self.A: Table = [
            list(row) for row in rows(field(recipe, "rows", "system"), "rows", most=MOST_EQUATIONS)
        ]
        self.n, self.m = len(self.A), len(self.A[0])
        if self.m > MOST_UNKNOWNS:
            raise UnreadableError(f"system: over {MOST_UNKNOWNS} unknowns")
        self.wave = read.get("wave") or "sin"
        self.C = table(read.get("inner"), "inner", MOST_WAVES, (None, self.m))
        p = len(self.C)
        self.B = table(read.get("outer"), "outer", MOST_EQUATIONS, (self.n, p))
        self.Q = self._tables(read.get("squares"), "squares", self.m)
        self.D = self._tables(read.get("twists"), "twists", p)
        self.y = list(numbers(field(recipe, "labels", "system"), "labels", most=8, count=self.n))
        self.w: Row = list(
            numbers(field(recipe, "point", "system"), "point", most=12, count=self.m)
        )
        if (p and len(self.B) != self.n) or any(turned(Q) != Q for Q in self.Q):
            raise UnreadableError("system: outer is missing, or a matrix of squares not symmetric")
        self.within = System(read["within"]) if read.get("within") is not None else None
        if self.within is not None and (self.within.within or self.within.n != self.m):
            raise UnreadableError("system: what is within does not fit")

    def _tables(self, given: object, where: str, height: int) -> list[Table]:
        if given is None:
            return []
        if not isinstance(given, list | tuple) or len(given) != self.n:
            raise UnreadableError(f"{where}: no list of {self.n} matrices; give one")
        return [table(one, where, MOST_UNKNOWNS, (height, self.m)) for one in given]

    def at(self, given: object) -> System:
        """The system at another point: m numbers.

        Raises:
            UnreadableError: it is no list of as many numbers.
        """
        other = copy(self)
        other.w = list(numbers(given, "weights", most=MOST_UNKNOWNS, count=self.m))
        return other

    def _waves(self) -> list[tuple[Value, Value, Value]]:
        return [wave_at(dot(row, self.w), self.wave) for row in self.C]

    def _weight(self, i: int, k: int) -> Value:
        return plus(self.B[i][k], dot(self.D[i][k], self.w)) if self.D else self.B[i][k]

    def residual(self) -> Row:
        """F(w) - y."""
        spend(20 * self.n * self.m * (self.m + len(self.C)))
        waves, found = self._waves(), []
        for i in range(self.n):
            terms = [dot(self.A[i], self.w), times(Fraction(-1), self.y[i])]
            if self.Q:
                terms.append(times(Fraction(1, 2), dot(applied(self.Q[i], self.w), self.w)))
            terms += [times(self._weight(i, k), wave[0]) for k, wave in enumerate(waves)]
            found.append(plus(*terms))
        return found

    def jacobian(self) -> Table:
        """DF(w), one row per equation."""
        spend(20 * self.n * self.m * (self.m + len(self.C)))
        waves, found = self._waves(), []
        for i in range(self.n):
            row = list(self.A[i])
            if self.Q:
                row = [plus(*pair) for pair in zip(row, applied(self.Q[i], self.w), strict=True)]
            for k, (value, slope, _) in enumerate(waves):
                turned = times(self._weight(i, k), slope)
                row = [plus(z, times(turned, c)) for z, c in zip(row, self.C[k], strict=True)]
                if self.D:
                    row = [plus(z, times(d, value)) for z, d in zip(row, self.D[i][k], strict=True)]
            found.append(row)
        return found

    def hessian(self, i: int) -> Table:
        """D^2 F_i(w) of a system without waves.

        Raises:
            UnreadableError: it has waves.
        """
        if self.C:
            raise UnreadableError("system: Hessians are known of systems without waves")
        return self.Q[i] if self.Q else [[ZERO] * self.m for _ in range(self.m)]
