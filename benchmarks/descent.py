"""Many networks trained at once, beside a plain loop, vmap and JAX; all on the same threads."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from benchmarks._worker import Worker
from benchmarks.comparison import Comparison, Row, Skipped, Work
from dynamics import gradient_descent, train
from models import gaussian_weights, rademacher_signs
from verdicts import Seeds

_NETWORKS, _N, _STEPS, _ETA = 64, 10, 100, 0.1
_ROUNDS = 7  # of work that takes seconds
_LOOP, _JAX, _SAME_FORM = 1 / 15, 1 / 2, 1.0  # most ours/theirs
_TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-2}
_FORMS = {
    "autodiff": ("JAX jit(vmap(scan))", _JAX),
    "preactivations": ("JAX, our form", _SAME_FORM),
}


@dataclass(frozen=True, slots=True)
class Networks:
    """What all sides train."""

    x: Tensor
    y: Tensor
    w: Tensor
    a: Tensor

    @classmethod
    def drawn(cls, m: int, dtype: torch.dtype) -> Networks:
        """Unit inputs and labels of a fixed seed, one start per seed of ours."""
        random = np.random.default_rng(0)
        x = random.normal(size=(_N, _N))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        seeds = Seeds((1, 2), count=_NETWORKS)
        parts = torch.from_numpy(x), torch.from_numpy(random.normal(size=_N))
        starts = gaussian_weights(m, _N, seeds), rademacher_signs(m, seeds)
        return cls(*(part.to(dtype) for part in (*parts, *starts)))

    @property
    def title(self) -> str:
        """In words."""
        return self.described(self.w.shape[1], self.w.dtype)

    @staticmethod
    def described(m: int, dtype: torch.dtype) -> str:
        """The title of networks of a width."""
        name = str(dtype).removeprefix("torch.")
        return f"{_NETWORKS} networks, n = d = {_N}, m = {m}, {_STEPS} steps, {name}"

    def ours(self) -> Tensor:
        """The last residuals."""
        run = train(self.x, self.y, self.w, self.a, eta=_ETA, steps=_STEPS)
        return run.residual[:, -1]

    def ours_in_two_threads(self) -> Tensor:
        """The same, half of the networks in each thread."""
        half = _NETWORKS // 2
        parts = [slice(0, half), slice(half, None)]
        with ThreadPoolExecutor(2) as pool:
            found = pool.map(
                lambda part: train(
                    self.x, self.y, self.w[part], self.a[part], eta=_ETA, steps=_STEPS
                ),
                parts,
            )
        return torch.cat([run.residual[:, -1] for run in found])

    def enclosed(self) -> object:
        """With enclosures, movements, flips and H of every step."""
        return gradient_descent(self.x, self.y, self.w, self.a, eta=_ETA, steps=_STEPS)

    def in_a_loop(self) -> Tensor:
        """One network after the other, by autograd."""
        return torch.stack(
            [self._one(w.clone().requires_grad_(), a) for w, a in zip(self.w, self.a, strict=True)]
        )

    def by_vmap(self) -> Tensor:
        """All networks at once, by torch.func."""
        slopes = torch.func.vmap(torch.func.grad(self._loss), in_dims=(0, 0))
        w = self.w
        for _ in range(_STEPS):
            w = w - _ETA * slopes(w, self.a)
        return torch.func.vmap(self._residual)(w, self.a)

    def _one(self, w: Tensor, a: Tensor) -> Tensor:
        for _ in range(_STEPS):
            (slope,) = torch.autograd.grad(self._loss(w, a), w)
            with torch.no_grad():
                w -= _ETA * slope
        return self._residual(w, a).detach()

    def _loss(self, w: Tensor, a: Tensor) -> Tensor:
        return self._residual(w, a).square().sum() / 2

    def _residual(self, w: Tensor, a: Tensor) -> Tensor:
        return self.y - a @ torch.relu(w @ self.x.T) / math.sqrt(len(a))


def comparisons(*, quick: bool) -> Iterator[Row]:
    """Every size and dtype of the table; quick leaves out the widest."""
    for dtype in (torch.float64, torch.float32):
        for m in (256, 1024) if quick else (256, 1024, 8192):
            networks = Networks.drawn(m, dtype)
            yield from _beside_torch(networks)
            yield from _beside_jax(networks, one_thread=True)
            if m == 1024:
                yield from _beside_jax(networks, one_thread=False)


def _beside_torch(networks: Networks) -> Iterator[Row]:
    peers = {
        "torch autograd loop": (networks.in_a_loop, _LOOP),
        "torch.func vmap": (networks.by_vmap, math.inf),
    }
    for peer, (theirs, most) in peers.items():
        yield _same(networks, networks.ours, peer, theirs, most)
    if networks.w.dtype == torch.float64 and networks.w.shape[1] > 256:
        title = f"{networks.title}, enclosed, with H and flips"
        plain = "torch autograd loop, plain"
        yield Comparison(title, networks.enclosed, plain, networks.in_a_loop, most_rounds=_ROUNDS)


def _same(networks: Networks, ours: Work, peer: str, theirs: Work, most: float) -> Row:
    reason = _difference(networks, theirs())
    if reason:
        return Skipped(networks.title, peer, reason)
    return Comparison(networks.title, ours, peer, theirs, most_ratio=most, most_rounds=_ROUNDS)


def _difference(networks: Networks, theirs: object) -> str:
    found = theirs if isinstance(theirs, Tensor) else torch.tensor(theirs)
    off = float((networks.ours() - found.to(networks.w.dtype)).abs().max())
    return "" if off <= _TOLERANCE[networks.w.dtype] else f"its residuals differ by {off:.2g}"


def _beside_jax(networks: Networks, *, one_thread: bool) -> Iterator[Row]:
    title = networks.title + ("" if one_thread else ", two threads each")
    ours = networks.ours if one_thread else networks.ours_in_two_threads
    if importlib.util.find_spec("jax") is None:
        yield Skipped(title, "JAX", "not installed; pip install -e '.[bench]'")
        return
    with (
        TemporaryDirectory() as folder,
        closing(Worker(sys.executable, "_jax_worker", one_thread=one_thread)) as worker,
    ):
        file = Path(folder) / "networks.npz"
        np.savez(file, x=networks.x, y=networks.y, w=networks.w, a=networks.a)
        dtype = str(networks.w.dtype).removeprefix("torch.")
        for form, (peer, most) in _FORMS.items():
            ready = worker.ask(file=str(file), form=form, dtype=dtype, eta=_ETA, steps=_STEPS)
            reason = _difference(networks, torch.tensor(ready["last"], dtype=torch.float64))
            if reason:
                yield Skipped(title, peer, reason)
            else:
                yield Comparison(
                    title, ours, peer, worker.ask, most_ratio=most, most_rounds=_ROUNDS
                )
