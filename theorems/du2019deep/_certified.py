"""What certificates of this paper are about: the lemmas' constants over an exact network, as terms.

`DeepStart.exact_recipe` is the network, "deep_network" the exact model. The terms say the same as
the floats beside them in the claims, and are never computed from those; only the weights of a move
are, since any move in the ball refutes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from models import DeepNetwork, DeepStart
from verdicts import Proof, Term, given, quantity

Exact: TypeAlias = Callable[..., Proof]  # a relation over the exact network
Weights: TypeAlias = "list[Any]"  # of all layers, the output weights as a matrix of one row

MOST_WEIGHTS = 2000  # more are not written out
INSIDE = 1 - 1e-9  # a move is taken a little shorter, so that it certainly is in its ball
ROOT_M, ROOT_N = quantity("m").sqrt(), quantity("n").sqrt()
H, L, BETA, C_RES = (quantity(name) for name in ("H", "L", "beta", "c_res"))
STEEP = quantity("c_sigma").sqrt() * L  # sqrt(c_sigma) L
LAMBDA, LARGEST = quantity("lambda_min_G"), quantity("lambda_max_G")
C_W0 = quantity("spectral_norm") / ROOT_M
A2 = quantity("output_norm") / ROOT_M
A4 = quantity("fourth_norm") / quantity("m") ** "1/4"


def about(start: DeepStart) -> Exact:
    """Relations over the start's network."""
    return partial(Proof, "deep_network", start.exact_recipe)


def written_out(start: DeepStart, moved: DeepNetwork) -> Weights:
    """A network in a ball around the start, as explicit weights; none if they are too many."""
    network = start.network
    if sum(W.numel() for W in network.weights) > MOST_WEIGHTS:
        return []
    pairs = zip(network.weights, moved.weights, strict=True)
    weights = [(W + INSIDE * (V - W)).tolist() for W, V in pairs]
    return [*weights, [(network.a + INSIDE * (moved.a - network.a)).flatten().tolist()]]


def in_ball(exact: Exact, proof: Proof, weights: Weights, R: Term) -> Proof:
    """The proof, under the premise that the moved weights lie in the ball of radius R sqrt(m)."""
    here = exact(quantity("distance", weights=weights), "<=", R * ROOT_M)
    outputs = quantity("distance", weights=weights, layer=H + 1)
    there = exact(outputs, "<=", R * ROOT_M)
    return proof.under("W is in the ball", here).under("a is in the ball", there)


def share_of(R: Term) -> Term:
    """The share of the instance."""
    return given("share") * R


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A descent with eta = step/lambda_max(G(0)) whose e_0 has a given length.

    Attributes:
        exact: relations over the network.
        eta: step size.
        length: of e_0; None if the recipe's own.
    """

    exact: Exact
    eta: Term
    length: Term | None = None

    def at(self, name: str, k: int, **further: Any) -> Term:
        """A quantity after k steps."""
        if self.length is not None:
            further = {**further, "length": self.length}
        return quantity(name, eta=self.eta, steps=k, **further)

    def e(self, k: int) -> Term:
        """||e_k||."""
        return self.at("squared_residual", k).sqrt()

    def decayed(self, steps: int, rate: Term) -> Proof:
        """||e_s||^2 <= (1 - rate)^s ||e_0||^2 for s = 1..steps."""
        return self.exact(self.at("decay_factor", steps), "<=", 1 - rate)


def decayed(run: Training, shrinks: Term) -> Callable[[float], Proof]:
    """The decay up to a step: ||e_k||^2 <= shrinks^k ||e_0||^2."""

    def at(k: float) -> Proof:
        left = run.at("squared_residual", int(k))
        return run.exact(left, "<=", shrinks ** int(k) * run.at("squared_residual", 0))

    return at
