"""Liu, Zhu, Belkin: Loss landscapes and optimization in over-parameterized non-linear systems and neural networks. arXiv:2003.00307v2.

Why L is not convex near its minima: Proposition 2. What was recalled asks for DF(w*) != 0 alone; that
is false for n >= 2 equations, and enough for one. Notation as in `liu2022`.
"""  # noqa: E501  the citation is one line

from functools import partial

import torch
from torch import Tensor

from certify import enclosed, lambda_min, operator_norm
from claims import assume_premise, claim, misprint, wrong
from models import System, system_hessians, system_taylor
from strategies import many_unknowns, whole_numbers
from verdicts import Approx, Margin, Proof, at_least, at_most, exactly, quantity

EPS = 2.0**-52
STRICT = 1e-6


def identity(m: int, factor: int = 1) -> list[list[int]]:
    """The rows of a multiple of the identity."""
    return [[factor * (i == j) for j in range(m)] for i in range(m)]


BOWL_AND_LINE = System.of(
    rows=[[0] * 5, [1, 0, 0, 0, 0]],
    squares=[identity(5), identity(5, 0)],
    labels=[0, 0],
    point=[0] * 5,
)
TWO_BOWLS = System.of(
    rows=[[1, 0, 0, 0, 0]] * 2,
    squares=[identity(5), identity(5, -1)],
    labels=[0, 0],
    point=[0] * 5,
)
LINE = System.of(rows=[[1, 0, 0]], labels=[0], point=[0, 0, 0])
BOWL = System.of(rows=[[1, 0, 0]], squares=[identity(3)], labels=[0], point=[0, 0, 0])


@claim(
    "Proposition 2, corrected",
    for_all={"system": many_unknowns(), "i": whole_numbers(max_value=2)},
    text="derived",
    mutants=[
        misprint(
            drops="e_i in range DF(w*)",
            where="Proposition 2, as recalled: DF(w*) != 0",
            because="F = (|w|^2/2, w_1) with m = 5 has the convex loss |w|^4/8 + w_1^2/2",
            witness={"system": BOWL_AND_LINE, "i": 0},
        ),
        wrong(
            title="grad F_i(w*) != 0",
            drops="e_i in range DF(w*)",
            because="w_1 + |w|^2/2 and w_1 - |w|^2/2 have the convex loss w_1^2 + |w|^4/4",
            witness={"system": TWO_BOWLS, "i": 0},
        ),
        wrong(
            drops="rank H_(F_i) > 2n",
            because="linear systems have convex losses",
            witness={"system": LINE, "i": 0},
        ),
    ],
)
def essential_non_convexity(system: System, i: int) -> Margin:
    """Near a solution where F can move as e_i, with a Hessian of large rank, L is not convex.

    Let F(w*) = y, DF(w*) != 0, e_i in range DF(w*), as when lambda_min(K(w*)) > 0, and
    rank H_(F_i)(w*) > 2n. Then L is convex on no neighbourhood of w*: n + 1 eigenvalues of H_(F_i)
    have one sign, and where F_i has the other one they leave a direction in ker DF.
    (At the scales t, t/10, t/1000 on one line; a refutation shows that L is convex on R^m.)
    """
    curvatures, _, t = _near_solution(system, min(i, system.n - 1))
    if _convex(system):
        curvatures = Approx(0.0 * curvatures.upper, curvatures.upper.clip(0))
    else:
        curvatures = Approx(-torch.inf + 0 * curvatures.upper, curvatures.upper)
    bowl = Proof("system", system.recipe, quantity("convex"), "<=", 0)
    return at_most((curvatures / t).max(), exactly(-STRICT), proof=bowl)


@claim(
    "Proposition 2, how negative",
    for_all={"system": many_unknowns(), "i": whole_numbers(max_value=2)},
    text="derived",
    depends_on=["liu2022nonconvexity.essential_non_convexity"],
    mutants=[
        wrong(
            share=1.0,
            because="F grows slower than t on the way: F = w_1 + |w|^2/2",
            witness={"system": BOWL, "i": 0},
        )
    ],
)
def negative_curvature(system: System, i: int, *, share: float = 0.5) -> Margin:
    """The curvature near such a solution is negative in proportion to the distance.

    For quadratic F as in Proposition 2, DF(w*) v = -+e_i, and h the (n + 1)-th largest eigenvalue
    of +-H_(F_i): lambda_min(H_L(w* + t v)) <= -t h/2 for all 0 < t <= t_0, with
    t_0 = h/sum_j |v^T Q_j v| ||Q_j|| and t <= 1. Looked at for t_0, t_0/10, t_0/1000.
    """
    curvatures, h, t = _near_solution(system, min(i, system.n - 1))
    return at_most((curvatures / t).max(), -share * h, scale=h)


def _near_solution(system: System, i: int) -> tuple[Approx, Approx, Approx]:
    """lambda_min(H_L(w* + t v)) for three t; h; and these t."""
    eigenvalues = torch.linalg.eigvalsh(system.Q[i])
    error = 10 * system.m * EPS * float(system.Q[i].norm())
    sizes = eigenvalues.abs().sort(descending=True).values
    many = sizes[2 * system.n] if len(sizes) > 2 * system.n else sizes.new_zeros(())
    found, n = system_taylor(system, system.w), system.n
    exact = partial(Proof, "system", system.recipe)
    off, size = operator_norm((found.F - system.y)[None]), operator_norm(found.J)
    solved = exact(quantity("squared_residual"), "<=", 0)
    some = exact(quantity("squared_jacobian"), ">=", STRICT)
    rank = exact(quantity("rank_hessian", component=i), ">=", 2 * n + 1)
    reached = exact(quantity("in_range", component=i), ">=", 1)
    assume_premise("F(w*) = y", at_most(off, exactly(1e-12)).proved_by(solved))
    assume_premise("DF(w*) != 0", at_least(size, exactly(STRICT)).proved_by(some))
    enough = at_least(enclosed(many, error), exactly(1e-3))
    assume_premise("rank H_(F_i) > 2n", enough.proved_by(rank))
    ends = -eigenvalues[n], eigenvalues[-1 - n]
    sign = 1.0 if float(ends[1]) >= float(ends[0]) else -1.0
    h = enclosed(max(ends).clamp(min=0), error)
    e = torch.zeros(n, dtype=torch.float64)
    e[i] = -sign
    v = torch.linalg.lstsq(found.J, e, driver="gelsd").solution
    missed = operator_norm((found.J @ v - e)[None])
    assume_premise("e_i in range DF(w*)", at_most(missed, exactly(1e-9)).proved_by(reached))
    along = (v @ (system.Q @ v).mT).abs() @ torch.linalg.matrix_norm(system.Q, 2)
    t_0 = min(1.0, 0.999 * max(h.low, 1e-3) / max(float(along), 1e-9))
    t = t_0 * torch.tensor([1.0, 0.1, 0.001], dtype=torch.float64)
    return _least_curvature(system, system.w + t[:, None] * v), h, exactly(t.numpy())


def _least_curvature(system: System, w: Tensor) -> Approx:
    """lambda_min of the Hessian DF^T DF + sum_i (F_i - y_i) H_(F_i) of L."""
    taylor, bent = system_taylor(system, w), system_hessians(system, w)
    r = (taylor.F - system.y)[..., None, None]
    hessian = taylor.J.mT @ taylor.J + (r * bent).sum(dim=-3)
    J, off = taylor.J.abs(), taylor.J_error
    error = off.mT @ (J + off) + J.mT @ off + 8 * system.m * EPS * (J.mT @ J)
    r_error = taylor.F_error[..., None, None] + 8 * (system.n + 2) * EPS * r.abs()
    return lambda_min(hessian, entries=error + (r_error * bent.abs()).sum(dim=-3))


def _convex(system: System) -> bool:
    """Whether L is seen to be convex on all of R^m, for y = 0 and F without waves.

    H_L = DF^T DF + sum_i F_i Q_i is semidefinite if sum_i (a_i.w) Q_i = 0 for all w and each Q_i
    is: then (w^T Q_i w) Q_i >= 0. Only multiples of the identity are known to be semidefinite here.
    """
    identity = torch.eye(system.m, dtype=system.Q.dtype)
    diagonal = system.Q[:, :1, :1] * identity
    crossed = torch.einsum("ij,ikl->jkl", system.A, system.Q)
    plain = bool((diagonal == system.Q).all()) and not system.p and not bool(system.y.any())
    return plain and not bool(crossed.any())
