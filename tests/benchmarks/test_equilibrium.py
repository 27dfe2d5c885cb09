"""Equilibria beside TorchDEQ: the same equations, and a row that says so where it is missing."""

import importlib.util

import pytest
import torch
from torch import Tensor

from benchmarks import equilibrium
from benchmarks.comparison import Comparison, Skipped


def test_a_missing_peer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # noqa: ARG005
    rows = list(equilibrium.comparisons(quick=True))
    assert len(rows) == 12
    for row in rows:
        assert isinstance(row, Skipped)
        assert row.reason == "not installed; pip install -e '.[bench]'"


def test_the_equations_have_their_norm_and_ours_solves_them() -> None:
    for orthogonal in (False, True):
        equations = equilibrium.Equations(12, 0.9, orthogonal=orthogonal)
        assert float(torch.linalg.matrix_norm(equations.W, ord=2)) == pytest.approx(0.9)
        found = equations.ours()
        z = torch.from_numpy((found.lower + found.upper) / 2)
        assert equations.residual(z) < 1e-12
        assert float(found.width.max()) < 1e-11


def test_a_solver_that_gives_up_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        @staticmethod
        def get_solver(name: str) -> object:
            def solve(image: object, start: Tensor, **_: object) -> tuple[Tensor]:
                del image
                return (start if name == "broyden" else exact,)

            return solve

    equations = equilibrium.Equations(5, 0.5, orthogonal=False)
    found = equations.ours()
    exact = torch.from_numpy((found.lower + found.upper) / 2)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(importlib, "import_module", lambda name: Module)  # noqa: ARG005
    row = equilibrium._beside(equations, "broyden", {})
    assert isinstance(row, Skipped)
    assert "residual" in row.reason
    assert isinstance(equilibrium._beside(equations, "anderson", {}), Comparison)
