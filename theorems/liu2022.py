"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

F : R^m -> R^n, L(w) = ||F(w) - y||^2/2, r_0 = ||F(w_0) - y||, tangent kernel K = DF DF^T. L is mu-PL*
on S if (1/2)||grad L||^2 >= mu L there. (Some second-hand texts drop this 1/2. It belongs to the
statements: without it lambda_min(K) >= mu would give 2 mu, and the rate would be 1 - eta mu/2.)

The paper's wording is recalled, the sharper constants are derived here. Its L_F and beta_F, Lipschitz
constants of F and DF, and mu are measured on the very ball that a statement names.
"""  # noqa: E501  the citation is one line

from functools import partial

import torch

from claims import assume_premise, claim, wrong
from models import System, system_taylor
from strategies import (
    coherent_systems,
    either,
    over_determined_systems,
    systems,
)
from theorems._liu2022 import (
    centre_root,
    flow_radius,
    half_gradient,
    kernel,
    kernel_range,
    paper_radius,
    pl_root,
    residual_norm,
)
from theorems._liu2022solutions import out_of_range, solution_distance
from verdicts import (
    Approx,
    Margin,
    Proof,
    Term,
    at_least,
    at_most,
    constant,
    equal_to,
    every,
    exactly,
    number,
    quantity,
)

ANY = either(
    systems(kinds=("linear", "wavy", "quadratic")), coherent_systems(), over_determined_systems()
)
REGULAR = either(systems(kinds=("linear", "wavy", "quadratic")), coherent_systems())

HALF = quantity("squared_gradient") / 2  # ||grad L||^2/2 and r_0, in proofs
R_0 = quantity("squared_residual").sqrt()
IDENTITY = System.of(rows=[[1]], labels=[1], point=[0])
ONE = System.of(rows=[[1]], labels=[0], point=[1])
FIRST = System.of(rows=[[1], [0]], labels=[1, 0], point=[0])
SECOND = System.of(rows=[[1], [0]], labels=[0, 1], point=[0])
SINE = System.of(rows=[[0]], outer=[[1]], inner=[[1]], labels=[2], point=[0])
RAMP = System.of(
    rows=[[0]], outer=[["0.01"]], inner=[[100]], wave="ramp", labels=["0.0101"], point=[-1]
)


@claim(
    "Uniform conditioning implies PL*",
    for_all={"system": ANY},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            factor=2.0,
            because="attained for F(w) = w; a definition without its 1/2 would say so",
            witness={"system": ONE},
        ),
        wrong(
            eigenvalue="nonzero",
            because="where K is singular the gradient can vanish with L > 0",
            witness={"system": SECOND},
        ),
    ],
)
def kernel_and_pl(system: System, *, factor: float = 1.0, eigenvalue: str = "least") -> Margin:
    """The gradient is as large as the loss and the tangent kernel's spectrum allow.

    (1/2)||grad L||^2 = (1/2) r^T K r, so lambda_min(K) L <= (1/2)||grad L||^2 <= lambda_max(K) L.
    If m < n then lambda_min(K) = 0. (eigenvalue="nonzero": the least one of DF^T DF that is not 0.)
    """
    low, high = kernel_range(system)
    loss, half = residual_norm(system) ** 2 / 2, half_gradient(system, system.w, system.y)
    taylor = system_taylor(system, system.w)
    K, error = kernel(taylor)
    r = taylor.F - system.y
    size = r.abs() + taylor.F_error
    off = size @ error @ size + 2 * taylor.F_error @ K.abs() @ size
    off = off + 4 * (system.n + 2) * 2.0**-52 * (size @ K.abs() @ size)
    form = Approx.around(float(r @ K @ r), float(off)) / 2
    if eigenvalue == "nonzero":
        low = _least_nonzero(system)
    scale, exact = exactly(1e-6) + high * loss, partial(Proof, "system", system.recipe)
    singular = system.m < system.n
    least = "lambda_min_gram" if eigenvalue == "nonzero" and singular else "lambda_min_K"
    floor = constant("factor") * quantity(least) * quantity("loss")
    ceiling = quantity("lambda_max_K") * quantity("loss")
    above, below = exact(HALF, ">=", floor), exact(HALF, "<=", ceiling)
    parts = {
        "identity": equal_to(half, form, scale=scale),
        "lower": at_least(half, factor * low * loss, scale=scale, proof=above),
        "upper": at_most(half, high * loss, scale=scale, proof=below),
    }
    if singular:
        parts["singular"] = at_most(low, exactly(0.0), scale=exactly(1e-6) + high)
    return every(**parts)


@claim(
    "PL* for all labels is conditioning",
    for_all={"system": ANY},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            labels="own",
            because="one y may miss the directions in which K is small",
            witness={"system": FIRST},
        ),
        wrong(
            factor=0.5,
            because="lambda_min(K) is the largest constant that all labels allow",
            witness={"system": ONE},
        ),
    ],
)
def converse(system: System, *, labels: str = "all", factor: float = 1.0) -> Margin:
    """Where L is mu-PL* at w for every y, lambda_min(K(w)) >= mu.

    The largest such mu, the least of (1/2)||grad L||^2/L over y, is that for y = F(w) - v with the
    weakest eigenvector v of K, and it is lambda_min(K(w)). (labels="own": for the system's y only.)
    """
    low, high = kernel_range(system)
    taylor = system_taylor(system, system.w)
    y = system.y
    if labels == "all":
        y = taylor.F - torch.linalg.eigh(kernel(taylor)[0]).eigenvectors[:, 0]
    loss = residual_norm(system, y=y) ** 2 / 2
    exact = partial(Proof, "system", system.recipe)
    some = exact(quantity("loss"), ">=", 1e-9)
    assume_premise("L > 0", at_least(loss, exactly(1e-9), proof=some))
    mu = half_gradient(system, system.w, y) / loss
    # The weakest labels are floats; of one equation all labels tell the same.
    told = labels == "own" or system.n == 1
    own = HALF / quantity("loss")
    proof = exact(constant("factor") * quantity("lambda_min_K"), ">=", own) if told else None
    return at_least(factor * low, mu, scale=exactly(1e-6) + high, proof=proof)


@claim(
    "Theorem 6, a solution in the ball",
    for_all={"system": REGULAR},
    text="derived",
    mutants=[
        wrong(
            factor=0.9,
            because="with 1 in place of 2 it is attained for F(w) = w",
            witness={"system": IDENTITY},
        ),
        wrong(
            where="centre",
            because="F(w) = sin(w) never is 2, though K(0) = 1",
            witness={"system": SINE},
        ),
    ],
)
def solution_in_ball(system: System, *, factor: float = 2.0, where: str = "ball") -> Margin:
    """PL* on a large enough ball puts a solution into it.

    If L is mu-PL* on the closed ball B(w_0, R), R = 2 L_F r_0/mu with L_F = sup ||DF|| over it,
    then F(w*) = y for some w* in B(w_0, R). What is asked for here is more, lambda_min(K) >= mu on
    that ball, which is mu-PL* for all labels at once. (where="centre": only at w_0.)
    """
    r_0 = residual_norm(system)
    radius = paper_radius(system)
    root = pl_root(system, radius) if where == "ball" else centre_root(system)
    _suppose(system, r_0, root, where, number(radius(root)) if root > 0 else number(0))
    R = exactly(radius(root))
    bound = constant("factor") / 2 * number(R.high)
    return at_most(
        solution_distance(system), factor / 2 * R, scale=R, proof=_distance(system, bound)
    )


@claim(
    "Theorem 6, a solution in the ball, sharp radius",
    for_all={"system": REGULAR},
    text="derived",
    bound="tight",
    depends_on=["liu2022.kernel_and_pl"],
    mutants=[
        wrong(
            factor=0.9,
            because="F(w) = w has its only solution at distance r_0",
            witness={"system": IDENTITY},
        ),
        wrong(
            where="centre",
            because="F(w) = sin(w) never is 2, though K(0) = 1",
            witness={"system": SINE},
        ),
        wrong(
            reach=0.9,
            because="a slope 1 up to 0.99 r_0 that dies out before y is reached",
            witness={"system": RAMP},
        ),
    ],
)
def sharp_solution_in_ball(
    system: System, *, factor: float = 1.0, where: str = "ball", reach: float = 1.0
) -> Margin:
    """A solution is no farther than r_0/sqrt(mu), and PL* is needed no farther.

    If L is mu-PL* on B(w_0, r_0/sqrt(mu)), then F(w*) = y for some w* in it: gradient flow has
    d sqrt(L) = -||grad L|| ds/(2 sqrt(L)) <= -sqrt(mu/2) ds along its path. As mu <= L_F^2, this
    is at most half of the paper's R. What is asked for here is more, lambda_min(K) >= mu on the
    ball. (where="centre": only at w_0; reach: on a smaller ball.)
    """
    r_0 = residual_norm(system)
    root = centre_root(system)
    if where == "ball":
        root = pl_root(system, flow_radius(system, reach))
    _suppose(system, r_0, root, where, constant("reach") * R_0 / number(max(root, 1e-300)))
    radius, bound = r_0 / exactly(root), constant("factor") * R_0 / number(root)
    return at_most(
        solution_distance(system), factor * radius, scale=radius, proof=_distance(system, bound)
    )


def _suppose(system: System, r_0: Approx, root: float, where: str, radius: Term) -> None:
    """The premises r_0 > 0 and PL* with mu = root^2 on the ball, or at its centre."""
    exact = partial(Proof, "system", system.recipe)
    some = exact(quantity("squared_residual"), ">=", 1e-18)
    assume_premise("r_0 > 0", at_least(r_0, exactly(1e-9)).proved_by(some))
    sigma = quantity("sigma_on_ball", radius=radius) if where == "ball" else quantity("sigma_min")
    conditioned = at_least(exactly(root), exactly(1e-9))
    conditioned = conditioned.proved_by(exact(sigma, ">=", number(root)))
    assume_premise("mu-PL* on the ball", conditioned)


def _distance(system: System, bound: Term) -> Proof | None:
    """That no solution is within the bound, where an exact model knows how far they are."""
    known = system.linear or out_of_range(system)
    exact = partial(Proof, "system", system.recipe)
    return exact(quantity("least_distance"), "<=", bound) if known else None


def _least_nonzero(system: System) -> Approx:
    """The least singular value of DF that is told from 0, squared; 0 if there is none."""
    values = torch.linalg.svdvals(system_taylor(system, system.w).J)
    some = values[values > 1e-6]
    square = float(some[-1]) ** 2 if len(some) else 0.0
    return Approx.around(square, 1e-9 * (1 + square))
