"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

What positive homogeneity gives, at every width: identities of the gradient, and what the flow
conserves. All of it is ours. The letters are those of gao2022sharper.
"""  # noqa: E501  the citation is one line

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from claims import assume_premise, claim, wrong
from dynamics import implicit_flow
from models import (
    ImplicitNetwork,
    ImplicitStart,
    implicit_gradients,
    implicit_kernels,
    implicit_predictions,
    pass_predictions,
)
from strategies import (
    either,
    implicit_starts,
    nonzero_datasets,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
)
from theorems._gao2022 import Look, adjoint_form, direction_of
from verdicts import (
    Approx,
    Margin,
    at_least,
    equal_to,
    every,
    exactly,
)

ON_SPHERE = either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6))
STARTS = implicit_starts(data=either(ON_SPHERE, nonzero_datasets(max_n=4)))
FLOW = 1e-5  # resolution along a flow, ten times the change of its second run
ONE = ImplicitStart.of(rows=[[1]], gamma="1/2", A=[[1]], W=[[1]], u=[1], v=[1], residual=[-1])
FED = ImplicitStart.of(
    rows=[[1]], gamma="1/2", A=[[0, 1], [0, 0]], W=[[1], [1]], u=[1, 1], v=[1, 1], residual=[-1]
)
UNFED = ImplicitStart.of(  # a neuron that is off at the equilibrium is fed by one that is on
    rows=[[1]], gamma="1/2", A=[[0, 1], [-2, 0]], W=[[2], [1]], u=[1, 1], v=[1, 1], residual=[-1]
)


@claim(
    "Rescaling of neurons",
    for_all={"start": STARTS, "eta": small_decimals(min_value=0.01, max_value=1)},
    text="new",
    mutants=[
        wrong(
            skip=0.0,
            because="v_r is rescaled as well",
            witness={"start": ONE, "eta": 1.0},
        ),
        wrong(
            transposed=True,
            because="row and column of A change in opposite ways",
            witness={"start": FED, "eta": 1.0},
        ),
        wrong(
            form="no D",
            because="a neuron that is off passes nothing back",
            witness={"start": UNFED, "eta": 1.0},
        ),
        wrong(
            bent=0.0,
            because="a step of descent changes it in second order",
            witness={"start": ONE, "eta": 1.0},
        ),
    ],
)
def rescaling(
    start: ImplicitStart,
    eta: float,
    *,
    skip: float = 1.0,
    bent: float = 1.0,
    transposed: bool = False,
    form: str = "TB-5",
) -> Margin:
    """Neurons may be rescaled, so every gradient obeys one equation for each of them.

    W_r.g(W_r) + A_r:.g(A_r:) - A_:r.g(A_:r) - u_r g(u_r) - v_r g(v_r) = 0 for each r, g being the
    gradient of any weighed sum of predictions. So a step -eta g changes ||W_r||^2 + ||A_r:||^2 -
    ||A_:r||^2 - u_r^2 - v_r^2 by eta^2 times the same of g. And W.g(W) = u.g(u) + v.g(v) = yhat, a
    permutation of neurons changes nothing, and yhat(2x) = 2 yhat(x).
    """
    look = Look.at(start.x, start.network)
    r = pass_predictions(look.run, look.network) - start.y
    g = _gradients(look, r, form)
    theta = list(look.network.named().values())
    moved = [block - eta * step for block, step in zip(theta, g, strict=True)]
    sizes = [float(sum(b.norm() * c.norm() for b, c in zip(theta, g, strict=True)))] * 2
    sizes[1] = float(sum((b.norm() + eta * c.norm()) ** 2 for b, c in zip(theta, g, strict=True)))
    flow = _charge(theta, g, skip=skip, transposed=transposed).abs().max()
    step = _charge(moved, moved) - _charge(theta, theta) - bent * eta**2 * _charge(g, g)
    u = pass_predictions(look.run, look.network)
    whole = (r * u).sum()
    euler = ((theta[1] * g[1]).sum() - whole, sum((theta[k] * g[k]).sum() for k in (2, 3)) - whole)
    turned, doubled = _turned(look.network), 2 * start.x
    same = [
        (implicit_predictions(start.x, turned) - u).abs().max(),
        (implicit_predictions(doubled, look.network) - 2 * u).abs().max(),
    ]
    reach = float((look.run.z.norm() + look.run.phi.norm()) * (theta[2].norm() + theta[3].norm()))
    most = reach * (1 + float(r.norm()))
    return every(
        balance=_zero(look, flow, sizes[0]),
        descent=_zero(look, step.abs().max(), sizes[1]),
        euler=_zero(look, torch.stack(euler).abs().max(), most),
        symmetric=_zero(look, torch.stack(same).max(), reach),
    )


@claim(
    "Conserved along the flow",
    for_all={"start": implicit_starts(data=ON_SPHERE, max_m=8)},
    text="new",
    depends_on=["gao2022rescaling.rescaling"],
    cost=lambda start: 1e6 + 1e3 * start.m**2,
    mutants=[
        wrong(skip=0.0, because="v_r moves too", witness={"start": ONE}),
        wrong(
            transposed=True,
            because="the column of A counts negatively",
            witness={"start": FED},
        ),
    ],
)
def conserved(start: ImplicitStart, *, skip: float = 1.0, transposed: bool = False) -> Margin:
    """Along gradient flow each neuron keeps its balance of squared norms.

    d/dt (||W_r||^2 + ||A_r:||^2 - ||A_:r||^2 - u_r^2 - v_r^2) = 0 for every r, as long as the
    solution crosses kinks and does not slide. Looked at after half a decay time, for ||r(0)|| = 1.
    """
    look = Look.at(start.x, start.network)
    kernels = implicit_kernels(look.run, look.slopes, look.network)
    H = torch.stack(kernels).sum(dim=0)
    u = pass_predictions(look.run, look.network)
    e = direction_of(start)
    fastest = float(H.trace())
    moves = at_least(exactly(float(e @ H @ e)), exactly(0.01 * fastest + 1e-9))
    assume_premise("the labels move it", moves)
    run = implicit_flow(start.x, u + e, look.network, times=[0.0, 0.5 / fastest])
    assume_premise("the solution is plain", run.plainness)
    before, after = (list(net.named().values()) for net in (look.network, run.network))
    kept = _charge(after, after, skip=skip, transposed=transposed)
    kept = kept - _charge(before, before, skip=skip, transposed=transposed)
    off = run.movement.width[-1] / 2
    sizes = np.array([float(block.norm()) for block in after])
    error = float((2 * sizes * off + off**2).sum()) * 2 + 1e-14 * float((sizes**2).sum())
    # Each block is followed to about 1e-11 of the longest move.
    scale = float(run.movement.upper[-1].max() * sizes.max()) + 1e-30
    error += 1e-9 * scale
    gap = Approx.around(float(kept.abs().max()), error)
    return equal_to(gap, exactly(0.0), scale=scale, resolution=FLOW)


def _zero(look: Look, value: Tensor, size: float) -> Margin:
    """An identity between sums whose terms are at most that large."""
    gap = look.value(value, 8 * size)
    return equal_to(gap, exactly(0.0), scale=size + 1e-30, resolution=1e-7)


def _gradients(look: Look, r: Tensor, form: str) -> tuple[Tensor, ...]:
    """Of sum_i r_i yhat_i, with the adjoints of a formula."""
    p, b = adjoint_form(look, form)
    return implicit_gradients(look.run, replace(look.slopes, p=p, b=b), look.network, r)


def _charge(
    first: Sequence[Tensor],
    second: Sequence[Tensor],
    *,
    skip: float = 1.0,
    transposed: bool = False,
) -> Tensor:
    """What rescaling of each neuron pairs: W and the row of A against its column, u and v."""
    A, W, u, v = (a * b for a, b in zip(first, second, strict=True))
    rows, columns = A.sum(dim=1), A.sum(dim=0)
    return W.sum(dim=1) + (columns - rows if transposed else rows - columns) - u - skip * v


def _turned(network: ImplicitNetwork) -> ImplicitNetwork:
    """The neurons in reverse order."""
    A, W, u, v = network.named().values()
    return network.with_parameters([A.flip(0, 1), W.flip(0), u.flip(0), v.flip(0)])
