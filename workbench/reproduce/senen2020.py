"""Senen-Cerda, Sanders: dropout on a chain slows gradient descent exponentially in its depth.

Edges of a chain of L weights are kept with probability p: the mean risk is p^L (y - x P)^2 plus a
constant, P the product of the weights. All weights equal w stay equal under descent, x = y = 1.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from verdicts import Approx, exactly
from workbench.reproduce.figure import Curve, Drawn, Figure, Panel, Told
from workbench.reproduce.orderings import below, columns, rises

_KEPT = (1.0, 0.9, 0.7, 0.5)
_START, _ETA = 0.8, 0.02
_TARGET = 1e-3  # of the excess risk at the start
_MOST = 100_000


def depth(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Steps until the excess risk is a thousandth, against depth, for three probabilities."""
    depths = (1, 2, 3) if small else tuple(range(1, 9))
    counts = np.zeros((len(_KEPT), len(depths)))
    for j, L in enumerate(depths):
        counts[:, j] = [steps_needed(L, p) for p in _KEPT]
        told((j + 1) / len(depths))
    # Rounding could move a count by one where the excess meets the target: nothing is proved.
    values = [Approx(row, row) for row in counts]
    powers = [Approx(p**L, p**L) for p in _KEPT for L in [np.array(depths)]]
    scaled = [row * power for row, power in zip(values, powers, strict=True)]
    slower = [row / values[0] for row in values]
    names = [f"p = {p}" for p in _KEPT]
    pairs = {
        f"L = {L}, {a} to {b}": (values[i][j], values[i + 1][j])
        for j, L in enumerate(depths)
        for i, (a, b) in enumerate(pairwise(names))
    }
    # Rounding to whole steps hides what p^L leaves when few are needed.
    spread = max(abs(s[j].low / scaled[0][j].low - 1) for s in scaled for j in range(len(depths)))
    return Drawn(
        title=f"chain, all weights {_START} at the start, eta = {_ETA}",
        panels=(
            Panel("steps to a thousandth", "depth L", "steps", _curves(names, depths, values), "y"),
            Panel("the same times $p^L$", "depth L", "$p^L$ steps", _curves(names, depths, scaled)),
        ),
        orderings=(
            *(rises(f"the deeper, the larger the factor that dropout costs (p = {p})", row, depths)
              for p, row in zip(_KEPT[1:], slower[1:], strict=True)),
            below("the more is dropped, the more steps, at every depth", pairs),
            below("steps times p^L agree for all p within a twentieth",
                  {"spread": (Approx(spread, spread), exactly(0.05))}),
        ),
        table=columns(("L", *names), depths, *values),
        error="steps are counted; the risk is the exact mean over all masks, in double precision",
    )  # fmt: skip


def steps_needed(L: int, p: float) -> int:
    """Steps of gradient descent on the mean risk until its excess is `_TARGET` of the first one.

    Raises:
        ArithmeticError: it takes too many.
    """
    w, kept = _START, p**L
    first = (1 - w**L) ** 2
    for k in range(_MOST):
        if (1 - w**L) ** 2 <= _TARGET * first:
            return k
        w += _ETA * 2 * kept * (1 - w**L) * w ** (L - 1)
    raise ArithmeticError(f"steps_needed: more than {_MOST} steps for L={L}, p={p}")


def _curves(names: list[str], depths: tuple[int, ...], values: list[Approx]) -> tuple[Curve, ...]:
    return tuple(Curve(name, depths, row) for name, row in zip(names, values, strict=True))


DEPTH = Figure(
    name="senen2020.depth",
    paper="Senen-Cerda, Sanders: Almost Sure Convergence of Dropout ... (arXiv:2002.02247v2)",
    shows="that dropout can slow descent exponentially in the depth of a chain of linear neurons "
    "(abstract read, figures not; they also measure wide networks, where it does not)",
    here="gradient descent on the mean risk of a chain, exactly; nothing of the wide networks",
    kinship="of a statement",
    source="not read",
    draw=depth,
)
