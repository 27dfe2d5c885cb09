"""Networks of logistic units, on integer patterns and with rational exp(w): all is exact."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import SigmoidNet, feature_rank, logistic_columns
from models.recipes.rational import Row, least_squares, rank, solution
from strategies.arguments import check_choice, check_sizes
from strategies.premises import with_premises

Bend: TypeAlias = Literal["down", "any"]
Features: TypeAlias = Literal["full rank", "deficient"]
Patterns: TypeAlias = Literal["distinct", "repeated"]

_SIGNS = st.sampled_from((1, -1))
_PATTERN = 4  # largest coordinate of a pattern
_FACTORS = tuple(Fraction(z) for z in ("2", "3", "1/2", "3/2", "1/3", "4", "2/3"))
_THRESHOLDS = tuple(Fraction(z) for z in ("1", "2", "1/2", "5", "1/5", "7", "1/7"))


@dataclass(frozen=True, slots=True)
class _Plan:
    thresholds: bool
    dummy: bool
    max_extra: int
    bend: Bend


def coincident_minima(
    *, thresholds: bool = False, dummy: bool = False, max_extra: int = 2, bend: Bend = "down"
) -> SearchStrategy[SigmoidNet]:
    """Networks whose units coincide at a degenerate critical point with a residual e != 0.

    With phi(q) = sum_k e_k sigma(q.x_k) they have phi = 0, phi' = 0 and phi'' negative definite
    at the units' common weight q, and sum_k e_k = 0 where there is a dummy unit. There are as many
    units as patterns, the dummy unit counted. One input, shrinking to few patterns and factor 2.

    Args:
        thresholds: whether units have thresholds b_j.
        dummy: whether there is a unit that is always 1.
        max_extra: patterns beyond the least number for which such an e exists generically.
        bend: "any" lets phi'' be positive definite too, and one v_j be negative.

    Raises:
        ValueError: max_extra < 0, or no such bend.
    """
    check_sizes("coincident_minima", "extra", 0, max_extra, floor=0)
    check_choice("coincident_minima", "bend", bend, ("down", "any"))
    return _coincident(_Plan(thresholds, dummy, max_extra, bend))


@st.composite
def _coincident(draw: DrawFn, plan: _Plan) -> SigmoidNet:
    least = (6 if plan.thresholds else 3) + plan.dummy
    n = least + draw(st.integers(0, plan.max_extra))
    x = draw(st.lists(st.integers(-_PATTERN, _PATTERN), min_size=n, max_size=n, unique=True))
    unit = [draw(st.sampled_from(_FACTORS))]
    unit += [draw(st.sampled_from(_FACTORS))] if plan.thresholds else []
    e = _bent(plan, x, unit, [Fraction(draw(st.integers(-9, 9))) for _ in x])
    assume(e is not None)
    m = n - plan.dummy
    outputs = draw(st.lists(st.integers(1, 9), min_size=m, max_size=m))
    if plan.bend == "any":
        sign, outputs[-1] = draw(_SIGNS), outputs[-1] * draw(_SIGNS)
        e = [sign * z for z in e or []]
    return SigmoidNet.of(
        rows=[[z] for z in sorted(x)],
        factors=[unit[:1]] * m,
        thresholds=[unit[1]] * m if plan.thresholds else None,
        outputs=[Fraction(v, 9) for v in outputs],
        dummy=0 if plan.dummy else None,
        residual=e or [],
    )


def _bent(plan: _Plan, x: list[int], unit: Row, free: Row) -> Row | None:
    """The residual of patterns sorted by size, largest entry 1; None if there is none."""
    points = [[z, 1] if plan.thresholds else [z] for z in sorted(x)]
    s = logistic_columns(points, [unit])[0]
    first = [p * (1 - p) for p in s]
    second = [p * (1 - 2 * z) for p, z in zip(first, s, strict=True)]
    d = len(unit)
    zero = [s, *([z[a] * p for z, p in zip(points, first, strict=True)] for a in range(d))]
    zero += [[Fraction(1)] * len(x)] if plan.dummy else []
    bends = [
        [z[a] * z[b] * p for z, p in zip(points, second, strict=True)]
        for a in range(d)
        for b in range(a + 1)
    ]
    wanted = [Fraction(-(a == b)) for a in range(d) for b in range(a + 1)]
    e = solution([*zero, *bends], [Fraction(0)] * len(zero) + wanted, free)
    if e is None:
        return None
    largest = max(map(abs, e))
    return [z / largest for z in e]


def trained_output_nets(
    *, max_n: int = 4, features: Features = "full rank", max_d: int = 2
) -> SearchStrategy[SigmoidNet]:
    """Networks whose output weights are the least-squares solution: dL/dv = 0, exactly.

    Labels and first layer are anything. Premise: "full rank", rank sigma(W_1 X) = n.

    Args:
        max_n: largest number of patterns.
        features: "deficient" for networks of rank below n instead, without the premise.
        max_d: largest number of inputs.

    Raises:
        ValueError: max_n < 2, max_d < 1, or no such word.
    """
    check_sizes("trained_output_nets", "n", 2, max_n)
    check_sizes("trained_output_nets", "d", 1, max_d)
    check_choice("trained_output_nets", "features", features, ("full rank", "deficient"))
    full = features == "full rank"
    nets = _trained(max_n, max_d, full)
    return with_premises(nets, {"full rank": has_full_rank}) if full else with_premises(nets, {})


@st.composite
def _trained(draw: DrawFn, max_n: int, max_d: int, full: bool) -> SigmoidNet:  # noqa: FBT001
    x, y = _data(draw, 2, max_n, max_d)
    m = len(x) - (not full) + (draw(st.integers(0, 1)) if full else 0)
    units = _units(draw, m, len(x[0]))
    columns = logistic_columns(x, units)
    assume((rank(columns) == len(x)) == full)
    v = least_squares(columns, y)
    return SigmoidNet.of(rows=x, factors=units, outputs=v, labels=y)


def sigmoid_nets(*, max_n: int = 4, max_m: int = 5, max_d: int = 2) -> SearchStrategy[SigmoidNet]:
    """Any networks with rational exp(w_j) and output weights, on distinct integer patterns.

    Raises:
        ValueError: a size < 1.
    """
    check_sizes("sigmoid_nets", "n", 1, max_n)
    check_sizes("sigmoid_nets", "m", 1, max_m)
    check_sizes("sigmoid_nets", "d", 1, max_d)
    return _nets(max_n, max_m, max_d)


@st.composite
def _nets(draw: DrawFn, max_n: int, max_m: int, max_d: int) -> SigmoidNet:
    x, y = _data(draw, 1, max_n, max_d)
    m = draw(st.integers(1, max_m))
    units = _units(draw, m, len(x[0]))
    outputs = draw(st.lists(st.integers(-9, 9), min_size=m, max_size=m))
    return SigmoidNet.of(rows=x, factors=units, outputs=outputs, residual=y)


def biased_nets(*, max_n: int = 4, patterns: Patterns = "distinct") -> SearchStrategy[SigmoidNet]:
    """As many units as patterns, of one slope and distinct thresholds; labels are arbitrary.

    The slope's factors are distinct primes, so exp(w.x_k) differs for patterns that differ.
    Premise: "distinct patterns".

    Args:
        max_n: largest number of patterns.
        patterns: "repeated" for one pattern twice instead, without the premise.

    Raises:
        ValueError: max_n < 2, or no such word.
    """
    check_sizes("biased_nets", "n", 2, max_n)
    check_choice("biased_nets", "patterns", patterns, ("distinct", "repeated"))
    distinct = patterns == "distinct"
    nets = _biased(max_n, distinct)
    return with_premises(nets, {"distinct patterns": has_distinct_patterns} if distinct else {})


@st.composite
def _biased(draw: DrawFn, max_n: int, distinct: bool) -> SigmoidNet:  # noqa: FBT001
    x, y = _data(draw, 2, max_n, 2)
    x = x if distinct else [*x[:-1], x[0]]
    slope = draw(st.permutations([2, 3]))[: len(x[0])]
    thresholds = draw(
        st.lists(st.sampled_from(_THRESHOLDS), min_size=len(x), max_size=len(x), unique=True)
    )
    return SigmoidNet.of(
        rows=x, factors=[slope] * len(x), thresholds=thresholds, outputs=[1] * len(x), labels=y
    )


def unit_moves() -> SearchStrategy[list[tuple[int, int]]]:
    """Directions (a_j, b_j) of the units of a network, taken in turn: |a_j| <= 9, 0 <= b_j <= 9."""
    return st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 9)), min_size=1, max_size=6)


def _data(draw: DrawFn, min_n: int, max_n: int, max_d: int) -> tuple[list[tuple[int, ...]], Row]:
    n, d = draw(st.integers(min_n, max_n)), draw(st.integers(1, max_d))
    point = st.tuples(*[st.integers(-_PATTERN, _PATTERN)] * d)
    x = draw(st.lists(point, min_size=n, max_size=n, unique=True))
    return x, [Fraction(z) for z in draw(st.lists(st.integers(-9, 9), min_size=n, max_size=n))]


def _units(draw: DrawFn, m: int, d: int) -> list[list[Fraction]]:
    return [[draw(st.sampled_from(_FACTORS)) for _ in range(d)] for _ in range(m)]


def has_full_rank(net: SigmoidNet) -> bool:
    """The rank of sigma(W_1 X) is the number of patterns, exactly."""
    return feature_rank(net) == net.n


def has_distinct_patterns(net: SigmoidNet) -> bool:
    """No pattern occurs twice."""
    rows = [tuple(row) for row in net.recipe["rows"]]
    return len(set(rows)) == len(rows)
