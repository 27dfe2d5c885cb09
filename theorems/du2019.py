"""Du, Zhai, Poczos, Singh: Gradient Descent Provably Optimizes Over-parameterized Neural Networks. arXiv:1810.02054v2.

The statements of the main text, in its order. Two-layer ReLU network, only the first layer trained:
    f(W, a, x) = m^(-1/2) sum_r a_r relu(w_r.x),  w_r(0) ~ N(0, I_d),  a_r = +-1 uniform,
    u_i = f(W, a, x_i),  e = y - u,  H_ij = x_i.x_j (1/m) #{r: w_r.x_i >= 0 and w_r.x_j >= 0}.
The paper hides its constants in Omega and O; those used here are derived from its own proofs.
"""  # noqa: E501  the citation is one line

from functools import partial
from math import ceil, log, pi, sqrt

import torch

from certify import enclosed, lambda_max, lambda_min, positive_eigenvalues, spectral_norm
from claims import assume_premise, claim, misprint, reached, refuted_claim, wrong
from dynamics import decay_times, gradient_descent, gradient_flow
from models import (
    Dataset,
    H,
    H_core,
    H_inf,
    Start,
    flip_bound,
    gaussian_weights,
    gram,
    limit_kernel_nullity,
    near_counts,
    parallel_pairs,
    predictions,
    rademacher_signs,
    worst_in_ball,
)
from strategies import (
    antipodal_datasets,
    duplicated_datasets,
    either,
    failure_probabilities,
    horizons,
    nonzero_datasets,
    real_datasets,
    small_decimals,
    starts,
    step_sizes,
    unit_sphere_datasets,
    whole_numbers,
    widths,
)
from theorems._du2019 import (
    E_0,
    ENTRY,
    FLOW,
    LAMBDA_0,
    ROOT_M,
    flow_is_plain,
    largest_change_of_H,
    loss_decayed,
)
from verdicts import (
    PI,
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
    implies,
    largest,
    number,
    quantity,
    supremum,
    with_probability,
)


@claim(
    "Theorem 3.1",
    for_all={"data": nonzero_datasets()},
    depends_on=["du2019appendix.lemma_a_1"],
    mutants=[
        wrong(
            data=nonzero_datasets(parallel="required"),
            drops="not parallel",
            title="data=parallel",
            because="x = (1), (2) have proportional features, so the kernel has rank one",
        ),
        wrong(
            data=antipodal_datasets(pairs=3, max_d=2),
            drops="not parallel",
            title="data=antiparallel",
            because="phi_x - phi_(-x) = x is constant: three constants in the plane are dependent",
        ),
        wrong(zero_input=True, because="the zero vector has no feature at all"),
        wrong(
            converse=True,
            data=antipodal_datasets(pairs=1),
            title="converse",
            because="x = (1), (-1) are parallel, yet lambda_0 = 1/2",
        ),
        wrong(floor=0.1, because="two points at a small angle t have lambda_0 = t/(2 pi)"),
        wrong(indicator=False, because="X X^T has rank at most d: three points in the plane"),
    ],
)
def theorem_3_1(
    data: Dataset,
    *,
    floor: float = 0.0,
    indicator: bool = True,
    zero_input: bool = False,
    converse: bool = False,
) -> Margin:
    """The limit kernel of data without parallel pairs is positive definite.

    If x_i and x_j are not parallel (nor antiparallel) for i != j, then
    lambda_0 = lambda_min(H_inf) > 0. The inputs are nonzero, of any norm.

    Decided as rank(H_inf) = n: from below by eigenvalues certainly > 0, from above by an exact
    rational null space of the features x 1{w.x >= 0}.
    """
    kernel = H_inf(data.x) if indicator else gram(data.x)
    name = "H_inf" if indicator else "G"
    exact = partial(Proof, "inputs", data.recipe)
    rank_n = exact(quantity(f"rank_{name}"), ">=", quantity("n") + int(zero_input))
    if converse:
        pairs = exactly(parallel_pairs(data))
        none_parallel = exact(quantity("parallel_pairs"), "<=", 0)
        return implies(
            at_least(lambda_min(kernel), exactly(0.0), name="lambda_0 > 0").proved_by(rank_n),
            at_most(pairs, exactly(0.0), proof=none_parallel),
        )
    n = data.n + zero_input  # a zero input adds a zero row and a zero column
    rank = Approx(
        positive_eigenvalues(kernel), data.n - limit_kernel_nullity(data, indicator=indicator)
    )
    return every(
        rank=at_least(rank, exactly(n), scale=n, proof=rank_n),
        floor=at_least(
            lambda_min(kernel),
            exactly(floor),
            scale=1 + lambda_max(kernel),
            proof=exact(quantity(f"lambda_min_{name}"), ">=", constant("floor")),
        ),
    )


@claim(
    "Lemma 3.1",
    for_all={"data": unit_sphere_datasets(min_lambda_0=0.1), "delta": failure_probabilities()},
    mutants=[
        wrong(factor=1.0, because="lambda_min(H(0)) falls below lambda_0 about half the time"),
        wrong(width=0.3, because="n = 1 gets four neurons, and one or none is active too often"),
        wrong(closeness=0.025, because="ten times closer needs a hundred times the width"),
        wrong(
            n_power=0,
            lambda_power=0,
            because="without n and lambda_0, two orthonormal points get 35 neurons",
        ),
        wrong(neurons=1, because="one neuron is off half the time"),
        misprint(
            delta_power=2,
            where="proof of Lemma 3.1: delta' = n^2 delta",
            because="the union bound over n^2 entries needs delta' = delta / n^2",
            witness={
                "data": Dataset.of(
                    rows=[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
                    labels=[0, 0, 0, 0],
                ),
                "delta": 0.12,
            },
        ),
    ],
)
def lemma_3_1(
    data: Dataset,
    delta: float,
    *,
    width: float = 8.0,
    factor: float = 0.75,
    closeness: float = 0.25,
    n_power: int = 2,
    lambda_power: int = 2,
    delta_power: int = -2,
    neurons: int = 0,
) -> WithProbability:
    """A wide enough network inherits the limit kernel's curvature at initialisation.

    If m >= 8 n^2 log(2/delta') / lambda_0^2 with delta' = delta/n^2, then with probability
    >= 1 - delta over w_r ~ N(0, I_d):
        ||H(0) - H_inf||_2 <= lambda_0/4  and  lambda_min(H(0)) >= 3/4 lambda_0.

    The 8 is derived: Hoeffding per entry to accuracy lambda_0/(4n), a union over n^2 entries.
    """
    n, d = data.x.shape
    limit = H_inf(data.x)
    lambda_0 = lambda_min(limit)
    entries = log(2 / (delta * n**delta_power))
    assume_premise("the width is positive", at_least(exactly(entries), exactly(0.0)))
    m = neurons or ceil(width * n**n_power * entries / lambda_0.low**lambda_power)
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        kernel = H(data.x, gaussian_weights(m, d, seeds))
        distance = spectral_norm(kernel - limit.to(kernel), entries=ENTRY)
        return every(
            closeness=at_most(distance, closeness * lambda_0, scale=lambda_0),
            curvature=at_least(lambda_min(kernel), factor * lambda_0, scale=lambda_0),
        )

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


@claim(
    "Lemma 3.2, (S1)",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets()),
        "delta": failure_probabilities(),
        "m": widths(min_m=1, max_m=1000),
    },
    mutants=[
        wrong(
            c=10.0,
            because="R = 1/2 at n = 1, delta = .1: more than an eighth of the neurons can flip",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.1, "m": 1000},
        ),
        wrong(
            c=1.0,
            delta_power=0,
            because="R does not shrink with delta: 38 % flip at m = 1",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.1, "m": 1},
        ),
        misprint(
            delta_power=0,
            where="Section 4: R = c lambda_0 / n^2",
            because="Markov's inequality pays 1/delta: a lone neuron is within R in 6 % of draws",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.01, "m": 1},
        ),
    ],
)
def lemma_3_2(
    data: Dataset, delta: float, m: int, *, c: float = sqrt(2 * pi) / 16, delta_power: int = 1
) -> WithProbability:
    """No W near W(0) has a Gram matrix far from H(0).

    With R = c delta lambda_0 / n^2, with probability >= 1 - delta over W(0), simultaneously for
    all W with max_r ||w_r - w_r(0)|| <= R:  ||H(W) - H(0)||_2 < lambda_0/4. At every width m.

    c = sqrt(2 pi)/16 is derived: P(|w.x| <= R) < 2R/sqrt(2 pi), then Markov.
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(H_inf(data.x))
    R = c * delta**delta_power * lambda_0.low / n**2

    def event(seeds: Seeds) -> Margin:
        w_0 = gaussian_weights(m, d, seeds)
        change = largest_change_of_H(data.x, w_0, R)
        return at_most(change, lambda_0 / 4, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=8 * m * (n + d))


@claim(
    "Lemma 3.2, (S2)",
    for_all={
        "data": unit_sphere_datasets(max_n=4, min_lambda_0=0.1),
        "delta": failure_probabilities(),
    },
    depends_on=["du2019.lemma_3_1", "du2019.lemma_3_2"],
    mutants=[
        misprint(
            neurons=1,
            where="Lemma 3.2: no condition on m",
            because="one neuron has H(0) = 0 half the time: Lemma 3.1's width is needed",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.25},
        ),
        wrong(factor=0.99, because="lambda_min(H(0)) itself falls below .99 lambda_0"),
        wrong(c=20.0, because="the ball reaches a constant fraction of the hyperplanes"),
    ],
)
def lemma_3_2_curvature(
    data: Dataset,
    delta: float,
    *,
    c: float = sqrt(2 * pi) / 16,
    factor: float = 0.5,
    neurons: int = 0,
) -> WithProbability:
    """At Lemma 3.1's width every W near W(0) keeps half of the limit kernel's curvature.

    If m is Lemma 3.1's width at delta/2 and R = c (delta/2) lambda_0 / n^2, then with
    probability >= 1 - delta, for all W with max_r ||w_r - w_r(0)|| <= R:
    lambda_min(H(W)) > lambda_0/2. (The paper states it without a condition on m.)
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(H_inf(data.x))
    R = c * (delta / 2) * lambda_0.low / n**2
    m = neurons or _gram_width(data, lambda_0, delta / 2)
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        w_0 = gaussian_weights(m, d, seeds)
        w = worst_in_ball(data.x, w_0, R, goal="lambda_min")
        proved = lambda_min(H_core(data.x, w_0, R))
        infimum = -supremum(-lambda_min(H(data.x, w)), -proved)
        return at_least(infimum, factor * lambda_0, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=8 * m * (n + d))


def _gram_width(data: Dataset, lambda_0: Approx, delta: float) -> int:
    """Lemma 3.1's width with ||G||_F in place of n, and each pair of entries counted once."""
    squared = float(gram(data.x).square().sum())
    return ceil(8 * squared * log(data.n * (data.n + 1) / delta) / lambda_0.low**2)


@claim(
    "Lemma 3.3",
    for_all={
        "start": starts(data=unit_sphere_datasets(max_n=4, max_d=4), max_m=40, ties="forbidden")
    },
    topics=["training"],
    mutants=[
        misprint(
            radius=1.0,
            where="Lemma 3.3: R' = sqrt(n) ||y - u(0)|| / (sqrt(m) lambda_0)",
            because="||e(s)|| decays at lambda_0/2, so its integral is 2/lambda_0",
            witness={
                "start": Start.of(
                    rows=[[1]],
                    weights=[[5], [-1], [-1], [-1]],
                    signs=[1, 1, 1, 1],
                    residual=[1],
                )
            },
        ),
        wrong(rate=1.1, because="n = 1 with one neuron on attains the rate"),
        wrong(
            hypothesis="at the start",
            because="a lone neuron that is pushed off the data keeps its loss for ever",
            witness={
                "start": Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], labels=[-10]),
            },
        ),
        wrong(
            n_power=0.0,
            because="the one neuron that both points share feels both residuals",
            witness={
                "start": Start.of(
                    rows=[[1, 0], [160, 78]],
                    weights=[[1, -3]] * 20 + [[-1, 3]] * 20 + [[1, 1]],
                    signs=[1] * 41,
                    residual=["1/100", "1/100"],
                )
            },
        ),
    ],
)
def lemma_3_3(
    start: Start,
    *,
    radius: float = 2.0,
    rate: float = 1.0,
    n_power: float = 0.5,
    hypothesis: str = "along the run",
) -> Margin:
    """Curvature along the run makes the loss decay and keeps every neuron near its start.

    If lambda_min(H(s)) >= lambda/2 for all s in [0, t], then
        (i)  ||y - u(t)||^2 <= exp(-lambda t) ||y - u(0)||^2,
        (ii) ||w_r(t) - w_r(0)|| <= R' = 2 sqrt(n) ||y - u(0)|| / (sqrt(m) lambda) for all r.
    Checked with lambda = 2 inf_s lambda_min(H(s)), which is never vacuous and attains both. A
    neuron that dies counts as off, though it comes to rest where w.x = 0: see below for the letter.
    """
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    at_start = lambda_min(H(start.x, start.w))
    active = exact(quantity("lambda_min_H"), ">=", 1e-6)
    assume_premise("lambda_min(H(0)) > 0", at_least(at_start, exactly(1e-6), proof=active))
    times = decay_times(at_start.low)
    T = float(times[-1])
    flow = gradient_flow(start.x, start.y, start.w, start.a, times=times)
    assume_premise("the solution is plain", flow.plainness.proved_by(flow_is_plain(exact, T)))
    path = flow.path if hypothesis == "along the run" else flow.path[:1]
    lambda_ = 2 * lambda_min(path).min()

    def lambda_to(t: float) -> Term:
        along = hypothesis == "along the run"
        return 2 * (quantity("least_lambda_min_H", time=t) if along else quantity("lambda_min_H"))

    def decayed(t: float) -> Proof:
        return loss_decayed(exact, constant("rate") * lambda_to(t), t)

    positive = exact(lambda_to(T), ">=", 1e-6)
    assume_premise("lambda > 0", at_least(lambda_, exactly(1e-6), proof=positive))
    e_0 = flow.squared_residual[0].sqrt()
    R_prime = radius * start.n**n_power * e_0 / (sqrt(start.m) * lambda_)
    reach = constant("radius") * quantity("n") ** constant("n_power") * E_0
    near = exact(quantity("drift", time=T), "<=", reach / (ROOT_M * lambda_to(T)))
    return every(
        decay=decays(
            flow.log_ratio(), rate * lambda_, over=times.numpy(), resolution=FLOW, proof=decayed
        ),
        confinement=at_most(
            flow.movement.max(), R_prime, scale=R_prime, resolution=FLOW, proof=near
        ),
    )


@refuted_claim(
    "Lemma 3.3 with the literal indicator",
    for_all={
        "push": whole_numbers(min_value=1, max_value=50),
        "lift": whole_numbers(min_value=1, max_value=50),
        "t": horizons(),
    },
    topics=["training"],
    where="Lemma 3.3 together with H(t) defined by 1{w_r(t).x_i >= 0}",
    because="where a neuron slides along a hyperplane, du/dt = H (y - u) fails",
    witness={"push": 10, "lift": 1, "t": 1.0},
)
def lemma_3_3_literal_indicator(push: int, lift: int, t: float) -> Margin:
    """Along every solution of the ReLU flow, lambda_min(H(s)) >= lambda/2 makes the loss decay.

    False along sliding modes. n = 2, m = 1, a = 1, x_1 = (1, 0), x_2 = (3, 4)/5, w(0) = (0, 2),
    y_1 = -push, y_2 = u_2(0) + lift. Above the hyperplane of x_1 the neuron is
    pushed down, below it up, so it stays: the velocity theta e_1 x_1 + e_2 x_2 with theta =
    3 e_2/(5 push) in [0, 1] is in Clarke's set, e_1 = -push for ever and
    e_2(t) = lift exp(-16 t/25). The literal H counts the neuron as on: lambda_min(H) = 2/5, while
    ||e||^2 >= push^2. The corrected form asks for H_core in place of H (du2019sharper.a_cert).
    """
    start = Start.of(rows=[[1, 0], [3, 4]], weights=[[0, 2]], signs=[1], residual=[-push, lift])
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    theta = exactly(3 * lift) / (5 * push)
    slides = exact(quantity("slides", time=t), ">=", 1)
    within = at_most(theta, exactly(1.0)).proved_by(slides)
    assume_premise("the velocity is in Clarke's set", within)
    lambda_ = 2 * lambda_min(H(start.x, start.w))
    e_2 = exactly(lift) ** 2 * (exactly([-32 * t]) / 25).exp()
    log_ratio = ((exactly(push) ** 2 + e_2) / (exactly(push) ** 2 + exactly(lift) ** 2)).log()
    least = 2 * quantity("least_lambda_min_H", time=t)
    return decays(log_ratio, lambda_, over=[t], proof=partial(loss_decayed, exact, least))


@claim(
    "Lemma 3.4",
    for_all={
        "start": starts(
            data=unit_sphere_datasets(max_n=4, max_d=4), min_m=30, max_m=300, weights="gaussian"
        ),
        "delta": failure_probabilities(),
    },
    topics=["training"],
    depends_on=["du2019.lemma_3_2", "du2019.lemma_3_3"],
    mutants=[
        wrong(
            drops="R' < R",
            because="without it the only neuron leaves the ball and dies",
            witness={
                "start": Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], labels=[-10]),
                "delta": 0.5,
            },
        ),
    ],
)
def lemma_3_4(start: Start, delta: float) -> Margin:
    """If the neurons cannot leave the ball, the conclusions hold for ever.

    On the event of Lemmas 3.1 and 3.2 (lambda_min(H(0)) >= 3/4 lambda_0, and no W in the ball of
    radius R has ||H(W) - H(0)|| > lambda_0/4): if R' = 2 sqrt(n) ||y - u(0)|| / (sqrt(m) lambda_0)
    is < R, then for all t >= 0: lambda_min(H(t)) >= lambda_0/2, ||w_r(t) - w_r(0)|| <= R' for all
    r, and ||y - u(t)||^2 <= exp(-lambda_0 t) ||y - u(0)||^2.
    """
    x, n = start.x, start.n
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    lambda_0 = lambda_min(H_inf(x))
    R = sqrt(2 * pi) / 16 * delta * lambda_0.low / n**2
    exact_R = (2 * PI).sqrt() / 16 * given("delta") * LAMBDA_0 / quantity("n") ** 2
    e_0 = enclosed((start.y - predictions(x, start.w, start.a)).norm(), 1e-12)
    R_prime = 2 * sqrt(n) * e_0 / (sqrt(start.m) * lambda_0)
    reach = 2 * quantity("n").sqrt() * E_0 / (ROOT_M * LAMBDA_0)
    curved = exact(quantity("lambda_min_H"), ">=", number("3/4") * LAMBDA_0)
    at_start = at_least(lambda_min(H(x, start.w)), 0.75 * lambda_0, proof=curved)
    assume_premise("event of 3.1", at_start)
    drift = enclosed(flip_bound(x, start.w, R), n**2 * ENTRY)
    few = exact(quantity("flip_bound", R=exact_R), "<=", LAMBDA_0 / 4)
    assume_premise("event of 3.2", at_most(drift, lambda_0 / 4, proof=few))
    inside = exact(reach, "<=", exact_R)
    assume_premise("R' < R", at_most(R_prime, exactly(R), scale=R, proof=inside))
    times = decay_times(lambda_0.low)
    T = float(times[-1])
    flow = gradient_flow(x, start.y, start.w, start.a, times=times)
    assume_premise("the solution is plain", flow.plainness.proved_by(flow_is_plain(exact, T)))
    kept = exact(quantity("least_lambda_min_H", time=T), ">=", LAMBDA_0 / 2)
    near = exact(quantity("drift", time=T), "<=", reach)
    return every(
        curvature=at_least(flow.infimum_of(lambda_min), lambda_0 / 2, scale=lambda_0, proof=kept),
        confinement=at_most(
            flow.movement.max(), R_prime, scale=R_prime, resolution=FLOW, proof=near
        ),
        decay=decays(
            flow.log_ratio(),
            lambda_0,
            over=times.numpy(),
            resolution=FLOW,
            proof=partial(loss_decayed, exact, LAMBDA_0),
        ),
    )


@claim(
    "Theorem 3.2",
    for_all={
        "data": unit_sphere_datasets(max_n=2, min_lambda_0=0.2),
        "delta": failure_probabilities(),
        "m": widths(min_m=800, max_m=4000),
    },
    topics=["training"],
    share=3,
    depends_on=["du2019.lemma_3_4", "du2019appendix.initial_residual"],
    mutants=[
        wrong(neurons=1, confined=False, because="a lone neuron is off half the time"),
        wrong(rate=2.1, because="n = 1 decays at twice its active fraction, which is about 1/2"),
        wrong(
            label=1e6,
            confined=False,
            because="neurons of the wrong sign die at once and leave a quarter of them active",
            witness={"data": Dataset.of(rows=[[1]], labels=[1]), "delta": 0.1, "m": 20},
        ),
        wrong(
            data=duplicated_datasets(max_n=2),
            drops="lambda_0 >= 0.2",
            repeated=True,
            confined=False,
            title="data=duplicated",
            because="one input with two labels keeps half of their squared difference",
        ),
    ],
)
def theorem_3_2(
    data: Dataset,
    delta: float,
    m: int,
    *,
    rate: float = 1.0,
    label: float = 1.0,
    neurons: int = 0,
    confined: bool = True,
    repeated: bool = False,
) -> WithProbability:
    """Gradient flow on the first layer converges at rate lambda_0: at any width, when confined.

    With probability >= 1 - delta over W(0) and a: if R' = 2 sqrt(n) ||y - u(0)|| /
    (sqrt(m) lambda_0) is small enough that every W in the ball of radius R' keeps half of the
    curvature (the units that stay away from all hyperplanes by more than R' already do), then
    for all t >= 0: ||u(t) - y||^2 <= exp(-lambda_0 t) ||u(0) - y||^2.

    The paper buys that premise with m = Omega(n^6 / (lambda_0^4 delta^3)).
    """
    n, d = data.x.shape
    m = neurons or m
    spectrum = lambda_min(H_inf(data.x[:1] if repeated else data.x))
    lambda_0, y = spectrum, label * data.y
    times = decay_times(lambda_0.low, count=6)

    def event(seeds: Seeds) -> Margin:
        w, a = gaussian_weights(m, d, seeds), rademacher_signs(m, seeds)
        flow = gradient_flow(data.x, y, w, a, times=times, keep_path=False)
        R_prime = 2 * sqrt(n) * flow.squared_residual[:, 0].sqrt() / (sqrt(m) * lambda_0)
        core = lambda_min(H_core(data.x, w, torch.from_numpy(R_prime.upper)))
        decay = decays(flow.log_ratio(), rate * lambda_0, over=times.numpy(), resolution=FLOW)
        return implies(at_least(core, lambda_0 / 2), decay) if confined else decay

    return with_probability(1 - delta, event, floats_per_seed=6 * m * (n + d))


@claim(
    "Theorem 3.3",
    for_all={
        "data": unit_sphere_datasets(max_n=1, max_d=4),
        "delta": failure_probabilities(),
        "m": widths(min_m=1000, max_m=2000),
    },
    topics=["training", "slow"],
    share=12,
    depends_on=["du2019appendix.lemma_a_6", "du2019sharper.a_cert_both_layers"],
    mutants=[
        wrong(
            rate=4.2,
            because="n = 1 decays at 2 (H + G2), which is about 2",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.1, "m": 2000},
        ),
        wrong(
            data=duplicated_datasets(max_n=2, max_d=4),
            drops="not parallel",
            repeated=True,
            confined=False,
            title="data=duplicated",
            because="one input with two labels keeps half of their squared difference",
        ),
    ],
)
def theorem_3_3(
    data: Dataset,
    delta: float,
    m: int,
    *,
    rate: float = 1.0,
    confined: bool = True,
    repeated: bool = False,
) -> WithProbability:
    """Gradient flow on both layers converges at rate lambda_0: at any width, when confined.

    With S = 2 ||y - u(0)|| / (sqrt(m) lambda_0), Z = max |w_r(0).x_i|, R_a = sqrt(n) (Z + 2 S
    sqrt(n)) S and R_w = (1 + R_a) sqrt(n) S: with probability >= 1 - delta, if R_a < 1 and
    (1 - R_a)^2 lambda_min(H_core(R_w)) >= lambda_0/2, then for all t >= 0
    ||u(t) - y||^2 <= exp(-lambda_0 t) ||u(0) - y||^2.

    The paper buys that premise with m = Omega(n^6 log(m/delta) / (lambda_0^4 delta^3)).
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(H_inf(data.x[:1] if repeated else data.x))
    times = decay_times(lambda_0.low, count=4)

    def event(seeds: Seeds) -> Margin:
        w, a = gaussian_weights(m, d, seeds), rademacher_signs(m, seeds)
        flow = gradient_flow(data.x, data.y, w, a, times=times, layers="both", keep_path=False)
        decay = decays(flow.log_ratio(), rate * lambda_0, over=times.numpy(), resolution=FLOW)
        if not confined:
            return decay
        S = 2 * flow.squared_residual[:, 0].sqrt() / (sqrt(m) * lambda_0)
        Z = enclosed((w @ data.x.to(w).T).abs().amax(dim=(-1, -2)), 1e-12)
        R_a = sqrt(n) * (Z + 2 * sqrt(n) * S) * S
        R_w = (1 + R_a) * sqrt(n) * S
        core = lambda_min(H_core(data.x, w, torch.from_numpy(R_w.upper)))
        kept = largest(1 - R_a, exactly(0.0)) ** 2 * core
        return implies(at_least(kept, lambda_0 / 2), decay)

    return with_probability(1 - delta, event, floats_per_seed=40 * m * (n + d))


@claim(
    "Corollary 4.1",
    for_all={
        "start": starts(data=unit_sphere_datasets(max_n=4, max_d=4), max_m=40, ties="forbidden"),
        "eta": step_sizes(),
    },
    topics=["training"],
    mutants=[
        wrong(
            radius=3.0,
            because="n = 1 at a small step attains the 4",
            witness={
                "start": Start.of(rows=[[1]], weights=[[5]], signs=[1], residual=[1]),
                "eta": 0.01,
            },
        ),
    ],
)
def corollary_4_1(start: Start, eta: float, *, radius: float = 4.0, steps: int = 200) -> Margin:
    """Geometric decay of the loss so far confines the next iterate.

    If ||y - u(k')||^2 <= (1 - eta lambda/2)^k' ||y - u(0)||^2 for k' = 0..k and
    0 < eta <= 2/lambda, then for all r
    ||w_r(k+1) - w_r(0)|| <= R' = 4 sqrt(n) ||y - u(0)|| / (sqrt(m) lambda).
    Checked with the largest lambda that the run itself satisfies up to each k.
    """
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    run = gradient_descent(start.x, start.y, start.w, start.a, eta=eta, steps=steps)
    q = (run.log_ratio()[1:-1] / exactly(run.times[1:-1].numpy())).exp()
    lambda_ = ((1 - q.max()) * 2) / eta
    slowest = quantity("decay_factor", eta=given("eta"), steps=steps - 1)
    exact_lambda = 2 * (1 - slowest) / given("eta")
    some = at_least(lambda_, exactly(1e-6), proof=exact(exact_lambda, ">=", 1e-6))
    assume_premise("Condition 4.1 for some lambda > 0", some)
    R_prime = radius * sqrt(start.n) * run.squared_residual[0].sqrt() / (sqrt(start.m) * lambda_)
    reach = constant("radius") * quantity("n").sqrt() * E_0 / (ROOT_M * exact_lambda)
    near = exact(quantity("drift", eta=given("eta"), steps=steps), "<=", reach)
    return at_most(run.movement.max(), R_prime, scale=R_prime, proof=near)


@claim(
    "Lemma 4.1",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets()),
        "delta": failure_probabilities(),
        "m": widths(min_m=1, max_m=1000),
        "R": small_decimals(min_value=0.01, max_value=1),
    },
    mutants=[
        wrong(
            C=0.5,
            delta_power=0,
            because="the mean itself is .798 m n R, and nothing pays for delta",
            witness={
                "data": Dataset.of(rows=[[1]], labels=[0]),
                "delta": 0.1,
                "m": 1000,
                "R": 0.1,
            },
        ),
    ],
)
def lemma_4_1(
    data: Dataset,
    delta: float,
    m: int,
    R: float,
    *,
    C: float = 2 / sqrt(2 * pi),
    delta_power: int = 1,
) -> WithProbability:
    """Few neurons start within R of a hyperplane.

    With probability >= 1 - delta over W(0): sum_i |S_i_perp| <= C m n R / delta, where
    S_i_perp = {r: |w_r(0).x_i| <= R}. C = 2/sqrt(2 pi) is derived (the paper hides it).
    """
    n, d = data.x.shape

    def event(seeds: Seeds) -> Margin:
        near = near_counts(data.x, gaussian_weights(m, d, seeds), R).sum(dim=-1)
        bound = exactly(C * m * n * R / delta**delta_power)
        return at_most(exactly(near.cpu().numpy()), bound, scale=m * n)

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


@claim(
    "Theorem 4.1",
    for_all={
        "data": unit_sphere_datasets(max_n=1),
        "delta": failure_probabilities(),
        "m": widths(min_m=2000, max_m=4000),
    },
    topics=["training"],
    share=5,
    depends_on=["du2019.corollary_4_1", "du2019.lemma_4_1", "du2019sharper.one_step"],
    mutants=[
        wrong(
            step=7.8, certified=False, because="n = 1: eta = 3.9 < 2/lambda_0 shrinks e by .95 only"
        ),
        wrong(
            step=10.0, certified=False, because="n = 1: eta = 5 > 2/lambda_max makes the loss grow"
        ),
        wrong(
            shrink=2.1,
            because="n = 1 shrinks by 1 - 2 eta lambda_0, on average",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.25, "m": 4000},
        ),
        wrong(
            shrink=1.0,
            power=2,
            because="n = 1: the active fraction is below 1/2 half the time",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.25, "m": 4000},
        ),
        wrong(neurons=1, certified=False, because="a lone neuron is off half the time, or dies"),
    ],
)
def theorem_4_1(
    data: Dataset,
    delta: float,
    m: int,
    *,
    step: float = 0.25,
    shrink: float = 0.5,
    power: int = 1,
    neurons: int = 0,
    certified: bool = True,
) -> WithProbability:
    """Gradient descent on the first layer converges linearly: at any width, when confined.

    With eta = lambda_0/(4 n^2), R = 4 sqrt(n) ||y - u(0)|| / (sqrt(m) lambda_0) and
    s = (1/m) #{(i, r): |w_r(0).x_i| <= R}: with probability >= 1 - delta, if
    lambda_min(H_core(R)) > lambda_0/4 + (n + sqrt n) s + eta n^2/2, then for k = 0, 1, 2, ...
    ||u(k) - y||^2 <= (1 - eta lambda_0/2)^k ||u(0) - y||^2.

    The paper buys that premise with m = Omega(n^6 / (lambda_0^4 delta^3)). One input, at widths
    of some thousands: n = 2 meets the premise from about 50000 on. For more inputs there is the
    certificate without probability (du2019sharper.a_cert_descent).
    """
    n, d = data.x.shape
    m = neurons or m
    lambda_0 = lambda_min(H_inf(data.x))
    eta = step * lambda_0.low / n**2
    rate = -power * abs(1 - shrink * eta * lambda_0).log()

    def event(seeds: Seeds) -> Margin:
        w, a = gaussian_weights(m, d, seeds), rademacher_signs(m, seeds)
        run = gradient_descent(data.x, data.y, w, a, eta=eta, steps=8, keep_H=False)
        decay = decays(run.log_ratio(), rate, over=run.times.cpu().numpy())
        R = 4 * sqrt(n) * run.squared_residual[:, 0].sqrt() / (sqrt(m) * lambda_0)
        radius = torch.from_numpy(R.upper)
        s = exactly(near_counts(data.x, w, radius).sum(dim=-1).cpu().numpy()) / m
        needed = lambda_0 / 4 + (n + sqrt(n)) * s + eta * n**2 / 2
        core = lambda_min(H_core(data.x, w, radius))
        return implies(at_least(core, needed), decay) if certified else decay

    return with_probability(1 - delta, event, floats_per_seed=4 * m * (n + d))
