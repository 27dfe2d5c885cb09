"""`python -m claims phase MAP|ID --out DIR`: a claim over a grid of two of its letters."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from claims.commands.room import ask
from claims.locate import NotFoundError

_MOST_VALUES = 64
_MOST_SEEDS = 1_000_000
_MAPS = """maps:
  width-step      does gradient descent decay at the stated rate, over m and eta lambda_max(H_inf)
  width-n         is lambda_min(H(0)) >= 3/4 lambda_0, over m and the number of samples
  gamma-m         is the map of an equilibrium network a contraction, over gamma and m
  gamma-m-limit   are its features near their limit, over gamma and m
  ID              any claim or mutant, over two of its parameters and constants, m and n

DIR keeps every cell as it is done: the same command goes on where it was cut off, and with more
--seeds the cells get further ones. It writes phase.png, phase.svg and phase.json there.

examples:
  python -m claims phase gamma-m --out /tmp/phase-gamma --x gamma=0.3:0.7:5 --y m=2:32:5:log
  python -m claims phase width-n --dry-run
  python -m claims phase du2019.lemma_3_1 --out /tmp/phase-delta --x m=8:512:7:log \\
    --y delta=0.05,0.1,0.25 --samples 4 --part curvature --seeds 32
See docs/phase-maps.md."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "%(prog)s MAP|ID --out DIR [--x NAME=A:B:K[:log]] [--y ...] [--seeds N] ..."
    parser.epilog = _MAPS
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", metavar="MAP|ID", help="a map of below, or du2019.lemma_3_1")
    parser.add_argument("--out", metavar="DIR", help="folder of the picture and its cells")
    axis = "NAME=A:B:K, K values from A to B; NAME=A:B:K:log, by factors; NAME=V,W,..."
    parser.add_argument("--x", type=_axis, metavar="NAME=...", help=axis)
    parser.add_argument("--y", type=_axis, metavar="NAME=...", help="the same, upwards")
    parser.add_argument("--seeds", type=_count, default=64, help="networks a cell (64)")
    parser.add_argument(
        "--data", metavar="FAMILY", help="random, random:D, orthonormal, circle, iris, ..."
    )
    parser.add_argument("--samples", type=_count, metavar="N", help="n, where no axis is n (1)")
    parser.add_argument(
        "--set", type=_letter, action="append", default=[], metavar="NAME=VALUE",
        help="a parameter or constant of the claim; may be repeated",
    )  # fmt: skip
    parser.add_argument("--part", metavar="NAME", help="one inequality of the claim's conjunction")
    parser.add_argument("--at", metavar="FILE.json", help="other parameters, as an instance")
    parser.add_argument("--salt", type=int, default=0, help="another set of streams (0)")
    parser.add_argument("--level", type=_level, default=0.95, help="of the intervals (0.95)")
    parser.add_argument("--dry-run", action="store_true", help="print what it costs, run nothing")
    parser.add_argument("--json", action="store_true", help="print phase.json in place of a table")


def run(arguments: argparse.Namespace) -> int:
    """Start the room that draws, in a process of its own, and give its exit code.

    Raises:
        NotFoundError: no --out, or the file of --at cannot be read.
    """
    if arguments.out is None and not arguments.dry_run:
        raise NotFoundError("--out: is missing; give the folder of the picture")
    return ask("phase", request(arguments))


def request(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is asked for, as plain data.

    Raises:
        NotFoundError: the file of --at cannot be read.
    """
    names = ("what", "x", "y", "seeds", "data", "samples", "part", "salt", "level", "dry_run")
    told = {name: getattr(arguments, name) for name in (*names, "json", "out")}
    return {**told, "set": dict(arguments.set), "at": _instance(arguments.at)}


def _instance(file: str | None) -> Any:
    if file is None:
        return None
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
    except RecursionError:
        raise NotFoundError(f"{file}: no instance can be read: it is nested too deeply") from None
    except (OSError, ValueError) as error:
        raise NotFoundError(f"{file}: no instance can be read: {error}") from error
    if isinstance(told, dict) and isinstance(told.get("witnesses"), dict):
        told = told["witnesses"].get("smallest")  # a counterexample file
        told = told.get("instance", told) if isinstance(told, dict) else told
    return told


def _axis(text: str) -> dict[str, Any]:
    """An axis: "m=16:4096:9:log", "gamma=0.1:0.9:9" or "n=1,2,4,8"."""
    name, equals, values = text.partition("=")
    parts = values.split(":")
    log = len(parts) == 4 and parts[3] == "log"
    try:
        if len(parts) == 1:
            numbers = [_number(value) for value in values.split(",")]
        else:
            first, last, count = _number(parts[0]), _number(parts[1]), int(parts[2])
            numbers = spaced(first, last, min(count, _MOST_VALUES + 1), log=log)
            if len(parts) > 4 or (len(parts) == 4 and not log):
                raise ValueError
    except (ValueError, IndexError):
        equals = ""
        numbers = []
    if not (name.isidentifier() and equals and 1 <= len(numbers) <= _MOST_VALUES):
        raise argparse.ArgumentTypeError(
            f"{text!r}; give NAME=A:B:K or NAME=A:B:K:log, 0 < A < B, or NAME=V,W,..., "
            f"at most {_MOST_VALUES} values"
        )
    return {"name": name, "values": numbers, "log": log}


def spaced(first: float, last: float, count: int, *, log: bool) -> list[float]:
    """Values from first to last, equally spaced or by equal factors, to six digits.

    Raises:
        ValueError: they are none: count < 2, last <= first, or first <= 0 for factors.
    """
    if count < 2 or last <= first or (log and first <= 0):
        raise ValueError(f"spaced: {first}:{last}:{count}; give first < last and count >= 2")
    shares = [i / (count - 1) for i in range(count)]
    if log:
        exact = [first * math.exp(share * math.log(last / first)) for share in shares]
    else:
        exact = [first + share * (last - first) for share in shares]
    return [float(f"{value:.6g}") for value in exact]


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _letter(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name.isidentifier() and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r}; give NAME=VALUE, delta=0.1")
    try:
        told = json.loads(value.lower() if value in ("True", "False") else value)
        if isinstance(told, float) and not math.isfinite(told):
            raise argparse.ArgumentTypeError(f"{text!r}; give a finite number")
        return name, told
    except ValueError:
        return name, value


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = 0.0
    if not 0 < level < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; give a number between 0 and 1")
    return level


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_SEEDS:
        raise argparse.ArgumentTypeError(f"{text!r}; give an integer from 1 to {_MOST_SEEDS}")
    return int(text)
