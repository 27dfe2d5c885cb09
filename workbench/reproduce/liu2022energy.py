"""Liu, Tian: descent with energy on Rosenbrock's function, for four step sizes."""

from __future__ import annotations

import torch
from torch import Tensor

from dynamics import energy_descent
from verdicts import Approx, at_most, every
from workbench.reproduce.figure import Curve, Drawn, Figure, Ordering, Panel, Told
from workbench.reproduce.orderings import columns, falls, stacked

ETAS = (0.0003, 0.001, 0.003, 0.01)
_START, _C = (-1.2, 1.0), 1.0
_ULPS, _SAFETY = 1e-15, 10.0  # the second run starts so far off; its difference times this


def energy(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Loss and energy along the descent."""
    steps = 200 if small else 2000
    loss, root, moved = {}, {}, {}
    for i, eta in enumerate(ETAS):
        runs = [_run(eta, steps, off) for off in (0.0, _ULPS)]
        loss[eta], root[eta], moved[eta] = (_enclosed(*pair) for pair in zip(*runs, strict=True))
        told((i + 1) / len(ETAS))
    times = range(steps + 1)
    last_r, last_f = (stacked([row[eta][-1] for eta in ETAS]) for row in (root, loss))
    names = [f"eta = {eta:g}" for eta in ETAS]
    never = {
        k: at_most(r[1:], r[:-1], scale=r[:-1]) for k, r in zip(names, root.values(), strict=True)
    }
    path = {k: at_most(moved[eta], eta * root[eta][0] ** 2, scale=eta)
            for k, eta in zip(names, ETAS, strict=True)}  # fmt: skip
    return Drawn(
        title=f"Rosenbrock from {_START}, c = {_C:g}, {steps} steps",
        panels=(
            Panel("loss", "steps", "f", _curves(names, times, loss), "y"),
            Panel("energy", "steps", "r", _curves(names, times, root), "y"),
        ),
        orderings=(
            Ordering("the energy never rises, whatever the step size", every(**never)),
            falls("the larger the step size, the less energy is left", last_r, ETAS),
            Ordering("the squared moves sum to at most eta r_0^2", every(**path)),
        ),
        table=columns(("eta", "f at the end", "r at the end"), ETAS, last_f, last_r),
        error="a second run from a few ulps beside, ten times the difference",
    )


def rosenbrock(point: Tensor) -> tuple[Tensor, Tensor]:
    """(1 - a)^2 + 100 (b - a^2)^2 and its gradient at (a, b)."""
    a, b = point
    gap = b - a * a
    slope = torch.stack([-2 * (1 - a) - 400 * a * gap, 200 * gap])
    return (1 - a) ** 2 + 100 * gap**2, slope


def _run(eta: float, steps: int, off: float) -> tuple[Tensor, Tensor, Tensor]:
    start = torch.tensor(_START, dtype=torch.float64) * (1 + off)
    run = energy_descent(rosenbrock, start, eta=eta, c=_C, steps=steps)
    return run.root.square() - _C, run.energy[:, 0], run.moves.square().sum()


def _enclosed(run: Tensor, shadow: Tensor) -> Approx:
    """One run and how far its shadow is off; what is the same in both is not moved."""
    error = _SAFETY * (run - shadow).abs() + 1e-15 * run.abs()
    return Approx.around(run.numpy(), error.numpy())


def _curves(names: list[str], times: range, rows: dict[float, Approx]) -> tuple[Curve, ...]:
    return tuple(Curve(k, times, row) for k, row in zip(names, rows.values(), strict=True))


ENERGY = Figure(
    name="liu2022energy.rosenbrock",
    paper="Liu, Tian: Dynamic Behavior for a Gradient Algorithm ... (arXiv:2203.12199v3)",
    shows="that the energy falls whatever the step size is (the text's figures were not read)",
    here="loss and energy on Rosenbrock's function, without momentum",
    kinship="of a statement",
    source="not read",
    draw=energy,
)
