"""Betting on means: anytime-valid evidence about an expectation.

With a variance bound, Catoni's influence function tames heavy tails and the capital is valid for
every distribution of that variance; without one, X >= 0 alone still allows to bet that E X is
larger than stated.

Source: Catoni 2012, "Challenging the empirical mean and empirical variance"; Wang & Ramdas 2023,
"Catoni-style confidence sequences for heavy-tailed mean estimation"; Waudby-Smith & Ramdas 2024,
"Estimating means of bounded random variables by betting".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq

from verdicts.approx import Floats

# Bets in units of 1/sigma, and as shares of the capital: the capital is spread over all of them.
CATONI_BETS: Floats = 2.0 ** (1 - np.arange(14) / 2)
SHARES: Floats = 2.0 ** -np.arange(1.0, 13.0)


@dataclass(slots=True)
class CatoniCapital:
    """Evidence against E X <= value, for any X of variance <= variance.

    Each bet b multiplies its capital by exp(phi(b (X - value)) - b^2 variance/2) with
    exp(phi(z)) <= 1 + z + z^2/2, which is at most 1 on average if E X = value; phi increases, so
    that it is less if E X < value.
    """

    value: float
    variance: float
    wealth: Floats = field(default_factory=lambda: np.zeros_like(CATONI_BETS))

    def add(self, samples: Floats) -> None:
        """Bets on lower bounds of more samples; an unknown sample is -inf and ruins all."""
        bets = CATONI_BETS / math.sqrt(self.variance)
        gains = influence(bets * (samples[:, None] - self.value)).sum(axis=0)
        self.wealth = self.wealth + gains - len(samples) * CATONI_BETS**2 / 2

    @property
    def log_e(self) -> float:
        """Log of the capital."""
        return _log_mean_exp(self.wealth)


@dataclass(slots=True)
class ShareCapital:
    """Evidence against E X <= value, for any X >= 0 and value > 0, whatever its variance.

    A share s of the capital bets on X: it becomes 1 + s (X/value - 1), at most 1 on average.
    """

    value: float
    wealth: Floats = field(default_factory=lambda: np.zeros_like(SHARES))

    def add(self, samples: Floats) -> None:
        """Bets on lower bounds of more samples; below 0 they count as 0."""
        with np.errstate(over="ignore"):
            excess = np.maximum(samples, 0.0)[:, None] / self.value - 1
        self.wealth = self.wealth + np.log1p(SHARES * excess).sum(axis=0)

    @property
    def log_e(self) -> float:
        """Log of the capital."""
        return _log_mean_exp(self.wealth)


def influence(z: Floats) -> Floats:
    """Catoni's phi: sign(z) log(1 + |z| + z^2/2), capped where it would overflow upwards."""
    capped = np.minimum(z, 1e150)
    size = np.abs(capped)
    with np.errstate(over="ignore"):
        return np.sign(capped) * np.log1p(size * (1 + size / 2))


def mean_at_least(samples: Floats, variance: float, log_evidence: float) -> float:
    """The lower confidence bound of E X: every smaller value is spoken against.

    Args:
        samples: lower bounds of the samples.
        variance: a bound of Var X, > 0.
        log_evidence: how much capital speaks against what is excluded.

    Returns:
        A number; -inf where a sample is unknown or nothing is excluded.
    """
    sigma = math.sqrt(variance)
    if not np.isfinite(samples).all():
        return -math.inf

    def excess(value: float) -> float:
        capital = CatoniCapital(value, variance)
        capital.add(samples)
        return capital.log_e - log_evidence

    centre = float(np.median(samples))
    low, high = _bracket(excess, centre, sigma)
    step = 1e-6 * sigma
    return float(brentq(excess, low, high, xtol=step, rtol=1e-12)) - step


def _bracket(excess: Callable[[float], float], centre: float, sigma: float) -> tuple[float, float]:
    """Two points around the root of a decreasing function, by doubling steps."""
    low = high = sigma
    while excess(centre - low) <= 0:
        low *= 2
    while excess(centre + high) >= 0:
        high *= 2
    return centre - low, centre + high


def _log_mean_exp(wealth: Floats) -> float:
    return float(np.logaddexp.reduce(wealth)) - math.log(len(wealth))
