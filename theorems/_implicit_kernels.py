"""What several papers on implicit networks ask of inputs: exact rows, cosines, limit kernels."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import floor, inf, lcm, log, log1p
from typing import Any

import numpy as np

from certify import EnclosedMatrix, arc_cosine_kernel, decide_lambda_min, row_cosines
from models import Dataset, tensor_power_rank
from verdicts import Approx, exactly

_TINY = Fraction(1, 10**60)


def exact_inputs(data: Dataset) -> dict[str, Any]:
    """The exact rows of the recipe; rows of a real set count as the decimals that print them."""
    recipe = data.recipe
    if "rows" in recipe:
        return recipe
    return {"rows": data.x.tolist(), "normalised": recipe["scaling"] != "raw"}


@lru_cache(maxsize=256)
def cosines(data: Dataset) -> EnclosedMatrix:
    """Cosines between the inputs, in balls."""
    return row_cosines(exact_inputs(data))


@lru_cache(maxsize=256)
def limit_of(data: Dataset) -> EnclosedMatrix:
    """G_inf of Gao et al., E s(w.x_i) s(w.x_j), in balls."""
    return arc_cosine_kernel(exact_inputs(data), order=1)


@lru_cache(maxsize=256)
def limit_on_sphere(data: Dataset) -> EnclosedMatrix:
    """The same of x_i/|x_i|: of the same rank, and better scaled."""
    return arc_cosine_kernel({**exact_inputs(data), "normalised": True}, order=1)


def definite(kernel: EnclosedMatrix) -> bool:
    """Whether the kernel is certainly positive definite, be it by 1e-60 only."""
    return decide_lambda_min(kernel, _TINY) is True


def largest_overlap(cosine: EnclosedMatrix, *, signed: bool = False) -> Approx:
    """Max |cos(x_i, x_j)| over i != j, or without the modulus; 0 of one input."""
    n = cosine.shape[0]
    if n == 1:
        return exactly(0.0)
    beside = cosine.entries[~np.eye(n, dtype=bool)]
    return (beside if signed else abs(beside)).max()


def opposite_pairs(data: Dataset) -> tuple[int, int]:
    """How many lines have inputs on both sides of 0, and the exact rank of those lines."""
    sides: dict[tuple[Fraction, ...], set[bool]] = {}
    for row in exact_inputs(data)["rows"]:
        exact = [Fraction(str(entry)) for entry in row]
        first = next(z for z in exact if z)
        sides.setdefault(tuple(z / first for z in exact), set()).add(first > 0)
    lines = [list(line) for line, signs in sides.items() if len(signs) > 1]
    if not lines:
        return 0, 0
    return len(lines), tensor_power_rank(Dataset.of(rows=lines, labels=[0] * len(lines)), 1)


def squared_overlap(data: Dataset) -> Fraction:
    """The largest squared cosine between two inputs, exactly; 0 of one input."""
    rows = [[Fraction(str(entry)) for entry in row] for row in exact_inputs(data)["rows"]]
    squares = [sum((z * z for z in row), Fraction(0)) for row in rows]
    return max(
        (
            sum((p * q for p, q in zip(row, rows[j], strict=True)), Fraction(0)) ** 2
            / (squares[i] * squares[j])
            for i, row in enumerate(rows)
            for j in range(i)
        ),
        default=Fraction(0),
    )


def dominant_power(squared: Fraction, beside: int, *, strict: bool = True) -> int:
    """The least k >= 1 with beside squared^k < 1, or <= 1 unless it is to be strict.

    A float says where to look and exact powers decide there: three inputs, two of them at an angle
    of 1e-2 to a line, ask for k = 13863, and trying one power after the other takes minutes.

    Raises:
        ValueError: squared is not in [0, 1): no power of 1 is less.
    """
    if not 0 <= squared < 1:
        raise ValueError(f"dominant_power: squared={squared}; give a fraction in [0, 1)")
    k = max(1, floor(_near_power(squared, beside) * (1 - 1e-12)))
    while beside * squared**k > 1 or (strict and beside * squared**k == 1):
        k += 1
    return k


def dominant_power_cost(data: Dataset) -> float:
    """What the exact rank of that power of X X^T costs, in normals drawn + flops/8.

    n^3 products of numbers of up to n k b bits, where b are those of the largest x_i.x_j, at the
    price of a long division: 0.05 ns for every pair of limbs of 30 bits.
    """
    n, squared = data.n, squared_overlap(data)
    if squared >= 1:
        return inf
    b = 1
    for row in exact_inputs(data)["rows"]:
        exact = [Fraction(str(entry)) for entry in row]
        common = lcm(*(z.denominator for z in exact))
        b = max(b, int(sum(z * z for z in exact) * common**2).bit_length())
    limbs = n * b * (_near_power(squared, (n - 1) ** 2) + 1) / 30
    return 1e-3 * n**3 * limbs**2


def _near_power(squared: Fraction, beside: int) -> float:
    """Log(beside)/log(1/squared) to 1e-15 of itself; 0 where no power is needed."""
    if not squared or beside <= 1:
        return 0.0
    # 1 - squared rounds to 1 where squared is tiny; below 1e-300 the first power does at once.
    near_one = squared > Fraction(1, 2)
    fall = log1p(-float(1 - squared)) if near_one else log(max(float(squared), 1e-300))
    return log(beside) / -fall
