"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Lemma 3.4: the Gram matrix G = Phi Phi^T of phi_i = s(W x_i)/sqrt(m) changes little while W stays
near W(0). The printed proof uses ||s(B) - s(B')|| <= ||B - B'|| and ||s(B)|| <= ||B|| in operator
norm. ReLU is 1-Lipschitz in Frobenius norm only, and the printed radius is too large.
"""  # noqa: E501  the citation is one line

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import pi, sqrt

import torch
from torch import Tensor

from certify import frobenius_norm, lambda_max, lambda_min, operator_norm, spectral_norm
from claims import assume_premise, claim, misprint, refuted_claim, wrong
from models import G2, SeedNumber, Start, gram, rademacher_signs
from strategies import either, real_datasets, starts, unit_sphere_datasets, whole_numbers
from theorems._hadamard import ON, bent_hadamard, hadamard_start, reflection_start
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    exactly,
    largest,
    number,
    quantity,
    supremum,
)

INSIDE = 1 - 1e-12  # of the radius: normalising a direction rounds
STARTS = starts(
    data=either(unit_sphere_datasets(max_n=6), real_datasets(sets=("iris", "wine"), max_n=6)),
    max_m=48,
    signs="ones",
)
ONE = Start.of(rows=[[1]], weights=[[1]], signs=[1], residual=[0])
LAMBDA_0 = quantity("lambda_min_G2") * 4 / 3  # in proofs
ROOT_M = quantity("m").sqrt()
_STEPS = 3  # of the ascent; one is enough
CURVATURE = sqrt(0.75) - sqrt(0.5)  # 0.1589


@dataclass(frozen=True, slots=True, eq=False)
class _Ball:
    """W(0), its Gram matrix, and the largest lambda_0 that its premise allows.

    Attributes:
        start: inputs and weights.
        G: Gram matrix at W(0).
        error: entrywise bound of a Gram matrix's rounding.
        lambda_0: 4/3 lambda_min(G(0)), from below; the proof knows of the limit kernel only this.
        x_norm: ||X||.
    """

    start: Start
    G: Tensor
    error: float
    lambda_0: Approx
    x_norm: Approx

    @classmethod
    def around(cls, start: Start) -> "_Ball":
        G, exact = G2(start.x, start.w), _exact(start)
        largest = float(G.diagonal().max()) + float(start.w.square().sum()) / start.m
        error = (start.m + start.d + 8) * 4.5e-16 * largest
        least = lambda_min(G, entries=error)
        floor = 1e-9 * largest
        proof = exact(quantity("lambda_min_G2"), ">=", number(floor))
        positive = at_least(least, exactly(floor), proof=proof)
        assume_premise("lambda_min(G(0)) > 0", positive)
        x_norm = lambda_max(gram(start.x)).sqrt()
        return cls(start, G, error, exactly(least.low * (4 / 3)), x_norm)

    @property
    def root_m(self) -> float:
        return sqrt(self.start.m)

    def moved(self, R: float, *, operator: bool) -> tuple[Tensor, Tensor]:
        """Weights at the distance R from W(0), and their Gram matrices."""
        w, x = self.start.w, self.start.x
        directions = torch.stack([-w, w, *_ascents(x, w, operator=operator)])
        norms = (
            torch.linalg.matrix_norm(directions, ord=2)
            if operator
            else torch.linalg.matrix_norm(directions)
        )
        weights = w + R * INSIDE * directions / norms[:, None, None].clamp_min(1e-300)
        return weights, G2(x, weights)

    def phi_moves(self, R: Approx, *, operator: bool) -> Approx:
        """A bound of ||Phi - Phi(0)||_F: ReLU is 1-Lipschitz in Frobenius norm."""
        most = exactly(min(self.start.m, self.start.d)).sqrt() if operator else exactly(1.0)
        return self.x_norm * most * R / self.root_m


def _ascents(x: Tensor, w: Tensor, *, operator: bool) -> list[Tensor]:
    """Directions along which the largest, or the least, singular value of Phi changes fastest."""
    pre = w @ x.T
    left, _, right = torch.linalg.svd(pre.relu(), full_matrices=False)
    found = []
    for k in (0, -1):
        slope = (torch.outer(left[:, k], right[k]) * (pre > 0)) @ x
        if operator:  # of all matrices of norm 1 the polar factor has the largest product
            first, _, second = torch.linalg.svd(slope, full_matrices=False)
            slope = first @ second
        found += [slope, -slope]
    return found


@claim(
    "Lemma 3.4, closeness",
    for_all={"start": STARTS},
    text="derived",
    mutants=[
        wrong(
            constant=1 / 8,
            because="a lone neuron moves by a sixth of itself, and its square by 13/36",
            witness={"start": ONE},
        ),
        misprint(
            norm="operator",
            where="Lemma 3.4 and its proof",
            because="s(W) can have a larger norm than W: 3a for W = a (J - 2I) of norm 2a, n = 4",
            witness={"start": reflection_start()},
        ),
    ],
    examples=[{"start": hadamard_start()}],
)
def lemma_3_4_closeness(
    start: Start, *, constant: float = 1 / 12, norm: str = "Frobenius"
) -> Margin:
    """No W near W(0) has a Gram matrix far from G(0).

    If ||W(0)|| <= c sqrt(m), lambda_min(G(0)) >= 3/4 lambda_0, ||W|| <= 2c sqrt(m) and
    ||W - W(0)||_F <= R = sqrt(m) lambda_0/(12 c ||X|| ||X||_F), then ||G - G(0)|| <= lambda_0/4.
    R is below ||W(0)||/9, so that the premise on ||W|| holds by itself.
    The paper has R = sqrt(m) lambda_0/(16 c ||X||^2) in operator norm. That is false from n = 4 on,
    where W is W(0) times 1 + R/||W(0)||; for Hadamard matrices the excess grows like sqrt(n).
    """
    ball = _Ball.around(start)
    c = operator_norm(start.w) / ball.root_m
    if norm == "operator":
        R = ball.root_m * ball.lambda_0 / (16 * c * ball.x_norm**2)
    else:
        R = constant * ball.root_m * ball.lambda_0 / (c * ball.x_norm * frobenius_norm(start.x))
    weights, G = ball.moved(R.low, operator=norm == "operator")
    change = G - ball.G
    changes = spectral_norm((change + change.mT) / 2, entries=2 * ball.error)
    found, worst = changes.max(), weights[int(changes.lower.argmax())]
    proof = _closeness_proof(start, worst, None if norm == "operator" else constant)
    assume_premise(
        "||W|| <= 2 c sqrt(m)",
        at_least(2 * operator_norm(start.w), operator_norm(weights).max()).proved_by(
            dict(proof.premises)["||W|| <= 2 c sqrt(m)"]
        ),
    )
    step = ball.phi_moves(exactly(R.high), operator=norm == "operator")
    phi = lambda_max(ball.G, entries=ball.error).sqrt()
    bound = step * (2 * phi + step)
    return at_most(
        supremum(found, bound),
        ball.lambda_0 * 0.25,
        scale=ball.lambda_0,
        proof=proof,
    )


@claim(
    "Lemma 3.4, curvature",
    for_all={"start": STARTS},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            constant=0.165,
            because="(1 - t) W(0) has the Gram matrix (1 - t)^2 G(0), and that attains the bound",
            witness={"start": ONE},
        ),
        wrong(share=0.55, because="the bound is attained at one half"),
    ],
)
def lemma_3_4_curvature(start: Start, *, constant: float = CURVATURE, share: float = 0.5) -> Margin:
    """Every W near W(0) keeps half of the limit kernel's curvature.

    If lambda_min(G(0)) >= 3/4 lambda_0 and
    ||W - W(0)||_F <= (sqrt(3/4) - sqrt(1/2)) sqrt(m lambda_0)/||X||,
    then lambda_min(G) >= lambda_0/2.
    Proof: the least singular value of Phi moves by at most ||X|| ||W - W(0)||_F/sqrt(m). No bound
    of ||W(0)|| is needed. In the paper's ball, sqrt(m) lambda_0/(16 c ||X||^2) in operator norm,
    this is false, see below.
    """
    ball = _Ball.around(start)
    R = constant * (ball.lambda_0 * start.m).sqrt() / ball.x_norm
    weights, G = ball.moved(R.low, operator=False)
    values = lambda_min(G, entries=ball.error)
    found, worst = values.min(), weights[int(values.upper.argmin())]
    step = ball.phi_moves(exactly(R.low), operator=False)
    least = (ball.lambda_0 * 0.75).sqrt() - step
    bound = largest(least, exactly(0.0)) ** 2
    infimum = -supremum(-found, -bound)
    proof = _curvature_proof(start, worst, constant, share)
    return at_least(infimum, share * ball.lambda_0, scale=ball.lambda_0, proof=proof)


@refuted_claim(
    "Lemma 3.4, curvature as printed",
    for_all={"k": whole_numbers(min_value=1, max_value=4)},
    because="at n = m = d = 256 a move by a fiftieth of the weights' norm leaves too little",
    where="Lemma 3.4, second conclusion",
    witness={"k": 4},
)
def lemma_3_4_curvature_printed(k: int) -> Margin:
    """Every W in the printed ball of the operator norm keeps half of the curvature.

    If ||W(0)|| <= c sqrt(m), lambda_min(G(0)) >= 3/4 lambda_0, ||W|| <= 2c sqrt(m) and
    ||W - W(0)|| <= R = sqrt(m) lambda_0/(16 c ||X||^2), then lambda_min(G) >= lambda_0/2. Tried at
    X = I and W(0) = a H, for a regular Hadamard matrix H of order n = m = d = 4^k, a = 1.012, by
    moves along polar factors: 0.67, 0.63, 0.52 and 0.35 lambda_0 are left for k = 1 to 4.
    """
    n, x = 4**k, torch.eye(4**k, dtype=torch.float64)
    w = float(ON) * bent_hadamard(k)
    lambda_0 = Approx.around(0.5 - 1 / (2 * pi), 1e-15)
    least = lambda_min(G2(x, w))
    assume_premise("lambda_min(G(0)) >= 3/4 lambda_0", at_least(least, lambda_0 * 0.75))
    norm, root_m = operator_norm(w), sqrt(n)
    R = root_m * lambda_0 / (16 * (norm / root_m))
    v = rademacher_signs(n, SeedNumber(0))[0] / root_m  # flat, unlike what a library would choose
    u = w.relu() @ v
    for _ in range(_STEPS):
        slope = torch.outer(u / u.norm(), v) * (w > 0)
        first, _, second = torch.linalg.svd(slope)
        moved = w - R.low * INSIDE * (first @ second)
        left, _, right = torch.linalg.svd(moved.relu())
        u, v = left[:, -1], right[-1]
    reach = operator_norm(moved)
    assume_premise("||W|| <= 2 c sqrt(m)", at_least(2 * norm, reach))
    assume_premise("W in the ball", at_least(R, operator_norm(moved - w)))
    return at_least(lambda_min(G2(x, moved)), lambda_0 * 0.5, scale=lambda_0)


def _exact(start: Start) -> Callable[..., Proof]:
    return partial(Proof, "relu_features", start.exact_recipe)


def _closeness_proof(start: Start, worst: Tensor, constant: float | None) -> Proof:
    """||G - G(0)|| <= lambda_0/4 at explicit weights; without a constant, in the printed ball."""
    exact, W = _exact(start), worst.tolist()
    c, x_norm = quantity("norm_W") / ROOT_M, quantity("norm_X")
    if constant is None:
        R, kind = ROOT_M * LAMBDA_0 / (16 * c * x_norm**2), "distance"
    else:
        R = number(constant) * ROOT_M * LAMBDA_0 / (c * x_norm * quantity("frobenius_X"))
        kind = "frobenius_distance"
    conclusion = exact(quantity("G2_change", weights=W), "<=", LAMBDA_0 / 4)
    near = exact(quantity(kind, weights=W), "<=", R)
    bounded = exact(2 * quantity("norm_W"), ">=", quantity("norm_W", weights=W))
    return conclusion.under("W near W(0)", near).under("||W|| <= 2 c sqrt(m)", bounded)


def _curvature_proof(start: Start, worst: Tensor, constant: float, share: float) -> Proof:
    """lambda_min(G) >= share lambda_0 at explicit weights."""
    exact, W = _exact(start), worst.tolist()
    R = number(constant) * ROOT_M * LAMBDA_0.sqrt() / quantity("norm_X")
    conclusion = exact(quantity("lambda_min_G2", weights=W), ">=", number(share) * LAMBDA_0)
    return conclusion.under(
        "W near W(0)", exact(quantity("frobenius_distance", weights=W), "<=", R)
    )
