"""The certificate of a refutation: both sides and all premises, checked over an exact model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from certify import UnreadableError, check_certificate
from claims.case import Case
from claims.search import Looked

NO_MODEL = "no exact model"


@dataclass(frozen=True, slots=True)
class Certified:
    """What vouches for a refutation.

    Attributes:
        certificate: the checked certificate as JSON; None where the refutation is not certified.
        objection: why it is not; "" if it is.
        contradicted: whether over the exact model the inequality holds, or a premise fails: the
            enclosures that refuted it are wrong then, or the proof is of something else.
    """

    certificate: dict[str, Any] | None
    objection: str = ""
    contradicted: bool = False

    @property
    def text(self) -> str:
        """For the report."""
        if self.certificate is None:
            return f"not certified: {self.objection}"
        bits = self.certificate["bits"]
        return f"certified: {self.certificate['model']}, balls of {bits} bits"


def certified(case: Case, looked: Looked) -> Certified:
    """Check the proof that a refuted instance carries.

    Args:
        case: the claim or mutant, whose constants are meant.
        looked: an instance that was refuted.
    """
    proof = looked.finding.proof if looked.finding is not None else None
    if proof is None:
        return Certified(None, NO_MODEL)
    for name, premise in looked.visit.proofs.items():
        if premise is None:
            return Certified(None, f"{NO_MODEL} for the premise {name!r}")
        proof = proof.under(name, premise)
    certificate = proof.to_json()
    try:
        checked = check_certificate(certificate, dict(case.constants), looked.recipe)
    except UnreadableError as error:
        return Certified(None, f"no exact model, {error}")
    if checked.verdict != "refuted":
        against = checked.verdict == "not refuted"
        return Certified(None, f"{checked.verdict}, {checked.reason}", contradicted=against)
    return Certified(
        {
            **certificate,
            "left_enclosure": list(checked.left),
            "right_enclosure": list(checked.right),
            "bits": checked.bits,
        }
    )
