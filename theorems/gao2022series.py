"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Lemmas A.7 to A.9: the limit kernel as a series in Hadamard powers, with ReLU's Hermite coefficients
c_k = E s(z) h_k(z), s = max(., 0), and high powers of the Gram matrix. Lemma 3.2 follows.
"""  # noqa: E501  the citation is one line

from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify import (
    enclosed,
    relu_coefficient,
    relu_series,
)
from claims import claim, misprint, wrong
from models import (
    Dataset,
    activation,
    hermite_coefficients,
    relu_coefficients,
    tensor_power_rank,
)
from strategies import (
    activation_names,
    either,
    nonzero_datasets,
    real_datasets,
    unit_sphere_datasets,
    whole_numbers,
    with_premises,
)
from theorems._implicit_kernels import (
    cosines,
    dominant_power,
    dominant_power_cost,
    limit_of,
    squared_overlap,
)
from verdicts import (
    PI,
    Approx,
    Margin,
    Proof,
    Term,
    at_least,
    equal_to,
    every,
    exactly,
    number,
    quantity,
)

SERIES = 20_000  # of ReLU's series: 1.5e-8 of its sum is left
TRIANGLE = Dataset.of(rows=[[1, -1, 0], [0, 1, -1], [-1, 0, 1]], labels=[0, 0, 0])
AXIS = Dataset.of(rows=[[1]], labels=[0])


@claim(
    "Lemma A.7",
    for_all={"data": either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6))},
    bound="tight",
    depends_on=["gao2022appendix.lemma_a_3", "gao2022appendix.lemma_a_6"],
    mutants=[
        wrong(
            data=nonzero_datasets(max_n=3),
            drops="unit norm",
            because="the kernel is homogeneous, its series is not",
            witness={"data": Dataset.of(rows=[["1/2"]], labels=[0], normalised=False)},
        ),
        wrong(first=1, because="ReLU has a mean", witness={"data": AXIS}),
        wrong(linear=0.5, because="ReLU has half of the slope of the identity"),
    ],
)
def lemma_a_7(data: Dataset, *, first: int = 0, linear: float = 0.25) -> Margin:
    """The limit kernel is a series in Hadamard powers of X X^T.

    G_inf = sum_k c_k^2 (X X^T)^(o k) for unit inputs, c_0^2 = 1/(2 pi), c_1^2 = 1/4,
    c_(2j)^2 = ((2j-3)!!)^2/(2 pi (2j)!), and 0 for odd k > 1. Summed to k = 20000; what is left is
    below 1.5e-8 |x_i.x_j|^20000.
    """
    unit = data.recipe.get("normalised", True) is not False
    size = float(data.x.square().sum())
    t = cosines(data).entries if unit else enclosed(data.x @ data.x.T, 1e-14 * size)
    squares = relu_series(SERIES).copy()
    left = 0.5 - float(squares.sum())
    squares[1] = linear
    # The sum increases on [-1, 1]: its slope is (pi - angle)/(2 pi).
    low, high = _power_series(squares, t.lower, first), _power_series(squares, t.upper, first)
    rounding = 1e-13 * (1 + np.minimum(np.abs(high), 1e300))
    with np.errstate(under="ignore", over="ignore"):
        beyond = left * np.maximum(np.abs(t.lower), np.abs(t.upper)) ** SERIES
    total = Approx(np.minimum(low, high) - rounding, np.maximum(low, high) + beyond + rounding)
    return equal_to(limit_of(data).entries, total, resolution=1e-7)


def _power_series(squares: NDArray[np.float64], t: NDArray[np.float64], first: int) -> Any:
    """sum_(k >= first) squares_k t^k, entry by entry; odd k > 1 have no share."""
    even = squares[::2] * (np.arange(0, len(squares), 2) >= first)
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        powers = (t[..., None] ** 2) ** np.arange(len(even))
        total = np.where(even > 0, even * powers, 0.0).sum(axis=-1)
    return total + (squares[1] * t if first <= 1 else 0.0)


@claim(
    "Lemma A.8, ReLU",
    for_all={"k": whole_numbers(max_value=40)},
    bound="tight",
    mutants=[
        misprint(
            positive=True,
            where="Lemma A.8: c_k > 0",
            because="the coefficients of even degree alternate: c_4 = -0.081",
            witness={"k": 4},
        ),
        wrong(
            shift=2,
            because="the double factorial is that of 2j - 3",
            witness={"k": 4},
        ),
    ],
    examples=[{"k": 2}, {"k": 4}, {"k": 40}],
)
def lemma_a_8_relu(k: int, *, positive: bool = False, shift: int = 0) -> Margin:
    """Infinitely many of ReLU's Hermite coefficients differ from 0.

    c_0 = 1/sqrt(2 pi), c_1 = 1/2, c_(2j) = (-1)^(j+1) (2j-3)!!/sqrt(2 pi (2j)!) for j >= 1, none of
    them 0, and c_k = 0 for odd k > 1. The integrals are proved.
    """
    found = relu_coefficient(k)
    closed = float(relu_coefficients(k + 1)[k])
    size = abs(closed) or 1.0
    expected = Approx.around(closed * (k - 1 if shift else 1), 1e-13 * size)
    value = equal_to(found, expected, scale=size)
    if k % 2 and k > 1:
        return every(value=value)
    if positive:
        proof = Proof("numbers", {}, _closed_form(k), ">=", 0)
        positive_ = at_least(found, exactly(0.0), scale=size, proof=proof)
        return every(value=value, positive=positive_)
    return every(value=value, nonzero=at_least(abs(found), exactly(1e-3 * size), scale=size))


def _closed_form(k: int) -> Term:
    """c_k for k = 0, 1, 2, 4, 6, ..."""
    if k < 2:
        return number(1) / 2 if k else 1 / (2 * PI).sqrt()
    j, double = k // 2, 1
    for odd in range(3, k - 2, 2):
        double *= odd
    sign = 1 if j % 2 else -1
    return sign * double / (2 * PI * factorial(k)).sqrt()


@claim(
    "Lemma A.8",
    for_all={
        "sigma": with_premises(
            activation_names(only=("tanh", "sin")), {"no line": lambda name: name != "identity"}
        ),
        "K": whole_numbers(max_value=12),
    },
    mutants=[
        wrong(
            sigma=activation_names(only=("identity",)),
            drops="no line",
            because="z has one coefficient, that of h_1",
            witness={"sigma": "identity", "K": 1},
        ),
        wrong(window=1, because="an odd function has odd coefficients only"),
    ],
)
def lemma_a_8(sigma: str, K: int, *, window: int = 2) -> Margin:
    """A function that is no line has infinitely many Hermite coefficients.

    If |sigma(x)| <= |x| and sigma is not linear, then c_k != 0 for infinitely many k. Executed as:
    beyond every K there is one among the next two degrees, for two odd functions.
    """
    c = hermite_coefficients(activation(sigma), K + window + 1)[K + 1 :]
    largest = enclosed(c.abs().max(), 1e-11)
    return at_least(largest, exactly(1e-9), scale=1e-6)


@claim(
    "Lemma A.9",
    for_all={
        "data": either(
            unit_sphere_datasets(
                min_n=2, max_n=5, min_d=2, min_lambda_0=0.1, antiparallel="forbidden"
            ),
            real_datasets(sets=("iris", "wine"), min_n=2, max_n=3, min_lambda_0=0.1),
        )
    },
    bound="tight",
    mutants=[
        misprint(
            strict=False,
            where="Lemma A.9: k >= log(n - 1)/log(1/delta)",
            because="three inputs at 120 degrees: log 2/log 2 = 1, and they are dependent",
            witness={"data": TRIANGLE},
        ),
        wrong(
            neighbours=2,
            because="a row of the matrix has n - 1 other entries",
            witness={"data": TRIANGLE},
        ),
    ],
    examples=[{"data": TRIANGLE}],
    cost=dominant_power_cost,
)
def lemma_a_9(data: Dataset, *, strict: bool = True, neighbours: int = 1) -> Margin:
    """High Hadamard powers of the Gram matrix are positive definite.

    If |x_i.x_j| <= t < 1 for i != j and k > log(n - 1)/log(1/t), then (X X^T)^(o k) is positive
    definite: its rows are strictly dominated by their diagonals. The least such k is tried, by
    exact arithmetic.
    """
    k = dominant_power(squared_overlap(data), (data.n - neighbours) ** 2, strict=strict)
    rank = exactly(float(tensor_power_rank(data, k)))
    proof = Proof("inputs", data.recipe, quantity("rank_G"), ">=", data.n) if k == 1 else None
    return at_least(rank, exactly(float(data.n)), scale=data.n, proof=proof)
