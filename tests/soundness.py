"""Many runs of the catalogue with different streams and searches: how often does the checker err?

    python -m tests.soundness --runs 20 --log docs/soundness.md
    nice -n 15 python -m tests.soundness --runs 3 --reports soundness --workers 0 --seconds 1500
    python -m tests.soundness --runs 1 --reports soundness --papers gao2022,truong2025 --limit 900

A true claim that is refuted is a false alarm, a mutant that lives is a miss. Every run has its own
salt and search seed and an empty database, so that no run knows what another one found. With
`--reports` each paper of a run is a piece of its own, whose report is kept there: what is there is
not run again, so that a night may be cut short and gone on with. `--papers` begins these pieces
only, and joins what is kept of the others; `--limit` ends a piece that does not come back.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
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
    missing: tuple[str, ...] = ()

    @property
    def misses(self) -> tuple[str, ...]:
        """Mutants, and refuted statements, that lived."""
        return self.survivors + self.standing


def main() -> int:
    """Run, write the log, and exit with 1 if there was a false alarm or a miss."""
    given = arguments()
    end = time.monotonic() + given.seconds
    runs: list[Run] = []
    for salt in range(given.first_salt, given.first_salt + given.runs):
        if given.reports:
            begin = partial(one_report, workers=given.workers, limit=given.limit)
            run = in_pieces(
                salt, pieces(given.pytest), given.reports, begin, end=end, only=given.papers
            )
        else:
            run = read(salt, one_report(salt, given.pytest, given.workers))
        if run is None:
            break
        runs.append(run)
        sys.stdout.write(f"{row(run)}\n")
        sys.stdout.flush()
        write(given.log, runs)
    return int(any(run.alarms or run.misses for run in runs))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first-salt", type=int, default=1)
    parser.add_argument("--log", type=Path, default=ROOT / "docs" / "soundness.md")
    parser.add_argument("--reports", type=Path, help="a folder: run in pieces and keep them there")
    parser.add_argument("--papers", help="with --reports: begin these only, as in gao2022,lee2016")
    parser.add_argument("--workers", default="auto", help="what pytest -n is given")
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no piece later")
    parser.add_argument("--limit", type=float, help="seconds after which a piece is ended")
    parser.add_argument("pytest", nargs="*", default=["theorems"], help="what pytest is given")
    given = parser.parse_args()
    if given.papers is not None or given.limit is not None:
        if given.reports is None:
            parser.error("--papers and --limit are for runs in pieces: give --reports FOLDER too")
        if unknown := set(papers := (given.papers or "").split(",")) - {"", *pieces(given.pytest)}:
            parser.error(f"--papers {given.papers}: {min(unknown)} is none of them")
        given.papers = [name for name in papers if name]
    return given


def pieces(what: Iterable[str]) -> dict[str, list[str]]:
    """The files of each paper in the folder `theorems`; anything else is a piece of its own.

    The claims at the papers' own widths, which a run of the folder leaves out, are left out here.
    """
    found: dict[str, list[str]] = {}
    for each in what:
        if Path(each) != Path("theorems"):
            found.setdefault(re.sub(r"\W+", "-", each), []).append(each)
            continue
        for path in sorted((ROOT / "theorems").glob("[a-z]*")):
            if paper := re.match(r"[a-z]+\d{4}", path.name):
                found.setdefault(paper[0], ["-m", "not paper_width"]).append(
                    str(path.relative_to(ROOT))
                )
    return found


def in_pieces(
    salt: int,
    parts: dict[str, list[str]],
    folder: Path,
    begin: Callable[[int, list[str]], dict[str, Any]],
    *,
    end: float = math.inf,
    only: Collection[str] | None = None,
) -> Run | None:
    """A run from the reports kept of it, and from new ones until the end; None without any.

    Args:
        salt: of the run.
        parts: what pytest is given for each piece, by its name.
        folder: of the reports.
        begin: makes the report of a piece; one that takes too long raises `TimeoutExpired`.
        end: the value of `time.monotonic()` after which no piece is begun.
        only: the pieces that may be begun; None for all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reports, missing = [], []
    for name, what in parts.items():
        kept, why = folder / f"{salt}-{name}.json", ""
        if not kept.exists() and time.monotonic() < end and (not only or name in only):
            unfinished = kept.with_suffix(".new")
            try:
                unfinished.write_text(json.dumps(begin(salt, what)), encoding="utf-8")
                unfinished.replace(kept)
            except subprocess.TimeoutExpired as late:
                why = f" (ended after {late.timeout:g} s)"
        if kept.exists():
            reports.append(json.loads(kept.read_text(encoding="utf-8")))
        else:
            missing.append(name + why)
    return replace(read(salt, joined(reports)), missing=tuple(missing)) if reports else None


def joined(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """The reports of the pieces of a run as one."""
    return {
        "manifest": {"seconds": sum(each["manifest"]["seconds"] for each in reports)},
        "error_budget": {"total": sum(each["error_budget"]["total"] for each in reports)},
        "claims": [claim for each in reports for claim in each["claims"]],
    }


def one_report(
    salt: int, what: list[str], workers: str, limit: float | None = None
) -> dict[str, Any]:
    """The report of one run in a process of its own.

    Raises:
        TimeoutExpired: it took more than so many seconds, and was ended.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pytest", *what, "-n", workers, "-q"]
        command += ["-p", "no:cacheprovider"]
        command += [f"--claims-salt={salt}", f"--hypothesis-seed={salt}"]
        command += [f"--claims-report={report}", f"--claims-database={folder}/examples"]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=limit, check=False
        )
        if not report.exists():
            raise SystemExit(f"salt {salt}: no report was written\n{done.stdout}{done.stderr}")
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found


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


def write(page: Path, runs: list[Run]) -> None:
    """The log in place of the page's first section; what was written under a heading stays."""
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    kept = old[at:] if (at := old.find("\n## ")) >= 0 else ""
    page.write_text(log(runs) + kept, encoding="utf-8")


def counted(number: int, one: str, several: str = "") -> str:
    """A number and what it counts: 1 run, 2 runs."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def log(runs: list[Run]) -> str:
    """The page docs/soundness.md, without what was written under a heading by hand."""
    often = Counter(name for run in runs for name in run.undecided)
    alarms, misses = sum(len(run.alarms) for run in runs), sum(len(run.misses) for run in runs)
    undecided = [f"{name} {count}" for name, count in sorted(often.items())]
    often_undecided = ", ".join(undecided) or "none"
    found = (
        f"{counted(len(runs), 'run')}: {counted(alarms, 'false alarm')}",
        counted(misses, "miss", "misses"),
    )
    lines = [
        *HEAD,
        f"{', '.join(found)}.",
        "",
        (
            "| salt | SUPPORTED | REFUTED | UNDECIDED | false alarms | mutants killed | misses "
            "| error budget | seconds |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
        *(row(run) for run in runs),
        "",
        f"Undecided, in how many of the runs: {often_undecided}.",
        "",
    ]
    for run in runs:
        if run.missing:
            lines += [f"Salt {run.salt} was cut short, without {', '.join(run.missing)}.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
