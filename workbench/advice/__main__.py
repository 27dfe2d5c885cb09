"""Started by `python -m claims lint` and `rivals`, which say what the words of a request mean."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch

from workbench.advice import lint, rivals
from workbench.advice.data import Data, Source, read, unit_rows
from workbench.advice.drawing import draw, write
from workbench.advice.errors import DataError
from workbench.advice.facts import Facts, facts_of
from workbench.advice.looks import Look, look
from workbench.advice.premises import unit_rows as unit_rows_premise
from workbench.advice.table import PAPERS, THEOREMS
from workbench.advice.theorem import Applied, Setting, apply

FINE, NONE_APPLIES, COULD_NOT_RUN = 0, 1, 3


def main(words: Sequence[str]) -> int:
    """Answer one request, a JSON object.

    Returns:
        0 answered, and for `lint` some convergence theorem applies; 1 none does; 3 could not run.
    """
    torch.set_num_threads(1)
    asked = json.loads(words[0])
    try:
        data = read(Source(**asked["source"]))
        facts = facts_of(data, asked["activation"])
        setting = Setting(asked["width"], asked["step"], asked["delta"])
        found = [apply(theorem, facts, setting) for theorem in _chosen(asked["papers"])]
        if asked["question"] == "lint":
            return _lint(asked, data, facts, setting, found)
        return _rivals(asked, data, facts, found)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (DataError, ValueError, OSError) as error:
        sys.stderr.write(f"{str(error).splitlines()[0]}\n")
    except MemoryError:
        sys.stderr.write("not enough memory; give fewer rows with --samples\n")
    return COULD_NOT_RUN


def _chosen(papers: list[str]) -> list[Any]:
    unknown = [paper for paper in papers if paper not in PAPERS]
    if unknown:
        raise DataError(f"--paper {unknown[0]}: not in the table; give one of {', '.join(PAPERS)}")
    return [theorem for theorem in THEOREMS if not papers or theorem.paper in papers]


def _lint(
    asked: dict[str, Any], data: Data, facts: Facts, setting: Setting, found: list[Applied]
) -> int:
    seen = _looked(asked, data, facts, setting)
    if asked["json"]:
        _print([json.dumps(lint.as_json(data, facts, setting, found, seen), indent=2)])
    else:
        _print(lint.as_text(data, facts, setting, found, seen))
        if asked["details"]:
            _print(lint.details(found))
        _print(_further(asked, facts, seen))
    converging = [one for one in found if one.theorem.kind == "convergence"]
    applies = any(one.verdict == "APPLIES" for one in converging)
    return FINE if applies or (seen is not None and seen.converges) else NONE_APPLIES


def _looked(asked: dict[str, Any], data: Data, facts: Facts, setting: Setting) -> Look | None:
    if not asked["look"]:
        return None
    if not unit_rows_premise(facts).met:
        raise DataError("--look: the certificates are about rows of norm 1; give --normalise too")
    assert setting.width is not None  # noqa: S101  the command asks for it
    return look(unit_rows(data.x), data.y, setting.width, asked["seed"], setting.step)


def _further(asked: dict[str, Any], facts: Facts, seen: Look | None) -> list[str]:
    """What works where no theorem reaches."""
    source, width = asked["source"], asked["width"]
    told = ["", "Measured instead of promised:"]
    if seen is None:
        told.append("  the same command with --look asks A-CERT of one random start of your width")
    if source["data"].endswith((".csv", ".tsv", ".txt", ".npy")):
        chosen = "FILE.npz"
    else:
        samples = source["samples"] or facts.n
        chosen = shlex.quote(source["data"])
        chosen += "" if source["data"].endswith(".npz") else f" --samples {samples}"
    told.append(
        f"  python -m claims plstar docs/examples/tanh_network.py --data {chosen} --widths {width}"
    )
    return told


def _rivals(asked: dict[str, Any], data: Data, facts: Facts, found: list[Applied]) -> int:
    table = rivals.rivals(found, facts)
    if asked["out"] is not None:
        path = Path(asked["out"])
        title = f"{data.name}: n = {facts.n}, delta = {asked['delta']:g}"
        write(draw(table, title, asked["width"]), path)
    if asked["json"]:
        told = {"schema": 1, "data": lint.data_json(data, facts), "delta": asked["delta"]}
        _print([json.dumps({**told, "rivals": rivals.as_json(table)}, indent=2)])
    else:
        _print(
            [*lint.about_data(data, facts), f"delta = {asked['delta']:g}", *lint.CONVENTIONS, ""]
        )
        _print(rivals.as_text(table, asked["width"]))
    if asked["out"] is not None:
        sys.stderr.write(f"{asked['out']}\n")
    return FINE


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
