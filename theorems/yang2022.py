"""Yang, Ren: Understanding the Convergence of Over-Parameterized Informed Neural Networks.

arXiv:2207.00751v1, of which the abstract was read; all statements here are derived. A sample i has
a label z_i and a value g_i that knowledge of the domain gives. Training on the informed risk

    sum_i a (h_i - z_i)^2 + b (h_i - g_i)^2,   a, b > 0,  h_i the prediction,

is training on labels (a z_i + b g_i)/(a + b), down to a floor that is no failure of the training.
"""

from fractions import Fraction
from typing import Any

import torch

from certify import enclosed, lambda_max, lambda_min
from claims import assume_premise, claim, not_executable, wrong
from dynamics import gradient_descent
from models import H, Start, gradient, predictions
from strategies import exact_decimals, starts, unit_sphere_datasets
from theorems._exact_sums import equal_sums, exact_proof
from verdicts import Approx, Margin, at_least, at_most, decays, equal_to, exactly

STEPS = 12  # of half the largest stable size: a residual falls by up to 2^-12
TRAINED = 1e-6  # resolution of a rate of decay
WEIGHTS = exact_decimals(min_value=0.1, max_value=9)
VALUES = exact_decimals(min_value=-9, max_value=9)
POINT = {"a": WEIGHTS, "b": WEIGHTS, "z": VALUES, "g": VALUES}
STARTS = starts(
    data=unit_sphere_datasets(max_n=5, min_lambda_0=0.05),
    min_m=4,
    max_m=64,
    ties="forbidden",
    max_residual_digits=1,
)

convergence = not_executable(
    "Convergence of wide informed networks with smooth sets of inputs",
    where="abstract",
    reason="no width and no constant could be read",
)


@claim(
    "Informed risk, its floor",
    for_all=POINT | {"h": VALUES},
    topics=["informed"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            both=0,
            because="knowledge counts less than label and knowledge together",
            witness={"a": 1, "b": 1, "z": 1, "g": 0, "h": Fraction(1, 2)},
        )
    ],
)
def floor(
    a: Fraction, b: Fraction, z: Fraction, g: Fraction, h: Fraction, *, both: int = 1
) -> Margin:
    """No prediction has a smaller informed risk than a b/(a + b) (z - g)^2."""

    def sides(a: Any, b: Any, z: Any, g: Any, h: Any) -> tuple[Any, Any]:
        return a * (h - z) ** 2 + b * (h - g) ** 2, a * b / (a * both + b) * (z - g) ** 2

    given = (a, b, z, g, h)
    (left, right), proof = sides(*given), exact_proof(sides, given, ">=")
    return at_least(exactly(left), exactly(right), scale=1 + float(right), proof=proof)


@claim(
    "Informed risk, its minimiser",
    for_all=POINT,
    topics=["informed"],
    text="derived",
    mutants=[
        wrong(
            middle=1,
            because="a = 4 weighs more than b = 1",
            witness={"a": 4, "b": 1, "z": 1, "g": 0},
        ),
        wrong(
            left_over=0,
            because="where label and knowledge differ no prediction has risk 0",
            witness={"a": 1, "b": 1, "z": 1, "g": 0},
        ),
        wrong(
            power=Fraction(1, 2),
            because="the weights themselves enter, not their roots: a = 4, b = 1 leave 4/5",
            witness={"a": 4, "b": 1, "z": 1, "g": 0},
        ),
    ],
)
def minimiser(
    a: Fraction,
    b: Fraction,
    z: Fraction,
    g: Fraction,
    *,
    middle: int = 0,
    left_over: int = 1,
    power: Fraction | int = 1,
) -> Margin:
    """The floor is attained at (a z + b g)/(a + b): the risk there is a b/(a + b) (z - g)^2."""

    def sides(a: Any, b: Any, z: Any, g: Any) -> tuple[Any, Any]:
        p, q = a**power, b**power
        best = (z + g) / 2 if middle else (a * z + b * g) / (a + b)
        found = a * (best - z) ** 2 + b * (best - g) ** 2
        return found, p * q / (p + q) * (z - g) ** 2 * left_over

    return equal_sums(sides, a, b, z, g)


@claim(
    "Informed risk, its gradient",
    for_all={"start": STARTS, "a": WEIGHTS, "b": WEIGHTS, "apart": VALUES},
    topics=["informed"],
    text="derived",
    mutants=[
        wrong(
            factor=1.0,
            because="the risk has no factor 1/2, so that its gradient is twice that",
            witness={
                "start": Start.of(rows=[[1]], weights=[[1]], signs=[1], labels=[0]),
                "a": 1,
                "b": 1,
                "apart": 0,
            },
        )
    ],
)
def informed_gradient(
    start: Start, a: Fraction, b: Fraction, apart: Fraction, *, factor: float = 2.0
) -> Margin:
    """The gradient of the informed risk is 2 (a + b) times that of |y - u|^2/2.

    y_i = (a z_i + b g_i)/(a + b), z_i = y_i + b apart, g_i = y_i - a apart; by differentiation of
    the risk itself, up to 1e-9 of its size.
    """
    p, q, gap = float(a), float(b), float(apart)
    w = start.w.clone().requires_grad_()
    h = predictions(start.x, w, start.a)
    left_over = (h - start.y).detach().abs()
    z, g = start.y + q * gap, start.y - p * gap
    risk = (p * (h - z).square() + q * (h - g).square()).sum()
    (found,) = torch.autograd.grad(risk, w)
    plain = gradient(start.x, start.y, start.w, start.a)
    size = 1.0 + float((p * (left_over + abs(q * gap)) + q * (left_over + abs(p * gap))).sum())
    off = torch.linalg.vector_norm(found - factor * (p + q) * plain)
    return equal_to(enclosed(off.detach(), 1e-12 * size), exactly(0.0), scale=size)


@claim(
    "Informed training reaches the floor",
    for_all={"start": STARTS, "a": WEIGHTS, "b": WEIGHTS, "apart": VALUES},
    topics=["informed", "descent"],
    text="derived",
    mutants=[
        wrong(
            kept=0,
            because="the risk stops at the floor, not at 0",
            witness={
                "start": Start.of(rows=[[1]], weights=[[1]], signs=[1], labels=[2]),
                "a": 1,
                "b": 1,
                "apart": 1,
            },
        ),
        wrong(
            power=3,
            because="the slowest direction of the residual shrinks by 1 - eta lambda a step",
            witness={
                "start": Start.of(rows=[[1]], weights=[[1]], signs=[1], labels=[2]),
                "a": 1,
                "b": 1,
                "apart": 1,
            },
        ),
    ],
)
def reaches_the_floor(
    start: Start, a: Fraction, b: Fraction, apart: Fraction, *, kept: int = 1, power: int = 2
) -> Margin:
    """While no neuron changes its pattern the risk falls to its floor at a linear rate.

    Let 2 (a + b) eta = 1/(2 lambda_max(H(0))). If no pattern changes in k <= 12 steps of gradient
    descent on the informed risk, then risk(k) - floor <= (1 - 2 (a + b) eta lambda_min(H(0)))^(2k)
    (risk(0) - floor), with floor = n a b (a + b) apart^2 (labels as for the gradient above).
    """
    curvature = H(start.x, start.w, start.a)
    slowest, fastest = lambda_min(curvature), lambda_max(curvature)
    assume_premise("lambda_min(H(0)) > 0", at_least(slowest, exactly(1e-6)))
    eta = 0.5 / fastest.high
    run = gradient_descent(start.x, start.y, start.w, start.a, eta=eta, steps=STEPS, keep_H=False)
    flips = 0 if run.flips is None else int(run.flips.sum())
    assume_premise("no flips", at_most(exactly(flips), exactly(0.5)))
    rate = (1 - slowest * eta).log() * -power
    if kept:
        return decays(run.log_ratio(), rate, over=run.times, resolution=TRAINED)
    total = float(a + b)
    floor = exactly(start.n * a * b * (a + b) * apart**2)
    risk: Approx = run.squared_residual * total + floor
    return decays(risk.log() - risk.log()[0], rate, over=run.times, resolution=TRAINED)
