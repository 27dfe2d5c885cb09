"""The best linear separator of rows, with the dual that proves how good it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from scipy.optimize import linprog
from torch import Tensor

from certify.real import check_real
from verdicts import Approx

_EPS = 2.0**-52


@dataclass(frozen=True, slots=True, eq=False)
class Separator:
    """A direction V with |V_k| <= 1 in every coordinate, and weights q of the rows.

    Attributes:
        direction: V.
        weights: q >= 0, of sum 1 up to rounding.
        margin: max over such V of min_i row_i.V: what this V has, and at most |q rows|_1.
    """

    direction: Float64[Tensor, " p"]
    weights: Float64[Tensor, " n"]
    margin: Approx


def best_separator(rows: Float64[Tensor, "n p"]) -> Separator:
    """The direction in the unit cube whose least product with a row is largest.

    By a linear program; the enclosure of its value holds whatever the solver did, since any V
    bounds it from below, and any q from above.

    Args:
        rows: finite.

    Raises:
        ArithmeticError: the solver gave up.
        ValueError: no rows, or a NaN.
    """
    check_real("best_separator", rows=rows)
    if rows.ndim != 2 or 0 in rows.shape or not bool(torch.isfinite(rows).all()):
        raise ValueError(f"best_separator: rows of shape {tuple(rows.shape)}; give finite ones")
    table = rows.numpy()
    n, p = table.shape
    # Maximise t with t <= row_i.V over (V, t).
    found = linprog(
        np.r_[np.zeros(p), -1.0],
        A_ub=np.c_[-table, np.ones(n)],
        b_ub=np.zeros(n),
        bounds=[(-1, 1)] * p + [(None, None)],
        method="highs",
    )
    if found.status != 0 or found.x is None:
        raise ArithmeticError(f"best_separator: the linear program failed: {found.message}")
    direction = np.clip(found.x[:p], -1, 1)
    q = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0)
    q = q / q.sum()
    rounding = 4 * (n + p) * _EPS * float(np.abs(table).sum(axis=1).max())
    low, high = (
        float((table @ direction).min()) - rounding,
        float(np.abs(q @ table).sum()) + rounding,
    )
    return Separator(torch.from_numpy(direction), torch.from_numpy(q), Approx(min(low, high), high))
