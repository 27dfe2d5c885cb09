"""Definitions 5.1 and 7.1, their last lines, and Lemma E.1: the last hidden layer's G^(H).

G_ij^(H) = x_i.x_j (c_sigma/m) sum_r a_r^2 sigma'(w_r.x_i) sigma'(w_r.x_j) for the features x_i, x_j
of the layer before, w_r ~ N(0, I), a_r ~ N(0, 1). B-ERR-7 is the index in its limit K^(H).
"""

from math import ceil, log, pi, sqrt

import torch
from torch import Tensor

from certify import enclosed, lambda_min, spectral_norm
from claims import assume_premise, claim, misprint, reached, wrong
from models import (
    Activation,
    Dataset,
    activation,
    conv_recursion,
    dual_derivative,
    fully_connected_recursion,
    gaussian_outputs,
    gaussian_weights,
)
from strategies import (
    activation_names,
    either,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from verdicts import (
    Approx,
    Expectation,
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    exactly,
    expectation_equal,
    with_probability,
)

SIXTY_DEGREES = Dataset.of(rows=[[1, 0, 0, 0], [1, 1, 1, 1]], labels=[0, 0])
ONE = Dataset.of(rows=[[1]], labels=[0])
PIXELS = Dataset.of(rows=[[1, 0, 0], [1, 1, 1]], labels=[0, 0])


def _last_layer(z: Tensor, one: Activation, m: int, seeds: Seeds) -> Tensor:
    """G^(H) of inputs z to the last layer, at Gaussian weights: (s, n, n)."""
    w = gaussian_weights(m, z.shape[1], seeds)
    z = z.to(w)
    slopes = one.derivative(w @ z.T)
    weighted = gaussian_outputs(m, seeds).unsqueeze(-1) * slopes
    return one.c_sigma / m * (z @ z.T) * (weighted.mT @ weighted)


def _root(K: Tensor) -> Tensor:
    """Rows whose Gram matrix is K."""
    eigenvalues, vectors = torch.linalg.eigh(K)
    root: Tensor = vectors * eigenvalues.clamp_min(0.0).sqrt()
    return root


@claim(
    "Definition 5.1",
    for_all={
        "data": unit_sphere_datasets(min_n=2, max_n=4),
        "sigma": activation_names(),
        "H": whole_numbers(min_value=2, max_value=4),
    },
    mutants=[
        misprint(
            printed_index=True,
            where="p. 6: A^(H-1) in the last line; likewise Definitions 6.1 and 7.1",
            because="A^(H-1) is the block of K^(H-2): the last layer sees the features of H - 1",
            witness={"data": SIXTY_DEGREES, "sigma": "softplus", "H": 2},
        ),
        wrong(
            c_power=0,
            because="without c_sigma the last layer is scaled otherwise than the others",
            witness={"data": SIXTY_DEGREES, "sigma": "sin", "H": 2},
        ),
    ],
)
def definition_5_1(
    data: Dataset, sigma: str, H: int, *, printed_index: bool = False, c_power: int = 1
) -> Expectation:
    """The last line of the recursion is the mean of G^(H) at features with the limit covariance.

    If x_i^(H-1) . x_j^(H-1) = K_ij^(H-1), w_r ~ N(0, I) and a_r ~ N(0, 1), then
    E G_12^(H) = K_12^(H) = c_sigma K_12^(H-1) E sigma'(u) sigma'(v), (u, v) ~ N(0, K^(H-1)). The
    print takes K^(H-2) for the law of (u, v). Var G_12 <= 3 c_sigma^2 K_12^2 L^2 E sigma'(u)^2/m.
    """
    one, m = activation(sigma), 2048
    K = fully_connected_recursion(data.x, one, H, misprinted_index=printed_index)
    z = _root(fully_connected_recursion(data.x, one, H)[H - 1])
    reached(m=m)
    slope = one.c_sigma * abs(float(z[0] @ z[1])) * one.L
    spread = float(dual_derivative(one, K[H - 1]).max())

    def sample(seeds: Seeds) -> Approx:
        return enclosed(_last_layer(z, one, m, seeds)[:, 0, 1], 1e-9)

    return expectation_equal(
        sample,
        exactly(float(K[H][0, 1]) * one.c_sigma ** (c_power - 1)),
        variance_at_most=max(3 * slope**2 * spread / m, 1e-6),
        floats_per_seed=m * (data.n + 1),
    )


@claim(
    "Definition 7.1",
    for_all={
        "data": unit_sphere_datasets(min_n=2, max_n=2, min_d=2, max_d=4),
        "sigma": activation_names(),
        "H": whole_numbers(min_value=2, max_value=3),
        "q": whole_numbers(min_value=1, max_value=3),
    },
    mutants=[
        misprint(
            scaled=False,
            where="p. 8: K^(H) = tr(M^(H)), without the c_res^2/H^2 of Definition 6.1",
            because="the gradient of the last layer carries the factor c_res/H",
            witness={"data": PIXELS, "sigma": "softplus", "H": 2, "q": 3},
        ),
        wrong(
            printed_index=True,
            because="A^(H-1) is the block of K^(H-2), the misprint of Definition 5.1 once more",
            witness={"data": PIXELS, "sigma": "erf", "H": 2, "q": 3},
        ),
    ],
)
def definition_7_1(
    data: Dataset,
    sigma: str,
    H: int,
    q: int,
    *,
    c_res: float = 0.5,
    scaled: bool = True,
    printed_index: bool = False,
) -> Expectation:
    """The last line for convolutional networks is the mean of G^(H) at the limit covariance.

    If the patches z_il of x_i^(H-1) have z_il . z_jr = K_ij,lr^(H-1), w_r ~ N(0, I), a_rl ~ N(0, 1)
    for every pixel l, and f = <a, x^(H)>, then
    E G_12^(H) = K_12^(H) = (c_res/H)^2 sum_l K_12,ll^(H-1) E sigma'(u_l) sigma'(v_l).
    One channel, d pixels, patches of q. Var G_12 <= 3 (c_res/H)^4 L^4 (sum_lr |K_12,lr|)^2/m.
    """
    one, m, c = activation(sigma), 256, c_res / H
    x, p = data.x.unsqueeze(1), data.d
    K = conv_recursion(x, one, H, c_res, patch_size=q, misprinted_index=printed_index)
    near = K[H - 1]
    z = _root(near.transpose(1, 2).reshape(2 * p, 2 * p))
    size = c**2 * max(float(near[0, 1].abs().sum()), 1e-3)
    reached(m=m)

    def sample(seeds: Seeds) -> Approx:
        w = gaussian_weights(m, 2 * p, seeds)
        slopes = one.derivative(w @ z.to(w).T).reshape(-1, m, 2, p)
        pulled = gaussian_outputs(m * p, seeds).reshape(-1, m, 1, p) * slopes
        products = (pulled[..., 0, :] @ near[0, 1].to(w)) * pulled[..., 1, :]
        return enclosed(c**2 * products.sum(dim=-1).mean(dim=-1), 1e-9)

    return expectation_equal(
        sample,
        exactly(float(K[H][0, 1]) / (1 if scaled else c**2)),
        variance_at_most=3 * size**2 * one.L**4 / m,
        floats_per_seed=4 * m * p,
        scale=size,
        resolution=0.05,
    )


@claim(
    "Lemma E.1",
    for_all={
        "data": either(
            unit_sphere_datasets(max_n=2, min_lambda_0=0.1, antiparallel="forbidden"),
            real_datasets(max_n=2, min_lambda_0=0.1),
        ),
        "sigma": activation_names(),
        "H": whole_numbers(min_value=1, max_value=3),
        "on": small_decimals(min_value=-1, max_value=1),
        "off": small_decimals(min_value=-1, max_value=1),
    },
    text="derived",
    depends_on=["du2019deep.gaussian.lemma_g_4_derivative"],
    mutants=[
        wrong(
            width=1.0,
            because="a_r^2 sigma'^2 of seven neurons fluctuates by half of its mean",
            witness={"data": ONE, "sigma": "sin", "H": 1, "on": 0.0, "off": 0.0},
        ),
        wrong(
            nearness=30.0,
            because="features of squared norm 1.5 have another kernel",
            witness={"data": ONE, "sigma": "sin", "H": 1, "on": 1.0, "off": 0.0},
        ),
    ],
)
def lemma_e_1(
    data: Dataset,
    sigma: str,
    H: int,
    on: float,
    off: float,
    *,
    delta: float = 0.5,
    width: float = 1248.0,
    nearness: float = 1.0,
) -> WithProbability:
    """Features near their limit and a wide last layer make G^(H)(0) near K^(H).

    If |Khat^(H-1) - K^(H-1)|_inf <= c lambda_0/n with c = 1/(8 c_sigma (L^2 + Lam')) (the paper has
    c lambda_0/n^2, which is less than that) and m >= 1248 n^2 c_sigma^2 L^4 t/lambda_0^2,
    t = log(2n(n+1)/delta), then with probability >= 1 - delta over w_r and a_r
    ||G^(H)(0) - K^(H)||_2 <= lambda_0/4. Khat = K + c lambda_0/n times `on` and `off` the diagonal.

    Derived: Lam' is the constant of G.4 for sigma' with variances in [7/8, 9/8]; a_r^2 is not
    bounded, so the weighted chi-square tail joins Hoeffding's, 3.42 sqrt(t/m) + 2t/m an entry. The
    display that defines Khat^(H) prints Khat^(H-1) on its left. In `quick` at n = 1, delta = 1/2.
    """
    n, one = data.n, activation(sigma)
    K = fully_connected_recursion(data.x, one, H)
    lambda_0 = lambda_min(K[H], entries=1e-9)
    moved = one.beta * one.L * sqrt(2 / pi) / sqrt(7 / 8) + one.beta**2 * (1 + sqrt(9 / 7))
    c = nearness / (8 * one.c_sigma * (one.L**2 + moved))
    direction = off + (on - off) * torch.eye(n, dtype=torch.float64)
    near = K[H - 1] + c * lambda_0.low / n * direction
    assume_premise("Khat is a Gram matrix", at_least(lambda_min(near), exactly(0.0)))
    t = log(2 * n * (n + 1) / delta)
    m = ceil(width * n**2 * one.c_sigma**2 * one.L**4 * t / lambda_0.low**2)
    reached(m=m)
    z = _root(near)

    def event(seeds: Seeds) -> Margin:
        distance = spectral_norm(_last_layer(z, one, m, seeds).cpu() - K[H], entries=1e-9)
        return at_most(distance, lambda_0 / 4, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=m * (n + 1))
