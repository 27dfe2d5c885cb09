"""The tables of README.md and docs/catalogue.md: `python -m tests.house.readme_table`."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from claims import Claim, NotExecutable, claims_in, not_executable_in

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
CATALOGUE = ROOT / "docs" / "catalogue.md"
BEGIN, END = "<!-- claims -->", "<!-- /claims -->"
PAPER_COLUMNS = ("paper", "files", "claims", "mutants", "errata")
COLUMNS = ("claim", "in the paper", "statement", "mutants", "errata")
SKIPPED_COLUMNS = ("not executable", "in the paper", "why")


def theorem_names() -> list[str]:
    """The modules of theorems/ in the order of their files, "theorems.du2019"."""
    files = sorted((ROOT / "theorems").rglob("*.py"))
    found = [path.relative_to(ROOT).with_suffix("") for path in files]
    return [".".join(path.parts) for path in found if not path.name.startswith("_")]


def theorem_module(name: str) -> ModuleType:
    """A module of theorems/."""
    return importlib.import_module(name)


def all_claims() -> list[Claim]:
    """Every claim of the catalogue, in file order."""
    return [claim for name in theorem_names() for claim in claims_in(theorem_module(name))]


def all_skipped() -> dict[str, NotExecutable]:
    """What is listed as not executable, by id, in file order."""
    found: dict[str, NotExecutable] = {}
    for name in theorem_names():
        found |= not_executable_in(theorem_module(name))
    return found


def claim_table() -> str:
    """The catalogue as two markdown tables: the claims, and what cannot be executed."""
    return f"{table_of(all_claims())}\n\n{skipped_table(all_skipped())}"


def paper_table() -> str:
    """One row a paper, in the order of the files: how much of it is claimed."""
    papers: dict[tuple[str, str], list[Claim]] = {}
    for claim in all_claims():
        papers.setdefault((claim.paper.authors, claim.paper.title), []).append(claim)
    rows = ["| " + " | ".join(PAPER_COLUMNS) + " |", "|---|---|---|---|---|"]
    for (authors, title), claims in papers.items():
        files = sorted({claim.paper.key for claim in claims})
        mutants = [mutant for claim in claims for mutant in claim.mutants]
        errata = sum(mutant.erratum for mutant in mutants)
        cells = (
            f"{_plain(authors)}: *{_plain(title)}* ({claims[0].paper.source})",
            _folded(files),
            str(len(claims)),
            str(len(mutants) - errata),
            str(errata + sum(claim.expected == "REFUTED" for claim in claims)),
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def table_of(claims: Iterable[Claim]) -> str:
    """One row a claim; errata are what the paper itself prints and a run refutes."""
    rows = ["| " + " | ".join(COLUMNS) + " |", "|---|---|---|---|---|"]
    for claim in claims:
        printed = sum(mutant.erratum for mutant in claim.mutants)
        refuted = claim.expected == "REFUTED"
        statement = claim.doc.partition("\n")[0]
        cells = (
            f"`{claim.id}`",
            _plain(claim.label),
            _plain(f"False: {statement}" if refuted else statement),
            str(len(claim.mutants) - printed),
            str(printed + refuted),
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def skipped_table(skipped: Mapping[str, NotExecutable]) -> str:
    """One row a statement, or a text, that no program can check."""
    rows = ["| " + " | ".join(SKIPPED_COLUMNS) + " |", "|---|---|---|"]
    for name, entry in skipped.items():
        place = f"{entry.label}, {entry.where}" if entry.where else entry.label
        rows.append(f"| `{name}` | {_plain(place)} | {_plain(entry.reason)} |")
    return "\n".join(rows)


def table_in(readme: str) -> str:
    """What a page holds between its two lines.

    Raises:
        ValueError: the lines are missing, or not in this order, or there twice.
    """
    return _parts(readme)[1].strip()


def with_table(readme: str, table: str) -> str:
    """A page with another table. Raises ValueError: as for `table_in`."""
    before, _, after = _parts(readme)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def main() -> int:
    """Write both tables; 0 if that could be done."""
    for page, table in ((README, paper_table()), (CATALOGUE, claim_table())):
        page.write_text(with_table(page.read_text(encoding="utf-8"), table), encoding="utf-8")
    sys.stdout.write(f"{len(all_claims())} claims written to {README.name}, {CATALOGUE.name}\n")
    return 0


def _parts(readme: str) -> tuple[str, str, str]:
    parts = re.split(f"^{BEGIN}$|^{END}$", readme, flags=re.MULTILINE)
    if len(parts) != 3 or not readme.find(BEGIN) < readme.find(END):
        raise ValueError(
            f"the page has {len(parts) - 1} lines {BEGIN} and {END}; give one of each, "
            "in this order"
        )
    return parts[0], parts[1], parts[2]


def _folded(files: list[str]) -> str:
    """Names with a common beginning once: "du2019, ...appendix, ...sharper"."""
    first = files[0]
    rest = [f"...{name.removeprefix(first)}" if name.startswith(first) else name for name in files]
    return ", ".join(f"`{name}`" for name in [first, *rest[1:]])


def _plain(text: str) -> str:
    """Text that markdown shows as it is: ||u|| stays in its cell, 2*x*y in its font."""
    return re.sub(r"([\\|*`\[~$]|<(?=[A-Za-z/!?]))", r"\\\1", text)


if __name__ == "__main__":
    sys.exit(main())
