"""Many runs of the catalogue with different streams and searches: how often does the checker err?

    python -m tests.soundness --runs 20 --log docs/soundness.md

A true claim that is refuted is a false alarm, a mutant that lives is a miss. Every run has its own
salt and search seed and an empty database, so that no run knows what another one found.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEAD = (
    "# Soundness of the checker, measured",
    "",
    "`make soundness` runs the whole catalogue in the profile `quick` again and again, each time",
    "with other streams (`--claims-salt`), another search (`--hypothesis-seed`) and an empty",
    "database. A false alarm is a true claim that came out REFUTED, ERROR or VACUOUS; a miss is a",
    "mutant or a refuted statement that lived. REFUTED counts the statements expected to be so.",
    "",
)
BROKEN = ("REFUTED", "ERROR", "VACUOUS")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the catalogue decided."""

    salt: int
    seconds: float
    error_budget: float
    outcomes: Counter[str]
    alarms: tuple[str, ...]
    survivors: tuple[str, ...]
    standing: tuple[str, ...]
    undecided: tuple[str, ...]
    mutants: int

    @property
    def misses(self) -> tuple[str, ...]:
        """Mutants, and refuted statements, that lived."""
        return self.survivors + self.standing


def main() -> int:
    """Run, write the log, and exit with 1 if there was a false alarm or a miss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first-salt", type=int, default=1)
    parser.add_argument("--log", type=Path, default=ROOT / "docs" / "soundness.md")
    parser.add_argument("pytest", nargs="*", default=["theorems"], help="what pytest is given")
    given = parser.parse_args()
    runs: list[Run] = []
    for salt in range(given.first_salt, given.first_salt + given.runs):
        runs.append(one_run(salt, given.pytest))
        sys.stdout.write(f"{row(runs[-1])}\n")
        sys.stdout.flush()
        given.log.write_text(log(runs), encoding="utf-8")
    return int(any(run.alarms or run.misses for run in runs))


def one_run(salt: int, what: list[str]) -> Run:
    """One run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            *what,
            "-n",
            "auto",
            "-q",
            "-p",
            "no:cacheprovider",
        ]
        command += [f"--claims-salt={salt}", f"--hypothesis-seed={salt}"]
        command += [f"--claims-report={report}", f"--claims-database={folder}/examples"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if not report.exists():
            raise SystemExit(f"salt {salt}: no report was written\n{done.stdout}{done.stderr}")
        return read(salt, json.loads(report.read_text(encoding="utf-8")))


def read(salt: int, report: dict[str, Any]) -> Run:
    """The counts of a JSON report."""
    claims = report["claims"]
    mutants = [(claim["id"], mutant) for claim in claims for mutant in claim["mutants"]]
    return Run(
        salt=salt,
        seconds=report["manifest"]["seconds"],
        error_budget=report["error_budget"]["total"],
        outcomes=Counter(claim["outcome"] for claim in claims),
        alarms=tuple(
            claim["id"]
            for claim in claims
            if claim["expected"] == "SUPPORTED" and claim["outcome"] in BROKEN
        ),
        # A mutant that was cut off or crashed (killed: null) has not been caught either.
        survivors=tuple(named(name, mutant) for name, mutant in mutants if not mutant["killed"]),
        standing=tuple(
            claim["id"]
            for claim in claims
            if claim["expected"] == "REFUTED" and claim["outcome"] != "REFUTED"
        ),
        undecided=tuple(claim["id"] for claim in claims if claim["outcome"] == "UNDECIDED"),
        mutants=len(mutants),
    )


def named(claim: str, mutant: dict[str, Any]) -> str:
    """A mutant by its setting, or by its reason where it only drops a premise."""
    setting = ", ".join(f"{key}={value}" for key, value in mutant["setting"].items())
    return f"{claim}[{setting or mutant['because']}]".replace("|", "/")


def row(run: Run) -> str:
    """One row of the table."""
    killed = f"{run.mutants - len(run.survivors)} of {run.mutants}"
    return (
        f"| {run.salt} | {run.outcomes['SUPPORTED']} | {run.outcomes['REFUTED']} | "
        f"{len(run.undecided)} | {', '.join(run.alarms) or 'none'} | "
        f"{killed} | {', '.join(run.misses) or 'none'} | "
        f"{run.error_budget:.1e} | {run.seconds:.0f} |"
    )


def log(runs: list[Run]) -> str:
    """The page docs/soundness.md."""
    often = Counter(name for run in runs for name in run.undecided)
    alarms, misses = sum(len(run.alarms) for run in runs), sum(len(run.misses) for run in runs)
    undecided = [f"{name} {count}" for name, count in sorted(often.items())]
    counted = ", ".join(undecided) or "none"
    lines = [
        *HEAD,
        f"{len(runs)} runs: {alarms} false alarms, {misses} misses.",
        "",
        (
            "| salt | SUPPORTED | REFUTED | UNDECIDED | false alarms | mutants killed | misses "
            "| error budget | seconds |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
        *(row(run) for run in runs),
        "",
        f"Undecided, in how many of the runs: {counted}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
