"""Appendix F: the limit Gram matrix K^(H) is positive definite.

"Positive definite" is decided as a rank: from below by eigenvalues certainly > 0, from above by
what repeated inputs, opposite inputs under an odd sigma, and linear maps leave, exactly. Inputs are
drawn with lambda_min(H_inf) >= 0.05, which keeps them apart, so that floats can decide.
Lemma F.3 and the depth in Proposition F.2 are in `residual_kernels`. The feature map that the
proof of F.1 prints, sigma(w.z) z, belongs to F.2; the statement is true.
"""

import torch
from torch import Tensor

from certify import lambda_min
from claims import claim, wrong
from models import (
    Activation,
    Dataset,
    activation,
    distinct_directions,
    dual,
    dual_derivative,
    dual_error,
    fully_connected_errors,
    fully_connected_recursion,
    gram,
    limit_kernel_nullity,
    parallel_pairs,
    resnet_recursion,
)
from strategies import (
    activation_names,
    antipodal_datasets,
    duplicated_datasets,
    either,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
    with_premises,
)
from verdicts import Approx, Margin, at_least, at_most, every, exactly, implies

ODD = ("sin", "erf", "tanh")
SLACK = 1e-9  # of a residual recursion: its kernels are good to 1e-11, and grow by a constant


def _no_polynomial(sigma: str) -> bool:
    return activation(sigma).beta > 0


APART = either(
    unit_sphere_datasets(max_n=6, min_lambda_0=0.05, antiparallel="forbidden"),
    real_datasets(max_n=6, min_lambda_0=0.05),
)
SIGMAS = with_premises(activation_names(), {"no polynomial": _no_polynomial})
LINE = activation_names(only=("identity",))
IN_A_PLANE = Dataset.of(rows=[[1, 0], [-1, 2], [-1, -2]], labels=[0, 0, 0])
OPPOSITE = Dataset.of(rows=[[1], [-1]], labels=[0, 0])
AXES = Dataset.of(rows=[[1, 0], [0, 1]], labels=[0, 0])
EQUAL_POINTS = wrong(
    data=duplicated_datasets(max_n=4),
    drops="lambda_0 >= 0.05",
    title="data=duplicated",
    because="equal points have equal features",
)
NEAR_POINTS = wrong(floor=0.05, because="near points have nearly equal features")


def _positive_definite(data: Dataset, one: Activation, kernel: Tensor, error: Tensor) -> Margin:
    """Whether a kernel of sigma has rank n, on the unit sphere."""
    if one.beta == 0:  # a line through 0 makes multiples of X X^T
        at_most_rank = data.n - limit_kernel_nullity(data, indicator=False)
    else:
        at_most_rank = distinct_directions(data, opposite_alike=one.name in ODD)
    certain = data.n if lambda_min(kernel, entries=error).low > 0 else 0
    return at_least(Approx(certain, at_most_rank), exactly(data.n), scale=data.n)


def _statement(
    data: Dataset, one: Activation, kernel: Tensor, error: Tensor, *, floor: float, converse: bool
) -> Margin:
    least = lambda_min(kernel, entries=error)
    if converse:
        none_parallel = at_most(exactly(parallel_pairs(data)), exactly(0.0))
        return implies(at_least(least, exactly(0.0)), none_parallel)
    return every(
        rank=_positive_definite(data, one, kernel, error), floor=at_least(least, exactly(floor))
    )


@claim(
    "Lemma F.1",
    for_all={"data": APART, "sigma": SIGMAS},
    depends_on=["du2019deep.algebra.lemma_g_6"],
    mutants=[
        wrong(
            sigma=LINE,
            drops="no polynomial",
            because="E (w.z_i)(w.z_j) = z_i.z_j: three vectors of the plane are dependent",
            witness={"data": IN_A_PLANE, "sigma": "identity"},
        ),
        EQUAL_POINTS,
        wrong(
            data=antipodal_datasets(pairs=1),
            drops="not antiparallel",
            title="data=antiparallel",
            because="sin is odd: z and -z have opposite features",
        ),
        wrong(
            data=antipodal_datasets(pairs=1),
            converse=True,
            title="converse",
            because="softplus tells z from -z, on one line though they are",
            witness={"data": OPPOSITE, "sigma": "softplus"},
        ),
        NEAR_POINTS,
    ],
)
def lemma_f_1(data: Dataset, sigma: str, *, floor: float = 0.0, converse: bool = False) -> Margin:
    """The features sigma(w.z_i) of distinct directions are independent.

    If no z_i is in span(z_j) for i != j, and sigma is analytic and no polynomial, then the matrix
    E_{w ~ N(0, I)} sigma(w.z_i) sigma(w.z_j) is positive definite. Of unit norm here.
    """
    one, A = activation(sigma), gram(data.x)
    kernel, error = dual(one, A), dual_error(one, A)
    return _statement(data, one, kernel, error, floor=floor, converse=converse)


@claim(
    "Lemma F.2",
    for_all={"data": APART, "sigma": SIGMAS},
    depends_on=["du2019deep.algebra.lemma_g_6"],
    mutants=[
        wrong(
            sigma=LINE,
            drops="no polynomial",
            because="a constant sigma' leaves z_i.z_j: three vectors of the plane are dependent",
            witness={"data": IN_A_PLANE, "sigma": "identity"},
        ),
        EQUAL_POINTS,
        wrong(
            data=antipodal_datasets(pairs=1),
            drops="not antiparallel",
            title="data=antiparallel",
            because="cos is even: z and -z have opposite features",
        ),
        wrong(
            data=antipodal_datasets(pairs=1),
            converse=True,
            title="converse",
            because="cos(w.z + pi/4) tells z from -z, on one line though they are",
            witness={"data": OPPOSITE, "sigma": "sin+pi/4"},
        ),
        NEAR_POINTS,
    ],
)
def lemma_f_2(data: Dataset, sigma: str, *, floor: float = 0.0, converse: bool = False) -> Margin:
    """The features sigma'(w.z_i) z_i of distinct directions are independent.

    If no z_i is in span(z_j) for i != j, and sigma is analytic and no polynomial, then the matrix
    E_{w ~ N(0, I)} sigma'(w.z_i) sigma'(w.z_j) z_i.z_j is positive definite. Of unit norm here.
    """
    one, A = activation(sigma), gram(data.x)
    kernel = A * dual_derivative(one, A)
    error = dual_error(one, A, derivative=True)
    return _statement(data, one, kernel, error, floor=floor, converse=converse)


@claim(
    "Proposition F.1",
    for_all={"data": APART, "sigma": SIGMAS, "H": whole_numbers(min_value=1, max_value=4)},
    depends_on=["du2019deep.kernels.lemma_f_1", "du2019deep.kernels.lemma_f_2"],
    mutants=[
        wrong(
            sigma=LINE,
            drops="no polynomial",
            because="a deep linear network is linear: K^(H) is a multiple of X X^T",
            witness={"data": IN_A_PLANE, "sigma": "identity", "H": 3},
        ),
        wrong(
            data=duplicated_datasets(max_n=4),
            drops="lambda_0 >= 0.05",
            title="data=duplicated",
            because="equal inputs have equal features in every layer",
        ),
        wrong(
            data=antipodal_datasets(pairs=1),
            drops="not antiparallel",
            title="data=antiparallel",
            because="layers of sin are odd",
        ),
        wrong(
            share=0.5,
            because="each layer of softplus brings orthogonal inputs nearer, to a third",
            witness={"data": AXES, "sigma": "softplus", "H": 2},
        ),
    ],
)
def proposition_f_1(data: Dataset, sigma: str, H: int, *, share: float = 0.0) -> Margin:
    """The limit Gram matrix of a fully connected network is positive definite.

    If no two inputs are parallel and sigma is analytic and no polynomial, lambda_min(K^(H)) > 0.
    Nothing is said of how it depends on H; `share` would say lambda_min(K^(H)) >= share times
    lambda_min(K^(1)).
    """
    one = activation(sigma)
    K = fully_connected_recursion(data.x, one, H)
    error = torch.full_like(K[-1], float(fully_connected_errors(K, one)[-1]))
    first = fully_connected_recursion(data.x, one, 1)[-1]
    floor = share * lambda_min(first, entries=SLACK)
    return every(
        rank=_positive_definite(data, one, K[-1], error),
        floor=at_least(lambda_min(K[-1], entries=error), floor),
    )


@claim(
    "Proposition F.2, definiteness",
    for_all={
        "data": APART,
        "sigma": SIGMAS,
        "H": whole_numbers(min_value=2, max_value=6),
        "c_res": small_decimals(min_value=0.1, max_value=0.9),
    },
    depends_on=["du2019deep.kernels.lemma_f_2", "du2019deep.residual_kernels.lemma_f_3"],
    mutants=[
        wrong(
            sigma=LINE,
            drops="no polynomial",
            because="a deep linear network is linear: K^(H) is a multiple of X X^T",
            witness={"data": IN_A_PLANE, "sigma": "identity", "H": 3, "c_res": 0.5},
        ),
        wrong(
            data=duplicated_datasets(max_n=4),
            drops="lambda_0 >= 0.05",
            title="data=duplicated",
            because="equal inputs have equal features in every layer",
        ),
        wrong(
            data=antipodal_datasets(pairs=1),
            drops="not antiparallel",
            title="data=antiparallel",
            because="layers of sin are odd, also beside a skip connection",
        ),
    ],
)
def proposition_f_2_definite(data: Dataset, sigma: str, H: int, c_res: float) -> Margin:
    """The limit Gram matrix of a residual network is positive definite.

    If no two inputs are parallel and sigma is analytic and no polynomial, lambda_min(K^(H)) > 0.
    """
    one = activation(sigma)
    K, _ = resnet_recursion(data.x, one, H, c_res)
    error = torch.full_like(K[-1], SLACK * (c_res / H) ** 2)
    return _positive_definite(data, one, K[-1], error)
