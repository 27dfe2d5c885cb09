"""Smooth networks with one hidden layer at two places: exact recipes."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import LeakyNet
from strategies.arguments import check_sizes
from strategies.leaky_parts import GAMMAS, LARGE, ONE, decimal_rows, drawn_inputs, integer_rows
from strategies.premises import Predicate, with_premises

SMOOTH = ("tanh", "softplus", "sigmoid", "sin", "erf", "smooth leaky")


def smooth_pairs(*, max_n: int = 4, max_m: int = 16, max_d: int = 3) -> SearchStrategy[LeakyNet]:
    """Smooth networks with one hidden layer at W, and other weights V as the reference.

    Outputs a_k lie in [-1, 1], labels are +-1; the logistic loss. Some pairs differ by one shift of
    all neurons, which stand where |sigma''| is large.

    Premises: "|a_k| <= 1".

    Raises:
        ValueError: a size < 1.
    """
    for name, most in (("n", max_n), ("m", max_m), ("d", max_d)):
        check_sizes("smooth_pairs", name, 1, most)
    bounded: Predicate = lambda net: all(abs(s) <= 1 for s in net.exact.s)  # noqa: E731
    return with_premises(_pairs(max_n, max_m, max_d), {"|a_k| <= 1": bounded})


@st.composite
def _pairs(draw: DrawFn, max_n: int, max_m: int, max_d: int) -> LeakyNet:
    x = drawn_inputs(draw, max_n, max_d)
    n, d, m = len(x), len(x[0]), draw(st.integers(1, max_m))
    shifted = draw(st.booleans())
    if shifted:
        place, move = (draw(decimal_rows(1, d, 10))[0] for _ in range(2))
        w = [place] * m
        v = [tuple(p + q for p, q in zip(place, move, strict=True))] * m
        s = [ONE] * m
    else:
        w, v = (draw(decimal_rows(m, d, 10)) for _ in range(2))
        s = [Fraction(c, LARGE) for c in draw(integer_rows(m, LARGE))]
    labels = draw(st.lists(st.sampled_from((1, -1)), min_size=n, max_size=n))
    return LeakyNet.of(
        rows=x,
        labels=labels,
        weights=w,
        signs=s,
        reference=v,
        gamma=draw(st.sampled_from(GAMMAS)),
        loss="logistic",
        sigma=draw(st.sampled_from(SMOOTH)),
    )
