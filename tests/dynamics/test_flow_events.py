"""Wide starts against an integrator of the weights that is stopped wherever a sign changes."""

import numpy as np
import pytest
import torch

from dynamics import gradient_flow
from tests.dynamics.event_oracle import OFF, ON, Stepper
from tests.dynamics.oracles import drawn

END = 2.0


@pytest.mark.parametrize(
    ("n", "d", "m", "scale"),
    [
        (2, 2, 50, 0.5),
        (3, 3, 50, 2.0),
        (4, 4, 50, 1.0),
        (5, 5, 100, 1.0),
        (4, 3, 100, 2.0),
        (2, 2, 200, 2.0),
        (4, 4, 200, 1.0),
        (3, 3, 500, 0.5),
        (5, 5, 500, 0.5),
        (3, 2, 1000, 0.5),
    ],
)
def test_events_and_residuals_are_those_of_small_checked_steps(
    n: int, d: int, m: int, scale: float
) -> None:
    net = drawn(np.random.default_rng(n + m), n=n, m=m, d=d, scale=scale)
    found = gradient_flow(*net.tensors, times=torch.tensor([0.0, END], dtype=torch.float64))
    assert not bool(found.several | found.undecided)
    on = net.w @ net.x.T >= 0
    oracle = Stepper(net.x, net.y, net.a, net.w.copy(), np.where(on, ON, OFF))
    np.testing.assert_allclose(found.residual[-1], oracle.run(END), rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.weights[0], oracle.w, rtol=0, atol=1e-10)
    assert found.path_lengths is not None
    assert int((found.path_lengths > 0).sum()) == oracle.events + 1
