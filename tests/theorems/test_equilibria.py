"""Claims about equilibria: hand-made values, and which witnesses are certified."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch

from certify import all_equilibria
from claims import Claim, cases_of, claims_in
from claims.at import look
from claims.certificates import certified
from models import EquilibriumProblem, MonotoneLayer
from strategies import monotone_layers
from tests.house.readme_table import theorem_module
from tests.strategies.drawing import draws
from theorems._equilibria import counts, picard, solved
from theorems.havens2023 import _steepest_residual

FILES = ("gao2022wellposed", "gao2022uniqueness", "gao2022equilibria", "havens2023")
CLAIMS: list[Claim] = [
    claim for name in FILES for claim in claims_in(theorem_module(f"theorems.{name}"))
]
WITHOUT_MODEL = {
    "gao2022wellposed.lemma_2_2[room=0.99]",
    "gao2022equilibria.certain_signs[share=0.5]",
}


def witnesses() -> list[tuple[Any, dict[str, object]]]:
    found = []
    for case in (case for claim in CLAIMS for case in cases_of(claim)):
        witness = case.mutant.witness if case.mutant else case.claim.witness
        if witness is not None:
            found.append((case, dict(witness)))
    return found


def test_every_mutant_has_a_witness_that_refutes_it() -> None:
    mutants = sum(len(claim.mutants) for claim in CLAIMS)
    refuted = {"lben_is_contraction", "contraction_is_necessary"}
    assert len(witnesses()) == mutants + len(refuted)
    for case, witness in witnesses():
        finding = look(case, witness).finding
        assert finding is not None
        assert finding.decision == "refuted", case.id


def test_witnesses_are_certified_where_there_is_a_model() -> None:
    for case, witness in witnesses():
        said = certified(case, look(case, witness))
        assert not said.contradicted, case.id
        layers = case.id.startswith("havens2023") and "contraction" not in case.id
        assert said.certificate is not None or layers or case.id in WITHOUT_MODEL, case.id


def test_one_neuron_by_hand() -> None:
    problem = EquilibriumProblem.of(W=[["1/2"]], b=[[1], [-1]])
    at = solved(problem)
    assert at.z[:, 0].tolist() == pytest.approx([2, 0])
    assert at.rho.low == at.rho.high == 0.5
    z, moved = picard(problem, 3)
    assert z[:, 0, 0].tolist() == [0, 1, 1.5, 1.75]
    assert float(moved.max()) < 1e-13
    assert at.distance(z).lower[:, 0] == pytest.approx([2, 1, 0.5, 0.25])


def test_infinitely_many_count_more_than_all_patterns() -> None:
    assert counts(EquilibriumProblem.of(W=[[1]], b=[[0], [1], [-1]])).lower.tolist() == [3, 0, 1]


def test_slopes_of_layers_by_hand() -> None:
    one = torch.ones(1, 1).double()
    assert _steepest_residual(one, torch.tensor([2.0]).double()).low == pytest.approx(1)
    assert _steepest_residual(one, torch.tensor([3.0]).double()).low == pytest.approx(2)


def test_the_bound_of_lben_is_nearly_attained_and_never_passed() -> None:
    layer = MonotoneLayer.of(G=[[9]], inputs=[[9]], margin="1/1000")
    assert layer.jacobians().flatten().tolist() == pytest.approx([0, 81 / (81 + 1 / 1000)])
    norms = [
        float(torch.linalg.matrix_norm(drawn.jacobians(), ord=2).max()) / float(drawn.g)
        for drawn in draws(monotone_layers(), 300)
    ]
    assert 0.999 < max(norms) <= 1


def test_jacobians_are_those_of_floats() -> None:
    for layer in draws(monotone_layers(max_m=3), 20):
        D = torch.diag_embed(torch.tensor(list(product((0.0, 1.0), repeat=layer.m))).double())
        left = torch.eye(layer.m) - D @ layer.W()
        slopes = layer.G @ torch.linalg.solve(left, D @ layer.inputs)
        torch.testing.assert_close(layer.jacobians(), slopes, rtol=1e-4, atol=1e-6)


def test_slopes_are_those_of_differences() -> None:
    for layer in draws(monotone_layers(max_m=3), 30):
        bound = float(torch.linalg.matrix_norm(layer.jacobians(), ord=2).max())
        x = torch.linspace(-1, 1, 7, dtype=torch.float64)[:, None] * torch.ones(
            1, layer.inputs.shape[1], dtype=torch.float64
        )
        problem = EquilibriumProblem.of(W=layer.exact_weights(), b=(x @ layer.inputs.mT).tolist())
        z = _all_solutions(problem)
        moved = torch.linalg.vector_norm((z.diff(dim=0)) @ layer.G.mT, dim=-1)
        steps = torch.linalg.vector_norm(x.diff(dim=0), dim=-1)
        assert bool((moved <= bound * steps * (1 + 1e-9) + 1e-9).all())


def _all_solutions(problem: EquilibriumProblem) -> torch.Tensor:
    points = [all_equilibria(problem.recipe["W"], b).points[0] for b in problem.recipe["b"]]
    return torch.tensor([[float(z) for z in point] for point in points], dtype=torch.float64)
