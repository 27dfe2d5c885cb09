"""Yu, Chen: On the Local Minima Free Condition of Backpropagation Learning. doi:10.1109/72.410380.

The paper: for P noncoincident patterns and P - 1 sigmoid units with one dummy unit, every
suboptimal equilibrium is unstable, so there are no bad local minima. A lecture tells it without
dummy and thresholds: with as many units as patterns all local minima of ||Y - W_2 sigma(W_1 X)||^2
are global. All of it is false (Ding, Li, Sun, arXiv:1911.01413v2, say so of the paper); what is
true is F1 and Y1 to Y3 below. Of the paper the abstract was read; the proofs are ours.

    u_k = sum_j v_j sigma(q_j.x_k) + v_0,  sigma(z) = 1/(1 + exp(-z)),  e = y - u,  L = ||e||^2,
    phi(q) = sum_k e_k sigma(q.x_k);  n patterns, m units; x_k ends with 1 if there are thresholds.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import TypeAlias

from certify import enclosed, lambda_max, lambda_min
from claims import assume_premise, claim, not_executable, refuted_claim, wrong
from models import (
    SigmoidNet,
    exact_units,
    feature_rank,
    float_weights,
    loss_hessian,
    sigmoid_features,
    unit_potential,
)
from strategies import (
    coincident_minima,
    either,
    unit_moves,
)
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    constant,
    exactly,
    number,
    quantity,
)

EPS = 2.0**-46  # 64 roundings, of sums of a few terms
ZERO = 1e-9  # of sum_k |e_k|
LEAST = 1e-9  # what is > 0 is at least this
LOSS = quantity("squared_residual")
Exact: TypeAlias = Callable[..., Proof]  # a relation over the exact network

TWO_PATTERNS = SigmoidNet.of(
    rows=[[1], [2]],
    factors=[[(1, 1)], [(1, 1)]],  # w = log(1 + sqrt 2)
    outputs=["1/2", "1/2"],
    labels=[("-1/2", "1/4"), ("1/2", "3/4")],
    root=2,
)
# The rational one: sigma(log 2) = 2/3, sigma(3 log 2) = 8/9.
TWO_RATIONAL = SigmoidNet.of(
    rows=[[1], [3]], factors=[[2], [2]], outputs=["1/2", "1/2"], residual=[-4, 3]
)
THREE_PATTERNS = SigmoidNet.of(
    rows=[[-1], [1], [2]], factors=[[2]] * 3, outputs=[1, 1, 1], residual=[4, -32, 25]
)
FOUR_PATTERNS = SigmoidNet.of(
    rows=[[-3], [-2], [1], [2]],
    factors=[[2]] * 3,
    outputs=["1/3"] * 3,
    dummy=0,
    residual=[9, -5, -24, 20],
)
SEVEN_PATTERNS = SigmoidNet.of(
    rows=[[k] for k in range(-3, 4)],
    factors=[[2]] * 6,
    thresholds=[4] * 6,
    outputs=["1/6"] * 6,
    dummy=0,
    residual=[-1888, 11712, -38676, 84800, -120933, 98260, -33275],
)
UPWARD = SigmoidNet.of(rows=[[1], [3]], factors=[[2], [2]], outputs=[1, 1], residual=[4, -3])
NEGATIVE_OUTPUT = SigmoidNet.of(
    rows=[[-1], [1], [2]], factors=[[2]] * 3, outputs=[1, 1, "-1/2"], residual=[4, -32, 25]
)

lyapunov = not_executable(
    "Instability in the sense of Lyapunov",
    where="abstract",
    reason="a limit of trajectories; a local minimum of an analytic loss is stable, so it falls "
    "with the claims about local minima",
)
correction = not_executable(
    "Correction of 1996", reason="its text was not at hand, so nothing is claimed about it"
)


@refuted_claim(
    "All local minima are global, as many units as patterns",
    for_all={"net": coincident_minima()},
    topics=["landscape"],
    text="derived",
    where="as the lecture states it: no thresholds, d_1 = number of patterns",
    because="equal units at a flat maximum of phi with v > 0 are a local minimum of any loss > 0",
    witness={"net": TWO_PATTERNS},
)
def equal_units_and_patterns(net: SigmoidNet) -> Margin:
    """All local minima of a network with as many logistic units as patterns are global.

    False for two patterns x = (1, 2) and two units, w = log(1 + sqrt 2), v = (1/2, 1/2),
    Y = ((sqrt 2 - 2)/4, (2 + 3 sqrt 2)/4): there phi = phi' = 0, phi'' = -sqrt 2/8, and L =
    (6 + 4 sqrt 2)/16 + 1/2, while other weights of the first layer give L = 0. With two patterns
    w must solve x_1 sigma(-w x_1) = x_2 sigma(-w x_2); with three any w will do.
    """
    return _global(net, _suppose_local_minimum(net))


@refuted_claim(
    "Points with positive semidefinite Hessian are global, as many units as patterns",
    for_all={"net": coincident_minima()},
    topics=["landscape"],
    text="derived",
    where="the claim about minima, as second-order methods would use it",
    because="at a degenerate local minimum the Hessian is positive semidefinite",
    witness={"net": THREE_PATTERNS},
)
def second_order_points(net: SigmoidNet) -> Margin:
    """A critical point whose Hessian has no negative eigenvalue is global, for m >= n units.

    False for three patterns x = (-1, 1, 2), w = log 2, v = (1, 1, 1), e = (4, -32, 25).
    """
    exact = _suppose_local_minimum(net)
    hessian = loss_hessian(net)
    least = lambda_min(hessian, entries=EPS * (1 + hessian.abs().max()))
    flat = at_least(least, -1e-9 * (1 + lambda_max(hessian)))
    # What the certificate says of it: a local minimum, whose Hessian is positive semidefinite.
    bend = exact(quantity("curvature"), ">=", LEAST)
    assume_premise("the Hessian is positive semidefinite", flat.proved_by(bend))
    return _global(net, exact)


@refuted_claim(
    "Abstract, units without thresholds",
    for_all={"net": coincident_minima(dummy=True)},
    topics=["landscape"],
    where="abstract: P - 1 sigmoid units and one dummy unit",
    because="sum_k e_k = 0 takes one more pattern, no more",
    witness={"net": FOUR_PATTERNS},
)
def dummy_unit(net: SigmoidNet) -> Margin:
    """With P - 1 sigmoid units and one dummy unit there are no suboptimal local minima.

    False for four patterns x = (-3, -2, 1, 2), three units at w = log 2, e = (9, -5, -24, 20).
    """
    return _global(net, _suppose_local_minimum(net))


@refuted_claim(
    "Abstract",
    for_all={"net": coincident_minima(thresholds=True, dummy=True, max_extra=1)},
    topics=["landscape"],
    where="abstract: P - 1 sigmoid units and one dummy unit",
    because="seven equations leave a residual: sums, first and second derivatives of phi",
    witness={"net": SEVEN_PATTERNS},
)
def dummy_unit_and_thresholds(net: SigmoidNet) -> Margin:
    """With P - 1 sigmoid units with thresholds and one dummy unit no local minimum is suboptimal.

    False for seven patterns, x = -3, ..., 3: six units at w = log 2, b = log 4
    with v = 1/6, e = (-1888, 11712, -38676, 84800, -120933, 98260, -33275).
    """
    return _global(net, _suppose_local_minimum(net))


@claim(
    "Certificate of a local minimum",
    for_all={
        "net": either(
            coincident_minima(bend="any", max_extra=1),
            coincident_minima(bend="any", max_extra=1, dummy=True),
        ),
        "moves": unit_moves(),
    },
    topics=["landscape"],
    text="new",
    mutants=[
        wrong(
            drops="phi'' < 0 at q",
            because="orthogonality to the features is not enough: units that part gain",
            witness={"net": UPWARD, "moves": [(9, 0), (-9, 0)]},
        ),
        wrong(
            drops="v_j > 0",
            because="a unit of negative weight gains where the others lose",
            witness={"net": NEGATIVE_OUTPUT, "moves": [(3, 0), (3, 0), (9, 0)]},
        ),
        wrong(
            growth=1e-6,
            because="it is not strict: one v_j up and another down changes nothing",
            witness={"net": TWO_RATIONAL, "moves": [(0, 9), (0, 0)]},
        ),
    ],
)
def local_minimum(net: SigmoidNet, moves: list[tuple[int, int]], *, growth: float = 0.0) -> Margin:
    """Equal units at a flat maximum of phi cannot be bettered nearby.

    If all q_j = q, phi(q) = 0, phi'(q) = 0, -D^2 phi(q) >= lambda > 0 and all v_j > 0 (and
    sum_k e_k = 0 with a dummy unit), then L(q', v') >= L(q, v) for all |q'_j - q| <= rho and
    v'_j >= 0, where rho = 3 lambda/(c sum_k |e_k| |x_k|^3) and c = 1/8 bounds the third derivative
    of sigma: there phi <= 0, and L' - L = ||du||^2 - 2 sum_j v'_j phi(q'_j).
    """
    exact = _suppose_flat(net)
    rows = _moved(net, moves)
    q, v = float_weights(net, rows)
    reach, size = quantity("reach", weights=rows), abs(quantity("radius"))
    distance = enclosed((q - net.q).square().sum(dim=1).sqrt().max(), EPS)
    within = at_most(distance, abs(_radius(net)), proof=exact(reach, "<=", size))
    assume_premise("the units stay within rho", within)
    moved = float((q - net.q).square().sum() + (v - net.v).square().sum())
    elsewhere = at_least(exactly(moved), exactly(1e-6), proof=exact(number(moved), ">=", 1e-6))
    assume_premise("another point", elsewhere)
    du = sigmoid_features(net.x, q, dummy=net.dummy) @ v - net.features @ net.v
    rounding = EPS * float((1 + net.e.abs().sum()) * (1 + v.abs().sum()))
    change = enclosed(du @ du - 2 * net.e @ du, rounding)
    after = quantity("squared_residual", weights=rows)
    holds = exact(after, ">=", LOSS + constant("growth") * number(moved))
    return at_least(change, growth * exactly(moved), scale=moved, resolution=1e-6, proof=holds)


def _suppose_flat(net: SigmoidNet) -> Exact:
    """The premises under which equal units cannot move to first order, and bend downwards."""
    exact = partial(Proof, "sigmoid_net", net.recipe)
    phi, slope, bend = unit_potential(net.x, net.q[0], net.e)
    rounding = _rounding(net)
    flat = {"phi(q) = 0": (phi, "phi"), "phi'(q) = 0": (slope.abs().max(), "slope")}
    if net.dummy:
        flat["sum_k e_k = 0"] = (net.e.sum(), "sum_residual")
    for name, (value, called) in flat.items():
        small = at_most(abs(enclosed(value, rounding)), exactly(ZERO * float(net.e.abs().sum())))
        assume_premise(name, small.proved_by(exact(quantity(called), "==", 0)))
    curvature = -lambda_max(bend, entries=rounding)
    down = exact(quantity("curvature"), ">=", LEAST)
    assume_premise("phi'' < 0 at q", at_least(curvature, exactly(LEAST), proof=down))
    outputs = enclosed(net.v[: net.m].min(), EPS)
    positive = exact(quantity("least_output"), ">=", LEAST)
    assume_premise("v_j > 0", at_least(outputs, exactly(LEAST), proof=positive))
    return exact


def _suppose_local_minimum(net: SigmoidNet) -> Exact:
    """The same, and the radius in which no loss is lower: the ledger prints it."""
    exact = _suppose_flat(net)
    somewhere = exact(quantity("radius"), ">=", LEAST)
    within = at_least(_radius(net), exactly(LEAST), proof=somewhere)
    assume_premise("no loss is lower within the radius", within)
    return exact


def _global(net: SigmoidNet, exact: Exact) -> Margin:
    """The loss is at most the global minimum, which is 0 if a first layer has full rank."""
    powers = [Fraction(p) for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)]
    # Two slopes may give two patterns dependent features: sigma(log 2 x), sigma(log 3 x) at 1, 2.
    choices = [[[p] for p in powers[k : k + net.m]] for k in range(3)]
    if net.x.shape[1] > 1:  # one slope and distinct thresholds: a Cauchy matrix
        choices = [[[Fraction(2), 1 / p] for p in powers[: net.m]]]
    units = max(choices, key=lambda units: feature_rank(net, units))
    rows = [[*unit, Fraction(1)] for unit in units]
    fits = exact(quantity("rank_features", weights=rows), ">=", quantity("n"))
    regular = at_least(exactly(feature_rank(net, units)), exactly(net.n - 0.5)).proved_by(fits)
    assume_premise("the global minimum is 0", regular)
    loss = enclosed(net.e @ net.e, EPS * float(net.e @ net.e))
    scale = 1 + float(net.y @ net.y)
    return at_most(loss, exactly(0.0), scale=scale, proof=exact(LOSS, "<=", 0))


def _radius(net: SigmoidNet) -> Approx:
    """3 lambda/(c sum_k |e_k| |x_k|^3), where -D^2 phi >= lambda."""
    _, _, bend = unit_potential(net.x, net.q[0], net.e)
    third = (net.e.abs() * net.x.square().sum(dim=1) ** 1.5).sum() / 8
    return 3 * -lambda_max(bend, entries=_rounding(net)) / enclosed(third, EPS * third)


def _rounding(net: SigmoidNet) -> float:
    """An error bound of phi and its derivatives, as floats."""
    return EPS * float(net.e.abs() @ (1 + net.x.square().sum(dim=1)))


def _moved(net: SigmoidNet, moves: list[tuple[int, int]]) -> list[list[Fraction]]:
    """Other weights, exactly: units at most about 0.9 rho away, outputs between v_j/2 and 2 v_j.

    The outputs' sum stays, so equal units that stay do not change the network.
    """
    rho = abs(_radius(net)).low
    most = Fraction(round(900 * rho / (1 + rho)), 1000)
    turns = [moves[j % len(moves)] for j in range(net.m)]
    outputs = [Fraction(v) for v in net.recipe["outputs"]]
    mean, least = Fraction(sum(b for _, b in turns), net.m), min(map(abs, outputs))
    return [
        [*(z * (1 + most * Fraction(a, 9)) for z in unit), v + least * (b - mean) / 18]
        for unit, v, (a, b) in zip(exact_units(net), outputs, turns, strict=True)
    ]
