"""Block principal pivoting for z = max(u, slope u), u = W z + b, where Newton's steps cycle."""

from __future__ import annotations

import torch
from torch import Tensor

from models.equilibrium.newton import Problem

_TRIES = 6  # switches of all wrong signs that may fail to reduce their number
_FLOATS = 2**22  # of the matrices that are solved at once
_EPS = torch.finfo(torch.float64).eps


def pivoted(problem: Problem, z: Tensor, wanted: Tensor) -> Tensor:
    """Solves on one pattern of signs after another, on the wanted rows, the others as they are.

    All signs that turn out wrong are switched at once; where that does not reduce their number
    for a while, only the last of them is, which ends if I - W is a P-matrix (Murty's rule), though
    not in few steps always. Where it has not ended, the row is where it was.

    Args:
        problem: sigma(t) = max(t, slope t).
        z: where to begin, (*s, n, m).
        wanted: which rows, (*s, n).

    Source:
        Murty 1974; Judice, Pires 1994, block principal pivoting.
    """
    result = z.clone()
    one = torch.ones((), dtype=z.dtype, device=z.device)
    slope = -float(problem.sigma.value(-one))
    on = problem.preactivation(z) > 0
    for chunk in torch.split(wanted.nonzero(), max(1, _FLOATS // problem.m**2)):
        place = tuple(chunk.unbind(dim=-1))
        u = _signed(problem.W[place[:-1]], problem.b[place], on[place], slope)
        result[place] = torch.where(u > 0, u, slope * u)
    return torch.where(torch.isfinite(result), result, z)


def _signed(W: Tensor, b: Tensor, on: Tensor, slope: float) -> Tensor:
    """The last u tried, (k, m), of k equations (I - W D) u = b, D = 1 or slope by the sign of u."""
    k, m = b.shape
    identity = torch.eye(m, dtype=W.dtype, device=W.device)
    fewest = torch.full((k,), m + 1, device=W.device)
    left = torch.full((k,), _TRIES, device=W.device)
    last = torch.arange(m, device=W.device)
    u = torch.zeros_like(b)
    for _ in range(20 + 2 * m):
        D = torch.where(on, 1.0, slope).to(W.dtype)
        system = identity - W * D.unsqueeze(-2)
        u = torch.linalg.solve_ex(system, b.unsqueeze(-1)).result.squeeze(-1)
        slack = 4 * m * _EPS * (u.abs().amax(dim=-1, keepdim=True) + b.abs())
        wrong = torch.where(on, u < -slack, u > slack)
        count = wrong.sum(dim=-1)
        if not bool(count.any()):
            break
        fewer = count < fewest
        fewest, left = torch.where(fewer, count, fewest), torch.where(fewer, _TRIES, left - 1)
        final = (wrong * (last + 1)).argmax(dim=-1, keepdim=True)
        single = torch.zeros_like(wrong).scatter(-1, final, wrong.gather(-1, final))
        on = on ^ torch.where((left >= 0).unsqueeze(-1), wrong, single)
    return u
