"""Margins: inequalities as signed, dimensionless slack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from verdicts.approx import Approx, Rigor, exactly
from verdicts.extremes import smallest
from verdicts.kinds import check_kinds
from verdicts.proof import Proof

RESOLUTION = 1e-9  # of `scale`: what a supported inequality may be short of


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """A signed slack, >= 0 iff the inequality holds; one row per seed inside an event.

    Attributes:
        slack: the enclosure, divided by the inequality's scale.
        name: what the inequality is called in reports, "" if it has no name.
        resolution: slack >= -resolution counts as holding, when it is certain.
        sides: the two sides of the inequality, as given; None for a conjunction.
        relation: ">=", "<=" or "==".
        premise: rows where the premise of `implies` is certainly met; None without one.
        parts: the inequalities of a conjunction, each with its name, resolution and premise.
        proof: what would prove the failure at an exact instance; None where no exact model is.
    """

    slack: Approx
    name: str = ""
    resolution: float = RESOLUTION
    relation: str = ">="
    sides: tuple[Approx, Approx] | None = None
    premise: NDArray[np.bool_] | None = None
    parts: tuple[Margin, ...] = ()
    proof: Proof | None = None

    @property
    def rigor(self) -> Rigor:
        """Whether both sides are "proved", or one is "estimated"."""
        return self.slack.rigor

    @property
    def refuted(self) -> NDArray[np.bool_]:
        """Rows where the inequality, or one of a conjunction, certainly fails."""
        return np.asarray(self.slack.upper < 0)

    @property
    def supported(self) -> NDArray[np.bool_]:
        """Rows where it certainly holds, each part of a conjunction up to its own resolution."""
        if self.parts:
            rows = np.broadcast_arrays(*(part.supported for part in self.parts))
            return np.asarray(np.all(rows, axis=0))
        return np.asarray(self.slack.lower >= -self.resolution)

    @property
    def tightest(self) -> str:
        """Name of the inequality with the least slack anywhere; "" if it has no name."""
        return min(self.leaves(), key=lambda leaf: float(leaf.slack.upper.min())).name

    def proved_by(self, proof: Proof) -> Margin:
        """The margin with another inequality, over an exact model, that says the same."""
        return replace(self, proof=proof)

    def leaves(self) -> Iterator[Margin]:
        """The single inequalities of a conjunction, in order; the margin itself without parts."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def at_least(
    a: Approx,
    b: Approx,
    *,
    scale: Approx | float = 1.0,
    name: str = "",
    resolution: float = RESOLUTION,
    proof: Proof | None = None,
) -> Margin:
    """The inequality a >= b, as (a - b)/scale.

    Args:
        a: an enclosure, a scalar or one row per seed.
        b: an enclosure in the same units.
        scale: what a slack of 1 means, in the same units; certainly > 0.
        name: for the report.
        resolution: the slack >= -resolution counts as holding; >= 0.
        proof: the same inequality, same relation, over an exact model.

    Raises:
        TypeError: a side is a bare number; `exactly(1.0)` makes an enclosure of a constant.
        ValueError: scale is not certainly positive and finite, resolution < 0, or the proof is of
            another relation.
    """
    return _inequality(a, b, ">=", scale, name, resolution, proof)


def at_most(
    a: Approx,
    b: Approx,
    *,
    scale: Approx | float = 1.0,
    name: str = "",
    resolution: float = RESOLUTION,
    proof: Proof | None = None,
) -> Margin:
    """The inequality a <= b, as (b - a)/scale; arguments and errors as for `at_least`."""
    return _inequality(a, b, "<=", scale, name, resolution, proof)


def equal_to(
    a: Approx,
    b: Approx,
    *,
    scale: Approx | float = 1.0,
    name: str = "",
    resolution: float = RESOLUTION,
    proof: Proof | None = None,
) -> Margin:
    """The identity a = b, as -|a - b|/scale; arguments and errors as for `at_least`.

    It is supported when |a - b| <= resolution * scale for certain: an identity between floats
    can be confirmed to a resolution only, so give the one that the computation can keep.
    """
    margin = _inequality(a, b, "==", scale, name, resolution, proof)
    return replace(margin, slack=-abs(margin.slack))


def every(**margins: Margin) -> Margin:
    """The conjunction of named inequalities: its slack is the least of theirs, row by row.

    Raises:
        TypeError: a margin is none.
        ValueError: no inequality is given.
    """
    check_kinds(Margin, "every", **margins)
    if not margins:
        raise ValueError("every: no inequality given; name at least one, every(decay=...)")
    return _conjunction(tuple(_named(name, part) for name, part in margins.items()))


def exists(witness: Margin) -> Margin:
    """The statement that a construction works: the inequalities of the explicit witness.

    A refutation refutes this construction; that no other one works is never decided.
    """
    return every(witness=witness)


def implies(premise: Margin, conclusion: Margin) -> Margin:
    """Row by row inside an event: where the premise holds, so does the conclusion.

    A row holds with infinite slack where the premise certainly fails. Where its enclosure touches
    0 the premise is not met and the row cannot refute; it supports only if the conclusion holds
    all the same. Rows with the premise are counted: a statement with hardly any is vacuous.

    Raises:
        TypeError: one of the two is no margin.
    """
    check_kinds(Margin, "implies", premise=premise, conclusion=conclusion)
    if conclusion.parts:
        return _conjunction(tuple(implies(premise, part) for part in conclusion.parts))
    met, failed, lower, upper = np.broadcast_arrays(
        premise.slack.lower > 0,
        premise.slack.upper < 0,
        conclusion.slack.lower,
        conclusion.slack.upper,
    )
    slack = Approx(
        np.where(failed, np.inf, lower),
        np.where(met, upper, np.inf),
        conclusion.slack.joined(premise.slack),
    )
    if conclusion.premise is not None:
        met = met & conclusion.premise
    proof = None
    if conclusion.proof is not None and premise.proof is not None:
        proof = conclusion.proof.under(premise.name or "the premise", premise.proof)
    return replace(conclusion, slack=slack, premise=met, proof=proof)


def _conjunction(parts: tuple[Margin, ...]) -> Margin:
    return Margin(smallest(*(part.slack for part in parts)), parts=parts)


def _named(name: str, margin: Margin) -> Margin:
    full = f"{name}.{margin.name}" if margin.name else name
    parts = tuple(_named(name, part) for part in margin.parts)
    return replace(margin, name=full, parts=parts)


def _inequality(
    a: Approx,
    b: Approx,
    relation: str,
    scale: Approx | float,
    name: str,
    resolution: float,
    proof: Proof | None,
) -> Margin:
    if not (isinstance(a, Approx) and isinstance(b, Approx)):
        raise TypeError(
            f"a {relation} b: the sides are {type(a).__name__} and {type(b).__name__}; only an "
            "Approx may enter an inequality, exactly(1.0) makes one of a constant"
        )
    if not resolution >= 0:
        raise ValueError(f"a {relation} b: resolution={resolution!r}; give a number >= 0")
    if proof is not None and proof.relation != relation:
        raise ValueError(f"a {relation} b: the proof is of a {proof.relation} b; give the same")
    unit = scale if isinstance(scale, Approx) else exactly(scale)
    if not ((unit.lower > 0) & (unit.lower < np.inf)).all():
        raise ValueError(
            f"a {relation} b: scale={scale!r} may be zero or less, or is infinite; "
            "give a finite number > 0"
        )
    difference = b - a if relation == "<=" else a - b
    return Margin(difference / unit, name, resolution, relation, (a, b), proof=proof)
