"""Kantorovich's radius: against equations whose roots are known, and beyond its premise."""

import math

import numpy as np

from certify import nearby_root
from verdicts import Approx, exactly


def test_every_root_of_thousands_of_parabolas_is_within_the_radius() -> None:
    # F(w) = w + b w^2/2 at w = 0 with the label r: sigma = 1, beta = |b|.
    random = np.random.default_rng(0)
    b, r = random.normal(0, 2, 4000), random.normal(0, 0.3, 4000)
    found = nearby_root(exactly(np.abs(r)), exactly(np.ones(4000)), exactly(np.abs(b)))
    known = np.isfinite(found.upper)
    discriminant = 1 + 2 * b * r
    assert (discriminant[known] >= 0).all()
    nearest = 2 * np.abs(r) / (1 + np.sqrt(np.maximum(discriminant, 0)))
    assert (nearest[known] <= found.upper[known]).all()
    assert 500 < known.sum() < 3900
    assert not found.lower.any()


def test_an_equation_without_a_root_has_no_radius() -> None:
    # 1 + 2 b r < 0 needs |b| |r| > 1/2.
    found = nearby_root(exactly([0.6, 1.0]), exactly([1.0, 0.0]), exactly([1.0, 0.0]))
    assert found.upper.tolist() == [math.inf, math.inf]


def test_a_blurred_singular_value_counts_with_its_least_value() -> None:
    found = nearby_root(exactly(0.1), Approx(0.5, 2.0), exactly(0.0))
    assert 0.4 <= found.high <= 0.4 + 1e-11
