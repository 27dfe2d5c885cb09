"""The flow of both layers from event to event: Runge-Kutta, invariants, small and long steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dynamics import gradient_descent
from dynamics.flow import gradient_flow
from dynamics.flow_averaged import averaged
from dynamics.flow_both import BothLayers
from dynamics.flow_shown import flow_record
from dynamics.problem import problem as prepared
from models import G2, H, predictions
from tests.dynamics.problems import drawn, integrated_flow

TIMES = torch.tensor([0.0, 0.3, 1.0, 3.0, 8.0], dtype=torch.float64)


def test_agrees_with_runge_kutta_restarted_at_kinks() -> None:
    flips = compared = 0
    for number in range(48):
        given = drawn(number, n=1 + number % 3, m=3 + number % 4)
        flow = gradient_flow(*given.parts, times=TIMES, layers="both")
        if not bool(flow.plain):
            continue
        e = integrated_flow(given, TIMES.numpy(), both=True)
        assert flow.residual.numpy() == pytest.approx(e, abs=2e-8)
        compared, flips = compared + 1, flips + int(flow.flips[-1])
    assert compared >= 12
    assert flips >= 2


@pytest.mark.parametrize("number", range(6))
def test_norms_are_conserved_and_the_records_agree(number: int) -> None:
    given = drawn(number, n=1 + number % 3, m=8 * (1 + number), seeds=2)
    flow = gradient_flow(*given.parts, times=TIMES, layers="both")
    known = ~flow.undecided
    kept = flow.w.square().sum(dim=-1) - flow.a.square()
    before = given.w.square().sum(dim=-1) - given.a.square()
    assert (kept - before)[known].abs().max() < 1e-12
    u = predictions(given.x, flow.w, flow.a)
    assert (given.y - u - flow.residual[:, -1])[known].abs().max() < 1e-12
    out = flow.output_movement
    assert out is not None
    moved = (flow.a - given.a).abs().amax(dim=-1).numpy()
    assert (out.lower[:, -1] <= moved + 1e-13).all()
    assert (moved <= out.upper[:, -1] + 1e-13).all()
    assert flow.H is not None
    assert flow.G2 is not None
    assert torch.allclose(flow.H[:, 0], H(given.x, given.w, given.a), rtol=0, atol=1e-13)
    assert torch.allclose(flow.G2[:, 0], G2(given.x, given.w), rtol=0, atol=1e-13)
    assert (np.diff(flow.squared_residual.lower, axis=1) <= 1e-12).all()


@pytest.mark.parametrize("number", range(4))
def test_small_steps_of_descent_tend_to_the_flow_also_when_it_slides(number: int) -> None:
    given = drawn(number, n=3, m=6, d=2)
    times = torch.tensor([1.0, 3.0], dtype=torch.float64)
    flow = gradient_flow(*given.parts, times=times, layers="both")
    run = gradient_descent(*given.parts, eta=2e-3, steps=1500, layers="both", keep_H=False)
    off = (run.residual[[500, 1500]] - flow.residual).abs().max().item()
    assert bool(flow.branching) or off < 0.04


def test_long_steps_over_kinks_enclose_the_flow() -> None:
    compared = 0
    for number in range(6):
        given = drawn(number, n=1 + number % 3, m=120, seeds=6)
        doubled = prepared(*given.parts, "both", "test")
        long = flow_record(doubled, TIMES, averaged(doubled, TIMES.numpy(), keep_H=False))
        exact = BothLayers(doubled)
        exact.go(TIMES.numpy(), keep_H=False)
        flow = flow_record(doubled, TIMES, exact.shown())
        for name in ("squared_residual", "movement", "output_movement", "logs"):
            wide, fine = getattr(long, name), getattr(flow, name)
            assert (wide.lower <= fine.upper).all()
            assert (fine.lower <= wide.upper).all()
            compared += wide.lower.size
        width = long.squared_residual.width / flow.squared_residual.upper
        assert np.median(width[:, 1:]) < 0.2
    assert compared > 500


def test_a_wide_network_takes_the_long_steps() -> None:
    given = drawn(1, n=2, m=1500, seeds=2)
    flow = gradient_flow(*given.parts, times=TIMES[1:], layers="both", keep_path=False)
    assert flow.H_path is None
    u = predictions(given.x, flow.w, flow.a)
    assert (given.y - u - flow.residual[:, -1]).abs().max() < 1e-12
