"""The cells of a map: their instances, their counts and intervals, against independent oracles."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, binomtest, norm

from claims.locate import NotFoundError
from models import H_inf, gaussian_weights, rademacher_signs
from verdicts import WithProbability
from workbench.phase import (
    MAPS,
    Axis,
    Counts,
    Plan,
    contradictions,
    edge_of,
    fill,
    measure,
    named_data,
    opened,
)
from workbench.phase.counts import judged
from workbench.phase.widths import width_setting

BARE: dict[str, Any] = {
    "x": None,
    "y": None,
    "at": None,
    "set": {},
    "data": None,
    "samples": None,
    "part": None,
    "salt": 0,
}


def axis(name: str, *values: float, log: bool = False) -> dict[str, Any]:
    return {"name": name, "values": list(values), "log": log}


def plan(what: str, x: dict[str, Any], y: dict[str, Any], **other: Any) -> Plan:
    return Plan.of({**BARE, "what": what, "x": x, "y": y, **other})


def cells_of(folder: Path, asked: Plan, seeds: int) -> dict[tuple[int, int], Counts]:
    with opened(folder, asked) as journal:
        fill(asked, journal, seeds)
        return dict(journal.cells)


@pytest.mark.parametrize(("rows", "holds"), [(64, 0), (64, 64), (64, 31), (7, 6), (1, 0)])
def test_the_interval_is_that_of_the_exact_binomial_test(rows: int, holds: int) -> None:
    found = Counts(rows=rows, successes=holds, failures=rows - holds)
    oracle = binomtest(holds, rows).proportion_ci(0.9, method="exact")
    assert found.interval(0.9) == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    assert found.estimate == holds / rows


def test_undecided_rows_widen_the_interval_to_both_sides() -> None:
    found = Counts(rows=20, successes=5, failures=9)
    low = binomtest(5, 20).proportion_ci(0.95, method="exact").low
    high = binomtest(11, 20).proportion_ci(0.95, method="exact").high
    assert found.interval(0.95) == pytest.approx((low, high), abs=1e-12)
    assert found.estimate == (5 + 3) / 20
    assert Counts().interval(0.95) == (0.0, 1.0)
    assert Counts().estimate is None


def test_one_neuron_is_a_contraction_as_often_as_a_normal_is_small() -> None:
    asked = plan("gamma-m", axis("gamma", 0.5, 1.0, 2.0), axis("m", 1))
    for i, gamma in enumerate(asked.x.values):
        found = measure(asked.point(i, 0), "", 0, 4000)
        low, high = found.interval(1 - 1e-6)
        assert found.undecided == 0
        assert low < 2 * norm.cdf(1 / gamma) - 1 < high


def test_one_sample_has_the_curvature_of_its_share_of_active_neurons() -> None:
    asked = plan("width-n", axis("m", 4, 40), axis("n", 1))
    for i, m in enumerate(asked.x.values):
        found = measure(asked.point(i, 0), "curvature", 0, 4000)
        low, high = found.interval(1 - 1e-6)
        assert low < binom.sf(math.ceil(3 * m / 8) - 1, m, 0.5) < high


def test_descent_is_counted_as_a_loop_by_hand_does() -> None:
    asked = plan("width-step", axis("m", 3, 40), axis("eta_lambda", 0.5, 1.4), samples=1)
    seen = set()
    for i, j in [(0, 0), (1, 0), (1, 1)]:
        seeds = asked.point(i, j).streams.seeds("phase", 0, 24)
        m, eta = int(asked.x.values[i]), asked.y.values[j] / 0.5  # lambda_max = 1/2 for one input
        weights = gaussian_weights(m, 1, seeds).numpy()[:, :, 0]
        signs = rademacher_signs(m, seeds).numpy()
        holds = sum(decays(w, a, eta) for w, a in zip(weights, signs, strict=True))
        found = measure(asked.point(i, j), "", 0, 24)
        assert (found.successes, found.undecided) == (holds, 0)
        assert found.premise == 0
        seen.add(holds)
    assert len(seen) > 1


def decays(w: Any, a: Any, eta: float) -> bool:
    """||e(k)||^2 <= (1 - eta lambda_0/2)^k ||e(0)||^2 for k = 1, ..., 8; n = 1, x = 1, y = 1."""
    losses = []
    for _ in range(9):
        e = 1.0 - float((a * np.maximum(w, 0)).sum()) / math.sqrt(len(w))
        losses.append(e * e)
        w = w + eta * e * a * (w >= 0) / math.sqrt(len(w))
    return all(losses[k] <= (1 - eta * 0.5 / 2) ** k * losses[0] for k in range(1, 9))


def test_the_premise_of_the_theorem_is_met_at_large_widths_only() -> None:
    asked = plan("width-step", axis("m", 50, 12000), axis("eta_lambda", 0.05), samples=1)
    narrow, wide = (measure(asked.point(i, 0), "", 0, 8) for i in (0, 1))
    assert narrow.premise is not None
    assert wide.premise is not None
    assert narrow.premise < 4 < wide.premise
    assert narrow.premise_missed
    assert not wide.premise_missed
    assert (wide.guarded, wide.failures) == (0, 0)


def test_every_named_map_has_its_instances_and_its_boundary() -> None:
    for name, named in MAPS.items():
        asked = Plan.of({**BARE, "what": name})
        assert (asked.x.size, asked.y.size) == (12, 12) or name.startswith("gamma")
        assert isinstance(asked.point(0, 0).statement(), WithProbability)
        assert (edge_of(asked) is None) == (name == "gamma-m-limit")
        assert named.claim == asked.case.id


def test_the_width_that_the_lemma_asks_for_is_its_formula() -> None:
    asked = plan("width-n", axis("m", 64, 4096, log=True), axis("n", 1, 2, 16), data="orthonormal")
    edge = edge_of(asked)
    assert edge is not None
    formula = [math.ceil(8 * n**2 * math.log(2 * n**2 / 0.1) / 0.25) for n in (1, 2, 16)]
    assert edge.values == pytest.approx(formula, abs=1)
    assert edge.inside == {(1, 0), (1, 1)}
    points = edge.points(asked)
    assert points[0][0] == pytest.approx(math.log(formula[0] / 64) / math.log(64), abs=1e-2)
    assert [up for _, up in points] == [0, 1, 2]
    assert [math.isnan(across) for across, _ in points] == [False, False, True]


@pytest.mark.parametrize("m", [30, 77, 500, 12345])
def test_a_factor_is_solved_for_the_wanted_width(m: int) -> None:
    asked = plan(
        "gao2022concentration.lemma_3_3",
        axis("m", m),
        axis("delta", 0.1),
        samples=2,
        data="orthonormal",
    )
    point = asked.point(0, 0)
    lambda_0 = 0.5 - 1 / (2 * math.pi)  # E s(a)^2 = 1/2, E s(a) s(b) = 1/(2 pi)
    formula = 56 * 4 / lambda_0**2 * math.log(6 / 0.1)
    assert asked.asked(0, 0) == math.ceil(formula)
    assert asked._reached(point.values, point.constants) == m
    assert point.constants["width"] != 1.0


def test_a_whole_width_is_the_width_itself() -> None:
    asked = plan("gao2022limits.at_finite_width", axis("m", 5, 9), axis("gamma", 0.2))
    assert [asked.point(i, 0).constants["width"] for i in (0, 1)] == [5, 9]
    with pytest.raises(ValueError, match="no factor width gives it"):
        width_setting({"width": 1.0}, 7, lambda _: 4)
    with pytest.raises(ValueError, match="its width neither as a parameter m"):
        width_setting({"rate": 1.0}, 7, lambda _: None)


def test_without_chance_a_cell_holds_or_fails() -> None:
    claim = "du2019appendix.lemma_a_3_output_weights"
    asked = plan(claim, axis("R_a", 0.25, 0.5), axis("quadratic", 0.0, 1.0))
    fails, holds = (measure(asked.point(0, j), "", 0, 64) for j in (0, 1))
    assert (fails.failures, holds.successes) == (1, 1)
    assert fails.margin is not None
    assert fails.margin[1] < 0
    assert fails.closed


def test_a_premise_that_is_not_met_is_no_failure() -> None:
    asked = plan("ling2023width.theorem_2", axis("width", 8), axis("s", 0.03), samples=8)
    found = measure(asked.point(0, 0), "", 0, 4)
    assert (found.unmet, found.rows, found.premise_missed) == ("lambda_* >= 0.3", 0, True)


PROBED = '''"""A. Author: On widths. manuscript of May 2026"""

from hypothesis import strategies as st

from claims import assume_premise, claim, reached, wrong
from verdicts import Margin, at_least, exactly


@claim("Lemma 1", for_all={"s": st.floats(0, 1)}, mutants=[wrong(bound=9.0, because="m = 1")])
def lemma_1(s: float, *, width: float = 3.0, bound: float = 1.0) -> Margin:
    """Widths are positive."""
    assume_premise("s > 0", at_least(exactly(s), exactly(0.0)))
    m = int(width * (1 / (2 - s))) + 1
    reached(m=m)
    return at_least(exactly(m), exactly(bound))
'''


def test_where_no_width_can_be_asked_for_the_cell_says_so(tmp_path: Path) -> None:
    (tmp_path / "probed2026.py").write_text(PROBED)
    asked = plan(f"{tmp_path}/probed2026.py::lemma_1", axis("m", 4), axis("s", -1.0, 1.0, 2.0))
    cells = cells_of(tmp_path / "out", asked, 1)
    assert [cells[0, j].unmet for j in range(3)] == ["s > 0", "", ""]
    assert cells[0, 1].successes == 1
    assert cells[0, 2].broken == "ZeroDivisionError: float division by zero"


def test_what_a_claim_raises_far_from_its_strategies_is_kept() -> None:
    asked = plan("width-step", axis("m", 3), axis("eta_lambda", 4.0))
    assert measure(asked.point(0, 0), "", 0, 4).broken.startswith("ValueError: decays: rate=")


def test_where_nothing_follows_from_the_letters_nothing_is_said() -> None:
    asked = plan("gamma-m", axis("gamma", 0, 0.5), axis("m", 2))
    assert judged(asked, (0, 0), 0, 4).broken.startswith("ZeroDivisionError")
    assert judged(asked, (1, 0), 0, 4).rows == 4
    with pytest.raises(ValueError, match="n=2001; give at most 2000 samples"):
        named_data("random", 2001)


def test_a_mutant_is_refuted_where_its_width_is_reached(tmp_path: Path) -> None:
    asked = plan("du2019.lemma_3_1[factor=1]", axis("m", 64, 128), axis("n", 1), set={"delta": 0.1})
    cells = cells_of(tmp_path, asked, 128)
    edge = edge_of(asked)
    assert edge is not None
    assert edge.inside == {(1, 0)}
    assert contradictions(asked, cells, edge) == [(1, 0)]
    true = plan("du2019.lemma_3_1", axis("m", 128), axis("n", 1), set={"delta": 0.1})
    assert not contradictions(true, cells_of(tmp_path / "true", true, 64), edge_of(true))


@pytest.mark.parametrize(
    ("what", "other", "words"),
    [
        ("width-steps", {}, "there is no such map; give width-step, width-n"),
        ("du2019.lemma_9", {}, "there is no such claim"),
        ("du2019.lemma_3_1", {"x": None}, "--x: a claim has no axes"),
        ("width-n", {"x": axis("q", 1)}, "q; give letters of .*delta.*neurons"),
        ("width-n", {"y": axis("m", 1)}, "m twice; give"),
        ("du2019.lemma_3_1", {}, "delta has no value; give --set delta=... or --at"),
        ("width-n", {"x": axis("m", 9, 3)}, r"axis m: values=\[9, 3\]; give increasing numbers"),
        ("width-n", {"x": axis("m", 0, 4)}, "axis m: 0; give numbers from 1 on"),
        ("width-n", {"at": {"q": 1}}, r"--at: holds \['q'\]; give an object with some of data"),
    ],
)
def test_what_cannot_be_drawn_is_told(what: str, other: dict[str, Any], words: str) -> None:
    asked = {"x": axis("m", 4), "y": axis("n", 1), **other}
    with pytest.raises((ValueError, NotFoundError), match=words):
        Plan.of({**BARE, "what": what, **asked})


def test_a_part_that_is_none_is_told() -> None:
    asked = plan("width-n", axis("m", 4), axis("n", 1), part="slope")
    with pytest.raises(ValueError, match="there is no slope; the claim has closeness, curvature"):
        measure(asked.point(0, 0), asked.part, 0, 4)
    mean = plan("du2019appendix.initial_residual", axis("m", 4), axis("n", 1, 2))
    with pytest.raises(ValueError, match="choose a probability"):
        measure(mean.point(0, 0), "", 0, 4)


def test_other_parameters_come_from_an_instance() -> None:
    data = named_data("random:3", 2)
    asked = plan("du2019.lemma_3_1", axis("m", 4), axis("delta", 0.1), at={"data": data.recipe})
    assert asked.point(0, 0).values == {"data": data, "delta": 0.1}
    assert json.loads(json.dumps(asked.identity)) == asked.identity


def test_families_are_exact_and_grow_row_by_row() -> None:
    small, large = named_data("random", 3), named_data("random", 5)
    assert large.recipe["rows"][:3] == small.recipe["rows"]
    assert float(H_inf(named_data("orthonormal", 4).x).diagonal().sum()) == pytest.approx(2)
    assert named_data("circle", 6).d == 2
    assert named_data("iris", 4).recipe["indices"] == [0, 37, 75, 112]
    for family in ("random:0", "spiral", "iris:4"):
        with pytest.raises(ValueError, match="is no family of data; give random"):
            named_data(family, 2)
    with pytest.raises(ValueError, match="it has 150 rows; give no more"):
        named_data("iris", 151)


def test_places_on_an_axis() -> None:
    grown = Axis.of(axis("m", 1.2, 1.4, 4, 16, log=True), whole=True)
    assert grown.values == (1, 4, 16)
    assert [grown.place(v) for v in (1, 2, 16, 32)] == pytest.approx([0, 0.5, 2, 2.5])
    assert math.isnan(grown.place(33))
    assert math.isnan(grown.place(0))
    assert Axis("n", (3,)).place(3) == 0
