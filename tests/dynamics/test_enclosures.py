import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamics import decay_times, gradient_descent, gradient_flow, one_step
from dynamics.enclosures import distance, log_ratio, nudged, squared_norm, zero_floor
from tests.dynamics.oracles import ChatteringError, descent, drawn, flow, network, outside
from verdicts import decays

TIMES = [0.0, 0.2, 1.0, 4.0]
NO = np.zeros((), dtype=bool)
GRID = torch.tensor(TIMES, dtype=torch.float64)
NET = network([[1.0, 0.0]], [[1.0, 0.5]], [1.0], residual=[0.5]).tensors


def size(rng: np.random.Generator) -> dict[str, Any]:
    n, m, d = rng.integers(1, 5), rng.integers(1, 9), rng.integers(1, 4)
    scale, correlated = 10.0 ** rng.uniform(-2, 0.5), rng.choice([0.0, 0.0, 2.0])
    return {"n": n, "m": m, "d": d, "scale": scale, "correlated": correlated}


@pytest.mark.parametrize(("layers", "count"), [("first", 110), ("both", 40)], ids=["first", "both"])
def test_no_true_value_of_a_plain_flow_lies_outside(layers: str, count: int) -> None:
    rng, plain, flipped = np.random.default_rng(2026), 0, 0
    for number in range(count):
        net = drawn(rng, **size(rng))
        found = gradient_flow(*net.tensors, times=GRID, layers=layers)
        if not bool(found.plain):
            continue
        try:
            true = flow(net, TIMES, both=layers == "both")
        except ChatteringError:
            pytest.fail(f"draw {number} slides, but is called plain: {net!r}")
        plain += 1
        flipped += bool((net.on != (true.w[-1] @ net.x.T >= 0)).any())
        gaps = (
            outside(found.squared_residual.sqrt(), true.norm, tolerance=1e-9),
            outside(found.movement, true.movement, tolerance=1e-9),
            outside(found.output_movement, true.output_movement, tolerance=1e-9),
        )
        assert max(gaps) == 0, f"draw {number}: {gaps}, {net!r}"
    assert plain >= 0.7 * count
    assert flipped >= 0.1 * count


def test_no_true_value_of_a_descent_lies_outside() -> None:
    rng = np.random.default_rng(7)
    for _ in range(60):
        net = drawn(rng, **size(rng))
        run = gradient_descent(*net.tensors, eta=0.2, steps=25)
        true = descent(net, eta=0.2, steps=25)
        assert outside(run.squared_residual.sqrt(), true.norm, tolerance=1e-13) == 0
        assert outside(run.movement, true.movement, tolerance=1e-13) == 0


def test_nudged_moves_each_entry_by_about_an_ulp_and_no_zero() -> None:
    values = torch.tensor([[1.0, -3.0, 0.0, 1e-200], [7.0, 1e200, 5.0, 2.0]], dtype=torch.float64)
    moved = nudged(values, keep=1)
    relative = ((moved - values) / values).abs()
    assert moved[0, 2] == 0
    assert bool((relative[values != 0] < 3e-16).all())
    assert bool((relative[values != 0] > 1e-16).all())
    torch.testing.assert_close(moved[1], nudged(values[1], keep=1), rtol=0, atol=0)


def test_a_squared_norm_is_off_by_its_errors() -> None:
    e, error = np.array([3.0, 4.0]), np.array([0.3, 0.4])
    found = squared_norm(e, error, NO)
    assert [found.low, found.high] == pytest.approx([4.5**2, 5.5**2])
    assert squared_norm(e, error, NO, slack=0.5).high == pytest.approx(36)
    assert squared_norm(e, 20 * error, NO).low == 0
    unknown = squared_norm(e, error, ~NO)
    assert (unknown.low, unknown.high) == (0, math.inf)


def test_a_distance_is_off_by_ten_times_the_difference_of_the_runs() -> None:
    found = distance(np.array(1.0), np.array(1.01), 0.02, NO)
    assert [found.low, found.high] == pytest.approx([0.88, 1.12])
    overflow = distance(np.array(np.inf), np.array(np.inf), 0.0, NO)
    assert (overflow.low, overflow.high) == (0, math.inf)


def test_a_log_ratio_is_zero_at_first_and_has_no_lower_bound_below_the_floor() -> None:
    e = np.array([[2.0], [1.0], [1e-14]])
    squared = squared_norm(e, 1e-16 * np.ones((3, 1)), np.zeros(3, dtype=bool))
    floor = zero_floor(torch.tensor([[1.0]], dtype=torch.float64))[0]
    found = log_ratio(squared, floor, np.zeros(3, dtype=bool))
    assert (found.lower[0], found.upper[0]) == (0, 0)
    assert found.lower[1] <= -math.log(4) <= found.upper[1]
    assert found.lower[2] == -math.inf
    assert found.upper[2] == pytest.approx(math.log(1e-26 / 4))
    unknown = log_ratio(squared, floor, np.array([False, True, True]))
    assert np.isfinite(unknown.lower).all()


def test_an_error_that_has_grown_does_not_excuse_a_time() -> None:
    # The late residual is 0 to 7: a divergence, or a decay. A decay must not be read off time 1.
    squared = squared_norm(
        np.array([[2.0], [1.0], [3.0]]), np.array([[0.0], [0.0], [4.0]]), np.zeros(3, dtype=bool)
    )
    found = log_ratio(squared, np.array([1e-26]), np.zeros(3, dtype=bool))
    assert -math.inf < found.lower[2] < math.log(1 / 4)
    assert found.upper[2] >= math.log(49 / 4)
    margin = decays(found, 1.0, over=[0.0, 1.0, 2.0])
    assert not margin.supported
    assert not margin.refuted


def with_nan(values: Tensor) -> Tensor:
    return values * math.nan


def stepped(**changes: Any) -> object:
    named = {"x": NET[0], "y": NET[1], "w": NET[2], "a": NET[3], "eta": 0.1, "steps": 2}
    return gradient_descent(**{**named, **changes})


def flowed(**changes: Any) -> object:
    named = {"x": NET[0], "y": NET[1], "w": NET[2], "a": NET[3], "times": GRID}
    return gradient_flow(**{**named, **changes})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stepped(eta=0.0), "eta=0.0"),
        (lambda: stepped(eta=math.nan), "eta=nan"),
        (lambda: stepped(steps=-1), "steps=-1"),
        (lambda: stepped(layers="all"), "gradient_descent: layers='all'"),
        (lambda: stepped(x=with_nan(NET[0])), "x has an entry that is not finite"),
        (lambda: stepped(w=NET[2] / 0), "w has an entry that is not finite"),
        (lambda: stepped(x=NET[0][:, :1]), "w has shape .*; give .* with d=1"),
        (lambda: stepped(x=NET[0][0]), "x has shape .*; give .n, d."),
        (lambda: stepped(w=NET[2][:0], a=NET[3][:0]), "none of a size|give"),
        (lambda: flowed(y=NET[1].repeat(2)), "one label per input"),
        (lambda: flowed(a=NET[3].repeat(2)), "one per neuron"),
        (lambda: flowed(y=NET[1].expand(3, 1)), "same leading dimensions"),
        (lambda: flowed(y=with_nan(NET[1])), "gradient_flow: y has a NaN"),
        (lambda: flowed(layers="second"), "gradient_flow: layers='second'"),
        (lambda: flowed(times=GRID[1:]), "the first one 0"),
        (lambda: flowed(times=GRID[:1]), "give increasing times"),
        (lambda: flowed(times=GRID.flip(0)), "give increasing times"),
        (lambda: flowed(times=GRID.repeat(2)), "give increasing times"),
        (lambda: flowed(times=with_nan(GRID)), "give increasing times"),
        (lambda: flowed(times=GRID.repeat(2, 1)), "give increasing times"),
        (lambda: decay_times(0.0), "rate=0.0"),
        (lambda: decay_times(math.nan), "rate=nan"),
        (lambda: decay_times(1.0, count=0), "count=0"),
        (lambda: one_step(NET[0], NET[1], NET[2], NET[3].repeat(2), eta=0.1), "with m=1"),
    ],
)
def test_bad_arguments_are_told(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
