"""Figures 1 and 2 of Arora, Du, Hu, Li, Wang, on the handwritten digits that scikit-learn ships.

The paper takes two classes of MNIST and of CIFAR, 10000 images each. Here the classes 0 and 1 of
the digits, 360 images of 64 pixels, take their place. Network and labels are the paper's: kappa =
0.01, labels +-1, random labels, and the eigenvector of the least eigenvalue of H_inf, here with the
same length as the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor

from models import Dataset, H_inf, gaussian_weights, rademacher_signs
from strategies.sources import table
from verdicts import Approx, Seeds, hashed_key
from workbench.reproduce.figure import Curve, Drawn, Figure, Panel, Told
from workbench.reproduce.first_layer import enclosed_runs, first_layer_descent
from workbench.reproduce.orderings import (
    columns,
    mean,
    mean_falls,
    rises,
    stacked,
)

KAPPA = 0.01
KINDS = ("true labels", "random labels", "worst case")
_TOP = 10  # eigenvectors
_EIGENPAIRS = 1e-8  # error of a share that is read off eigenvectors
_PORTIONS, _FEW_PORTIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (0.0, 0.5, 1.0)
_PAPER = "Arora, Du, Hu, Li, Wang: Fine-Grained Analysis ... (arXiv:1901.08584v2)"


def speed(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Convergence for three kinds of labels, and where they lie among the eigenvectors."""
    n, m, epochs = (100, 256, 100) if small else (360, 1000, 300)
    x, true = two_classes(n)
    spectrum, vectors = torch.linalg.eigh(H_inf(x))
    eta = 1 / float(spectrum[-1])
    labels = kinds(true, vectors)
    runs, theory, held = [], [], []
    for i, y in enumerate(labels):
        runs.append(_trained(x, y, m, eta, epochs))
        theory.append(_linear(spectrum, vectors.T @ y, eta, epochs))
        held.append(_share(((vectors.T @ y).square() / (y @ y)).flip(0).cumsum(0)))
        told((i + 1) / len(labels))
    projected = [Curve(k, range(1, n + 1), s) for k, s in zip(KINDS, held, strict=True)]
    values = Approx.around(spectrum.flip(0).numpy() / n, 1e-14 * n)
    last, top = stacked([run[-1] for run in runs]), stacked([s[_TOP - 1] for s in held])
    return Drawn(
        title=f"digits 0 and 1, n = {n}, m = {m}, kappa = {KAPPA}, eta = 1/lambda_max",
        panels=(
            Panel("convergence", "epochs", "$||u - y||^2/n$", _by_epoch(runs, theory), "y"),
            Panel("where the labels lie", "first eigenvectors of $H^\\infty$",
                  "share of $||y||^2$", tuple(projected), "x"),
            Panel("eigenvalues", "number", "$\\lambda_i(H^\\infty)/n$",
                  (Curve("", range(1, n + 1), values),), "xy"),
        ),
        orderings=(
            rises("true labels are learned faster than random ones, those than the worst",
                  last, KINDS),
            rises(f"the first {_TOP} eigenvectors hold more of true than of random labels, "
                  "least of the worst", -top, KINDS),
        ),
        table=columns(("labels", f"|u-y|^2/n at {epochs}", f"share on first {_TOP}"),
                      KINDS, last, top),
        error="double precision, within its difference from single precision; of this draw alone",
    )  # fmt: skip


def _by_epoch(runs: Sequence[Approx], theory: Sequence[Approx]) -> tuple[Curve, ...]:
    """For each kind of labels what was measured, and what (8) says."""
    epochs = range(len(runs[0].lower))
    measured = [Curve(k, epochs, run) for k, run in zip(KINDS, runs, strict=True)]
    words = ("(8), without its error", "", "")
    said = [Curve(word, epochs, t, bare=True) for word, t in zip(words, theory, strict=True)]
    return (*measured, *said)


def complexity(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """The complexity measure and the error on fresh images, by the share of random labels."""
    draws, train, portions = (24, 80, _FEW_PORTIONS) if small else (100, 240, _PORTIONS)
    x, true = two_classes(120 if small else 360)
    found = torch.zeros(draws, len(portions), 3, dtype=torch.float64)
    for s in range(draws):
        order = _uniform("order", s, len(x)).argsort()
        found[s] = _one_split(x[order], true[order], train, s, portions)
        told((s + 1) / draws)
    rows = found.numpy()
    means = [mean(rows[:, :, k]) for k in range(3)]
    words = ("complexity measure", "mean absolute error", "classification error")
    panels = [
        Panel(word, "portion of random labels", word, (Curve("", portions, values),))
        for word, values in zip(words, means, strict=True)
    ]
    return Drawn(
        title=f"digits 0 and 1, {train} images to learn from, {len(x) - train} others, "
        f"{draws} splits",
        panels=tuple(panels),
        orderings=tuple(
            mean_falls(f"the more random labels, the larger the {word}", -rows[..., k], portions)
            for k, word in enumerate(words)
        ),
        table=columns(("portion", *words), portions, *means),
        error="means over independent splits and labels, Student's intervals at four deviations",
    )


def kinds(true: Tensor, vectors: Tensor) -> list[Tensor]:
    """True, random and worst labels, all of length sqrt(n)."""
    n = len(true)
    random = rademacher_signs(n, Seeds(hashed_key("reproduce", "arora2019", "labels")))[0]
    return [true, random, n**0.5 * vectors[:, 0]]


@cache
def two_classes(n: int) -> tuple[Tensor, Tensor]:
    """The first n images of the digits 0 and 1 on the unit sphere, with labels 1 and -1."""
    classes = [round(9 * label) for label in table("digits")[1]]
    rows = [i for i, label in enumerate(classes) if label < 2][:n]
    recipe = {"source": "digits", "indices": rows, "scaling": "raw-sphere", "labels": "own"}
    x = Dataset.from_recipe(recipe).x
    return x, torch.tensor([1.0 - 2.0 * classes[i] for i in rows], dtype=torch.float64)


def _trained(x: Tensor, y: Tensor, m: int, eta: float, epochs: int) -> Approx:
    seeds = Seeds(hashed_key("reproduce", "arora2019", "start"))
    Z = KAPPA * (x @ gaussian_weights(m, x.shape[1], seeds)[0].T)
    given = (x @ x.T, Z, rademacher_signs(m, seeds)[0], y)
    double, single = (
        first_layer_descent(*(t.to(dtype) for t in given), eta=eta, epochs=epochs).squared
        for dtype in (torch.float64, torch.float32)
    )
    return enclosed_runs(double, single) / len(y)


def _share(values: Tensor) -> Approx:
    found = Approx.around(values.numpy(), _EIGENPAIRS)
    return Approx(np.maximum(found.lower, 0.0), np.minimum(found.upper, 1.0))


def _linear(spectrum: Tensor, along: Tensor, eta: float, epochs: int) -> Approx:
    """sum_i (1 - eta lambda_i)^(2 k) (v_i.y)^2/n, the square of (8) over n."""
    k = torch.arange(epochs + 1, dtype=torch.float64)[:, None]
    values = ((1 - eta * spectrum).abs() ** (2 * k) * along.square()).sum(dim=1) / len(along)
    return Approx.around(values.numpy(), _EIGENPAIRS)


def _one_split(x: Tensor, true: Tensor, train: int, s: int, portions: Sequence[float]) -> Tensor:
    """For every portion: the measure (10), and two errors of the limit network on the others."""
    K, n = H_inf(x), train
    noisy, fair = _uniform("noisy", s, len(x)), _uniform("signs", s, len(x))
    coin = torch.where(fair < 0.5, -1.0, 1.0).double()
    y = torch.stack([torch.where(noisy < p, coin, true) for p in portions], dim=1)
    solved = torch.linalg.solve(K[:n, :n], y[:n])
    measure = (2 * (y[:n] * solved).sum(dim=0) / n).sqrt()
    predicted = K[n:, :n] @ solved
    absolute = (predicted - y[n:]).abs().mean(dim=0)
    wrong = (predicted * y[n:] <= 0).double().mean(dim=0)
    return torch.stack([measure, absolute, wrong], dim=1)


def _uniform(what: str, s: int, count: int) -> Tensor:
    seeds = Seeds(hashed_key("reproduce", "arora2019.figure_2", what)).block(s, 1)
    found: Tensor = torch.special.ndtr(gaussian_weights(count, 1, seeds)[0, :, 0])
    return found


FIGURE_1 = Figure(
    name="arora2019.figure_1",
    paper=_PAPER,
    shows="Figure 1: descent learns true labels faster than random ones, and these faster than the "
    "eigenvector of the least eigenvalue; true labels lie along the first eigenvectors of H_inf",
    here="digits in place of MNIST and CIFAR, a narrower network, a larger step (1/lambda_max)",
    kinship="in the manner of",
    source="read",
    draw=speed,
)
FIGURE_2 = Figure(
    name="arora2019.figure_2",
    paper=_PAPER,
    shows="Figure 2: with the portion of random labels the measure sqrt(2 y^T H_inf^-1 y/n) rises, "
    "and so do the l1 error and the classification error on fresh images",
    here="digits in place of MNIST and CIFAR; the network is the infinitely wide one, trained to "
    "the end; the l1 error is not capped at 1",
    kinship="in the manner of",
    source="read",
    draw=complexity,
)
