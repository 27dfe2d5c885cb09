"""Du, Zhai, Poczos, Singh: Gradient Descent Provably Optimizes Over-parameterized Neural Networks. arXiv:1810.02054v2.

Theorems 3.2, 4.1 and 3.3 at the width that their own proofs ask for, conclusion only: no premise
beside the paper's is checked. The paper hides the constants in Omega; here they are derived from
its lemmas, with the same share of delta for every event. C bounds the labels, e_0 = y - u(0), and
E ||e_0||^2 = ||y||^2 + n/2 <= n (C^2 + 1/2).

Theorem 3.2, delta/3 each for Lemma 3.1, Lemma 3.2 and Markov's inequality:
    R = sqrt(2 pi) delta lambda_0 / (48 n^2)                 Lemma 3.2 at delta/3
    ||e_0||^2 <= 3 n (C^2 + 1/2) / delta                     Markov
    R' = 2 sqrt(n) ||e_0|| / (sqrt(m) lambda_0) < R          Lemma 3.4
    m > (12 48^2/(2 pi)) n^6 (C^2 + 1/2) / (lambda_0^4 delta^3),   12 48^2/(2 pi) = 4400.3
Theorem 4.1, likewise; the ball must keep all patterns but for s <= lambda_0/(16 n), so that
    R = sqrt(2 pi) delta lambda_0 / (96 n^2)
    R' = 4 sqrt(n) ||e_0|| / (sqrt(m) lambda_0) < R          Corollary 4.1
    m > (48 96^2/(2 pi)) n^6 (C^2 + 1/2) / (lambda_0^4 delta^3),   48 96^2/(2 pi) = 70405.1
    and with lambda_min(H(k)) >= 5/8 lambda_0 the step may be eta <= lambda_0/(2 n^2):
    1 - 5/4 eta lambda_0 + 4 eta n s + eta^2 n^2 <= 1 - eta lambda_0/2
Theorem 3.3, delta/4 each for Lemma 3.1, Lemma A.3, the event of Lemma A.5 and Markov:
    R_w = sqrt(2 pi) delta lambda_0 / (128 n^2)              half of lambda_0/4 for the patterns
    R_a = lambda_0 / (17 n^2)                                the other half: 2 R_a + R_a^2
    ||e_0||^2 <= 4 n (C^2 + 1/2) / delta                     Markov
    R'_w = 4 sqrt(n) ||e_0|| / (sqrt(m) lambda_0) < R_w                          Lemma A.4
    R'_a = 8 sqrt(n) ||e_0|| sqrt(log(4 m n/delta)) / (sqrt(m) lambda_0) < R_a   Lemma A.5
    m > (64 128^2/(2 pi)) n^6 (C^2 + 1/2) / (lambda_0^4 delta^3),  64 128^2/(2 pi) = 166886.1
    m > 256 17^2 n^6 (C^2 + 1/2) log(4 m n/delta) / (lambda_0^4 delta),  256 17^2 = 73984
Lemma 3.1 asks for less than each of these. Inputs are orthonormal, where lambda_0 = 1/2 is as
large as it can be; all orthonormal inputs are alike, since w(0) has no preferred direction.
"""  # noqa: E501  the citation is one line

from collections.abc import Callable
from math import ceil, log
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

from certify import lambda_min
from claims import claim, reached, wrong
from dynamics import decay_times, wide_descent, wide_flow
from models import H_inf
from strategies import whole_numbers
from verdicts import Approx, Margin, Seeds, WithProbability, decays, with_probability

FLOW = 1e-6  # resolution along a flow: times are rounded
HELD = 2**19  # floats of a streamed network that are held: neurons near a hyperplane
STEPS = 60  # of a descent: ||e||^2 falls by 1e-7


@claim(
    "Theorem 3.2, one input",
    for_all={"halves": whole_numbers(min_value=0, max_value=2)},
    topics=["training", "paper_width"],
    share=25,
    depends_on=["du2019.theorem_3_2"],
    mutants=[
        wrong(
            rate=2.1,
            because="the true rate is twice the active fraction, about 1",
            witness={"halves": 0},
        ),
        wrong(
            neurons=1,
            because="a lone neuron is off half the time, and else often dies on the way to y",
            witness={"halves": 1},
        ),
    ],
)
def theorem_3_2(
    halves: int, *, width: float = 4401.0, rate: float = 1.0, neurons: int = 0, delta: float = 0.5
) -> WithProbability:
    """Gradient flow on the first layer converges at the paper's own width: one input.

    If |y_i| <= C and m >= 4401 n^6 (C^2 + 1/2) / (lambda_0^4 delta^3), then with probability
    >= 1 - delta, for all t >= 0: ||u(t) - y||^2 <= exp(-lambda_0 t) ||u(0) - y||^2.

    n = 1, delta = 1/2, y = C = halves/2, and m is 281665 to 844993.
    """
    x, y, lambda_0 = _data(1, halves)
    m = neurons or _width(width, y, lambda_0, delta)
    return _flow(x, y, rate * lambda_0, m, delta)


@claim(
    "Theorem 3.2, two inputs",
    for_all={"halves": whole_numbers(min_value=1, max_value=1)},
    topics=["training", "paper_width"],
    share=1000,
    depends_on=[theorem_3_2],
    mutants=[
        wrong(
            rate=2.1,
            neurons=2000,
            because="the true rate is twice the active fraction, about 1, at any width",
            witness={"halves": 0},
        ),
    ],
)
def theorem_3_2_two_inputs(
    halves: int, *, width: float = 4401.0, rate: float = 1.0, neurons: int = 0, delta: float = 0.5
) -> WithProbability:
    """Gradient flow on the first layer converges at the paper's own width: two inputs.

    If |y_i| <= C and m >= 4401 n^6 (C^2 + 1/2) / (lambda_0^4 delta^3), then with probability
    >= 1 - delta, for all t >= 0: ||u(t) - y||^2 <= exp(-lambda_0 t) ||u(0) - y||^2.

    n = 2, orthonormal, delta = 1/2, y = (C, -C), C = halves/2 = 1/2, and m is 2.7e7.
    """
    x, y, lambda_0 = _data(2, halves)
    m = neurons or _width(width, y, lambda_0, delta)
    return _flow(x, y, rate * lambda_0, m, delta)


@claim(
    "Theorem 3.2, three inputs",
    for_all={"halves": whole_numbers(min_value=0, max_value=1)},
    topics=["training", "paper_width", "gpu"],
    share=100,
    least_profile="thorough",
    depends_on=[theorem_3_2_two_inputs],
    mutants=[
        wrong(
            rate=2.1,
            neurons=2000,
            because="the true rate is twice the active fraction, about 1, at any width",
            witness={"halves": 0},
        ),
    ],
)
def theorem_3_2_three_inputs(
    halves: int, *, width: float = 4401.0, rate: float = 1.0, neurons: int = 0, delta: float = 0.5
) -> WithProbability:
    """Gradient flow on the first layer converges at the paper's own width: three inputs.

    If |y_i| <= C and m >= 4401 n^6 (C^2 + 1/2) / (lambda_0^4 delta^3), then with probability
    >= 1 - delta, for all t >= 0: ||u(t) - y||^2 <= exp(-lambda_0 t) ||u(0) - y||^2.

    n = 3, orthonormal, delta = 1/2, y = (C, -C, C), C = halves/2, and m is 2.1e8 or 3.1e8.
    """
    x, y, lambda_0 = _data(3, halves)
    m = neurons or _width(width, y, lambda_0, delta)
    return _flow(x, y, rate * lambda_0, m, delta)


@claim(
    "Theorem 3.3, one input",
    for_all={"halves": whole_numbers(min_value=1, max_value=1)},
    topics=["training", "paper_width"],
    share=1000,
    depends_on=["du2019.theorem_3_3"],
    mutants=[
        wrong(
            rate=4.2,
            neurons=2000,
            because="the true rate is 2 (H + G2), about 2, at any width",
            witness={"halves": 0},
        ),
    ],
)
def theorem_3_3(
    halves: int,
    *,
    width: float = 166887.0,
    log_width: float = 73985.0,
    rate: float = 1.0,
    neurons: int = 0,
    delta: float = 0.5,
) -> WithProbability:
    """Gradient flow on both layers converges at the paper's own width: one input.

    If |y_i| <= C, m >= 166887 n^6 (C^2 + 1/2) / (lambda_0^4 delta^3) and
    m >= 73985 n^6 (C^2 + 1/2) log(4 m n/delta) / (lambda_0^4 delta), then with probability
    >= 1 - delta, for all t >= 0: ||u(t) - y||^2 <= exp(-lambda_0 t) ||u(0) - y||^2.

    n = 1, delta = 1/2, y = C = halves/2 = 1/2, and m is 3.4e7.
    """
    x, y, lambda_0 = _data(1, halves)
    m = neurons or _both_width((width, log_width), y, lambda_0, delta)
    return _flow(x, y, rate * lambda_0, m, delta, layers="both")


@claim(
    "Theorem 3.3, two inputs",
    for_all={"halves": whole_numbers(min_value=0, max_value=1)},
    topics=["training", "paper_width", "gpu"],
    share=400,
    least_profile="thorough",
    depends_on=[theorem_3_3],
    mutants=[
        wrong(
            rate=4.2,
            neurons=10**5,
            because="the true rate is 2 (1 - 1/(2 pi)), the least of 2 (H + G2), at any width",
            witness={"halves": 0},
        ),
    ],
)
def theorem_3_3_two_inputs(
    halves: int,
    *,
    width: float = 166887.0,
    log_width: float = 73985.0,
    rate: float = 1.0,
    neurons: int = 0,
    delta: float = 0.5,
) -> WithProbability:
    """Gradient flow on both layers converges at the paper's own width: two inputs.

    If |y_i| <= C, m >= 166887 n^6 (C^2 + 1/2) / (lambda_0^4 delta^3) and
    m >= 73985 n^6 (C^2 + 1/2) log(4 m n/delta) / (lambda_0^4 delta), then with probability
    >= 1 - delta, for all t >= 0: ||u(t) - y||^2 <= exp(-lambda_0 t) ||u(0) - y||^2.

    n = 2, orthonormal, delta = 1/2, y = (C, -C), C = halves/2, and m is 1.8e9 or 2.8e9.
    """
    x, y, lambda_0 = _data(2, halves)
    m = neurons or _both_width((width, log_width), y, lambda_0, delta)
    return _flow(x, y, rate * lambda_0, m, delta, layers="both")


@claim(
    "Theorem 4.1, one input",
    for_all={"halves": whole_numbers(min_value=0, max_value=2)},
    topics=["training", "paper_width"],
    share=250,
    depends_on=["du2019.theorem_4_1"],
    mutants=[
        wrong(
            step=10.0,
            steps=4,
            because="eta = 5 > 2/lambda_max makes the loss grow",
            witness={"halves": 0},
        ),
        wrong(
            shrink=2.1,
            because="||e||^2 shrinks by 1 - 2 eta lambda_0 + (eta lambda_0)^2, on average",
            witness={"halves": 0},
        ),
    ],
)
def theorem_4_1(
    halves: int,
    *,
    width: float = 70406.0,
    step: float = 0.5,
    shrink: float = 0.5,
    steps: int = STEPS,
    delta: float = 0.5,
) -> WithProbability:
    """Gradient descent on the first layer converges at the paper's own width: one input.

    If |y_i| <= C, m >= 70406 n^6 (C^2 + 1/2) / (lambda_0^4 delta^3) and eta = lambda_0/(2 n^2),
    then with probability >= 1 - delta, for k = 0, 1, 2, ...:
    ||u(k) - y||^2 <= (1 - eta lambda_0/2)^k ||u(0) - y||^2.

    n = 1, delta = 1/2, y = C = halves/2, and m is 4.5e6 to 1.4e7; 60 steps.
    """
    x, y, lambda_0 = _data(1, halves)
    m = _width(width, y, lambda_0, delta)
    return _descent(x, y, lambda_0, m, delta, step=step, shrink=shrink, steps=steps)


@claim(
    "Theorem 4.1, two inputs",
    for_all={"halves": whole_numbers(min_value=0, max_value=1)},
    topics=["training", "paper_width"],
    share=100,
    least_profile="thorough",
    depends_on=[theorem_4_1],
    mutants=[
        wrong(
            step=40.0,
            steps=4,
            neurons=10**5,
            because="eta = 5 > 2/lambda_max makes the loss grow, at any width",
            witness={"halves": 0},
        ),
        wrong(
            shrink=2.1,
            neurons=10**5,
            because="||e||^2 shrinks by 1 - 2 eta lambda_0 + (eta lambda_0)^2, on average",
            witness={"halves": 0},
        ),
    ],
)
def theorem_4_1_two_inputs(
    halves: int,
    *,
    width: float = 70406.0,
    step: float = 0.5,
    shrink: float = 0.5,
    steps: int = 4 * STEPS,
    neurons: int = 0,
    delta: float = 0.5,
) -> WithProbability:
    """Gradient descent on the first layer converges at the paper's own width: two inputs.

    If |y_i| <= C, m >= 70406 n^6 (C^2 + 1/2) / (lambda_0^4 delta^3) and eta = lambda_0/(2 n^2),
    then with probability >= 1 - delta, for k = 0, 1, 2, ...:
    ||u(k) - y||^2 <= (1 - eta lambda_0/2)^k ||u(0) - y||^2.

    n = 2, orthonormal, delta = 1/2, y = (C, -C), C = halves/2, and m is 2.9e8 or 4.3e8; 240 steps.
    """
    x, y, lambda_0 = _data(2, halves)
    m = neurons or _width(width, y, lambda_0, delta)
    return _descent(x, y, lambda_0, m, delta, step=step, shrink=shrink, steps=steps)


def _data(n: int, halves: int) -> tuple[Float64[Tensor, "n n"], Float64[Tensor, " n"], Approx]:
    """Orthonormal inputs, labels C, -C, C, ... for C = halves/2, and lambda_0."""
    x = torch.eye(n, dtype=torch.float64)
    signs = 1.0 - 2.0 * (torch.arange(n, dtype=torch.float64) % 2)
    return x, signs * (halves / 2), lambda_min(H_inf(x))


def _width(constant: float, y: Tensor, lambda_0: Approx, delta: float) -> int:
    """The least m >= constant n^6 (C^2 + 1/2) / (lambda_0^4 delta^3)."""
    return ceil(constant * len(y) ** 6 * _spread(y) / (lambda_0.low**4 * delta**3))


def _both_width(constants: tuple[float, float], y: Tensor, lambda_0: Approx, delta: float) -> int:
    """The least m that meets Theorem 3.3's two bounds, the second of which has a log(m)."""
    n = len(y)
    m = least = _width(constants[0], y, lambda_0, delta)
    factor = constants[1] * n**6 * _spread(y) / (lambda_0.low**4 * delta)
    while True:  # increasing, and bounded by the solution
        needed = max(least, ceil(factor * log(4 * m * n / delta)))
        if needed <= m:
            return m
        m = needed


def _spread(y: Tensor) -> float:
    """C^2 + 1/2 for the least C with |y_i| <= C."""
    return float(y.square().max()) + 0.5


def _mostly(event: Callable[[Seeds], Margin], weights: int, delta: float) -> WithProbability:
    """P(event) >= 1 - delta over trajectories, whose start of so many weights is streamed."""
    return with_probability(
        1 - delta,
        event,
        floats_per_seed=HELD,
        cost_per_seed=2 * weights,
        each="trajectories",
    )


def _flow(
    x: Tensor,
    y: Tensor,
    rate: Approx,
    m: int,
    delta: float,
    *,
    layers: Literal["first", "both"] = "first",
) -> WithProbability:
    n, d = x.shape
    reached(n=n, d=d, m=m)
    times = decay_times(lambda_min(H_inf(x)).low, count=6)

    def event(seeds: Seeds) -> Margin:
        flow = wide_flow(x, y, seeds, m=m, times=times, layers=layers)
        return decays(flow.log_ratio(), rate, over=times.numpy(), resolution=FLOW)

    return _mostly(event, m * (n + d), delta)


def _descent(
    x: Tensor,
    y: Tensor,
    lambda_0: Approx,
    m: int,
    delta: float,
    *,
    step: float,
    shrink: float,
    steps: int,
) -> WithProbability:
    n, d = x.shape
    reached(n=n, d=d, m=m, steps=steps)
    eta = step * lambda_0.low / n**2
    rate = -abs(1 - shrink * eta * lambda_0).log()

    def event(seeds: Seeds) -> Margin:
        run = wide_descent(x, y, seeds, m=m, eta=eta, steps=steps)
        return decays(run.log_ratio(), rate, over=run.times.cpu().numpy())

    return _mostly(event, m * (n + d), delta)
