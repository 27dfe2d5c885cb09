"""H_inf and its least eigenvalue beside neural-tangents and the closed form in numpy.

neural-tangents needs an old JAX, hence an environment of its own: `NEURAL_TANGENTS_PYTHON` names
its interpreter, else `.venv-neural-tangents/bin/python` is tried.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks._worker import PeerError, Worker
from benchmarks.comparison import Comparison, Row, Skipped, Work
from certify import lambda_min
from models import H_inf

_N, _D = 500, 20
_ROUNDS = 9
_PLACE = Path(__file__).parent.parent / ".venv-neural-tangents" / "bin" / "python"
_PEER = "neural-tangents"
_MOST = 1.0  # ours/theirs


def comparisons(*, quick: bool) -> Iterator[Row]:  # noqa: ARG001
    """One dataset; ours is an enclosure, theirs are plain numbers."""
    random = np.random.default_rng(0)
    points = random.normal(size=(_N, _D))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    x = torch.from_numpy(points)
    least = lambda_min(H_inf(x))
    title = f"H_inf and its least eigenvalue, n = {_N}, d = {_D}, float64"

    def ours() -> object:
        return lambda_min(H_inf(x))

    def closed_form() -> float:
        G = points @ points.T
        angles = np.arccos(np.clip(G, -1.0, 1.0))
        return float(np.linalg.eigvalsh(G * (np.pi - angles) / (2 * np.pi))[0])

    if abs(closed_form() - least.low) > 1e-7:
        yield Skipped(title, "numpy, closed form by arccos", "it finds another eigenvalue")
    else:
        yield Comparison(title, ours, "numpy, closed form by arccos", closed_form)
    yield from _beside_neural_tangents(title, points, ours, least.low)


def _beside_neural_tangents(
    title: str, points: NDArray[np.float64], ours: Work, least: float
) -> Iterator[Row]:
    interpreter = os.environ.get("NEURAL_TANGENTS_PYTHON", str(_PLACE))
    try:
        worker = Worker(interpreter, "_nt_worker")
    except (OSError, PeerError) as error:
        yield Skipped(title, _PEER, f"NEURAL_TANGENTS_PYTHON={interpreter!r}: {error}")
        return
    with closing(worker), TemporaryDirectory() as folder:
        file = Path(folder) / "points.npy"
        np.save(file, points)
        found = worker.ask(file=str(file))["least"]
        if abs(found - least) > 1e-7:
            yield Skipped(title, _PEER, f"it finds another eigenvalue, {found}")
        else:
            yield Comparison(title, ours, _PEER, worker.ask, most_ratio=_MOST, most_rounds=_ROUNDS)
