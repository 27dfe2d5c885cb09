from itertools import product

import numpy as np

from dynamics.flow.background import Background
from dynamics.flow.decay import Decay


def network(rng: np.random.Generator, *, b: int, n: int) -> tuple[Background, Decay]:
    x = rng.normal(size=(b, n, 3))
    G = x @ x.transpose(0, 2, 1)
    masks = np.tile(np.array(list(product([0.0, 1.0], repeat=n))), (b, 1, 1))
    background = Background.of(G, 50, np.ones((b, n, n)), masks)
    return background, Decay.of(G / 4, rng.normal(size=(b, n)))


def test_nobody_comes_farther_than_it_says_and_hardly_less_far() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 4):
        background, decay = network(rng, b=5, n=n)
        farthest, h = np.zeros((5, n)), np.full(5, 0.02)
        for k in range(200):
            c = decay.integral(k * h)
            ways = background.masks @ (background.G * c[:, None, :]).transpose(0, 2, 1)
            farthest = np.maximum(farthest, np.abs(ways).max(axis=1) / np.sqrt(50))
            background.advance(Decay(decay.rates, decay.vectors, decay.parts * shrunk(decay, k)), h)
        assert (farthest <= background.reach + 1e-12).all()
        assert (background.reach <= 1.1 * farthest + 1e-3).all()


def shrunk(decay: Decay, k: int) -> np.ndarray:
    return np.asarray(np.exp(-decay.rates * 0.02 * k))


def test_moves_are_those_of_the_patterns_that_occur() -> None:
    rng = np.random.default_rng(1)
    background, decay = network(rng, b=2, n=2)
    background.masks[1] = [1.0, 0.0]
    background.advance(decay, np.full(2, 0.3))
    moved = background.movement(np.arange(2))
    c, G = background.c / np.sqrt(50), background.G
    lengths = [[mask * c[0] @ G[0] @ (mask * c[0]) for mask in background.masks[0]]]
    np.testing.assert_allclose(moved[0] ** 2, max(lengths[0]))
    np.testing.assert_allclose(moved[1] ** 2, c[1, 0] ** 2 * G[1, 0, 0])


def test_rows_that_go_leave_behind_what_they_reached() -> None:
    rng = np.random.default_rng(2)
    background, decay = network(rng, b=3, n=2)
    background.advance(decay, np.full(3, 1.0))
    before = background.reach.copy()
    part, last = background.at(np.array([2])), np.array([2])
    part.advance(Decay(decay.rates[last], decay.vectors[last], decay.parts[last]), np.ones(1))
    np.testing.assert_array_equal(background.reach[:2], before[:2])
    assert (background.reach[2] > before[2]).all()
