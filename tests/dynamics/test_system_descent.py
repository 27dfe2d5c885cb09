"""Descent on systems against exact fractions, and segments against many points on them."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from certify.exact.balls import precision
from certify.exact.system import System as ExactSystem
from certify.exact.system_steps import loss_after, path_after
from certify.exact.values import ball
from dynamics import rise_along, solution_path, system_descent
from models import System, system_jacobian, system_taylor, system_values
from strategies import systems
from tests.strategies.drawing import draws

SOME = systems(kinds=("linear", "wavy"), max_n=3, max_m=4)


def step_of(system: System) -> float:
    """Half of what the norm of DF at the start allows."""
    norm = float(torch.linalg.matrix_norm(system_jacobian(system, system.w), 2))
    return round(0.5 / norm**2, 6)


def test_losses_and_paths_hold_those_in_balls() -> None:
    compared = 0
    for system in draws(SOME, 60):
        eta = step_of(system)
        if not eta > 0 or float(system.w.norm()) == 0:
            continue
        run = system_descent(system, eta, 12, beta=1.0)
        with precision(300):
            exact = ExactSystem(system.recipe)
            for t in (1, 5, 12):
                loss = ball(loss_after(exact, Fraction(repr(eta)), Fraction(t)))
                path = ball(path_after(exact, Fraction(repr(eta)), Fraction(t)))
                half = run.residual[t] ** 2 / 2
                assert half.low <= loss * (1 + 1e-15)
                assert loss <= half.high * (1 + 1e-15)
                assert run.path[t].low <= path
                assert path <= run.path[t].high
                compared += 1
    assert compared > 60


def test_one_equation_in_one_unknown_is_a_geometric_sequence() -> None:
    run = system_descent(System.of(rows=[[1]], labels=[1], point=[0]), 0.5, 4, beta=0.0)
    assert np.allclose(run.residual.lower, 0.5 ** np.arange(5), atol=1e-14)
    assert np.allclose(run.moved.upper, 1 - 0.5 ** np.arange(5), atol=1e-13)
    assert np.allclose(run.log_ratio.lower[1:], np.log(0.25) * np.arange(1, 5), atol=1e-12)
    assert run.rise.upper.max() < 1e-13


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_run_that_diverges_tells_what_it_does_not_know() -> None:
    run = system_descent(System.of(rows=[[1]], labels=[1], point=[0]), 50.0, 400, beta=1.0)
    assert not bool(torch.isfinite(run.w).all())
    assert run.residual.upper[-1] == run.rise.upper[-1] == np.inf
    assert np.isfinite(run.rise.upper[:9]).all()


def test_no_point_of_a_segment_is_above_its_bound() -> None:
    random = torch.Generator().manual_seed(3)
    looked = 0
    for system in draws(systems(kinds=("wavy", "quadratic"), max_n=3, max_m=4), 80):
        r_0 = float((system_values(system, system.w) - system.y).norm())
        if r_0 < 1e-6:
            continue
        first = system.w + torch.randn(5, system.m, dtype=torch.float64, generator=random)
        first[0] = system.w
        last = first + torch.randn(5, system.m, dtype=torch.float64, generator=random)
        norms = torch.linalg.matrix_norm(system.C) ** 3 * torch.linalg.matrix_norm(system.B)
        beta = float(system.Q.norm() + norms) if system.p else float(system.Q.norm())
        found = rise_along(system, first, last, beta=beta)
        share = torch.linspace(0, 1, 400, dtype=torch.float64)[:, None, None]
        values = (system_values(system, first + share * (last - first)) - system.y).norm(dim=-1)
        start = values[0]
        rises = ((values - start).amax(dim=0) / start[0]).numpy()
        assert (rises <= found.upper + 1e-12).all()
        looked += 2000
    assert looked > 50000


def test_the_path_ends_at_a_solution() -> None:
    for system in draws(SOME, 60):
        w = solution_path(system)
        off = (system_taylor(system, w).F - system.y).norm()
        assert float(off) < 1e-11 * (1 + float(system.y.norm()) + float(system.w.norm()))


@pytest.mark.parametrize(("eta", "steps"), [(0.0, 3), (-1.0, 3), (0.5, 0)])
def test_wrong_arguments_are_refused(eta: float, steps: int) -> None:
    with pytest.raises(ValueError, match="give eta > 0 and steps >= 1"):
        system_descent(System.of(rows=[[1]], labels=[1], point=[0]), eta, steps, beta=0.0)
