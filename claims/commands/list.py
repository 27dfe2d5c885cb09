"""`python -m claims list`: every claim of the catalogue, or of the files given."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from claims.claim import Claim, NotExecutable
from claims.commands.exits import COULD_NOT_RUN, FINE
from claims.graph import not_executable_in
from claims.locate import NotFoundError, claims_of, files_of, find, load, theorem_files
from claims.paper import paper_of

Skipped: TypeAlias = tuple[str, str, NotExecutable]  # key of the paper, id

_EPILOG = """\
A file, a folder or a paper; all papers without any. Exit code 0, or 3 where a file cannot be read.

examples:
  python -m claims list du2019
  python -m claims list theorems/yu1995.py --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("targets", nargs="*", metavar="FILE_OR_PAPER", help="all without any")
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(arguments: argparse.Namespace) -> int:
    """Print the list; a file that cannot be read is named, and the others are listed."""
    code, rows, skipped = FINE, [], []
    for file in _files(arguments.targets):
        try:
            claims = claims_of(file)
            module = load(file)
        except NotFoundError as error:
            print(error, file=sys.stderr)
            code = COULD_NOT_RUN
            continue
        rows += claims
        paper = paper_of(module.__name__, module.__doc__) if claims else None
        key = paper.key if paper else file.stem
        skipped += [(key, name, entry) for name, entry in not_executable_in(module).items()]
    if arguments.json:
        print(json.dumps(_json(rows, skipped), indent=2, ensure_ascii=False))
    else:
        _print_table(rows, skipped)
    return code


def _files(targets: list[str]) -> list[Path]:
    if not targets:
        return theorem_files()
    return [file for target in targets for file in files_of(find(target))]


def _json(claims: list[Claim], skipped: list[Skipped]) -> dict[str, Any]:
    return {
        "claims": [_claim_json(claim) for claim in claims],
        "not_executable": [
            {"id": name, "paper": paper, "status": "NOT EXECUTABLE", **asdict(entry)}
            for paper, name, entry in skipped
        ],
    }


def _claim_json(claim: Claim) -> dict[str, Any]:
    return {
        "id": claim.id,
        "status": "EXECUTABLE",
        "paper": claim.paper.key,
        "label": claim.label,
        "kind": claim.kind,
        "expected": claim.expected,
        "bound": claim.bound,
        "regime": claim.regime,
        "text": claim.text,
        "topics": list(claim.topics),
        "depends_on": list(claim.depends_on),
        "mutants": [mutant.name for mutant in claim.mutants],
        "errata": [mutant.name for mutant in claim.mutants if mutant.erratum],
        "file": claim.file,
        "line": claim.line,
    }


def _print_table(claims: list[Claim], skipped: list[Skipped]) -> None:
    paper = None
    wide = max((len(claim.id) for claim in claims), default=0)
    label = max((len(claim.label) for claim in claims), default=0)
    for claim in claims:
        if claim.paper.key != paper:
            paper = claim.paper.key
            print(f"{claim.paper.authors}: {claim.paper.title} ({claim.paper.source})")
        errata = sum(mutant.erratum for mutant in claim.mutants)
        told = f"mutants {len(claim.mutants)}" + (f", errata {errata}" if errata else "")
        expected = "" if claim.expected == "SUPPORTED" else f", expected {claim.expected}"
        print(f"  {claim.id:{wide}}  {claim.label:{label}}  {claim.kind:13}  {told}{expected}")
    for _, name, entry in skipped:
        place = f", {entry.where}" if entry.where else ""
        print(f"  {name} ({entry.label}{place}) cannot be executed: {entry.reason}")
