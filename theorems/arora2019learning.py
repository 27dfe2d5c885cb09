"""Arora, Du, Hu, Li, Wang: Fine-Grained Analysis of Optimization and Generalization for Overparameterized Two-Layer Neural Networks. arXiv:1901.08584v2.

What the complexity measure y^T H_inf^(-1) y is for labels that are polynomials of the inputs, and
what of the paper's generalisation cannot be executed. Notation as in `arora2019`; recalled, not
read.
"""  # noqa: E501  the citation is one line

from math import pi, prod, sqrt

import torch

from certify import lambda_min
from claims import assume_premise, claim, not_executable, wrong
from models import Dataset
from strategies import (
    antipodal_datasets,
    either,
    nonzero_datasets,
    real_datasets,
    unit_sphere_datasets,
    whole_numbers,
)
from theorems._arora2019 import EPS, Limit
from verdicts import Approx, Margin, at_least, at_most, exactly

DATA = either(
    unit_sphere_datasets(max_n=6, max_d=8, min_lambda_0=1e-5),
    real_datasets(max_n=6, min_lambda_0=1e-5),
    antipodal_datasets(pairs=1),
)
ANTIPODAL = Dataset.of(rows=[[1], [-1]], labels=[0, 0])
LINE = Dataset.of(rows=[[1]], labels=[1])
# Three nearly antipodal pairs in the plane: of odd functions only linear ones are cheap there.
SIX = Dataset.of(
    rows=[[999, 0], [-999, 1], [0, 999], [1, -999], [700, 700], [-700, -701]], labels=[0] * 6
)
PLANE = Dataset.of(rows=[[1, 0]], labels=[1])


@claim(
    "Theorem 6.1, Corollary 6.2",
    for_all={
        "data": DATA,
        "target": nonzero_datasets(max_n=3, max_d=8),
        "half": whole_numbers(max_value=4),
    },
    mutants=[
        wrong(
            factor=1.9,
            because="x = (1), (-1) and y = x: y^T H_inf^(-1) y = 4",
            witness={"data": ANTIPODAL, "target": LINE, "half": 0},
        ),
        wrong(
            odd=True,
            because="H_inf has no odd power but the first: (b.x)^3 is dear on antipodal pairs",
            witness={"data": SIX, "target": PLANE, "half": 1},
        ),
    ],
)
def theorem_6_1(
    data: Dataset, target: Dataset, half: int, *, factor: float = 3.0, odd: bool = False
) -> Margin:
    """Polynomials of even degree, and linear functions, have a small complexity.

    If y_i = sum_j alpha_j (beta_j.x_i)^(p_j), each p_j being 1 or even, then
    sqrt(y^T H_inf^(-1) y) <= 3 sum_j p_j |alpha_j| ||beta_j||^(p_j).
    """
    powers = _powers(target, half, odd=odd)
    bound = _weighed(data, target, powers, [factor * p for p in powers])
    return _at_most(data, target, powers, bound)


@claim(
    "Theorem 6.1, sharper",
    for_all={
        "data": DATA,
        "target": nonzero_datasets(max_n=3, max_d=8),
        "half": whole_numbers(max_value=4),
    },
    text="derived",
    bound="tight",
    depends_on=[theorem_6_1],
    examples=[{"data": ANTIPODAL, "target": LINE, "half": 0}],
    mutants=[
        wrong(
            factor=0.99,
            because="x = (1), (-1) and y = x attain it",
            witness={"data": ANTIPODAL, "target": LINE, "half": 0},
        ),
        wrong(
            linear=4 / (1 + 2 / pi),
            because="the coefficient of the first power is 1/4, the arcsine adds to even ones only",
            witness={"data": ANTIPODAL, "target": LINE, "half": 0},
        ),
    ],
)
def theorem_6_1_sharper(
    data: Dataset, target: Dataset, half: int, *, factor: float = 1.0, linear: float = 4.0
) -> Margin:
    """The complexity of a power is at most one over the root of its coefficient in H_inf.

    H_inf = G/4 + sum_{p even} c_p G^p entrywise, c_p = (p-3)!!/(2 pi (p-2)!! (p-1)), c_1 = 1/4, and
    sqrt(y^T H_inf^(-1) y) <= sum_j |alpha_j| ||beta_j||^(p_j)/sqrt(c_(p_j)): the factor is 2 for
    p = 1, sqrt(2 pi) for 2, sqrt(12 pi) for 4. (H_inf >= c_p G^p, and y_j = Phi beta_j^(tensor p).)
    """
    powers = _powers(target, half, odd=False)
    costs = [factor * sqrt(linear if p == 1 else 1 / _coefficient(p)) for p in powers]
    return _at_most(data, target, powers, _weighed(data, target, powers, costs))


def _powers(target: Dataset, half: int, *, odd: bool) -> list[int]:
    """1 or an even number for each term, from the given one on."""
    halves = [(half + j) % 5 for j in range(target.n)]
    return [2 * h + 1 if odd else max(1, 2 * h) for h in halves]


def _coefficient(p: int) -> float:
    """Of t^p, p even, in t (pi - arccos t)/(2 pi) - t/4 = t arcsin(t)/(2 pi)."""
    return prod(range(p - 3, 1, -2)) / (2 * pi * prod(range(p - 2, 1, -2)) * (p - 1))


def _betas(data: Dataset, target: Dataset) -> torch.Tensor:
    """The target's rows, cut or filled with zeros to the dimension of the data."""
    d = min(data.d, target.d)
    betas = torch.zeros(target.n, data.d, dtype=torch.float64)
    betas[:, :d] = target.x[:, :d]
    return betas


def _weighed(data: Dataset, target: Dataset, powers: list[int], costs: list[float]) -> Approx:
    """sum_j cost_j |alpha_j| ||beta_j||^(p_j)."""
    lengths = torch.linalg.vector_norm(_betas(data, target), dim=1)
    terms = zip(costs, target.y.tolist(), lengths.tolist(), powers, strict=True)
    total = sum(cost * abs(alpha) * length**p for cost, alpha, length, p in terms)
    return Approx(total * (1 - 1e-13), total * (1 + 1e-13))


def _at_most(data: Dataset, target: Dataset, powers: list[int], bound: Approx) -> Margin:
    """sqrt(y^T H_inf^(-1) y) against a bound, with what rounding does to y and to H_inf."""
    assume_premise("the target is not 0", at_least(bound, exactly(1e-12)))
    inner = data.x @ _betas(data, target).T
    exponents = torch.tensor(powers, dtype=torch.float64)
    terms = target.y * inner.pow(exponents)
    y, limit = terms.sum(dim=1), Limit.of(data.x)
    off = 64 * EPS * (data.d + max(powers)) * _most(data, target, powers)
    z = torch.linalg.solve(limit.matrix, y)
    rest = float((y - limit.matrix @ z).norm()) + 4 * data.n * EPS * float(y.norm() + z.norm())
    least = lambda_min(limit.matrix).low
    assume_premise("lambda_0 > 0", at_least(exactly(least), exactly(1e-9)))
    value, size = float(y @ z), float(z.norm())
    error = 2 * ((limit.error * size + rest + 2 * off) * size + (rest + off) ** 2 / least)
    found = Approx(max(value - error, 0.0), value + error).sqrt()
    return at_most(found, bound, scale=bound, resolution=1e-7)


def _most(data: Dataset, target: Dataset, powers: list[int]) -> float:
    """A norm of all terms as if every inner product were largest: rounding is relative to it."""
    lengths = torch.linalg.vector_norm(_betas(data, target), dim=1)
    sizes = target.y.abs() * lengths.pow(torch.tensor(powers, dtype=torch.float64))
    return float(sizes.sum()) * sqrt(data.n)


theorem_5_1 = not_executable(
    "Theorem 5.1",
    where="section 5",
    reason="loss <= sqrt(2 y^T H_inf^(-1) y/n) + O(sqrt(log(n/(lambda_0 delta))/n)) at a width "
    "poly(n, 1/lambda_0, 1/delta): neither constant nor polynomial is stated",
)
lemma_5_3 = not_executable(
    "Lemma 5.3",
    where="section 5",
    reason="||W(k) - W(0)||_F <= sqrt(y^T H_inf^(-1) y) + O(n kappa/(lambda_0 delta)) + "
    "poly(n, 1/lambda_0, 1/delta)/(m^(1/4) kappa^(1/2)): constants hidden",
)
lemma_5_4 = not_executable(
    "Lemma 5.4",
    where="section 5",
    reason="a Rademacher complexity of a ball around W(0) whose constants we recall too vaguely",
)
