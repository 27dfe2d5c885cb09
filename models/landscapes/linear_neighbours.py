"""Points near a critical point of a deep linear network where the loss is lower, or higher."""

from __future__ import annotations

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated
from models.landscapes.linear_nets import LinearNet, linear_hessian, linear_loss, linear_map, shaped

_FLAT = 1e-9  # relative size of an eigenvalue that counts as 0
_LENGTHS = (0.3, 0.1, 0.03)


@as_annotated
def lower_neighbour(net: LinearNet) -> Float64[Tensor, " w"]:
    """The best of some points near the network's weights: lower, if there is a lower one.

    Along the eigenvector of the most negative second derivative, or, where there is none, along
    chains of rank one through a hidden unit, which fit the largest residual direction first.

    Returns:
        All weights, at a distance of at most about 0.3 sqrt(depth): W_1 first, row by row.
    """
    points = _around(net)
    losses = torch.stack([linear_loss(net, shaped(net, point)) for point in points])
    return points[int(losses.argmin())]


@as_annotated
def higher_neighbour(net: LinearNet) -> Float64[Tensor, " w"]:
    """The same for a higher loss."""
    points = _around(net)
    losses = torch.stack([linear_loss(net, shaped(net, point)) for point in points])
    return points[int(losses.argmax())]


def _around(net: LinearNet) -> list[Tensor]:
    weights = torch.cat([layer.flatten() for layer in net.layers])
    values, vectors = torch.linalg.eigh(linear_hessian(net))
    directions = [vectors[:, -1]] if values[-1] > _FLAT * (1 + values.abs().max()) else []
    if values[0] < -_FLAT * (1 + values.abs().max()):
        directions.append(vectors[:, 0])
    directions += _chains(net)
    return [weights + sign * t * v for v in directions for t in _LENGTHS for sign in (1, -1)]


def _chains(net: LinearNet) -> list[Tensor]:
    """Rank-one chains v e_q^T, e_q e_q^T, ..., e_q u^T along the largest singular pair.

    The pair is that of (Y - W X) X^T; W_1 with either sign, so that the loss falls along one of
    them and grows along the other.
    """
    rest = (net.y - net.x @ linear_map(net.layers).mT).mT @ net.x
    left, _, right = torch.linalg.svd(rest)
    found = []
    for q in range(net.p if net.depth > 1 else 1):
        for sign in (1.0, -1.0):
            steps = [torch.zeros_like(layer) for layer in net.layers]
            for k, step in enumerate(steps):
                into = right[0] if k == 0 else _axis(q, step.shape[1])
                out = left[:, 0] if k == net.depth - 1 else _axis(q, step.shape[0])
                step += torch.outer(out, into) * (sign if k == 0 else 1.0)
            found.append(torch.cat([step.flatten() for step in steps]))
    return found


def _axis(q: int, size: int) -> Tensor:
    return torch.eye(size, dtype=torch.float64)[q]
