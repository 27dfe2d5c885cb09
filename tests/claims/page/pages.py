"""Reports and pages for the tests of the page."""

import json
from pathlib import Path
from typing import Any

from claims.machine import REPOSITORY
from claims.reading import Run, run_of
from claims.report import report_json
from tests.claims.reports import MANIFEST, entry, report, results

EXAMPLE = REPOSITORY / "docs" / "examples" / "report.json"


def example() -> dict[str, Any]:
    """A report of a real run."""
    data: dict[str, Any] = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    return data


def toys(**manifest: Any) -> dict[str, Any]:
    """A report with every kind of verdict."""
    lemmas = [entry(f"lemma_{k}", label=f"Lemma {k}") for k in range(7)]
    lemmas[1] = entry("lemma_1", label="Lemma 1", expected="REFUTED", because="n = 1")
    lemmas[3] = entry("lemma_3", label="Lemma 3", depends_on=("toys.lemma_0",))
    outcomes = ("SUPPORTED", "REFUTED", "UNDECIDED", "VACUOUS", "ERROR", "REFUTED")
    margins = (float("-inf"), -0.5, 0.25, 2.0)
    told: list[tuple[Any, Any]] = [
        (lemma, report(lemma, outcome, margins=margins, worst_margin=margins[0], examples=4))
        for lemma, outcome in zip(lemmas, outcomes, strict=False)
    ]
    told += [(lemmas[6], None)]
    misprint = entry(
        "lemma_0", "n=3", setting={"n": 3}, erratum=True, because="n_0 <= 2", where="p. 3"
    )
    survivor = entry("lemma_0", "n=4", setting={"n": 4}, because="n_0 <= 3")
    told += [
        (misprint, report(misprint, "REFUTED", paste='{"n": 3}', kept="counterexamples/a/b.json"))
    ]
    told += [(survivor, report(survivor, "SUPPORTED"))]
    made = report_json(results(*told), {**MANIFEST, **manifest}, Path.cwd())
    data: dict[str, Any] = json.loads(json.dumps(made))
    return data


def toy_run(**manifest: Any) -> Run:
    """The same, read."""
    return run_of(toys(**manifest), "toys.json")
