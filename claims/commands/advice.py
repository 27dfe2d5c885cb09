"""What `lint` and `rivals` take alike: data, delta, and the papers."""

from __future__ import annotations

import argparse
import math
from typing import Any

DATA = (
    "iris, wine, breast_cancer, digits, diabetes, or a file: .csv (the last column is the label), "
    ".npz (arrays x and y), .npy (with --labels)"
)
_MOST = 10**100


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what both commands take."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", required=True, metavar="SET|FILE", help=DATA)
    parser.add_argument("--label", metavar="NAME|INDEX", help="the label's column of a CSV file")
    parser.add_argument("--labels", metavar="FILE.npy", help="the labels of inputs in an .npy file")
    parser.add_argument(
        "--samples", type=count, metavar="N", help="rows, spread over the set (all)"
    )
    parser.add_argument(
        "--standardise", action="store_true", help="give every column mean 0 and deviation 1 first"
    )
    parser.add_argument(
        "--normalise", action="store_true", help="divide every row by its norm, as theorems ask"
    )
    parser.add_argument(
        "--delta", type=_probability, default=0.1, help="failure probability of a theorem (0.1)"
    )
    parser.add_argument(
        "--paper", action="append", default=[], metavar="PAPER",
        help="this paper only, such as du2019; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--activation", default="tanh", metavar="NAME",
        choices=("tanh", "sigmoid", "softplus", "erf", "sin"),
        help="of smooth networks: tanh (default), sigmoid, softplus, erf, sin",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="machine-readable")


def request(question: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """What both commands ask, as plain data."""
    names = ("data", "label", "labels", "samples", "standardise", "normalise")
    source = {name: getattr(arguments, name) for name in names}
    kept = {name: getattr(arguments, name) for name in ("delta", "activation", "json", "width")}
    return {"question": question, "source": source, "papers": arguments.paper, **kept}


def count(text: str) -> int:
    """A whole number from 1 to 10^100."""
    if not text.isascii() or not text.isdecimal() or len(text) > 101 or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"{text[:40]!r}; give an integer from 1 to 10^100")
    return int(text)


def seed(text: str) -> int:
    """A whole number from 0 to 2^63 - 1."""
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"{text[:40]!r}; give an integer from 0 to 2^63 - 1")
    return int(text)


def step_size(text: str) -> float:
    """A finite number above 0."""
    value = _number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}; give a number above 0")
    return value


def _probability(text: str) -> float:
    value = _number(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; give a number between 0 and 1, such as 0.1")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
