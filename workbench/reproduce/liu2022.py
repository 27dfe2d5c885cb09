"""What Liu, Zhu, Belkin say of wide networks, by width: Hessians shrink, tangent kernels do not.

f(x) = sum_r v_r tanh(w_r.x)/sqrt(m) with |x| = 1 and standard normal parameters. The Hessian of f
at x falls into one block for each neuron, which acts on a plane only: there it is the matrix
[[v_r s''(z_r), s'(z_r)], [s'(z_r), 0]]/sqrt(m), of norm (a + sqrt(a^2 + 4 b^2))/(2 sqrt(m)) with
a = |v_r s''(z_r)|, b = |s'(z_r)|. Its norm is the largest of these.
"""

from __future__ import annotations

import torch
from torch import Tensor

from models import gaussian_outputs, gaussian_weights
from verdicts import Seeds, hashed_key
from workbench.reproduce.figure import Curve, Drawn, Figure, Panel, Told
from workbench.reproduce.orderings import columns, mean, mean_falls

_INPUTS, _DIMENSION = 16, 8
_EXPONENT = 0.35  # below 1/2, since the largest of m normal numbers grows a little


def by_width(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Hessian norm, least eigenvalue of the tangent kernel, and what PL* asks of them."""
    widths, draws = ((16, 128, 1024), 32) if small else (tuple(2**k for k in range(4, 13)), 128)
    x = gaussian_weights(_INPUTS, _DIMENSION, Seeds(hashed_key("reproduce", "liu2022", "x")))[0]
    x = x / x.norm(dim=1, keepdim=True)
    rows = torch.zeros(3, draws, len(widths), dtype=torch.float64)
    for j, m in enumerate(widths):
        rows[:, :, j] = torch.stack(measured(x, m, draws))
        told((j + 1) / len(widths))
    H, least, needed = rows.numpy()
    ends = [0, -1]
    first_last = [widths[k] for k in ends]
    slope = H[:, ends] * [m**_EXPONENT for m in first_last]
    means = [mean(one) for one in (H, least, needed)]
    line = Curve.power("$m^{-1/2}$", widths, float(means[0].upper[0]), 0.5)
    parts = (
        ("Hessian", "max$_i$ $||H_{f_i}||_2$", (Curve("measured", widths, means[0]), line), "xy"),
        ("tangent kernel", "$\\lambda_{min}(K)$", (Curve("", widths, means[1]),), "x"),
        ("small Hessian, found/limit", "found/limit", (Curve("", widths, means[2]),), "xy"),
    )
    return Drawn(
        title=f"tanh, n = {_INPUTS}, d = {_DIMENSION}, {draws} draws, at the start",
        panels=tuple(Panel(t, "width m", y, curves, log) for t, y, curves, log in parts),
        orderings=(
            mean_falls("the wider, the smaller the Hessian norm", H, widths),
            mean_falls(f"from the first to the last it falls by more than m^-{_EXPONENT}", slope,
                       first_last),
            mean_falls("from the first to the last lambda_min of the tangent kernel does not fall",
                       -least[:, ends], first_last),
            mean_falls("the wider, the nearer is the premise of a small Hessian", needed, widths),
        ),
        table=columns(("m", "H", "lambda_min(K)", "found/limit"), widths, *means),
        error="means over independent starts, Student\'s intervals at four deviations",
    )  # fmt: skip


def measured(x: Tensor, m: int, draws: int) -> tuple[Tensor, Tensor, Tensor]:
    """For every draw: H = max_i |H_{f_i}|, l = lambda_min(K), and H over what PL* allows.

    With labels 0 a solution is looked for within R = r_0/sqrt(l/2). There K moves by at most
    2 |DF| sqrt(n) H R, up to the second order, and l/2 is left if that is at most l/2: the last
    number is the one over the other, with H and |DF| taken at the start.
    """
    n, d = x.shape
    seeds = Seeds(hashed_key("reproduce", "liu2022", "start")).block(0, draws)
    z, v = gaussian_weights(m, d, seeds) @ x.T, gaussian_outputs(m, seeds)[..., None]
    s = torch.tanh(z)
    slope = 1 - s.square()
    bend = (2 * v * s * slope).abs()
    norms = (bend + (bend.square() + 4 * slope.square()).sqrt()) / (2 * m**0.5)
    H = norms.flatten(1).amax(dim=1)
    outer = (v * slope).mT
    K = (outer @ outer.mT * (x @ x.T) + s.mT @ s) / m
    spectrum = torch.linalg.eigvalsh(K)
    least = spectrum[:, 0]
    r_0 = (v * s).sum(dim=1).norm(dim=1) / m**0.5
    R = r_0 / (least / 2).clamp_min(1e-300).sqrt()
    needed = 4 * spectrum[:, -1].sqrt() * n**0.5 * H * R / least.clamp_min(1e-300)
    return H, least, needed


BY_WIDTH = Figure(
    name="liu2022.hessian_by_width",
    paper="Liu, Zhu, Belkin: Loss landscapes and optimization ... (arXiv:2003.00307v2)",
    shows="no measurements (its figures are sketches of landscapes, recalled); it says that the "
    "Hessian norm falls as 1/sqrt(m), up to logarithms, while the tangent kernel stays definite",
    here="both at the start, for a two-layer tanh network, beside what the PL* theorem asks",
    kinship="of a statement",
    source="recalled",
    draw=by_width,
)
