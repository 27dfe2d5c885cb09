"""Equilibrium networks of three papers by width: training, the first kernel, Gaussian outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from dynamics import implicit_descent
from models import PopulationMap, gram, implicit_pass, initial_implicit_network
from verdicts import Approx, Seeds, at_most, exactly, hashed_key
from workbench.reproduce.arora2019 import two_classes
from workbench.reproduce.figure import Curve, Drawn, Figure, Ordering, Panel, Told
from workbench.reproduce.orderings import Floats, below, columns, mean, mean_falls

GAMMA, ETA = 0.4, 0.05  # of the networks that are trained
S_W = 0.25  # of those at the start; below 1/sqrt(8)
_INPUTS = 12
_AT_ONCE = 100  # networks that are in memory together


def training(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Loss, operator norm and movement along descent, for several widths."""
    widths, draws, steps = ((8, 32), 24, 20) if small else ((8, 16, 32, 64), 32, 60)
    x, y = (part[:_INPUTS] for part in two_classes(_INPUTS))
    runs = []
    for i, m in enumerate(widths):
        runs.append(_trained(x, y, m, draws, steps))
        told(sum(w**2 for w in widths[: i + 1]) / sum(w**2 for w in widths))
    times, rows = range(steps + 1), np.stack([run.moved for run in runs], axis=1)
    last = np.log(np.stack([run.loss[:, -1] for run in runs], axis=1))
    ends = [0, -1]
    names = [widths[k] for k in ends]
    return Drawn(
        title=f"digits, n = {_INPUTS}, gamma = {GAMMA}, eta = {ETA}, {draws} starts",
        panels=(
            Panel("loss", "steps", "$\\log_{10}$ $|y - u|^2/|y - u(0)|^2$",
                  _by_width(widths, times, [np.log10(run.loss) for run in runs])),
            Panel("operator norm", "steps", "$\\gamma ||A||/\\sqrt{m}$",
                  _by_width(widths, times, [run.rho for run in runs])),
            Panel("movement", "width m", "$||A(k) - A(0)||_F/(||A(0)||\\,|y - u(0)|)$",
                  (Curve("", widths, mean(rows)),), "xy"),
        ),
        orderings=(
            Ordering("the equation stays well-posed: gamma ||A||/sqrt(m) < 1 in every run",
                     at_most(_found([run.rho.max() for run in runs]), exactly(1.0))),
            below("the loss has fallen in every run",
                  {f"m = {m}": (_found(run.loss[:, -1].max()), exactly(1.0))
                   for m, run in zip(widths, runs, strict=True)}),
            mean_falls("from the first to the last width A moves less, for its size and the "
                       "labels' distance", rows[:, ends], names),
            mean_falls("from the first to the last width the logarithm of the loss at the end "
                       "falls", last[:, ends], names),
        ),
        table=columns(("m", "log loss at the end", "A moved by"), widths, mean(last), mean(rows)),
        error="means over independent starts, Student\'s intervals at four deviations",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Trained:
    """Upper ends along descent at one width, one row per start.

    Attributes:
        loss: |y - u|^2 over that of the start, at every step.
        rho: gamma ||A||/sqrt(m), at every step.
        moved: ||A(K) - A(0)||_F over ||A(0)|| and |y - u(0)|.
    """

    loss: Floats
    rho: Floats
    moved: Floats


def _trained(x: Tensor, y: Tensor, m: int, draws: int, steps: int) -> _Trained:
    seeds = Seeds(hashed_key("reproduce", "gao2022")).block(0, draws)
    net = initial_implicit_network(m, x.shape[1], seeds, model="gao", gamma=GAMMA)
    run = implicit_descent(x, y, net, eta=ETA, steps=steps)
    squared = run.squared_residual.upper
    size = run.norms.upper[:, 0, 0] * squared[:, 0] ** 0.5
    moved = run.movement.upper[:, -1, 0] / size
    return _Trained(squared / squared[:, :1], run.rho.upper, moved)


def kernels(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """The Gram matrix of the equilibria at the start, beside the population kernel."""
    widths, draws = ((16, 128), 32) if small else ((16, 32, 64, 128, 256), 100)
    x = two_classes(_INPUTS)[0][:_INPUTS]
    K = PopulationMap("relu", gram(x), S_W**2).iterates(80)[-1]
    found = torch.zeros(2, draws, len(widths), dtype=torch.float64)
    for j, m in enumerate(widths):
        G = _gram(x, m, draws, "ling2023") / m
        found[0, :, j] = torch.linalg.matrix_norm(G - K) / torch.linalg.matrix_norm(K)
        found[1, :, j] = torch.linalg.eigvalsh(G)[:, 0]
        told((j + 1) / len(widths))
    error, least = found.numpy()
    fourfold = [0, -1] if small else [0, 2, 4]
    names = [widths[k] for k in fourfold]
    line = Curve.level("infinite width", widths, float(torch.linalg.eigvalsh(K)[0]))
    half = Curve.power("$m^{-1/2}$", widths, float(mean(error).upper[0]), 0.5)
    return Drawn(
        title=f"digits, n = {_INPUTS}, $s_w$ = {S_W}, {draws} starts",
        panels=(
            Panel("distance to the population kernel", "width m", "$||G/m - K||_F/||K||_F$",
                  (Curve("measured", widths, mean(error)), half), "xy"),
            Panel("least eigenvalue", "width m", "$\\lambda_{min}(G)/m$",
                  (Curve("measured", widths, mean(least)), line), "x"),
        ),
        orderings=(
            mean_falls("from width to width, fourfold, the population kernel is nearer",
                       error[:, fourfold], names),
            mean_falls("from width to width, fourfold, the least eigenvalue is larger",
                       -least[:, fourfold], names),
        ),
        table=columns(("m", "distance", "lambda_min(G)/m"), widths, mean(error), mean(least)),
        error="means over independent starts, Student\'s intervals at four deviations",
    )  # fmt: skip


def gaussianity(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """How far the output is from a Gaussian one, by its excess kurtosis.

    Given the equilibrium z the output u.z, u ~ N(0, I/m), is Gaussian of variance q = |z|^2/m: its
    excess kurtosis over everything is 3 Var(q)/(E q)^2.
    """
    widths, draws = ((4, 64), 400) if small else ((4, 16, 64, 256), 800)
    x = two_classes(_INPUTS)[0][:1]
    q = torch.stack([_gram(x, m, draws, "gao2023")[:, 0, 0] / m for m in widths], dim=1).numpy()
    told(1.0)
    excess = 3 * (q / q.mean(axis=0) - 1) ** 2
    line = Curve.power("$1/m$", widths, float(mean(excess).upper[0]), 1.0)
    limit = float(PopulationMap("relu", gram(x), S_W**2).iterates(80)[-1][0, 0])
    flat = Curve.level("infinite width", widths, limit)
    return Drawn(
        title=f"one image, $s_w$ = {S_W}, {draws} networks",
        panels=(
            Panel("excess kurtosis of the output", "width m", "3 Var(q)/(E q)$^2$",
                  (Curve("measured", widths, mean(excess)), line), "xy"),
            Panel("its variance", "width m", "E q", (Curve("measured", widths, mean(q)), flat),
                  "x"),
        ),
        orderings=(mean_falls("the wider, the nearer to Gaussian", excess, widths),),
        table=columns(("m", "excess kurtosis", "variance"), widths, mean(excess), mean(q)),
        error="means over independent networks, Student\'s intervals at four deviations",
    )  # fmt: skip


def _gram(x: Tensor, m: int, draws: int, what: str) -> Tensor:
    """Z Z^T of every draw; inputs have norm sqrt(d)."""
    stream, found = Seeds(hashed_key("reproduce", what)), []
    for first in range(0, draws, _AT_ONCE):
        seeds = stream.block(first, min(_AT_ONCE, draws - first))
        net = initial_implicit_network(m, x.shape[1], seeds, model="ling", s_w=S_W)
        z = implicit_pass(x.shape[1] ** 0.5 * x, net).z
        found.append(z @ z.mT)
    return torch.cat(found)


def _found(values: ArrayLike) -> Approx:
    """Floats that are upper ends of estimated enclosures: nothing is proved of them."""
    return Approx.around(values, 0.0)


def _by_width(widths: tuple[int, ...], times: range, rows: list[Floats]) -> tuple[Curve, ...]:
    return tuple(Curve(f"m = {m}", times, mean(row)) for m, row in zip(widths, rows, strict=True))


TRAINING = Figure(
    name="gao2022.training",
    paper="Gao, Liu, Liu, Rajan, Gao: A global convergence theory ... (arXiv:2110.05645v2)",
    shows="training loss, test loss and operator norm of A along training, for several widths, on "
    "image data (recalled, not read again)",
    here="twelve digits, the paper's network and start, no test loss",
    kinship="in the manner of",
    source="recalled",
    draw=training,
)
KERNELS = Figure(
    name="ling2023.kernel_at_the_start",
    paper="Ling, Xie, Wang, Zhang, Lin: Global Convergence of ... Models (arXiv:2205.13814v2)",
    shows="that the Gram matrix of wide random equilibrium models is near a positive definite "
    "population kernel (its figures, on image data, were not read)",
    here="both, by width, on twelve digits",
    kinship="of a statement",
    source="not read",
    draw=kernels,
)
GAUSSIANITY = Figure(
    name="gao2023.gaussian_output",
    paper="Gao, Huo, Liu, Gao: Wide Neural Networks as Gaussian Processes (arXiv:2310.10767v1)",
    shows="that the output of a wide equilibrium model becomes Gaussian as its width grows",
    here="excess kurtosis by width, for ReLU and one digit",
    kinship="in the manner of",
    source="recalled",
    draw=gaussianity,
)
