"""Figures as PNG files, written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dynamics import NEVER
from models import Target
from workbench.figures.graph_bias import Bias
from workbench.figures.sampling import Sampled

_PIXELS = 160  # of the grid on which a density is drawn, each way
_LEVELS = (0.5, 2, 4.5, 8)  # below the largest log density: 1 to 4 deviations of a Gaussian


def draw_particles(target: Target, rows: Sequence[Sampled], title: str, path: Path) -> None:
    """Particles over level lines of log p, one panel for each method.

    The first two coordinates are drawn; level lines only in two dimensions.

    Args:
        target: the law.
        rows: where the methods end.
        title: of the figure.
        path: of the PNG to be written.
    """
    figure = Figure(figsize=(4 * len(rows), 4.4), layout="constrained")
    panels: Any = figure.subplots(1, len(rows), sharex=True, sharey=True, squeeze=False)[0]
    everything = torch.cat([row.points[:, :2] for row in rows])
    low, high = everything.amin(dim=0), everything.amax(dim=0)
    margin = 0.15 * (high - low) + 0.3
    (left, below), (right, above) = (low - margin).tolist(), (high + margin).tolist()
    for axes, row in zip(panels, rows, strict=True):
        if target.d == 2:
            _levels(axes, target, (left, right, below, above))
        axes.plot(row.points[:, 0], row.points[:, 1], "o", markersize=3, color="#b03a2e")
        apart = f"KSD$^2$ {row.stein:.3g}"
        if row.mmd is not None:
            apart = f"MMD$^2$ {row.mmd:.3g}, {apart}"
        if row.diverged_at != NEVER:
            apart = f"diverged at step {row.diverged_at}"
        axes.set_title(f"{row.method}\n{apart}", fontsize=10)
        axes.set_xlim(left, right)
        axes.set_ylim(below, above)
        axes.set_xlabel("$x_1$")
    panels[0].set_ylabel("$x_2$")
    figure.suptitle(title, fontsize=11)
    _write(figure, path)


def draw_bias(found: Sequence[Bias], limit: float, title: str, path: Path) -> None:
    """The bias against N, both logarithmic, beside the bias of one node over N and its limit.

    Args:
        found: sizes, the first being that of one node.
        limit: what N times the bias tends to.
        title: of the figure.
        path: of the PNG to be written.
    """
    figure = Figure(figsize=(5.6, 4.4), layout="constrained")
    axes: Any = figure.subplots()
    exact = [one for one in found if one.error == 0]
    rest = [one for one in found if one.error > 0]
    grid = [one.drawn for one in found]
    axes.plot(
        grid, [found[0].size / N for N in grid], "-", color="0.6", label="bias of one node / N"
    )
    axes.plot(
        grid, [limit / N for N in grid], "--", color="0.2", label="limit of N times it, over N"
    )
    axes.plot([one.drawn for one in exact], [one.size for one in exact], "o", label="all samples")
    if rest:
        # A bar that reached 0 would have no place on a logarithmic axis.
        below = [min(one.error, 0.9 * one.size) for one in rest]
        bars = [below, [one.error for one in rest]]
        places, sizes = [one.drawn for one in rest], [one.size for one in rest]
        axes.errorbar(
            places, sizes, yerr=bars, fmt="s", markersize=4, capsize=3,
            label="simulation, two standard errors",
        )  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(grid, [str(N) for N in grid])
    axes.minorticks_off()
    axes.set_xlabel("nodes drawn, N")
    axes.set_ylabel("|E g$_N$ - grad f|")
    axes.legend(fontsize=9)
    axes.set_title(title, fontsize=11)
    _write(figure, path)


def _levels(axes: Any, target: Target, window: tuple[float, float, float, float]) -> None:
    left, right, below, above = window
    x = torch.linspace(left, right, _PIXELS, dtype=torch.float64)
    y = torch.linspace(below, above, _PIXELS, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    depth = target.log_density(grid)
    depth = (depth - depth.max()).clamp_min(-1e3)
    levels = sorted(-level for level in _LEVELS)
    axes.contourf(x, y, depth, levels=[*levels, 0.0], cmap="Blues", alpha=0.7)
    axes.contour(x, y, depth, levels=levels, colors="0.5", linewidths=0.6, linestyles="solid")


def _write(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    trial = path.with_name(f".{path.name}.part")
    figure.savefig(trial, dpi=110, format="png")
    trial.replace(path)
