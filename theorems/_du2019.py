"""What the claims of Du, Zhai, Poczos, Singh share: names in exact models, H in a ball, flows."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from certify import spectral_norm
from models import H, change_bound, worst_in_ball
from verdicts import Approx, Proof, Term, number, quantity, supremum

FLOW = 1e-6  # resolution along a flow: some statements are attained, and times rounded
ENTRY = 4e-15  # 16 eps: rounding of one entry of a Gram matrix of unit vectors
E_0 = quantity("squared_residual").sqrt()  # ||y - u(0)||, in proofs
ROOT_M = quantity("m").sqrt()
ROOT_G = quantity("lambda_max_G").sqrt()
LAMBDA_0 = quantity("lambda_min_H_inf")


def largest_change_of_H(
    x: Tensor, w_0: Tensor, R: float, *, norm: Literal["max", "frobenius"] = "max"
) -> Approx:
    """The supremum of ||H(W) - H(W(0))||_2 over the ball of radius R, found and bounded.

    Args:
        x: inputs, (n, d).
        w_0: weights, (*s, m, d).
        R: the radius.
        norm: of the ball: the largest move of a neuron, or that of all in Frobenius norm.
    """
    w = worst_in_ball(x, w_0, R, norm=norm)
    found = spectral_norm(H(x, w) - H(x, w_0), entries=ENTRY)
    # In a ball in Frobenius norm one neuron may use the whole radius.
    return supremum(found, spectral_norm(change_bound(x, w_0, R), entries=ENTRY))


def flow_is_plain(exact: Callable[..., Proof], t: float) -> Proof:
    """The solution crosses its hyperplanes up to time t, and slides along none."""
    return exact(quantity("slides", time=t), "<=", 0)


def loss_decayed(exact: Callable[..., Proof], rate: Term, t: float) -> Proof:
    """||y - u(t)||^2 <= exp(-rate t) ||y - u(0)||^2."""
    return exact(
        quantity("squared_residual", time=t),
        "<=",
        (-rate * number(t)).exp() * quantity("squared_residual"),
    )
