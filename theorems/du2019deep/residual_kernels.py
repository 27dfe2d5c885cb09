"""Section 6 and Appendix F.2: the limit Gram matrices of the residual network, and its depth.

Errata: B-ERR-5 is Lemma F.3, B-ERR-13 the means in Definitions 6.1 and 7.1. Besides, lambda(K) is
printed without its lambda_min, and the bounds of K_ii as 1/c_x0^2 and c_x0 (for c_x0^2).
"""

from math import exp, pi, sqrt

import torch
from torch import Tensor

from certify import enclosed, lambda_min
from claims import assume_premise, claim, misprint, wrong
from models import (
    Activation,
    Dataset,
    activation,
    dual_derivative,
    resnet_recursion,
)
from strategies import (
    activation_names,
    either,
    orthonormal_datasets,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from verdicts import Approx, Margin, at_least, equal_to, every, exactly

SLACK = 1e-9  # of a residual recursion: its kernels are good to 1e-11, and grow by a constant
AXES = Dataset.of(rows=[[1, 0], [0, 1]], labels=[0, 0])
CLOSED = ("sin+pi/4", "sin", "erf")  # deep recursions of these are cheap


@claim(
    "Definition 6.1",
    for_all={
        "data": unit_sphere_datasets(min_n=2, max_n=2),
        "norm": small_decimals(min_value=0.5, max_value=3),
        "sigma": activation_names(),
        "c_res": small_decimals(min_value=0.1, max_value=0.9),
    },
    mutants=[
        misprint(
            paired=True,
            where="p. 7: b_i sigma(u) + b_j sigma(v); likewise Definition 7.1",
            because="u belongs to x_i: the feature of x_i meets the other input's sigma(v)",
            witness={"data": AXES, "norm": 2.0, "sigma": "softplus", "c_res": 0.9},
        ),
    ],
)
def definition_6_1(
    data: Dataset, norm: float, sigma: str, c_res: float, *, paired: bool = False
) -> Margin:
    """The recursion of K^(h) gives the covariance of the features after a residual block.

    If features x, x' have means b_1, b_2 and second moments K^(h-1), and (u, v) ~ N(0, K^(h-1)) is
    independent of them, then with c = c_res/H
    E (x + c sigma(u)) (x' + c sigma(v)) = K_12^(h-1) + c (b_1 E sigma(v) + b_2 E sigma(u))
    + c^2 E sigma(u) sigma(v).
    The left side is summed up directly, for h = 2, H = 3 and x = b +- root. The paper pairs b_1
    with sigma(u): the same where all inputs have one norm, as in Theorem 6.1; so only inputs of
    different norms (|x_2| = norm) refute it, and the pixels of a convolutional network. One row x
    stands for the pair of x and norm x.
    """
    one = activation(sigma)
    x = data.x * torch.tensor([[1.0], [norm]], dtype=torch.float64)
    K, b = resnet_recursion(x, one, 3, c_res, misprinted_means=paired)
    direct = _block_covariance(K[1], b[0], one, c_res / 3)
    size = exactly(float(K[2].diagonal().max()))
    return equal_to(
        enclosed(K[2][0, 1], SLACK), enclosed(direct, SLACK), scale=size, resolution=1e-7
    )


def _block_covariance(K: Tensor, b: Tensor, one: Activation, c: float) -> Tensor:
    """E (X_1 + c sigma(u)) (X_2 + c sigma(v)), X = b +- columns of a root of K - b b^T."""
    nodes = torch.arange(-9.5, 9.55, 0.1, dtype=torch.float64)
    weights = (-nodes.square() / 2).exp() * 0.1 / sqrt(2 * pi)
    first = K[0, 0].sqrt()
    own = (K[1, 1] - (K[0, 1] / first) ** 2).clamp_min(0.0).sqrt()
    u = one.value(first * nodes).unsqueeze(1)
    v = one.value(K[0, 1] / first * nodes.unsqueeze(1) + own * nodes)
    joint = weights.unsqueeze(1) * weights
    eigenvalues, vectors = torch.linalg.eigh(K - b.outer(b))
    root = vectors * eigenvalues.clamp_min(0.0).sqrt()
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=torch.float64)] * 2)
    corners = [b + root @ sign for sign in signs]
    sums = [(joint * (X[0] + c * u) * (X[1] + c * v)).sum() for X in corners]
    return torch.stack(sums).mean()


@claim(
    "Lemma F.3",
    for_all={
        "data": unit_sphere_datasets(min_n=2, max_n=6),
        "sigma": activation_names(),
        "H": whole_numbers(min_value=2, max_value=6),
        "c_res": small_decimals(min_value=0.01, max_value=0.99),
    },
    mutants=[
        misprint(
            base="K^(0)",
            where="p. 41, (20) on p. 42: D^(1) is taken for the identity, yet defined as 0",
            because="one layer of softplus alone brings orthogonal inputs nearer",
            witness={"data": AXES, "sigma": "softplus", "H": 2, "c_res": 0.5},
        ),
        wrong(growth=1.02, because="with a small c_res a layer changes hardly anything"),
    ],
)
def lemma_f_3(
    data: Dataset,
    sigma: str,
    H: int,
    c_res: float,
    *,
    base: str = "K^(1) - b b^T",
    growth: float = 1.0,
) -> Margin:
    """Residual blocks do not bring inputs nearer; the first layer, which has no skip, may.

    Let lambda(K) be the least eigenvalue of all 2 x 2 blocks of K, and M^(h) = K^(h) - b^(h)b^(h)T.
    For 1 <= h < H: lambda(K^(h)) >= lambda(M^(h)) >= lambda(M^(h-1)) >= ... >= lambda(M^(1)).
    The paper prints lambda(K^(0)) at the end, which is false for softplus, its own example: D^(1)
    would have to be the identity, x^(1) = x + ..., and section E has D^(1) = 0.
    """
    K, b = resnet_recursion(data.x, activation(sigma), H, c_res)
    centred = [_pair_eigenvalue(k - c.outer(c)) for k, c in zip(K[1:H], b, strict=True)]
    first = _pair_eigenvalue(K[0]) if base == "K^(0)" else centred[0]
    parts = {}
    for h, (k, own) in enumerate(zip(K[1:H], centred, strict=True), start=1):
        parts[f"base {h}"] = at_least(_pair_eigenvalue(k), first)
        parts[f"bias {h}"] = at_least(_pair_eigenvalue(k), own)
        if h > 1:
            parts[f"layer {h}"] = at_least(own, growth * centred[h - 2])
    return every(**parts)


def _pair_eigenvalue(K: Tensor) -> Approx:
    """The least eigenvalue of all 2 x 2 blocks: (p + q)/2 - sqrt((p - q)^2/4 + K_ij^2)."""
    i, j = torch.triu_indices(len(K), len(K), offset=1)
    p, q = K.diagonal()[i], K.diagonal()[j]
    least = (p + q) / 2 - torch.hypot((p - q) / 2, K[i, j])
    return enclosed(least.min(), SLACK / 4)


@claim(
    "Proposition F.2",
    for_all={
        "data": either(
            unit_sphere_datasets(min_n=2, max_n=2, min_lambda_0=0.02),
            real_datasets(min_n=2, max_n=2, min_lambda_0=0.02),
            orthonormal_datasets(min_n=2, max_n=4, min_d=2),
        ),
        "sigma": activation_names(only=(*CLOSED, "softplus", "tanh")),
        "H": whole_numbers(min_value=2, max_value=24),
        "c_res": small_decimals(min_value=0.01, max_value=0.9),
    },
    text="derived",
    depends_on=["du2019deep.residual_kernels.lemma_f_3"],
    mutants=[
        wrong(
            H_power=0,
            because="the gradient of a layer carries the factor c_res/H",
            witness={"data": AXES, "sigma": "sin+pi/4", "H": 10, "c_res": 0.1},
        ),
        wrong(
            H_power=1,
            because="the gradient of a layer carries the factor c_res/H, its Gram matrix twice",
            witness={"data": AXES, "sigma": "sin+pi/4", "H": 40, "c_res": 0.1},
        ),
    ],
)
def proposition_f_2(data: Dataset, sigma: str, H: int, c_res: float, *, H_power: int = 2) -> Margin:
    """The least eigenvalue of a residual network's K^(H) falls as 1/H^2, no faster.

    lambda_min(K^(H)) >= (c_res^2/H^2) kappa with a kappa > 0 that no H enters. The paper has kappa
    from compactness; for unit inputs it becomes explicit (derived). All K_ii^(h) are one k, in
    [k_min, k_max] with k_min = min_i M_ii^(1), sqrt(k_max) = (1 + s0/L) exp(c_res L) - s0/L, and
    all |K_ij| <= k - lambda_1, lambda_1 = lambda(M^(1)) of Lemma F.3. By the Hermite series of
    sigma', with a row sum of at most (n - 1) (k - lambda_1)/k:
    kappa = ((n - 1) lambda_1 - (n - 2) k_max) min_k E sigma'(sqrt(k) z)^2; positive for n = 2.
    """
    one = activation(sigma)
    K, b = resnet_recursion(data.x, one, H, c_res)
    centred = K[1] - b[0].outer(b[0])
    k_max = ((1 + one.at_zero / one.L) * exp(c_res * one.L) - one.at_zero / one.L) ** 2
    curved = _least_slope(one, float(centred.diagonal().min()), k_max)
    n = data.n
    kappa = ((n - 1) * _pair_eigenvalue(centred) - (n - 2) * k_max) * curved
    assume_premise("kappa > 0", at_least(kappa, exactly(1e-6)))
    share = (c_res**2 / float(H) ** H_power) * kappa
    least = lambda_min(K[-1], entries=SLACK * (c_res / H) ** 2)
    return at_least(least, share, scale=share)


def _least_slope(one: Activation, low: float, high: float) -> Approx:
    """The least E sigma'(s z)^2, s^2 in [low, high]; its slope in s is at most 2 L beta E |z|."""
    s = torch.linspace(sqrt(max(low, 0.0)), sqrt(high), 65, dtype=torch.float64)
    values = dual_derivative(one, s.square().reshape(-1, 1, 1))
    step = float(s[1] - s[0])
    least = float(values.min())
    return Approx(least - one.L * one.beta * sqrt(2 / pi) * step - 1e-10, least)
