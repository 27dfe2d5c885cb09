"""The same training on a CUDA device, beside the peers there; a skipped row where there is none."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import fields

import torch
from torch import Tensor

from benchmarks.comparison import Comparison, Figure, Row, Skipped, Work
from benchmarks.descent import Networks

_M, _ROUNDS = 8192, 7
_PEERS = ("torch autograd loop, same device", "torch.func vmap, same device")
_LOOP = 1 / 15


def comparisons(*, quick: bool) -> Iterator[Row]:  # noqa: ARG001
    """The first work on the device, then both peers there, then ours on the processor."""
    if not torch.cuda.is_available():
        for peer in _PEERS:
            yield Skipped(Networks.described(_M, torch.float64), peer, "torch sees no CUDA device")
        return
    here = Networks.drawn(_M, torch.float64)
    there = Networks(*(getattr(here, field.name).cuda() for field in fields(here)))
    start = time.perf_counter()
    _finished(there.ours)()
    yield Figure(f"first work on {torch.cuda.get_device_name()}", time.perf_counter() - start, "s")
    ours, title = _finished(there.ours), f"{there.title}, on the GPU"
    theirs = (_finished(there.in_a_loop), _finished(there.by_vmap))
    for peer, work, most in zip(_PEERS, theirs, (_LOOP, math.inf), strict=True):
        yield Comparison(title, ours, peer, work, most_ratio=most, most_rounds=_ROUNDS)
    yield Comparison(title, ours, "ours, on one core", here.ours, most_rounds=_ROUNDS)


def _finished(work: Work) -> Work:
    """The work, and waiting until the device has done it."""

    def whole() -> object:
        found = work()
        torch.cuda.synchronize()
        return found.cpu() if isinstance(found, Tensor) else found

    return whole
