"""Certificates: at this exact instance all premises hold and the stated relation fails.

Both sides and the premises are computed from the recipe and the constants in balls of 64 bits,
128 and so on, until they decide. What the writer recorded of the values is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .balls import Hopeless, Undecided, UnreadableError, allowance, precision
from .belonging import belongs
from .enclosures import NOTHING_KNOWN, certainly, enclosure
from .expressions import MOST_NODES, Scope, measured
from .models import MODELS

PRECISIONS = (64, 128, 256, 512, 1024, 2048, 4096)
WORK = 5e7  # units of `spend`, about 20 seconds


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        verdict: "refuted" if all premises certainly hold and the relation certainly fails; "not
            refuted" if one of them certainly does not; else "undecided".
        reason: which, or why it cannot be decided.
        left, right: enclosures of both sides, as decimal texts.
        bits: working precision of the last attempt.
    """

    verdict: str
    reason: str
    left: tuple[str, str] = NOTHING_KNOWN
    right: tuple[str, str] = NOTHING_KNOWN
    bits: int = 0


def check(
    certificate: Mapping[str, Any],
    constants: Mapping[str, Any],
    instance: Mapping[str, Any],
    *,
    work: float = WORK,
    seconds: float | None = None,
) -> Checked:
    """Whether the certificate proves the relation false at the instance.

    Args:
        certificate: model, recipe, premises, left, relation and right.
        constants: of the document.
        instance: of the witness; a recipe with rows in it must be the certificate's.
        work: units that may be spent, about 0.4 us each.
        seconds: that it may take; None is no limit, so that the answer depends on `work` alone.

    Raises:
        UnreadableError: the certificate means nothing: an unknown model, a broken tree.
    """
    trees = [certificate["left"], certificate["right"]]
    trees += [premise[side] for premise in certificate["premises"] for side in ("left", "right")]
    if sum(map(measured, trees)) > MOST_NODES:
        raise UnreadableError(f"certificate: expressions of more than {MOST_NODES} parts")
    if certificate["model"] not in MODELS:
        raise UnreadableError(f"model: {ascii(certificate['model'])[:60]}; known: {sorted(MODELS)}")
    if not belongs(certificate["recipe"], instance):
        return Checked(
            "not refuted", "the certificate is about a recipe that is not the instance's"
        )
    found = Checked("undecided", "it was not tried")
    with allowance(work, seconds):
        try:
            for attempt in _attempts(certificate, constants, instance):
                found = attempt
                if found.verdict != "undecided":
                    break
        except Hopeless as reason:
            return Checked("undecided", str(reason), found.left, found.right, found.bits)
    return found


def _attempts(
    certificate: Mapping[str, Any], constants: Mapping[str, Any], instance: Mapping[str, Any]
) -> Iterator[Checked]:
    read, in_balls = MODELS[certificate["model"]]
    exact = read(certificate["recipe"])
    for bits in PRECISIONS:
        with precision(bits):
            try:
                yield _decided(certificate, Scope(constants, instance, in_balls(exact)), bits)
            except Hopeless:
                raise
            except Undecided as reason:
                yield Checked("undecided", str(reason), bits=bits)


def _decided(certificate: Mapping[str, Any], scope: Scope, bits: int) -> Checked:
    for premise in certificate["premises"]:
        holds = _holds(premise, scope)
        if holds is not True:
            verdict = "undecided" if holds is None else "not refuted"
            failing = "is too near equality" if holds is None else "fails"
            return Checked(verdict, f"the premise {premise['name']!r} {failing}", bits=bits)
    left, right = scope.value(certificate["left"]), scope.value(certificate["right"])
    holds = certainly(left, certificate["relation"], right)
    verdict = {True: "not refuted", False: "refuted", None: "undecided"}[holds]
    reason = {True: "the relation holds", False: "the relation fails", None: "too near equality"}
    return Checked(verdict, reason[holds], enclosure(left), enclosure(right), bits)


def _holds(premise: Mapping[str, Any], scope: Scope) -> bool | None:
    left, right = scope.value(premise["left"]), scope.value(premise["right"])
    return certainly(left, premise["relation"], right)
