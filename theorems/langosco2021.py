"""Di Langosco, Fortuin, Strathmann: Neural Variational Gradient Descent. arXiv:2107.10731v2.

The abstract and the authors' code were read; the identities are standard or derived. With scores
s_p = grad log p, the Stein operator has the trace s_p.f + div f, and a witness f is trained on
    J(f) = E_q[s_p.f + div f] - lambda E_q|f|^2.
The laws here are Gaussian and witnesses affine, so that all means are exact sums.
"""

from fractions import Fraction
from itertools import product
from typing import Any

from claims import assume_premise, claim, wrong
from models import AffineField, GaussianLaw, score_gap, stein, vector_dot
from strategies import AffineNumbers, LawPair, exact_decimals, law_pairs
from theorems._exact_sums import equal_sums, exact_proof
from verdicts import Margin, at_least, exactly

PAIRS = {"pair": law_pairs()}
WEIGHTS = exact_decimals(min_value=0.1, max_value=9)
SAME = [[[0], [[1]], [0], [[1]]], [[[1]], [0]]]  # q = p = N(0, 1), f(x) = x
SHIFTED = [[[0], [[1]], [1], [[1]]], [[[0]], [1]]]  # q = N(0, 1), p = N(1, 1), f = 1
Pair = tuple[LawPair, AffineNumbers]


@claim(
    "Stein identity",
    for_all=PAIRS,
    topics=["stein"],
    text="derived",
    mutants=[
        wrong(
            spread=0,
            because="for f(x) = x and q = N(0, 1) the score alone has the mean -1",
            witness={"pair": SAME},
        )
    ],
)
def stein_identity(pair: Pair, *, spread: int = 1) -> Margin:
    """Under its own law the Stein operator has mean zero: E_q[s_q.f + div f] = 0."""

    def sides(*numbers: Any) -> tuple[Any, Any]:
        q, _, f = _read(numbers)
        found = q.expectation(lambda x: vector_dot(q.score(x), f(x)) + f.divergence * spread)
        return found, found * 0

    return equal_sums(sides, *_numbers(pair))


@claim(
    "Stein discrepancy",
    for_all=PAIRS,
    topics=["stein"],
    text="derived",
    mutants=[
        wrong(
            swapped=1,
            because="the operator of q itself has mean zero and sees no difference",
            witness={"pair": SHIFTED},
        )
    ],
)
def discrepancy(pair: Pair, *, swapped: int = 0) -> Margin:
    """Under another law the Stein operator sees the difference of the scores.

    E_q[s_p.f + div f] = E_q (s_p - s_q).f
    """

    def sides(*numbers: Any) -> tuple[Any, Any]:
        q, p, f = _read(numbers)
        gap = score_gap(p, q)
        operator = q if swapped else p
        found = q.expectation(lambda x: stein(operator, f, x))
        return found, q.expectation(lambda x: vector_dot(gap(x), f(x)))

    return equal_sums(sides, *_numbers(pair))


@claim(
    "Best witness",
    for_all=PAIRS | {"weight": WEIGHTS},
    topics=["stein"],
    text="derived",
    mutants=[
        wrong(
            halves=1,
            because="at (s_p - s_q)/lambda the objective is 0, as for f = 0",
            witness={"pair": [SHIFTED[0], [[[0]], [0]]], "weight": 1},
        ),
        wrong(
            weighed=0,
            because="the gap is quadratic with the factor lambda = 2",
            witness={"pair": [SHIFTED[0], [[[0]], [0]]], "weight": 2},
        ),
    ],
)
def best_witness(pair: Pair, weight: Fraction, *, halves: int = 2, weighed: int = 1) -> Margin:
    """The best witness is (s_p - s_q)/(2 lambda): J(f*) - J(f) = lambda E_q|f - f*|^2 for all f."""

    def sides(weight: Any, *numbers: Any) -> tuple[Any, Any]:
        q, p, f = _read(numbers)
        gap = score_gap(p, q)

        def best(x: Any) -> list[Any]:
            return [z / (weight * halves) for z in gap(x)]

        def objective(field: Any) -> Any:
            # E_q[s_p.f + div f] = E_q (s_p - s_q).f, which holds for affine fields, as above.
            return q.expectation(
                lambda x: vector_dot(gap(x), field(x)) - weight * vector_dot(field(x), field(x))
            )

        def apart(x: Any) -> Any:
            return [a - b for a, b in zip(f(x), best(x), strict=True)]

        distance = q.expectation(lambda x: vector_dot(apart(x), apart(x)))
        return objective(best) - objective(f), distance * weight**weighed

    return equal_sums(sides, weight, *_numbers(pair))


@claim(
    "Value of the best witness",
    for_all=PAIRS | {"weight": WEIGHTS},
    topics=["stein"],
    text="derived",
    mutants=[
        wrong(
            quarter=2,
            because="J(f*) = F/(4 lambda), for N(0, 1) and N(1, 1) a quarter at lambda = 1",
            witness={"pair": SHIFTED, "weight": 1},
        )
    ],
)
def best_value(pair: Pair, weight: Fraction, *, quarter: int = 4) -> Margin:
    """J(f*) = F/(4 lambda), F = E_q|s_p - s_q|^2 being the Fisher divergence."""

    def sides(weight: Any, *numbers: Any) -> tuple[Any, Any]:
        q, p, _ = _read(numbers)
        gap = score_gap(p, q)

        def value(x: Any) -> Any:
            best = [z / (weight * 2) for z in gap(x)]
            return vector_dot(gap(x), best) - weight * vector_dot(best, best)

        fisher = q.expectation(lambda x: vector_dot(gap(x), gap(x)))
        return q.expectation(value), fisher / (quarter * weight)

    return equal_sums(sides, weight, *_numbers(pair))


@claim(
    "Any witness is dominated",
    for_all=PAIRS,
    topics=["stein"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            normalised=0,
            because="a witness that is not measured in L2(q) may be scaled at will",
            witness={"pair": [SHIFTED[0], [[[0]], [2]]]},
        )
    ],
)
def dominated(pair: Pair, *, normalised: int = 1) -> Margin:
    """(E_q[s_p.f + div f])^2 <= F E_q|f|^2 for every witness, with equality along s_p - s_q."""

    def sides(*numbers: Any) -> tuple[Any, Any]:
        q, p, f = _read(numbers)
        gap = score_gap(p, q)
        fisher = q.expectation(lambda x: vector_dot(gap(x), gap(x)))
        size = q.expectation(lambda x: vector_dot(f(x), f(x)))
        squared = q.expectation(lambda x: stein(p, f, x)) ** 2
        return fisher * (size if normalised else 1), squared

    given = _numbers(pair)
    (left, right), proof = sides(*given), exact_proof(sides, tuple(given), ">=")
    scale = 1 + float(left)
    return at_least(exactly(Fraction(left)), exactly(Fraction(right)), scale=scale, proof=proof)


@claim(
    "Best scale of a witness",
    for_all=PAIRS | {"weight": WEIGHTS},
    topics=["stein"],
    text="derived",
    mutants=[
        wrong(
            halves=1,
            because="twice the best scale is worth nothing",
            witness={"pair": SHIFTED, "weight": 1},
        )
    ],
)
def best_scale(pair: Pair, weight: Fraction, *, halves: int = 2) -> Margin:
    """The best multiple of a witness f has the factor alpha = SD(f)/(2 lambda E|f|^2).

    It is worth J(alpha f) = SD(f)^2/(4 lambda E|f|^2), which is how kernel witnesses are made
    comparable. SD(f) = E_q[s_p.f + div f].
    """
    _suppose_witness(pair)

    def sides(weight: Any, *numbers: Any) -> tuple[Any, Any]:
        q, p, f = _read(numbers)
        size = q.expectation(lambda x: vector_dot(f(x), f(x)))
        alpha = q.expectation(lambda x: stein(p, f, x)) / (weight * halves * size)
        scaled = AffineField([[alpha * z for z in row] for row in f.A], [alpha * z for z in f.b])
        cost = q.expectation(lambda x: vector_dot(scaled(x), scaled(x)))
        value = q.expectation(lambda x: stein(p, scaled, x)) - weight * cost
        return value, q.expectation(lambda x: stein(p, f, x)) ** 2 / (4 * weight * size)

    return equal_sums(sides, weight, *_numbers(pair))


@claim(
    "Hutchinson's estimator, signs",
    for_all=PAIRS,
    topics=["stein"],
    text="derived",
    mutants=[
        wrong(
            symmetric=0,
            because="an antisymmetric matrix has z^T J z = 0",
            witness={"pair": [[[0, 0], [[1, 0], [0, 1]]] * 2, [[[0, 1], [-1, 0]], [0, 0]]]},
        ),
        wrong(
            diagonal=0,
            because="a sign has square 1, so that the diagonal does not vary",
            witness={"pair": SAME},
        ),
    ],
)
def hutchinson(pair: Pair, *, symmetric: int = 1, diagonal: int = 1) -> Margin:
    """z^T J z over random signs z has the mean tr J and a variance that spares the diagonal.

    Var z^T J z = 2 (|sym J|_F^2 - sum_i J_ii^2), sym J = (J + J^T)/2; over all sign vectors.
    """

    def sides(*numbers: Any) -> tuple[Any, Any]:
        _, _, f = _read(numbers)
        J, d = f.A, len(f.b)
        values = [
            vector_dot(z, [vector_dot(row, z) for row in J]) for z in product((-1, 1), repeat=d)
        ]
        mean = sum(values) / len(values)
        found = sum((value - mean) ** 2 for value in values) / len(values)
        both = [
            [(J[i][j] + J[j][i]) / 2 if symmetric else J[i][j] for j in range(d)] for i in range(d)
        ]
        formula = 2 * sum(entry**2 for row in both for entry in row)
        formula = formula - 2 * diagonal * sum(J[i][i] ** 2 for i in range(d))
        off = mean - f.divergence
        return found + off**2, formula

    return equal_sums(sides, *_numbers(pair))


def _suppose_witness(pair: Pair) -> None:
    def sides(*numbers: Any) -> tuple[Any, Any]:
        q, _, f = _read(numbers)
        return q.expectation(lambda x: vector_dot(f(x), f(x))), Fraction(1, 10**6)

    given = _numbers(pair)
    (size, least), proof = sides(*given), exact_proof(sides, tuple(given), ">=")
    assume_premise("f != 0", at_least(exactly(Fraction(size)), exactly(least), proof=proof))


def _numbers(pair: Pair) -> list[Any]:
    """All numbers of a pair, table by table, so that a proof can write each of them."""
    (m, root, m_p, root_p), (A, b) = pair
    tables = [m, *root, m_p, *root_p, *A, b]
    return [list(map(Fraction, row)) for row in tables]


def _read(rows: Any) -> tuple[GaussianLaw, GaussianLaw, AffineField]:
    d = len(rows[0])
    q = GaussianLaw(rows[0], rows[1 : d + 1])
    p = GaussianLaw(rows[d + 1], rows[d + 2 : 2 * d + 2])
    return q, p, AffineField(rows[2 * d + 2 : 3 * d + 2], rows[3 * d + 2])
