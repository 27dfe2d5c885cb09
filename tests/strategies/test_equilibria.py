"""Drawn equations, pairs, layers and matrices: premises, variety, what they shrink to."""

from __future__ import annotations

import pytest
import torch

from certify import all_equilibria, monotonicity
from models import EquilibriumProblem, lipschitz, nonlinearity
from strategies import (
    equilibrium_pairs,
    equilibrium_problems,
    free_equilibrium_problems,
    integer_matrices,
    monotone_layers,
)
from strategies.equilibria import CONTRACTIVE
from strategies.premises import premises_of
from tests.strategies.drawing import draws, minimal

KINDS = ("relu", "sin(2z)")


def test_equations_are_contractive_and_stand_near_the_edge() -> None:
    strategy = equilibrium_problems(max_m=40, activations=KINDS)
    drawn = draws(strategy, 200)
    rhos = [float(lipschitz(p.W, nonlinearity(p.activation))) for p in drawn]
    assert max(rhos) < 1
    assert sum(rho > 0.998 for rho in rhos) > 10
    assert all(premises_of(strategy)[CONTRACTIVE](p) for p in drawn)
    assert {p.activation for p in drawn} == set(KINDS)
    assert {p.n for p in drawn} == {1, 2, 3, 4}
    assert max(p.m for p in drawn) > 30
    assert sum(bool((p.solve().pattern.sum(dim=-1) == 0).any()) for p in drawn) > 5


def test_a_premise_tells_an_expansion() -> None:
    holds = premises_of(equilibrium_problems())[CONTRACTIVE]
    assert not holds(EquilibriumProblem.of(W=[[1]], b=[[1]]))
    assert not holds(EquilibriumProblem.of(W=[["1/2"]], b=[[1]], activation="sin(2z)"))


def test_shapes_bounds_and_words_are_kept() -> None:
    drawn = draws(equilibrium_problems(min_m=3, max_m=5, shapes=("scalar", "chain")), 40)
    assert {p.m for p in drawn} == {3, 4, 5}
    wide = draws(equilibrium_problems(min_m=20, max_m=30), 10)
    assert all(20 <= p.m <= 30 for p in wide)
    with pytest.raises(ValueError, match="shapes"):
        equilibrium_problems(shapes=("round",))
    with pytest.raises(ValueError, match="none"):
        equilibrium_problems(activations=("none",))
    with pytest.raises(ValueError, match="max_m"):
        equilibrium_problems(min_m=3, max_m=2)


def test_pairs_have_one_shape_and_are_close_at_times() -> None:
    drawn = draws(equilibrium_pairs(), 150)
    assert all(p.W.shape == q.W.shape and p.b.shape == q.b.shape for p, q in drawn)
    assert all(premises_of(equilibrium_pairs())[CONTRACTIVE](pair) for pair in drawn)
    gaps = [float((p.W - q.W).norm()) for p, q in drawn]
    assert sum(0 < gap < 0.2 for gap in gaps) > 10
    assert sum(gap > 0.5 for gap in gaps) > 20


def test_free_equations_have_no_one_or_several_solutions() -> None:
    counts = set()
    for problem in draws(free_equilibrium_problems(max_m=3), 150):
        recipe = problem.recipe
        counts |= {all_equilibria(recipe["W"], b).count for b in recipe["b"]}
    assert {0.0, 1.0, 2.0} <= counts


def test_layers_are_strongly_monotone_and_mostly_no_contractions() -> None:
    drawn = draws(monotone_layers(), 150)
    assert all(monotonicity(layer.W(), layer.weights).low > 0 for layer in drawn)
    norms = [float(torch.linalg.matrix_norm(layer.W(), ord=2)) for layer in drawn]
    assert sum(norm >= 1 for norm in norms) > 75
    assert {layer.m for layer in drawn} == {1, 2, 3, 4}
    with pytest.raises(ValueError, match="m"):
        monotone_layers(max_m=0)


def test_matrices_have_no_column_of_zeros() -> None:
    drawn = draws(integer_matrices(max_rows=3, max_columns=2), 100)
    assert all(any(column) for W in drawn for column in zip(*W, strict=True))
    assert {len(W) for W in drawn} == {1, 2, 3}
    with pytest.raises(ValueError, match="max_entry"):
        integer_matrices(max_entry=100)


def test_they_shrink_to_one_neuron() -> None:
    assert minimal(equilibrium_problems()) == EquilibriumProblem.of(W=[["1/2"]], b=[[0]])
    negative = minimal(equilibrium_problems(), lambda p: bool((p.solve().z > 3).any()))
    assert (negative.m, negative.n) == (1, 1)
    assert minimal(integer_matrices()) == ((1,),)
    assert minimal(monotone_layers()).m == 1
