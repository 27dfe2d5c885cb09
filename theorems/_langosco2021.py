"""What claims about trained witnesses share: Gaussian laws as tensors, and J by quadrature."""

import torch
from torch import Tensor

from certify import enclosed
from dynamics import NeuralRun, unit_directions, witness_and_divergence
from models import GaussianTarget
from strategies import AffineNumbers, LawPair
from verdicts import Approx

Pair = tuple[LawPair, AffineNumbers]
Law = tuple[Tensor, Tensor]  # mean, covariance


def gaussian_line(shift: float, deviation: float) -> GaussianTarget:
    """N(shift, deviation^2)."""
    numbers = torch.tensor([shift, deviation], dtype=torch.float64)
    return GaussianTarget(numbers[:1], numbers[1:, None])


def witness_worth(run: NeuralRun, p: GaussianTarget, *, spread: int = 1) -> Approx:
    """J of the last witness under q = N(0, 1), for each run."""
    coarse, fine = (_trapezia(run, p, nodes, spread) for nodes in (6001, 12001))
    return enclosed(fine, 10 * (fine - coarse).abs() + 1e-9 * (1 + fine.abs()))


def _trapezia(run: NeuralRun, p: GaussianTarget, nodes: int, spread: int) -> Tensor:
    """By equal steps on [-10, 10], which converge faster than any power for smooth functions."""
    places = torch.linspace(-10, 10, nodes, dtype=torch.float64)
    shares = torch.softmax(-places.square() / 2, dim=0)
    x = places[None, :, None].expand(len(run.points), -1, 1)
    values, divergence = witness_and_divergence(run.witness, x, unit_directions(x))
    inner = (p.score(x) * values).sum(dim=-1) - values.square().sum(dim=-1) / 2
    return (inner + spread * divergence) @ shares


def law_tensors(pair: Pair) -> tuple[Law, Law]:
    """Mean and covariance of q, and of p."""
    (m, root, m_p, root_p), _ = pair
    found = []
    for mean, rows in ((m, root), (m_p, root_p)):
        L = torch.tensor([[float(z) for z in row] for row in rows], dtype=torch.float64)
        found.append((torch.tensor([float(z) for z in mean], dtype=torch.float64), L @ L.mT))
    return found[0], found[1]


def divergence_of(q: Law, p: Law) -> Tensor:
    """KL(q || p) of Gaussian laws."""
    gap, precision = p[0] - q[0], torch.linalg.inv(p[1])
    squares = (precision * q[1]).sum() + gap @ precision @ gap - len(gap)
    value: Tensor = (squares + torch.logdet(p[1]) - torch.logdet(q[1])) / 2
    return value
