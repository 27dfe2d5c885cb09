"""Appendix B, Lemmas B.5 to B.7: how far gradient descent moves, and what its steps do to u.

All three suppose Condition A.1 up to k: ||e_s||^2 <= (1 - eta lambda/2)^s ||e_0||^2 for s = 0..k.
Letters: c_x = max(2 sqrt(c_sigma) L c_w0, 1), g = 1 + c_x + ... + c_x^(H-1), a2 >= 1/2, and
    Q'(s) = 4 c_x0 a2 c_x^H sqrt(n) ||e_s||,  R' = 4 Q'(0)/(lambda sqrt(m)),
where the radius R' must not exceed min(c_w0, a2, 1/(sqrt(c_sigma) L g)). The start gives the
direction of e_0; its length is a share of the largest that the radius allows, and lambda is
lambda_min(G(0)), G being the sum of the Gram matrices of all layers. 20 steps.
"""

from dataclasses import dataclass, replace
from math import sqrt

import torch

from certify import enclosed, lambda_max, lambda_min
from claims import assume_premise, claim, reached, wrong
from dynamics import DeepDescent, deep_descent
from models import DeepStart, deep_predictions, layer_grams
from strategies import (
    deep_starts,
    either,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
)
from theorems.du2019deep._certified_fully_connected import ConfinedTerms
from theorems.du2019deep.fully_connected_ball import LEAST, NEARLY_LINEAR, Norms
from verdicts import Approx, Margin, at_least, at_most, decays, every, exactly

STEPS = 20
LOOKED = (0, 5, 15)  # steps at which the second-order term is looked at
FOR_ALL = {
    "start": deep_starts(
        data=either(unit_sphere_datasets(max_n=6, min_lambda_0=0.01), real_datasets(max_n=6))
    ),
    "step": small_decimals(min_value=0.01, max_value=1),
    "share": small_decimals(min_value=0.01, max_value=1),
}


def _two_layers(first: str, second: str) -> DeepStart:
    """One neuron in each of two nearly linear layers."""
    return DeepStart.of(
        rows=[[1]],
        weights=[[[first]], [[second]]],
        outputs=[1],
        residual=[1],
        activation=NEARLY_LINEAR,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Confined:
    """A descent that obeys Condition A.1 and all other premises.

    Attributes:
        run: the descent.
        norms: the constants of the start.
        eta: its step size.
        e: ||e_s|| for s = 0..K.
        told: the steps s < K at which e_s is told from rounding.
        lambda_: lambda_min(G(0)).
        root_n: sqrt(n).
        terms: the same over the exact network.
    """

    run: DeepDescent
    norms: Norms
    eta: float
    e: Approx
    told: list[int]
    lambda_: float
    root_n: float
    terms: ConfinedTerms

    @classmethod
    def of(cls, start: DeepStart, step: float, share: float) -> "Confined":
        """The descent with eta = step/lambda_max(G(0)).

        Raises:
            PremiseNotMetError: the kernel is singular, or Condition A.1 fails.
        """
        norms = Norms.of(start)
        norms = replace(norms, a2=max(norms.a2, 0.5), c_x=max(norms.c_x, 1.0))
        G = layer_grams(start.x, start.network).sum(dim=-3)
        lambda_, largest = lambda_min(G), lambda_max(G)
        terms = ConfinedTerms.of(start, floor=LEAST)
        assume_premise("lambda > 0", at_least(lambda_, 1e-4 * largest + 1e-8, proof=terms.definite))
        u = deep_predictions(start.x, start.network)
        allowed = norms.radius * lambda_.low * sqrt(start.m) / (4 * _slope(norms, start.n))
        length = 0.999 * share * allowed
        # Below this the residual drowns in the rounding of u.
        least = 1e-11 * (1 + float(u.norm()))
        told = at_least(exactly(length / least), exactly(1.0), proof=terms.not_rounding)
        assume_premise("e_0 is no rounding", told)
        e_0 = start.y - u
        y, eta = u + length / e_0.norm() * e_0, step / largest.high
        run = deep_descent(start.x, y, start.network, eta=eta, steps=STEPS, observed=LOOKED)
        rate = -exactly(1 - eta * lambda_.low / 2).log()
        decay = decays(run.log_ratio(), rate, over=run.times.numpy())
        assume_premise("Condition A.1", decay.proved_by(terms.condition(STEPS)))
        reached(steps=STEPS)
        e = run.squared_residual.sqrt()
        known = [s for s in range(STEPS) if e.lower[s] > e.upper[s] / 2]
        return cls(run, norms, eta, e, known, lambda_.low, sqrt(start.n), terms)

    @property
    def Q(self) -> Approx:  # noqa: N802  the paper's letter
        """Q'(s) for s = 0..K."""
        return _slope(self.norms, 1) * self.root_n * self.e


def worst(values: Approx, bounds: Approx) -> int:
    """Where a bound is exceeded most."""
    return int((values.lower / (bounds.upper + 1e-300)).argmax())


def _slope(norms: Norms, n: int) -> float:
    """Q'(s)/||e_s||."""
    return 4 * norms.c_x0 * norms.a2 * norms.c_x**norms.H * sqrt(n)


@claim(
    "Lemma B.5",
    for_all=FOR_ALL,
    topics=["training"],
    depends_on=["du2019deep.fully_connected_ball.lemma_b_3"],
    mutants=[
        wrong(
            growth=False,
            because="dW^(1) sees the second layer, 20: |du/dW^(1)| = 20 > 4",
            witness={"start": _two_layers("1/20", "20"), "step": 0.01, "share": 1.0},
        ),
    ],
)
def lemma_b_5(start: DeepStart, step: float, share: float, *, growth: bool = True) -> Margin:
    """Decay of the loss so far confines the next iterate, and bounds each step.

    Under Condition A.1 up to k, with R' <= min(c_w0, a2, 1/(sqrt(c_sigma) L g)): for s = 1..k + 1,
    ||W^(h)(s) - W^(h)(0)||_F and ||a(s) - a(0)|| are at most R' sqrt(m), and the steps
    ||W^(h)(s) - W^(h)(s - 1)||_F and ||a(s) - a(s - 1)|| at most eta Q'(s - 1).
    """
    one = Confined.of(start, step, share)
    run, off = one.run, 1.0 if growth else one.norms.c_x**start.H
    R = 4 * one.Q[0] / one.lambda_ / off  # R' sqrt(m)
    steps, taken = one.eta * one.Q[one.told] / off, run.step_lengths[one.told].max(axis=-1)
    within = one.terms.within(STEPS, growth=growth)
    longest = one.terms.step(one.told[worst(taken, steps)], growth=growth)
    return every(
        layers=at_most(run.movement.max(), R, scale=R, proof=within["layers"]),
        outputs=at_most(run.output_movement.max(), R, scale=R, proof=within["outputs"]),
        steps=at_most(taken, steps, scale=steps, proof=longest),
    )


@claim(
    "Lemma B.6",
    for_all=FOR_ALL,
    topics=["training"],
    text="derived",
    depends_on=[lemma_b_5, "du2019deep.algebra.lemma_g_1"],
    mutants=[
        wrong(
            eta_power=3,
            because="half a step leaves a quarter of the second-order term, not an eighth",
            witness={
                "start": DeepStart.of(
                    rows=[[1]],
                    weights=[[["157/20000"]]],
                    outputs=[1],
                    residual=[1],
                    activation="sin(z)+sin(200z)/200",
                ),
                "step": 0.005,
                "share": 1.0,
            },
        ),
    ],
)
def lemma_b_6(start: DeepStart, step: float, share: float, *, eta_power: int = 2) -> Margin:
    """What one step changes in u beyond the first order is of second order in eta.

    In the ball of Lemma B.5, I_2 = u(k + 1) - u(k) - eta G(k) e_k has ||I_2|| <= sqrt(n) eta^2
    Q'(k)^2 B, B = 2 sqrt(c_sigma) L c_x0 g/sqrt(m) + sum_h 4 c_x0 a2 sqrt(c_sigma) L c_x^(H-h)
    [sqrt(c_sigma) L g/sqrt(m) + 1/(2 a2 sqrt(m)) + (H - h)/(2 c_w0 sqrt(m)) + 2 (H - h + 1) beta
    c_x0 g/L]. So ||I_2|| <= eta lambda ||e_k||/8 for eta <= lambda ||e_k||/(8 sqrt(n) Q'(k)^2 B).

    Derived: the paper's I_2 has no term of the output weights, which train as well (B-ERR-14), its
    constants are hidden, and ||e_0|| = O(sqrt(n)) misses a logarithm (B-ERR-12).
    """
    one = Confined.of(start, step, share)
    norms, L, root_m = one.norms, start.network.activation.L, sqrt(start.m)
    bend = 2 * start.network.activation.beta * norms.c_x0 * norms.g() / L
    total = 2 * norms.root * norms.c_x0 * norms.g() / root_m
    for above in range(start.H):  # H - h
        inner = norms.root * norms.g() + 1 / (2 * norms.a2) + above / (2 * norms.c_w0)
        layer = inner / root_m + (above + 1) * bend
        total += 4 * norms.c_x0 * norms.a2 * norms.root * norms.c_x**above * layer
    bounds = one.root_n * one.eta**eta_power * total * one.Q[list(LOOKED)] ** 2
    rest = one.run.second_order
    # Late in a run I_2 and its bound both drown in the rounding of u.
    told = (bounds.lower > 0) & ((rest.width < bounds.lower) | (rest.lower > bounds.upper))
    at = LOOKED[worst(rest, bounds)]
    bound = one.terms.second_order_bound(at, eta_power=eta_power)
    positive = one.terms.training.exact(bound, ">=", 0)
    some = at_least(exactly(told.sum()), exactly(0.5), proof=positive)
    assume_premise("I_2 is told from rounding", some)
    proof = one.terms.training.exact(one.terms.training.at("second_order", at), "<=", bound)
    return at_most(rest[told], bounds[told], scale=bounds[told], proof=proof)


@claim(
    "Lemma B.7",
    for_all=FOR_ALL,
    topics=["training"],
    text="derived",
    depends_on=[lemma_b_5],
    mutants=[
        wrong(
            growth=False,
            because="the Gram matrix of the first layer is the square of the second, 100^2",
            witness={"start": _two_layers("1/100", "100"), "step": 0.01, "share": 1.0},
        ),
    ],
)
def lemma_b_7(start: DeepStart, step: float, share: float, *, growth: bool = True) -> Margin:
    """One step changes the predictions by at most a multiple of eta ||e_k||.

    In the ball of Lemma B.5, ||u(k + 1) - u(k)|| <= sqrt(n) eta D ||e_k|| with
    D = 2 c_x0 (Q'(k)/||e_k||) (1 + 2 a2 sqrt(c_sigma) L g). So ||u(k + 1) - u(k)||^2 <= eta lambda
    ||e_k||^2/8 for eta <= lambda/(8 n D^2).

    Derived: the paper hides D in O(sqrt(n)).
    """
    one = Confined.of(start, step, share)
    norms, e = one.norms, one.run.residual
    off = torch.from_numpy(one.e.width[1:] + one.e.width[:-1])
    changes = enclosed((e[1:] - e[:-1]).norm(dim=-1), off)
    D = 2 * norms.c_x0 * (1 + 2 * norms.a2 * norms.root * norms.g())
    D /= 1.0 if growth else norms.c_x**start.H
    bounds, found = one.root_n * one.eta * D * one.Q[one.told], changes[one.told]
    proof = one.terms.change(one.told[worst(found, bounds)], growth=growth)
    return at_most(found, bounds, scale=bounds, proof=proof)
