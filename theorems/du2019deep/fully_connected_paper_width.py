"""Theorem 5.1 at the width that its own proof asks for: one hidden layer, one input.

Conclusion only: no premise beside the paper's is checked. The constants are those of the
certificate (`fully_connected_training`) at lambda = lambda_0, under five events:
    ||a||^2 <= 2m            m >= 12 log(1/delta_2)
    sum_r a_r^4 <= 4m        m >= 96/delta_3
    ||x_i^(1)||^2 <= 2       m >= n V/delta_4
    Lemma B.2                m >= 312 n^2 c_sigma^2 L^4 log(2n(n+1)/delta_1)/lambda_0^2
    ||e_0|| <= sqrt(n) (C + 2 sqrt(log(2n/delta_5)))     u_i(0) is N(0, ||x_i^(1)||^2) given W(0)
With rho <= 1/10 and q = max(sqrt(c_sigma) L (sqrt(2) + 1/10), sqrt(2) + sqrt(c_sigma) L/10)
    m >= 256 q^2 n^3 c_sigma^2 (L^2 (2 sqrt(2) + 1/10) + 4 L beta)^2 ||e_0||^2/lambda_0^4.
delta_5 = 9/10 delta and the others delta/40, since only ||e_0|| feels its share. Two orthonormal
inputs ask for more than 20 times the width of one.
"""

from dataclasses import dataclass
from math import ceil, log, sqrt

import torch

from certify import lambda_min
from claims import claim, not_executable, reached, wrong
from dynamics import deep_descent
from models import (
    activation,
    fully_connected_errors,
    fully_connected_recursion,
    initial_network,
    norm_variance,
)
from strategies import activation_names, whole_numbers
from verdicts import Margin, Seeds, WithProbability, decays, with_probability

STEPS = 5


@dataclass(frozen=True, slots=True)
class Regime:
    """What the theorem asks of one activation at n = 1 and one bound of the label.

    Attributes:
        m: width.
        eta: largest step size.
        lambda_0: c_sigma E sigma'(z)^2, rounded down.
    """

    m: int
    eta: float
    lambda_0: float

    @classmethod
    def of(cls, sigma: str, C: float, delta: float, *, width: float = 256.0) -> "Regime":
        """The regime in which |y| <= C is learnt with probability >= 1 - delta."""
        one = activation(sigma)
        K = fully_connected_recursion(torch.ones(1, 1, dtype=torch.float64), one, 1)
        lambda_0 = lambda_min(K[1], entries=float(fully_connected_errors(K, one)[1])).low
        root, L, beta = sqrt(one.c_sigma) * one.L, one.L, one.beta
        e_0 = C + 2 * sqrt(log(2 / (0.9 * delta)))
        q = max(root * (sqrt(2) + 0.1), sqrt(2) + 0.1 * root)
        bracket = one.c_sigma * (L**2 * (2 * sqrt(2) + 0.1) + 4 * L * beta)
        other = delta / 40
        m = max(
            width * (q * bracket * e_0) ** 2 / lambda_0**4,
            (40 * q * e_0 / lambda_0) ** 2,  # rho <= 1/10
            12 * log(1 / other),
            96 / other,
            norm_variance(one) / other,
            312 * (one.c_sigma * L**2 / lambda_0) ** 2 * log(4 / other),
        )
        bend = sqrt(one.c_sigma) * (L / sqrt(m) + beta * (sqrt(2) + 0.1) / 2) * q**2
        eta = min(
            lambda_0 / (8 * bend * e_0),
            lambda_0 / (8 * (2 * q**2 + lambda_0 / 8) ** 2),
            2 / lambda_0,
        )
        return cls(ceil(m), eta, lambda_0)


@claim(
    "Theorem 5.1, H = 1, one input",
    for_all={
        "sigma": activation_names(only=("sin", "tanh")),
        "halves": whole_numbers(min_value=0, max_value=1),
    },
    topics=["training", "paper_width"],
    text="derived",
    share=60,
    depends_on=["du2019deep.fully_connected_training.certificate"],
    mutants=[
        wrong(
            over=3.0,
            neurons=2000,
            because="a step beyond 2/lambda_max(G), about 2/(lambda_0 + 1), makes the loss grow",
            witness={"sigma": "tanh", "halves": 0},
        ),
        wrong(
            shrink=4.0,
            neurons=2000,
            because="||e||^2 shrinks by 2 eta (G^(1) + G^(2)), about 2 eta (lambda_0 + 1)",
            witness={"sigma": "tanh", "halves": 0},
        ),
    ],
)
def theorem_5_1(
    sigma: str,
    halves: int,
    *,
    shrink: float = 0.5,
    over: float = 0.0,
    neurons: int = 0,
    delta: float = 0.5,
) -> WithProbability:
    """Gradient descent on both layers converges at the paper's own width: H = 1, one input.

    If |y_i| <= C, with m and eta as this file says, then with probability >= 1 - delta, for
    k = 0, 1, 2, ...: ||e_k||^2 <= (1 - eta lambda_0/2)^k ||e_0||^2.

    n = 1, delta = 1/2, y = C = halves/2, 5 steps, and m is 7 10^5 to 1.6 10^6.
    """
    regime = Regime.of(sigma, halves / 2, delta)
    m, eta = neurons or regime.m, regime.eta
    eta = over / (regime.lambda_0 + 1) if over else eta
    reached(n=1, d=1, m=m, steps=STEPS)
    x, y = torch.ones(1, 1, dtype=torch.float64), torch.tensor([halves / 2], dtype=torch.float64)
    rate = -log(abs(1 - shrink * eta * regime.lambda_0))

    def event(seeds: Seeds) -> Margin:
        network = initial_network(m, 1, seeds, H=1, activation=activation(sigma))
        run = deep_descent(x, y, network, eta=eta, steps=STEPS)
        return decays(run.log_ratio(), rate, over=run.times.cpu().numpy())

    return with_probability(1 - delta, event, floats_per_seed=4 * m, each="trajectories")


theorem_5_1_two_inputs = not_executable(
    "Theorem 5.1, H = 1, two inputs",
    where="at its own width, 1.6 10^7 and more",
    reason="the descent of smooth networks is not streamed: 16 trajectories of that width hold 6 GB"
    " of weights before the first step",
)

theorem_5_1_deeper = not_executable(
    "Theorem 5.1, H >= 2",
    where="at its own width",
    reason="2^O(H) hides products of c_x^H, about 1000 at H = 3; even next to a global minimum the "
    "step size that Lemmas B.6 and B.7 allow is 1e-10 at H = 2 and 1e-13 at H = 3, where no float "
    "sees the loss fall; the conclusion is tried at other widths by theorem_5_1_beyond",
)
