"""Betting on failure rates: anytime-valid evidence from counts of failures.

Each function is a capital, in log: a gambler starts with 1 and bets on coin after coin. Under the
hypothesis that the capital speaks against, it ever exceeds c with probability at most 1/c,
however often one looks (Ville's inequality).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, betaincc, betaln

# Below this scipy's betainc nears underflow and loses digits; the series then converges fast.
_TINY = 1e-280


def log_e_above(failures: int, rows: int, delta: float) -> float:
    """Log evidence against a failure rate <= delta.

    The capital of the Beta(1/2, 1/2) mixture over rates, truncated to (delta, 1). Untruncated it
    would also bet on rates below delta, and so refute statements that are true with room.

    Args:
        failures: certain failures, 0 <= failures <= rows.
        rows: coins seen.
        delta: the rate to be spoken against, in (0, 1).

    Raises:
        ValueError: an argument is out of its range.
    """
    _check(failures, rows, delta)
    return _log_capital(rows - failures, rows, 1 - delta, delta)


def log_e_below(failures: int, rows: int, rate: float) -> float:
    """Log evidence against a failure rate >= rate: the mirror, truncated to (0, rate).

    Args:
        failures: rows that are not certain successes, 0 <= failures <= rows.
        rows: coins seen.
        rate: the rate to be spoken against, in (0, 1).

    Raises:
        ValueError: an argument is out of its range.
    """
    _check(failures, rows, rate)
    return _log_capital(failures, rows, rate, 1 - rate)


def rate_bound(failures: int, rows: int, log_evidence: float) -> float:
    """The least rate against which the mirror capital reaches exp(log_evidence).

    Rates above it are excluded, at every look at once, with error at most exp(-log_evidence).

    Returns:
        A rate in (0, 1]; 1 if nothing can be excluded yet.
    """
    _check(failures, rows, 0.5)
    highest = math.nextafter(1.0, 0.0)
    if log_e_below(failures, rows, highest) < log_evidence:
        return 1.0
    lowest = max(failures / rows, math.ulp(0.0))

    def excess(rate: float) -> float:
        return log_e_below(failures, rows, rate) - log_evidence

    return float(brentq(excess, lowest, highest, xtol=1e-12, rtol=1e-12))


def tolerated(delta: float) -> float:
    """The rate with twice the odds of delta: a rate below it counts as supporting delta."""
    return 2 * delta / (1 + delta)


def least_rows(delta: float, log_evidence: float) -> int:
    """The fewest coins without a failure whose capital supports delta: 14 for 1/2 at 1e6.

    Args:
        delta: the stated failure rate, in (0, 1).
        log_evidence: log of the capital that supports.
    """
    rate = tolerated(delta)
    # The capital of k successes is at least (1 - rate)^-k, less what the mixture costs.
    least, most = 0, 1
    while log_e_below(0, most, rate) < log_evidence:
        least, most = most, 2 * most
    while most - least > 1:
        middle = (least + most) // 2
        enough = log_e_below(0, middle, rate) >= log_evidence
        least, most = (least, middle) if enough else (middle, most)
    return most


def _check(failures: int, rows: int, rate: float) -> None:
    if not 0 <= failures <= rows:
        raise ValueError(f"coins: failures={failures}, rows={rows}; give 0 <= failures <= rows")
    if not 0 < rate < 1:
        raise ValueError(f"coins: rate={rate!r}; give a number strictly between 0 and 1")


def _log_capital(failures: int, rows: int, rate: float, rest: float) -> float:
    # rest = 1 - rate, given by the caller because the subtraction would lose a tiny one's digits.
    likelihood = failures * math.log(rate) + (rows - failures) * math.log(rest)
    mixture = _log_beta_below(failures + 0.5, rows - failures + 0.5, rate, rest)
    return mixture - _log_beta_below(0.5, 0.5, rate, rest) - likelihood


def _log_beta_below(a: float, b: float, x: float, rest: float) -> float:
    """Log of the integral of p**(a-1) (1-p)**(b-1) over (0, x), where rest = 1 - x."""
    share = float(betainc(a, b, x) if x < rest else betaincc(b, a, rest))
    if share > _TINY:
        return float(betaln(a, b)) + math.log(share)
    # Far in the tail: x**a (1-x)**b / a * 2F1(a+b, 1; a+1; x), a series of positive terms whose
    # ratios fall from a first one below 1 towards x.
    series = 1.0
    last = 1.0
    start = 0
    while last > 1e-17 * series:
        k = np.arange(start, start + 256)
        terms = last * np.cumprod((a + b + k) / (a + 1 + k) * x)
        series += float(terms.sum())
        last = float(terms[-1])
        start += 256
    return a * math.log(x) + b * math.log(rest) - math.log(a) + math.log(series)
