"""The statements of Appendices C and D at networks small enough to be worked out by hand."""

import math
from itertools import chain
from typing import Any

import numpy as np
import pytest

from claims import Claim, claims_in, not_executable_in
from claims.ledger import visiting
from models import ACTIVATIONS, BallMove, Dataset, DeepStart, activation
from tests.house.readme_table import theorem_module
from theorems.du2019deep.convolutional import images
from theorems.du2019deep.convolutional_training import one_pixel
from theorems.du2019deep.resnet import fourth_moment
from theorems.du2019deep.resnet_ball import LINEAR_OF_50, Scales, residual_start
from verdicts import Margin

FILES = ("resnet", "resnet_ball", "resnet_training", "convolutional", "convolutional_training")
MODULES = [theorem_module(f"theorems.du2019deep.{name}") for name in FILES]
CLAIMS = {claim.name: claim for module in MODULES for claim in claims_in(module)}
UP = BallMove("up")
PLAIN = {"share": 0.1, "speed": 0.1, "steps": 1}


def margin(name: str, **instance: Any) -> Margin:
    statement = CLAIMS[name].statement(**instance)
    assert isinstance(statement, Margin)
    return statement


def sides(name: str, **instance: Any) -> tuple[Any, Any]:
    found = margin(name, **instance).sides
    assert found is not None
    return found


def test_every_numbered_statement_has_a_status() -> None:
    labels = [claim.label for claim in CLAIMS.values()]
    labels += [one.label for module in MODULES for one in not_executable_in(module).values()]
    text = " | ".join(labels)
    numbers = chain((f"Lemma C.{k}" for k in range(1, 8)), (f"Lemma D.{k}" for k in range(1, 8)))
    for wanted in (*numbers, "Theorem 6.1", "Theorem 7.1", "Definition 7.1"):
        assert wanted in text, wanted


def test_the_scales_of_two_neurons_in_a_row() -> None:
    # x^(1) = 2, x^(2) = 2 + (1/2)/2 (-3) 2 = 1/2
    start = residual_start([2, -3], outputs=["-1/2"], activation="identity")
    scales = Scales.of(start)
    assert (scales.c_w0, scales.c_x0) == pytest.approx((3, 2))
    assert (scales.a2, scales.a4) == pytest.approx((0.5, 0.5))
    c_x = (1 + 2 / 3) * math.exp(2 * 0.5 * 3)
    assert scales.c_x() == pytest.approx(c_x)
    assert scales.radius() == pytest.approx(min(3, 0.5, 2 / c_x))


def test_the_scales_of_a_patch() -> None:
    start = DeepStart.of(
        rows=[[1, 1, 1, 1]],
        weights=[[[1, 2, 2]], [[0, 3, 4]]],
        outputs=[1, 2, 3, 4],
        residual=[1],
        activation="identity",
        architecture="convolutional",
        pixels=4,
        patch=3,
    )
    scales = Scales.of(start)
    assert scales.c_w0 == pytest.approx(5)
    assert (scales.a2, scales.a4) == pytest.approx((math.sqrt(30), 4))
    assert (scales.slope, scales.first) == pytest.approx((math.sqrt(3), math.sqrt(3)))


def features(w: float, layers: int, c_res: float) -> float:
    """The last feature of one neuron a layer with sigma = 100 sin(z/100), on the input 1."""
    mean_square = 1e4 * (1 - math.exp(-2e-4)) / 2
    x = 100 * math.sin(w / 100) / math.sqrt(mean_square)
    for _ in range(layers - 1):
        x += c_res / layers * 100 * math.sin(w * x / 100)
    return x


def test_fifty_layers_move_farther_than_a_single_exponent_allows() -> None:
    near, far = features(1, 50, 0.99), features(2, 50, 0.99)
    assert far - near == pytest.approx(10.72, abs=0.01)
    instance = {"start": LINEAR_OF_50, "move": UP, "share": 1.0}
    found, bound = sides("lemma_c_3", **instance)
    assert found.low >= (far - near) * (1 - 1e-9)
    assert found.high <= bound.high
    assert sides("lemma_c_3", **instance, exponent=1.0)[1].low == pytest.approx(9.73, abs=0.01)


def test_where_all_is_linear_and_positive_the_ascent_attains_the_proved_bound() -> None:
    start = residual_start([1, 2, 3], activation="identity")
    found, _ = sides("lemma_c_3", start=start, move=UP, share=0.5)
    R = 1.5
    before, after = 1 + 0.0, 1 + R
    for w in (2, 3):
        before, after = before * (1 + 0.5 / 3 * w), after * (1 + 0.5 / 3 * (w + R))
    assert found.low == pytest.approx(after - before)
    assert found.high == pytest.approx(after - before)


def test_the_gram_matrix_of_a_linear_network_moves_as_far_as_the_ball_allows() -> None:
    start = residual_start([1, 1], activation="identity", outputs=["0.01"])
    found, bound = sides("lemma_c_4", start=start, move=UP, share=1.0)
    R, kappa = 0.01, 0.25**2
    assert Scales.of(start).radius() == pytest.approx(R)
    moved = kappa * ((0.01 + R) ** 2 * (1 + R) ** 2 - 0.01**2)
    assert found.low == pytest.approx(moved)
    assert moved <= found.high <= bound.low
    # c_w0 = 1, c_x0 = 1 + c_res/H, beta = 0
    c_x0 = 1.25
    c_x = (1 + c_x0) * math.exp(1)
    stated = kappa * R * (3 * c_x0 * c_x * 0.01**2 + 12 * c_x0**2 * 0.01)
    assert bound.low == pytest.approx(stated)


@pytest.mark.parametrize("name", ["lemma_c_3", "lemma_c_4"])
def test_one_pixel_is_no_pixel(name: str) -> None:
    for sigma in ("softplus", "sin"):
        starts = [kind([1, -2, 1], activation=sigma) for kind in (residual_start, one_pixel)]
        pair = [
            sides(one, start=start, move=UP, share=0.3)
            for one, start in zip((name, name.replace("c_", "d_")), starts, strict=True)
        ]
        assert pair[0][0].low == pytest.approx(pair[1][0].low)
        assert pair[0][1].low == pytest.approx(pair[1][1].low)


def test_the_printed_lemma_c_5_fails_at_one_neuron_a_layer() -> None:
    start = residual_start([1, 1], c_res="0.1")
    steps, bound = sides("lemma_c_5_printed", start=start)
    z = np.polynomial.hermite_e.hermegauss(60)
    mean_square = z[1] @ np.log1p(np.exp(z[0])) ** 2 / math.sqrt(2 * math.pi)
    x_1 = math.log1p(math.e) / math.sqrt(mean_square)
    x_2 = x_1 + 0.05 * math.log1p(math.exp(x_1))
    assert steps.low == pytest.approx(x_2, rel=1e-6)
    assert bound.low == pytest.approx(4 * 0.1 * 2 * math.exp(0.2) * math.exp(0.4) / 2)
    assert steps.low > 1.9 * bound.low


def test_a_residual_half_spent_leaves_half_of_the_curvature() -> None:
    start = residual_start([1, 1], activation="identity")
    least, half = sides("lemma_c_4_what_is_left", start=start)
    G = 0.25**2
    assert half.low == pytest.approx(4 / 3 * G / 2)
    assert least.low == pytest.approx(G - G / 3)
    least, _ = sides("lemma_c_4_what_is_left", start=start, drift=0.5)
    assert least.low == pytest.approx(4 / 3 * G / 4)


def test_fourth_moments() -> None:
    assert fourth_moment(activation("identity"), 0.5) == pytest.approx(3 / 16)
    exact = (3 - 4 * math.exp(-2) + math.exp(-8)) / 8
    assert fourth_moment(activation("sin"), 1.0) == pytest.approx(exact, rel=1e-12)
    z, weights = np.polynomial.hermite_e.hermegauss(80)
    for name in ACTIVATIONS:
        values = np.array([float(activation(name).value(_number(0.7 * t))) for t in z])
        expected = weights @ values**4 / math.sqrt(2 * math.pi)
        assert fourth_moment(activation(name), 0.7) == pytest.approx(expected, rel=1e-5), name


def _number(value: float) -> Any:
    return images(Dataset.of(rows=[[1]], labels=[0]), 1)[0, 0, 0] * value


def test_rows_become_channels_of_pixels() -> None:
    data = Dataset.of(rows=[[3, 0, 0, 4, 0]], labels=[0])
    found = images(data, 3)
    assert found.tolist() == [[[0.6, 0, 0], [0.8, 0, 0]]]


def width(claim: Claim, **instance: Any) -> int:
    with visiting() as visit:
        claim.statement(**instance)
    return visit.sizes["m"]


def test_the_widths_of_lemma_c_1_and_d_1() -> None:
    one = Dataset.of(rows=[[1], [-1]], labels=[0, 0])
    fourth = (3 - 4 * math.exp(-2) + math.exp(-8)) / 8
    c_sigma = 2 / (1 - math.exp(-2))
    variance = c_sigma**2 * fourth - 1
    shared = {"data": one, "sigma": "sin", "H": 2, "delta": 0.1}
    expected = math.ceil(32 / 9 * variance * 2 / 0.1)
    assert width(CLAIMS["lemma_c_1"], **shared, c_res=0.1) == expected
    assert width(CLAIMS["lemma_d_1"], **shared, p=1, q=1, share=0.3) == expected
    # Three equal patches: the variance of one neuron's share is bounded by 9 times, M by 3.
    middle = Dataset.of(rows=[[0, 1, 0], [0, -1, 0]], labels=[0, 0])
    shared["data"] = middle
    assert width(CLAIMS["lemma_d_1"], **shared, p=3, q=3, share=0.3) == expected


def test_the_mean_of_the_first_layer() -> None:
    data = Dataset.of(rows=[[0, 1, 0]], labels=[0])
    parts = margin("lemma_d_1_first_layer", data=data, p=3, q=3, sigma="sin").parts
    low, high = (part.sides for part in parts)
    assert low is not None
    assert high is not None
    assert low[0].low == pytest.approx(3)
    c_sigma = 2 / (1 - math.exp(-2))
    assert low[1].low == pytest.approx(c_sigma * (1 - math.exp(-2 / 3)) / 2)
    assert high[1].low == pytest.approx(c_sigma * 3 * 3)


def test_a_shorter_product_fails_beyond_one() -> None:
    left, right = sides("lemma_c_1_product", c=1.0 - 1e-9, H=3)
    assert left.low == pytest.approx(4 / 9)
    assert right.low == pytest.approx(math.exp(-1))


def test_the_first_step_of_two_linear_neurons_against_its_bounds() -> None:
    start = residual_start([1, 1], activation="identity", outputs=["0.3"], c_res="0.1")
    found = margin("lemma_c_5", start=start, **PLAIN)
    shares = {part.name: part.sides[0].high for part in found.parts if part.sides is not None}
    grown, c_x0 = math.exp(0.2), 1.05
    # u = a x^(2), x^(2) = w_1 (1 + (c_res/2) w_2): the three derivatives over their bounds
    assert shares["step of layer 1"] == pytest.approx(0.3 * 1.05 / (2 * 0.3 * grown), rel=1e-5)
    assert shares["step of layer 2"] == pytest.approx(
        0.05 * 0.3 / (4 * 0.1 * c_x0 * 0.3 * grown / 2), rel=1e-5
    )
    assert shares["step of layer 3"] == pytest.approx(1 / 2, rel=1e-5)
    printed = margin("lemma_d_5", start=one_pixel([1, 1], c_res="0.1"), **PLAIN, own=0)
    assert float(printed.slack.upper) < 0
