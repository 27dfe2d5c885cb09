"""Instances at which the printed Lemma 3.4 of Gao et al. fails, with rational weights."""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor

from models import Start

ON = Fraction(253, 250)  # a: lambda_min(G(0)) is 3/4 lambda_min(G_inf(I_4)) at 1.0112
_ON_OF_16, _OFF_OF_16 = Fraction(9, 4), Fraction(1, 50)  # likewise at 2.24967
_ORDER = 4  # of Sylvester's matrix of 2^4 rows


def reflection_start() -> Start:
    """X = I_4 and W(0) = a (J - 2I), a multiple of a reflection; J is the matrix of ones.

    The norm of W(0) is 2a, that of s(W(0)) = a (J - I) is 3a. With R = lambda_0/(8a), scaling W(0)
    to (a + R/2)(J - 2I) changes G by (9/4)(aR + R^2/4) > (9/32) lambda_0.
    """
    return _on_axes([[-ON if i == j else ON for j in range(4)] for i in range(4)])


def sylvester(order: int) -> list[list[int]]:
    """The Hadamard matrix of 2^order rows."""
    H = [[1]]
    for _ in range(order):
        H = [row + row for row in H] + [row + [-h for h in row] for row in H]
    return H


def hadamard_start() -> Start:
    """X = I_16, neurons on where Sylvester's matrix has 1, and hardly off elsewhere."""
    H = sylvester(_ORDER)
    return _on_axes([[_ON_OF_16 if h > 0 else -_OFF_OF_16 for h in row] for row in H])


def bent_hadamard(k: int) -> Tensor:
    """The regular Hadamard matrix of order 4^k, H_xy = (-1)^(a.b) for x XOR y = (a, b).

    All its rows have the sum 2^k, so that (J + H)/2 has the least singular value 2^k/2.
    """
    place = torch.arange(4**k)
    both = place.unsqueeze(0) ^ place.unsqueeze(1)
    shared = (both & (2**k - 1)) & (both >> k)
    parity = sum(((shared >> bit) & 1 for bit in range(k)), torch.zeros_like(shared)) % 2
    return 1.0 - 2.0 * parity.double()


def _on_axes(weights: list[list[Fraction]]) -> Start:
    n = len(weights)
    axes = [[int(i == j) for j in range(n)] for i in range(n)]
    return Start.of(rows=axes, weights=weights, signs=[1] * n, residual=[0] * n)
