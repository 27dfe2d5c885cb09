"""The user's data: read, checked, and scaled as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from strategies import SETS
from strategies.sources import table
from workbench.advice.arrays import Array, npy, npz
from workbench.advice.errors import DataError
from workbench.advice.tables import labelled_table

MOST_ROWS = 2000  # eigenvalues of n x n kernels: some seconds at this n
_LARGEST = 1e150  # squares of larger numbers overflow
_SEQUENCE = 5  # rows that rise evenly are hardly an accident
_NAMED = 5  # rows that a message names


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """Inputs and labels, and where they come from.

    Attributes:
        name: of the set or file, with what was done to it.
        x: inputs, finite; a row may be zero.
        y: labels.
        columns: their names.
        of: how many rows there were before sampling.
        label: what the labels are, in words.
        counting: columns of the file or set that rise or fall by the same amount from row to row.
    """

    name: str
    x: Float64[Tensor, "n d"]
    y: Float64[Tensor, " n"]
    columns: tuple[str, ...]
    of: int
    label: str = "y"
    counting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """What to read, and what to do with it.

    Attributes:
        data: a named set, or the path of a CSV, NPY or NPZ file.
        label: the labels' column of a CSV file; None takes the last.
        labels: the path of an NPY file of labels, for inputs in one.
        samples: how many rows, spread over the set; None takes all.
        standardise: every column of the whole set gets mean 0 and deviation 1.
        normalise: then every row is divided by its norm.
    """

    data: str
    label: str | None = None
    labels: str | None = None
    samples: int | None = None
    standardise: bool = False
    normalise: bool = False


def read(source: Source) -> Data:
    """The data, checked and scaled.

    Raises:
        DataError: no such data, or data that are no finite numbers, one label for each row; more
            than 2000 rows.
    """
    x, y, columns, label = _raw(source)
    _check(source.data, x, y)
    tensors = torch.from_numpy(x), torch.from_numpy(y)
    found = Data(source.data, *tensors, columns, len(x), label, _counting(x, columns))
    if source.standardise:
        found = _standardised(found)
    if source.samples is not None:
        found = _sampled(found, source.samples)
    if len(found.x) > MOST_ROWS:
        raise DataError(
            f"{source.data}: {len(found.x)} rows, of which n x n kernels are made; give --samples "
            f"{MOST_ROWS} or less"
        )
    return _normalised(found) if source.normalise else found


def _raw(source: Source) -> tuple[Array, Array, tuple[str, ...], str]:
    name = source.data
    if source.label is not None and (name in SETS or _ending(name) in (".npy", ".npz")):
        raise DataError(f"--label {source.label}: {name} has no label column; give it with a CSV")
    if source.labels is not None and _ending(name) != ".npy":
        raise DataError(f"--labels {source.labels}: {name} has its own labels; leave it out")
    if name in SETS:
        rows, labels = table(name)
        return np.array(rows), np.array(labels), _numbered(len(rows[0])), "the set's own"
    if _ending(name) == ".npz":
        return _shaped(name, *npz(Path(name)))
    if _ending(name) == ".npy":
        if source.labels is None:
            raise DataError(f"{name}: no labels; give them with --labels FILE.npy")
        return _shaped(name, npy(Path(name)), npy(Path(source.labels)))
    if _ending(name) in (".csv", ".tsv", ".txt"):
        return labelled_table(Path(name), source.label)
    raise DataError(
        f"--data {name}: no such data; give a .csv, .npy or .npz file, or one of {', '.join(SETS)}"
    )


def _ending(name: str) -> str:
    return Path(name).suffix.lower()


def _shaped(name: str, x: Array, y: Array) -> tuple[Array, Array, tuple[str, ...], str]:
    if x.ndim != 2:
        raise DataError(f"{name}: x has shape {x.shape}; give one row for each sample, (n, d)")
    if y.ndim == 2 and 1 in y.shape:
        y = y.reshape(-1)
    if y.ndim != 1 or len(y) != len(x):
        raise DataError(
            f"{name}: x has shape {x.shape} and y {y.shape}; give one label for each row"
        )
    return x, y, _numbered(x.shape[1]), "the array of labels"


def _numbered(d: int) -> tuple[str, ...]:
    return tuple(f"column {j}" for j in range(d))


def _counting(x: Array, columns: Sequence[str]) -> tuple[str, ...]:
    if len(x) < _SEQUENCE:
        return ()
    steps = np.diff(x, axis=0)
    even = (steps == steps[0]).all(axis=0) & (steps[0] != 0)
    return tuple(name for name, same in zip(columns, even, strict=True) if same)


def _check(name: str, x: Array, y: Array) -> None:
    if 0 in x.shape:
        raise DataError(f"{name}: inputs of shape {x.shape}; give at least one row and column")
    for told, wrong in (
        ("a NaN", np.isnan(x).any(axis=1) | np.isnan(y)),
        ("a number that is infinite or above 1e150", _too_large(x).any(axis=1) | _too_large(y)),
    ):
        if wrong.any():
            raise DataError(
                f"{name}: {told} in {rows_told(np.flatnonzero(wrong))}; mend or drop it"
            )


def _too_large(values: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.abs(values) > _LARGEST


def rows_told(indices: Sequence[int] | np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> str:
    """Rows in words, counted from 1."""
    shown = ", ".join(str(int(i) + 1) for i in indices[:_NAMED])
    more = f" and {len(indices) - _NAMED} more" if len(indices) > _NAMED else ""
    return f"row{'s' if len(indices) > 1 else ''} {shown}{more} (counted from 1)"


def _sampled(data: Data, samples: int) -> Data:
    if samples > len(data.x):
        raise DataError(
            f"--samples {samples}: {data.name} has {len(data.x)} rows; give at most that"
        )
    # Spread over the set, since some of them are sorted by label.
    chosen = torch.arange(samples) * len(data.x) // samples
    return replace(data, x=data.x[chosen], y=data.y[chosen])


def _standardised(data: Data) -> Data:
    centred = data.x - data.x.mean(dim=0)
    deviation = centred.square().mean(dim=0).sqrt()
    # What is left of a constant column is rounding.
    constant = (data.x == data.x[0]).all(dim=0) | (deviation == 0)
    x = torch.where(constant, 0.0, centred / torch.where(constant, 1.0, deviation))
    return replace(data, x=x, name=f"{data.name}, columns standardised")


def _normalised(data: Data) -> Data:
    zero = torch.nonzero(~data.x.any(dim=1)).flatten()
    if len(zero):
        raise DataError(
            f"{data.name}: --normalise: zero in {rows_told(zero.numpy())}, which has no direction; "
            "drop it"
        )
    return replace(data, x=unit_rows(data.x), name=f"{data.name}, rows scaled to norm 1")


def unit_rows(x: Float64[Tensor, "n d"]) -> Float64[Tensor, "n d"]:
    """Every row divided by its norm; rows are not zero."""
    scaled = x / x.abs().amax(dim=1, keepdim=True)  # squares neither vanish nor overflow
    unit: Tensor = scaled / torch.linalg.vector_norm(scaled, dim=1, keepdim=True)
    return unit
