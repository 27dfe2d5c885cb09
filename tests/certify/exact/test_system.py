"""The exact model of systems: against torch, closed forms, and what breaks."""

import json
from fractions import Fraction
from typing import Any

import pytest
import torch
from flint import arb

from certify.exact.balls import UnreadableError
from certify.exact.values import ball
from models import Composition, System, system_hessians, system_taylor
from strategies import compositions, over_determined_systems, systems
from tests.certify.exact.documents import ends, holds_number, quantity, value
from tests.strategies.drawing import draws

LINE = {"rows": [["1"]], "labels": ["1"], "point": ["0"]}
SINE = {"rows": [["0"]], "outer": [["1"]], "inner": [["1"]], "labels": ["2"], "point": ["0"]}
RAMP = {**SINE, "wave": "ramp"}
PARABOLA = {**LINE, "squares": [[["1/10"]]]}
SHARED = ("squared_residual", "squared_gradient", "lambda_min_K", "lambda_max_K", "sigma_min")


def found(recipe: Any, name: str, **arguments: Any) -> Any:
    return value("system", recipe, quantity(name, **arguments))


def test_one_equation_in_one_unknown() -> None:
    assert [found(LINE, name) for name in SHARED] == [1, 1, 1, 1, 1]
    assert (found(LINE, "n"), found(LINE, "m"), found(LINE, "loss")) == (1, 1, Fraction(1, 2))
    assert found(LINE, "least_distance") == 1
    assert found(LINE, "loss_after", step="1/2", count="3") == Fraction(1, 128)
    assert found(LINE, "path_after", step="1/2", count="3") == Fraction(7, 8)
    assert found(LINE, "mean_loss", step="1/2", batch="1") == Fraction(1, 8)
    assert found(LINE, "mean_loss", step="1/2", batch="2") == 0
    assert found(LINE, "squared_move", weights=["3"]) == 9
    assert found(LINE, "convex") == 0  # y is not 0, so nothing is said
    assert found({**LINE, "labels": ["0"]}, "convex") == 1


def test_waves() -> None:
    assert found(SINE, "lambda_min_K") == 1
    assert found(SINE, "least_distance") == Fraction(10) ** 300
    assert found(RAMP, "least_distance") == Fraction(10) ** 300
    with pytest.raises(UnreadableError, match="linear"):
        found({**RAMP, "labels": ["-2"]}, "least_distance")
    assert found({**RAMP, "point": ["-3"]}, "squared_residual") == 25
    beyond = found({**RAMP, "point": ["3"]}, "sigma_min")
    assert holds_number(beyond, 0.049787068367863944)


def test_balls_around_a_point() -> None:
    assert found(PARABOLA, "sigma_on_ball", radius="1") == Fraction(9, 10)
    assert found(PARABOLA, "bend") == Fraction(1, 10)
    assert found(PARABOLA, "norm_hessians") == Fraction(1, 10)
    ramp = {**RAMP, "point": ["-1"]}
    assert found(ramp, "sigma_on_ball", radius="0.99") == 1
    low, _ = ends(found(SINE, "sigma_on_ball", radius="1"))
    assert 0.53 < low <= 0.5403023058681398
    low, high = ends(found(SINE, "sigma_on_ball", radius="100"))
    assert -1e-9 <= low + 1 <= high + 1 < 1.01


@pytest.mark.parametrize("kinds", [("linear",), ("wavy",), ("quadratic",)])
def test_quantities_are_those_of_torch(kinds: Any) -> None:
    for system in draws(systems(kinds=kinds, max_n=4, max_m=5), 25):
        taylor = system_taylor(system, system.w)
        r, K = taylor.F - system.y, torch.linalg.eigvalsh(taylor.J @ taylor.J.mT)
        floats = (r @ r, (r @ taylor.J).square().sum(), K[0], K[-1], K[0].clamp(min=0).sqrt())
        for name, number in zip(SHARED, floats, strict=True):
            low, high = ends(found(system.recipe, name))
            slack = 1e-9 * (1 + float(K[-1])) * (1 + float(r @ r))
            assert low - slack <= float(number) <= high + slack, name
        if not system.p:
            bent = (r[:, None, None] * system_hessians(system, system.w)).sum(dim=0)
            hessian = taylor.J.mT @ taylor.J + bent
            least = float(torch.linalg.eigvalsh(hessian)[0])
            low, high = ends(found(system.recipe, "lambda_min_hessian"))
            assert low - 1e-8 <= least <= high + 1e-8


def test_the_ball_bound_is_below_what_is_found_in_the_ball() -> None:
    random = torch.Generator().manual_seed(0)
    for system in draws(systems(kinds=("wavy", "quadratic"), max_n=3, max_m=4), 40):
        for R in (0.05, 0.7):
            low, _ = ends(found(system.recipe, "sigma_on_ball", radius=str(R)))
            steps = torch.randn(200, system.m, dtype=torch.float64, generator=random)
            points = system.w + R * steps / steps.norm(dim=-1, keepdim=True)
            values = torch.linalg.svdvals(system_taylor(system, points).J)[:, -1]
            assert low <= float(values.min()) + 1e-12


def test_products_of_two_systems() -> None:
    for pair in draws(compositions(max_n=3, max_m=4), 25):
        inner = system_taylor(pair.inner, pair.inner.w)
        outer = system_taylor(pair.outer, inner.F)
        recipe = json.loads(json.dumps(pair.recipe))
        for name, table in (("sigma_outer", outer.J), ("sigma_inner", inner.J)):
            least = float(torch.linalg.svdvals(table)[-1])
            assert holds_number(found(recipe, name), least, width=1e-9) or least < 1e-5
        product = float(torch.linalg.svdvals(outer.J @ inner.J)[-1])
        low, high = ends(found(recipe, "sigma_composed"))
        assert low - 1e-9 <= product <= high + 1e-9
    stretched = Composition(
        System.of(rows=[[2, 0], [0, "1/2"]], labels=[0, 0], point=[0, 0]),
        System.of(rows=[[1, 0], [0, 1]], labels=[0, 0], point=[0, 0]),
    ).recipe
    assert found(stretched, "determinant_outer") == 1
    assert holds_number(found(stretched, "mean_square_outer"), (17 / 8) ** 0.5)


def test_what_is_out_of_reach_of_too_few_unknowns() -> None:
    for system in draws(over_determined_systems(), 30):
        if int(torch.linalg.matrix_rank(system.A)) < system.m:
            continue
        r = system_taylor(system, system.w).F - system.y
        best = torch.linalg.lstsq(system.A, r[:, None], driver="gelsd").solution
        missed = float((system.A @ best - r[:, None]).square().sum())
        exact = found(system.recipe, "squared_miss")
        assert abs(float(exact) - missed) < 1e-9 * (1 + missed)
        least = float(torch.linalg.eigvalsh(system.A.mT @ system.A)[0])
        low, high = ends(found(system.recipe, "lambda_min_gram"))
        assert low - 1e-9 <= least <= high + 1e-9


def test_components() -> None:
    bowl = {
        "rows": [["0", "0", "0"], ["1", "0", "0"]],
        "squares": [[["1", "0", "0"], ["0", "1", "0"], ["0", "0", "1"]], [["0"] * 3] * 3],
        "labels": ["0", "0"],
        "point": ["0", "0", "0"],
    }
    assert [found(bowl, "rank_hessian", component=i) for i in "01"] == [3, 0]
    assert [found(bowl, "in_range", component=i) for i in "01"] == [0, 1]
    assert found(bowl, "convex") == 1
    tilted = {**bowl, "rows": [["0", "1", "0"], ["1", "0", "0"]]}
    assert found(tilted, "convex") == 0
    saddle = json.loads(json.dumps(bowl))
    saddle["squares"][0][1][1] = "-1"
    assert found(saddle, "convex") == 0
    with pytest.raises(UnreadableError, match="component"):
        found(bowl, "in_range", component="2")


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {**LINE, "colour": "1"},
        {**LINE, "wave": "cos"},
        {**LINE, "labels": ["1", "2"]},
        {**LINE, "point": []},
        {**LINE, "squares": [[["0", "1"]]]},
        {**LINE, "squares": []},
        {**LINE, "inner": [["1"]]},
        {**LINE, "outer": [["1"]]},
        {**LINE, "twists": [[["1"]]]},
        {**LINE, "within": LINE, "rows": [["1", "2"]], "point": ["0", "0"]},
        {**LINE, "within": {**LINE, "within": LINE}},
        {"rows": [["1"] * 13], "labels": ["0"], "point": ["0"] * 13},
        {"rows": [["1"]] * 9, "labels": ["0"] * 9, "point": ["0"]},
    ],
)
def test_recipes_that_mean_nothing_are_refused(recipe: Any) -> None:
    with pytest.raises(UnreadableError):
        found(recipe, "loss")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("luck", {}),
        ("loss", {"step": "1"}),
        ("loss_after", {"step": "1"}),
        ("loss_after", {"step": "1", "count": "1/2"}),
        ("path_after", {"step": "1", "count": "100000"}),
        ("mean_loss", {"step": "1", "batch": "0"}),
        ("loss", {"weights": ["1", "2"]}),
        ("sigma_composed", {}),
        ("determinant_outer", {}),
    ],
)
def test_quantities_that_mean_nothing_are_refused(name: str, arguments: Any) -> None:
    with pytest.raises(UnreadableError):
        found(LINE, name, **arguments)


def test_a_loss_after_a_step_of_a_twisted_wave() -> None:
    spiral = {
        "rows": [["0", "0"]],
        "outer": [["1/2"]],
        "inner": [["2", "0"]],
        "twists": [[["0", "1"]]],
        "labels": ["-1"],
        "point": ["0", "0"],
    }
    expected = (1 + (-(2 * arb("0.2")).sin()) / 2) ** 2 / 2
    assert ball(found(spiral, "loss_after", step="0.2", count="1")).overlaps(expected)
    assert found(spiral, "squared_jacobian") == 1
    with pytest.raises(UnreadableError, match="twists"):
        found(spiral, "sigma_on_ball", radius="1")
    with pytest.raises(UnreadableError, match="waves"):
        found(spiral, "lambda_min_hessian")
