"""Di Langosco, Fortuin, Strathmann: particles that are moved to a funnel by three methods."""

from __future__ import annotations

import numpy as np

from dynamics import WitnessPlan
from models import FunnelTarget, SeedNumber
from workbench.figures.sampling import METHODS, compared
from workbench.reproduce.figure import Curve, Drawn, Figure, Panel, Table, Told
from workbench.reproduce.orderings import mean, mean_falls, number

_EPS = 0.05


def funnel(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Squared MMD to exact draws, by dimension."""
    dims, seeds, steps, many = ((2,), 8, 60, 40) if small else ((2, 10), 12, 150, 200)
    plan = WitnessPlan(hidden=16 if small else 32, rate=2e-3, updates=4 if small else 10)
    found = np.zeros((seeds, len(dims), len(METHODS)))
    for s in range(seeds):
        for j, d in enumerate(dims):
            rows = compared(FunnelTarget(d), SeedNumber(s), particles=many, steps=steps, eps=_EPS,
                            plan=plan)  # fmt: skip
            if any(row.mmd is None or row.diverged_at >= 0 for row in rows):
                raise ArithmeticError(f"funnel: a method diverged at d={d}, seed={s}")
            found[s, j] = [row.mmd or 0.0 for row in rows]
            told((s * len(dims) + j + 1) / (seeds * len(dims)))
    by_method = [mean(found[:, :, k]) for k in range(len(METHODS))]
    curves = tuple(Curve(name, dims, row) for name, row in zip(METHODS, by_method, strict=True))
    pooled = found.mean(axis=1)
    svgd, others = METHODS.index("SVGD"), [k for k, name in enumerate(METHODS) if name != "SVGD"]
    head = ("method", *(f"d = {d}" for d in dims))
    rows_told = tuple(
        (name, *(number(row[j]) for j in range(len(dims))))
        for name, row in zip(METHODS, by_method, strict=True)
    )
    return Drawn(
        title=f"funnel, {many} particles, {steps} steps of {_EPS}, {seeds} starts",
        panels=(Panel("distance to exact draws", "dimension d", "MMD$^2$ (RBF, bandwidth 1)",
                      curves, "y"),),
        orderings=tuple(
            mean_falls(f"SVGD ends farther away than {METHODS[k]}, in the mean over dimensions",
                       pooled[:, [svgd, k]], ("SVGD", METHODS[k]))
            for k in others
        ),
        table=Table(head, rows_told),
        error="means over independent starts, Student\'s intervals at four deviations",
    )  # fmt: skip


FUNNEL = Figure(
    name="langosco2021.funnel",
    paper="Di Langosco, Fortuin, Strathmann: Neural Variational ... (arXiv:2107.10731v2)",
    shows="MMD to a funnel by dimension for three methods; in the authors' result files the "
    "medians are 0.0286 (SVGD), 0.0111 (neural), 0.0078 (Langevin)",
    here="two dimensions in place of 49, 150 steps in place of 500, a smaller witness",
    kinship="in the manner of",
    source="recalled",
    draw=funnel,
)
