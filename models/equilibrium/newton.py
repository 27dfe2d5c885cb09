"""One semismooth Newton step for z = sigma(W z + b), on the rows that need one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.activation.kind import Activation

_FLOATS = 2**22  # of the matrices that are solved at once


@dataclass(frozen=True, slots=True)
class Problem:
    """z = sigma(W z + b), batch dimensions made equal.

    Attributes:
        W: (*s, m, m).
        b: (*s, n, m).
        sigma: elementwise.
        start: (*s, n, m), or None for zeros.
    """

    W: Tensor
    b: Tensor
    sigma: Activation
    start: Tensor | None

    @property
    def m(self) -> int:
        """Width."""
        return int(self.W.shape[-1])

    def preactivation(self, z: Tensor) -> Tensor:
        """W z_i + b_i."""
        return z @ self.W.mT + self.b

    def image(self, z: Tensor) -> Tensor:
        """sigma(W z_i + b_i)."""
        return self.sigma.value(self.preactivation(z))

    def first(self) -> Tensor:
        """Where to begin."""
        return torch.zeros_like(self.b) if self.start is None else self.start.contiguous()


def newton_step(problem: Problem, z: Tensor, wanted: Tensor) -> Tensor:
    """A Newton step on the wanted rows, the others as they are.

    z + (I - D W)^(-1) (sigma(W z + b) - z) with D = diag sigma'(W z + b). Coordinates with
    derivative 0 go straight to their image, so only the others are solved for: about half of them
    for ReLU. A row whose matrix is singular may come back as NaN.

    Args:
        problem: batch dimensions *s.
        z: (*s, n, m).
        wanted: which rows, (*s, n), at least one of them.
    """
    preactivation = problem.preactivation(z)
    slope = problem.sigma.derivative(preactivation)
    gap = problem.sigma.value(preactivation) - z
    result = z.clone()
    rows = wanted.nonzero()
    order = torch.sort((slope == 0).to(torch.int8), dim=-1, stable=True).indices
    size = max(1, int((slope != 0)[wanted].sum(dim=-1).max()))
    for chunk in torch.split(rows, max(1, _FLOATS // size**2)):
        place = tuple(chunk.unbind(dim=-1))
        result[place] = z[place] + _moves(
            problem, place, slope[place], gap[place], order[place][:, :size]
        )
    return result


def _moves(
    problem: Problem, place: tuple[Tensor, ...], slope: Tensor, gap: Tensor, active: Tensor
) -> Tensor:
    """Newton's moves of the rows at these places, (k, m)."""
    # The last index is the sample's, which W has not.
    samples = tuple(index.reshape(-1, 1, 1) for index in place[:-1])
    W = problem.W[(*samples, active.unsqueeze(-1), active.unsqueeze(-2))]
    D = slope.gather(-1, active)
    fixed = gap.scatter(-1, active, 0.0)
    pulled = fixed.unsqueeze(-2) @ problem.W[place[:-1]].mT if fixed.any() else None
    right = gap.gather(-1, active)
    if pulled is not None:
        right = right + D * pulled.squeeze(-2).gather(-1, active)
    A = torch.eye(active.shape[-1], dtype=W.dtype, device=W.device) - D.unsqueeze(-1) * W
    solved = torch.linalg.solve_ex(A, right.unsqueeze(-1)).result.squeeze(-1)
    return fixed.scatter(-1, active, solved)
