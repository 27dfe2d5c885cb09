"""Du, Zhai, Poczos, Singh: Gradient Descent Provably Optimizes Over-parameterized Neural Networks. arXiv:1810.02054v2.

Sharper constants and certificates derived from the paper's own arguments. A certificate asks no
probability and no width: its premise is read off the initialised network, and its conclusion
holds for every step or time. Notation as in `du2019`.
"""  # noqa: E501  the citation is one line

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import ceil, log, pi, sqrt
from typing import Literal

from certify import enclosed, lambda_max, lambda_min, largest_certain, spectral_norm
from claims import assume_premise, claim, reached, wrong
from dynamics import decay_times, gradient_descent, gradient_flow
from models import (
    Dataset,
    H,
    H_core,
    H_inf,
    Start,
    gaussian_weights,
    gram,
    near_counts,
    patterns,
    predictions,
    rademacher_signs,
    worst_in_ball,
)
from strategies import (
    either,
    failure_probabilities,
    real_datasets,
    small_decimals,
    starts,
    step_sizes,
    unit_sphere_datasets,
    widths,
)
from theorems._du2019 import E_0, ENTRY, FLOW, ROOT_G, ROOT_M, flow_is_plain, largest_change_of_H
from verdicts import (
    Approx,
    Margin,
    Proof,
    Seeds,
    Term,
    WithProbability,
    at_least,
    at_most,
    constant,
    decays,
    every,
    exactly,
    given,
    number,
    quantity,
    with_probability,
)

DYING_NEURON = Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], labels=[-10])
QUIET_NEURON = Start.of(rows=[[1]], weights=[["1/100"]], signs=[1], residual=["-1/50"])
HALF_ACTIVE = Start.of(
    rows=[[1]], weights=[[5], [-1], [-1], [-1]], signs=[1, 1, 1, 1], residual=[1]
)
HALF_ACTIVE_CLOSE = Start.of(
    rows=[[1]], weights=[[5], [-1], [-1], [-1]], signs=[1, 1, 1, 1], residual=["1/100"]
)


@claim(
    "Lemma 3.1 with ||G||_F",
    for_all={"data": unit_sphere_datasets(min_lambda_0=0.1), "delta": failure_probabilities()},
    text="derived",
    mutants=[
        wrong(width=1.0, because="n = 1, delta = .1 gets 12 neurons: .39 of the draws are too far"),
        wrong(lambda_power=0, because="a small lambda_0 asks for a closeness the width ignores"),
    ],
)
def lemma_3_1_frobenius(
    data: Dataset, delta: float, *, width: float = 8.0, lambda_power: int = 2
) -> WithProbability:
    """Lemma 3.1 pays for the correlations of the data, and for each pair of entries once.

    If m >= 8 (||G||_F / lambda_0)^2 log(n(n+1)/delta), then with probability >= 1 - delta
    ||H(0) - H_inf||_2 <= lambda_0/4 and lambda_min(H(0)) >= 3/4 lambda_0.
    """
    n, d = data.x.shape
    limit = H_inf(data.x)
    lambda_0 = lambda_min(limit)
    squared_norm = float(gram(data.x).square().sum())
    m = ceil(width * squared_norm * log(n * (n + 1) / delta) / lambda_0.low**lambda_power)
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        kernel = H(data.x, gaussian_weights(m, d, seeds))
        distance = spectral_norm(kernel - limit.to(kernel), entries=ENTRY)
        return every(
            closeness=at_most(distance, lambda_0 / 4, scale=lambda_0),
            curvature=at_least(lambda_min(kernel), 0.75 * lambda_0, scale=lambda_0),
        )

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


@claim(
    "Lemma 3.1 by matrix Chernoff",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=0.01), real_datasets(min_lambda_0=0.01)),
        "delta": failure_probabilities(),
    },
    text="derived",
    mutants=[
        wrong(factor=1.0, because="lambda_min(H(0)) falls below lambda_0 about half the time"),
        wrong(
            width=0.5, because="n = 1, delta = .1 gets three neurons, one or none on half the time"
        ),
    ],
)
def lemma_3_1_chernoff(
    data: Dataset, delta: float, *, width: float = 29.21, factor: float = 0.75
) -> WithProbability:
    """The curvature alone asks for a width linear in 1/lambda_0.

    If m >= 29.21 (||G|| / lambda_0) log(n/delta), then with probability >= 1 - delta
    lambda_min(H(0)) >= 3/4 lambda_0. (The summands are PSD of norm <= ||G||/m.)
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(H_inf(data.x))
    m = ceil(width * lambda_max(gram(data.x)).high / lambda_0.low * log(n / delta))
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        kernel = H(data.x, gaussian_weights(m, d, seeds))
        return at_least(lambda_min(kernel), factor * lambda_0, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


@claim(
    "Lemma 3.2 with n(2n - 1)",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets()),
        "delta": failure_probabilities(),
        "m": widths(min_m=1, max_m=1000),
    },
    text="derived",
    mutants=[
        wrong(
            ball="frobenius",
            because="a ball in Frobenius norm flips the m/8 smallest active units at once",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.5, "m": 1000},
        ),
        wrong(
            c=5.0,
            because="n = 1: more than an eighth of the neurons can flip",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.1, "m": 1000},
        ),
    ],
)
def lemma_3_2_sharper(
    data: Dataset,
    delta: float,
    m: int,
    *,
    c: float = sqrt(2 * pi) / 8,
    ball: Literal["max", "frobenius"] = "max",
) -> WithProbability:
    """Lemma 3.2 (S1) holds in a slightly larger ball: diagonal pairs count once.

    With R = sqrt(2 pi) delta lambda_0 / (8 n(2n - 1)), with probability >= 1 - delta,
    for all W with max_r ||w_r - w_r(0)|| <= R:  ||H(W) - H(0)||_2 < lambda_0/4.
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(H_inf(data.x))
    R = c * delta * lambda_0.low / (n * (2 * n - 1))

    def event(seeds: Seeds) -> Margin:
        w_0 = gaussian_weights(m, d, seeds)
        reach = R if ball == "max" else R * sqrt(m)
        change = largest_change_of_H(data.x, w_0, reach, norm=ball)
        return at_most(change, lambda_0 / 4, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=8 * m * (n + d))


@claim(
    "Lemma 3.2, core inequality",
    for_all={
        "start": starts(data=unit_sphere_datasets(max_n=8, max_d=8), max_m=40, ties="forbidden"),
        "R": small_decimals(min_value=0.01, max_value=1),
    },
    text="derived",
    mutants=[
        wrong(
            core=False,
            because="H(W) >= H(0) fails as soon as one active neuron can be switched off",
        ),
        wrong(fraction=0.0, because="dropping units does lower the least eigenvalue"),
    ],
)
def lemma_3_2_core(start: Start, R: float, *, core: bool = True, fraction: float = 1.0) -> Margin:
    """Units away from all hyperplanes keep their pattern: a floor under H in the whole ball.

    For every W with max_r ||w_r - w_r(0)|| <= R: H(W) >= H_core(R) in the Loewner order, where
    H_core(R) keeps the units with |w_r(0).x_i| > R for all i; and lambda_min(H_core(R)) >=
    lambda_min(H(0)) - ||G|| (fraction of units dropped). At any width, without probability.
    "Every W" is met by an adversary that looks for the W with the least eigenvalue in the ball.
    """
    x, w_0 = start.x, start.w
    floor = H_core(x, w_0, R) if core else H(x, w_0)
    w = worst_in_ball(x, w_0, R, goal="lambda_min")
    near = (w_0 @ x.T).abs() <= R
    dropped = fraction * float(near.any(dim=-1).double().mean())
    kept = lambda_min(H(x, w_0)) - lambda_max(gram(x)) * dropped
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    found = [[Fraction(value) for value in row] for row in w.tolist()]
    # Without the core the floor is H(0), which is H_core(0).
    reach = given("R") if core else number(0)
    gap = exact(quantity("lambda_min_above_core", weights=found, R=reach), ">=", 0)
    inside = exact(quantity("distance", weights=found), "<=", given("R"))
    share = constant("fraction") * quantity("dropped", R=given("R")) / quantity("m")
    least = quantity("lambda_min_H") - quantity("lambda_max_G") * share
    above = lambda_min(H(x, w) - floor, entries=ENTRY)
    return every(
        loewner=at_least(above, exactly(0.0), proof=gap.under("W is in the ball", inside)),
        dropped=at_least(
            lambda_min(floor),
            kept,
            proof=exact(quantity("lambda_min_H_core", R=reach), ">=", least),
        ),
    )


@claim(
    "Lemma 3.2 by Chernoff",
    for_all={
        "data": unit_sphere_datasets(max_n=4, min_lambda_0=0.05),
        "delta": failure_probabilities(),
    },
    text="derived",
    mutants=[
        wrong(
            c=2.0,
            because="n = 1: R = 1 lets a third of the neurons flip",
        ),
    ],
)
def lemma_3_2_chernoff(
    data: Dataset, delta: float, *, c: float = sqrt(pi / 2) / 16, width: float = 48.0
) -> WithProbability:
    """With a width logarithmic in 1/delta, the radius of Lemma 3.2 need not shrink with delta.

    If R = sqrt(pi/2) lambda_0 / (16 n^2) and m >= 48 (n^2/lambda_0) log(n/delta), then with
    probability >= 1 - delta, for all W in the ball of radius R: ||H(W) - H(0)||_2 <= lambda_0/4.
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(H_inf(data.x))
    R = c * lambda_0.low / n**2
    m = ceil(width * n**2 / lambda_0.low * log(n / delta))
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        w_0 = gaussian_weights(m, d, seeds)
        change = largest_change_of_H(data.x, w_0, R)
        return at_most(change, lambda_0 / 4, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=8 * m * (n + d))


@claim(
    "Initial residual, sub-Gaussian",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets()),
        "delta": failure_probabilities(),
        "m": widths(min_m=1, max_m=1000),
    },
    text="derived",
    mutants=[
        wrong(factor=0.5, because="the signs are spread out: half the deviation is too little")
    ],
)
def initial_residual_sub_gaussian(
    data: Dataset, delta: float, m: int, *, factor: float = 2.0
) -> WithProbability:
    """The output at initialisation is sub-Gaussian in the signs, given the first layer.

    With probability >= 1 - delta over a, for all i: |u_i(0)| <= sqrt(2 v_i log(2n/delta)) with
    v_i = (1/m) sum_r relu(w_r.x_i)^2.
    """
    n, d = data.x.shape

    def event(seeds: Seeds) -> Margin:
        w, a = gaussian_weights(m, d, seeds), rademacher_signs(m, seeds)
        features = (w @ data.x.to(w).T).clamp(min=0)
        v = features.square().mean(dim=-2)
        bound = (factor * v * log(2 * n / delta)).sqrt()
        u = predictions(data.x, w, a).abs()
        slack = enclosed(bound - u, 1e-12 * (1 + bound))
        return at_least(slack.min(axis=-1), exactly(0.0))

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


def _least_residual(start: Start) -> Approx:
    """||y - u(0)|| of an initialised network."""
    e_0 = start.y - predictions(start.x, start.w, start.a)
    size = float(e_0.norm())
    return Approx.around(size, 1e-14 * (size + float(start.y.norm()) + start.m))


def _radius_times_rate(start: Start, radius: float) -> Approx:
    """R lambda = radius sqrt(||G||) ||y - u(0)||/sqrt(m)."""
    return radius * lambda_max(gram(start.x)).sqrt() * _least_residual(start) / sqrt(start.m)


def _radius_at(lambda_: float) -> Term:
    """R for the exact model, with the constant `radius`."""
    return constant("radius") * ROOT_G * E_0 / (ROOT_M * number(lambda_))


def _certified(
    premise: Callable[[float], Margin],
    start: Start,
    proof: Callable[[float], Proof] | None = None,
) -> float:
    """The largest rate in (0, 2 lambda_min(H(0))] whose premise certainly holds."""
    rate = largest_certain(premise, high=2 * lambda_min(H(start.x, start.w)).low)
    positive = at_least(exactly(rate), exactly(0.0))
    exists = positive if proof is None else positive.proved_by(proof(rate))
    assume_premise("a certified rate exists", exists)
    return rate


@claim(
    "A-CERT",
    for_all={
        "start": starts(data=unit_sphere_datasets(max_n=4, max_d=4), max_m=60, ties="forbidden")
    },
    text="derived",
    topics=["training"],
    depends_on=["du2019sharper.lemma_3_2_core", "du2019.lemma_3_3"],
    mutants=[
        wrong(
            radius=1.0,
            because="the radius needs the 2 of the integral",
            witness={"start": HALF_ACTIVE},
        ),
        wrong(
            core=False,
            because="H(0) says nothing of a dying neuron",
            witness={"start": DYING_NEURON},
        ),
        wrong(rate=1.1, because="n = 1 attains the rate", witness={"start": HALF_ACTIVE}),
    ],
)
def a_cert(start: Start, *, radius: float = 2.0, rate: float = 1.0, core: bool = True) -> Margin:
    """One look at the initialised network certifies convergence of the flow for ever.

    For any W(0), a in {+-1}^m, y and lambda > 0 let R = 2 sqrt(||G||) ||y - u(0)|| /
    (sqrt(m) lambda). If lambda_min(H_core(R)) >= lambda/2, then for all t >= 0:
    ||y - u(t)||^2 <= exp(-lambda t) ||y - u(0)||^2 and max_r ||w_r(t) - w_r(0)|| <= R.
    """
    x, reach = start.x, _radius_times_rate(start, radius)
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)

    def premise(lambda_: float) -> Margin:
        kernel = H_core(x, start.w, (reach / lambda_).high) if core else H(x, start.w)
        return at_least(lambda_min(kernel), exactly(lambda_ / 2))

    def curved(lambda_: float) -> Proof:
        kept = quantity("lambda_min_H_core", R=_radius_at(lambda_))
        return exact(kept if core else quantity("lambda_min_H"), ">=", number(lambda_) / 2)

    def decayed(t: float) -> Proof:
        bound = (-constant("rate") * number(lambda_) * number(t)).exp()
        loss = quantity("squared_residual", time=t)
        return exact(loss, "<=", bound * quantity("squared_residual"))

    lambda_ = _certified(premise, start, curved)
    times = decay_times(lambda_)
    T = float(times[-1])
    flow = gradient_flow(x, start.y, start.w, start.a, times=times)
    assume_premise("the solution is plain", flow.plainness.proved_by(flow_is_plain(exact, T)))
    R = reach / lambda_
    near = exact(quantity("drift", time=T), "<=", _radius_at(lambda_))
    return every(
        decay=decays(
            flow.log_ratio(),
            rate * exactly(lambda_),
            over=times.numpy(),
            resolution=FLOW,
            proof=decayed,
        ),
        confinement=at_most(flow.movement.max(), R, scale=R, resolution=FLOW, proof=near),
    )


@claim(
    "A-CERT for both layers",
    for_all={
        "start": starts(
            data=unit_sphere_datasets(max_n=3, max_d=3),
            min_m=10,
            max_m=60,
            max_abs_weight=3,
            ties="forbidden",
        )
    },
    text="derived",
    topics=["training"],
    depends_on=["du2019sharper.a_cert", "du2019appendix.lemma_a_6"],
    mutants=[
        wrong(rate=2.2, because="with tiny features n = 1 decays at 2 lambda_min(H) and no faster"),
        wrong(radius=0.5, because="n = 1 moves its active neurons by nearly the whole radius"),
        wrong(
            core=False,
            because="H(0) says nothing of a dying neuron",
            witness={"start": QUIET_NEURON},
        ),
    ],
)
def a_cert_both_layers(
    start: Start, *, rate: float = 1.0, radius: float = 2.0, core: bool = True
) -> Margin:
    """The certificate when the output weights train as well.

    Let S = 2 ||y - u(0)|| / (sqrt(m) lambda), Z = max |w_r(0).x_i|, and R_w, R_a a fixed point of
    R_w = (1 + R_a) sqrt(||G||) S, R_a = sqrt(n) (Z + R_w) S. If R_a < 1 and
    (1 - R_a)^2 lambda_min(H_core(R_w)) >= lambda/2, then for all t >= 0
    ||y - u(t)||^2 <= exp(-lambda t) ||y - u(0)||^2, and the moves are at most R_w and R_a.
    """
    x = start.x
    Z = float((start.w @ x.T).abs().max()) * (1 + 1e-12)
    root_G, unit = lambda_max(gram(x)).sqrt().high, _least_residual(start).high / sqrt(start.m)

    def radii_at(lambda_: float) -> tuple[float, float]:
        S = radius * unit / lambda_
        gain = sqrt(start.n) * root_G * S**2
        if gain >= 1:
            return float("inf"), float("inf")
        # The fixed point of the two affine equations, rounded up.
        R_a = sqrt(start.n) * S * (Z + root_G * S) / (1 - gain) * (1 + 1e-12)
        return (1 + R_a) * root_G * S * (1 + 1e-12), R_a

    def premise(lambda_: float) -> Margin:
        R_w, R_a = radii_at(lambda_)
        if R_a >= 1:
            return at_least(exactly(-1.0), exactly(0.0))
        kernel = H_core(x, start.w, R_w) if core else H(x, start.w)
        return at_least((1 - exactly(R_a)) ** 2 * lambda_min(kernel), exactly(lambda_ / 2))

    lambda_ = _certified(premise, start)
    R_w, R_a = radii_at(lambda_)
    times = decay_times(lambda_)
    flow = gradient_flow(x, start.y, start.w, start.a, times=times, layers="both")
    assume_premise("the solution is plain", flow.plainness)
    return every(
        decay=decays(
            flow.log_ratio(), rate * exactly(lambda_), over=times.numpy(), resolution=FLOW
        ),
        first_layer=at_most(flow.movement.max(), exactly(R_w), scale=R_w),
        output=at_most(flow.output_movement.max(), exactly(R_a), scale=R_a),
    )


@claim(
    "One step of gradient descent",
    for_all={
        "start": starts(data=unit_sphere_datasets(max_n=6, max_d=6), max_m=60, ties="forbidden"),
        "eta": step_sizes(),
    },
    text="derived",
    mutants=[
        wrong(
            flips=0.0,
            because="the lone neuron is switched off and u jumps",
            witness={"start": DYING_NEURON, "eta": 0.05},
        ),
        wrong(
            second_order=0.0,
            because="a step of 2/lambda_max keeps the loss, which the first order forbids",
            witness={
                "start": Start.of(rows=[[1]], weights=[[9]], signs=[1], residual=[1]),
                "eta": 2.0,
            },
        ),
        wrong(
            n_power=1,
            because="two equal inputs have lambda_max(H) = n",
            witness={
                "start": Start.of(rows=[[1], [1]], weights=[[9]], signs=[1], residual=[1, 1]),
                "eta": 3.0,
            },
        ),
    ],
)
def one_step(
    start: Start,
    eta: float,
    *,
    flips: float = 1.0,
    second_order: float = 1.0,
    n_power: int = 2,
) -> Margin:
    """One step of gradient descent, at any width, from any weights, with any step.

    With s = (1/m) #{(i, r): the pattern of r at x_i changes in the step}:
    ||e(k+1)||^2 <= (1 - 2 eta lambda_min(H(k)) + 2 eta (n + sqrt n) s + eta^2 n^2) ||e(k)||^2.
    """
    n = start.n
    run = gradient_descent(start.x, start.y, start.w, start.a, eta=eta, steps=1)
    s = float((patterns(start.x, start.w) != patterns(start.x, run.w)).sum()) / start.m
    factor = (
        1
        - 2 * eta * lambda_min(H(start.x, start.w))
        + exactly(flips * 2 * eta * (n + sqrt(n)) * s)
        + exactly(second_order * eta**2 * n**n_power)
    )
    before, after = run.squared_residual[0], run.squared_residual[1]
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    loss = exact(quantity("squared_residual"), ">=", 1e-18)
    assume_premise("the residual is not zero", at_least(before, exactly(1e-18), proof=loss))
    step, samples = given("eta"), quantity("n")
    share = quantity("flips", eta=step, steps=1) / quantity("m")
    bound = (
        1
        - 2 * step * quantity("lambda_min_H")
        + constant("flips") * 2 * step * (samples + samples.sqrt()) * share
        + constant("second_order") * step**2 * samples ** constant("n_power")
    ) * quantity("squared_residual")
    proof = exact(quantity("squared_residual", eta=step, steps=1), "<=", bound)
    return at_most(after, factor * before, scale=before, proof=proof)


@claim(
    "A-CERT for gradient descent",
    for_all={
        "start": starts(
            data=unit_sphere_datasets(max_n=3, max_d=3), min_m=4, max_m=300, ties="forbidden"
        ),
        "eta": step_sizes(),
    },
    text="derived",
    topics=["training"],
    depends_on=["du2019sharper.one_step", "du2019.corollary_4_1", "du2019sharper.lemma_3_2_core"],
    mutants=[
        wrong(
            shrink=2.2,
            because="n = 1 at a small step attains 1 - 2 eta lambda, and no more",
            witness={"start": HALF_ACTIVE_CLOSE, "eta": 0.1},
        ),
        wrong(
            radius=0.9,
            because="n = 1 at a small step moves by a quarter of the radius at least",
            witness={"start": HALF_ACTIVE_CLOSE, "eta": 0.1},
        ),
        wrong(
            core=False,
            because="H(0) says nothing of a dying neuron",
            witness={"start": DYING_NEURON, "eta": 0.05},
        ),
    ],
)
def a_cert_descent(
    start: Start,
    eta: float,
    *,
    radius: float = 4.0,
    shrink: float = 0.5,
    core: bool = True,
) -> Margin:
    """One look at the initialised network certifies gradient descent for every step.

    Let R = 4 sqrt(||G||) ||y - u(0)|| / (sqrt(m) lambda), s(R) = #{(i, r): |w_r(0).x_i| <= R} / m
    and 0 < eta <= 2/lambda. If lambda_min(H_core(R)) > lambda/4 + (n + sqrt n) s(R) + eta n^2/2,
    then for all k: ||e(k)||^2 <= (1 - eta lambda/2)^k ||e(0)||^2, and the moves are at most R.
    """
    x, n, reach = start.x, start.n, _radius_times_rate(start, radius)

    def premise(lambda_: float) -> Margin:
        R = (reach / lambda_).high
        s = float(near_counts(x, start.w, R).sum()) / start.m if core else 0.0
        kernel = H_core(x, start.w, R) if core else H(x, start.w)
        needed = lambda_ / 4 + (n + sqrt(n)) * s + eta * n**2 / 2
        small_step = at_most(exactly(lambda_), exactly(2 / eta))
        return every(kernel=at_least(lambda_min(kernel), exactly(needed)), step=small_step)

    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    step, samples = given("eta"), quantity("n")

    def certificate(lambda_: float) -> Proof:
        R = _radius_at(lambda_)
        share = quantity("near", R=R) / quantity("m") if core else number(0)
        kept = quantity("lambda_min_H_core", R=R) if core else quantity("lambda_min_H")
        needed = number(lambda_) / 4 + (samples + samples.sqrt()) * share + step * samples**2 / 2
        return exact(kept, ">=", needed).under("small step", exact(step, "<=", 2 / number(lambda_)))

    def decayed(k: float) -> Proof:
        bound = (1 - constant("shrink") * step * number(lambda_)) ** int(k)
        loss = quantity("squared_residual", eta=step, steps=int(k))
        return exact(loss, "<=", bound * quantity("squared_residual"))

    lambda_ = _certified(premise, start, certificate)
    run = gradient_descent(x, start.y, start.w, start.a, eta=eta, steps=60, keep_H=False)
    rate = -(1 - shrink * exactly(eta) * lambda_).log()
    R = reach / lambda_
    near = exact(quantity("drift", eta=step, steps=60), "<=", _radius_at(lambda_))
    return every(
        decay=decays(run.log_ratio(), rate, over=run.times.numpy(), proof=decayed),
        confinement=at_most(run.movement.max(), R, scale=R, proof=near),
    )


@claim(
    "Conserved quantity",
    for_all={
        "start": starts(
            data=unit_sphere_datasets(max_n=3, max_d=3),
            max_m=20,
            max_abs_weight=3,
            ties="forbidden",
        )
    },
    text="derived",
    topics=["training"],
    mutants=[
        wrong(weight=2.0, because="n = m = 1: the two layers grow together, square for square"),
    ],
)
def conserved_quantity(start: Start, *, weight: float = 1.0) -> Margin:
    """Training both layers by gradient flow conserves ||w_r||^2 - a_r^2 for every neuron."""
    times = decay_times(1.0)
    flow = gradient_flow(start.x, start.y, start.w, start.a, times=times, layers="both")
    assume_premise("the solution is plain", flow.plainness)
    w, a = flow.weights
    before = start.w.square().sum(-1) - weight * start.a.square()
    after = w.square().sum(-1) - weight * a.square()
    drift = enclosed((after - before).abs().max(), 1e-9 * (1 + before.abs().max()))
    return at_most(drift, exactly(1e-6 * (1 + float(before.abs().max()))))
