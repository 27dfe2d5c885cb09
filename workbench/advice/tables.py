"""Tables of numbers in CSV files: delimiter and header found, text refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.advice.arrays import Array, check_size
from workbench.advice.errors import DataError

_DELIMITERS = (",", ";", "\t", " ")
_MISSING = ("", "na", "n/a", "null", "none", "?", "-", ".")
_LOOKED_AT = 20  # rows, to find the delimiter


def labelled_table(path: Path, label: str | None) -> tuple[Array, Array, tuple[str, ...], str]:
    """Inputs, labels, the names of the inputs' columns, and that of the labels'.

    Args:
        path: of numbers separated by commas, semicolons, tabs or spaces; the first row may name the
            columns.
        label: name or index (from 0, or from -1 backwards) of the labels' column; None takes the
            last.

    Raises:
        DataError: rows of unequal lengths, a cell that is no number, or no such column.
    """
    check_size(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}; give a CSV file in UTF-8") from error
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not kept:
        raise DataError(f"{path}: it is empty; give one row of numbers for each sample")
    numbers, rows = [number for number, _ in kept], _cells([line for _, line in kept], path)
    names = tuple(cell.strip() for cell in rows[0])
    header = not all(_is_number(cell) for cell in rows[0])
    if header and all(_is_number(name) or name.lower() in _MISSING for name in names):
        raise DataError(
            f"{path}, line {numbers[0]}: {', '.join(names)[:60]!r} are neither all names nor all "
            "numbers; drop a row that has no number, or give names"
        )
    if header:
        numbers, rows = numbers[1:], rows[1:]
    else:
        names = tuple(f"column {j}" for j in range(len(rows[0])))
    table = _parsed(rows, numbers, names, path)
    place = _place(label, names if header else (), len(names), path)
    inputs = tuple(name for j, name in enumerate(names) if j != place)
    return np.delete(table, place, axis=1), table[:, place], inputs, repr(names[place])


def _cells(lines: Sequence[str], path: Path) -> list[list[str]]:
    """The rows, with the first delimiter that cuts all of the first rows alike."""
    for delimiter in _DELIMITERS:
        counts = {len(row) for row in _cut(lines[:_LOOKED_AT], delimiter, path)}
        if len(counts) == 1 and counts != {1}:
            return _cut(lines, delimiter, path)
    for delimiter in _DELIMITERS:
        rows = _cut(lines, delimiter, path)
        if len(rows[0]) > 1:
            return rows
    raise DataError(
        f"{path}: one column; give inputs and labels, separated by commas, semicolons, tabs or "
        "spaces"
    )


def _cut(lines: Sequence[str], delimiter: str, path: Path) -> list[list[str]]:
    spaced = delimiter == " "
    try:
        rows = csv.reader(
            io.StringIO("\n".join(lines)), delimiter=delimiter, skipinitialspace=spaced, strict=True
        )
        return [[cell for cell in row if cell or not spaced] for row in rows]
    except csv.Error as error:
        raise DataError(f"{path}: {error}; give one row of numbers for each sample") from error


def _parsed(
    rows: Sequence[Sequence[str]], numbers: Sequence[int], names: Sequence[str], path: Path
) -> Array:
    if not rows:
        raise DataError(f"{path}: a header and no rows; give one row for each sample")
    if len(rows) != len(numbers):
        raise DataError(f"{path}: a cell goes over several lines; give one line for each sample")
    for row, number in zip(rows, numbers, strict=True):
        if len(row) != len(names):
            raise DataError(
                f"{path}, line {number}: {len(row)} cells, and {len(names)} in the first line; "
                "give rows of one length"
            )
    try:
        return np.array([[_number(cell) for cell in row] for row in rows], dtype=np.float64)
    except ValueError:
        number, name, cell = next(
            (number, name, cell)
            for row, number in zip(rows, numbers, strict=True)
            for name, cell in zip(names, row, strict=True)
            if not _is_number(cell)
        )
        raise DataError(
            f"{path}, line {number}, {name[:40]!r}: {cell[:40]!r} is no number; give numbers only, "
            "with decimal points, classes as numbers too"
        ) from None


def _place(label: str | None, names: Sequence[str], count: int, path: Path) -> int:
    if label is None:
        return count - 1
    if label in names:
        return list(names).index(label)
    if label.removeprefix("-").isdecimal() and -count <= int(label) < count:
        return int(label) % count
    told = f"one of {', '.join(names[:8])}, or " if names else ""
    raise DataError(f"{path}: --label {label}: no such column; give {told}0 to {count - 1}")


def _number(cell: str) -> float:
    if "_" in cell:  # Python's own literals, which no other program writes
        raise ValueError(cell)
    return float(cell)


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return False
    return True
