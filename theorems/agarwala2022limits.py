"""Agarwala, Schoenholz: Deep Equilibrium Networks Are Sensitive to Initialization Statistics.

arXiv:2207.09432v1. Networks of width 64 beside the limit m -> infinity that the paper speaks of.
The tolerances are measured, not proved: a claim here says that the formula is the right one, not
how fast it is approached. What is exact at finite widths is in `agarwala2022`.
"""

from math import sqrt

import torch

from certify import lambda_max
from claims import claim, wrong
from models import random_matrices
from strategies import ensemble_names, small_decimals, whole_numbers
from theorems._linear_equilibria import squared_equilibria
from verdicts import Margin, Seeds, WithProbability, at_most, exactly, with_probability

WIDE = 64


@claim(
    "Second moments in the limit, measured tolerance",
    for_all={
        "ensemble": ensemble_names(only=("gaussian", "orthogonal", "symmetric", "antisymmetric")),
        "s": small_decimals(min_value=0.05, max_value=0.4),
    },
    text="derived",
    regime="beyond",
    mutants=[
        wrong(
            by_scale_only=True,
            because="at s = 0.4 GOE has 2.08, not 1.19",
            witness={"ensemble": "symmetric", "s": 0.4},
        ),
        wrong(
            sign=1,
            because="antisymmetric matrices have imaginary eigenvalues: 0.88 at s = 0.4",
            witness={"ensemble": "antisymmetric", "s": 0.4},
        ),
    ],
)
def limits(
    ensemble: str, s: float, *, by_scale_only: bool = False, sign: int = -1
) -> WithProbability:
    """At width 64 the mean second moment is near its limit nine times in ten.

    Within a quarter of it for GOE, within 8 % of it for the others:
    ||(I - W)^(-1)||_F^2/m -> 1/(1 - s^2) (Gaussian, orthogonal), ((1 - 4 s^2)^(-1/2) - 1)/(2 s^2)
    (GOE, s < 1/2), (sqrt(1 + 4 s^2) - 1)/(2 s^2) (antisymmetric). The tolerance is measured.
    """
    limit = 1 / (1 - s * s)
    if ensemble == "symmetric" and not by_scale_only:
        limit = (1 / sqrt(1 - 4 * s * s) - 1) / (2 * s * s)
    if ensemble == "antisymmetric" and not by_scale_only:
        limit = (sqrt(1 + 4 * s * s) - 1) / (2 * s * s) if sign < 0 else 1 / (1 - s * s)
    tolerance = 0.25 if ensemble == "symmetric" else 0.08

    def event(seeds: Seeds) -> Margin:
        found = squared_equilibria(random_matrices(ensemble, WIDE, seeds, s=s), columns=WIDE) / WIDE
        return at_most(abs(found / limit - 1), exactly(tolerance))

    return with_probability(0.9, event, floats_per_seed=4 * WIDE**2)


@claim(
    "Depth transients, measured tolerance",
    for_all={
        "ensemble": ensemble_names(only=("orthogonal", "gaussian", "symmetric")),
        "depth": whole_numbers(min_value=1, max_value=3),
    },
    text="derived",
    regime="beyond",
    mutants=[
        wrong(
            of_powers=False,
            because="||W^2|| is 2.6 for a Gaussian matrix of norm 2",
            witness={"ensemble": "gaussian", "depth": 3},
        ),
        wrong(
            by_radius=True,
            because="the spectral radius is 1, the norm of a Gaussian matrix 2",
            witness={"ensemble": "gaussian", "depth": 1},
        ),
    ],
)
def depth_transients(
    ensemble: str, depth: int, *, of_powers: bool = True, by_radius: bool = False
) -> WithProbability:
    """At width 64 the norms of powers are within a quarter of their limits nine times in ten.

    ||W^l||/s^l -> sqrt((l + 1)^(l + 1)/l^l) (Gaussian: 2, 2.6, 3.08), 1 (orthogonal), 2^l (GOE).
    The tolerance is measured; orthogonal powers are exact.
    """
    growth = sqrt((depth + 1) ** (depth + 1) / depth**depth) if of_powers else 2.0**depth
    limit = {"gaussian": growth, "symmetric": 2.0**depth, "orthogonal": 1.0}[ensemble]
    limit = 1.0 if by_radius else limit
    tolerance = 1e-9 if ensemble == "orthogonal" else 0.25

    def event(seeds: Seeds) -> Margin:
        W = random_matrices(ensemble, WIDE, seeds)
        power = torch.linalg.matrix_power(W, depth)
        found = lambda_max(power @ power.mT).sqrt()
        return at_most(abs(found / limit - 1), exactly(tolerance))

    return with_probability(0.9, event, floats_per_seed=4 * WIDE**2)
