"""The PL* questions at one network: its tangent kernel, its Hessians, and one run of descent.

With F the outputs at all samples, L = ||F - y||^2/2, K = DF DF^T, r_0 = ||F(w_0) - y|| and H the
largest ||H_{F_i}||_2. Where mu_hat <= ||grad L||^2/(2 L) at every iterate, and
L(w_{t+1}) <= L(w_t) - (eta/2)||grad L(w_t)||^2 at every step, L(w_T) <= (1 - eta mu_hat)^T L(w_0).

Source: Liu, Zhu, Belkin 2022 (arXiv:2003.00307v2); the form a posteriori is derived.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from certify import enclosed, lambda_max, lambda_min
from dynamics import MapDescent, map_descent
from models import FlatModule, hessian_norms, tangent_kernel
from verdicts import Approx, Margin, at_most, exactly, largest

_SMALL = 1e-24  # of L_0: a run is compared up to there


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """What is measured at one iterate.

    Attributes:
        t: its number.
        spectrum: eigenvalues of K, increasing.
        lambda_min, lambda_max: of K.
        H: max_i ||H_{F_i}||_2.
    """

    t: int
    spectrum: Approx
    lambda_min: Approx
    lambda_max: Approx
    H: Approx


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one network answers.

    Attributes:
        width: what the user's function was called with.
        parameters, equations: how many; equations are samples times outputs.
        kinks: operations of the network with kinks or jumps.
        r_0: ||F(w_0) - y||.
        points: w_0, and iterates of the run in their order.
        eta: the step size.
        run: the run.
        last: the iterate T up to which the run is compared.
        mu_hat: the least of ||grad L||^2/(2 L) before T.
        beta_hat: the largest 2 (L_{t+1} - L_t + eta ||g||^2)/(eta^2 ||g||^2): a mean of the
            curvature on a step's segment; None without steps, or where a gradient may be 0.
        decrease: L_{t+1} <= L_t - (eta/2)||g||^2 at every step before T; None without steps.
        conclusion: log(L_T/L_0) <= T log(1 - eta mu_hat); None without steps, or where eta mu_hat
            is not certainly below 1.
    """

    width: int
    parameters: int
    equations: int
    kinks: tuple[str, ...]
    r_0: Approx
    points: tuple[Point, ...]
    eta: float
    run: MapDescent
    last: int
    mu_hat: Approx
    beta_hat: Approx | None
    decrease: Margin | None
    conclusion: Margin | None

    @property
    def start(self) -> Point:
        """What is measured at w_0."""
        return self.points[0]

    @property
    def H(self) -> Approx:
        """The largest Hessian norm of a component at the points looked at."""
        return largest(*(point.H for point in self.points))

    @property
    def L_F(self) -> Approx:  # noqa: N802  the paper's letter
        """The largest ||DF||_2 at the points looked at."""
        return largest(*(point.lambda_max for point in self.points)).sqrt()

    @property
    def radius(self) -> Approx:
        """r_0/sqrt(mu_hat): the ball in which a solution must lie if L is mu_hat-PL* on it."""
        if self.mu_hat.low > 0:
            return self.r_0 / self.mu_hat.sqrt()
        least = (self.r_0 / self.mu_hat.high**0.5).low if self.mu_hat.high > 0 else math.inf
        return Approx(least, math.inf)


def answer(
    F: FlatModule, y: Tensor, *, width: int, steps: int, eta: float | None, looks: int = 2
) -> Answer:
    """Measure, train, measure again.

    Args:
        F: the network on its inputs.
        y: labels, one for each output.
        width: for the report.
        steps: of gradient descent.
        eta: the step size; None takes 3/4 of 1/(||DF(w_0)||^2 + sqrt(n) H(w_0) r_0).
        looks: at how many iterates, spread evenly, the kernel and the Hessians are measured
            besides the start.

    Raises:
        ValueError: labels that do not fit, a loss of 0 at the start, outputs that do not depend
            on the parameters differentiably, or numbers that are not finite.
    """
    labels = y.flatten()
    n = len(F(F.w))
    if len(labels) != n:
        raise ValueError(
            f"the network gives {n} numbers and there are {len(labels)} labels; give as many"
        )
    start = _point(F, F.w, 0)
    if not start.lambda_max.low > 0:
        raise ValueError(
            "the tangent kernel is 0: the outputs do not depend on the parameters in a way that "
            "can be differentiated; give a differentiable network"
        )
    r_0 = (2 * map_descent(F, labels, F.w, eta=1.0, steps=0).loss[0]).sqrt()
    if not r_0.low > 0:
        raise ValueError("the loss is 0 at the start, so that there is nothing to train; move y")
    if eta is None:
        # The bounds grow a little along the run.
        eta = 0.75 * float((1 / (start.lambda_max + exactly(n).sqrt() * start.H * r_0)).lower)
    every = max(1, steps // looks)
    run = map_descent(F, labels, F.w, eta=eta, steps=steps, keep=lambda t: t % every == 0)
    later = [_point(F, w, t) for t, w in run.visited.items() if t > 0]
    return _answer(F, width, r_0, (start, *later), eta, run)


def _answer(
    F: FlatModule, width: int, r_0: Approx, points: tuple[Point, ...], eta: float, run: MapDescent
) -> Answer:
    pl = run.pl_constants()
    above = run.loss.lower[: len(pl.lower)] > _SMALL * run.loss.upper[0]
    last = len(above) - 1 if above.all() else int(above.argmin())
    mu_hat = _least(pl[: max(1, last)])
    beta_hat, decrease, conclusion = None, None, None
    if last > 0:
        L, g = run.loss, run.squared_gradient
        before, after, squared = L[:last], L[1 : last + 1], g[:last]
        if (squared.lower > 0).all():
            beta_hat = -_least(-(2 * (after - before + eta * squared) / (eta**2 * squared)))
        decrease = at_most(after, before - (eta / 2) * squared, scale=before, resolution=1e-9)
        if eta * mu_hat.high < 1:
            rate = (1 - eta * mu_hat).log()
            conclusion = at_most((L[last] / L[0]).log(), last * rate)
    return Answer(
        width=width,
        parameters=len(F.w),
        equations=len(points[0].spectrum.lower),
        kinks=F.kinks,
        r_0=r_0,
        points=points,
        eta=eta,
        run=run,
        last=last,
        mu_hat=mu_hat,
        beta_hat=beta_hat,
        decrease=decrease,
        conclusion=conclusion,
    )


def _point(F: FlatModule, w: Tensor, t: int) -> Point:
    K, error = tangent_kernel(F, w)
    low, high = hessian_norms(F, w, component=F.component if F.apart else None)
    shift = torch.linalg.matrix_norm(error) + 10 * len(K) * 2.0**-52 * torch.linalg.matrix_norm(K)
    return Point(
        t=t,
        spectrum=enclosed(torch.linalg.eigvalsh(K), shift),
        lambda_min=_not_negative(lambda_min(K, entries=error)),
        lambda_max=_not_negative(lambda_max(K, entries=error)),
        H=Approx(float(low.max()), float(high.max())),
    )


def _not_negative(value: Approx) -> Approx:
    """K is a Gram matrix."""
    return Approx(max(value.low, 0.0), max(value.high, 0.0), value.rigor)


def _least(values: Approx) -> Approx:
    """The smallest of an array of numbers."""
    return Approx(values.lower.min(), values.upper.min(), values.rigor)
