"""Identities between finite sums of exact numbers, and their proofs."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from verdicts import Margin, Proof, Term, equal_to, exactly, number


def equal_sums(sides: Callable[..., tuple[Any, Any]], *given: Any) -> Margin:
    """Both sides agree, evaluated over fractions; the proof writes the same sums out.

    Args:
        sides: returns the left and the right side, from numbers of any kind.
        given: exact numbers, or lists of them.
    """
    left, right = (Fraction(side) for side in sides(*given))
    proof = exact_proof(sides, given, "==")
    return equal_to(exactly(left), exactly(right), scale=1 + float(abs(right)), proof=proof)


def exact_proof(
    sides: Callable[..., tuple[Any, Any]], given: tuple[Any, ...], relation: Any
) -> Proof:
    """The same sums, written out over exact numbers.

    Args:
        sides: as for `equal_sums`.
        given: as for `equal_sums`.
        relation: how the sides are meant to compare, ">=", "<=" or "==".
    """
    terms = [
        [number(z) for z in value] if isinstance(value, list) else number(value) for value in given
    ]
    left, right = (side if isinstance(side, Term) else number(side) for side in sides(*terms))
    return Proof("numbers", {}, left, relation, right)
