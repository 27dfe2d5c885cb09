"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

What equilibria of wide random networks tend to; nothing of this is in the paper. For
z = s(gamma A z/sqrt(m) + phi), phi = s(W x)/sqrt(m), s = max(., 0), ||x|| = 1 and standard normal
weights, a neuron of sqrt(m) z is in the limit s(g + s(h)) with independent h ~ N(0, 1) and
g ~ N(0, sigma_g^2), sigma_g^2 = gamma^2 q, where q = E s(g + s(h))^2 is the limit of ||z||^2.
"""  # noqa: E501  the citation is one line

from math import isinf, sqrt

import torch

from certify import (
    enclosed,
    equilibrium_error,
    row_cosines,
    stacked_relu_activity,
    stacked_relu_square,
)
from claims import claim, not_executable, wrong
from models import (
    Dataset,
    branch_activity,
    branch_moment,
    equilibrium,
    gaussian_weights,
    limit_covariance,
    limit_square,
)
from strategies import small_decimals, unit_sphere_datasets
from verdicts import (
    Approx,
    Margin,
    Seeds,
    WithProbability,
    at_least,
    at_most,
    equal_to,
    every,
    exactly,
    with_probability,
)

OPPOSITE = Dataset.of(rows=[[1], [-1]], labels=[0, 0])
ROUNDING = 1e-14  # of the closed forms, relative
FAR = 1e6  # where a q without end is tried


@claim(
    "Limit of the features, moments",
    for_all={"sigma_g": small_decimals(min_value=0.01, max_value=20)},
    bound="tight",
    text="new",
    regime="beyond",
    mutants=[
        wrong(
            linear=0.0, because="the arc of the normal law has a chord", witness={"sigma_g": 1.0}
        ),
        wrong(active=0.5, because="s(h) shifts half of the neurons upwards"),
    ],
)
def moments(sigma_g: float, *, linear: float = 1.0, active: float = 0.75) -> Margin:
    """The second moment and the activity of a neuron that adds a normal to a ReLU.

    For v = sigma_g^2 > 0: E s(g + s(h))^2 = v/4 + ((1 + v)(pi - arctan sigma_g) + sigma_g)/(2 pi)
    and P(g + s(h) > 0) = 3/4 - arctan(sigma_g)/(2 pi). The integrals are proved.
    """
    square = branch_moment(sigma_g) - (1 - linear) * sigma_g / 6.283185307179586
    share = branch_activity(sigma_g) - 0.75 + active
    scale = 1 + sigma_g**2
    return every(
        square=equal_to(stacked_relu_square(sigma_g), _closed(square, scale), scale=scale),
        activity=equal_to(stacked_relu_activity(sigma_g), _closed(share, 1.0)),
    )


@claim(
    "Limit of the features, variance",
    for_all={"gamma": small_decimals(min_value=0.01, max_value=3)},
    bound="tight",
    text="new",
    regime="beyond",
    depends_on=["gao2022limits.moments"],
    mutants=[
        wrong(
            below=1.5,
            because="from sqrt(2) on the second moment grows faster than its argument",
            witness={"gamma": 1.42},
        ),
        wrong(
            activity=0.99,
            because="the slope at q is gamma^2 times the activity, no less",
            witness={"gamma": 0.01},
        ),
    ],
    examples=[{"gamma": 1.41}, {"gamma": 1.42}, {"gamma": 1.2}],
)
def variance(gamma: float, *, below: float = sqrt(2), activity: float = 1.0) -> Margin:
    """The variance of the limit exists for gamma below sqrt(2), and for no other gamma.

    F(q) = E s(g + s(h))^2 with sigma_g = gamma sqrt(q) is concave, with F(0) = 1/2 and slopes
    gamma^2 P(g + s(h) > 0), which fall from 3/4 gamma^2 to gamma^2/2. So q = F(q) has exactly one
    solution if gamma < sqrt(2), and F'(q) < 1 there; and none otherwise: F(q) > q for all q, tried
    at 10^6.
    """
    q = limit_square(gamma)
    if isinf(q):
        far = exactly(FAR)
        found = stacked_relu_square(gamma * sqrt(FAR))
        return at_most(found, far, scale=FAR) if gamma < below else at_least(found, far, scale=FAR)
    found = stacked_relu_square(gamma * sqrt(q))
    slope = gamma**2 * stacked_relu_activity(gamma * sqrt(q))
    # A concave F lies below its tangent, and near it close by.
    step = 0.01 * q
    chord = (stacked_relu_square(gamma * sqrt(q + step)) - found) * (1 / step)
    return every(
        solution=equal_to(found, exactly(q), scale=q),
        slope=at_least(exactly(1.0), slope),
        concave=at_most(chord, activity * slope, scale=slope),
    )


@claim(
    "Limit of the features, at finite width",
    for_all={"gamma": small_decimals(min_value=0.1, max_value=0.4)},
    text="new",
    regime="beyond",
    depends_on=["gao2022limits.variance"],
    mutants=[
        wrong(width=4, because="four neurons scatter"),
        wrong(within=1 / 20, because="at 64 neurons the standard deviation is a quarter"),
    ],
)
def at_finite_width(gamma: float, *, width: int = 64, within: float = 1 / 3) -> WithProbability:
    """Random networks of 64 neurons have roughly the variance and activity of the limit.

    At gamma <= 0.4 and m = 64, with probability >= 1/2: | ||z||^2 - q | <= q/3 and the active
    fraction differs by at most 1/6 from 3/4 - arctan(sigma_g)/(2 pi). Tried, and not proved: no
    rate of convergence is known.
    """
    q = limit_square(gamma)
    share = branch_activity(gamma * sqrt(q))

    def event(seeds: Seeds) -> Margin:
        phi = gaussian_weights(width, 1, seeds).relu().mT / sqrt(width)  # x is an axis
        A = gamma / sqrt(width) * gaussian_weights(width, width, seeds, layer=2)
        found = equilibrium(A, phi)
        error = equilibrium_error(found.residual, found.rho).clamp_max(1e300).squeeze(-1)
        norm = enclosed(torch.linalg.vector_norm(found.z, dim=(-2, -1)), error)
        active = enclosed(found.pattern.double().mean(dim=(-2, -1)), 0.0)
        return every(
            square=at_most(abs(norm**2 - q), exactly(within * q), scale=q),
            activity=at_most(abs(active - share), exactly(1 / 6)),
        )

    return with_probability(0.5, event, floats_per_seed=width**2)


@claim(
    "Limit of the features, two inputs",
    for_all={
        "data": unit_sphere_datasets(min_n=2, max_n=2, max_d=3, min_lambda_0=0.05),
        "gamma": small_decimals(min_value=0.1, max_value=0.4),
    },
    text="new",
    regime="beyond",
    depends_on=["gao2022limits.variance"],
    mutants=[
        wrong(
            alike=True,
            because="features of opposite inputs have hardly a common part",
            witness={"data": OPPOSITE, "gamma": 0.2},
        ),
        wrong(width=4, because="four neurons scatter"),
    ],
)
def two_inputs(
    data: Dataset, gamma: float, *, width: int = 64, alike: bool = False
) -> WithProbability:
    """Random networks of 64 neurons have roughly the covariance of the limit.

    Sigma_ij = E s(g_i + s(h_i)) s(g_j + s(h_j)) for h ~ N(0, X X^T) and g ~ N(0, gamma^2 Sigma) has
    one solution. At m = 64 and gamma <= 0.4, |z_1.z_2 - Sigma_12| <= q/3 with probability >= 1/2.
    Tried, and not proved.
    """
    cosines = row_cosines(data.recipe)
    covariance, error = limit_covariance(torch.tensor(cosines.middle), gamma)
    q = limit_square(gamma)
    limit = exactly(q) if alike else Approx.around(float(covariance[0, 1]), float(error[0, 1]))

    def event(seeds: Seeds) -> Margin:
        W = gaussian_weights(width, data.d, seeds)
        phi = (data.x.to(W) @ W.mT).relu() / sqrt(width)
        A = gamma / sqrt(width) * gaussian_weights(width, width, seeds, layer=2)
        found = equilibrium(A, phi)
        error = equilibrium_error(found.residual, found.rho).clamp_max(1e300).amax(dim=-1)
        size = torch.linalg.vector_norm(found.z, dim=-1).amax(dim=-1)
        product = (found.z[:, 0] * found.z[:, 1]).sum(dim=-1)
        inner = enclosed(product, (2 * size + error) * error + 1e-13 * size**2)
        return at_most(abs(inner - limit), exactly(q / 3), scale=q)

    return with_probability(0.5, event, floats_per_seed=width**2)


@claim(
    "Limit of the features, gamma = 0",
    for_all={"gamma": small_decimals(min_value=0.000001, max_value=0.01)},
    text="new",
    regime="beyond",
    mutants=[
        wrong(
            gap=0.26,
            because="as gamma falls to 0 the activity tends to 3/4, at 0 it is 1/2",
            witness={"gamma": 0.000001},
        ),
    ],
)
def discontinuity(gamma: float, *, gap: float = 0.245) -> Margin:
    """The active fraction of the limit jumps at gamma = 0.

    For 0 < gamma <= 1/100 it exceeds that of gamma = 0, which is 1/2, by at least 0.245: neurons
    with s(h) = 0 have the pre-activation g, and g > 0 half of the time however small gamma is.
    """
    activity = stacked_relu_activity(gamma * sqrt(limit_square(gamma)))
    return at_least(activity - branch_activity(0.0), exactly(gap))


weights_of_the_kernel = not_executable(
    "Limit of M_ii",
    where="not in the paper",
    reason="M_ii -> p/(1 - gamma^2 p), p the active fraction, is derived as if the pattern were "
    "independent of A; `limit_weight` has the number, 0.8351 at gamma = 1/2, and no error bound",
)


def _closed(value: float, scale: float) -> Approx:
    return Approx.around(value, ROUNDING * scale)
