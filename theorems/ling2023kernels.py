"""Ling, Xie, Wang, Zhang, Lin: Global Convergence of Over-parameterized Deep Equilibrium Models. arXiv:2205.13814v2.

The population kernel: Definition 1, Lemma 3 and Theorem 3. Inputs have norm sqrt(d), here sqrt(d)
times the rows of a data set on the unit sphere; C_ij = x_i.x_j/d are their cosines, s = s_w^2, and
Q(t) = (sqrt(1 - t^2) + t (pi - arccos t))/pi. Random networks near it are in `ling2023random`.
"""  # noqa: E501  the citation is one line

from math import sqrt

import numpy as np
import torch

from certify import lambda_min, population_cosines, population_kernel, series_floor
from claims import claim, misprint, wrong
from models import Dataset, PopulationMap, distinct_directions, limit_kernel_nullity
from strategies import (
    antipodal_datasets,
    duplicated_datasets,
    either,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
    with_premises,
)
from theorems._implicit_kernels import cosines, definite, largest_overlap
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    equal_to,
    every,
    exactly,
    number,
    quantity,
)

DATA = either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6))
MOST_CERTIFIED = 3  # layers
VARIANCES = small_decimals(min_value=0.001, max_value=0.12)  # s_w^2 < 1/8
DEPTHS = whole_numbers(min_value=1, max_value=8)
SLOPE = Dataset.of(rows=[[1, 0], [3, 4]], labels=[0, 0])
AXES = Dataset.of(rows=[[1, 0], [0, 1]], labels=[0, 0])
THREE_PAIRS = Dataset.of(
    rows=[[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1]], labels=[0, 0, 0, 0, 0, 0]
)


@claim(
    "Definition 1, equation (13)",
    for_all={"data": DATA, "s": VARIANCES, "depth": DEPTHS},
    bound="tight",
    mutants=[
        misprint(
            printed=True,
            where="equation (13)",
            because="the variance of a layer is rho_l, not that of the layer before",
            witness={"data": SLOPE, "s": 0.1, "depth": 2},
        ),
        wrong(
            root=True,
            because="s_w^2 is the variance, s_w the deviation",
            witness={"data": SLOPE, "s": 0.1, "depth": 2},
        ),
    ],
    examples=[{"data": SLOPE, "s": 0.1, "depth": 2}],
)
def definition_1(
    data: Dataset, s: float, depth: int, *, printed: bool = False, root: bool = False
) -> Margin:
    """The kernel of l layers has a recursion in the cosines alone.

    K^(0) = 0, Lambda^(l) = s K^(l-1) + C and K^(l)_ij = 2 E max(u, 0) max(v, 0) for (u, v) of the
    covariance block (i, j) of Lambda^(l). Then K^(l)_ii = rho_l = (1 - s^l)/(1 - s) and
    K^(l) = rho_l Q(cos_l), cos_l = ((rho_l - 1) Q(cos_(l-1)) + C)/rho_l. Printed is rho_(l-1) for
    rho_l in the last equation.
    """
    C = cosines(data)
    recursion = population_kernel(C, sqrt(s) if root else s, depth, printed=printed)
    T = PopulationMap("relu", torch.tensor(C.middle), s)
    K = T.iterates(depth)
    direct = Approx.around(K[-1].numpy(), T.iterate_error(K) + 2 * C.spread)
    rho = (1 - exactly(s) ** depth) / (1 - exactly(s))
    diagonal = direct[np.arange(data.n), np.arange(data.n)]
    gap = abs(recursion.entries - direct)
    i, j = np.unravel_index(int(gap.lower.argmax()), gap.shape)
    proof = _proof(data, (int(i), int(j)), sqrt(s) if root else s, s, depth, printed=printed)
    return every(
        recursion=equal_to(recursion.entries, direct),
        worst_entry=equal_to(recursion.entries[i, j], direct[i, j], proof=proof),
        diagonal=equal_to(diagonal, rho),
    )


def _proof(
    data: Dataset, entry: tuple[int, int], variance: float, s: float, depth: int, *, printed: bool
) -> Proof | None:
    """Equation (13) and Definition 1 at one entry; long expressions are left out."""
    if depth > MOST_CERTIFIED:
        return None
    C = quantity("cosine", i=entry[0], j=entry[1])
    size, beside = number(0), number(0)  # K_ii and K_ij of Definition 1
    for _ in range(depth):
        own = number(s) * size + 1
        covariance = number(s) * beside + C
        size, beside = own, own * quantity("arc_cosine", t=covariance / own)
    rho, cosine = number(1), C
    for _ in range(1, depth):
        former, rho = rho, 1 + number(variance) * rho
        divisor = former if printed else rho
        cosine = ((divisor - 1) * quantity("arc_cosine", t=cosine) + C) / divisor
    left = rho * quantity("arc_cosine", t=cosine)
    return Proof("inputs", data.recipe, left, "==", beside)


@claim(
    "Lemma 3, existence",
    for_all={"data": DATA, "s": VARIANCES, "depth": whole_numbers(max_value=12)},
    text="new",
    bound="tight",
    depends_on=["ling2023kernels.definition_1"],
    mutants=[
        wrong(extra=1, because="K^(l) misses s^l and not s^(l+1)"),
        wrong(
            layers=0,
            because="all layers beyond l are missing, not only the next one",
            witness={"data": AXES, "s": 0.12, "depth": 1},
        ),
    ],
)
def lemma_3_existence(
    data: Dataset, s: float, depth: int, *, extra: int = 0, layers: int = 1
) -> Margin:
    """The kernels K^(l) converge geometrically, with an explicit bound of the rest.

    K = lim K^(l) exists, K = Q(cos)/(1 - s) with cos = s Q(cos) + (1 - s) C, and
    |K_ij - K^(l)_ij| <= s^l/(1 - s), with equality on the diagonal; the paper's norm is at most n
    times this. Proof: from layer to layer |dK_ij| <= dK_ii = s^l, since aQ(c/a) has the slopes
    (sin t)/pi in a and 1 - t/pi in c for the angle t, whose sum is at most 1. (An early note of
    ours listed this bound as a mutant, exceeded 3.3 times: the note was wrong, the bound is tight.)
    """
    C = cosines(data)
    limit, layer = population_kernel(C, s), population_kernel(C, s, depth)
    gap = abs(limit.entries - layer.entries).max()
    power = exactly(s) ** (depth + extra) if depth + extra else exactly(1.0)
    # Differences of numbers near 1 are known to their own rounding only.
    bound = power / (1 - exactly(s)) ** layers if layers else power
    return at_most(gap, bound)


@claim(
    "Lemma 3, definiteness",
    for_all={
        "data": either(
            unit_sphere_datasets(max_n=6),
            antipodal_datasets(pairs=1),
            antipodal_datasets(pairs=3, max_d=2),
            real_datasets(max_n=6),
        ),
        "s": with_premises(VARIANCES, {"s_w > 0": lambda s: s > 0}),
    },
    text="derived",
    mutants=[
        wrong(
            s=small_decimals(min_value=0, max_value=0),
            drops="s_w > 0",
            title="s=0",
            because="without recurrence three antipodal pairs in the plane are dependent",
            witness={"data": THREE_PAIRS, "s": 0.0},
        ),
        wrong(
            data=duplicated_datasets(max_n=4),
            drops="not parallel",
            title="data=duplicated",
            because="equal inputs have equal features",
        ),
        wrong(
            data=antipodal_datasets(pairs=1),
            title="converse",
            converse=True,
            because="1 and -1 are parallel, and their kernel is positive definite",
        ),
    ],
    examples=[{"data": THREE_PAIRS, "s": 0.001}, {"data": THREE_PAIRS, "s": 0.12}],
)
def lemma_3_definiteness(data: Dataset, s: float, *, converse: bool = False) -> Margin:
    """The limit kernel of distinct inputs is positive definite.

    The paper: K > 0 if no two inputs are parallel. Sharper: if s_w > 0 and the inputs are distinct,
    antipodal ones being allowed, since Lambda has |cos| < 1 and no two of its Gaussians are
    opposite. For s_w = 0, K = 2 G_inf of Gao et al., whose null space three antipodal pairs in the
    plane have.
    """
    K = population_kernel(cosines(data), s)
    if converse:
        return at_most(lambda_min(K), exactly(0.0))
    most = distinct_directions(data) if s > 0 else data.n - limit_kernel_nullity(data)
    certain = data.n if definite(K) else 1
    return at_least(Approx(min(certain, most), most, "proved"), exactly(data.n), scale=data.n)


@claim(
    "Theorem 3",
    for_all={"data": DATA, "s": VARIANCES},
    text="derived",
    bound="tight",
    depends_on=["ling2023kernels.lemma_3_existence", "gao2022series.lemma_a_7"],
    mutants=[
        wrong(
            neighbours=2,
            because="two inputs have one neighbour each, not none",
            witness={"data": AXES, "s": 0.1},
        ),
        wrong(
            inputs=True,
            because="depth brings inputs nearer: orthogonal ones have a positive cosine",
            witness={"data": AXES, "s": 0.1},
        ),
        wrong(
            layers=2,
            because="all layers together scale the kernel by 1/(1 - s), not by its square",
            witness={"data": AXES, "s": 0.1},
        ),
    ],
)
def theorem_3(
    data: Dataset,
    s: float,
    *,
    neighbours: int = 1,
    inputs: bool = False,
    layers: int = 1,
) -> Margin:
    """How positive definite the limit kernel is, by the largest cosine of infinite depth.

    With beta = max |cos_ij| over i != j and ReLU's Hermite coefficients c_k,
    lambda_* = lambda_min(K) >= (1/(1 - s)) sum_k 2 c_k^2 max(0, 1 - (n - 1) beta^k). Equality for
    n = 1, and for n = 2 with cos >= 0, where lambda_* = (1 - Q(cos))/(1 - s). The paper has an
    unspecified constant; this one is explicit.
    """
    C = cosines(data)
    beta = largest_overlap(C if inputs else population_cosines(C, s))
    floor = 2 * series_floor(beta, max(0, data.n - neighbours))
    return at_least(lambda_min(population_kernel(C, s)), floor / (1 - exactly(s)) ** layers)
