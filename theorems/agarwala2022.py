"""Agarwala, Schoenholz: Deep Equilibrium Networks Are Sensitive to Initialization Statistics.

arXiv:2207.09432v1

Linear equilibrium networks z = W z + x, z = (I - W)^(-1) x, with W of scale s from an ensemble:
"gaussian" (independent N(0, s^2/m) entries), "orthogonal" (s times Haar), "symmetric" (GOE) or
"antisymmetric". Abstract read, the formulas recalled and derived here: the paper speaks of the
limit m -> infinity, these claims of every m. `agarwala2022limits` compares a width with the limit.
"""

from math import comb, log, sqrt

import torch

from certify import enclosed, lambda_max
from claims import claim, not_executable, wrong
from models import SeedNumber, random_matrices, trace_moments
from strategies import (
    ensemble_names,
    failure_probabilities,
    seeds,
    small_decimals,
    whole_numbers,
    widths,
)
from theorems._linear_equilibria import resolvent, squared_equilibria
from verdicts import (
    Approx,
    Expectation,
    Margin,
    Seeds,
    WithProbability,
    at_most,
    equal_to,
    every,
    exactly,
    expectation_equal,
    with_probability,
)

EPS = torch.finfo(torch.float64).eps

infinite_means = not_executable(
    "E ||z||^2 of Gaussian and GOE networks",
    where="abstract",
    reason="at every finite m it is infinite: I - W is singular with a positive density; the "
    "formulas are those of the limit m -> infinity, compared in agarwala2022limits",
)
training = not_executable(
    "Orthogonal and GOE initialisations train in a wider range",
    where="abstract",
    reason="an observation about experiments, without a bound",
)


@claim(
    "Second moment, orthogonal",
    for_all={"m": widths(max_m=16), "s": small_decimals(min_value=0, max_value=0.6)},
    text="new",
    bound="tight",
    mutants=[
        wrong(
            correction=0.0,
            because="that is the limit: W = +-s at m = 1",
            witness={"m": 1, "s": 0.6},
        ),
        wrong(
            rotations=True,
            because="W = s at m = 1: without reflections odd powers do not cancel",
            witness={"m": 1, "s": 0.5},
        ),
    ],
)
def orthogonal_second_moment(
    m: int, s: float, *, correction: float = 1.0, rotations: bool = False
) -> Expectation:
    """The second moment of an orthogonal equilibrium network, at every width.

    E ||z||^2 = ||x||^2 (1/(1 - s^2) + 2 s^2/(m (1 - s^2)^2)), since E tr Q^k is 1 for even k >= 2
    and 0 for odd k, at every m (Rains 1997). The limit is 1/(1 - s^2), as for Gaussian W.
    """
    limit = 1 / (1 - exactly(s) ** 2)
    value = limit + correction * 2 * exactly(s) ** 2 * limit * limit / m

    def sample(seeds: Seeds) -> Approx:
        W = random_matrices("orthogonal", m, seeds, s=s)
        if rotations:
            W[..., 0] *= torch.linalg.det(W).sign().unsqueeze(-1)
        return squared_equilibria(W, columns=1)

    # ||z||^2 lies between 1/(1 + s)^2 and 1/(1 - s)^2.
    spread = 1 / (1 - s) ** 2 - 1 / (1 + s) ** 2
    return expectation_equal(
        sample,
        value,
        variance_at_most=max(spread, 1e-9) ** 2 / 4,
        floats_per_seed=3 * m * m,
        scale=0.5 + spread,
    )


@claim(
    "Second moment, antisymmetric",
    for_all={"m": widths(max_m=16), "s": small_decimals(min_value=0.01, max_value=0.7)},
    text="new",
    mutants=[
        wrong(limit=True, because="W = 0 at m = 1, whatever s is", witness={"m": 1, "s": 0.7}),
        wrong(
            ensemble="orthogonal",
            because="same s, another spectrum: 1/(1 - s^2) and more",
            witness={"m": 4, "s": 0.5},
        ),
    ],
)
def antisymmetric_second_moment(
    m: int, s: float, *, limit: bool = False, ensemble: str = "antisymmetric"
) -> Expectation:
    """The second moment of an antisymmetric equilibrium network, at every width.

    g = E ||z||^2/||x||^2 obeys s^2 g^2 + (1 - s^2/m) g = 1 - s^2 v with
    0 <= v <= 27 s^2 floor(m/2)/(16 m^3), by Gaussian integration by parts and the Poincare
    inequality: v is the variance of tr (I - W)^(-1)/m. The limit is (sqrt(1 + 4 s^2) - 1)/(2 s^2),
    less than 1, the integral of the semicircle law over 1/(1 + s^2 x^2).
    """
    square = exactly(s) ** 2
    most = Approx(0.0, 27 * (m // 2) * s * s / (16 * m**3), "proved")
    v, linear = (exactly(0.0), exactly(1.0)) if limit else (most, 1 - square / m)
    g = ((linear * linear + 4 * square * (1 - square * v)).sqrt() - linear) / (2 * square)

    def sample(seeds: Seeds) -> Approx:
        return squared_equilibria(random_matrices(ensemble, m, seeds, s=s), columns=1)

    # The gradient of x.z in the m (m - 1)/2 entries has norm at most 1.
    variance = min(0.25, s * s / m)
    return expectation_equal(
        sample,
        g,
        variance_at_most=variance,
        floats_per_seed=3 * m * m,
        scale=0.05 + 1.5 * sqrt(variance) + 5 * float(g.width),
    )


@claim(
    "Antisymmetric networks are contractions",
    for_all={
        "m": widths(max_m=12),
        "s": small_decimals(min_value=0, max_value=50),
        "seed": seeds(),
    },
    text="new",
    bound="tight",
    mutants=[
        wrong(
            ensemble="symmetric",
            because="z = x/(1 - w) at m = 1",
            witness={"m": 1, "s": 0.5, "seed": SeedNumber(2)},
        ),
        wrong(
            factor=0.9, because="z = x at m = 1", witness={"m": 1, "s": 0.5, "seed": SeedNumber(0)}
        ),
    ],
)
def antisymmetric_contraction(
    m: int, s: float, seed: SeedNumber, *, ensemble: str = "antisymmetric", factor: float = 1.0
) -> Margin:
    """An antisymmetric W has an equilibrium at every scale, never larger than the input.

    If W^T = -W then I - W is invertible, z.x = ||z||^2 and ||z|| <= ||x||.
    """
    W = random_matrices(ensemble, m, seed, s=s)[0]
    inverse, error = resolvent(W)
    x = torch.ones(m, dtype=torch.float64) / sqrt(m)
    z = inverse @ x
    size = float(z.norm())
    rounding = float(error) + 2 * m * EPS * float(inverse.norm())
    square = enclosed(z.square().sum(), (2 * size + 2) * rounding)
    return every(
        angle=equal_to(enclosed(z @ x, rounding), square, scale=1 + size**2),
        norm=at_most(enclosed(z.norm(), rounding), exactly(factor)),
    )


@claim(
    "Second moment of the iterates",
    for_all={
        "ensemble": ensemble_names(only=("gaussian", "symmetric", "antisymmetric")),
        "m": widths(max_m=16),
        "depth": whole_numbers(min_value=1, max_value=2),
    },
    text="new",
    bound="tight",
    mutants=[
        wrong(
            tied=False,
            because="fresh matrices have E ||W' W x||^2 = 1, and E w^4 = 3",
            witness={"ensemble": "gaussian", "m": 1, "depth": 2},
        ),
        wrong(
            by_scale_only=True,
            because="two symmetric steps have the second Catalan number, 2",
            witness={"ensemble": "symmetric", "m": 16, "depth": 2},
        ),
        wrong(
            leading=True,
            because="m = 1 has 3 for w^4, where the limit has 1",
            witness={"ensemble": "gaussian", "m": 1, "depth": 2},
        ),
    ],
)
def iterates(
    ensemble: str,
    m: int,
    depth: int,
    *,
    tied: bool = True,
    by_scale_only: bool = False,
    leading: bool = False,
) -> Expectation:
    """What depth does to the second moment depends on the ensemble, not on the scale alone.

    E ||W^l x||^2 = s^(2l) ||x||^2 P_l(1/m) with P_2 = 1 + 2/m^2 (Gaussian), 2 + 5/m + 5/m^2
    (GOE), 2 - 3/m + 1/m^2 (antisymmetric), by Wick's theorem; the last two begin with the Catalan
    numbers 1, 2, 5, ..., the Gaussian with 1. Measured as ||W^l||_F^2/m at s = 1.
    """
    word = "T" * depth + "W" * depth
    moments = trace_moments(ensemble, word)
    if not tied or by_scale_only:
        moments = {1: 1}
    if leading:
        moments = {1: comb(2 * depth, depth) // (depth + 1) if ensemble != "gaussian" else 1}
    mean = _polynomial(moments, m) / m
    true_mean = _polynomial(trace_moments(ensemble, word), m) / m
    second = _polynomial(trace_moments(ensemble, word, word), m) / m**2

    def sample(seeds: Seeds) -> Approx:
        W = random_matrices(ensemble, m, seeds)
        power = W if depth == 1 else W @ W
        square = power.square().sum(dim=(-2, -1)) / m
        return enclosed(square, 8 * m * EPS * W.square().sum(dim=(-2, -1)) ** depth / m)

    return expectation_equal(
        sample,
        exactly(mean),
        variance_at_most=max(second - true_mean**2, 1e-9) * (1 + 1e-12),
        floats_per_seed=3 * m * m,
        scale=0.1 + 2 * sqrt(max(second - true_mean**2, 0.0)),
    )


@claim(
    "Stability of symmetric networks",
    for_all={
        "m": widths(min_m=4, max_m=64),
        "s": small_decimals(min_value=0.1, max_value=1),
        "delta": failure_probabilities(),
    },
    text="derived",
    mutants=[
        wrong(
            radius=1.0,
            because="the semicircle ends at 2 s: stable for s < 1/2, not for s < 1",
            witness={"m": 64, "s": 0.9, "delta": 0.1},
        ),
        wrong(
            side=-1.0,
            because="the mean is nearer to 2 s than that",
            witness={"m": 64, "s": 1.0, "delta": 0.1},
        ),
    ],
)
def symmetric_stability(
    m: int, s: float, delta: float, *, radius: float = 2.0, side: float = 1.0
) -> WithProbability:
    """GOE networks are stable up to the scale 1/2.

    With probability >= 1 - delta: lambda_max(W) <= 2 s + 2 s sqrt(log(1/delta)/m), by
    E lambda_max <= 2 s (Sudakov, Fernique) and Gaussian concentration; below 1 it makes I - W > 0.
    """
    ceiling = exactly(s * (radius + side * 2 * sqrt(log(1 / delta) / m)))

    def event(seeds: Seeds) -> Margin:
        return at_most(lambda_max(random_matrices("symmetric", m, seeds, s=s)), ceiling, scale=s)

    return with_probability(1 - delta, event, floats_per_seed=3 * m * m)


def _polynomial(coefficients: dict[int, int], m: int) -> float:
    return float(sum(count * float(m) ** power for power, count in coefficients.items()))
