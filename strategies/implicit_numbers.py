"""Exact parameters of implicit networks, scaled so that rho comes out as wanted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import floor, inf, log10, sqrt
from typing import Any, Literal, TypeAlias

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from models import ImplicitModel, SeedNumber, initial_implicit_network
from strategies.numbers import symmetric_grids

Signs: TypeAlias = Literal["any", "nonnegative"]

_MAX_ENTRY = Fraction(9)
_LEAST_GAMMA = Fraction(1, 10**6)


@dataclass(frozen=True, slots=True)
class Target:
    """How large A is to be.

    Attributes:
        model: "gao" or "ling".
        norm: of scale A, not to be exceeded.
        quarter: whether gamma <= min(1/2, 1/(4c)) as well.
    """

    model: ImplicitModel
    norm: Fraction
    quarter: bool


def largest_gamma(A: torch.Tensor, W: torch.Tensor) -> float:
    """min(1/2, 1/(4c)), c being the largest of 2, ||A||_2/sqrt(m) and ||W||_2/sqrt(m)."""
    root = sqrt(len(A)) * (1 - 1e-9)
    return 1 / (4 * max(2.0, _norm(A) / root, _norm(W) / root))


def gaussian_numbers(
    target: Target, sizes: tuple[int, int], seed: int, heads: str
) -> dict[str, Any]:
    """A seed of the paper's initial law, and gamma or s_w; sizes are m and d."""
    drawn: dict[str, Any] = {
        "gaussian": (sizes[0], seed),
        "heads": "zero" if heads == "zero" else "drawn",
    }
    if target.model == "gao":
        network = initial_implicit_network(*sizes, SeedNumber(seed), gamma=1.0)
        return {**drawn, "gamma": _gamma(target, network.A[0], network.W[0])}
    network = initial_implicit_network(*sizes, SeedNumber(seed), model="ling", s_w=1.0)
    return {**drawn, "s_w": _short(float(target.norm) / _norm(network.A[0]))}


def explicit_numbers(
    draw: DrawFn, target: Target, sizes: tuple[int, int], signs: Signs, heads: str
) -> dict[str, Any]:
    """Decimals of few digits; sizes are m and d."""
    m, d = sizes
    unit, _, limit = draw(st.sampled_from(symmetric_grids(_MAX_ENTRY)))
    A = _rows(draw(_integers(m * m, 0 if signs == "nonnegative" else -limit, limit)), m, unit)
    W = _rows(draw(_integers(m * d, -limit, limit)), d, unit)
    numbers: dict[str, Any] = {"A": A, "W": W}
    if target.model == "gao":
        numbers["gamma"] = _gamma(target, _floats(A), _floats(W))
    else:
        size = _norm(_floats(A))
        factor = Fraction(0) if size == 0 else _short(float(target.norm) / size)
        numbers["A"] = [[factor * z for z in row] for row in A]
    if heads == "zero":
        return {**numbers, "heads": "zero"}
    names = ("u", "v") if target.model == "gao" else ("u",)
    drawn = draw(_integers(len(names) * m, -limit, limit))
    if heads == "signs":
        drawn, unit = tuple(1 if c >= 0 else -1 for c in drawn), Fraction(1)
    return {**numbers, **dict(zip(names, _rows(drawn, m, unit), strict=True))}


def _gamma(target: Target, A: torch.Tensor, W: torch.Tensor) -> Fraction:
    """Gamma that brings rho to the target, or below it; > 0 even where rho is to be 0."""
    size = _norm(A)
    gamma = 0.5 if size == 0 else float(target.norm) * sqrt(len(A)) / size
    return max(_short(min(gamma, largest_gamma(A, W) if target.quarter else inf)), _LEAST_GAMMA)


def _rows(drawn: tuple[int, ...], length: int, unit: Fraction) -> list[list[Fraction]]:
    return [[unit * c for c in drawn[k : k + length]] for k in range(0, len(drawn), length)]


def _floats(rows: list[list[Fraction]]) -> torch.Tensor:
    return torch.tensor([[float(z) for z in row] for row in rows], dtype=torch.float64)


def _norm(A: torch.Tensor) -> float:
    return float(torch.linalg.matrix_norm(A, ord=2))


def _short(value: float) -> Fraction:
    """A decimal of three digits, a little below the value."""
    if value <= 0:
        return Fraction(0)
    unit = Fraction(10) ** (floor(log10(value)) - 2)
    return floor(Fraction(value) / unit * Fraction(999_999, 10**6)) * unit


@cache
def _integers(count: int, low: int, high: int) -> SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(low, high)] * count)
