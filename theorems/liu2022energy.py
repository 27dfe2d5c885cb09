"""Liu, Tian: Dynamic Behavior for a Gradient Algorithm with Energy and Momentum.

arXiv:2203.12199v3, of which the abstract was read; the algorithm without momentum is that of its
predecessor, and all statements are derived. With g = sqrt(f + c) and v = grad g, r_0 = g_0,
    r_{k+1} = r_k/(1 + 2 eta v^2),   theta_{k+1} = theta_k - 2 eta r_{k+1} v,
v^2 being |v|^2, or taken coordinate by coordinate with one energy r for each. The instances are
f = sum_j (1 + sin(a_j.theta)) + |theta|^2/10, which is (||A||^2 + 1/5)-smooth, and quadratics.
"""

from fractions import Fraction

import torch
from torch import Tensor

from certify import enclosed, lambda_max
from claims import assume_premise, claim, not_executable, reached, refuted_claim, wrong
from dynamics import EnergyDescent, Version, energy_descent
from strategies import Matrix, decimal_lists, exact_decimals, integer_tables
from verdicts import Approx, Margin, at_least, at_most, equal_to, every, exactly

STEPS = 30
EPS = 2.0**-52
LEAST = 1e-140  # steps from energies below it, whose squares underflow, are not compared
SIZES = exact_decimals(min_value=Fraction(1, 10000), max_value=1000000)
SHIFTS = exact_decimals(min_value=0.1, max_value=9)
WAVES = {
    "A": integer_tables(max_entry=4),
    "theta": decimal_lists(min_size=4),
    "c": SHIFTS,
    "eta": SIZES,
}
VERSIONS: tuple[Version, Version] = ("scalar", "by coordinate")
FLAT = {"A": [[0]], "theta": [1, 0, 0, 0], "c": 1, "eta": 1000000}  # 1 + theta^2/10

momentum = not_executable(
    "Energy and momentum",
    where="abstract",
    reason="which vector enters the energy could not be read; the identity holds if it is the "
    "same as in the step, and the mutant with a buffer in the step alone breaks its sum",
)
high_resolution = not_executable(
    "The high-resolution differential equation",
    where="abstract",
    reason="its coefficients could not be read",
)


@claim(
    "Energy identity",
    for_all=WAVES,
    topics=["energy"],
    text="derived",
    mutants=[
        wrong(
            square=0.0,
            because="the energy falls by more where it falls far in one step",
            witness=FLAT,
        )
    ],
)
def energy_identity(
    A: Matrix, theta: tuple[Fraction, ...], c: Fraction, eta: Fraction, *, square: float = 1.0
) -> Margin:
    """The energy falls by what the step costs, for every step size.

    r_{k+1}^2 = r_k^2 - (r_{k+1} - r_k)^2 - |theta_{k+1} - theta_k|^2/eta, by coordinate too.
    """
    return every(
        **{
            version.replace(" ", "_"): _identity(_waves(A, theta, c, eta, version), eta, square)
            for version in VERSIONS
        }
    )


@claim(
    "The energy stays positive and falls",
    for_all=WAVES,
    topics=["energy"],
    text="derived",
    mutants=[
        wrong(
            explicit=1,
            because="r (1 - 2 eta v^2) is negative for large steps",
            witness={"A": [[1]], "theta": [0] * 4, "c": 1, "eta": 1000},
        )
    ],
)
def energy_falls(
    A: Matrix, theta: tuple[Fraction, ...], c: Fraction, eta: Fraction, *, explicit: int = 0
) -> Margin:
    """0 < r_{k+1} <= r_k for every step size, by coordinate too."""
    margins = {}
    for version in VERSIONS:
        run = _waves(A, theta, c, eta, version, explicit=bool(explicit))
        before, after, _ = _told(run)
        name = version.replace(" ", "_")
        ratio = enclosed(after / before, 4 * EPS)
        margins[f"falls_{name}"] = at_most(ratio.max(), exactly(1.0))
        margins[f"positive_{name}"] = at_least(exactly(float(after.sign().min())), exactly(0.5))
    return every(**margins)


@claim(
    "All steps together",
    for_all=WAVES,
    topics=["energy"],
    text="derived",
    mutants=[
        wrong(
            momentum=Fraction(9, 10),
            because="with a buffer in the step, and not in the energy, moves outlast their cost",
        ),
        wrong(
            less=4.0,
            because="one step of size eta v^2 = 1/2 already costs a quarter of eta r_0^2",
            witness={"A": [[0]], "theta": [1, 0, 0, 0], "c": Fraction(1, 10), "eta": 14},
        ),
    ],
)
def all_steps(
    A: Matrix,
    theta: tuple[Fraction, ...],
    c: Fraction,
    eta: Fraction,
    *,
    momentum: Fraction | int = 0,
    less: float = 1.0,
) -> Margin:
    """sum_k |theta_{k+1} - theta_k|^2 <= eta r_0^2; d times that by coordinate.

    For every step size.
    """
    margins = {}
    for version in VERSIONS:
        run = _waves(A, theta, c, eta, version, momentum=float(momentum))
        d = run.energy.shape[-1]
        spent = run.moves.square().sum() / (float(eta) * run.root[0].square())
        total = enclosed(spent, 16 * STEPS * EPS * (1 + spent))
        margins[version.replace(" ", "_")] = at_most(total, exactly(d / less), scale=d)
    return every(**margins)


@claim(
    "The energy follows the root of the loss",
    for_all=WAVES | {"eta": exact_decimals(min_value=Fraction(1, 10000), max_value=9)},
    topics=["energy"],
    text="derived",
    mutants=[
        wrong(
            apart=0.0,
            because="r is g at the start only: from theta = 1 a huge step of the loss overshoots",
            witness=FLAT | {"eta": 9},
        )
    ],
)
def energy_follows(
    A: Matrix, theta: tuple[Fraction, ...], c: Fraction, eta: Fraction, *, apart: float = 1.0
) -> Margin:
    """|r_k - g_k| <= L_g eta r_0^2/2, where g = sqrt(f + c) is L_g-smooth, L_g = L/sqrt(c).

    L = ||A||^2 + 1/5 and f >= 0. So r stays positive if eta < 2 sqrt(c)/(L_g r_0^2), and the
    energy becomes sqrt(f + c) for eta -> 0, as along theta' = -grad f.
    """
    run = _waves(A, theta, c, eta, "scalar")
    smooth = (_curvature(A) + exactly(Fraction(1, 5))) / exactly(c).sqrt()
    start = enclosed(run.root[0], 64 * EPS * run.root[0])
    bound = smooth * start**2 * (float(eta) * apart / 2)
    gap = (run.energy[:, 0] - run.root).abs()
    rounding = 64 * STEPS * EPS * (1 + run.root.max())
    return at_most(enclosed(gap, rounding), bound, scale=1 + float(run.root.max()), resolution=1e-7)


@refuted_claim(
    "The loss falls for every step size",
    for_all=WAVES,
    because="theta = 1 on a parabola goes to -2 and beyond: only the energy falls",
    witness=FLAT | {"c": Fraction(1, 10), "eta": 1000000},
    text="derived",
    topics=["energy"],
)
def loss_falls(A: Matrix, theta: tuple[Fraction, ...], c: Fraction, eta: Fraction) -> Margin:
    """f(theta_{k+1}) <= f(theta_k) for every step size."""
    root = _waves(A, theta, c, eta, "scalar").root
    size = 1 + float(root.max())
    before = enclosed(root[:-1], 64 * EPS * size)
    return at_most(enclosed(root[1:], 64 * EPS * size), before, scale=size)


@claim(
    "Linear rate under the PL inequality",
    for_all={
        "curvatures": decimal_lists(max_size=5, min_value=0.1, max_value=9),
        "theta": decimal_lists(min_size=5, max_size=5),
        "c": SHIFTS,
        "eta": SIZES,
    },
    topics=["energy", "pl"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            room=0.0,
            because="in one dimension the factor is exactly (1 - mu eta_k)^2",
            witness={"curvatures": [1], "theta": [1] * 5, "c": 1, "eta": 1},
        ),
        wrong(
            twice=2.0,
            because="in one dimension the factor is exactly (1 - mu eta_k)^2",
            witness={"curvatures": [1], "theta": [1] * 5, "c": 1, "eta": Fraction(1, 10)},
        ),
    ],
)
def linear_rate(
    curvatures: tuple[Fraction, ...],
    theta: tuple[Fraction, ...],
    c: Fraction,
    eta: Fraction,
    *,
    room: float = 1.0,
    twice: float = 1.0,
) -> Margin:
    """A step of effective size eta_k = eta r_{k+1}/g_k is one of gradient descent.

    If f is L-smooth and mu-PL and eta_k <= 2/L, then f_{k+1} - f* <=
    (1 - 2 mu eta_k (1 - L eta_k/2)) (f_k - f*); here on quadratics, where f* = 0. Steps with
    eta_k > 2/L, or from a loss below 1e-12, are not compared.
    """
    q = torch.tensor([float(z) for z in curvatures], dtype=torch.float64)
    start = torch.tensor([float(z) for z in theta[: len(q)]], dtype=torch.float64)
    reached(n=len(q))

    def parabola(point: Tensor) -> tuple[Tensor, Tensor]:
        return (q * point.square()).sum() / 2, q * point

    run = energy_descent(parabola, start, eta=float(eta), c=float(c), steps=STEPS)
    losses = (q * run.theta.square()).sum(dim=-1) / 2
    sizes = float(eta) * run.energy[1:, 0] / run.root[:-1]
    allowed = (sizes <= 2 / q.max()) & (losses[:-1] > 1e-12)
    assume_premise("a step of size <= 2/L", at_least(exactly(int(allowed.sum())), exactly(0.5)))
    factor = 1 - 2 * twice * q.min() * sizes * (1 - room * q.max() * sizes / 2)
    off = 64 * EPS * (1 + q.max() * sizes) ** 2
    ratio = enclosed((losses[1:] / losses[:-1])[allowed], off[allowed])
    return at_most(ratio, enclosed(factor[allowed], off[allowed]), resolution=1e-8)


def _waves(
    A: Matrix,
    theta: tuple[Fraction, ...],
    c: Fraction,
    eta: Fraction,
    version: Version,
    *,
    momentum: float = 0.0,
    explicit: bool = False,
) -> EnergyDescent:
    rows = torch.tensor(A, dtype=torch.float64)
    start = torch.tensor([float(z) for z in theta[: rows.shape[1]]], dtype=torch.float64)
    reached(n=len(rows), d=len(start), steps=STEPS)

    def loss(point: Tensor) -> tuple[Tensor, Tensor]:
        phases = rows @ point
        value = (1 + phases.sin()).sum() + point.square().sum() / 10
        return value, rows.mT @ phases.cos() + point / 5

    return energy_descent(
        loss,
        start,
        eta=float(eta),
        c=float(c),
        steps=STEPS,
        version=version,
        momentum=momentum,
        explicit=explicit,
    )


def _identity(run: EnergyDescent, eta: Fraction, square: float) -> Margin:
    """Everything in units of r_k^2, since the energy may fall by many orders of magnitude."""
    before, after, moves = _told(run)
    kept = after / before
    costs = moves.square() / float(eta)
    if run.energy.shape[-1] == 1:
        costs = costs.sum(dim=-1, keepdim=True)
    cost = costs / before.square()
    off = kept.square() - (1 - square * (kept - 1).square() - cost)
    return equal_to(abs(enclosed(off, 32 * EPS * (1 + cost))).max(), exactly(0.0))


def _told(run: EnergyDescent) -> tuple[Tensor, Tensor, Tensor]:
    """Energies before and after, and moves, of the steps from an energy that can be squared."""
    told = (run.energy[:-1].abs() > LEAST).all(dim=-1)
    return run.energy[:-1][told], run.energy[1:][told], run.moves[told]


def _curvature(A: Matrix) -> Approx:
    """||A||_2^2."""
    rows = torch.tensor(A, dtype=torch.float64)
    return lambda_max(rows.mT @ rows)
