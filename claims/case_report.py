"""What came of one case, as plain data that travels between processes and into files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from claims.instance import Recipe
from claims.ledger import Counts

_FLOATS = ("worst_margin", "quantile_margin")


@dataclass(frozen=True, slots=True)
class CaseReport:
    """The outcome of a claim or of a mutant.

    Attributes:
        case, claim: ids, "du2019.lemma_3_1[factor=1]" and "du2019.lemma_3_1".
        paper, label, kind: of the claim.
        outcome: SUPPORTED, REFUTED, UNDECIDED, VACUOUS or ERROR, of the statement that was run.
        expected: SUPPORTED or REFUTED.
        passed: whether the profile lets the outcome pass (a mutant: whether it was killed).
        unfinished: whether the wall-clock budget cut it off.
        reason: the outcome in words.
        certified: what vouches for a refutation; "" without one.
        examples: distinct instances that met all premises.
        discarded: distinct instances that did not.
        costly: distinct instances above the cost cap, left out.
        premises: for each premise of the body, instances that held and failed, least slack.
        seeds, failures: rows evaluated, and certain failures among the deciding ones.
        worst_margin, quantile_margin: the least over instances; None if none was judged.
        margins: the worst margin of every distinct instance that was given or generated and judged,
            sorted; of many, evenly spaced ranks with both ends.
        worst_instance: recipe where worst_margin was found.
        instance: recipe of the smallest refuting instance; None without a refutation.
        paste: that instance as code for `examples=[...]`.
        plain_instance: a refuting instance nearby with plainer numbers; None if there is none.
        shrink_stopped: what ended the shrinking early; "" if it went to its end.
        kept: the counterexample's file, as seen from the run's root; "" without one.
        notes: lines about stored counterexamples: which are FIXED, which cannot be read.
        constants: those that were used, a mutant's in place of the true ones.
        seconds: wall-clock time; the one number here that does not repeat.
        cost: normals drawn + flops/8.
        sizes: the largest n, d, m and steps.
        killed: for a mutant, whether it died for its own reason; None for a claim.
        found_by_search: whether the search itself met a refutation, with or without a witness.
        confirm_opened, supported_instances: what the error budget of a run is charged for.
        measured: numbers of a statement that measures, at the worst instance.
        failure_text: what a user reads where the case does not pass; for an erratum and a refuted
            claim, its counterexample.
    """

    case: str
    claim: str
    paper: str
    label: str
    kind: str
    outcome: str
    expected: str
    passed: bool
    reason: str
    unfinished: bool = False
    certified: str = ""
    examples: int = 0
    discarded: int = 0
    costly: int = 0
    premises: Mapping[str, Counts] = field(default_factory=dict)
    seeds: int = 0
    failures: int = 0
    worst_margin: float | None = None
    quantile_margin: float | None = None
    margins: tuple[float, ...] = ()
    worst_instance: Recipe | None = None
    instance: Recipe | None = None
    paste: str = ""
    plain_instance: Recipe | None = None
    shrink_stopped: str = ""
    kept: str = ""
    notes: tuple[str, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    cost: float = 0.0
    sizes: Mapping[str, int] = field(default_factory=dict)
    killed: bool | None = None
    found_by_search: bool | None = None
    confirm_opened: int = 0
    supported_instances: int = 0
    measured: Mapping[str, Any] | None = None
    failure_text: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-able data; an infinite margin is the text "inf" or "-inf"."""
        data = asdict(self)
        data["margins"] = [str(x) if math.isinf(x) else x for x in self.margins]
        for name in _FLOATS:
            value = data[name]
            if value is not None and math.isinf(value):
                data[name] = str(value)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CaseReport:
        """The report of `to_json`, after any number of trips through JSON.

        Raises:
            ValueError: a field is missing or unknown.
        """
        known = {f.name for f in fields(cls)}
        if set(data) != known:
            raise ValueError(
                f"CaseReport: fields {sorted(set(data) ^ known)} are missing or unknown; "
                "read the file with the version that wrote it"
            )
        given = dict(data)
        for name in _FLOATS:
            given[name] = None if given[name] is None else float(given[name])
        given["margins"] = tuple(map(float, given["margins"]))
        given["notes"] = tuple(given["notes"])
        return cls(**given)
