"""A-CERT at one random start of the user's width: what can be known where no theorem reaches.

The premises are those of `du2019sharper.a_cert` and `du2019sharper.a_cert_descent`; here they are
evaluated on the user's rows, scaled to norm 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import sqrt

from torch import Tensor

from certify import enclosed, lambda_max, lambda_min, largest_certain
from models import (
    H,
    H_core,
    SeedNumber,
    gaussian_weights,
    gram,
    near_counts,
    predictions,
    rademacher_signs,
)
from verdicts import Approx, Margin, at_least, at_most, every, exactly
from workbench.advice.theorem import Conclusion, descending, flowing
from workbench.advice.words import Json, concluded, number, plain

_MOST = 3e8  # m n^2 of one kernel: a minute for all of them


@dataclass(frozen=True, slots=True)
class Look:
    """One random start, and the rates that its certificates grant.

    Attributes:
        width, seed: of the start.
        curvature: lambda_min(H(0)).
        residual: ||y - u(0)||.
        flow: the largest lambda that A-CERT certifies; 0 if none.
        descent: the same for gradient descent with the user's step; None without one.
        step: that step.
    """

    width: int
    seed: int
    curvature: Approx
    residual: Approx
    flow: float
    descent: float | None
    step: float | None

    @property
    def converges(self) -> bool:
        """Whether a certificate stands."""
        return self.flow > 0 or bool(self.descent)

    def conclusions(self) -> dict[str, Conclusion]:
        """What the certificates that stand give."""
        found = {}
        if self.flow > 0:
            found["A-CERT (flow)"] = flowing(exactly(self.flow))(0.0)
        if self.descent and self.step is not None:
            at = descending(exactly(self.descent / 2))
            found["A-CERT for gradient descent"] = at(self.step)
        return found

    def told(self) -> Iterator[str]:
        """In words."""
        yield ""
        yield (
            f"One start of width {self.width}, seed {self.seed}: lambda_min(H(0)) = "
            f"{number(self.curvature)}, ||e_0|| = {number(self.residual)}"
        )
        found = self.conclusions()
        for name, conclusion in found.items():
            yield f"  {name} certifies this start: {concluded(conclusion)}, to {conclusion.goal}"
        if self.flow <= 0:
            yield "  A-CERT (flow) certifies no rate at this start"
        if self.descent is not None and self.descent <= 0:
            yield f"  A-CERT for gradient descent certifies no rate with eta = {self.step:g}"

    def to_json(self) -> Json:
        """As plain data."""
        return {
            "width": self.width,
            "seed": self.seed,
            "lambda_min_H": plain(self.curvature),
            "residual": plain(self.residual),
            "flow": self.flow,
            "descent": self.descent,
        }


def look(u: Tensor, y: Tensor, width: int, seed: int, step: float | None) -> Look:
    """Draw a start and ask the certificates.

    Args:
        u: unit rows.
        y: labels.
        width: m.
        seed: of w_r ~ N(0, I) and the signs.
        step: of gradient descent; None asks for the flow only.

    Raises:
        ValueError: m n^2 is so large that it would take minutes.
    """
    n, d = u.shape
    if width * n * max(n, d) > _MOST:
        raise ValueError(
            f"--look: m n^2 = {width * n * n:.3g}; give a width of at most "
            f"{int(_MOST // (n * max(n, d)))} here, or fewer --samples"
        )
    w = gaussian_weights(width, d, SeedNumber(seed))[0]
    a = rademacher_signs(width, SeedNumber(seed))[0]
    e_0 = y - predictions(u, w, a)
    size = float(e_0.norm())
    residual = enclosed(e_0.norm(), 1e-13 * (size + float(y.norm()) + width))
    curvature, reach = lambda_min(H(u, w)), lambda_max(gram(u)).sqrt() * residual / sqrt(width)
    high = max(2 * curvature.low, 0.0)
    flow = largest_certain(partial(_of_flow, u, w, reach), high=high)
    descent = None
    if step is not None:
        descent = largest_certain(partial(_of_descent, u, w, reach, step), high=high)
    return Look(width, seed, curvature, residual, flow, descent, step)


def _of_flow(u: Tensor, w: Tensor, reach: Approx, lambda_: float) -> Margin:
    """lambda_min(H_core(R)) >= lambda/2, R = 2 sqrt(||G||) ||e_0||/(sqrt(m) lambda)."""
    core = H_core(u, w, (2 * reach / lambda_).high)
    return at_least(lambda_min(core), exactly(lambda_ / 2))


def _of_descent(u: Tensor, w: Tensor, reach: Approx, eta: float, lambda_: float) -> Margin:
    """lambda_min(H_core(R)) > lambda/4 + (n + sqrt n) s(R) + eta n^2/2, with 4 for 2 in R."""
    n, R = len(u), (4 * reach / lambda_).high
    s = float(near_counts(u, w, R).sum()) / len(w)
    needed = exactly(lambda_) / 4 + (n + sqrt(n)) * s * (1 + 1e-14) + exactly(eta) * n**2 / 2
    small = at_most(exactly(lambda_), exactly(2.0) / eta)
    return every(kernel=at_least(lambda_min(H_core(u, w, R)), needed), step=small)
