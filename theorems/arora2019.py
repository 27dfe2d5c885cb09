"""Arora, Du, Hu, Li, Wang: Fine-Grained Analysis of Optimization and Generalization for Overparameterized Two-Layer Neural Networks. arXiv:1901.08584v2.

Two-layer ReLU network, first layer trained by gradient descent on ||y - u||^2/2, inputs of norm 1:
    u_i = m^(-1/2) sum_r a_r relu(w_r.x_i),  r_k = y - u(k),  H_inf_ij = x_i.x_j (pi - angle_ij)/(2 pi)
with eigenpairs (lam_i, v_i) and lambda_0 = lam_min. The paper starts from w_r ~ N(0, kappa^2 I), so
that u(0) is small; here u(0) = 0 from the antisymmetric start, or y - u(0) stands where it has y.
The statements are recalled, not read; what is executed of them is derived.
"""  # noqa: E501  the citation is one line

from math import sqrt
from typing import Literal

import numpy as np

from certify import enclosed, operator_norm
from claims import assume_premise, claim, not_executable, wrong
from dynamics import gradient_descent, one_step
from models import (
    Start,
    patterns,
    predictions,
)
from strategies import (
    either,
    real_datasets,
    starts,
    step_counts,
    step_sizes,
    unit_sphere_datasets,
)
from theorems._arora2019 import (
    EPS,
    Limit,
    averaged_kernel,
    length,
    residual_error,
    share_on,
    step_rounding,
    weighed_sum,
)
from verdicts import (
    Approx,
    Margin,
    at_least,
    at_most,
    equal_to,
    every,
    exactly,
    smallest,
)

TRAINED = 1e-7  # resolution along a run: residuals of 1e-3 of the outputs lose digits
Origin = Literal["residual", "labels"]
Kernel = Literal["first", "both"]
Share = Literal["average", "before", "after", "ends"]

DATA = either(unit_sphere_datasets(max_n=6, max_d=8), real_datasets(max_n=6))
# On, and switched off three quarters before the end of the step.
CROSSING = Start.of(rows=[[1]], weights=[[1]], signs=[1], residual=[-8])
# The pattern that half of all neurons have: H(0) is H_inf, and stays.
HALF_ON = Start.of(rows=[[1]], weights=[[1], [-1]], signs=[1, 1], residual=["1/2"])
HALF_DYING = Start.of(rows=[[1]], weights=[[1], [-1]], signs=[1, 1], residual=[-8])
# lambda_0/lam_max = 0.88.
NEARLY_ORTHOGONAL = Start.of(rows=[[1, 0], [1, 8]], weights=[[1, 1]], signs=[1], residual=[0, 3])
TWO_PARTS = Start.of(rows=[[1, 0], [1, 2]], weights=[[-2, 2]], signs=[1], residual=[0, -1])
LOUD = Start.of(rows=[[1, 0], [1, 1]], weights=[[1, 2]], signs=[1], residual=[1, 0])
ONE_ON = Start.of(rows=[[1]], weights=[[1]], signs=[1], residual=["1/2"])


@claim(
    "Residual recursion",
    for_all={
        "start": starts(data=DATA, max_m=32, max_residual_digits=2),
        "eta": step_sizes(max_eta=9),
    },
    text="derived",
    topics=["training"],
    mutants=[
        wrong(
            share="before",
            because="x = (1): the neuron is off for three quarters of the step",
            witness={"start": CROSSING, "eta": 0.5},
        ),
        wrong(
            share="after",
            because="x = (1): the neuron is on for a quarter of the step",
            witness={"start": CROSSING, "eta": 0.5},
        ),
        wrong(
            share="ends",
            because="x = (1): the mean of both ends is a half, the neuron is on for a quarter",
            witness={"start": CROSSING, "eta": 0.5},
        ),
        wrong(turned=True, because="averages belong to the outputs, not to the gradient"),
    ],
)
def residual_recursion(
    start: Start, eta: float, *, share: Share = "average", turned: bool = False
) -> Margin:
    """One step multiplies the residual by I - eta Jbar J^T exactly.

    r_{k+1} = (I - eta Jbar_k J_k^T) r_k, where Jbar_k is the mean of the Jacobian du/dW over the
    segment from W(k) to W(k+1): of ReLU, row i of neuron r is m^(-1/2) a_r x_i times the part of
    the segment on which w_r.x_i >= 0.
    """
    after = one_step(start.x, start.y, start.w, start.a, eta=eta)[0]
    before_on, after_on = (patterns(start.x, w).to(start.w) for w in (start.w, after))
    on = {
        "average": share_on(start.x, start.w, after),
        "before": before_on,
        "after": after_on,
        "ends": (before_on + after_on) / 2,
    }[share]
    kernel = averaged_kernel(start, on)
    r_0 = start.y - predictions(start.x, start.w, start.a)
    r_1 = start.y - predictions(start.x, after, start.a)
    gap = r_1 - r_0 + eta * ((kernel.T if turned else kernel) @ r_0)
    distance = length(gap.numpy(), step_rounding(start, after, eta))
    scale = enclosed(r_0.norm(), 0.0) + enclosed(r_1.norm(), 0.0)
    return equal_to(distance, exactly(0.0), scale=scale)


@claim(
    "Residual recursion, distance to the linear one",
    for_all={
        "start": starts(data=DATA, max_m=32, max_residual_digits=2),
        "eta": step_sizes(max_eta=9),
    },
    text="derived",
    bound="tight",
    topics=["training"],
    depends_on=[residual_recursion],
    mutants=[
        wrong(
            factor=0.99,
            because="n = 1 attains it",
            witness={"start": ONE_ON, "eta": 0.5},
        ),
        wrong(
            share="before",
            because="x = (1): one of two neurons is on, H(0) = H_inf, but it dies in the step",
            witness={"start": HALF_DYING, "eta": 0.5},
        ),
    ],
)
def distance_to_linear(
    start: Start, eta: float, *, factor: float = 1.0, share: Share = "average"
) -> Margin:
    """How far one step is from the limit's, the distance of two kernels says.

    ||r_{k+1} - (I - eta H_inf) r_k|| <= eta ||H_inf - Jbar_k J_k^T||_2 ||r_k||, with equality for
    n = 1: every statement about a linear rate is one about that distance.
    """
    limit = Limit.of(start.x)
    after = one_step(start.x, start.y, start.w, start.a, eta=eta)[0]
    on = patterns(start.x, start.w).to(start.w)
    on = share_on(start.x, start.w, after) if share == "average" else on
    r_0 = start.y - predictions(start.x, start.w, start.a)
    r_1 = start.y - predictions(start.x, after, start.a)
    rounding = step_rounding(start, after, eta)
    gap = r_1 - r_0 + eta * (limit.matrix @ r_0)
    distance = length(gap.numpy(), rounding + eta * limit.error * float(r_0.norm()))
    kernels = operator_norm(limit.matrix - averaged_kernel(start, on))
    # What rounding does to the mean kernel is felt in the step only.
    size = enclosed(r_0.norm(), 0.0)
    bound = factor * eta * kernels * size + Approx(-rounding, rounding)
    return at_most(distance, bound, scale=size + enclosed(r_1.norm(), 0.0))


@claim(
    "Theorem 4.1, a posteriori",
    for_all={
        "start": starts(data=DATA, max_m=64, max_residual_digits=2, ties="forbidden"),
        "steps": step_counts(max_steps=60),
    },
    text="derived",
    bound="tight",
    topics=["training"],
    share=2,
    mutants=[
        wrong(
            power=1,
            because="each part shrinks by 1 - eta lam_i in a step, its square by the square",
            witness={"start": TWO_PARTS, "steps": 1},
        ),
        wrong(
            kernel="both",
            because="the output layer does not learn here",
            witness={"start": HALF_ON, "steps": 2},
        ),
        wrong(
            origin="labels",
            because="where u(0) != 0 it is y - u(0) that decays, not y",
            witness={"start": LOUD, "steps": 1},
        ),
        wrong(
            late=0,
            because="the last deviation is not shrunk by any step",
            witness={"start": ONE_ON, "steps": 1},
        ),
        wrong(
            edge=1.1,
            because="eta = 1.1/lam_max: a part is multiplied by -0.1, more than 1 - eta lambda_0",
            witness={"start": NEARLY_ORTHOGONAL, "steps": 2},
        ),
    ],
)
def theorem_4_1_a_posteriori(
    start: Start,
    steps: int,
    *,
    power: int = 2,
    kernel: Kernel = "first",
    origin: Origin = "residual",
    late: int = 1,
    edge: float = 1.0,
) -> Margin:
    """Predicted and true residual differ by what the steps deviated, each shrunk since.

    With eta <= 1/lam_max and d_j = r_{j+1} - (I - eta H_inf) r_j, at any width:
    ||r_K - (I - eta H_inf)^K r_0|| <= sum_{j<K} (1 - eta lambda_0)^(K-1-j) ||d_j||, and so far at
    most is ||r_K|| from sqrt(sum_i (1 - eta lam_i)^(2K) (v_i.r_0)^2), and each v_i.r_K from
    (1 - eta lam_i)^K v_i.r_0, the deviations counted in its direction alone. Runs whose residual
    is off by more than 1e-8 of its start, from weights that are large beside it, are left out.
    """
    limit = Limit.of(start.x)
    eta = (edge / limit.lambda_top).low
    run = gradient_descent(
        start.x, start.y, start.w, start.a, eta=eta, steps=steps, keep_patterns=False, keep_H=False
    )
    assume_premise("no tie", at_least(exactly(0.5), exactly(float(run.undecided.sum()))))
    r, off = run.residual.numpy(), residual_error(run)
    told = exactly(float(np.linalg.norm(r[0])) * TRAINED / 10)
    assume_premise("steps are told from rounding", at_least(told, exactly(float(off.max()))))
    parts = r @ limit.v  # one row per step, one column per eigenvector
    deviations = parts[1:] - (1 - eta * limit.lam) * parts[:-1]
    rounding = off[1:] + off[:-1] + (eta * limit.error + 20 * EPS) * np.linalg.norm(r[:-1], axis=1)
    waits = abs(np.arange(steps - late, -late, -1))
    rate = abs(1 - eta * limit.lambda_0)
    shrunk = Approx(rate.lower**waits, rate.upper**waits)
    allowed = weighed_sum(shrunk, np.linalg.norm(deviations, axis=1), rounding)
    by_part = exactly(abs(1 - eta * limit.lam) ** waits[:, None])
    allowed_parts = weighed_sum(by_part, abs(deviations), rounding[:, None])
    meant = Limit.of(start.x, both_layers=kernel == "both")
    first = r[0] if origin == "residual" else start.y.numpy()
    predicted, error = meant.powered(first, eta, steps)
    error += float(off[-1] + off[0])
    end, scale = meant.v.T @ r[-1], float(np.linalg.norm(r[0]) + np.linalg.norm(r[-1]))
    squares = (1 - eta * meant.lam) ** (power * steps) * (meant.v.T @ first) ** 2
    norms = abs(length(end, error) - exactly(sqrt(abs(squares.sum()))))
    left = allowed_parts - abs(Approx.around(end - predicted, error))
    least = smallest(*(left[i] for i in range(start.n)))
    return every(
        vector=at_most(length(end - predicted, error), allowed, scale=scale, resolution=TRAINED),
        norm=at_most(norms, allowed, scale=scale, resolution=TRAINED),
        directions=at_least(least, exactly(0.0), scale=scale, resolution=TRAINED),
    )


theorem_3_1 = not_executable(
    "Theorem 3.1",
    where="section 3",
    reason="quoted from Du et al. with m = Omega(n^6/(lambda_0^4 kappa^2 delta^3)); "
    "du2019.theorem_4_1 has it with constants",
)
theorem_4_1_width = not_executable(
    "Theorem 4.1, width",
    where="section 4",
    reason="m = Omega(n^7/(lambda_0^4 kappa^2 delta^4 eps^2)) and kappa = O(eps delta/sqrt(n)) "
    "hide their constants (recalled); arora2019wide.theorem_4_1 derives a width",
)
