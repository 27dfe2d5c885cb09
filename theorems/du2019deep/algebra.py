"""Appendix G, Lemmas G.1 and G.6: products of matrices, tensor powers of vectors."""

from math import prod

import torch
from torch import Tensor

from certify import frobenius_norm, lambda_max
from claims import claim, reached, wrong
from models import Dataset, tensor_power_rank
from strategies import (
    Matrix,
    antipodal_datasets,
    duplicated_datasets,
    either,
    matrix_chains,
    real_datasets,
    unit_sphere_datasets,
)
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    every,
    exactly,
    greatest,
    largest,
    number,
)


@claim(
    "Lemma G.1",
    for_all={"chains": matrix_chains()},
    mutants=[
        wrong(
            total="largest",
            because="two factors 1 against two factors 1 - t differ by 2 t - t^2, not by t",
            witness={"chains": [[[[99]], [[98]]], [[[99]], [[98]]]]},
        ),
        wrong(
            distance="spectral",
            because="diag(1, 1) and 0 are at distance sqrt(2) in Frobenius norm, 1 in spectral",
            witness={"chains": [[[[1, 0], [0, 1]], [[0, 0], [0, 0]]]]},
        ),
        wrong(
            bounded="A alone",
            because="A = (1, 1), B = (2, 2): the products differ by 3, the factors by 1 + 1",
            witness={"chains": [[[[1]], [[2]]], [[[1]], [[2]]]]},
        ),
    ],
)
def lemma_g_1(
    chains: tuple[tuple[Matrix, Matrix], ...],
    *,
    total: str = "sum",
    distance: str = "Frobenius",
    bounded: str = "both",
) -> Margin:
    """Products of matrices are as close as their factors are.

    If ||A_i||_2 <= M_i, ||B_i||_2 <= M_i and ||A_i - B_i||_F <= alpha_i M_i for i = 1..n, then
    ||prod A_i - prod B_i||_F <= (sum alpha_i) prod M_i. Checked with the least M_i and alpha_i.
    """
    A = [torch.tensor(a, dtype=torch.float64) for a, _ in chains]
    other = [torch.tensor(b, dtype=torch.float64) for _, b in chains]
    bounds = [_norm(a) for a in A]
    if bounded == "both":
        bounds = [largest(size, _norm(b)) for size, b in zip(bounds, other, strict=True)]
    apart = frobenius_norm if distance == "Frobenius" else _norm
    # alpha_i prod M is written without the division by M_i, which may vanish.
    shares = [
        prod(bounds[:i] + bounds[i + 1 :], start=apart(a - b))
        for i, (a, b) in enumerate(zip(A, other, strict=True))
    ]
    together = sum(shares[1:], shares[0]) if total == "sum" else largest(*shares)
    products = torch.linalg.multi_dot(A) if len(A) > 1 else A[0]
    other_products = torch.linalg.multi_dot(other) if len(A) > 1 else other[0]
    reached(n=len(A))
    rounding = 1e-15 * len(A) * prod(4 * float(size.high) for size in bounds)
    gap = frobenius_norm(products - other_products, entries=rounding)
    proof = _of_numbers(chains, total=total, bounded=bounded)
    return at_most(gap, together, scale=1 + prod(bounds, start=exactly(1.0)), proof=proof)


def _of_numbers(
    chains: tuple[tuple[Matrix, Matrix], ...], *, total: str, bounded: str
) -> Proof | None:
    """The same over exact numbers, if all matrices are numbers."""
    if any(len(a) > 1 or len(a[0]) > 1 for pair in chains for a in pair):
        return None
    pairs = [(number(float(a[0][0])), number(float(b[0][0]))) for a, b in chains]
    sizes = [greatest(abs(a), abs(b)) if bounded == "both" else abs(a) for a, b in pairs]
    shares = [prod(sizes[:i] + sizes[i + 1 :], start=abs(a - b)) for i, (a, b) in enumerate(pairs)]
    together = sum(shares[1:], shares[0]) if total == "sum" else greatest(*shares)
    products = [prod(one, start=number(1)) for one in zip(*pairs, strict=True)]
    return Proof("numbers", {}, abs(products[0] - products[1]), "<=", together)


def _norm(A: Tensor) -> Approx:
    """||A||_2 of any matrix."""
    return lambda_max(A @ A.T).sqrt()


@claim(
    "Lemma G.6",
    for_all={"data": either(unit_sphere_datasets(antiparallel="forbidden"), real_datasets())},
    mutants=[
        wrong(
            less=2,
            because="three vectors of the plane are dependent themselves",
            witness={"data": Dataset.of(rows=[[1, 0], [0, 1], [1, 1]], labels=[0, 0, 0])},
        ),
        wrong(
            data=antipodal_datasets(),
            drops="not parallel",
            title="data=antiparallel",
            because="the powers of v and -v are equal or opposite",
        ),
        wrong(
            data=duplicated_datasets(),
            drops="not parallel",
            title="data=duplicated",
            because="equal vectors have equal powers",
        ),
    ],
)
def lemma_g_6(data: Dataset, *, less: int = 1) -> Margin:
    """The n-fold tensor powers of n vectors, no two of them parallel, are independent.

    The matrix of v_1^(n), ..., v_n^(n) has rank n, and so has that of the (n - 1)-fold powers,
    which is what Lemmas F.1 and F.2 use. Both ranks are decided exactly.
    """
    n = data.n
    powers = {"n": n, "n - 1": max(n - less, 0)}
    ranks = {name: exactly(tensor_power_rank(data, power)) for name, power in powers.items()}
    return every(
        full=at_least(ranks["n"], exactly(n), scale=n),
        one_less=at_least(ranks["n - 1"], exactly(n), scale=n),
    )
