"""The premise ledger."""

from __future__ import annotations

import math

import pytest

from claims import PremiseNotMetError, assume_premise, reached
from claims.ledger import Ledger, Visit, visiting
from verdicts import Approx, Margin, at_least, exactly


def slack(low: float, high: float | None = None) -> Margin:
    return at_least(Approx(low, low if high is None else high), exactly(0))


@pytest.mark.parametrize("margin", [slack(0, 1), slack(0), slack(-1, 1), slack(-2, -1)])
def test_a_premise_that_touches_zero_is_not_met(margin: Margin) -> None:
    with pytest.raises(PremiseNotMetError, match="'small' is not certainly met") as caught:
        assume_premise("small", margin)
    assert caught.value.name == "small"


def test_a_premise_met_in_every_row_is_met() -> None:
    with visiting() as visit:
        assume_premise("small", at_least(Approx([0.5, 0.25], [1, 1]), exactly([0, 0])))
    assert visit.met == {"small": pytest.approx(0.25)}
    assert not visit.on_the_edge


def test_a_dropped_premise_is_noted_and_not_enforced() -> None:
    with visiting("small") as visit:
        assume_premise("small", slack(-1))
        with pytest.raises(PremiseNotMetError):
            assume_premise("odd", slack(-1))
    assert visit.failed == ["small", "odd"]


def test_the_ledger_counts_instances_premises_and_edges() -> None:
    ledger = Ledger()
    ledger.enter(Visit(met={"small": 0.05, "odd": 3.0}), met=True)
    ledger.enter(Visit(met={"small": 0.5, "odd": 2.0}), met=True)
    ledger.enter(Visit(met={"small": 0.01}, failed=["odd"]), met=False)
    assert (ledger.met, ledger.excluded, ledger.draws, ledger.edge) == (2, 1, 3, 1)
    assert ledger.to_json() == {
        "small": {"held": 3, "failed": 0, "nearest": 0.01},
        "odd": {"held": 2, "failed": 1, "nearest": 2.0},
    }


def test_a_premise_that_never_held_has_no_nearest_slack() -> None:
    ledger = Ledger()
    ledger.enter(Visit(failed=["odd"]), met=False)
    assert ledger.to_json() == {"odd": {"held": 0, "failed": 1, "nearest": None}}
    assert math.isinf(ledger.premises["odd"].nearest)


def test_a_claim_tells_how_large_it_became() -> None:
    with visiting() as visit:
        reached(m=3)
        reached(m=7, steps=2)
        reached(m=5)
    reached(m=9)
    assert visit.sizes == {"m": 7, "steps": 2}
