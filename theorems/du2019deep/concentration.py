"""Theorem E.1: the random Gram matrices of a wide network are near their limits.

Khat^(h) is the Gram matrix of the features x^(h)(0), K^(h) its limit, bhat^(h) their mean. Networks
are drawn in law, layer by layer (`features_in_law`): m normals a layer and input are enough.
The print gives no constant, and contradicts itself about one (B-ERR-11, at the end).
"""

from math import exp, log, sqrt

from torch import Tensor

from certify import enclosed
from claims import claim, not_executable, wrong
from models import (
    Dataset,
    activation,
    features_in_law,
    fully_connected_errors,
    fully_connected_recursion,
    mean_activation,
    resnet_recursion,
)
from strategies import (
    activation_names,
    either,
    failure_probabilities,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
    widths,
)
from verdicts import (
    Approx,
    Margin,
    Seeds,
    WithProbability,
    at_most,
    every,
    exactly,
    with_probability,
)

BOUNDED = ("sin", "sin+pi/4", "erf", "tanh", "sigmoid")  # |sigma| <= 1
SIXTY_DEGREES = Dataset.of(rows=[[1, 0, 0, 0], [1, 1, 1, 1]], labels=[0, 0])


@claim(
    "Theorem E.1",
    for_all={
        "data": either(unit_sphere_datasets(max_n=4), real_datasets(max_n=4)),
        "sigma": activation_names(only=BOUNDED),
        "H": whole_numbers(min_value=2, max_value=5),
        "m": widths(min_m=16, max_m=9999),
        "delta": failure_probabilities(),
    },
    text="derived",
    depends_on=["du2019deep.gaussian.lemma_g_5"],
    mutants=[
        wrong(
            m_power=1.0,
            because="means of m terms err by m^(-1/2), not by 1/m",
            witness={"data": SIXTY_DEGREES, "sigma": "sin", "H": 2, "m": 4000, "delta": 0.1},
        ),
        wrong(
            factor=0.1,
            because="a tenth of the bound is half a standard deviation",
            witness={"data": SIXTY_DEGREES, "sigma": "sin", "H": 2, "m": 400, "delta": 0.1},
        ),
    ],
)
def theorem_e_1(
    data: Dataset,
    sigma: str,
    H: int,
    m: int,
    delta: float,
    *,
    m_power: float = 0.5,
    factor: float = 1.0,
) -> WithProbability:
    """Every Khat^(h) of a fully connected network is near its limit, up to a factor m^(-1/2).

    Let |sigma| <= 1 and s = sqrt(2 log(2N/delta)/m), N = (H - 1) n (n + 3)/2. With probability
    >= 1 - delta, for all h < H: |Khat^(h) - K^(h)|_inf <= eps_h and |bhat^(h) - b^(h)|_inf <=
    sqrt(c_sigma) (s + (beta/2) eps_(h-1)), where eps_0 = 0 and
    eps_h = c_sigma s + c_sigma (L^2 + beta) eps_(h-1).
    The paper's constant E is not stated; this one is derived, by Hoeffding's inequality in every
    layer given the one before, and Lemma G.5 with E |sigma(u)| <= 1. It grows like 2^O(H).
    """
    n, one = data.n, activation(sigma)
    K = fully_connected_recursion(data.x, one, H)
    errors = [float(error) for error in fully_connected_errors(K, one)]
    s = factor * sqrt(2 * log((H - 1) * n * (n + 3) / delta)) / m**m_power
    eps = [0.0]
    for _ in range(1, H):
        eps.append(one.c_sigma * (s + (one.L**2 + one.beta) * eps[-1]))

    def event(seeds: Seeds) -> Margin:
        parts = {}
        for h, x in enumerate(features_in_law(data.x, one, H - 1, m, seeds), start=1):
            b = one.c_sigma**0.5 * mean_activation(one, K[h - 1].diagonal())
            gap, bias = _distances(x, K[h], b, errors[h] + 1e-12)
            parts[f"K {h}"] = at_most(gap, exactly(eps[h]))
            limit = one.c_sigma**0.5 * (s + one.beta / 2 * eps[h - 1])
            parts[f"b {h}"] = at_most(bias, exactly(limit))
        return every(**parts)

    return with_probability(1 - delta, event, floats_per_seed=m * (data.d + 2 * n * (H - 1)))


@claim(
    "Theorem E.1, residual networks",
    for_all={
        "data": either(unit_sphere_datasets(max_n=4), real_datasets(max_n=4)),
        "sigma": activation_names(only=BOUNDED),
        "H": whole_numbers(min_value=2, max_value=8),
        "m": widths(min_m=16, max_m=2000),
        "delta": failure_probabilities(),
        "c_res": small_decimals(min_value=0.1, max_value=0.9),
    },
    text="derived",
    depends_on=["du2019deep.gaussian.lemma_g_5"],
    mutants=[
        wrong(
            m_power=1.0,
            because="means of m terms err by m^(-1/2), not by 1/m",
            witness={
                "data": SIXTY_DEGREES,
                "sigma": "sin",
                "H": 3,
                "m": 4000,
                "delta": 0.1,
                "c_res": 0.1,
            },
        ),
        wrong(
            factor=0.1,
            because="a tenth of the bound is half a standard deviation of the first layer",
            witness={
                "data": SIXTY_DEGREES,
                "sigma": "sin",
                "H": 3,
                "m": 400,
                "delta": 0.1,
                "c_res": 0.01,
            },
        ),
    ],
)
def theorem_e_1_residual(
    data: Dataset,
    sigma: str,
    H: int,
    m: int,
    delta: float,
    c_res: float,
    *,
    m_power: float = 0.5,
    factor: float = 1.0,
) -> WithProbability:
    """Every Khat^(h) of a residual network is near its limit, with a constant that no H enters.

    Let |sigma| <= 1, s as for the fully connected network and Z = sqrt(c_sigma) + c_res, which
    bounds all features. With probability >= 1 - delta, for all h < H, |Khat^(h) - K^(h)|_inf and
    |bhat^(h) - b^(h)|_inf are at most
    (c_sigma + 2 c_res Z + c_res^2) exp(c_res (2 + Z beta) + c_res^2 (L^2 + beta)) s.
    Derived: with c = c_res/H each layer multiplies the error by at most 1 + c (2 + Z beta) +
    c^2 (L^2 + beta) and adds (2 c Z + c^2) s.
    """
    n, one = data.n, activation(sigma)
    K, b = resnet_recursion(data.x, one, H, c_res)
    s = factor * sqrt(2 * log((H - 1) * n * (n + 3) / delta)) / m**m_power
    Z = sqrt(one.c_sigma) + c_res
    growth = exp(c_res * (2 + Z * one.beta) + c_res**2 * (one.L**2 + one.beta))
    bound = exactly((one.c_sigma + 2 * c_res * Z + c_res**2) * growth * s)

    def event(seeds: Seeds) -> Margin:
        parts = {}
        drawn = features_in_law(data.x, one, H - 1, m, seeds, residual=c_res / H)
        for h, x in enumerate(drawn, start=1):
            gap, bias = _distances(x, K[h], b[h - 1], 1e-9)
            parts[f"K {h}"] = at_most(gap, bound)
            parts[f"b {h}"] = at_most(bias, bound)
        return every(**parts)

    return with_probability(1 - delta, event, floats_per_seed=m * (data.d + 2 * n * (H - 1)))


def _distances(x: Tensor, K: Tensor, b: Tensor, error: float) -> tuple[Approx, Approx]:
    """|Khat - K|_inf and |bhat - b|_inf for the features sqrt(m) x of many seeds."""
    gap = (x.mT @ x / x.shape[-2] - K.to(x)).abs().amax(dim=(-1, -2))
    bias = (x.mean(dim=-2) - b.to(x)).abs().amax(dim=-1)
    return enclosed(gap, error), enclosed(bias, error)


theorem_e_1_constant = not_executable(
    "Theorem E.1, the constant E",
    where="p. 35",
    reason="it hides an absolute constant, and contradicts itself (B-ERR-11): the printed "
    "A^(h) = 1 + max(...) is at least 1, yet Remark E.7 has A = 0 for fully connected and 1 for "
    "residual networks, to which the 1 would add the factor 2^H that the theorem denies them; with "
    "A = max(...) and bounded sigma, theorem_e_1 and theorem_e_1_residual have explicit constants",
)

theorem_e_1_convolutional = not_executable(
    "Theorem E.1, convolutional networks",
    where="p. 35",
    reason="Gaussian laws on subspaces of filters and p x p blocks, with the same hidden constant",
)

remark_e_8 = not_executable(
    "Remark E.8",
    where="p. 39",
    reason="a pointer: Theorem E.1 and Lemma E.1 together are Lemma B.2, and so C.2 and D.2",
)
