"""What a calibration keeps of a hunt, of an exact model that denies it, and of its other side."""

import pytest

from claims.certificates import Certified
from claims.explore import calibration
from claims.explore.bench import Bench
from claims.explore.calibration import Calibration, Plan
from claims.explore.calibration_told import as_json, as_text, exit_code, sentence
from claims.explore.ladder import Ladder
from claims.explore.probing import Prober, Purse
from tests.claims.explore import toys
from tests.claims.toys import options

KS = [{"k": k} for k in (1, 7)]


def prober() -> Prober:
    ladder = Ladder(200.0, "down", whole=False, digits=2, limit=1e6)
    return Prober(Bench(toys.bounded, options()), "bound", ladder, Purse(60, 1e9, 60.0), [*KS])


def test_what_a_hunt_refutes_a_value_with_stays_there_and_is_tried_first() -> None:
    one = prober()
    assert one.probe(50.0).outcome == "supported"
    found, judged = one.bench.hunt(one.setting(50.0), seconds=60.0)
    assert found is not None
    assert judged > 0
    assert found.values["k"] > 50  # type: ignore[operator]
    looks = one.bench.looks
    one.add(found, 50.0)
    # Refuted on the hunt's own stream: the value is not judged there once more.
    assert one.told(50.0).outcome == "refuted"
    assert one.told(50.0).worst is found
    assert one.bench.looks == looks
    assert one.instances == [*KS, found.values]
    nearer = one.probe(49.0)
    assert (nearer.outcome, nearer.judged) == ("refuted", 1)
    one.add(found, 50.0)
    assert len(one.instances) == 3  # known by its recipe


def test_a_refutation_that_the_exact_model_denies_is_no_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def deny(*_: object) -> Certified:
        return Certified(None, "not refuted, 3 <= 4", contradicted=True)

    (found,) = toys.calibrate(toys.below, "factor", KS, sides=("down",))
    assert (found.contradicted, exit_code([found])) == (False, 0)
    monkeypatch.setattr(calibration, "certified", deny)
    assert found.contradicted
    assert not found.found
    assert exit_code([found]) == 2
    assert found.refuted is not None
    told = sentence(found)
    assert f"refuted at {found.refuted.value:g} in floats, and not by the exact model" in told
    assert "need more" not in told
    assert "  not certified: not refuted, 3 <= 4" in "\n".join(as_text([found], ""))
    assert as_json([found], "")["sides"][0]["witness"]["certified"].startswith("not certified")


def test_what_one_side_took_is_not_the_other_ones() -> None:
    down, up = toys.calibrate(toys.exact, "factor", KS)
    each = down.cost, up.cost - down.cost  # a result holds what was spent before it
    assert min(each) > 0
    plan = Plan(hunts=0, cost=1.2 * max(each))
    assert plan.cost < up.cost
    assert [side.stopped for side in toys.calibrate(toys.exact, "factor", KS, plan=plan)] == [
        "",
        "",
    ]


@pytest.mark.parametrize("digits", [2, 8])
def test_two_ends_never_look_the_same(digits: int) -> None:
    plan = Plan(digits=digits, hunts=0, values=120)
    (found,) = toys.calibrate(toys.bounded, "bound", [{"k": 97}], sides=("down",), plan=plan)
    assert isinstance(found, Calibration)
    assert found.refuted is not None
    assert found.kept is not None
    assert found.refuted.value < 97.0 <= found.kept.value
    assert found.kept.value / found.refuted.value - 1 <= 0.5 * 10 ** (1 - digits)
    low, high = map(found.ladder.shown, (found.refuted.value, found.kept.value))
    assert (float(low), float(high)) == (found.refuted.value, found.kept.value)
    assert f"these data need more than {low} (refuted), and {high} " in sentence(found)
