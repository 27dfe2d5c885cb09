"""Section 5 and Appendix B at initialisation: the Gram matrix G^(H) and Lemma B.1.

The constants C* = c_sigma sup |E sigma(al z)^2 - E sigma(z)^2|/|al - 1| and V = c_sigma^2 max Var
sigma(al z)^2, for al in [1/2, 3/2], come by quadrature; g_C(h) = 1 + C + ... + C^(h-1). Lemma B.2
is in `fully_connected_curvature`, Lemmas B.3 and B.4 in `fully_connected_ball`, B.5 to B.7 in
`fully_connected_steps`, and training in `fully_connected_training`.
"""

from functools import cache
from math import ceil, pi, sqrt

import torch

from certify import enclosed, frobenius_norm
from claims import claim, misprint, reached, wrong
from models import (
    Dataset,
    DeepStart,
    activation,
    dual,
    dual_error,
    features_in_law,
    forward_pass,
    last_layer_gram,
    layer_jacobians,
    norm_slope,
    norm_variance,
)
from strategies import (
    activation_names,
    deep_starts,
    either,
    failure_probabilities,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from verdicts import (
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    every,
    exactly,
    with_probability,
)

ABSOLUTE = sqrt(2 / pi)  # E |z|
PAIR = Dataset.of(rows=[[1, 0], [0, 1]], labels=[0, 0])


@claim(
    "Gram matrix G^(H)",
    for_all={
        "start": deep_starts(
            data=either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6)),
            architectures=("fully connected", "residual"),
        )
    },
    mutants=[
        wrong(
            power=1,
            because="a = -1 turns a square into a negative number",
            witness={
                "start": DeepStart.of(rows=[[1]], weights=[[[0]]], outputs=[-1], residual=[1])
            },
        ),
        wrong(
            above=1,
            because="W^(H) multiplies the features of the layer before, not its own",
            witness={"start": DeepStart.of(rows=[[1]], weights=[[[0]]], outputs=[1], residual=[1])},
        ),
    ],
)
def gram_matrix(start: DeepStart, *, power: int = 2, above: int = 0) -> Margin:
    """The Gram matrix of the gradients of the last hidden layer has a closed form.

    G_ij^(H) = <du_i/dW^(H), du_j/dW^(H)> = x_i^(H-1).x_j^(H-1) (c_sigma/m) sum_r a_r^2
    sigma'(w_r.x_i^(H-1)) sigma'(w_r.x_j^(H-1)), w_r the rows of W^(H); in a residual network of
    H >= 2 layers c_res^2/(H^2 m) replaces c_sigma/m. The gradients are those of autograd.
    """
    J = layer_jacobians(start.x, start.network)[start.H - 1].flatten(1)
    formula = last_layer_gram(start.x, start.network, power=power, layer=start.H - 1 + above)
    scale = _size(start)
    apart = frobenius_norm(J @ J.T - formula, entries=1e-12 * scale)
    return at_most(apart, exactly(0.0), scale=scale, resolution=1e-10)


def _size(start: DeepStart) -> float:
    """What entries of G^(H) may be; rounding is relative to it where sigma' is nearly 0."""
    run, network = forward_pass(start.x, start.network), start.network
    slope = network.activation.L + network.activation.beta * float(run.pre[-1].abs().max())
    sizes = float(network.a.square().sum()) * float(run.features[-2].square().sum())
    return (network.scale(start.H) * slope) ** 2 * sizes + 1e-300


@cache
def _slope_and_variance(sigma: str) -> tuple[float, float]:
    """C* and V of an activation."""
    one = activation(sigma)
    return norm_slope(one), norm_variance(one)


def _geometric(C: float, h: int) -> float:
    """g_C(h)."""
    return sum(C**i for i in range(h))


@claim(
    "Lemma B.1, one layer",
    for_all={
        "sigma": activation_names(),
        "al": small_decimals(min_value=0.5, max_value=1.5),
    },
    text="derived",
    mutants=[
        misprint(
            shifted=2.0,
            where="proof of Lemma B.1: C = c_sigma L (2 |sigma(0)| sqrt(2/pi) + 2 L)",
            because="|al + 1| reaches 5/2: sigma(z) = 10 sin(z/10) is nearly z, and al = 3/2",
            witness={"sigma": "10 sin(z/10)", "al": 1.5},
        ),
        wrong(
            fourth=3.0,
            because="a fourth moment at scale al = 3/2 is five times that at 1",
            witness={"sigma": "10 sin(z/10)", "al": 1.5},
        ),
    ],
)
def lemma_b_1_one_layer(
    sigma: str, al: float, *, shifted: float = 2.5, fourth: float = 48.0
) -> Margin:
    """How a layer changes the norm of its input, in the mean, and how much that fluctuates.

    For 1/2 <= al <= 3/2: |E sigma(al z)^2 - E sigma(z)^2| <= L |al - 1| (2 s0 sqrt(2/pi) + 5L/2),
    the left side times c_sigma is at most C* |al - 1|, and V <= c_sigma^2 (s0^4 + 8 s0^3 L
    sqrt(2/pi) + 24 s0^2 L^2 + 64 s0 L^3 sqrt(2/pi) + 48 L^4). The paper has 2L for 5L/2, which is
    false, and 512 for 48 without c_sigma^2.
    """
    one = activation(sigma)
    A = torch.tensor([[[al**2]], [[1.0]]], dtype=torch.float64)
    squares = enclosed(dual(one, A).flatten(), dual_error(one, A).flatten())
    change, moved = abs(squares[0] - squares[1]), exactly(abs(al - 1))
    s0, L = one.at_zero, one.L
    C, variance = _slope_and_variance(sigma)
    literal = s0**4 + 8 * s0**3 * L * ABSOLUTE + 24 * (s0 * L) ** 2
    literal += 64 * s0 * L**3 * ABSOLUTE + fourth * L**4
    return every(
        mean=at_most(change, L * (2 * s0 * ABSOLUTE + shifted * L) * moved),
        sharp=at_most(change * one.c_sigma, C * moved),
        variance=at_most(exactly(variance), exactly(one.c_sigma**2 * literal), scale=variance),
    )


@claim(
    "Lemma B.1",
    for_all={
        "data": either(unit_sphere_datasets(max_n=6), real_datasets(max_n=6)),
        "sigma": activation_names(),
        "H": whole_numbers(min_value=1, max_value=4),
        "delta": failure_probabilities(),
    },
    text="derived",
    depends_on=[lemma_b_1_one_layer],
    mutants=[
        wrong(
            neurons=4,
            because="the norm of a layer of four fluctuates by more than a half",
            witness={"data": PAIR, "sigma": "softplus", "H": 3, "delta": 0.1},
        ),
        wrong(
            low=0.99,
            high=1.01,
            because="the width buys a distance of 1/2 from 1, not of 1/100",
            witness={"data": PAIR, "sigma": "tanh", "H": 2, "delta": 0.1},
        ),
    ],
)
def lemma_b_1(
    data: Dataset,
    sigma: str,
    H: int,
    delta: float,
    *,
    width: float = 4.0,
    low: float = 0.5,
    high: float = 2.0,
    neurons: int = 0,
) -> WithProbability:
    """All features of a wide network have norms near 1 at initialisation.

    If ||x_i|| = 1 and m >= 4 V n H g_C(H)^2/delta, then with probability >= 1 - delta, for all
    h = 1..H and i: 1/2 <= ||x_i^(h)(0)|| <= 2.

    Derived: Chebyshev's inequality keeps each ||x_i^(h)||^2 within 1/(2 g_C(H)) of its mean given
    the layer before. The paper's C = c_sigma L (2 s0 sqrt(2/pi) + 5L/2), with 2L for 5L/2 in print,
    is a bound of the C* used here: widths of 10^4 and more shrink to hundreds. In law: the
    m pre-activations of a layer are Gaussian given the layer before.
    """
    one = activation(sigma)
    C, variance = _slope_and_variance(sigma)
    m = neurons or ceil(width * variance * data.n * H * _geometric(C, H) ** 2 / delta)
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        layers = features_in_law(data.x, one, H, m, seeds)
        norms = torch.stack([X.square().mean(dim=-2).sqrt() for X in layers], dim=-1).flatten(1)
        return every(
            low=at_least(enclosed(norms.amin(dim=-1), 1e-9), exactly(low)),
            high=at_most(enclosed(norms.amax(dim=-1), 1e-9), exactly(high)),
        )

    return with_probability(1 - delta, event, floats_per_seed=m * (data.d + 2 * data.n * H))
