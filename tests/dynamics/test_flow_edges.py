"""Starts at which a flow once left its enclosure, was decided where it is not, or broke down."""

import math
import warnings
from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch
from flint import arb

import dynamics.flow.gradient as door
from dynamics import gradient_flow
from dynamics.flow.result import Flow
from models import Start
from tests.certify.exact.flows import Recipe, decided, recipe
from tests.dynamics.oracles import Network, drawn, network

END = torch.tensor([0.0, 2.0], dtype=torch.float64)


def run(given: Recipe, time: float) -> Flow:
    start = Start.of(**given)
    times = torch.tensor([0.0, time], dtype=torch.float64)
    return gradient_flow(start.x, start.y, start.w, start.a, times=times)


def encloses_the_balls(given: Recipe, time: int, found: Flow) -> bool:
    exact = decided(given, time)
    assert exact is not None
    loss = sum((e * e for e in exact.e), arb(0))
    pairs = ((loss, found.squared_residual[-1]), (exact.drift, found.movement[-1]))
    return all(
        near.low <= float(ball.upper()) and float(ball.lower()) <= near.high for ball, near in pairs
    )


def nearly_opposite(multiple: int, off: int) -> Recipe:
    third = [str(c * multiple + off) for c in (5, -6, 2)]
    return recipe(
        [[-8, 5, 3], [-5, 6, -2], third, [-4, -9, -7], [-6, -8, 9]],
        [[-2, 1, "1/3"], [-3, "8/3", "1/3"], ["7/3", 3, "4/3"], ["-2/3", -1, "4/3"]],
        [1, -1, -1, 1],
        [0, "9/4", -14, "-4/5", 18],
    )


def test_the_wedge_between_nearly_opposite_inputs_is_not_ignored() -> None:
    # However narrow, the wedge where a neuron sees neither input takes the flow elsewhere: at
    # exactly opposite inputs the loss ends at 197, and next to it at 297.
    for off, loss in ((0, 197.48), (-1, 296.80)):
        given = nearly_opposite(10**7, off)
        found = run(given, 2)
        assert bool(found.uniqueness.supported.all())
        assert encloses_the_balls(given, 2, found)
        assert found.squared_residual[-1].low == pytest.approx(loss, abs=0.01)
    for multiple in (10**11, 10**12, 10**14):
        assert bool(run(nearly_opposite(multiple, -1), 2).undecided)


def test_slow_decay_beside_a_huge_one_is_not_told_from_rounding() -> None:
    # The eigenvalues of H go from 1 to 1e23: in floats the small ones are noise.
    given = recipe(
        [
            [1, 4, -7],
            [10000000002, 40000000002, -69999999999],
            [50000000010, 200000000010, -349999999995],
        ],
        [
            ["-4/5", "-2/5", "-2/5"],
            ["1/10", "-1/10", "3/10"],
            ["-2/5", "1/2", 0],
            [0, "-3/10", "4/5"],
            ["4/5", "-1/10", "-4/5"],
        ],
        [1, -1, -1, -1, -1],
        [6, -20, "7/20"],
        normalised=False,
    )
    assert encloses_the_balls(given, 5, run(given, 5))


def test_a_start_within_rounding_of_a_corner_is_undecided() -> None:
    # Which hyperplane is reached first decides where neuron 3 goes; it is 1e-14 off both.
    tiny, less = "1/50000000000000", "-1/100000000000000"
    given = recipe(
        [[1, -1, 0], [0, -1, -1], [-1, 0, 0], [0, -1, 0], [-1, 1, 0]],
        [
            [tiny, less, "100000000000001/100000000000000"],
            ["-49999999999999/50000000000000", less, "-49999999999999/50000000000000"],
            ["49999999999999/50000000000000", less, tiny],
            [
                "-50000000000001/50000000000000",
                "100000000000001/100000000000000",
                "100000000000001/100000000000000",
            ],
            ["-50000000000001/50000000000000", -1, -1],
        ],
        ["-1/2", "-2/3", 3, 1, "-1/2"],
        [0, "-9/2", "-5/2", "1/2", "11/4"],
        normalised=False,
    )
    found = run(given, 20)
    assert bool(found.undecided)
    assert encloses_the_balls(given, 20, found)


def test_small_moves_of_the_output_weights_keep_their_digits() -> None:
    # w^2 - a^2 = 3 and w a = y at the end; a moves by 4e-7, once off by the roundings of a.
    net = network([[1.0]], [[2.0]], [1.0], residual=[1e-6])
    times = torch.tensor([0.0, 60.0], dtype=torch.float64)
    found = gradient_flow(*net.tensors, times=times, layers="both").output_movement[-1]
    with localcontext() as context:
        context.prec = 50
        y = Decimal(float(net.y[0]))
        moved = (((9 + 4 * y * y).sqrt() - 3) / 2).sqrt() - 1
        assert Decimal(found.low) <= moved <= Decimal(found.high)
    assert found.high - found.low < 1e-6 * found.high


@pytest.mark.parametrize("size", [(4, 40, 4), (3, 60, 2), (2, 1, 3), (5, 30, 2)])
def test_steps_over_kinks_enclose_the_exact_flow(
    size: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A residual can be larger within a step than at both ends, and a neuron beyond its kink.
    n, m, d = size
    rng = np.random.default_rng(5)
    nets = [drawn(rng, n=n, m=m, d=d, scale=10.0 ** rng.uniform(-2, 1)) for _ in range(40)]
    times = torch.tensor([0.0, 0.05, 0.3, 1.0, 4.0], dtype=torch.float64)
    exact = [gradient_flow(*net.tensors, times=times) for net in nets]
    monkeypatch.setattr(door, "_LOCATED", -1)
    monkeypatch.setattr(door, "_NARROW", -1)
    for net, true in zip(nets, exact, strict=True):
        if bool(true.several | true.undecided):
            continue
        wide = gradient_flow(*net.tensors, times=times, keep_path=False)
        for found, inner in (
            (wide.squared_residual, true.squared_residual),
            (wide.movement, true.movement),
        ):
            assert (found.lower <= inner.upper).all()
            assert (inner.lower <= found.upper).all()


def test_an_input_of_zero_has_no_hyperplane() -> None:
    net = network(
        [[0.0, 0.0], [1.0, 0.5]], [[0.3, 0.2], [-1.0, 0.4]], [1.0, -1.0], residual=[1, -3]
    )
    for layers in ("first", "both"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = gradient_flow(*net.tensors, times=END, layers=layers)
        assert bool(found.uniqueness.supported.all())
        assert float(found.residual[-1, 0]) == 1


@pytest.mark.parametrize("layers", ["first", "both"])
@pytest.mark.parametrize("power", [-8, 0, 8])
def test_scales_of_data_and_weights_are_units_only(layers: str, power: int) -> None:
    # Weights and output weights times s, labels times s^2, times divided by s^2 or s^2.
    net, s = drawn(np.random.default_rng(3), n=2, m=5, d=3, scale=1.0), 2.0**power
    a = net.a * s
    scaled = Network(net.x, net.y * s**2, net.w * s, a)
    base = gradient_flow(*net.tensors, times=END, layers=layers)
    found = gradient_flow(*scaled.tensors, times=END / s**2, layers=layers)
    torch.testing.assert_close(found.residual / s**2, base.residual, rtol=1e-12, atol=0)
    assert bool(found.plain) == bool(base.plain)


@pytest.mark.parametrize("layers", ["first", "both"])
@pytest.mark.parametrize(
    ("labels", "weights"), [(1e8, 1e-6), (1e8, 1e6), (1e-8, 1e6), (1e-8, 1e-6)]
)
@pytest.mark.parametrize("end", [1e-9, 1e9])
def test_extreme_numbers_neither_break_nor_hang(
    layers: str, labels: float, weights: float, end: float
) -> None:
    net = drawn(np.random.default_rng(1), n=2, m=4, d=2, scale=labels)
    far = Network(net.x, net.y, net.w * weights, net.a)
    times = torch.tensor([0.0, end], dtype=torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = gradient_flow(*far.tensors, times=times, layers=layers)
    for enclosure in (found.squared_residual, found.movement, found.log_ratio()):
        assert not np.isnan(enclosure.lower).any()
        assert (enclosure.lower <= enclosure.upper).all()
    assert found.squared_residual.upper[-1] <= found.squared_residual.upper[0]


def test_a_residual_that_underflows_has_a_log_ratio() -> None:
    net = network([[1.0]], [[1.0]], [1.0], residual=[0.5])
    times = torch.tensor([0.0, 5000.0], dtype=torch.float64)
    logs = gradient_flow(*net.tensors, times=times).log_ratio()
    assert logs.lower[-1] == -math.inf
    assert -1000 < logs.upper[-1] < -600


def test_numbers_whose_products_overflow_are_refused() -> None:
    net = network([[1e-9]], [[1e36]], [1.0], residual=[0.5])
    with pytest.raises(ValueError, match="w has an entry of size"):
        gradient_flow(*net.tensors, times=END)
