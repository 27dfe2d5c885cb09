"""H(0) of many networks beside plain torch and JAX; all on one thread."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from benchmarks._worker import Worker
from benchmarks.comparison import Comparison, Row, Skipped
from models import H, gaussian_weights
from verdicts import Seeds

_NETWORKS, _N, _M = 4096, 10, 1000
_ROUNDS = 7
_TITLE = f"H(0) of {_NETWORKS} networks, n = d = {_N}, m = {_M}, float64"


def comparisons(*, quick: bool) -> Iterator[Row]:  # noqa: ARG001
    """The counts of ours are exact; so are those of the peers, at these widths."""
    x = gaussian_weights(_N, _N, Seeds((3, 4), count=1))[0]
    w = gaussian_weights(_M, _N, Seeds((1, 2), count=_NETWORKS))

    def ours() -> Tensor:
        return H(x, w)

    def in_batches() -> Tensor:
        on = (w @ x.T >= 0).double()
        return (x @ x.T) * (on.mT @ on) / _M

    yield Comparison(_TITLE, ours, "torch, batched matmul", in_batches, most_rounds=_ROUNDS)
    if importlib.util.find_spec("jax") is None:
        yield Skipped(_TITLE, "JAX", "not installed; pip install -e '.[bench]'")
        return
    with TemporaryDirectory() as folder, closing(Worker(sys.executable, "_jax_worker")) as worker:
        file = Path(folder) / "networks.npz"
        np.savez(file, x=x, w=w)
        found = worker.ask(file=str(file), form="gram", dtype="float64")["last"]
        off = float((torch.tensor(found, dtype=torch.float64) - ours()[-1]).abs().max())
        if off > 1e-12:
            yield Skipped(_TITLE, "JAX", f"its matrices differ by {off:.2g}")
        else:
            yield Comparison(_TITLE, ours, "JAX jit(vmap)", worker.ask, most_rounds=_ROUNDS)
