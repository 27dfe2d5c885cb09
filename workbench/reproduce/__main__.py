"""Started by `python -m claims reproduce`, which says what the words of a request mean."""

from __future__ import annotations

import difflib
import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from claims.report import write_atomically
from workbench.reproduce.catalogue import FIGURES, NONE
from workbench.reproduce.drawing import draw
from workbench.reproduce.figure import Drawn, Figure, Table
from workbench.reproduce.progress import Progress
from workbench.reproduce.told import Judged, aligned, as_json, as_text, judged

FINE, REFUTED, UNDECIDED, COULD_NOT_RUN = 0, 1, 2, 3


def main(words: Sequence[str]) -> int:
    """Answer one request, a JSON object: list figures, or draw one.

    Returns:
        0 all orderings supported, or listed; 1 one refuted; 2 one undecided; 3 could not run.
    """
    asked = json.loads(words[0])
    if asked["list"]:
        sys.stdout.write(_listed(as_data=asked["json"]))
        return FINE
    figure = FIGURES.get(asked["id"])
    if figure is None:
        sys.stderr.write(_unknown(asked["id"]))
        return COULD_NOT_RUN
    torch.set_num_threads(1)  # figures that want two cores start two processes
    try:
        found = _reproduced(figure, asked)
    except KeyboardInterrupt:
        sys.stderr.write(f"{figure.name}: interrupted, nothing is written\n")
        return COULD_NOT_RUN
    except (ValueError, ArithmeticError, OSError) as error:
        sys.stderr.write(f"{figure.name}: {error}\n")
        return COULD_NOT_RUN
    decisions = {one.finding.decision for one in found}
    if "refuted" in decisions:
        return REFUTED
    return UNDECIDED if "undecided" in decisions else FINE


def _reproduced(figure: Figure, asked: dict[str, Any]) -> list[Judged]:
    folder = None if asked["out"] is None else Path(asked["out"])
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)  # before the work, so that a mistake shows early
    before, processors = time.monotonic(), _processors()
    progress = Progress(figure.name, sys.stderr)
    drawn = figure.draw(asked["small"], progress)
    progress(1.0)
    seconds = (time.monotonic() - before, _processors() - processors)
    found = judged(drawn)
    how: dict[str, Any] = {"small": asked["small"], "seconds": seconds}
    data = as_json(figure, drawn, found, **how)
    paths = [] if folder is None else _written(drawn, data, folder, asked)
    if asked["json"]:
        sys.stdout.write(json.dumps(data, indent=2) + "\n")
        return found
    sys.stdout.write("\n".join(as_text(figure, drawn, found, **how)) + "\n")
    sys.stdout.write("".join(f"  {path}\n" for path in paths))
    return found


def _written(drawn: Drawn, data: dict[str, Any], folder: Path, asked: dict[str, Any]) -> list[Path]:
    name = f"{asked['id']}{'.small' if asked['small'] else ''}"
    paths = draw(drawn, folder, name)
    paths.append(folder / f"{name}.json")
    write_atomically(paths[-1], data)
    return paths


def _processors() -> float:
    """Seconds that this process and those it started have computed."""
    spent = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _listed(*, as_data: bool) -> str:
    if as_data:
        figures = [
            {"id": one.name, "paper": one.paper, "shows": one.shows, "here": one.here,
             "kinship": one.kinship, "source": one.source}
            for one in FIGURES.values()
        ]  # fmt: skip
        return json.dumps({"figures": figures, "none": NONE}, indent=2) + "\n"
    rows = [(one.name, one.kinship, one.source, one.shows) for one in FIGURES.values()]
    lines = [*_left(Table(("figure", "kinship", "source", "what it shows"), tuple(rows))), ""]
    lines += ["papers without one:", *(f"  {paper}: {why}" for paper, why in NONE.items())]
    return "\n".join(lines) + "\n"


def _left(table: Table) -> list[str]:
    wide = [max(map(len, column)) for column in zip(table.head, *table.rows, strict=True)]
    padded = [
        tuple(c.ljust(w) for c, w in zip(r, wide, strict=True)) for r in (table.head, *table.rows)
    ]
    return [line.rstrip() for line in aligned(Table(padded[0], tuple(padded[1:])))]


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, FIGURES, n=3, cutoff=0.4)
    guess = f"did you mean {', '.join(near)}?" if near else "--list names them all"
    return f"{name}: there is no such figure; {guess}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
