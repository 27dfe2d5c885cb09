import importlib
import json
from pathlib import Path

import pytest

from claims.explore.bench import Bench, drawn
from claims.explore.calibration import Plan, hinted_sides
from claims.explore.calibration_told import as_json, as_text, exit_code, sentence
from tests.claims.explore import toys
from tests.claims.toys import options

KS = [{"k": k} for k in (1, 7, 40)]


def test_the_edge_of_a_deterministic_claim_is_enclosed_and_certain() -> None:
    (found,) = toys.calibrate(toys.below, "factor", KS, sides=("down",))
    assert found.refuted is not None
    assert found.kept is not None
    assert found.refuted.value < 1.0 <= found.kept.value
    assert found.kept.value - found.refuted.value <= 0.05 * found.kept.value
    assert found.found
    assert min(found.tested) >= 3
    assert found.kept.judged == found.kept.supported == 3
    assert found.refuted.judged == 1  # the first that refutes is enough
    ends = f"more than {found.refuted.value:g} (refuted), and {found.kept.value:g} is supported"
    assert f"factor: the claim has 2; these data need {ends} on 3 instances" in sentence(found)


def test_more_digits_are_a_narrower_interval() -> None:
    plan = Plan(digits=4, hunts=0)
    (found,) = toys.calibrate(toys.below, "factor", KS, sides=("down",), plan=plan)
    assert found.refuted is not None
    assert found.kept is not None
    assert found.refuted.value < 1.0 <= found.kept.value <= found.refuted.value * 1.0006


def test_without_a_hint_the_side_is_found_and_an_equality_has_both() -> None:
    assert [r.ladder.side for r in toys.calibrate(toys.below, "factor", KS)] == ["down"]
    sides = toys.calibrate(toys.exact, "factor", KS)
    assert [r.ladder.side for r in sides] == ["down", "up"]
    for found in sides:
        assert found.kept is not None
        assert found.kept.value == 1.0
    assert hinted_sides(toys.below, "factor") == ["down"]
    assert hinted_sides(toys.biased, "rate") == ["up"]
    assert hinted_sides(toys.exact, "factor") == []


def test_a_failure_rate_is_refuted_above_the_stated_one_only() -> None:
    (found,) = toys.calibrate(toys.biased, "rate", KS[:2], sides=("up",))
    assert found.refuted is not None
    assert found.kept is not None
    # The stated rate is 1/4; between it and twice its odds, 0.4, nothing has to be decided.
    assert 0.25 < found.refuted.value < 0.4
    assert found.kept.value < found.refuted.value
    assert found.confirm_opened > 0
    text = "\n".join(as_text([found], "given"))
    ends = f"less than {found.refuted.value:g} (refuted), and {found.kept.value:g} is not refuted"
    assert f"these data allow {ends} on 2 instances" in text
    assert "the edge of the statement itself may lie beyond both values" in text
    assert f"{found.confirm_opened} confirm streams x 1e-9" in text
    assert "failure rate > 0.25 is confirmed" in text


def test_every_value_has_a_stream_of_its_own_and_a_second_run_is_the_same() -> None:
    first, second = (toys.calibrate(toys.biased, "rate", KS, sides=("up",))[0] for _ in range(2))
    told = as_json([first], "x")["sides"][0], as_json([second], "x")["sides"][0]
    for one in told:
        del one["seconds"]
    assert told[0] == told[1]
    salted = Bench(toys.biased, options(salt=1))
    plain = Bench(toys.biased, options())
    margins = [
        bench.look({"rate": rate}, {"k": 1}).finding
        for bench in (plain, salted)
        for rate in (0.2, 0.2 + 1e-12)
    ]
    assert len({finding.quantile_margin for finding in margins if finding}) == 4


def test_an_edge_that_is_not_monotone_is_told_with_both() -> None:
    (found,) = toys.calibrate(toys.pocket, "shift", KS, sides=("down",))
    assert not found.found
    assert [p.value for p in found.exceptions]
    assert "not shown monotone: refuted at" in sentence(found)
    assert "yet supported at" in sentence(found)
    assert exit_code([found]) == 2


def test_a_constant_that_nothing_refutes_is_told_with_how_far() -> None:
    plan = Plan(limit=1000, hunts=0)
    (found,) = toys.calibrate(toys.sized, "square", KS, sides=("down",), plan=plan)
    assert found.refuted is None
    assert "not refuted down to 0.003 on 3 of 3 instances, at 5 values and" in sentence(found)
    assert "not refuted at 0.003 is evidence, no proof: 3 of 3" in "\n".join(as_text([found], ""))
    assert exit_code([found]) == 2


def test_integers_are_tried_as_integers_and_zero_on_a_scale_of_its_own() -> None:
    (power,) = toys.calibrate(toys.powers, "power", KS, sides=("down",), whole=True)
    assert power.refuted is not None
    assert power.kept is not None
    assert (power.refuted.value, power.kept.value) == (2, 3)
    (floor,) = toys.calibrate(toys.powers, "floor", KS, sides=("up",))
    assert floor.refuted is not None
    assert floor.kept is not None
    assert floor.kept.value <= 0.25 < floor.refuted.value <= 0.265
    (less,) = toys.calibrate(toys.powers, "less", KS, sides=("up",), whole=True)
    assert less.refuted is None  # -1 and 0 stand


def test_instances_where_the_claim_itself_is_refuted_are_left_out() -> None:
    given = [{"k": k} for k in (5, 21, 30)]
    (found,) = toys.calibrate(toys.often_false, "bound", given, sides=("down",))
    assert (found.left_out, found.instances) == (2, 1)
    assert found.kept is not None
    assert found.kept.value >= 5.0
    with pytest.raises(ValueError, match="refuted at all 2 of them; give"):
        toys.calibrate(toys.often_false, "bound", given[1:], sides=("down",))
    with pytest.raises(ValueError, match="none of those drawn was judged"):
        toys.calibrate(toys.often_false, "bound", [], sides=("down",))


def test_a_hunt_finds_harder_instances_than_the_given_ones() -> None:
    (found,) = toys.calibrate(toys.bounded, "bound", KS[:2], sides=("down",), plan=Plan(hunts=5))
    assert found.refuted is not None
    assert found.kept is not None
    assert found.instances > 2
    assert found.hunted > 0
    assert 40 < found.refuted.value < 99 <= found.kept.value + 12
    (without,) = toys.calibrate(toys.bounded, "bound", KS[:2], sides=("down",))
    assert without.kept is not None
    assert without.kept.value < 7.5


def test_a_crash_refutes_nothing_and_a_cap_ends_the_search() -> None:
    (found,) = toys.calibrate(toys.fragile, "divisor", KS, sides=("down",))
    assert found.refuted is None
    assert "nothing can be judged at 0.5: ZeroDivisionError" in found.stopped
    plan = Plan(values=4, hunts=0)
    (short,) = toys.calibrate(toys.below, "factor", KS, sides=("down",), plan=plan)
    assert short.stopped.startswith("4 values were tried")
    assert len(short.probes) == 4
    assert short.refuted is not None
    (dear,) = toys.calibrate(toys.biased, "rate", KS, sides=("up",), plan=Plan(cost=5000, hunts=0))
    assert dear.stopped == "a cost of 5000 is spent (--cost)"
    assert dear.cost < 5e4
    (late,) = toys.calibrate(toys.below, "factor", KS, plan=Plan(seconds=0.0, hunts=0))[:1]
    assert late.stopped == "0 s are spent (--seconds)"


def test_drawn_instances_are_judged_once_and_hold_the_mutants_witnesses() -> None:
    bench = Bench(toys.below, options(examples=5))
    found = drawn(bench)
    assert 1 <= len(found) <= 5
    looks = bench.looks
    assert all(bench.truth(values).finding is not None for values in found)
    assert bench.looks == looks


def test_the_report_is_json_and_a_figure_is_written(tmp_path: Path) -> None:
    sides = toys.calibrate(toys.exact, "factor", KS)
    data = json.loads(json.dumps(as_json(sides, "given"), allow_nan=False))
    assert (data["claim"], data["true"]) == (toys.exact.id, 1.0)
    assert [side["not_refuted"] for side in data["sides"]] == [1.0, 1.0]
    assert data["sides"][0]["witness"]["instance"] == {"k": 1}
    assert data["sides"][0]["witness"]["certified"].startswith("not certified")
    picture = importlib.import_module("claims.explore.calibration_picture")
    for one, name in ((toys.exact, "factor"), (toys.biased, "rate")):
        file = tmp_path / f"{name}.svg"
        picture.drawn(toys.calibrate(one, name, KS[:1]), file)
        text = file.read_text()
        assert text.startswith("<?xml")
        assert "</svg>" in text
