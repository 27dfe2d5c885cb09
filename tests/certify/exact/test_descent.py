"""Gradient descent in balls, against closed forms, a slow copy in fractions, and the house."""

from fractions import Fraction
from typing import Any

import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import lambda_min
from certify.exact.balls import Hopeless, Undecided, allowance, precision
from certify.exact.check import check
from certify.exact.descent import Descent
from certify.exact.start import Start
from certify.exact.states import States
from certify.exact.values import ball
from dynamics import gradient_descent
from models import Start as Network
from tests.certify.exact.documents import (
    FOUR_NEURONS,
    certificate,
    ends,
    holds_number,
    quantity,
    value,
)


def after(recipe: Any, name: str, *, eta: str, steps: int, bits: int = 128) -> Any:
    return value("two_layer_relu", recipe, quantity(name, eta=eta, steps=steps), bits=bits)


def test_one_active_neuron_has_a_closed_form() -> None:
    # e_k = (1 - eta/4)^k, and the neuron moves by 2 (1 - e_k).
    for k in (0, 1, 7, 100):
        e = Fraction(39, 40) ** k
        loss, drift = (
            after(FOUR_NEURONS, name, eta="1/10", steps=k) for name in ("squared_residual", "drift")
        )
        assert holds_number(loss, float(e**2))
        assert holds_number(drift, float(2 * (1 - e)))
        assert after(FOUR_NEURONS, "flips", eta="1/10", steps=k) == 0
        assert after(FOUR_NEURONS, "lambda_min_H", eta="1/10", steps=k) == Fraction(1, 4)
    assert holds_number(after(FOUR_NEURONS, "decay_factor", eta="1/10", steps=50), 0.975**2)


def test_a_dying_neuron_keeps_its_residual() -> None:
    dying = {"rows": [["1"]], "weights": [["1/10"]], "signs": ["1"], "labels": ["-10"]}
    # u(0) = 1/10; one step takes w to 1/10 - 101/200 < 0, where u = 0.
    assert holds_number(after(dying, "squared_residual", eta="1/20", steps=1), 100.0)
    assert holds_number(after(dying, "drift", eta="1/20", steps=9), 0.505)
    assert after(dying, "flips", eta="1/20", steps=9) == 1
    assert after(dying, "lambda_min_H", eta="1/20", steps=9) == 0
    assert after(dying, "least_lambda_min_H", eta="1/20", steps=9) == 0
    assert after(dying, "least_lambda_min_H", eta="1/20", steps=0) == 1


def slow(recipe: dict[str, Any], eta: Fraction, steps: int) -> list[dict[str, Any]]:
    """Descent in fractions on inputs that are not normalised, with 4 or 9 neurons."""
    x = [[Fraction(z) for z in row] for row in recipe["rows"]]
    w = [[Fraction(z) for z in row] for row in recipe["weights"]]
    a = [Fraction(z) for z in recipe["signs"]]
    root = {1: 1, 4: 2, 9: 3}[len(w)]

    def products(weights: list[list[Fraction]]) -> list[list[Fraction]]:
        return [
            [sum((p * q for p, q in zip(one, z, strict=True)), Fraction(0)) for z in x]
            for one in weights
        ]

    def outputs(pre: list[list[Fraction]]) -> list[Fraction]:
        return [
            sum((s * max(row[i], Fraction(0)) for s, row in zip(a, pre, strict=True)), Fraction(0))
            / root
            for i in range(len(x))
        ]

    first = products(w)
    y = [u + Fraction(e) for u, e in zip(outputs(first), recipe["residual"], strict=True)]
    start, seen = [row[:] for row in w], []
    for _ in range(steps + 1):
        pre = products(w)
        e = [label - u for label, u in zip(y, outputs(pre), strict=True)]
        moved = max(
            sum((p - q) ** 2 for p, q in zip(now, old, strict=True))
            for now, old in zip(w, start, strict=True)
        )
        flips = sum(
            (p >= 0) != (q >= 0)
            for old, now in zip(first, pre, strict=True)
            for p, q in zip(old, now, strict=True)
        )
        seen.append({"loss": sum(z * z for z in e), "moved": moved, "flips": flips, "pre": pre})
        for r, row in enumerate(pre):
            for j in range(len(x[0])):
                pull = sum((e[i] * x[i][j] for i in range(len(x)) if row[i] >= 0), Fraction(0))
                w[r][j] += eta * a[r] * pull / root
    return seen


small = st.fractions(-3, 3, max_denominator=3)


@st.composite
def exact_runs(draw: st.DrawFn) -> dict[str, Any]:
    n, d, m = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.sampled_from([1, 4, 9]))
    row = st.lists(small, min_size=d, max_size=d)
    weights = draw(st.lists(st.lists(small, min_size=d, max_size=d), min_size=m, max_size=m))
    return {
        "rows": draw(st.lists(row.filter(any), min_size=n, max_size=n)),
        "normalised": False,
        "weights": weights,
        "signs": draw(st.lists(st.sampled_from([1, -1, 2]), min_size=m, max_size=m)),
        "residual": draw(st.lists(small, min_size=n, max_size=n)),
    }


@settings(max_examples=60, deadline=None)
@given(exact_runs(), st.sampled_from([Fraction(1, 7), Fraction(1, 2), Fraction(9, 10)]))
def test_every_step_agrees_with_a_run_in_fractions(recipe: dict[str, Any], eta: Fraction) -> None:
    steps = 8
    seen = slow(recipe, eta, steps)
    with precision(256):
        states = States(Start(recipe))
        run = Descent(states.network, ball(eta))
        try:
            found = run.at(steps)
        except Undecided:
            # A pre-activation that is 0 after the start cannot be told from its neighbours.
            assert any(p == 0 for step in seen[1:] for row in step["pre"] for p in row)
            return
        for k, step in enumerate(seen):
            assert found[k].squared_residual.overlaps(ball(step["loss"]))
            assert found[k].squared_residual.rad() < arb(2) ** -180 * (1 + ball(step["loss"]))
            assert found[k].flips == step["flips"]
            on = [tuple(p >= 0 for p in row) for row in step["pre"]]
            assert found[k].patterns == {one: on.count(one) for one in on}
        for k in (steps, 3):
            assert run.squared_drift(k).overlaps(ball(seen[k]["moved"]))


@pytest.mark.parametrize("m", [30, 200])
def test_long_runs_agree_with_the_house(m: int) -> None:
    rows = [[3, 1, -2], [1, 4, 1], [-2, 2, 5]]
    weights = [[(7 * r * r + 3 * k) % 19 - 9 + Fraction(r, 97) for k in range(3)] for r in range(m)]
    start = Network.of(
        rows=rows,
        weights=[[str(z) for z in row] for row in weights],
        signs=[1 if r % 3 else -1 for r in range(m)],
        residual=["3", "-2", "1"],
    )
    run = gradient_descent(start.x, start.y, start.w, start.a, eta=0.3, steps=150)
    assert run.H is not None
    flips = 0
    for k in (1, 10, 150):
        found = {
            name: ends(after(start.recipe, name, eta="0.3", steps=k))
            for name in ("squared_residual", "drift", "lambda_min_H", "least_lambda_min_H")
        }
        house = {
            "squared_residual": run.squared_residual[k],
            "drift": run.movement[k],
            "lambda_min_H": lambda_min(run.H[k]),
            "least_lambda_min_H": lambda_min(run.H[: k + 1]).min(),
        }
        for name, (low, high) in found.items():
            assert float(house[name].low) <= high
            assert low <= float(house[name].high)
        flips = after(start.recipe, "flips", eta="0.3", steps=k)
    assert flips > 0


def test_the_precision_doubles_until_a_long_run_is_decided() -> None:
    recipe = {
        "rows": [["1", "0"], ["3", "4"], ["-4", "3"]],
        "weights": [["5", "1"], ["4", "-1"], ["-3", "7"], ["2", "5"]],
        "signs": ["1", "-1", "1", "1"],
        "residual": ["1", "1/2", "-1/3"],
    }
    loss = quantity("squared_residual", eta="0.4", steps=600)
    certified = certificate("two_layer_relu", recipe, loss, ">=", "1e6")
    found = check(certified, {}, {})
    assert found.verdict == "refuted"
    assert found.bits >= 256
    low, high = (float(end) for end in found.left)
    assert high - low <= 1e-6 * high


def test_a_tie_that_is_met_exactly_is_undecided_with_irrational_widths() -> None:
    # m = 2: the neuron that is on steps from 1 to 0 exactly, but the balls do not know.
    recipe = {"rows": [["1"]], "weights": [["1"], ["-1"]], "signs": ["1", "1"]}
    tree = quantity("squared_residual", eta=["*", "2", ["sqrt", "2"]], steps=2)
    certified = certificate("two_layer_relu", {**recipe, "residual": ["-1/2"]}, tree, ">=", "1000")
    found = check(certified, {}, {})
    assert found.verdict == "undecided"
    assert found.bits == 4096
    assert "pre-activation" in found.reason


def test_a_run_without_limits_of_work_is_stopped() -> None:
    with precision(64), allowance(1e5):
        run = Descent(States(Start(FOUR_NEURONS)).network, arb(0.001))
        with pytest.raises(Hopeless, match="work"):
            run.at(20000)


def test_neurons_with_output_weight_zero_never_move() -> None:
    recipe = {"rows": [["1"]], "weights": [["1"]], "signs": ["0"], "residual": ["1"]}
    assert after(recipe, "drift", eta="1", steps=5) == 0
    assert after(recipe, "squared_residual", eta="1", steps=5) == 1
