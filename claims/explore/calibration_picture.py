"""A calibration as a figure: margin, or failure rate over the stated one, against the constant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from claims.explore.calibration import Calibration
from claims.explore.probing import Probe

_MARKS = {
    "refuted": ("x", "refuted"),
    "open": ("^", "undecided"),
    "supported": ("o", "supported"),
}


def drawn(results: Sequence[Calibration], path: Path) -> None:
    """Write the figure.

    Args:
        results: the sides of one constant.
        path: of a PNG, SVG or PDF file.

    Raises:
        OSError: it cannot be written.
    """
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    claim, constant = results[0].claim, results[0].constant
    by_value = {p.value: p for result in results for p in result.probes if p.worst is not None}
    probes = [by_value[value] for value in sorted(by_value)]
    chance = claim.kind == "probabilistic"
    for outcome, (mark, label) in _MARKS.items():
        chosen = [probe for probe in probes if probe.outcome == outcome]
        if chosen:
            _points(axes, chosen, mark, label, chance=chance)
    axes.axhline(1.0 if chance else 0.0, color="0.3", linewidth=0.8, linestyle="--")
    for result in results:
        if result.refuted is not None and result.kept is not None:
            ends = sorted((result.refuted.value, result.kept.value))
            axes.axvspan(*ends, color="0.85", label="edge")
    axes.axvline(results[0].ladder.true, color="0.3", linestyle=":", label="the claim's value")
    if all(probe.value > 0 for probe in probes):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("{x:g}")
    axes.set_xlabel(constant)
    axes.set_ylabel(
        "failure rate / stated rate (bar: what is not excluded)"
        if chance
        else "least margin over the instances (dimensionless)"
    )
    axes.set_title(f"{claim.id} ({claim.label}): {constant}", fontsize=10)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def _points(axes: Any, probes: Sequence[Probe], mark: str, label: str, *, chance: bool) -> None:
    margins = [p.worst.finding.margin for p in probes if p.worst and p.worst.finding]
    values = [probe.value for probe in probes]
    if not chance:
        heights = [max(min(margin, 1e6), -1e6) for margin in margins]
        axes.plot(values, heights, mark, color="black", fillstyle="none", label=label)
        return
    # The margin is (stated - upper bound)/stated; below a refutation lies no rate up to the stated.
    above = [1 - max(margin, -1e6) for margin in margins]
    below = [1.0 if probe.outcome == "refuted" else 0.0 for probe in probes]
    axes.vlines(values, below, above, color="0.5", linewidth=1)
    axes.plot(values, above, mark, color="black", fillstyle="none", label=label)
