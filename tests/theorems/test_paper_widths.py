"""The widths of the paper's theorems, from the radii of its lemmas and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log, nextafter, pi, sqrt

import pytest

from claims import Claim, claims_in
from claims.ledger import visiting
from tests.house.readme_table import theorem_module
from verdicts import Effort, Seeds, WithProbability
from verdicts.rows import block_size

DELTA, LAMBDA_0 = 0.5, 0.5
CLAIMS = {claim.name: claim for claim in claims_in(theorem_module("theorems.du2019paperwidth"))}


@dataclass(frozen=True)
class Ball:
    """How far a neuron may go, and how far it goes at width m, with the largest likely residual."""

    allowed: float
    gone: Callable[[float], float]


def largest_residual(n: int, C: float, share: float) -> float:
    """Markov: ||e_0||^2 exceeds this with probability at most `share`."""
    return sqrt(n * (C**2 + 0.5) / share)


def balls_of_3_2(n: int, C: float) -> list[Ball]:
    share = DELTA / 3
    e_0 = largest_residual(n, C, share)
    R = sqrt(2 * pi) * share * LAMBDA_0 / (16 * n**2)  # Lemma 3.2
    return [Ball(R, lambda m: 2 * sqrt(n) * e_0 / (sqrt(m) * LAMBDA_0))]  # Lemma 3.3


def balls_of_4_1(n: int, C: float) -> list[Ball]:
    share = DELTA / 3
    e_0 = largest_residual(n, C, share)
    # Lemma 4.1 with Markov: near one of n hyperplanes lie n P(A) m neurons on average.
    R = share * LAMBDA_0 / (16 * n) / (n * 2 / sqrt(2 * pi))
    return [Ball(R, lambda m: 4 * sqrt(n) * e_0 / (sqrt(m) * LAMBDA_0))]  # Corollary 4.1


def balls_of_3_3(n: int, C: float) -> list[Ball]:
    share = DELTA / 4
    e_0 = largest_residual(n, C, share)
    # Lemma A.3: patterns may change H by lambda_0/8, over 2 n^2 terms P(A) < 2 R/sqrt(2 pi).
    R_w = share * LAMBDA_0 / 8 / (2 * n**2 * 2 / sqrt(2 * pi))
    R_a = LAMBDA_0 / (17 * n**2)
    assert n**2 * (2 * R_a + R_a**2) <= LAMBDA_0 / 8
    return [
        Ball(R_w, lambda m: 4 * sqrt(n) * e_0 / (sqrt(m) * LAMBDA_0)),  # Lemma A.4
        Ball(
            R_a,  # Lemma A.5
            lambda m: 8 * sqrt(n) * e_0 * sqrt(log(m * n / share)) / (sqrt(m) * LAMBDA_0),
        ),
    ]


def least_width(balls: list[Ball]) -> float:
    """The width from which on no neuron can leave: by bisection, all moves fall with m."""
    low, high = 100.0, 1e15
    while nextafter(low, inf) < high and high - low > 0.1:
        middle = (low + high) / 2
        inside = all(ball.gone(middle) < ball.allowed for ball in balls)
        low, high = (low, middle) if inside else (middle, high)
    return high


def width(name: str, halves: int) -> int:
    with visiting() as visit:
        CLAIMS[name].statement(halves=halves)
    return visit.sizes["m"]


@pytest.mark.parametrize(
    ("name", "n", "balls"),
    [
        ("theorem_3_2", 1, balls_of_3_2),
        ("theorem_3_2_two_inputs", 2, balls_of_3_2),
        ("theorem_3_2_three_inputs", 3, balls_of_3_2),
        ("theorem_4_1", 1, balls_of_4_1),
        ("theorem_4_1_two_inputs", 2, balls_of_4_1),
        ("theorem_3_3", 1, balls_of_3_3),
        ("theorem_3_3_two_inputs", 2, balls_of_3_3),
    ],
)
@pytest.mark.parametrize("halves", [0, 1, 2])
def test_the_width_is_the_least_that_keeps_every_neuron_in_its_ball(
    name: str, n: int, balls: Callable[[int, float], list[Ball]], halves: int
) -> None:
    least = least_width(balls(n, halves / 2))
    m = width(name, halves)
    assert all(ball.gone(m) < ball.allowed for ball in balls(n, halves / 2))
    assert least <= m <= least * 1.0002 + 2  # the constants are rounded up to integers


@pytest.mark.parametrize(
    ("name", "halves", "m"),
    [
        ("theorem_3_2", 0, 281_664),
        ("theorem_3_2", 2, 844_992),
        ("theorem_3_2_two_inputs", 0, 18_026_496),
        ("theorem_4_1", 0, 4_505_984),
        ("theorem_4_1_two_inputs", 0, 288_382_976),
        ("theorem_3_3", 0, 22_501_500),
        ("theorem_3_3_two_inputs", 0, 1_825_664_000),
    ],
)
def test_widths_in_figures(name: str, halves: int, m: int) -> None:
    # lambda_0 is known from below only, so that an exact product is exceeded by a hair.
    assert m <= width(name, halves) <= m * (1 + 1e-5)


@pytest.mark.parametrize("n", [1, 2, 3, 10])
def test_lemma_3_1_asks_for_less(n: int) -> None:
    for share, balls in ((3, balls_of_3_2), (3, balls_of_4_1), (4, balls_of_3_3)):
        asked = 8 * n**2 / LAMBDA_0**2 * log(n * (n + 1) * share / DELTA)
        assert asked < least_width(balls(n, 0.0))


@pytest.mark.parametrize("n", [1, 2, 3, 10])
@pytest.mark.parametrize("lambda_0", [0.5, 0.1, 1e-3])
def test_the_step_of_4_1_is_the_largest_that_its_proof_allows(n: int, lambda_0: float) -> None:
    """One step, with lambda_min(H(k)) >= 5/8 lambda_0 and s <= lambda_0/(16 n) sign changes."""

    def factor(eta: float) -> float:
        changes = 4 * n * lambda_0 / (16 * n)  # 2 (n + sqrt n) s <= 4 n s
        return 1 - 2 * eta * 5 / 8 * lambda_0 + eta * changes + eta**2 * n**2

    eta = CLAIMS["theorem_4_1"].constants["step"] * lambda_0 / n**2  # type: ignore[operator]
    assert factor(eta) == pytest.approx(1 - eta * lambda_0 / 2, rel=1e-12)
    assert factor(1.01 * eta) > 1 - 1.01 * eta * lambda_0 / 2


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda claim: claim.name)
def test_they_are_judged_in_short_blocks_and_asked_for(claim: Claim) -> None:
    statement = claim.statement(halves=0)
    assert isinstance(statement, WithProbability)
    assert statement.probability == 1 - DELTA
    assert block_size(statement.cost, Effort()) == 16
    assert Effort().chunk_floats // statement.floats_per_seed == 16  # one batch
    assert statement.each == "trajectories"
    assert claim.own_width
    heavy = claim.name in (
        "theorem_3_2_three_inputs",
        "theorem_3_3_two_inputs",
        "theorem_4_1_two_inputs",
    )
    assert claim.least_profile == ("thorough" if heavy else "quick")


@pytest.mark.parametrize(("rate", "holds"), [(1.0, True), (4.2, False)])
def test_both_layers_with_two_inputs_decay_at_about_twice_the_least_rate(
    rate: float, *, holds: bool
) -> None:
    statement = CLAIMS["theorem_3_3_two_inputs"].statement(halves=0, neurons=10**5, rate=rate)
    assert isinstance(statement, WithProbability)
    slack = statement.event(Seeds((1, 2), count=3)).slack
    assert (slack.lower > 0).all() if holds else (slack.upper < 0).all()
