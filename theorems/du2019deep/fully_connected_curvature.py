"""Appendix B, Lemma B.2: the curvature lambda_min(G^(H)(0)) of a wide network at initialisation.

lambda_0 = lambda_min(K^(H)). The widths are derived from the paper's proof: for one hidden layer
here, for more of them with the constants Lam, Lam' of Lemma G.4 (see `lemma_b_2_two_layers`).
"""

from functools import partial
from math import ceil, log, pi, sqrt

import torch
from torch import Tensor

from certify import lambda_min
from claims import claim, not_executable, reached, wrong
from models import (
    Dataset,
    DeepNetwork,
    activation,
    features_in_law,
    fully_connected_errors,
    fully_connected_recursion,
    gaussian_outputs,
    gaussian_weights,
    gram,
    initial_network,
    last_layer_gram,
    norm_slope,
    norm_variance,
)
from strategies import (
    activation_names,
    either,
    failure_probabilities,
    real_datasets,
    unit_sphere_datasets,
)
from verdicts import Approx, Margin, Seeds, WithProbability, at_least, with_probability

ABSOLUTE = sqrt(2 / pi)  # E |z|
ONE = Dataset.of(rows=[[1]], labels=[0])
NOT_PARALLEL = either(
    unit_sphere_datasets(max_n=4, min_lambda_0=0.1, antiparallel="forbidden"),
    real_datasets(max_n=4, min_lambda_0=0.1),
)


def _root(K: Tensor) -> Tensor:
    """Rows whose Gram matrices are K: inputs of n coordinates in place of d, or m."""
    eigenvalues, vectors = torch.linalg.eigh(K)
    root: Tensor = vectors * eigenvalues.clamp_min(0.0).sqrt().unsqueeze(-2)
    return root


def _limit(data: Dataset, sigma: str, H: int) -> Approx:
    """lambda_0 = lambda_min(K^(H))."""
    one = activation(sigma)
    K = fully_connected_recursion(data.x, one, H)
    return lambda_min(K[H], entries=float(fully_connected_errors(K, one)[H]))


@claim(
    "Lemma B.2, H = 1",
    for_all={"data": NOT_PARALLEL, "sigma": activation_names(), "delta": failure_probabilities()},
    text="derived",
    mutants=[
        wrong(
            neurons=1,
            because="a_1^2 sigma'(w_1.x)^2 is below 3/4 of its mean in most draws",
            witness={"data": ONE, "sigma": "tanh", "delta": 0.25},
        ),
        wrong(
            factor=0.999,
            because="lambda_min(G^(1)(0)) is below its limit half the time",
            witness={"data": ONE, "sigma": "tanh", "delta": 0.1},
        ),
    ],
)
def lemma_b_2(
    data: Dataset,
    sigma: str,
    delta: float,
    *,
    width: float = 312.0,
    factor: float = 0.75,
    neurons: int = 0,
) -> WithProbability:
    """A wide network of one hidden layer inherits the curvature of the limit kernel.

    If m >= 312 n^2 c_sigma^2 L^4 log(2n(n+1)/delta) / lambda_0^2 and a_r ~ N(0, 1), then with
    probability >= 1 - delta: lambda_min(G^(1)(0)) >= 3/4 lambda_0, lambda_0 = lambda_min(K^(1)).

    Derived: |G_ij - K_ij| <= c_sigma L^2 (3.42 sqrt(t/m) + 2t/m), t being that logarithm, by the
    tail of a weighted chi-square (for a_r^2, which is not bounded) and Hoeffding's inequality.
    """
    lambda_0, one = _limit(data, sigma, 1), activation(sigma)
    t = log(2 * data.n * (data.n + 1) / delta)
    m = neurons or ceil(width * (data.n * one.c_sigma * one.L**2) ** 2 * t / lambda_0.low**2)
    return _curved(data, sigma, m, factor * lambda_0, delta, signs=False)


@claim(
    "Lemma B.2, H = 1, signs",
    for_all={"data": NOT_PARALLEL, "sigma": activation_names(), "delta": failure_probabilities()},
    text="derived",
    mutants=[
        wrong(
            neurons=1,
            because="sigma'(w_1.x)^2 is below 3/4 of its mean in half of the draws",
            witness={"data": ONE, "sigma": "tanh", "delta": 0.25},
        ),
        wrong(
            factor=0.999,
            because="lambda_min(G^(1)(0)) is below its limit half the time",
            witness={"data": ONE, "sigma": "tanh", "delta": 0.1},
        ),
    ],
)
def lemma_b_2_signs(
    data: Dataset,
    sigma: str,
    delta: float,
    *,
    width: float = 32.0,
    factor: float = 0.75,
    neurons: int = 0,
) -> WithProbability:
    """The same for output weights a_r = +-1, a tenth as wide.

    If m >= 32 n^2 c_sigma^2 L^4 log(n(n+1)/delta) / lambda_0^2, or 8 for 32 where sigma is
    monotone, then with probability >= 1 - delta: lambda_min(G^(1)(0)) >= 3/4 lambda_0.

    Derived by Hoeffding's inequality alone: a_r^2 = 1, and sigma' sigma' lies in [-L^2, L^2], in
    [0, L^2] for a monotone sigma. The initialisation of lectures on the paper.
    """
    lambda_0, one = _limit(data, sigma, 1), activation(sigma)
    share = 0.25 if sigma in ("erf", "tanh", "softplus", "sigmoid") else 1.0
    t = share * log(data.n * (data.n + 1) / delta)
    m = neurons or ceil(width * (data.n * one.c_sigma * one.L**2) ** 2 * t / lambda_0.low**2)
    return _curved(data, sigma, m, factor * lambda_0, delta, signs=True)


def _curved(
    data: Dataset, sigma: str, m: int, floor: Approx, delta: float, *, signs: bool
) -> WithProbability:
    """Lambda_min(G^(1)(0)) >= floor with probability >= 1 - delta."""
    x, one = _root(gram(data.x)), activation(sigma)
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        draw = partial(initial_network, m, data.n, seeds, H=1, activation=one)
        network = draw(outputs="signs") if signs else draw()
        G = last_layer_gram(x.to(network.a), network)
        return at_least(lambda_min(G, entries=1e-9), floor)

    return with_probability(1 - delta, event, floats_per_seed=m * (data.n + 1))


def _two_layer_width(sigma: str, n: int, lambda_0: float, delta: float) -> int:
    """The least m of Lemma B.2 at H = 2."""
    one, pairs = activation(sigma), n * (n + 1)
    fourth = norm_variance(one) + (1 + norm_slope(one) / 2) ** 2
    spread = one.beta * one.L * ABSOLUTE + one.beta**2 * sqrt(3 / 2)
    moved = one.L**2 + one.beta**2 + spread * sqrt(2)
    t = log(4 * pairs / delta)

    def enough(m: float) -> bool:
        eps = sqrt(fourth * pairs / (delta * m))
        noise = (1 + eps) * one.L**2 * (3.42 * sqrt(t / m) + 2 * t / m)
        return eps <= 0.5 and n * one.c_sigma * (moved * eps + noise) <= lambda_0 / 4

    # Both sides fall in m, so that a thousandth more than the least m is found by steps.
    m = 16.0
    while not enough(m):
        m *= 1.001
    return ceil(m)


@claim(
    "Lemma B.2, H = 2",
    for_all={
        "data": either(
            unit_sphere_datasets(max_n=2, min_lambda_0=0.1, antiparallel="forbidden"),
            real_datasets(max_n=2, min_lambda_0=0.1),
        ),
        "sigma": activation_names(),
    },
    text="derived",
    share=3,
    depends_on=["du2019deep.fully_connected.lemma_b_1", "du2019deep.gaussian.lemma_g_4"],
    mutants=[
        wrong(
            neurons=2,
            because="a_r^2 of two neurons is small together in most draws",
            witness={"data": ONE, "sigma": "tanh"},
        ),
    ],
)
def lemma_b_2_two_layers(
    data: Dataset, sigma: str, *, factor: float = 0.75, neurons: int = 0, delta: float = 0.5
) -> WithProbability:
    """A wide network of two hidden layers inherits the curvature of the limit kernel.

    With |Khat^(1) - K^(1)|_inf <= eps = sqrt(V_4 n (n+1)/(delta m)) <= 1/2 at odds delta/2, and
    n c_sigma ((L^2 + Lam') eps + L^2 (1 + eps) (3.42 sqrt(t/m) + 2t/m)) <= lambda_0/4 with
    t = log(4n(n+1)/delta): with probability >= 1 - delta, lambda_min(G^(2)(0)) >= 3/4 lambda_0.

    Derived: V_4 = V + (1 + C*/2)^2 bounds c_sigma^2 E sigma^4 at variances in [1/2, 3/2], Lam' =
    beta^2 + (beta L sqrt(2/pi) + beta^2 sqrt(3/2)) sqrt(2) is Lemma G.4's for sigma'. The least
    such m is 4000 to 43000 at n = 1, and 2 10^5 to 4 10^6 for two orthonormal inputs.
    """
    one, n = activation(sigma), data.n
    lambda_0 = _limit(data, sigma, 2)
    m = neurons or _two_layer_width(sigma, n, lambda_0.low, delta)
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        features = features_in_law(data.x, one, 1, m, seeds)[0]
        W = gaussian_weights(m, n, seeds, layer=2)
        network = DeepNetwork((W,), gaussian_outputs(m, seeds), one)
        G = last_layer_gram(_root(features.mT @ features / m), network)
        return at_least(lambda_min(G, entries=1e-9), factor * lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=m * (data.d + 2 * n + 1))


lemma_b_2_deeper = not_executable(
    "Lemma B.2, H >= 3",
    where="Appendix B",
    reason="the width derived for two layers grows by Lam^2 = c_sigma^2 (L^2 + beta (s0 + L "
    "sqrt(3/pi)))^2 with each layer, about 30 for sin(z + pi/4), to 10^6 and more; the features "
    "alone are Theorem E.1, the last layer on given features is Lemma E.1",
)
