"""The search for the first sign change, against a fine grid and against roots that are known."""

import math

import numpy as np
import pytest

from dynamics.flow.decay import slowed
from dynamics.flow.roots import Event, Exponentials, Polynomials, first_event

ROWS = np.zeros(1, dtype=np.intp)


def exponentials(start: float, weights: list[float], rates: list[float]) -> Exponentials:
    values = np.array([start])
    return Exponentials.of(ROWS, values, np.array([weights]), np.array([rates]), 0 * values)


def searched(start: float, weights: list[float], rates: list[float], limit: float = 50.0) -> Event:
    return first_event(exponentials(start, weights, rates), np.array([limit]))


def values(start: float, weights: np.ndarray, rates: np.ndarray, s: np.ndarray) -> np.ndarray:
    return np.asarray(start + slowed(rates[None], s[:, None]) @ weights)


@pytest.mark.parametrize("seed", range(60))
def test_no_sign_change_on_a_fine_grid_is_earlier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 6))
    rates, weights = np.sort(10 ** rng.uniform(-3, 2, n)), rng.normal(size=n)
    rates[0] *= seed % 3 > 0
    limit = 10 ** rng.uniform(-2, 2)
    weights *= 10 ** rng.uniform(-1, 1, n)
    start = float(rng.uniform(0.01, 1) * np.abs(slowed(rates, np.array(limit)) * weights).max())
    event = searched(start, weights.tolist(), rates.tolist(), limit)
    grid = np.concatenate([[0.0], np.geomspace(1e-6 * limit, limit, 20_000)])
    seen = values(start, weights, rates, grid)
    below = grid[seen < -1e-12 * start]
    assert bool(event.found[0])
    if event.which[0] < 0:
        assert not len(below)
        return
    root = float(event.h[0])
    assert not (below < root * (1 - 1e-9)).any()
    at, after = values(start, weights, rates, np.array([root, root * (1 + 1e-6)]))
    assert abs(at) < 1e-12 * (start + np.abs(weights * slowed(rates, np.array(root))).sum())
    assert after < 0


@pytest.mark.parametrize("apart", [1e-2, 1e-4, 1e-6])
def test_two_roots_close_together_are_not_stepped_over(apart: float) -> None:
    # With x = exp(-s): (x - 1/2)^2 - apart^2 has its first root at x = 1/2 + apart.
    weights, rates = [0.0, 1.0, -2.0], [0.0, 1.0, 2.0]
    event = searched(0.25 - apart**2, weights, rates)
    assert event.which[0] == 0
    assert event.h[0] == pytest.approx(-math.log(0.5 + apart), abs=1e-9)


@pytest.mark.parametrize("apart", [1e-2, 1e-4, 1e-6])
def test_a_function_that_almost_touches_zero_does_not_change_its_sign(apart: float) -> None:
    event = searched(0.25 + apart**2, [0.0, 1.0, -2.0], [0.0, 1.0, 2.0])
    assert bool(event.found[0])
    assert event.which[0] == -1
    assert event.h[0] == 50


def test_a_function_that_starts_at_zero_is_read_just_after() -> None:
    rising, falling = searched(0.0, [1.0], [1.0]), searched(0.0, [-1.0], [1.0])
    assert rising.which[0] == -1
    assert falling.which[0] == 0
    assert falling.h[0] == 0
    # (1 - x)^2 (x - 1/2) leaves zero with slope 0, and is back at x = 1/2.
    back = searched(0.0, [-2.0, 5.0, -3.0], [1.0, 2.0, 3.0])
    assert back.h[0] == pytest.approx(math.log(2), rel=1e-12)


def test_the_earliest_of_many_wins_row_by_row() -> None:
    rows = np.array([0, 0, 1, 1, 1])
    start = np.array([2.0, 1.0, 3.0, 0.5, 4.0])
    rates = np.array([[1.0], [0.0]])
    functions = Exponentials.of(
        rows, start, np.array([[-3.0], [-3.0], [-1], [1], [-8]]), rates, 0 * start
    )
    event = first_event(functions, np.array([10.0, 10.0]))
    assert event.which.tolist() == [1, 4]
    assert event.h == pytest.approx([-math.log(2 / 3), 0.5], rel=1e-14)
    none = first_event(functions, np.array([0.1, 0.1]))
    assert none.which.tolist() == [-1, -1]
    assert none.h.tolist() == [0.1, 0.1]


def test_a_flat_function_has_no_root() -> None:
    for start in (0.0, 1.0):
        event = searched(start, [0.0], [1.0])
        assert bool(event.found[0])
        assert event.which[0] == -1


@pytest.mark.parametrize("seed", range(30))
def test_polynomials_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coefs = rng.normal(size=(8, 1)) * rng.uniform(0.1, 2)
    coefs[0] = abs(coefs[0])
    event = first_event(Polynomials.of(ROWS, coefs, np.ones(1)), np.ones(1))
    roots = np.roots(coefs[::-1, 0])
    real = np.sort(roots[np.abs(roots.imag) < 1e-12].real)
    inside = real[(real > 0) & (real < 1)]
    assert bool(event.found[0])
    assert event.h[0] == pytest.approx(inside[0] if len(inside) else 1.0, abs=1e-9)
