"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

Hessians of wide networks. The paper bounds ||H_f|| by R^(3L)/sqrt(m), up to logarithms, in a ball of
radius R around a Gaussian start (recalled); for two layers the norm is exact,

    f(W, v; x) = m^(-1/2) sum_k v_k sigma(w_k.x),
    ||H_f|| = m^(-1/2) max_k [|c_k|/2 + sqrt(c_k^2/4 + b_k^2)],

c_k = v_k sigma''(w_k.x) |x|^2 and b_k = |sigma'(w_k.x)| |x|, the Hessian being block diagonal over
neurons. K_1 = sup |sigma'|, K_2 = sup |sigma''|.
"""  # noqa: E501  the citation is one line

from math import sqrt

import torch
from torch import Tensor

from certify import enclosed
from claims import claim, not_executable, wrong
from models import (
    Activation,
    SeedNumber,
    Start,
    activation,
    bend,
    gaussian_weights,
    hessian_blocks,
    hessian_norms,
    rademacher_signs,
)
from strategies import (
    activation_names,
    either,
    real_datasets,
    seeds,
    small_decimals,
    starts,
    unit_sphere_datasets,
)
from verdicts import (
    Approx,
    Margin,
    SecantExponent,
    at_least,
    at_most,
    equal_to,
    every,
    exactly,
    largest,
    secant_exponent,
    supremum,
)

EPS = 2.0**-52
DATA = either(unit_sphere_datasets(max_n=4, max_d=5), real_datasets(sets=("iris",), max_n=4))
NETWORKS = starts(data=DATA, max_m=12, labels="own")
WIDTHS = (16, 64, 256, 1024, 4096)
DIRECTION = torch.tensor([0.6, 0.8], dtype=torch.float64)

SILENT = Start.of(rows=[[1]], weights=[[1], [1]], signs=[0, 0], labels=[0])
BENT = Start.of(rows=[[1]], weights=[["0.66"]], signs=[9], labels=[0])
STEEP = Start.of(rows=[[1]], weights=[[1]], signs=[1], labels=[0])

deep_in_general = not_executable(
    "Hessian of L layers, O~(R^(3L)/sqrt(m))",
    where="theorem on the Hessian of wide networks",
    reason="hides a constant and logarithms; three layers are measured in `liu2022deep`",
)
nonlinear_output_width = not_executable(
    "m = Omega~(n R^(6L + 2)/(lambda_0 - mu rho^(-2))^2)",
    where="theorem on PL* of wide networks",
    reason="hides a constant and logarithms; `liu2022lazy` has an explicit width for two layers",
)


@claim(
    "Hessian of two layers",
    for_all={"start": NETWORKS, "name": activation_names()},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            cross=0.0,
            because="at v = 0 nothing but sigma' is left",
            witness={"start": SILENT, "name": "tanh"},
        ),
        wrong(
            power=1.0,
            because="||H_f|| falls as m^(-1/2), not as 1/m",
            witness={"start": SILENT, "name": "tanh"},
        ),
    ],
)
def two_layers(start: Start, name: str, *, cross: float = 1.0, power: float = 0.5) -> Margin:
    """The Hessian of a two-layer network has a norm that can be read off its neurons.

    With both layers trained ||H_f|| is as above, with the first one alone m^(-1/2) max_k |c_k|:
    both compared with the spectral norm of the Hessian by differentiation. (cross: factor of b_k.)
    """
    sigma, m = activation(name), start.m
    blocks = hessian_blocks(start.x, start.w, start.a, sigma)
    blocks = blocks._replace(b=cross * blocks.b)
    share = m ** (0.5 - power)
    both = enclosed(blocks.norms.amax(dim=-1), 2 * blocks.error.amax(dim=-1)) * share
    first = enclosed(blocks.c.abs().amax(dim=-1), blocks.error.amax(dim=-1)) * share
    weights = torch.cat([start.w, start.a[:, None]], dim=1).flatten()
    found = [_by_differentiation(start, sigma, weights, both=train) for train in (True, False)]
    scale = 1 + found[0].max()
    return every(
        both_layers=equal_to(both, found[0], scale=scale),
        first_layer=equal_to(first, found[1], scale=scale),
    )


@claim(
    "Hessian of two layers in a ball",
    for_all={
        "start": NETWORKS,
        "name": activation_names(),
        "R": small_decimals(min_value=0.01, max_value=3),
    },
    text="derived",
    depends_on=["liu2022wide.two_layers"],
    mutants=[
        wrong(
            power=1.0,
            because="||H_f|| falls as m^(-1/2), not as 1/m",
            witness={"start": SILENT, "name": "tanh", "R": 0.01},
        ),
        wrong(
            factor=0.95,
            because="tanh bends by K_2 near 0.66, where a large output weight dominates",
            witness={"start": BENT, "name": "tanh", "R": 0.01},
        ),
    ],
)
def two_layers_in_ball(
    start: Start, name: str, R: float, *, power: float = 0.5, factor: float = 1.0
) -> Margin:
    """Nowhere in a ball is the Hessian of a two-layer network larger than its constants allow.

    ||H_f(W, v)|| <= m^(-1/2) [C/2 + sqrt(C^2/4 + B^2)] for all (W, v) in B((W_0, v_0), R), with
    C = K_2 (max_k |v_k| + R) |x|^2 and B = K_1 |x|. With Gaussian v that is O~(1/sqrt(m)).
    """
    sigma, m = activation(name), start.m
    norm = enclosed(start.x.norm(dim=-1), 8 * start.d * EPS * start.x.norm(dim=-1))
    half = sigma.beta / 2 * (exactly(float(start.a.abs().max())) + R) * norm**2
    bound = (half + (half**2 + (sigma.L * norm) ** 2).sqrt()) / sqrt(m)
    found = supremum(_worst(start, sigma, R), bound)
    return at_most(found, factor * sqrt(m) / m**power * bound, scale=bound)


@claim(
    "Hessian of two layers, decay",
    for_all={"seed": seeds(), "name": activation_names(only=("tanh", "sigmoid", "softplus"))},
    text="derived",
    mutants=[
        wrong(exponent=-1.0, because="||H_f|| sqrt(m) is near a constant"),
        wrong(
            output="sigmoid(3f)",
            because="a non-linear output has phi'' |grad f|^2, which does not decay",
        ),
    ],
)
def decay(
    seed: SeedNumber, name: str, *, exponent: float = -0.5, output: str = "linear"
) -> SecantExponent:
    """The Hessian of a two-layer network falls as 1/sqrt(m).

    At Gaussian W_0, v = +-1 and |x| = 1: ||H_f|| <= (K_2/2 + sqrt(K_2^2/4 + K_1^2)) m^(-1/2) for
    m = 16 to 4096, and the exponent is measured. (sigmoid(3f): of that output, whose |phi'|
    is at most 3/4.)
    """
    sigma = activation(name)
    x = DIRECTION[None]
    constant = sigma.beta / 2 + sqrt(sigma.beta**2 / 4 + sigma.L**2)

    def norm(width: float) -> Approx:
        m = int(width)
        w, v = gaussian_weights(m, 2, seed)[0], rademacher_signs(m, seed)[0]
        blocks = hessian_blocks(x, w, v, sigma)
        found = enclosed(blocks.norms.max(), 2 * float(blocks.error.max()))
        return found if output == "linear" else _composed(x, w, v, sigma, found)

    return secant_exponent(norm, over=WIDTHS, constant=constant * (1 + 1e-9), exponent=exponent)


@claim(
    "Non-linear output",
    for_all={"start": starts(data=DATA, max_m=8, labels="own"), "name": activation_names()},
    text="derived",
    mutants=[
        wrong(sign=1.0, because="phi' H_f may work against phi'' grad f grad f^T"),
        wrong(
            gradient=2.0,
            because="|phi''| |grad f|^2 is attained where sigma does not bend",
            witness={"start": STEEP, "name": "identity"},
        ),
    ],
)
def nonlinear_output(
    start: Start, name: str, *, sign: float = -1.0, gradient: float = 1.0
) -> Margin:
    """A non-linear output keeps a Hessian of the size of phi'', however wide the network.

    For phi(f) with phi(t) = 1/(1 + e^(-3t)): ||H|| >= |phi''| |grad f|^2 - |phi'| ||H_f||, the left
    side by differentiation. K only picks up phi'^2, so PL* survives, and linearity does not.
    """
    sigma = activation(name)
    weights = torch.cat([start.w, start.a[:, None]], dim=1).flatten()
    found = _by_differentiation(start, sigma, weights, both=True, output="sigmoid")
    blocks = hessian_blocks(start.x, start.w, start.a, sigma)
    inner = enclosed(blocks.norms.amax(dim=-1), 2 * blocks.error.amax(dim=-1))
    slopes, bends, squares = _outer(start.x, start.w, start.a, sigma)
    floor = gradient * abs(bends) * squares + sign * (abs(slopes) * inner)
    return at_least(found, floor, scale=1 + abs(bends) * squares)


def _by_differentiation(
    start: Start, sigma: Activation, weights: Tensor, *, both: bool, output: str = "linear"
) -> Approx:
    """Spectral norms of the Hessians of all f(.; x_i), or of 1/(1 + e^(-3f))."""
    m, d = start.m, start.d

    def values(given: Tensor) -> Tensor:
        table = given.reshape(m, -1)
        v = table[:, d] if both else start.a
        f = sigma.value(start.x @ table[:, :d].mT) @ v / sqrt(m)
        return torch.sigmoid(3 * f) if output == "sigmoid" else f

    trained = weights if both else start.w.flatten()
    low, high = hessian_norms(values, trained, products=len(trained))
    return Approx(low.numpy(), high.numpy())


def _worst(start: Start, sigma: Activation, R: float) -> Approx:
    """The largest ||H_f|| that an adversary finds in the ball, over starts of his.

    All of R goes into one output weight, or into one neuron along x, to one of 33 places.
    """
    x, w, v, m = start.x, start.w, start.a, start.m
    found = exactly(0.0 * start.x[:, 0].numpy())
    norm = x.norm(dim=-1)[:, None, None]
    places = R * torch.linspace(-1, 1, 33, dtype=x.dtype)
    z = (x @ w.mT)[..., None] + places * norm
    grown = v + R * (1 - 1e-12) * torch.where(v < 0, -1.0, 1.0)
    for argument, outputs in ((z, v[:, None]), ((x @ w.mT)[..., None], grown[:, None])):
        half = (outputs * bend(sigma, argument)).abs() * norm**2 / 2
        norms = half + (half**2 + (sigma.derivative(argument) * norm) ** 2).sqrt()
        top = norms.flatten(1).amax(dim=-1) / sqrt(m)
        found = largest(found, enclosed(top, 1e-12 * (1 + top)))
    return found


def _outer(x: Tensor, w: Tensor, v: Tensor, sigma: Activation) -> tuple[Approx, Approx, Approx]:
    """For phi(t) = 1/(1 + e^(-3t)): phi'(f), phi''(f) and |grad f|^2, one number per input."""
    z, m = x @ w.mT, len(v)
    top = torch.sigmoid(3 * (sigma.value(z) @ v) / sqrt(m))
    slopes = 3 * top * (1 - top)
    squares = (v * sigma.derivative(z)).square().sum(dim=-1) * x.square().sum(dim=-1)
    squares = (squares + sigma.value(z).square().sum(dim=-1)) / m
    found = (slopes, 3 * slopes * (1 - 2 * top), squares)
    return tuple(enclosed(value, 1e-12 * (1 + value.abs())) for value in found)  # type: ignore[return-value]


def _composed(x: Tensor, w: Tensor, v: Tensor, sigma: Activation, inner: Approx) -> Approx:
    """||phi'' grad f grad f^T + phi' H_f||, by the triangle inequality on both sides."""
    slopes, bends, squares = (value[0] for value in _outer(x, w, v, sigma))
    middle, off = abs(bends) * squares, abs(slopes) * inner
    return Approx(max((middle - off).low, 1e-12), (middle + off).high)
