"""Proved eigenvalues beside a plain Cholesky factorisation, which proves nothing."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import torch

from benchmarks.comparison import Comparison
from certify import EnclosedMatrix, decide_lambda_min, lambda_min, limit_lambda_min
from models import Dataset, H_inf

_PEER = "torch.linalg.cholesky"
_MOST = 10.0  # Cholesky factorisations that a certified eigenvalue may cost at n = 1000
_MOST_SECONDS = 0.1  # at n = 80


def comparisons(*, quick: bool) -> list[Comparison]:
    """From the exact recipe in balls at n = 80, from a matrix of floats beyond."""
    sizes = (300, 1000) if quick else (300, 1000, 2000)
    rows = [_from_recipe(80)]
    for n in sizes:
        rows += _from_floats(n)
    return rows


def _from_recipe(n: int) -> Comparison:
    recipe = _recipe(n)
    limit = H_inf(Dataset.from_recipe(recipe).x)
    return Comparison(
        f"limit_lambda_min of a recipe, n = {n}, in balls",
        lambda: limit_lambda_min(recipe),
        _PEER,
        lambda: torch.linalg.cholesky(limit),
        most_seconds=_MOST_SECONDS,
    )


def _from_floats(n: int) -> list[Comparison]:
    limit = H_inf(Dataset.from_recipe(_recipe(n)).x)
    A = EnclosedMatrix.of_floats((limit + limit.mT) / 2)
    edge = lambda_min(A).low
    works = {
        f"lambda_min, proved, n = {n}": lambda: lambda_min(A),
        f"decide_lambda_min, true, n = {n}": lambda: decide_lambda_min(A, edge - 1e-6),
        f"decide_lambda_min, false, n = {n}": lambda: decide_lambda_min(A, edge + 1e-6),
    }
    most = _MOST if n == 1000 else math.inf
    return [
        Comparison(subject, work, _PEER, lambda: torch.linalg.cholesky(limit), most_ratio=most)
        for subject, work in works.items()
    ]


def _recipe(n: int) -> dict[str, Any]:
    """Integer directions in ten dimensions, the same ones in every run."""
    random = Random(n)  # noqa: S311
    rows = [[str(random.randint(-99, 99)) for _ in range(10)] for _ in range(n)]
    return {"rows": rows, "labels": ["0"] * n, "normalised": True}
