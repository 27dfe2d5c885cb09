"""Yang, Chen, Hao: the kernel of sigma_s = (1 - s) z + s max(z, 0), from linear to beyond ReLU.

For unit inputs K_s = (1 - s) G + s^2 H_inf. With more inputs than dimensions G is singular, and on
its null space the form of K_s is s^2 times that of H_inf: there the kernel grows with s.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models import H_inf, gram
from verdicts import Approx
from workbench.reproduce.figure import Curve, Drawn, Figure, Panel, Told
from workbench.reproduce.orderings import columns, falls, rises, stacked

SLOPES = (0.25, 0.5, 1.0, 1.5, 2.0)
_RELATIVE, _ABSOLUTE = 1e-9, 1e-24  # what eigenpairs in double precision leave of a loss


def relaxation(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Least eigenvalue and linear descent for five slopes, on points of a half circle."""
    n, steps = (8, 100) if small else (24, 400)
    angle = math.pi * (torch.arange(n, dtype=torch.float64) + 0.5) / n
    x = torch.stack([angle.cos(), angle.sin()], dim=1)
    y = torch.sin(4 * angle)
    curves, least, last = [], [], []
    for i, s in enumerate(SLOPES):
        spectrum, vectors = torch.linalg.eigh((1 - s) * gram(x) + s**2 * H_inf(x))
        loss = descended(spectrum, vectors.T @ y, 1 / n, steps)
        curves.append(Curve(f"s = {s:g}", range(steps + 1), loss))
        least.append(Approx.around(float(spectrum[0]), 1e-13 * n))
        last.append(loss[-1])
        told((i + 1) / len(SLOPES))
    eigenvalues, losses = stacked(least), stacked(last)
    return Drawn(
        title=f"{n} points of a half circle, $y = \\sin(4 t)$, eta = 1/{n}, infinite width",
        panels=(
            Panel("linear descent with $K_s$", "steps", "$||u - y||^2/||y||^2$", tuple(curves),
                  "y"),
            Panel("least eigenvalue", "s", "$\\lambda_{min}(K_s)$",
                  (Curve("", SLOPES, eigenvalues),), "xy"),
        ),
        orderings=(
            rises("the larger s, the larger lambda_min(K_s), on these inputs", eigenvalues, SLOPES),
            falls(f"the larger s, the smaller the error after {steps} steps", losses, SLOPES),
        ),
        table=columns(("s", "lambda_min(K_s)", f"error at {steps}"), SLOPES, eigenvalues, losses),
        error="rounding of the eigenvalues, estimated",
    )  # fmt: skip


def descended(spectrum: Tensor, along: Tensor, eta: float, steps: int) -> Approx:
    """|(I - eta K)^k y|^2/|y|^2 for k = 0..steps, from the eigenpairs of K."""
    k = torch.arange(steps + 1, dtype=torch.float64)[:, None]
    shares = along.square() / along.square().sum()
    loss = ((1 - eta * spectrum).abs() ** (2 * k) * shares).sum(dim=1)
    return Approx.around(loss.numpy(), (_RELATIVE * loss + _ABSOLUTE).numpy())


RELAXATION = Figure(
    name="yang2023.slopes",
    paper="Yang, Chen, Hao: Homotopy Relaxation Training Algorithms ... (arXiv:2309.15244v1)",
    shows="that training is faster with the activation relaxed beyond ReLU, s > 1 (abstract and "
    "first page read, figures not)",
    here="the linear descent of infinite width with s held fixed, on inputs of a circle; for "
    "orthonormal inputs the order is false, which the catalogue refutes",
    kinship="of a statement",
    source="not read",
    draw=relaxation,
)
