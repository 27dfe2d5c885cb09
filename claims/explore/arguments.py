"""Arguments that several commands take, checked as they are read."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

FORMATS = (".png", ".svg", ".pdf")
_SALTS = 2**63


def count(text: str) -> int:
    """An integer >= 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; give an integer >= 1")
    return int(text)


def salt(text: str) -> int:
    """An integer from 0 to 2^63 - 1."""
    if not text.isdecimal() or int(text) >= _SALTS:
        raise argparse.ArgumentTypeError(f"{text!r}; give an integer from 0 to 2^63 - 1")
    return int(text)


def ratio(text: str) -> float:
    """A finite number > 1."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 1 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}; give a finite number > 1")
    return number


def figure_file(text: str) -> str:
    """The path of a figure, in a folder that is there."""
    path = Path(text)
    if path.suffix not in FORMATS:
        raise argparse.ArgumentTypeError(f"{text!r}; give a file that ends in {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r}; there is no folder {str(path.parent)!r}")
    return text
