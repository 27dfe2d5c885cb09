"""Theorem 5.1: gradient descent trains wide fully connected networks.

The paper's width and step size hide constants in Omega and O, and 2^O(H). Made explicit here for
one hidden layer: a certificate that one look at the start gives, at any width, and the theorem at
the width that its proof then asks for. Deeper networks are trained beyond that regime.
"""

from math import sqrt

import torch
from torch import Tensor

from certify import lambda_max, lambda_min
from claims import assume_premise, claim, reached, wrong
from dynamics import deep_descent
from models import (
    Activation,
    Dataset,
    DeepStart,
    activation,
    deep_features,
    deep_predictions,
    fully_connected_errors,
    fully_connected_recursion,
    initial_network,
    last_layer_gram,
    layer_grams,
    output_norm,
)
from strategies import (
    activation_names,
    deep_starts,
    either,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
    widths,
)
from theorems.du2019deep._certified_fully_connected import OneLayer, first_layer_definite
from verdicts import (
    Approx,
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    decays,
    every,
    exactly,
    largest,
    with_probability,
)

ONE = Dataset.of(rows=[[1]], labels=[1])
BENT = DeepStart.of(rows=[[1]], weights=[[[1]]], outputs=[1], residual=[1], activation="tanh")
FLAT = DeepStart.of(rows=[[1]], weights=[[[0]]], outputs=[1], residual=[1], activation="tanh")


@claim(
    "Certificate for Theorem 5.1, H = 1",
    for_all={
        "start": deep_starts(
            data=either(
                unit_sphere_datasets(max_n=6, min_lambda_0=0.01, antiparallel="forbidden"),
                real_datasets(max_n=6),
            ),
            max_m=300,
            max_H=1,
        ),
        "step": small_decimals(min_value=0.1, max_value=1),
        "share": small_decimals(min_value=0.1, max_value=1),
    },
    topics=["training"],
    text="derived",
    depends_on=["du2019deep.fully_connected_steps.lemma_b_6"],
    mutants=[
        wrong(
            over=3.0,
            because="a step beyond 2/lambda_max(G(0)) makes the loss grow at once",
            witness={"start": BENT, "step": 1.0, "share": 0.1},
        ),
        wrong(
            shrink=1.6,
            because="n = 1 without features decays at 2 lambda_min(G^(1)) = 1.5 lambda",
            witness={"start": FLAT, "step": 0.1, "share": 0.1},
        ),
        wrong(
            radius=1.0,
            because="n = 1 without features moves its neuron by a third of the radius",
            witness={"start": FLAT, "step": 1.0, "share": 0.1},
        ),
        wrong(
            best=True,
            because="sigma(z) = z at x and -x: u(x) + u(-x) = 0 for all weights",
            witness={
                "start": DeepStart.of(
                    rows=[[1], [-1]],
                    weights=[[[1]]],
                    outputs=[1],
                    residual=[1, 1],
                    activation="identity",
                ),
                "step": 1.0,
                "share": 1.0,
            },
        ),
    ],
)
def certificate(
    start: DeepStart,
    step: float,
    share: float,
    *,
    shrink: float = 0.5,
    radius: float = 4.0,
    over: float = 0.0,
    best: bool = False,
    steps: int = 60,
) -> Margin:
    """One look at the initialised network certifies gradient descent for every step.

    Let lambda = 4/3 lambda_min(G^(1)(0)) > 0, A2 = ||a(0)||/sqrt(m), A42 = (sum_r a_r^4/m)^(1/2),
    X = max ||x_i^(1)(0)||, q = max(sqrt(c_sigma) L (A2 + rho), X + sqrt(c_sigma) L rho), rho =
    4 q sqrt(n) ||e_0||/(lambda sqrt(m)) and I = n^(3/2) sqrt(c_sigma) (L/sqrt(m) + beta (A2 +
    rho)/2) q^2. If n c_sigma rho (L^2 (2 A2 + rho) + 2 L beta A42) <= lambda/4 and eta <=
    min(lambda/(8 I ||e_0||), lambda/(8 (2 n q^2 + lambda/8)^2), 2/lambda), then for all k
    ||e_k||^2 <= (1 - eta lambda/2)^k ||e_0||^2, and W and a move by at most rho sqrt(m).

    Derived from B.5 to B.7 for one hidden layer, both layers trained, at any width. rho is a share
    of the largest that the premise allows, which gives ||e_0||; checked for 60 steps.
    """
    one, root_n = activation(start.recipe["activation"]), sqrt(start.n)
    kernel = last_layer_gram(start.x, start.network)
    least, most = lambda_min(kernel), lambda_max(kernel)
    if not best:
        definite = first_layer_definite(start)
        assume_premise("lambda > 0", at_least(least, 1e-4 * most + 1e-8, proof=definite))
    lambda_ = (most if best else least).low / 0.75
    rho = 0.999 * share * _largest_rho(start, one, lambda_)
    q = _largest_gradient(start, one, rho)
    length = rho * lambda_ * sqrt(start.m) / (radius * q * root_n)
    bend = one.L / sqrt(start.m) + one.beta * (_size(start, 2) + rho) / 2
    curved = start.n * root_n * sqrt(one.c_sigma) * bend * q**2
    eta = step * _largest_step(lambda_, curved * length, start.n * q**2)
    if over:
        eta = over / lambda_max(layer_grams(start.x, start.network).sum(dim=-3)).low
    exact = OneLayer.of(start, (rho, length, eta), radius=radius, over=over, best=best)
    u = deep_predictions(start.x, start.network)
    e_0 = (start.y - u) / (start.y - u).norm()
    run = deep_descent(start.x, u + length * e_0, start.network, eta=eta, steps=steps)
    reached(steps=steps)
    rate = -exactly(1 - shrink * eta * lambda_).log()
    lost = 1e-12 * (1 + float(u.norm())) / length  # of a logarithm, by the rounding of u
    told = at_least(rate, exactly(lost), scale=lost, proof=exact.not_rounding(shrink))
    assume_premise("the decay is no rounding", told)
    moved, limit = largest(run.movement.max(), run.output_movement.max()), rho * sqrt(start.m)
    near = (run.movement.upper < 10 * limit) & (run.output_movement.upper < 10 * limit)
    last = int(near.nonzero()[0].max())  # exact numbers blow up where the loss does
    return every(
        decay=decays(run.log_ratio(), rate, over=run.times.numpy(), proof=exact.decay(shrink)),
        confinement=at_most(moved, exactly(limit), scale=limit, proof=exact.confined(last)),
    )


def _size(start: DeepStart, order: int) -> float:
    """(sum_r |a_r|^order/m)^(1/order): A2, and the root of A42 for the order 4."""
    norm = float(output_norm(start.network, order))
    return norm / float(start.m ** (1 / order))


def _largest_rho(start: DeepStart, one: Activation, lambda_: float) -> float:
    """The largest rho of the premise: rho^2 + 2 b rho <= lambda/(4 n c_sigma L^2)."""
    b = _size(start, 2) + one.beta * _size(start, 4) ** 2 / one.L
    right = lambda_ / (4 * start.n * one.c_sigma * one.L**2)
    return right / (b + sqrt(b**2 + right))


def _largest_gradient(start: DeepStart, one: Activation, rho: float) -> float:
    """Q: a bound of ||du_i/dW|| and ||du_i/da|| in the ball."""
    root = sqrt(one.c_sigma) * one.L
    features = float(deep_features(start.x, start.network)[1].norm(dim=-1).max())
    return max(root * (_size(start, 2) + rho), features + root * rho)


def _largest_step(lambda_: float, curved: float, squared: float) -> float:
    """Eta of the certificate, given I ||e_0|| and n q^2."""
    return min(
        lambda_ / (8 * curved), lambda_ / (8 * (2 * squared + lambda_ / 8) ** 2), 2 / lambda_
    )


@claim(
    "Theorem 5.1, beyond its regime",
    for_all={
        "data": either(
            unit_sphere_datasets(max_n=4, min_lambda_0=0.1, antiparallel="forbidden"),
            real_datasets(max_n=4, min_lambda_0=0.1),
        ),
        "sigma": activation_names(),
        "H": whole_numbers(min_value=1, max_value=3),
        "m": widths(min_m=32, max_m=64),
        "step": small_decimals(min_value=0.05, max_value=0.5),
    },
    topics=["training"],
    regime="beyond",
    text="derived",
    depends_on=["du2019deep.kernels.proposition_f_1"],
    mutants=[
        wrong(
            over=3.0,
            because="a step beyond 2/lambda_max(G(0)) makes the loss grow",
            witness={"data": ONE, "sigma": "tanh", "H": 1, "m": 64, "step": 0.5},
        ),
        wrong(
            shrink=5.0,
            because="n = 1 decays at 2 (G^(1) + G^(2)), about 3.7 lambda",
            witness={"data": ONE, "sigma": "tanh", "H": 1, "m": 64, "step": 0.05},
        ),
        wrong(
            of_range=True,
            title="duplicated",
            because="one input with two labels keeps half of their squared difference",
            witness={
                "data": Dataset.of(rows=[[1], [1]], labels=[1, -1]),
                "sigma": "tanh",
                "H": 2,
                "m": 64,
                "step": 0.5,
            },
        ),
        wrong(
            of_range=True,
            title="affine",
            because="sigma(z) = z at x and -x: u(x) + u(-x) = 0 for all weights",
            witness={
                "data": Dataset.of(rows=[[1], [-1]], labels=[1, 1]),
                "sigma": "identity",
                "H": 2,
                "m": 64,
                "step": 0.5,
            },
        ),
    ],
)
def theorem_5_1_beyond(
    data: Dataset,
    sigma: str,
    H: int,
    m: int,
    step: float,
    *,
    shrink: float = 1.0,
    over: float = 0.0,
    of_range: bool = False,
    steps: int = 20,
    delta: float = 0.25,
) -> WithProbability:
    """Gradient descent on all layers converges at the rate that G^(H) has along the run.

    With eta = step lambda_0/(2^H n^2) and lambda = min_k lambda_min(G^(H)(k)): with probability
    >= 1 - delta, for k = 0..20: ||e_k||^2 <= (1 - eta lambda)^k ||e_0||^2.

    The conclusion of Theorem 5.1 with 2 lambda for lambda_0, at widths far below those of its
    proof, which would give lambda >= lambda_0/2. lambda is looked for at every fifth step.
    """
    one = activation(sigma)
    K = fully_connected_recursion(data.x, one, H)
    lambda_0 = _least(K[H], float(fully_connected_errors(K, one)[H]), of_range=of_range)
    assume_premise("lambda_0 > 0", at_least(lambda_0, exactly(1e-6)))
    reached(steps=steps)

    def event(seeds: Seeds) -> Margin:
        network = initial_network(m, data.d, seeds, H=H, activation=one)
        eta = torch.full(
            network.seeds, step * lambda_0.low / (data.n**2 * 2**H), dtype=torch.float64
        )
        if over:
            full = layer_grams(data.x, network).sum(dim=-3)
            eta = torch.from_numpy(over / lambda_max(full).lower)
        run = deep_descent(
            data.x, data.y, network, eta=eta.to(network.a), steps=steps, observed=range(0, steps, 5)
        )
        kernels = run.grams[:, :, H - 1]
        lambda_ = _least(kernels, None, of_range=of_range).min(axis=-1)
        factor = exactly(eta.numpy()) * largest(lambda_, exactly(1e-9))
        return decays(
            run.log_ratio(), -abs(1 - shrink * factor).log(), over=run.times.cpu().numpy()
        )

    return with_probability(1 - delta, event, floats_per_seed=m * (data.d + (H - 1) * m))


def _least(kernel: Tensor, entries: float | None, *, of_range: bool) -> Approx:
    """Lambda_min, or of the range alone: of two inputs whose kernel is singular, lambda_max."""
    return (lambda_max if of_range else lambda_min)(kernel, entries=entries)
