"""Drawn systems: their premises, sizes and what they shrink to."""

import pytest
import torch

from models import System, system_taylor
from strategies import (
    coherent_systems,
    compositions,
    many_unknowns,
    over_determined_systems,
    systems,
)
from strategies.premises import premises_of
from tests.strategies.drawing import draws, minimal

ALL = (
    systems(kinds=("linear", "wavy", "quadratic")),
    coherent_systems(),
    many_unknowns(),
    over_determined_systems(),
)


@pytest.mark.parametrize("strategy", ALL)
def test_every_drawn_system_meets_the_named_premises(strategy: object) -> None:
    for system in draws(strategy, 120):  # type: ignore[arg-type, var-annotated]
        for name, holds in premises_of(strategy).items():  # type: ignore[arg-type]
            assert holds(system), name


def test_all_kinds_and_sizes_occur() -> None:
    drawn = draws(systems(kinds=("linear", "wavy", "quadratic")), 300)
    assert max(system.n for system in drawn) == 6
    assert max(system.m for system in drawn) == 12
    assert min(system.m - system.n for system in drawn) == 0
    assert sum(system.linear for system in drawn) > 30
    assert sum(system.p > 0 for system in drawn) > 30
    assert sum(bool(system.Q.any()) for system in drawn) > 30
    assert {float(system.y.abs().max()) >= 50 for system in drawn} == {True, False}


def test_waves_leave_the_rank_everywhere() -> None:
    random = torch.Generator().manual_seed(0)
    waved = [system for system in draws(systems(kinds=("wavy",)), 120) if system.p]
    shares = []
    for system in waved:
        least = torch.linalg.svdvals(system.A)[-1]
        points = 5 * torch.randn(50, system.m, dtype=torch.float64, generator=random)
        values = torch.linalg.svdvals(system_taylor(system, points).J)[:, -1]
        shares.append(float(values.min() / least))
    assert min(shares) > 0.05
    assert min(shares) < 0.7


def test_coherent_systems_bend_in_one_direction() -> None:
    for system in draws(coherent_systems(), 60):
        norms = torch.linalg.matrix_norm(system.Q, 2)
        bend = torch.linalg.matrix_norm((system.Q @ system.Q).sum(dim=0), 2).sqrt()
        assert torch.allclose(bend, norms.max() * system.n**0.5)


def test_they_shrink_to_one_equation() -> None:
    assert minimal(ALL[0]) == System.of(rows=[[1]], labels=["1"], point=[0])
    assert minimal(compositions()).m == 1
    smallest = minimal(over_determined_systems())
    assert (smallest.n, smallest.m) == (2, 1)
    assert minimal(many_unknowns()).m == 3


def test_outer_systems_have_as_many_unknowns_as_inner_ones_equations() -> None:
    pairs = draws(compositions(), 80)
    assert all(pair.outer.m == pair.inner.n >= pair.outer.n for pair in pairs)
    assert any(pair.outer.n < pair.inner.n < pair.inner.m for pair in pairs)


def test_wrong_bounds_are_refused() -> None:
    with pytest.raises(ValueError, match="m"):
        systems(max_n=5, max_m=4)
    with pytest.raises(ValueError, match="kinds"):
        systems(kinds=("cubic",))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="m"):
        many_unknowns(max_n=3, max_m=6)
