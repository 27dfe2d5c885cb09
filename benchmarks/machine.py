"""What bounds the rest: products of matrices and passes over memory, on one thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from benchmarks.comparison import Figure, Row

_TRIALS = 15
_N, _NEURONS, _BATCH = 10, 512, 32  # the products of a step of `train`: many flat ones


def comparisons(*, quick: bool) -> Iterator[Row]:
    """Floating-point operations and bytes in a second, in float64."""
    size = 500 if quick else 1000
    A = torch.rand(size, size, dtype=torch.float64)
    flat = torch.rand(_BATCH, _N, _NEURONS, dtype=torch.float64)
    maps = torch.rand(_BATCH, _N, _N, dtype=torch.float64)
    found = torch.empty_like(flat)
    whole, part = 2 * size**3, 2 * _BATCH * _N * _N * _NEURONS
    title = f"{_N} x {_N} times {_N} x {_NEURONS}"
    products: dict[str, tuple[int, Callable[[], object]]] = {
        f"product of size {size}, torch": (whole, lambda: A @ A),
        f"product of size {size}, numpy": (whole, lambda: A.numpy() @ A.numpy()),
        f"products {title}, torch": (part, lambda: torch.bmm(maps, flat, out=found)),
        f"products {title}, numpy": (
            part,
            lambda: np.matmul(maps.numpy(), flat.numpy(), out=found.numpy()),
        ),
    }
    for subject, (work, product) in products.items():
        yield Figure(subject, work / _seconds(product) / 1e9, "GFLOP/s")
    yield _passes("1 MB", 2**17)
    yield _passes("256 MB", 2**25)


def _passes(title: str, count: int) -> Figure:
    first, second = torch.rand(2, count, dtype=torch.float64)
    seconds = _seconds(lambda: torch.clamp_min(first, 0.5, out=second))
    return Figure(f"reading and writing {title}, torch", 16 * count / seconds / 1e9, "GB/s")


def _seconds(work: Callable[[], object]) -> float:
    trials = []
    for _ in range(_TRIALS):
        start = time.perf_counter()
        work()
        trials.append(time.perf_counter() - start)
    return min(trials)
