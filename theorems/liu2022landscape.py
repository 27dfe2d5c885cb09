"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

How Hessians bound the change of the tangent kernel K = DF DF^T, and what transformations do to it.
||H_F|| = max_i ||H_(F_i)||_2; notation as in `liu2022`.
"""  # noqa: E501  the citation is one line

from functools import partial
from math import sqrt

import torch

from certify import enclosed, operator_norm, sigma_min, spectral_norm
from claims import assume_premise, claim, wrong
from models import Composition, System, Taylor, system_taylor
from strategies import (
    coherent_systems,
    compositions,
    either,
    small_decimals,
    systems,
)
from theorems._liu2022 import least_sigma, on_ball, weakest_on_ball
from verdicts import (
    Approx,
    Margin,
    Proof,
    Term,
    at_least,
    constant,
    exactly,
    given,
    number,
    quantity,
)

EPS = 2.0**-52
STRICT = 1e-6
BENT = either(coherent_systems(), systems(kinds=("quadratic", "linear"), max_m=8))
RADII = small_decimals(min_value=0.01, max_value=2)

COHERENT = System.of(
    rows=[[1, 0], [0, 1]],
    squares=[[["-1/20", "-1/20"], ["-1/20", "-1/20"]]] * 2,
    labels=[0, 0],
    point=[0, 0],
)
PARABOLA = System.of(rows=[[1]], squares=[[["1/10"]]], labels=[0], point=[0])
STRETCHED = Composition(
    System.of(rows=[[2, 0], [0, "1/2"]], labels=[0, 0], point=[0, 0]),
    System.of(rows=[[1, 0], [0, 1]], labels=[0, 0], point=[0, 0]),
)
IDENTITIES = Composition(
    System.of(rows=[[1]], labels=[0], point=[0]), System.of(rows=[[1]], labels=[0], point=[0])
)
COLUMN = Composition(
    System.of(rows=[[1], [0]], labels=[0, 0], point=[0]),
    System.of(rows=[[1]], labels=[0], point=[0]),
)
MISSED = Composition(
    System.of(rows=[[0, 1]], labels=[0], point=[0, 0]),
    System.of(rows=[[1], [0]], labels=[0, 0], point=[0]),
)


@claim(
    "Small Hessians keep the kernel conditioned",
    for_all={"system": BENT, "R": RADII},
    text="derived",
    mutants=[
        wrong(
            components=0,
            because="n Hessians of one sign pull together on the weakest direction",
            witness={"system": COHERENT, "R": 1.0},
        ),
        wrong(
            two=1.0,
            because="K is quadratic in DF: F = w + w^2/20 has K(-1) = 0.81",
            witness={"system": PARABOLA, "R": 1.0},
        ),
    ],
)
def small_hessian(system: System, R: float, *, components: int = 1, two: float = 2.0) -> Margin:
    """Hessians that are small keep lambda_min(K) in a whole ball.

    lambda_min(K(w)) >= lambda_min(K(w_0)) - 2 L_F sqrt(n) H R for all w in B(w_0, R), with H the
    largest ||H_F|| and L_F the largest ||DF|| there: H <= (lambda_0 - mu)/(2 L_F sqrt(n) R) gives
    mu-PL* on the ball. (components=0: without sqrt(n).)
    """
    n, H = system.n, spectral_norm(system.Q).max()
    change = two * on_ball(system, R).L_F * sqrt(n) ** components * H * R
    lambda_0 = least_sigma(system) ** 2
    least, there = weakest_on_ball(system, R)
    steepest = quantity("lambda_max_K").sqrt() + quantity("bend") * given("R")
    moved = constant("two") * steepest * _roots(n, components) * given("R")
    kept = _inside(system, there, "lambda_min_K", moved)
    floor = lambda_0 - change
    return at_least(least**2, floor, scale=exactly(STRICT) + lambda_0 + change, proof=kept)


@claim(
    "Small Hessians, singular values",
    for_all={"system": BENT, "R": RADII},
    text="derived",
    bound="tight",
    depends_on=["liu2022landscape.small_hessian"],
    mutants=[
        wrong(
            components=0,
            because="n Hessians of one sign pull together on the weakest direction",
            witness={"system": COHERENT, "R": 1.0},
        ),
        wrong(
            factor=0.9,
            because="attained by F = w + w^2/20",
            witness={"system": PARABOLA, "R": 1.0},
        ),
    ],
)
def small_hessian_sharper(
    system: System, R: float, *, components: int = 1, factor: float = 1.0
) -> Margin:
    """The least singular value of DF changes by at most sqrt(n) ||H_F|| times the distance.

    sqrt(lambda_min(K(w))) >= sqrt(lambda_min(K(w_0))) - sqrt(n) H R for all w in B(w_0, R), by
    Weyl's inequality for singular values, without L_F. Attained where all Hessians bend DF alike.
    """
    n, sigma_0 = system.n, least_sigma(system)
    change = factor * sqrt(n) ** components * spectral_norm(system.Q).max() * R
    least, there = weakest_on_ball(system, R)
    moved = constant("factor") * _roots(n, components) * given("R")
    kept = _inside(system, there, "sigma_min", moved)
    floor, scale = sigma_0 - change, exactly(STRICT) + sigma_0 + change
    return at_least(least, floor, scale=scale, proof=kept)


@claim(
    "Transformation of the output",
    for_all={"pair": compositions()},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            rho="determinant",
            because="diag(2, 1/2) has determinant 1 and shrinks one direction",
            witness={"pair": STRETCHED},
        ),
        wrong(
            rho="mean square",
            because="the weakest direction counts, not the mean",
            witness={"pair": STRETCHED},
        ),
        wrong(
            rho="one to one",
            because="phi(t) = (t, 0) has the singular value 1, and no kernel after it is regular",
            witness={"pair": COLUMN},
        ),
    ],
)
def output_transformation(pair: Composition, *, rho: str = "least") -> Margin:
    """A map after F keeps the tangent kernel conditioned as far as its own derivative is.

    For G = phi o F with Dphi(F(w)) onto, so that G has no more components than F, and rho =
    sigma_min(Dphi(F(w))^T): lambda_min(K_G(w)) >= rho^2 lambda_min(K_F(w)). Where Dphi is not onto
    rho is 0, though its singular values need not be. (rho: means of the singular values, or the
    least of a Dphi that is one to one.)
    """
    outer, inner = _taylors(pair)
    factor = _sigma(outer) if pair.outer.n <= pair.outer.m or rho == "one to one" else exactly(0.0)
    if rho in ("determinant", "mean square"):
        factor = _mean_factor(outer, rho)
    names = {"least": "sigma_outer_onto", "one to one": "sigma_outer"}
    names["determinant"] = "determinant_outer"
    exact = quantity(names.get(rho, "mean_square_outer")) * quantity("sigma_inner")
    return _kept(pair, (outer, inner), factor * _sigma(inner), exact)


@claim(
    "Transformation of the input",
    for_all={"pair": compositions()},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            rank="injective",
            because="psi(t) = (t, 0) never moves what F(a, b) = b sees",
            witness={"pair": MISSED},
        ),
        wrong(
            factor=1.2,
            because="attained by multiples of the identity",
            witness={"pair": IDENTITIES},
        ),
    ],
)
def input_transformation(
    pair: Composition, *, rank: str = "surjective", factor: float = 1.0
) -> Margin:
    """A map before F keeps the tangent kernel conditioned if its derivative is onto.

    For G = F o psi, psi : R^q -> R^m with Dpsi onto and rho = sigma_min(Dpsi^T):
    lambda_min(K_G(w)) >= rho^2 lambda_min(K_F(psi(w))). (rank="injective": one to one instead.)
    """
    outer, inner = _taylors(pair)
    onto = pair.inner.n <= pair.inner.m or rank == "injective"
    rho = _sigma(inner) if onto else exactly(0.0)
    name = "sigma_inner" if rank == "injective" else "sigma_inner_onto"
    regular = Proof("system", pair.recipe, quantity(name), ">=", STRICT)
    assume_premise("Dpsi has full rank", at_least(rho, exactly(STRICT), proof=regular))
    exact = constant("factor") * quantity(name) * quantity("sigma_outer")
    return _kept(pair, (outer, inner), factor * rho * _sigma(outer), exact)


def _taylors(pair: Composition) -> tuple[Taylor, Taylor]:
    """F and DF of both maps, the outer one at the value of the inner one."""
    inner = system_taylor(pair.inner, pair.inner.w)
    outer = system_taylor(pair.outer, inner.F)
    off, inside = inner.F_error, pair.outer.C.abs()
    moved = pair.outer.Q.abs() @ off + (pair.outer.B.abs() * (inside @ off)) @ inside
    return outer._replace(J_error=outer.J_error + moved), inner


def _sigma(taylor: Taylor) -> Approx:
    return sigma_min(taylor.J, entries=taylor.J_error)


def _mean_factor(taylor: Taylor, mean: str) -> Approx:
    """The geometric or the quadratic mean of the singular values."""
    values = torch.linalg.svdvals(taylor.J)
    found = values.log().mean().exp() if mean == "determinant" else values.square().mean().sqrt()
    return enclosed(found, 1e-9 * (1 + found))


def _kept(pair: Composition, maps: tuple[Taylor, Taylor], floor: Approx, exact: Term) -> Margin:
    """sigma_min(D outer D inner) >= floor: both sides of the statement, square roots taken."""
    outer, inner = maps
    proof = Proof("system", pair.recipe, quantity("sigma_composed"), ">=", exact)
    error = outer.J_error @ (inner.J.abs() + inner.J_error) + outer.J.abs() @ inner.J_error
    error = error + 2 * (inner.J.shape[0] + 2) * EPS * (outer.J.abs() @ inner.J.abs())
    product = outer.J @ inner.J
    # More equations than unknowns: K_G is singular.
    least = sigma_min(product, entries=error)
    least = least if product.shape[0] <= product.shape[1] else exactly(0.0)
    return at_least(least, floor, scale=exactly(STRICT) + operator_norm(product), proof=proof)


def _roots(n: int, components: int) -> Term:
    """sqrt(n)^components ||H_F||."""
    return number(n).sqrt() ** components * quantity("norm_hessians")


def _inside(system: System, there: list[float], name: str, change: Term) -> Proof:
    """That a quantity falls by no more than a change at a point, which is in the ball."""
    exact = partial(Proof, "system", system.recipe)
    near = exact(quantity("squared_move", weights=there), "<=", given("R") ** 2)
    kept = exact(quantity(name, weights=there), ">=", quantity(name) - change)
    return kept.under("w in B(w_0, R)", near)
