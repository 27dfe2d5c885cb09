"""How the time of training grows with m, n, the number of networks and of steps.

Processor time of one thread, the least of some trials: what else the machine does counts little.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.comparison import Growth, Row
from dynamics import gradient_descent, train
from models import H, gaussian_weights, rademacher_signs
from verdicts import Seeds

_ETA, _TRIALS = 0.05, 3
_USUAL = {"m": 2048, "n": 8, "seeds": 16, "steps": 50}
_D = 16
# In n: so many pre-activations, and so many products for each.
_THEORY = {"m": "1", "n": "1 to 2", "seeds": "1", "steps": "1"}
_SIZES = {
    "m": (2048, 4096, 8192, 16384),
    "n": (8, 16, 32, 64),
    "seeds": (16, 32, 64, 128),
    "steps": (50, 100, 200, 400),
}


@dataclass(frozen=True, slots=True)
class Networks:
    """What is worked on, and for how many steps."""

    x: Tensor
    y: Tensor
    w: Tensor
    a: Tensor
    steps: int

    def train(self) -> object:
        """Plain training."""
        return train(self.x, self.y, self.w, self.a, eta=_ETA, steps=self.steps)

    def descend(self) -> object:
        """Enclosed training."""
        return gradient_descent(self.x, self.y, self.w, self.a, eta=_ETA, steps=self.steps)

    def gram(self) -> object:
        """H at the start."""
        return H(self.x, self.w)


_WORKS = {"train": Networks.train, "gradient_descent": Networks.descend, "H(0)": Networks.gram}


def comparisons(*, quick: bool) -> Iterator[Row]:
    """One row for each work and size; quick stops at the third size."""
    for subject, work in _WORKS.items():
        for size, values in _SIZES.items():
            if (subject, size) != ("H(0)", "steps"):
                times = {v: _seconds(work, size, v) for v in (values[:3] if quick else values)}
                yield Growth(subject, size, _slope(times), _THEORY[size], times)


def _slope(times: dict[int, float]) -> float:
    """Least squares of log time over log size."""
    sizes, seconds = ([math.log(v) for v in part] for part in (times.keys(), times.values()))
    middle = math.fsum(sizes) / len(sizes)
    weights = [size - middle for size in sizes]
    pairs = zip(weights, seconds, strict=True)
    return math.fsum(w * s for w, s in pairs) / math.fsum(w * w for w in weights)


def _seconds(work: Callable[[Networks], object], size: str, value: int) -> float:
    sizes = _USUAL | {size: value}
    n, m, keys = sizes["n"], sizes["m"], Seeds((1, 2), count=sizes["seeds"])
    other = Seeds((3, 4), count=1)
    x = gaussian_weights(n, _D, other)[0]
    x /= torch.linalg.vector_norm(x, dim=1, keepdim=True)
    w, a = gaussian_weights(m, _D, keys), rademacher_signs(m, keys)
    networks = Networks(x, rademacher_signs(n, other)[0], w, a, sizes["steps"])
    trials = []
    for _ in range(_TRIALS):
        start = time.process_time()
        work(networks)
        trials.append(time.process_time() - start)
    return min(trials)
