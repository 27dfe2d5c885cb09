"""Figure 1 of Du, Zhai, Poczos, Singh: convergence, pattern changes and distances by width.

The paper says "a fixed step size" and no number. With eta = 0.1 the logarithm of the mean squared
error runs from about 0.5 to -6 in 100 epochs and the largest distance to about 3, as on the axes of
its panels (a) and (c).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, fields
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import torch
from torch import Tensor

from models import gaussian_outputs, gaussian_weights, rademacher_signs
from verdicts import Approx, Seeds, hashed_key
from workbench.reproduce.figure import Curve, Drawn, Figure, Panel, Told
from workbench.reproduce.first_layer import FirstLayer, enclosed_runs, first_layer_descent
from workbench.reproduce.orderings import columns, falls, stacked

ETA, EPOCHS, EVERY = 0.1, 100, 5
FULL, SMALL = (500, 1000, 2000, 4000, 8000), (50, 100, 200, 400, 800)
_SIZE, _SMALL_SIZE = 1000, 100  # n = d
_AT_ONCE = 2  # processes, of one thread each
_WORK = 3  # a width costs this in units of single precision: two of double, one of single


@dataclass(frozen=True, slots=True, eq=False)
class ByWidth:
    """Enclosures at the recorded epochs of one width.

    Attributes:
        squared: |u - y|^2.
        changed: share of changed signs.
        farthest: the largest distance of a neuron from its start.
    """

    squared: Approx
    changed: Approx
    farthest: Approx


def drawn(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """All widths; of the full size two at once, each in a process of its own."""
    size, widths = (_SMALL_SIZE, SMALL) if small else (_SIZE, FULL)
    runs = one_by_one(size, widths, told) if small else at_once(size, widths, told)
    epochs = range(0, EPOCHS + 1, EVERY)
    panels = []
    for name, title, axis in (
        ("squared", "(a) convergence", "$||u - y||^2$ (squared label units)"),
        ("changed", "(b) pattern changes", "changed signs / (m n)"),
        ("farthest", "(c) distances", "$\\max_r ||w_r - w_r(0)||_2$"),
    ):
        curves = [Curve(f"m = {m}", epochs, getattr(runs[m], name)) for m in widths]
        log = "y" if name == "squared" else ""
        panels.append(Panel(title, "epochs", axis, tuple(curves), log))
    last = {
        f.name: stacked([getattr(runs[m], f.name)[-1] for m in widths]) for f in fields(ByWidth)
    }
    after = f"at epoch {EPOCHS}"
    return Drawn(
        title=f"n = d = {size}, eta = {ETA}, one draw",
        panels=tuple(panels),
        orderings=(
            falls(f"the wider, the smaller the error {after}", last["squared"], widths),
            falls(f"the wider, the fewer signs have changed {after}", last["changed"], widths),
            falls(f"the wider, the smaller the largest distance {after}", last["farthest"], widths),
        ),
        table=columns(
            ("m", "|u-y|^2", "signs changed", "largest distance"), widths, *last.values()
        ),
        error="double precision, within its difference from single precision; of this draw alone",
    )


def inputs_and_labels(size: int) -> tuple[Tensor, Tensor]:
    """Inputs uniform on the unit sphere of R^size, as many, and labels of N(0, 1)."""
    seeds = Seeds(hashed_key("reproduce", "du2019.figure_1", "data"))
    x = gaussian_weights(size, size, seeds)[0]
    return x / x.norm(dim=1, keepdim=True), gaussian_outputs(size, seeds)[0]


def one_width(size: int, m: int, counter: Synchronized[int] | None = None) -> ByWidth:
    """Both runs at one width; the first m neurons of a stream, so that narrow nets are in wide."""
    seeds = Seeds(hashed_key("reproduce", "du2019.figure_1", "start"))
    x, y = inputs_and_labels(size)
    Z, a = x @ gaussian_weights(m, size, seeds)[0].T, rademacher_signs(m, seeds)[0]
    found: list[FirstLayer] = []
    for dtype, cost in ((torch.float64, _WORK - 1), (torch.float32, 1)):
        G, *rest = (t.to(dtype) for t in (x @ x.T, Z, a, y))

        def epoch(units: int = cost * m) -> None:
            if counter is not None:
                with counter.get_lock():
                    counter.value += units

        found.append(first_layer_descent(G, *rest, eta=ETA, epochs=EPOCHS, every=EVERY, told=epoch))
    double, single = found
    names = [f.name for f in fields(ByWidth)]
    return ByWidth(*(enclosed_runs(getattr(double, k), getattr(single, k)) for k in names))


def one_by_one(size: int, widths: Sequence[int], told: Told) -> dict[int, ByWidth]:
    """The widths in this process."""
    runs = {}
    for i, m in enumerate(widths):
        runs[m] = one_width(size, m)
        told((i + 1) / len(widths))
    return runs


def at_once(size: int, widths: Sequence[int], told: Told) -> dict[int, ByWidth]:
    """The widths in two processes, the widest first: it costs as much as all others together.

    Raises:
        OSError: one of the processes was ended from outside.
    """
    context = multiprocessing.get_context("spawn")
    counter: Any = context.Value("q", 0)
    work = _WORK * EPOCHS * sum(widths)
    many = min(_AT_ONCE, os.cpu_count() or 1)
    others = multiprocessing.active_children()
    with ProcessPoolExecutor(many, context, _keep, (counter,)) as pool:
        try:
            tasks = _submitted(pool, size, widths)
            while not all(task.done() for task in tasks.values()):
                told(min(0.999, counter.value / work))
                time.sleep(0.2)
            return {m: tasks[m].result() for m in widths}
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)  # after an interrupt nobody waits
            for child in set(multiprocessing.active_children()) - set(others):
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise OSError(_ENDED) from None
            raise


def _submitted(
    pool: ProcessPoolExecutor, size: int, widths: Sequence[int]
) -> dict[int, Future[ByWidth]]:
    """Starts the processes deaf to Ctrl-C, which reaches them too: this one ends them."""
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return {m: pool.submit(_task, size, m) for m in sorted(widths, reverse=True)}
    finally:
        signal.signal(signal.SIGINT, heard)


_ENDED = "a process that computes was ended from outside (too little memory?); run it again"
_counter: Any = None


def _keep(counter: Any) -> None:
    """A counter cannot be sent with a task, only with a process."""
    global _counter
    _counter = counter
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _task(size: int, m: int) -> ByWidth:
    return one_width(size, m, _counter)


FIGURE_1 = Figure(
    name="du2019.figure_1",
    paper="Du, Zhai, Poczos, Singh: Gradient Descent Provably Optimizes ... (arXiv:1810.02054v2)",
    shows="section 5, Figure 1: the wider, the faster the convergence, the fewer pattern changes, "
    "the smaller the largest distance from the start",
    here="the paper's data and widths; the step size, which it does not say, is 0.1; narrow "
    "networks are the first neurons of the wide ones",
    kinship="reproduced",
    source="read",
    draw=drawn,
)
