"""Exact networks for the tests of the flow, and other ways to compute what it does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any, TypeAlias

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.special import expit

from certify.exact.balls import Hopeless, Undecided, precision
from certify.exact.flow import FlowRun, flow
from certify.exact.network import Network
from certify.exact.start import Start
from certify.exact.states import States

Recipe: TypeAlias = "dict[str, Any]"
Numbers: TypeAlias = "Sequence[int | str]"


def recipe(
    rows: Sequence[Numbers],
    weights: Sequence[Numbers],
    signs: Numbers,
    residual: Numbers,
    *,
    normalised: bool = True,
) -> Recipe:
    return {
        "rows": [[str(z) for z in row] for row in rows],
        "normalised": normalised,
        "weights": [[str(z) for z in row] for row in weights],
        "signs": [str(z) for z in signs],
        "residual": [str(z) for z in residual],
    }


def plain(given: Recipe) -> Network:
    return States(Start(given)).network


def apart(given: Recipe) -> Network:
    """The same network, not told which of its neurons are equal."""
    network = plain(given)
    return replace(network, twins=list(range(network.m)))


def exactly(number: int | str | Fraction) -> arb:
    value = Fraction(number)
    return arb(fmpq(value.numerator, value.denominator))


def after(
    given: Recipe,
    time: int | str,
    *,
    bits: int = 128,
    network: Callable[[Recipe], Network] = plain,
) -> FlowRun:
    with precision(bits):
        return flow(network(given), exactly(time))


def decided(given: Recipe, time: int | str, *, most: int = 512) -> FlowRun | None:
    """With as many bits as it takes; None if the flow stays undecided."""
    bits = 64
    while bits <= most:
        try:
            return after(given, time, bits=bits)
        except Hopeless:
            return None
        except Undecided:
            bits *= 2
    return None


def drawn(seed: int, *, zeros: bool) -> tuple[Recipe, int]:
    """A small network with residuals large enough for events, and a time."""
    random = Random(seed)  # noqa: S311  no secret
    n, d, m, most = (random.randint(*ends) for ends in ((1, 4), (1, 3), (1, 5), (1, 9)))
    rows = [[random.randint(-most, most) for _ in range(d)] for _ in range(n)]
    if not all(any(row) for row in rows):
        return drawn(seed + 1000, zeros=zeros)
    if n > 1 and random.random() < 0.2:
        rows[-1] = [-z for z in rows[0]]
    weights = [[f"{random.randint(-99, 99)}/50" for _ in range(d)] for _ in range(m)]
    if zeros:
        weights = [[f"{random.randint(-most, most)}/3" for _ in range(d)] for _ in range(m)]
    signs = [random.choice((1, -1)) for _ in range(m)]
    residual = [f"{random.randint(-99, 99)}/20" for _ in range(n)]
    made = recipe(rows, weights, signs, residual, normalised=random.random() < 0.7)
    return made, random.choice((1, 2, 5))


def floats(given: Recipe) -> tuple[NDArray[np.float64], ...]:
    """x, y, w and a in floats."""
    x, w = (
        np.array([[float(Fraction(z)) for z in row] for row in given[key]])
        for key in ("rows", "weights")
    )
    a, e = (np.array([float(Fraction(z)) for z in given[key]]) for key in ("signs", "residual"))
    if given["normalised"]:
        x /= np.linalg.norm(x, axis=1)[:, None]
    return x, np.maximum(w @ x.T, 0.0).T @ a / np.sqrt(len(a)) + e, w, a


def smoothed(given: Recipe, time: float, width: float) -> tuple[NDArray[np.float64], float]:
    """e and the drift where max(p, 0) is smoothed over a width: off the kinks by about that."""
    x, y, w, a = floats(given)

    def velocity(_: float, flat: NDArray[np.float64]) -> NDArray[np.float64]:
        p = flat.reshape(w.shape) @ x.T
        e = y - (np.logaddexp(0.0, p / width) * width).T @ a / np.sqrt(len(a))
        return np.ravel((a[:, None] * expit(p / width) * e) @ x / np.sqrt(len(a)))

    run = solve_ivp(velocity, (0.0, time), w.ravel(), method="LSODA", rtol=1e-9, atol=1e-11)
    end = run.y[:, -1].reshape(w.shape)
    e = y - np.maximum(end @ x.T, 0.0).T @ a / np.sqrt(len(a))
    return e, float(np.linalg.norm(end - w, axis=1).max())


def near(ball: arb, value: float, error: float) -> bool:
    return bool(abs(ball - value) <= error)


def total(run: FlowRun) -> arb:
    with precision(512):
        return sum((duration for duration, _ in run.pieces), arb(0))


def matrices(run: FlowRun) -> list[list[list[float]]]:
    """H of the pieces, repetitions left out."""
    found = [[[float(z) for z in row] for row in H] for _, H in run.pieces]
    return [found[0], *(later for before, later in pairwise(found) if later != before)]
