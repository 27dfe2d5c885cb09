"""Du, Zhai, Poczos, Singh: Gradient Descent Provably Optimizes Over-parameterized Neural Networks. arXiv:1810.02054v2.

What the main text and the appendix use on the way: Lemma A.1, the prediction dynamics (5)-(7),
the residual at initialisation, and Lemmas A.2 to A.6 with Theorem 3.3 (both layers trained).
Notation as in `du2019`; G2_ij = (1/m) sum_r relu(w_r.x_i) relu(w_r.x_j).
"""  # noqa: E501  the citation is one line

from functools import partial
from math import ceil, log, pi, sqrt

from certify import enclosed, frobenius_norm, lambda_max, lambda_min, spectral_norm
from claims import assume_premise, claim, misprint, reached, wrong
from dynamics import decay_times, gradient_flow
from models import (
    Dataset,
    H,
    H_core,
    H_inf,
    Start,
    change_bound,
    flip_bound,
    gaussian_weights,
    gram,
    hyperplanes_shared,
    hyperplanes_uncovered,
    prediction_jacobian,
    predictions,
    rademacher_signs,
    worst_in_ball,
)
from strategies import (
    antipodal_datasets,
    either,
    failure_probabilities,
    nonzero_datasets,
    real_datasets,
    small_decimals,
    starts,
    unit_sphere_datasets,
    widths,
)
from theorems._du2019 import ENTRY, FLOW, flow_is_plain
from verdicts import (
    Approx,
    Expectation,
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
    expectation_equal,
    given,
    quantity,
    supremum,
    with_probability,
)


@claim(
    "Lemma A.1",
    for_all={"data": nonzero_datasets()},
    mutants=[
        wrong(
            data=antipodal_datasets(),
            drops="not parallel",
            title="data=antiparallel",
            because="x and -x have the same hyperplane",
        ),
        wrong(
            data=nonzero_datasets(parallel="required"),
            drops="not parallel",
            title="data=parallel",
            because="a repeated point has the same hyperplane",
        ),
    ],
)
def lemma_a_1(data: Dataset) -> Margin:
    """No hyperplane D_i = {w: w.x_i = 0} is contained in the union of the others.

    For all nonzero, pairwise non-parallel x_1, ..., x_n. Decided by counting the hyperplanes: a
    point of D_i off all the others is exhibited, or D_i is found to equal another exactly.
    """
    n = data.n
    uncovered = Approx(hyperplanes_uncovered(data), n - hyperplanes_shared(data))
    exact = partial(Proof, "inputs", data.recipe)
    return at_least(
        uncovered, exactly(n), scale=n, proof=exact(quantity("hyperplanes"), ">=", quantity("n"))
    )


@claim(
    "Prediction dynamics (5)-(7)",
    for_all={"start": starts(data=nonzero_datasets(), max_m=40)},
    mutants=[
        wrong(mean=False, because="the 1/m of H comes from the two factors m^(-1/2)"),
        wrong(
            drops="off the kinks",
            because="automatic differentiation takes relu'(0) = 0, the paper 1",
            witness={"start": Start.of(rows=[[1]], weights=[[0]], signs=[1], labels=[1])},
        ),
    ],
)
def prediction_dynamics(start: Start, *, mean: bool = True) -> Margin:
    """Along the flow the predictions obey du/dt = H(t) (y - u).

    Off the kinks du/dt = J J^T (y - u) with J the Jacobian of u in W, so the statement is
    J J^T = H(W). J is taken by automatic differentiation.
    """
    x, w = start.x, start.w
    distance = enclosed((w @ x.T).abs().min(), 1e-14 * (1 + w.abs().max() * x.abs().max()))
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    apart = exact(quantity("least_preactivation"), ">=", 0)
    assume_premise("off the kinks", at_least(distance, exactly(0.0), proof=apart))
    J = prediction_jacobian(x, w, start.a)
    kernel = H(x, w) if mean else start.m * H(x, w)
    gap = frobenius_norm(J @ J.T - kernel, entries=1e-13 * (1 + gram(x).abs()))
    equal = exact(quantity("tangent_gap", scale=1 if mean else quantity("m")), "<=", 1e-9)
    return at_most(gap, exactly(1e-9), scale=1 + frobenius_norm(gram(x)), proof=equal)


@claim(
    "Prediction dynamics, sandwich",
    for_all={
        "start": starts(data=unit_sphere_datasets(max_n=4, max_d=4), max_m=40, ties="forbidden")
    },
    topics=["training"],
    depends_on=["du2019appendix.prediction_dynamics"],
    mutants=[
        wrong(fast=1.0, because="n = 1 attains the rate 2 lambda_max(H)"),
        wrong(slow=2.1, because="n = 1 attains the rate 2 lambda_min(H)"),
    ],
)
def prediction_sandwich(start: Start, *, fast: float = 2.0, slow: float = 2.0) -> Margin:
    """The eigenvalues of H along the flow bound the loss from both sides.

    exp(-2 int_0^t lambda_max(H)) <= ||e(t)||^2 / ||e(0)||^2 <= exp(-2 int_0^t lambda_min(H)).
    """
    exact = partial(Proof, "two_layer_relu", start.exact_recipe)
    H_0 = H(start.x, start.w)
    active = exact(quantity("lambda_max_H"), ">=", 1e-6)
    assume_premise("H(0) is not zero", at_least(lambda_max(H_0), exactly(1e-6), proof=active))
    times = decay_times(lambda_max(H_0).high)
    T = float(times[-1])
    flow = gradient_flow(start.x, start.y, start.w, start.a, times=times)
    assume_premise("the solution is plain", flow.plainness.proved_by(flow_is_plain(exact, T)))
    least, most = flow.integral_of(lambda_min), flow.integral_of(lambda_max)
    log_ratio = flow.log_ratio()

    def after(rate: Term) -> Term:
        return (-rate).exp() * quantity("squared_residual")

    loss = quantity("squared_residual", time=T)
    fastest = constant("fast") * quantity("integral_lambda_max_H", time=T)
    slowest = constant("slow") * quantity("integral_lambda_min_H", time=T)
    low, high = exact(loss, ">=", after(fastest)), exact(loss, "<=", after(slowest))
    return every(
        below=at_least(log_ratio[1:], -fast * most[1:], resolution=FLOW, proof=low),
        above=at_most(log_ratio[1:], -slow * least[1:], resolution=FLOW, proof=high),
    )


@claim(
    "Initial residual",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets()),
        "m": widths(min_m=4, max_m=100),
    },
    mutants=[
        misprint(
            second_moment=1.0,
            where="proof of Theorem 3.2: E (y_i - u_i(0))^2 = y_i^2 + 1, as an equality",
            because="half of the neurons are off: E u_i(0)^2 = 1/2",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "m": 1},
        ),
    ],
)
def initial_residual(data: Dataset, m: int, *, second_moment: float = 0.5) -> Expectation:
    """The mean squared residual at initialisation: E ||y - u(0)||^2 = ||y||^2 + n/2, at any m.

    Var u_i^2 = 1/2 + 3/(4m) and E u_i^3 = 0 give the variance bound n sum_i (Var u_i^2 + 2 y_i^2).
    m is drawn from 4 on, where fewer seeds decide.
    """
    n, d = data.x.shape
    squared = float(data.y.square().sum())

    def sample(seeds: Seeds) -> Approx:
        u = predictions(data.x, gaussian_weights(m, d, seeds), rademacher_signs(m, seeds))
        value = (data.y.to(u) - u).square().sum(dim=-1)
        return enclosed(value, 1e-12 * (1 + value))

    return expectation_equal(
        sample,
        exactly(squared + n * second_moment),
        variance_at_most=n * (n * (0.5 + 0.75 / m) + 2 * squared),
        floats_per_seed=m * (n + d),
        scale=2.5 * (squared + n / 2),
    )


@claim(
    "Initial residual, Markov",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets()),
        "delta": failure_probabilities(),
        "m": widths(min_m=1, max_m=100),
    },
    depends_on=["du2019appendix.initial_residual"],
    mutants=[
        wrong(delta_power=0, because="the mean is exceeded with constant probability"),
    ],
)
def initial_residual_markov(
    data: Dataset, delta: float, m: int, *, delta_power: int = 1
) -> WithProbability:
    """With probability >= 1 - delta, ||y - u(0)||^2 <= n (C^2 + 1/2) / delta, if |y_i| <= C."""
    n, d = data.x.shape
    C = float(data.y.abs().max())
    bound = exactly(n * (C**2 + 0.5) / delta**delta_power)

    def event(seeds: Seeds) -> Margin:
        u = predictions(data.x, gaussian_weights(m, d, seeds), rademacher_signs(m, seeds))
        value = (data.y.to(u) - u).square().sum(dim=-1)
        return at_most(enclosed(value, 1e-12 * (1 + value)), bound, scale=bound)

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


@claim(
    "Lemma A.2",
    for_all={
        "start": starts(
            data=unit_sphere_datasets(max_n=3, max_d=3),
            max_m=20,
            max_abs_weight=3,
            ties="forbidden",
        )
    },
    topics=["training"],
    mutants=[
        wrong(rate=2.2, because="with tiny features n = 1 decays at 2 lambda_min(H) and no faster"),
    ],
)
def lemma_a_2(start: Start, *, rate: float = 1.0) -> Margin:
    """Training both layers, curvature of the first layer's kernel alone makes the loss decay.

    If lambda_min(H(s)) >= lambda/2 for all s in [0, t], then ||y - u(t)||^2 <=
    exp(-lambda t) ||y - u(0)||^2. Checked with lambda = 2 inf_s lambda_min(H(s)).
    """
    at_start = lambda_min(H(start.x, start.w))
    assume_premise("lambda_min(H(0)) > 0", at_least(at_start, exactly(1e-6)))
    times = decay_times(at_start.low)
    flow = gradient_flow(start.x, start.y, start.w, start.a, times=times, layers="both")
    assume_premise("the solution is plain", flow.plainness)
    lambda_ = 2 * flow.infimum_of(lambda_min)
    assume_premise("lambda > 0", at_least(lambda_, exactly(1e-6)))
    return decays(flow.log_ratio(), rate * lambda_, over=times.numpy(), resolution=FLOW)


@claim(
    "Lemma A.3, output weights",
    for_all={"R_a": small_decimals(min_value=0, max_value=1)},
    mutants=[
        misprint(
            quadratic=0.0,
            where="proof of Lemma A.3: |a_r^2 - 1| <= 2 R_a",
            because="a = 1 + R_a has a^2 - 1 = 2 R_a + R_a^2",
            witness={"R_a": 1.0},
        ),
    ],
)
def lemma_a_3_output_weights(R_a: float, *, quadratic: float = 1.0) -> Margin:
    """If |a - a(0)| <= R_a <= 1 and a(0) = +-1, then |a^2 - 1| <= 2 R_a + R_a^2.

    The supremum over the interval is attained at a = +-(1 + R_a).
    """
    radius = exactly(R_a)
    worst = abs((1 + radius) * (1 + radius) - 1)
    R = given("R_a")
    bound = 2 * R + constant("quadratic") * R**2
    proof = Proof("numbers", {}, abs((1 + R) ** 2 - 1), "<=", bound)
    return at_most(worst, 2 * radius + quadratic * radius * radius, proof=proof)


@claim(
    "Lemma A.3",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets()),
        "delta": failure_probabilities(),
        "m": widths(min_m=1, max_m=1000),
    },
    depends_on=["du2019.lemma_3_2", "du2019appendix.lemma_a_3_output_weights"],
    mutants=[
        wrong(
            c=5.0,
            because="n = 1: more than an eighth of the neurons can flip",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.1, "m": 1000},
        ),
        wrong(
            c_a=1.0,
            because="n = 1: the output weights alone change H by more than lambda_0/4",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "delta": 0.1, "m": 100},
        ),
    ],
)
def lemma_a_3(
    data: Dataset,
    delta: float,
    m: int,
    *,
    c: float = sqrt(2 * pi) / 32,
    c_a: float = 1 / 17,
) -> WithProbability:
    """Lemma 3.2 when the output weights may move as well.

    With R_w = sqrt(2 pi) delta lambda_0/(32 n^2) and R_a = lambda_0/(17 n^2) (the printed 16
    needs |a^2 - 1| <= 2 R_a), with probability >= 1 - delta, for all W and a with
    |w_r - w_r(0)| <= R_w and |a_r - a_r(0)| <= R_a: ||H - H(0)||_2 <= lambda_0/4.
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(H_inf(data.x))
    R_w, R_a = c * delta * lambda_0.low / n**2, c_a * lambda_0.low / n**2
    stretch = lambda_max(gram(data.x)) * (2 * R_a + R_a**2)

    def event(seeds: Seeds) -> Margin:
        w_0 = gaussian_weights(m, d, seeds)
        far = H(data.x, worst_in_ball(data.x, w_0, R_w))
        found = spectral_norm((1 + R_a) ** 2 * far - H(data.x, w_0), entries=2 * ENTRY)
        flips = spectral_norm(change_bound(data.x, w_0, R_w), entries=ENTRY)
        drift = supremum(found, flips + stretch)
        return at_most(drift, lambda_0 / 4, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=8 * m * (n + d))


@claim(
    "Lemma A.3, curvature",
    for_all={
        "data": unit_sphere_datasets(max_n=4, min_lambda_0=0.1),
        "delta": failure_probabilities(),
    },
    depends_on=["du2019.lemma_3_1", "du2019appendix.lemma_a_3"],
    mutants=[
        wrong(
            neurons=1,
            because="one neuron has H(0) = 0 half the time: Lemma 3.1's width is needed",
        ),
        wrong(factor=0.99, because="lambda_min(H(0)) itself falls below .99 lambda_0"),
    ],
)
def lemma_a_3_curvature(
    data: Dataset, delta: float, *, factor: float = 0.5, neurons: int = 0
) -> WithProbability:
    """At Lemma 3.1's width all W and a in the balls keep half of the limit kernel's curvature.

    If m >= 8 (||G||_F / lambda_0)^2 log(2 n(n+1)/delta), R_w = sqrt(2 pi) (delta/2) lambda_0 /
    (32 n^2) and R_a = lambda_0/(17 n^2), then with probability >= 1 - delta, for all W and a with
    |w_r - w_r(0)| <= R_w and |a_r - a_r(0)| <= R_a: lambda_min(H) > lambda_0/2.
    """
    n, d = data.x.shape
    lambda_0 = lambda_min(H_inf(data.x))
    R_w, R_a = sqrt(2 * pi) / 32 * (delta / 2) * lambda_0.low / n**2, lambda_0.low / (17 * n**2)
    pairs = float(gram(data.x).square().sum()) * log(2 * n * (n + 1) / delta)
    m = neurons or ceil(8 * pairs / lambda_0.low**2)
    reached(m=m)

    def event(seeds: Seeds) -> Margin:
        w_0 = gaussian_weights(m, d, seeds)
        low = worst_in_ball(data.x, w_0, R_w, goal="lambda_min")
        shrunk = (1 - exactly(R_a)) ** 2
        proved = shrunk * lambda_min(H_core(data.x, w_0, R_w))
        infimum = -supremum(-(shrunk * lambda_min(H(data.x, low))), -proved)
        return at_least(infimum, factor * lambda_0, scale=lambda_0)

    return with_probability(1 - delta, event, floats_per_seed=8 * m * (n + d))


@claim(
    "Lemma A.4",
    for_all={
        "start": starts(
            data=unit_sphere_datasets(max_n=3, max_d=3),
            max_m=20,
            max_abs_weight=3,
            ties="forbidden",
        )
    },
    topics=["training"],
    depends_on=["du2019appendix.lemma_a_2"],
    mutants=[
        wrong(
            radius=1.5,
            because="n = 1 with tiny features moves by nearly 2 (1 + R_a) ||e(0)|| / lambda",
            witness={
                "start": Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], residual=["1/100"])
            },
        ),
    ],
)
def lemma_a_4(start: Start, *, radius: float = 4.0) -> Margin:
    """Training both layers, the first layer stays near its start.

    If lambda_min(H(s)) >= lambda/2 and |a_r(s) - a_r(0)| <= R_a <= 1 on [0, t], then for all r
    ||w_r(t) - w_r(0)|| <= R'_w = 4 sqrt(n) ||y - u(0)|| / (sqrt(m) lambda).
    """
    at_start = lambda_min(H(start.x, start.w))
    assume_premise("lambda_min(H(0)) > 0", at_least(at_start, exactly(1e-6)))
    times = decay_times(at_start.low)
    flow = gradient_flow(start.x, start.y, start.w, start.a, times=times, layers="both")
    assume_premise("the solution is plain", flow.plainness)
    assume_premise("R_a <= 1", at_most(flow.output_movement.max(), exactly(1.0)))
    lambda_ = 2 * flow.infimum_of(lambda_min)
    assume_premise("lambda > 0", at_least(lambda_, exactly(1e-6)))
    e_0 = flow.squared_residual[0].sqrt()
    R_w = radius * sqrt(start.n) * e_0 / (sqrt(start.m) * lambda_)
    return at_most(flow.movement.max(), R_w, scale=R_w)


@claim(
    "Lemma A.5, event",
    for_all={
        "data": either(unit_sphere_datasets(min_lambda_0=1e-6), real_datasets()),
        "delta": failure_probabilities(),
        "m": widths(min_m=1, max_m=1000),
    },
    mutants=[
        wrong(factor=1.0, because="sqrt(log) is less than one standard deviation deep in the tail")
    ],
)
def lemma_a_5_event(data: Dataset, delta: float, m: int, *, factor: float = 3.0) -> WithProbability:
    """No pre-activation starts large.

    With probability >= 1 - delta, |w_r(0).x_i| <= 3 sqrt(log(m n/delta)) for all i and r.
    """
    n, d = data.x.shape
    bound = exactly(factor * sqrt(log(m * n / delta)))

    def event(seeds: Seeds) -> Margin:
        w = gaussian_weights(m, d, seeds)
        largest = (w @ data.x.to(w).T).abs().amax(dim=(-1, -2))
        return at_most(enclosed(largest, 1e-13 * (1 + largest)), bound, scale=bound)

    return with_probability(1 - delta, event, floats_per_seed=m * (n + d))


@claim(
    "Lemma A.5",
    for_all={
        "start": starts(
            data=unit_sphere_datasets(max_n=3, max_d=3),
            max_m=20,
            max_abs_weight=3,
            ties="forbidden",
        ),
        "delta": failure_probabilities(),
    },
    topics=["training"],
    depends_on=["du2019appendix.lemma_a_2", "du2019appendix.lemma_a_5_event"],
    mutants=[
        wrong(
            radius=1.0,
            because="n = m = 1, w = 1: the feature is 1, and the loss decays at 2 (H + G2) = 4",
            witness={
                "start": Start.of(rows=[[1]], weights=[[1]], signs=[1], residual=["1/100"]),
                "delta": 0.5,
            },
        ),
    ],
)
def lemma_a_5(start: Start, delta: float, *, radius: float = 8.0) -> Margin:
    """Training both layers, the output weights stay near their start.

    If |w_r(0).x_i| <= 3 sqrt(log(m n/delta)) for all i, r, and on [0, t] lambda_min(H) >= lambda/2
    and ||w_r - w_r(0)|| <= R_w with R_w <= sqrt(log(m n/delta)), then for all r
    |a_r(t) - a_r(0)| <= R'_a = 8 sqrt(n) ||y - u(0)|| sqrt(log(m n/delta)) / (sqrt(m) lambda).
    """
    root = sqrt(log(start.m * start.n / delta))
    at_start = lambda_min(H(start.x, start.w))
    assume_premise("lambda_min(H(0)) > 0", at_least(at_start, exactly(1e-6)))
    times = decay_times(at_start.low)
    features = enclosed((start.w @ start.x.T).abs().max(), 1e-13 * (1 + start.w.abs().max()))
    assume_premise("event of A.5", at_most(features, exactly(3 * root)))
    flow = gradient_flow(start.x, start.y, start.w, start.a, times=times, layers="both")
    assume_premise("the solution is plain", flow.plainness)
    assume_premise("w-moves <= R_w", at_most(flow.movement.max(), exactly(root)))
    lambda_ = 2 * flow.infimum_of(lambda_min)
    assume_premise("lambda > 0", at_least(lambda_, exactly(1e-6)))
    e_0 = flow.squared_residual[0].sqrt()
    R_a = radius * sqrt(start.n) * e_0 * root / (sqrt(start.m) * lambda_)
    return at_most(flow.output_movement.max(), R_a, scale=R_a)


@claim(
    "Lemma A.6",
    for_all={
        "start": starts(
            data=unit_sphere_datasets(max_n=2, max_d=3), min_m=30, max_m=200, weights="gaussian"
        ),
        "delta": failure_probabilities(),
    },
    topics=["training"],
    depends_on=[
        "du2019appendix.lemma_a_3",
        "du2019appendix.lemma_a_4",
        "du2019appendix.lemma_a_5",
    ],
    mutants=[
        wrong(
            drops="the radii",
            because="without R'_w < R_w the only neuron leaves the ball and dies",
            witness={
                "start": Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], labels=[-10]),
                "delta": 0.5,
            },
        ),
    ],
)
def lemma_a_6(start: Start, delta: float) -> Margin:
    """The bootstrap for both layers: who cannot leave the balls converges for ever.

    On the events of Lemmas 3.1, A.3 and A.5: if R'_w < R_w and R'_a < R_a, then for all t >= 0
    lambda_min(H(t)) >= lambda_0/2, the loss decays at lambda_0, and the moves are at most
    R'_w and R'_a. (The print reverses the two inequalities between the radii.)
    """
    x, n = start.x, start.n
    lambda_0 = lambda_min(H_inf(x))
    R_w = sqrt(2 * pi) / 32 * delta * lambda_0.low / n**2
    R_a = lambda_0.low / (17 * n**2)
    root = sqrt(log(start.m * n / delta))
    features = enclosed((start.w @ x.T).abs().max(), 1e-13 * (1 + start.w.abs().max()))
    assume_premise("event of 3.1", at_least(lambda_min(H(x, start.w)), 0.75 * lambda_0))
    flips = enclosed(flip_bound(x, start.w, R_w), n**2 * ENTRY)
    assume_premise("event of A.3", at_most(flips, lambda_0 / 8))
    assume_premise("event of A.5", at_most(features, exactly(3 * root)))
    e_0 = enclosed((start.y - predictions(x, start.w, start.a)).norm(), 1e-12)
    unit = sqrt(n) * e_0 / (sqrt(start.m) * lambda_0)
    first_layer = at_most(4 * unit, exactly(R_w), scale=R_w)
    output = at_most(8 * root * unit, exactly(R_a), scale=R_a)
    assume_premise("the radii", every(first_layer=first_layer, output=output))
    times = decay_times(lambda_0.low)
    flow = gradient_flow(x, start.y, start.w, start.a, times=times, layers="both")
    assume_premise("the solution is plain", flow.plainness)
    return every(
        curvature=at_least(flow.infimum_of(lambda_min), lambda_0 / 2, scale=lambda_0),
        decay=decays(flow.log_ratio(), lambda_0, over=times.numpy(), resolution=FLOW),
        first_layer=at_most(flow.movement.max(), 4 * unit, scale=unit),
        output=at_most(flow.output_movement.max(), 8 * root * unit, scale=unit),
    )
