"""Section 7 and Appendix D at initialisation: convolutional residual networks, Lemma D.1.

Images have d channels and p pixels; phi collects in every pixel the q pixels of its patch, zeros
past the edges. x^(1) = sqrt(c_sigma/m) sigma(W^(1) phi(x)), x^(h) = x^(h-1) + (c_res/(H sqrt m))
sigma(W^(h) phi(x^(h-1))), f = <a, x^(H)>. Here images are rows of data cut into channels of p
pixels each, with zeros at the end; their norm is 1.
"""

from functools import cache
from math import ceil, exp, log, sqrt

import torch
from torch import Tensor

from certify import enclosed
from claims import claim, misprint, not_executable, reached, wrong
from models import (
    Activation,
    Dataset,
    DeepNetwork,
    activation,
    c_sigma_from,
    conv_recursion,
    deep_features,
    dual,
    initial_network,
    patches,
)
from strategies import (
    activation_names,
    either,
    failure_probabilities,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from theorems.du2019deep.resnet import fourth_moment
from verdicts import (
    Approx,
    Expectation,
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    every,
    exactly,
    expectation_equal,
    with_probability,
)

DATA = either(unit_sphere_datasets(max_n=6, max_d=8), real_datasets(max_n=6))
MIDDLE = Dataset.of(rows=[[0, 1, 0]], labels=[0])
ONE = Dataset.of(rows=[[1]], labels=[0])
EIGHT = Dataset.of(rows=[[1] * 8], labels=[0])
SHALLOW = {"sigma": "sin", "H": 1, "share": 0.01, "delta": 0.1}
BOUNDED = ("sin", "sin+pi/4", "erf", "tanh", "sigmoid")  # |sigma| <= 1


def images(data: Dataset, p: int) -> Tensor:
    """The rows as (n, d, p)."""
    short = -data.d % p
    return torch.nn.functional.pad(data.x, (0, short)).reshape(data.n, -1, p)


def _networks(
    m: int, x: Tensor, seeds: Seeds, H: int, one: Activation, q: int, c_res: float
) -> DeepNetwork:
    d, p = x.shape[1:]
    return initial_network(
        m, d, seeds, H=H, activation=one, architecture="convolutional", c_res=c_res, p=p, q=q
    )


@claim(
    "Patches",
    for_all={
        "data": DATA,
        "p": whole_numbers(min_value=1, max_value=9),
        "q": whole_numbers(min_value=1, max_value=9),
    },
    mutants=[
        wrong(
            fewer=1,
            because="the middle one of three pixels lies in three patches",
            witness={"data": MIDDLE, "p": 3, "q": 3},
        ),
        wrong(
            least=1.01,
            because="a patch of one pixel changes nothing",
            witness={"data": ONE, "p": 1, "q": 1},
        ),
    ],
)
def patch_norms(data: Dataset, p: int, q: int, *, fewer: int = 0, least: float = 1.0) -> Margin:
    """Patches of q pixels repeat an image at least once and at most q times.

    ||x||_F <= ||phi(x)||_F <= sqrt(q) ||x||_F, as section 7 says.
    """
    x = images(data, p)
    before, after = (y.flatten(1).norm(dim=-1) for y in (x, patches(x, q)))
    ratio = after / before
    return every(
        least=at_least(enclosed(ratio.min(), 1e-13), exactly(least)),
        most=at_most(enclosed(ratio.max(), 1e-13), exactly(sqrt(q - fewer))),
    )


@claim(
    "Definition 7.1, first layer",
    for_all={
        "data": unit_sphere_datasets(min_n=2, max_n=2, max_d=8),
        "p": whole_numbers(min_value=1, max_value=4),
        "q": whole_numbers(min_value=1, max_value=3),
        "sigma": activation_names(only=BOUNDED),
    },
    text="derived",
    mutants=[
        misprint(
            printed=True,
            where="Definition 7.1: K^(1) without a sum over the patch",
            because="K^(h) is the covariance of what layer h + 1 is fed, which are patches",
            witness={
                "data": Dataset.of(rows=[[1, 1], [1, 2]], labels=[0, 0]),
                "p": 2,
                "q": 2,
                "sigma": "sin",
            },
        )
    ],
)
def definition_7_1(
    data: Dataset, p: int, q: int, sigma: str, *, printed: bool = False
) -> Expectation:
    """K^(1) is the mean covariance of the patches of the first layer's features, at any width.

    E phi(x_1^(1))_l . phi(x_2^(1))_r = K_12,lr^(1) = sum_t c_sigma E sigma(u_(l+t)) sigma(v_(r+t)),
    (u, v) ~ N(0, K^(0)); here for the two middle pixels. The later layers of the recursion are
    limits; K^(H) has the slip of the index that Definition 5.1 has (B-ERR-7), and the means are
    paired wrongly as in Definition 6.1 (B-ERR-13), both of which are refuted there.
    For |sigma| <= 1 the variance is at most (c_sigma q)^2/m.
    """
    one, m, x, middle = activation(sigma), 512, images(data, p), (p - 1) // 2
    K = conv_recursion(x, one, 2, 0.5, patch_size=q, misprinted_sums=printed)
    reached(m=m)

    def sample(seeds: Seeds) -> Approx:
        network = _networks(m, x, seeds, 1, one, q, 0.5)
        fed = patches(deep_features(x, network)[1], q)[..., middle]
        return enclosed((fed[:, 0] * fed[:, 1]).sum(dim=-1), 1e-9)

    return expectation_equal(
        sample,
        exactly(float(K[1][0, 1, middle, middle])),
        variance_at_most=(one.c_sigma * q) ** 2 / m,
        floats_per_seed=m * q * (x.shape[1] + 2 * p),
        scale=one.c_sigma * q,
    )


@claim(
    "Lemma D.1, first layer",
    for_all={
        "data": DATA,
        "p": whole_numbers(min_value=1, max_value=8),
        "q": whole_numbers(min_value=1, max_value=3),
        "sigma": activation_names(),
    },
    text="derived",
    mutants=[
        wrong(
            least=1.01,
            because="a single pixel has mean square 1",
            witness={"data": ONE, "p": 1, "q": 1, "sigma": "sin"},
        ),
        wrong(
            p_power=0,
            because="eight equal pixels of softplus add up",
            witness={"data": EIGHT, "p": 8, "q": 1, "sigma": "softplus"},
        ),
    ],
)
def lemma_d_1_first_layer(
    data: Dataset, p: int, q: int, sigma: str, *, least: float = 1.0, p_power: int = 1
) -> Margin:
    """The mean square norm M of the first layer lies between constants times 1 and p.

    M_i = E ||x_i^(1)(0)||_F^2 = c_sigma sum_l E sigma(|phi(x_i)_l| z)^2 for unit images. Some pixel
    has 1/sqrt(p) <= |phi(x_i)_l| <= 1, so c_sigma/c_{sigma,1/sqrt p} <= M_i, and
    M_i <= c_sigma (s0^2 p + 2 s0 L sqrt(2/pi) sqrt(pq) + L^2 q) <= p c_sigma (s0 + L sqrt q)^2.
    """
    one = activation(sigma)
    means, _ = _first_layer(images(data, p), one, q)
    low = one.c_sigma / _c_sigma_from(sigma, p)
    high = one.c_sigma * p**p_power * (one.at_zero + one.L * sqrt(q)) ** 2
    return every(
        low=at_least(enclosed(means.min(), 1e-9), exactly(least * low), resolution=1e-7),
        high=at_most(enclosed(means.max(), 1e-9), exactly(high), scale=high),
    )


@cache
def _c_sigma_from(sigma: str, p: int) -> float:
    return c_sigma_from(activation(sigma), 1 / sqrt(p))


def _first_layer(x: Tensor, one: Activation, q: int) -> tuple[Tensor, Tensor]:
    """M_i, and a bound of the variance of one neuron's share, m ||x_ir^(1)||^2."""
    scales = patches(x, q).square().sum(dim=1)
    squares = dual(one, scales.reshape(-1, 1, 1)).reshape(scales.shape)
    fourth = torch.tensor(
        [[fourth_moment(one, sqrt(a)) for a in row] for row in scales.tolist()],
        dtype=torch.float64,
    )
    spreads = (fourth - squares.square()).clamp_min(0.0).sqrt().sum(dim=-1)
    return one.c_sigma * squares.sum(dim=-1), (one.c_sigma * spreads).square()


@claim(
    "Lemma D.1",
    for_all={
        "data": either(unit_sphere_datasets(max_n=3, max_d=8), real_datasets(max_n=3)),
        "p": whole_numbers(min_value=1, max_value=6),
        "q": whole_numbers(min_value=1, max_value=3),
        "sigma": activation_names(),
        "H": whole_numbers(min_value=1, max_value=3),
        "share": small_decimals(min_value=0.01, max_value=1),
        "delta": failure_probabilities(),
    },
    text="derived",
    depends_on=["du2019deep.resnet.lemma_c_1_one_block", "du2019deep.resnet.lemma_c_1_product"],
    mutants=[
        wrong(
            neurons=1,
            because="one channel alone leaves the first layer too small too often",
            witness={"data": ONE, "p": 1, "q": 1, **SHALLOW},
        ),
        wrong(
            first=1.05,
            because="the width buys a first layer within a factor of 2, not of 1.05",
            witness={"data": MIDDLE, "p": 3, "q": 3, **SHALLOW},
        ),
    ],
)
def lemma_d_1(
    data: Dataset,
    p: int,
    q: int,
    sigma: str,
    H: int,
    share: float,
    delta: float,
    *,
    first: float = 2.0,
    neurons: int = 0,
) -> WithProbability:
    """All features of a wide convolutional network have norms bounded by powers of p.

    Let c_w0 = 2 + sqrt q, c = c_res c_w0 L sqrt q <= 1, M_i as above, V_i the variance of m times a
    neuron's share of ||x_i^(1)||_F^2. If m >= (32/9) (n/delta) max_i V_i/M_i^2 and m >= 2
    log(2(H-1)/delta), then with probability >= 1 - delta, for all h = 1..H and i,
    exp(-c) sqrt(M_i)/2 - c_res s0 sqrt p <= ||x_i^(h)(0)||_F <= exp(c) (2 sqrt(M_i)
    + c_res s0 sqrt p). V_i <= c_sigma^2 (sum_l std sigma(|phi(x_i)_l| z)^2)^2, which is used.
    Derived as for Lemma C.1. The paper takes sigma(0) = 0 (B-ERR-10) and leaves poly(p) open.
    """
    one, x = activation(sigma), images(data, p)
    c_res = min(0.99, share / ((2 + sqrt(q)) * one.L * sqrt(q)))
    c = c_res * (2 + sqrt(q)) * one.L * sqrt(q)
    means, variances = _first_layer(x, one, q)
    spread = float((variances / means.square()).max())
    bounded = 2 * log(max(2, 2 * (H - 1)) / delta)
    m = neurons or ceil(max(32 / 9 * spread * data.n / delta, bounded))
    reached(m=m)
    root, more = means.sqrt(), c_res * one.at_zero * sqrt(p)
    low, high = exp(-c) * root / first - more, exp(c) * (first * root + more)

    def event(seeds: Seeds) -> Margin:
        network = _networks(m, x, seeds, H, one, q, c_res)
        layers = deep_features(x, network)[1:]
        norms = torch.stack([y.flatten(2).norm(dim=-1) for y in layers], dim=1)
        least, most = (norms - low.to(norms)).amin(dim=(1, 2)), (norms - high.to(norms))
        return every(
            low=at_least(enclosed(least, 1e-9), exactly(0.0)),
            high=at_most(enclosed(most.amax(dim=(1, 2)), 1e-9), exactly(0.0)),
        )

    normals = m * q * (x.shape[1] + (H - 1) * m)
    return with_probability(1 - delta, event, floats_per_seed=normals + m * p * H * data.n)


lemma_d_2 = not_executable(
    "Lemma D.2",
    where="Appendix D",
    reason="lambda_min(G^(H)(0)) >= 3 lambda_0/4 at m = Omega(n^2 p^2 log(Hn/delta)/lambda_0^2), "
    "the constant being that of Theorem E.1 for laws on p x p blocks, which nobody states",
)
