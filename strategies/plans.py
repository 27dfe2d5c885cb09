"""What a dataset strategy was asked for: checked bounds, the premises they mean, and the draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from torch import Tensor

from strategies.arguments import Real, check_choice, check_sizes, exact, exact_positive
from strategies.directions import (
    KINDS,
    SMALL,
    Shape,
    coordinate_bound,
    fitting_kinds,
    promising_kinds,
)
from strategies.labels import LABELS, LabelRule, label_rules, samples
from strategies.lines import Row, made_distinct, upright
from strategies.numbers import sizes
from strategies.premises import (
    Predicate,
    labels_bounded,
    lambda_0_at_least,
    lambda_0_at_most,
    no_duplicates,
    not_antiparallel,
    not_parallel,
)
from strategies.window import HALF, Window, strong_rows, weak_rows

Parallel: TypeAlias = Literal["forbidden", "allowed", "required"]
Antiparallel: TypeAlias = Literal["forbidden", "allowed"]

_PADDED = 16  # up to this max_d the number of choices does not depend on d
_MAX_NUMBERS = 2000


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bounds of n and d, checked."""

    where: str
    min_n: int
    max_n: int
    min_d: int
    max_d: int

    def __post_init__(self) -> None:
        check_sizes(self.where, "n", self.min_n, self.max_n)
        check_sizes(self.where, "d", self.min_d, self.max_d)
        if self.max_n * self.max_d > _MAX_NUMBERS:
            raise ValueError(
                f"{self.where}: max_n * max_d = {self.max_n * self.max_d}; give at most "
                f"{_MAX_NUMBERS}, since every number is a choice of Hypothesis"
            )

    def drawn(self, draw: DrawFn, *, on_line: int) -> tuple[int, int]:
        """Draws n and then d; at most on_line rows fit into d = 1."""
        high = self.max_n if self.max_d > 1 else min(self.max_n, on_line)
        n = draw(sizes(self.min_n, high))
        return n, draw(sizes(self.min_d if n <= on_line else max(2, self.min_d), self.max_d))

    def with_pair(self) -> Sizes:
        """The bounds with n >= 2. Raises ValueError if max_n = 1."""
        if self.max_n < 2:
            raise ValueError(
                f"{self.where}: max_n=1, but parallel rows, or max_lambda_0 < 1/2, need a pair; "
                "give max_n >= 2"
            )
        return replace(self, min_n=max(2, self.min_n))


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole request.

    Attributes:
        sizes: bounds of n and d.
        window: bounds of lambda_0, and whether opposite rows may occur.
        parallel: whether positive multiples may or must occur.
        kinds: names of `KINDS`, the simplest first.
        labels: a word of `LABELS`, or "conflicting".
        most: |y_i| <= most.
    """

    sizes: Sizes
    window: Window
    parallel: Parallel
    kinds: tuple[str, ...]
    labels: str
    most: Fraction

    @property
    def on_line(self) -> int:
        """How many rows fit into d = 1."""
        if self.parallel != "forbidden":
            return self.sizes.max_n
        return 2 if self.window.antiparallel and not self.window.needs_pair else 1

    def consistent(self) -> Plan:
        """The plan with min_n = 2 where a pair is needed.

        Raises:
            ValueError: bounds that contradict each other.
        """
        where, window = self.sizes.where, self.window
        check_choice(where, "parallel", self.parallel, ("forbidden", "allowed", "required"))
        if self.parallel != "forbidden" and (window.least or window.most):
            raise ValueError(
                f"{where}: parallel={self.parallel!r} with a bound on lambda_0; give only one: "
                "parallel rows have lambda_0 = 0"
            )
        plan = replace(self, kinds=promising_kinds(self.kinds, window.least))
        if self.parallel == "required" or window.needs_pair:
            plan = replace(plan, sizes=self.sizes.with_pair())
        return plan.on_enough_axes()

    def on_enough_axes(self) -> Plan:
        """The plan itself. Raises ValueError if max_d = 1 and min_n directions do not exist."""
        if self.sizes.max_d == 1 and self.sizes.min_n > self.on_line:
            raise ValueError(
                f"{self.sizes.where}: max_d=1, but {self.sizes.min_n} inputs need more directions "
                "than a line has under these bounds; give max_d >= 2"
            )
        return self


def window_of(
    where: str, least: Real | None, most: Real | None, antiparallel: Antiparallel
) -> Window:
    """The bounds of lambda_0, checked.

    Raises:
        ValueError: outside (0, 1/2], in the wrong order, or an unknown word.
    """
    check_choice(where, "antiparallel", antiparallel, ("forbidden", "allowed"))
    low = _lambda_bound(where, "min_lambda_0", least)
    high = _lambda_bound(where, "max_lambda_0", most)
    if low is not None and high is not None and low > high:
        raise ValueError(
            f"{where}: min_lambda_0={least!r} > max_lambda_0={most!r}; "
            "give min_lambda_0 <= max_lambda_0"
        )
    return Window(low, high, antiparallel == "allowed")


def _lambda_bound(where: str, name: str, value: Real | None) -> Fraction | None:
    bound = None if value is None else exact_positive(where, name, value)
    if bound is not None and bound > HALF:
        raise ValueError(
            f"{where}: {name}={value!r}; give at most 1/2: H_inf has trace n/2 for unit inputs"
        )
    return bound


def label_kind(where: str, labels: str) -> str:
    """A word of `LABELS`. Raises ValueError for another."""
    check_choice(where, "labels", labels, LABELS)
    return labels


def label_bound(where: str, max_abs_label: Real) -> Fraction:
    """The bound of |y_i|, exactly. Raises ValueError if it is negative or not finite."""
    most = exact(where, "max_abs_label", max_abs_label)
    if most < 0:
        raise ValueError(f"{where}: max_abs_label={max_abs_label!r}; give a number >= 0")
    return most


def plan_premises(plan: Plan) -> dict[str, Predicate]:
    """The premises of a plan but for the norm, none of which follows from another."""
    window = plan.window
    premises: dict[str, Predicate] = {}
    if plan.parallel == "forbidden" and window.least is None:
        premises["not parallel"] = no_duplicates if window.antiparallel else not_parallel
    elif not window.antiparallel:
        premises["not antiparallel"] = not_antiparallel
    if window.least is not None:
        premises[f"lambda_0 >= {float(window.least)}"] = lambda_0_at_least(window.least)
    if window.most is not None:
        premises[f"lambda_0 <= {float(window.most)}"] = lambda_0_at_most(window.most)
    return {**premises, "labels bounded": labels_bounded(plan.most)}


def drawn_rows(
    draw: DrawFn, plan: Plan
) -> tuple[list[Row], Callable[[Callable[[], Tensor]], list[Fraction]]]:
    """Nonzero integer rows within the plan's bounds, and their labels as a function of the inputs.

    n and d come first, so they shrink first.
    """
    window = plan.window
    n, d = plan.sizes.drawn(draw, on_line=plan.on_line)
    shape = Shape(n, d, window.antiparallel, window.digits)
    fitting = fitting_kinds(plan.kinds, shape) or ("directions",)
    kind = draw(st.sampled_from(fitting))
    conflicting = plan.labels == "conflicting"
    rule = label_rules(draw, "decimal" if conflicting else plan.labels, plan.most)
    small, digits = drawn_samples(draw, plan.sizes, (n, d), rule, largest=coordinate_bound(kind))
    rows = _mended(draw, plan, upright(KINDS[kind](draw, shape, small)))
    if not conflicting:
        return rows, lambda x: rule.labels(digits[: len(rows)], x)
    return rows, lambda x: _conflicting(rows, rule.labels(digits, x), plan.most)


def drawn_samples(
    draw: DrawFn,
    bounds: Sizes,
    shape: tuple[int, int],
    rule: LabelRule,
    *,
    largest: int = SMALL,
) -> tuple[list[Row], list[int]]:
    """Rows of small integers, (n, d) of them, and an integer each for the labels."""
    n, d = shape
    # Coordinates beyond d are drawn and ignored: else a smaller d would shift all the others, and
    # the shrinker could not lower d by itself.
    drawn = draw(samples(n, bounds.max_d if bounds.max_d <= _PADDED else d, largest, rule.limit))
    return [row[:d] for row, _ in drawn], [digit for _, digit in drawn]


def _mended(draw: DrawFn, plan: Plan, drawn: list[Row]) -> list[Row]:
    if plan.parallel != "forbidden":
        return _with_duplicate(draw, plan, drawn)
    rows = made_distinct(drawn, antiparallel=plan.window.antiparallel)
    strong = strong_rows(rows, plan.window, plan.sizes.min_n)
    mended = weak_rows(strong, plan.window, plan.sizes.min_n) if strong else None
    assume(mended)
    return mended or rows


def _with_duplicate(draw: DrawFn, plan: Plan, drawn: list[Row]) -> list[Row]:
    """Nonzero rows, the last equal to an earlier one if the plan (or a coin) says so."""
    opposite = plan.window.antiparallel
    if len(drawn[0]) > 1:
        rows = made_distinct(drawn, antiparallel=opposite)
    else:
        rows = [(-1,) if row[0] < 0 and opposite else (1,) for row in drawn]
    if len(rows) > 1 and (plan.parallel == "required" or draw(st.booleans())):
        rows[-1] = rows[draw(sizes(0, len(rows) - 2))]
    return rows


def _conflicting(rows: list[Row], labels: list[Fraction], most: Fraction) -> list[Fraction]:
    twin = labels[rows.index(rows[-1])]
    return [*labels[:-1], twin + most if twin <= 0 else twin - most]
