"""Arrays of NPY and NPZ files, read without pickle and never before their size is known."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import IO

import numpy as np
from numpy.typing import NDArray

from workbench.advice.errors import DataError

MOST_BYTES = 2**26  # of a file, and of an array in memory
_LONGEST_HEADER = 10_000
_EXACT = 2**53  # float64 holds all integers up to this one
# What numpy's parser of headers raises at hostile ones.
_NO_HEADER = (
    ValueError,
    TypeError,
    SyntaxError,
    TokenError,
    RecursionError,
    MemoryError,
)
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError)
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

Array = NDArray[np.float64]


def npy(path: Path) -> Array:
    """The array of an NPY file, in float64.

    Raises:
        DataError: no real numbers, too many of them, or no such file.
    """
    check_size(path)
    try:
        with path.open("rb") as stream:
            return _numbers(stream, str(path))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; give a file that can be read") from error


def npz(path: Path) -> tuple[Array, Array]:
    """The arrays x and y of an NPZ file, in float64.

    Raises:
        DataError: they are not there, or are no real numbers, or too many.
    """
    check_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            missing = [name for name in ("x", "y") if f"{name}.npy" not in names]
            if missing:
                found = ", ".join(name.removesuffix(".npy") for name in names[:8]) or "nothing"
                raise DataError(
                    f"{path}: no array {missing[0]}, found {found}; save it with "
                    "numpy.savez(FILE, x=inputs, y=labels)"
                )
            return _member(archive, "x", path), _member(archive, "y", path)
    except _BROKEN as error:
        raise DataError(f"{path}: {error}; give an NPZ file of arrays x and y") from error


def check_size(path: Path) -> None:
    """Raises DataError unless the path is a file of at most 64 MiB."""
    if not path.is_file():
        raise DataError(f"{path}: no such file; give a CSV, NPY or NPZ file, or a named set")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise DataError(
            f"{path}: {size} bytes; give a file of at most {MOST_BYTES}, a sample of the rows will "
            "do: the kernels are n x n"
        )


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> Array:
    where = f"{path}: array {name}"
    declared = archive.getinfo(f"{name}.npy").file_size
    # zipfile gives no more than the declared size, whatever the compressed data hold.
    if declared > MOST_BYTES + _LONGEST_HEADER:
        raise DataError(f"{where} has {declared} bytes; give at most {MOST_BYTES}")
    with archive.open(f"{name}.npy") as stream:
        return _numbers(stream, where)


def _numbers(stream: IO[bytes], where: str) -> Array:
    """The array that follows: its header is judged before anything else is read."""
    try:
        version = np.lib.format.read_magic(stream)
        if version not in _READERS:
            raise ValueError(f"its version is {version}")
        shape, by_columns, dtype = _READERS[version](stream, max_header_size=_LONGEST_HEADER)
    except _NO_HEADER as error:
        raise DataError(
            f"{where} has no NPY header ({_first_line(error)}); save it anew"
        ) from error
    if dtype.hasobject or dtype.kind not in "biuf":
        raise DataError(
            f"{where} has dtype {dtype}; give real numbers, objects are never unpickled"
        )
    count = math.prod(shape)
    if any(length < 0 for length in shape) or count * max(dtype.itemsize, 8) > MOST_BYTES:
        raise DataError(
            f"{where} has shape {shape}; give at most {MOST_BYTES // 8} numbers, the kernels are "
            "n x n"
        )
    data = stream.read(count * dtype.itemsize)
    if len(data) < count * dtype.itemsize:
        raise DataError(f"{where} ends early, {len(data)} bytes of {shape}; save it anew")
    found = np.frombuffer(data, dtype=dtype, count=count)
    if dtype.kind in "iu" and bool(((found > _EXACT) | (found < -_EXACT)).any()):
        raise DataError(f"{where} has integers beyond 2^53, which float64 rounds; rescale them")
    with np.errstate(over="ignore"):  # what overflows is infinite, and refused as that
        return found.astype(np.float64).reshape(shape, order="F" if by_columns else "C")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
