"""Ling, Xie, Wang, Zhang, Lin: Global Convergence of Over-parameterized Deep Equilibrium Models. arXiv:2205.13814v2.

Random networks: Theorem 4 (finite depth), Lemmas 4, 9 and 10 (fresh randomness). z^(0) = 0 and
z^(l+1) = s(W z^(l) + U x), s = max(., 0), W_ij ~ N(0, 2 s_w^2/m), U_ij ~ N(0, 2/d), ||x|| = sqrt(d);
G = Z^T Z. In the code A and W stand for the paper's W and U. Wide ones are in `ling2023width`.
"""  # noqa: E501  the citation is one line

from math import sqrt

import torch
from torch import Tensor

from certify import (
    enclosed,
    equilibrium_error,
    frobenius_norm,
    operator_norm,
)
from claims import assume_premise, claim, refuted_claim, wrong
from models import (
    Dataset,
    SeedNumber,
    adaptive_gaussian,
    equilibrium,
    gaussian_weights,
)
from strategies import (
    either,
    real_datasets,
    seeds,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
    widths,
)
from verdicts import (
    Approx,
    Expectation,
    Margin,
    Seeds,
    at_least,
    at_most,
    equal_to,
    every,
    exactly,
    expectation_at_most,
    expectation_equal,
)

EPS = 2.3e-16
AXIS = Dataset.of(rows=[[1]], labels=[0])
POSITIVE = SeedNumber(6)  # whose first neuron has A > 0 and W > 0
SLOPE = Dataset.of(rows=[[1, 0], [3, 4]], labels=[0, 0])


def _inputs(data: Dataset) -> Tensor:
    """The rows at norm sqrt(d)."""
    return data.x * sqrt(data.d)


@claim(
    "Theorem 4, core",
    for_all={
        "data": either(unit_sphere_datasets(max_n=4), real_datasets(max_n=4)),
        "m": widths(max_m=24),
        "rho": small_decimals(min_value=0.01, max_value=0.9),
        "depth": whole_numbers(max_value=8),
        "seed": seeds(),
    },
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            power=2,
            because="the features converge like rho^l, and their products no faster",
            witness={"data": AXIS, "m": 1, "rho": 0.5, "depth": 1, "seed": POSITIVE},
        ),
        wrong(
            resolvent=0,
            because="every further layer adds something",
            witness={"data": AXIS, "m": 1, "rho": 0.9, "depth": 1, "seed": POSITIVE},
        ),
        wrong(
            half=1.9,
            because="both factors of a product are off by rho^l",
            witness={"data": AXIS, "m": 1, "rho": 0.3, "depth": 3, "seed": POSITIVE},
        ),
    ],
    examples=[{"data": AXIS, "m": 1, "rho": 0.5, "depth": 2, "seed": POSITIVE}],
)
def theorem_4_core(
    data: Dataset,
    m: int,
    rho: float,
    depth: int,
    seed: SeedNumber,
    *,
    power: int = 1,
    resolvent: int = 1,
    half: float = 2.0,
) -> Margin:
    """The layers of a weight-tied network converge to the equilibrium geometrically.

    For ||W|| = rho < 1, at any width: ||z - z^(l)|| <= rho^l/(1 - rho) ||z^(1)|| for every input,
    and ||G - G^(l)||_F <= 2 rho^l/(1 - rho)^2 ||Z^(1)||_F^2. Equality in the first for m = 1.
    """
    drawn = gaussian_weights(m, m, seed, layer=2)[0]
    A = drawn * (rho / torch.linalg.matrix_norm(drawn, ord=2))
    W = sqrt(2 / data.d) * gaussian_weights(m, data.d, seed)[0]
    inputs = _inputs(data) @ W.T
    layer = torch.zeros_like(inputs)
    for _ in range(depth):
        layer = (layer @ A.T + inputs).relu()
    found = equilibrium(A, inputs)
    first = inputs.relu()
    size = torch.linalg.vector_norm(first, dim=-1)
    rounding = 4 * (m + 4) * EPS / (1 - rho) ** 2 * (size + inputs.norm(dim=-1))
    error = equilibrium_error(found.residual, found.rho) + rounding
    gap = enclosed(torch.linalg.vector_norm(found.z - layer, dim=-1), error)
    norm = operator_norm(A)
    later = 1 / (1 - norm) if resolvent else exactly(1.0)
    reach = (norm ** (power * depth) if depth else exactly(1.0)) * later
    whole = enclosed(torch.linalg.matrix_norm(first), float(rounding.sum()))
    products = frobenius_norm(
        found.z @ found.z.T - layer @ layer.T, entries=_product_error(found.z, layer, error)
    )
    scale = 1e-6 + float(inputs.norm())
    return every(
        features=at_most(gap, reach * enclosed(size, rounding), scale=scale),
        products=at_most(products, half * reach * later * whole**2, scale=scale**2),
    )


def _product_error(z: Tensor, layer: Tensor, error: Tensor) -> Tensor:
    """Of the entries of Z Z^T - Z^(l) Z^(l)^T, rows of Z being off by the errors."""
    size = torch.maximum(z.norm(dim=-1), layer.norm(dim=-1)) + error
    crossed = torch.outer(size, error)
    return 2 * (crossed + crossed.T) + (z.shape[-1] + 4) * EPS * torch.outer(size, size)


@claim(
    "Theorem 4, first layer",
    for_all={
        "data": either(unit_sphere_datasets(max_n=1), real_datasets(max_n=1)),
        "m": widths(min_m=16, max_m=64),
    },
    mutants=[wrong(deviation=1.0, because="He's variance 2/d makes up for the inactive half")],
)
def theorem_4_first_layer(data: Dataset, m: int, *, deviation: float = sqrt(2)) -> Expectation:
    """The first layer has the mean square 1 per neuron.

    E ||z^(1)||^2/m = 1 for ||x|| = sqrt(d). The variance is 5/m.
    """
    x = _inputs(data)

    def sample(seeds: Seeds) -> Approx:
        W = deviation / sqrt(data.d) * gaussian_weights(m, data.d, seeds)
        square = (x.to(W) @ W.mT).relu().square().mean(dim=(-2, -1))
        return enclosed(square, 1e-13 * (1 + square))

    return expectation_equal(
        sample, exactly(1.0), variance_at_most=5 / m, floats_per_seed=m * data.d
    )


@claim(
    "Lemma 4, identity",
    for_all={
        "data": either(
            unit_sphere_datasets(min_n=2, max_n=2, max_d=4, min_lambda_0=0.05),
            real_datasets(sets=("iris",), min_n=2, max_n=2, min_lambda_0=0.05),
        ),
        "s_w": small_decimals(min_value=0.05, max_value=0.35),
        "layers": whole_numbers(min_value=1, max_value=4),
        "m": widths(min_m=12, max_m=60),
        "seed": seeds(),
    },
    bound="tight",
    mutants=[
        wrong(root=True, because="h has the factor s_w/sqrt(m), not the root of s_w"),
        wrong(inputs=0.0, because="the products of the inputs count in every layer"),
    ],
)
def lemma_4_identity(
    data: Dataset,
    s_w: float,
    layers: int,
    m: int,
    seed: SeedNumber,
    *,
    root: bool = False,
    inputs: float = 1.0,
) -> Margin:
    """Both inputs' pre-activations are one matrix times two vectors of the right products.

    There are M, h, h' with M h = W z_i + U x_i, M h' = W z_j + U x_j and
    h.h' = (s_w^2/m) z_i.z_j + x_i.x_j/d, where z is layer l; M is made of projections on the span
    of the layers before, which need 2l + d <= m.
    """
    A = s_w * sqrt(2 / m) * gaussian_weights(m, m, seed, layer=2)[0]
    W = sqrt(2 / data.d) * gaussian_weights(m, data.d, seed)[0]
    x = _inputs(data)
    found = adaptive_gaussian(x, A, W, s_w, layers)
    distinct = exactly(0.0 if bool(found.degenerate) else 1.0)
    assume_premise("p, q != 0", at_least(distinct, exactly(0.5)))
    images = torch.stack((found.first, found.second)) @ found.M.T
    gap = (images - found.preactivations).abs().max()
    size = float(found.preactivations.abs().max())
    z_i, z_j = found.features
    products = (sqrt(s_w) if root else s_w**2) / m * (z_i @ z_j)
    expected = products + inputs * (data.x[0] @ data.x[1])
    return every(
        images=at_most(enclosed(gap, 1e-12 * size), exactly(0.0), scale=size),
        products=equal_to(enclosed(found.first @ found.second, 1e-12), enclosed(expected, 1e-12)),
    )


@refuted_claim(
    "Lemma 4, a wrong reading",
    for_all={"s_w": small_decimals(min_value=0.3, max_value=0.35)},
    because="given the earlier layers W is largely known on their span: the third layer is larger",
    witness={"s_w": 0.35},
    text="new",
)
def lemma_4_independence(s_w: float) -> Expectation:
    """The matrix M is independent of h, so that the mean square of M h is 2 E |h|^2.

    Nowhere printed, but easily read into "fresh randomness". For M h = W z^(2) + U x, m = 6 and
    d = 1 it would give E ||M h||^2/m <= 2 (1 + s + s^2) with s = s_w^2. It is right for the layer
    before, since z^(1) does not depend on W.
    """
    s, m, copies = s_w**2, 6, 256

    def sample(seeds: Seeds) -> Approx:
        A = s_w * sqrt(2 / m) * gaussian_weights(copies * m, m, seeds, layer=2)
        A = A.view(-1, copies, m, m)
        entering = sqrt(2) * gaussian_weights(copies, m, seeds).unsqueeze(-2)
        z = entering.relu()
        z = (z @ A.mT + entering).relu()
        square = (z @ A.mT + entering).square().mean(dim=(-3, -2, -1))
        return enclosed(square, 1e-12 * (1 + square))

    bound = exactly(2 * (1 + s + s * s))
    return expectation_at_most(sample, bound, floats_per_seed=copies * m * (m + 1))


@claim(
    "Lemmas 4, 9 and 10, law of M",
    for_all={
        "data": unit_sphere_datasets(min_n=2, max_n=2, max_d=3, min_lambda_0=0.1),
        "s_w": small_decimals(min_value=0.05, max_value=0.35),
        "layers": whole_numbers(min_value=1, max_value=3),
        "power": whole_numbers(min_value=1, max_value=2),
    },
    text="derived",
    depends_on=["ling2023random.lemma_4_identity"],
    mutants=[
        wrong(
            scale=1.1,
            because="the entries of M have the variance 2",
            witness={"data": SLOPE, "s_w": 0.3, "layers": 2, "power": 1},
        ),
    ],
)
def law_of_the_directions(
    data: Dataset, s_w: float, layers: int, power: int, *, scale: float = 1.0
) -> Expectation:
    """The matrix M has independent N(0, 2) entries, although it is made from W's own images.

    Not given the earlier layers, which largely determine W on their span (`lemma_4_independence`),
    but unconditionally: its
    directions are adapted. Tried through means over all its entries: M_rk^2/2 and M_rk^4/12 have
    the mean 1, and per network the variances 2/(m k) and 32/(3 m k) if the law is right.
    """
    m = 24

    def sample(seeds: Seeds) -> Approx:
        A = s_w * sqrt(2 / m) * gaussian_weights(m, m, seeds, layer=2)
        W = sqrt(2 / data.d) * gaussian_weights(m, data.d, seeds)
        found = adaptive_gaussian(_inputs(data).to(W), A, W, s_w, layers)
        moment = (scale * found.M / sqrt(2)).square() ** power
        mean = moment.mean(dim=(-2, -1)) / (1 if power == 1 else 3)
        return enclosed(mean, 1e-11 * (1 + mean))

    count = m * (2 * layers + data.d)
    return expectation_equal(
        sample,
        exactly(1.0),
        variance_at_most=(2 if power == 1 else 32 / 3) / count,
        floats_per_seed=m * (m + data.d),
    )
