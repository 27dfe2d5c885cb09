"""Chen, Luss: Stochastic Gradient Descent with Biased but Consistent Gradient Estimators.

arXiv:1807.11880v4, of which the text was not read; the statements are derived. Convolution on a
graph of n nodes: f(w) = (1/n) sum_i (h_i(w) - y_i)^2/2 with h_i = (1/n) sum_j A_ij phi_j(w). The
estimate draws N nodes and replaces h_i and its derivative by averages over the same sample. At a
point w only the numbers phi_j and phi_j' (the derivative in one direction) matter.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, product
from math import ceil, log, prod
from typing import Any, TypeAlias

import torch

from certify import enclosed
from claims import claim, reached, wrong
from models import rademacher_signs
from strategies import (
    Matrix,
    decimal_lists,
    exact_decimals,
    failure_probabilities,
    square_tables,
    whole_numbers,
)
from theorems._exact_sums import equal_sums
from verdicts import Margin, Seeds, WithProbability, at_most, exactly, with_probability

HALF = Fraction(1, 2)
Rows: TypeAlias = list[tuple[list[Any], list[Any]]]
MOST = 4  # nodes
GRAPH = {
    "A": square_tables(min_size=2, max_size=MOST),
    "phi": decimal_lists(min_size=MOST, max_size=MOST),
    "slopes": decimal_lists(min_size=MOST, max_size=MOST),
    "y": decimal_lists(min_size=MOST, max_size=MOST),
    "drawn": whole_numbers(min_value=1, max_value=3),
}
EDGE = {  # one node is listened to, by both
    "A": [[1, 0], [1, 0]],
    "phi": [1, 0, 0, 0],
    "slopes": [1, 0, 0, 0],
    "y": [0, 0, 0, 0],
    "drawn": 2,
}
UNEQUAL = EDGE | {"A": [[1, 1], [1, 0]]}  # both nodes are listened to, one by both


@claim(
    "Bias of the sampled gradient, with replacement",
    for_all=GRAPH,
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(power=0, because="N = 2 halves the bias of N = 1", witness=EDGE),
        wrong(power=2, because="the bias falls as 1/N, not as 1/N^2", witness=EDGE),
        wrong(biased=0, because="one sample serves value and derivative", witness=EDGE),
    ],
)
def bias(
    A: Matrix,
    phi: tuple[Fraction, ...],
    slopes: tuple[Fraction, ...],
    y: tuple[Fraction, ...],
    drawn: int,
    *,
    power: int = 1,
    biased: int = 1,
) -> Margin:
    """The estimate is biased by 1/N times a covariance over the nodes: consistent, not unbiased.

    E g - f' = (1/N) (1/n) sum_i Cov_j(A_ij phi_j, A_ij phi_j'), over all n^N samples.
    """
    samples = list(product(range(len(A)), repeat=drawn))

    def sides(rows: Rows, y: list[Any]) -> tuple[Any, Any]:
        return _bias(rows, y, samples), _covariances(rows) * biased / (len(A) * drawn**power)

    return _identity(A, phi, slopes, y, sides)


@claim(
    "Bias of the sampled gradient, without replacement",
    for_all=GRAPH,
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(
            finite="(n - N)/(n N)",
            because="one of two nodes has all of the covariance, not half of it",
            witness=EDGE | {"drawn": 1},
        )
    ],
)
def bias_without_replacement(
    A: Matrix,
    phi: tuple[Fraction, ...],
    slopes: tuple[Fraction, ...],
    y: tuple[Fraction, ...],
    drawn: int,
    *,
    finite: str = "(n - N)/(N (n - 1))",
) -> Margin:
    """Without replacement the factor is (n - N)/(N (n - 1)): there is no bias at N = n."""
    n, size = len(A), min(drawn, len(A))
    scale = Fraction(n - size, size * (n - 1 if finite == "(n - N)/(N (n - 1))" else n))
    samples = list(combinations(range(n), size))

    def sides(rows: Rows, y: list[Any]) -> tuple[Any, Any]:
        return _bias(rows, y, samples), _covariances(rows) * scale / n

    return _identity(A, phi, slopes, y, sides)


@claim(
    "Bias of the sampled gradient, importance sampling",
    for_all=GRAPH,
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[
        wrong(
            weighed=0,
            because="the covariance is that of the law that the nodes are drawn from",
            witness=UNEQUAL,
        ),
        wrong(power=2, because="the bias falls as 1/N, not as 1/N^2", witness=UNEQUAL),
    ],
)
def bias_importance(
    A: Matrix,
    phi: tuple[Fraction, ...],
    slopes: tuple[Fraction, ...],
    y: tuple[Fraction, ...],
    drawn: int,
    *,
    power: int = 1,
    weighed: int = 1,
) -> Margin:
    """Nodes drawn with q_j in proportion to |A_:j|^2 and weighed by 1/(n q_j): 1/N times Cov_q.

    E g - f' = (1/N) (1/n) sum_i Cov_q(A_ij phi_j/(n q_j), A_ij phi_j'/(n q_j)), over all n^N
    samples with their probabilities; nodes that nobody hears, A_:j = 0, are never drawn.
    """
    n, sizes = len(A), [sum(row[j] ** 2 for row in A) for j in range(len(A))]
    sizes = sizes if any(sizes) else [1] * n
    q = {j: Fraction(size, sum(sizes)) for j, size in enumerate(sizes) if size}

    def heard(row: list[Any]) -> list[Any]:
        return [row[j] / (n * q[j]) if j in q else row[j] for j in range(n)]

    def sides(rows: Rows, y: list[Any]) -> tuple[Any, Any]:
        drawn_rows = [(heard(values), heard(derivatives)) for values, derivatives in rows]
        found = sum(
            prod(q[j] for j in sample) * _estimate(drawn_rows, y, sample, sample)
            for sample in product(q, repeat=drawn)
        )
        law = [q.get(j, Fraction(0)) for j in range(n)] if weighed else [Fraction(1, n)] * n
        excess = sum(_weighed_covariance(p, d, law) for p, d in drawn_rows)
        return found - _gradient(rows, y), excess / (n * drawn**power)

    return _identity(A, phi, slopes, y, sides)


@claim(
    "Two samples, one for the derivative",
    for_all=GRAPH | {"drawn": whole_numbers(min_value=1, max_value=2)},
    topics=["stochastic", "graph"],
    text="derived",
    mutants=[wrong(apart=0, because="one sample for both is biased", witness=EDGE | {"drawn": 1})],
)
def unbiased(
    A: Matrix,
    phi: tuple[Fraction, ...],
    slopes: tuple[Fraction, ...],
    y: tuple[Fraction, ...],
    drawn: int,
    *,
    apart: int = 1,
) -> Margin:
    """With independent samples for value and derivative the estimate has no bias."""
    samples = list(product(range(len(A)), repeat=drawn))

    def sides(rows: Rows, y: list[Any]) -> tuple[Any, Any]:
        if not apart:
            return _mean_estimate(rows, y, samples), _gradient(rows, y)
        pairs = list(product(samples, repeat=2))
        total = sum(_estimate(rows, y, first, second) for first, second in pairs)
        return total / len(pairs), _gradient(rows, y)

    return _identity(A, phi, slopes, y, sides)


@claim(
    "Size of the samples",
    for_all={
        "delta": exact_decimals(min_value=0.1, max_value=0.9),
        "steps": whole_numbers(min_value=1, max_value=8),
        "d": whole_numbers(min_value=1, max_value=4),
        "eps": failure_probabilities(),
    },
    topics=["stochastic", "probabilistic"],
    text="derived",
    mutants=[
        wrong(
            share=Fraction(1, 64),
            because="samples of a sixty-fourth leave relative errors of three times delta",
            witness={"delta": HALF, "steps": 8, "d": 1, "eps": 0.1},
        )
    ],
)
def sample_size(
    delta: Fraction, steps: int, d: int, eps: float, *, share: Fraction | int = 1
) -> WithProbability:
    """Samples that make all estimates of a run good at once.

    If N >= 8 B^2/(delta^2 |h|^2) log(2 T/eps) terms X with E X = h and |X| <= B are averaged at
    each of T steps, then with probability >= 1 - eps |mean - h| <= delta |h| at all of them.
    Here X = h (1 + sqrt(3) z) for a random sign z of each coordinate, h = (1, ..., 1).
    """
    bound = d**0.5 * (1 + 3**0.5)
    wanted = 8 * bound**2 / d / float(delta) ** 2 * log(2 * steps / eps)
    drawn = max(1, ceil(wanted * float(share)))

    def event(seeds: Seeds) -> Margin:
        signs = rademacher_signs(steps * drawn * d, seeds).reshape(-1, steps, drawn, d)
        off = 3**0.5 * torch.linalg.vector_norm(signs.mean(dim=-2), dim=-1).amax(dim=-1)
        return at_most(enclosed(off, 1e-12), exactly(float(delta) * d**0.5), scale=d**0.5)

    return with_probability(1 - eps, event, floats_per_seed=steps * drawn * d)


def _identity(
    A: Matrix,
    phi: tuple[Fraction, ...],
    slopes: tuple[Fraction, ...],
    y: tuple[Fraction, ...],
    sides: Callable[[Rows, list[Any]], tuple[Any, Any]],
) -> Margin:
    """That two sums over the rows agree, over fractions and in the proof."""
    reached(n=len(A))

    def of_rows(phi: list[Any], slopes: list[Any], y: list[Any]) -> tuple[Any, Any]:
        return sides(_rows(A, phi, slopes), y)

    return equal_sums(of_rows, list(phi), list(slopes), list(y))


def _rows(A: Matrix, phi: list[Any], slopes: list[Any]) -> Rows:
    """A_ij phi_j and A_ij phi_j', row by row."""

    def times(row: tuple[int, ...], numbers: list[Any]) -> list[Any]:
        return [a * z for a, z in zip(row, numbers, strict=False)]

    return [(times(row, phi), times(row, slopes)) for row in A]


def _mean(values: list[Any]) -> Any:
    return sum(values) / len(values)


def _gradient(rows: Rows, y: list[Any]) -> Any:
    everything = range(len(rows))
    return _estimate(rows, y, everything, everything)


def _estimate(rows: Rows, y: list[Any], first: Any, second: Any) -> Any:
    """The estimate from a sample of nodes for the values, and one for the derivatives."""
    terms = [
        (_mean([values[j] for j in first]) - target) * _mean([derivatives[j] for j in second])
        for (values, derivatives), target in zip(rows, y, strict=False)
    ]
    return _mean(terms)


def _mean_estimate(rows: Rows, y: list[Any], samples: list[Any]) -> Any:
    return _mean([_estimate(rows, y, sample, sample) for sample in samples])


def _bias(rows: Rows, y: list[Any], samples: list[Any]) -> Any:
    """E g - f', of samples that are equally likely."""
    return _mean_estimate(rows, y, samples) - _gradient(rows, y)


def _covariances(rows: Rows) -> Any:
    """sum_i Cov_j(A_ij phi_j, A_ij phi_j')."""
    return sum(_covariance(values, derivatives) for values, derivatives in rows)


def _weighed_covariance(values: list[Any], derivatives: list[Any], law: list[Fraction]) -> Any:
    terms = list(zip(law, values, derivatives, strict=True))
    first, second = sum(q * p for q, p, _ in terms), sum(q * d for q, _, d in terms)
    return sum(q * p * d for q, p, d in terms) - first * second


def _covariance(values: list[Any], derivatives: list[Any]) -> Any:
    both = _mean([p * q for p, q in zip(values, derivatives, strict=True)])
    return both - _mean(values) * _mean(derivatives)
