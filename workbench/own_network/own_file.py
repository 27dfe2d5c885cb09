"""The user's own Python file, run because they named it, and their data."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models import Dataset, FlatModule
from strategies import SETS
from strategies.sources import size

_MODULE = "own_model_file"


class OwnFileError(Exception):
    """The user's file or data cannot be used; the message says what would be right."""


def loaded(path: Path) -> ModuleType:
    """The file as a module; its folder comes last on the path, for files that it imports.

    Raises:
        OwnFileError: there is no such file, or it raises.
    """
    if not path.is_file():
        raise OwnFileError(f"{path}: no such file; give a Python file that defines model(width)")
    spec = importlib.util.spec_from_file_location(_MODULE, path)
    if spec is None or spec.loader is None:
        raise OwnFileError(f"{path}: this is no Python file; give one that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.path.append(str(path.resolve().parent))
    sys.modules[_MODULE] = module
    _tried(path, "the file", partial(spec.loader.exec_module, module))
    return module


def model_of(
    file: ModuleType, path: Path, name: str, width: int, x: Tensor, seed: int
) -> FlatModule:
    """The user's network of that width on the inputs, in float64.

    Args:
        file: what `loaded` gave.
        path: of the file, for messages.
        name: of the function that takes a width and gives a torch module.
        width: what it is called with.
        x: inputs.
        seed: torch's generator is seeded with it, so that the start is the same in every call.

    Raises:
        OwnFileError: there is no such function, it raises, or gives no module that can be trained
            on the inputs.
    """
    make = getattr(file, name, None)
    if not callable(make):
        found = [key for key, value in vars(file).items() if callable(value) and key[0] != "_"]
        raise OwnFileError(
            f"{path}: it defines no function {name}; define {name}(width) that returns a "
            f"torch.nn.Module, or name one of {', '.join(sorted(found)) or 'none'} with --model"
        )
    torch.manual_seed(seed)
    called = f"{name}({width})"
    module = _tried(path, called, lambda: make(width))
    if not isinstance(module, nn.Module):
        raise OwnFileError(
            f"{path}: {called} returns {type(module).__name__}; return a torch.nn.Module"
        )
    for key, p in module.named_parameters():
        if not bool(torch.isfinite(p).all()):
            raise OwnFileError(
                f"{path}: parameter {key} of {called} has a NaN or an infinity; start finite"
            )
    flat: FlatModule = _tried(
        path, f"{called} on the {len(x)} inputs", lambda: FlatModule(module, x)
    )
    return flat


def single_precision(file: ModuleType, name: str, width: int) -> bool:
    """Whether the module comes with parameters narrower than float64, which are widened."""
    return any(p.dtype != torch.float64 for p in getattr(file, name)(width).parameters())


def dataset(file: ModuleType, path: Path, asked: str | None, samples: int) -> tuple[Tensor, Tensor]:
    """Inputs and labels.

    Args:
        file: what `loaded` gave; without `asked` its data() gives (x, y).
        path: of the file, for messages.
        asked: a data set that scikit-learn ships, or an .npz file of arrays x and y; None asks
            the file.
        samples: how many rows of a shipped set, spread over it.

    Raises:
        OwnFileError: no data, or data that are no finite numbers, one label or row of labels for
            each input.
    """
    if asked is None:
        give = getattr(file, "data", None)
        if not callable(give):
            raise OwnFileError(
                f"{path}: no data; define data() that returns (x, y), or give --data with an "
                f".npz file of arrays x and y or one of {', '.join(SETS)}"
            )
        pair = _tried(path, "data()", give)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise OwnFileError(f"{path}: data() returns {type(pair).__name__}; return (x, y)")
        return _numbers(f"{path}: data()", *pair)
    if asked in SETS:
        return _shipped(asked, samples)
    if not asked.endswith(".npz"):
        raise OwnFileError(
            f"--data {asked}: no such data; give an .npz file, or one of {', '.join(SETS)}"
        )
    try:
        with np.load(asked, allow_pickle=False) as arrays:
            return _numbers(asked, arrays["x"], arrays["y"])
    except (OSError, KeyError, ValueError) as error:
        raise OwnFileError(f"{asked}: {error}; give an .npz file of arrays x and y") from error


def _shipped(name: str, samples: int) -> tuple[Tensor, Tensor]:
    if not 1 <= samples <= size(name):
        raise OwnFileError(f"--samples {samples}: {name} has {size(name)} rows; give 1 to that")
    # Spread over the set, since some of them are sorted by label.
    indices = [i * size(name) // samples for i in range(samples)]
    recipe = {"source": name, "indices": indices, "scaling": "standardised", "labels": "own"}
    data = Dataset.from_recipe(recipe)
    return data.x, data.y


def _numbers(where: str, x: Any, y: Any) -> tuple[Tensor, Tensor]:
    try:
        inputs, labels = torch.as_tensor(x), torch.as_tensor(y)
    except (TypeError, ValueError, RuntimeError) as error:
        raise OwnFileError(f"{where}: {error}; give arrays or tensors x and y") from error
    if inputs.is_complex() or labels.is_complex():
        raise OwnFileError(f"{where}: numbers are complex; give real x and y")
    labels = labels.to(torch.float64)
    if not inputs.ndim or len(inputs) == 0 or labels.shape[:1] != inputs.shape[:1]:
        raise OwnFileError(
            f"{where}: x has shape {tuple(inputs.shape)} and y {tuple(labels.shape)}; give one "
            "label, or row of labels, for each input"
        )
    if not bool(torch.isfinite(inputs).all()) or not bool(torch.isfinite(labels).all()):
        raise OwnFileError(f"{where}: a number is NaN or infinite; give finite x and y")
    return inputs, labels


def _tried(path: Path, what: str, call: Callable[[], Any]) -> Any:
    """What the user's code gives. Raises OwnFileError: it raises, or would end the process."""
    try:
        return call()
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        line = f", line {frames[-1].lineno}" if frames else ""
        said = (str(error).splitlines() or [""])[0]  # torch adds pages about itself
        raise OwnFileError(f"{path}{line}: {what} raises {type(error).__name__}: {said}") from error
