"""The solver of z = sigma(W z + b): against long Picard runs, closed forms, and exact counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import root
from torch import Tensor

from models import (
    LEAK,
    NONLINEARITIES,
    SeedNumber,
    activation,
    equilibrium,
    gaussian_weights,
    lipschitz,
    nonlinearity,
)
from models.equilibrium.newton import Problem, newton_step

NAMES = ("relu", "leaky relu", "sin(2z)", "tanh+0.7", "tanh", "sin", "softplus")


def drawn(*shape: int, number: int = 0) -> Tensor:
    count = math.prod(shape)
    entries: Tensor = gaussian_weights(count, 1, SeedNumber(number))
    return entries.reshape(shape)


def contraction(rho: float, s: int, m: int, *, number: int = 0) -> Tensor:
    W = drawn(s, m, m, number=number)
    norm: Tensor = torch.linalg.matrix_norm(W, ord=2)
    return rho * W / norm[:, None, None]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("m", [1, 2, 7, 40])
def test_many_picard_steps_end_at_the_same_point(name: str, m: int) -> None:
    sigma = nonlinearity(name)
    W, b = contraction(0.95 / sigma.L, 6, m), drawn(6, 5, m, number=3)
    found = equilibrium(W, b, name)
    z = np.zeros_like(b.numpy())
    for _ in range(1500):
        z = sigma.value(torch.from_numpy(z @ W.mT.numpy() + b.numpy())).numpy()
    assert float((found.z - torch.from_numpy(z)).abs().max()) < 1e-12
    assert float(found.rho.max()) == pytest.approx(0.95, rel=1e-12)
    assert float(found.residual.max()) < 1e-12
    error = torch.linalg.vector_norm(found.z - torch.from_numpy(z), dim=-1)
    assert bool((error <= found.residual / 0.05 + 1e-13).all())


@pytest.mark.parametrize("rho", [0.5, 0.99, 0.999999])
def test_one_neuron_has_a_closed_form(rho: float) -> None:
    b = torch.tensor([[3.0], [-2.0], [0.0]], dtype=torch.float64)
    found = equilibrium(torch.tensor([[rho]], dtype=torch.float64), b)
    assert found.z[:, 0].tolist() == pytest.approx([3 / (1 - rho), 0, 0], rel=1e-9)
    assert found.pattern[:, 0].tolist() == [True, False, False]
    assert float(found.rho) == rho


def test_slow_contractions_take_few_steps() -> None:
    W = 0.99999 * torch.eye(50, dtype=torch.float64)
    found = equilibrium(W, drawn(4, 50).abs())
    assert found.steps < 60
    torch.testing.assert_close(found.z, drawn(4, 50).abs() / (1 - 0.99999), rtol=1e-9, atol=0)


def test_the_smooth_solver_agrees_with_scipy() -> None:
    W, b = contraction(0.9, 1, 6)[0], drawn(1, 6, number=8)
    found = equilibrium(W, b, "tanh")
    matrix, offset = W.numpy(), b[0].numpy()

    def gap(z: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(z - np.tanh(matrix @ z + offset))

    peer: Any = root(gap, np.zeros(6), tol=1e-13, method="hybr")
    assert found.z[0].tolist() == pytest.approx(peer.x.tolist(), abs=1e-10)


def test_shapes_broadcast_and_rows_do_not_depend_on_their_batch() -> None:
    W, b = contraction(0.9, 3, 5), drawn(4, 5, number=2)
    whole = equilibrium(W, b)
    assert whole.z.shape == (3, 4, 5)
    assert whole.residual.shape == (3, 4)
    assert whole.rho.shape == (3,)
    for s in range(3):
        alone = equilibrium(W[s], b)
        assert float((alone.z - whole.z[s]).abs().max()) < 1e-13
    single = equilibrium(W[0], drawn(3, 4, 5, number=1))
    assert single.z.shape == (3, 4, 5)
    assert single.rho.shape == (3,)


def test_a_start_nearby_saves_steps_and_changes_nothing() -> None:
    W, b = contraction(0.9, 2, 30), drawn(2, 3, 30, number=4)
    cold = equilibrium(W, b)
    warm = equilibrium(W, b, start=cold.z + 1e-9)
    assert warm.steps <= cold.steps
    assert float((warm.z - cold.z).abs().max()) < 1e-12


def test_the_residual_bounds_that_of_exact_arithmetic() -> None:
    for m in (1, 3, 12):
        W, b = contraction(0.9, 1, m, number=m)[0], drawn(4, m, number=5)
        found = equilibrium(W, b)
        wide = [x.numpy().astype(np.longdouble) for x in (W, b, found.z)]
        gap = wide[2] - np.maximum(wide[2] @ wide[0].T + wide[1], 0)
        true = np.sqrt((gap**2).sum(axis=-1)).astype(np.float64)
        assert bool((true <= found.residual.numpy()).all())


def test_without_a_solution_a_finite_iterate_has_a_large_residual() -> None:
    for W, b in ((1.0, 1.0), (2.0, 1.0), (1.0, 1e-3)):
        found = equilibrium(
            torch.tensor([[W]], dtype=torch.float64), torch.tensor([[b]], dtype=torch.float64)
        )
        assert bool(torch.isfinite(found.z).all())
        assert float(found.residual) >= 0.4 * b
        assert float(found.rho) >= 1


def test_zero_offsets_and_zero_matrices_are_solved_exactly() -> None:
    zero = torch.zeros(3, 3, dtype=torch.float64)
    assert equilibrium(zero, zero).z.tolist() == zero.tolist()
    b = drawn(2, 3)
    assert torch.equal(equilibrium(zero, b).z, b.clamp_min(0))
    assert equilibrium(zero, zero, "tanh+0.7").z.tolist() == [[0.7] * 3] * 3


@pytest.mark.parametrize(
    ("W", "b", "said"),
    [
        (torch.zeros(2, 3).double(), torch.zeros(1, 2).double(), "square"),
        (torch.zeros(2, 2).double(), torch.zeros(2).double(), "rows"),
        (torch.zeros(2, 2).double(), torch.zeros(1, 3).double(), "rows"),
        (torch.zeros(2, 2), torch.zeros(1, 2).double(), "float64"),
        (torch.full((1, 1), math.inf).double(), torch.zeros(1, 1).double(), "finite"),
        (torch.zeros(1, 1).double(), torch.full((1, 1), math.nan).double(), "finite"),
    ],
)
def test_bad_arguments_are_named(W: Tensor, b: Tensor, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        equilibrium(W, b)


def test_a_start_that_is_not_finite_is_refused() -> None:
    W, b = torch.zeros(1, 1).double(), torch.zeros(1, 1).double()
    with pytest.raises(ValueError, match="start"):
        equilibrium(W, b, start=torch.full((1, 1), math.nan).double())


@pytest.mark.parametrize("name", sorted(NONLINEARITIES))
def test_nonlinearities_say_the_truth_of_themselves(name: str) -> None:
    sigma = NONLINEARITIES[name]
    z = torch.linspace(-6, 6, 4001, dtype=torch.float64)
    slopes = sigma.value(z).diff() / z.diff()
    assert float(slopes.abs().max()) <= sigma.L * (1 + 1e-9)
    assert float(slopes.abs().max()) == pytest.approx(sigma.L, rel=1e-3)
    middle = (z[1:] + z[:-1]) / 2
    smooth = middle.abs() > 0.01
    torch.testing.assert_close(sigma.derivative(middle)[smooth], slopes[smooth], atol=1e-4, rtol=0)
    assert abs(float(sigma.value(torch.zeros(1).double()))) == sigma.at_zero
    normal = torch.linspace(-9, 9, 200_001, dtype=torch.float64)
    weight = (-normal.square() / 2).exp() / math.sqrt(2 * math.pi) * (18 / 200_000)
    assert 1 / sigma.c_sigma == pytest.approx(float((sigma.value(normal).square() * weight).sum()))
    if sigma.mean is not None:
        mean = float((sigma.value(normal * 1.5) * weight).sum())
        assert float(sigma.mean(torch.tensor(2.25).double())) == pytest.approx(mean, abs=1e-9)


def test_other_names_are_those_of_activations() -> None:
    assert nonlinearity("erf") is activation("erf")
    assert nonlinearity("leaky relu").value(torch.tensor([-1.0])).item() == -LEAK
    with pytest.raises(ValueError, match="no_such"):
        nonlinearity("no_such")


def test_the_lipschitz_bound_is_above_the_norm_and_near_it() -> None:
    W = drawn(20, 9, 9)
    exact = torch.linalg.svdvals(W)[:, 0]
    bound = lipschitz(W, nonlinearity("sin(2z)"))
    assert bool((bound >= 2 * exact).all())
    torch.testing.assert_close(bound, 2 * exact, rtol=1e-12, atol=0)


def test_a_newton_step_solves_the_linear_equation_of_its_pattern() -> None:
    W, b, z = drawn(5, 5) / 4, drawn(2, 5, number=1), drawn(2, 5, number=2)
    problem = Problem(W, b, nonlinearity("relu"), None)
    found = newton_step(problem, z, torch.tensor([True, False]))
    D = torch.diag((z[0] @ W.mT + b[0] > 0).double())
    torch.testing.assert_close(found[0], torch.linalg.solve(torch.eye(5) - D @ W, D @ b[0]))
    assert torch.equal(found[1], z[1])


@pytest.mark.parametrize("m", [1, 2, 5, 12, 30])
def test_pivoting_solves_monotone_equations_that_are_no_contractions(m: int) -> None:
    A, T = drawn(40, m, m, number=m), drawn(40, m, m, number=m + 1)
    W = -(A.mT @ A) + (T - T.mT) + 0.9 * torch.eye(m)
    b = 3 * drawn(40, 3, m, number=2)
    found = equilibrium(W, b)
    assert float(found.rho.max()) > 1
    size = 1 + torch.linalg.vector_norm(found.z, dim=-1)
    assert float((found.residual / size).max()) < 1e-9


@pytest.mark.parametrize("name", ["tanh", "sin(2z)", "relu", "leaky relu"])
def test_equations_at_the_edge_of_contraction_are_solved(name: str) -> None:
    # Whole Newton steps overshoot here, and patterns cycle.
    sigma = nonlinearity(name)
    for m in (2, 4, 6):
        turns = torch.linalg.qr(drawn(60, m, m, number=m)).Q
        W, b = (1 - 1e-8) / sigma.L * turns, 10 * drawn(60, 2, m, number=1)
        found = equilibrium(W, b, name)
        size = torch.linalg.vector_norm(found.z, dim=-1) + torch.linalg.vector_norm(b, dim=-1)
        assert float((found.residual / size).max()) < 1e-12
