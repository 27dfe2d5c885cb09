import math

import pytest

from verdicts import ErrorBudget, Finding, Ledger, Outcome, Verdict, conclude

supported = Finding("supported", "margin >= 0.25", "margin >= 0.25", 0.25, 0.25)
chance = Finding("supported", "fine", "failure rate <= 0.18 (stated 0.1)", -0.8, 0.0, seeds=192)
refuted = Finding("refuted", "1 of 1 rows fails", "", -2.0, -2.0)
confirmed = Finding("refuted", "fails", "", -3.0, -1.0, seeds=128, confirm_opened=True)
undecided = Finding("undecided", "too close", "", -0.9, 0.1, seeds=512)
unconfirmed = Finding("undecided", "suspected", "", -0.9, 0.1, seeds=640, confirm_opened=True)
hollow = Finding("undecided", "premise seldom met", "", -0.5, 0.0, seeds=512, vacuous=True)


def concluded(
    *findings: Finding,
    ledger: Ledger | None = None,
    required: int = 20,
    edge: bool = False,
    stopped: str = "",
    error: str = "",
) -> Verdict:
    met = len(findings)
    return conclude(
        findings,
        ledger or Ledger(draws=met, met=met),
        required=required,
        edge=edge,
        stopped=stopped,
        error=error,
    )


CASES: list[tuple[str, Verdict, Outcome, str]] = [
    (
        "all supported",
        concluded(*[supported] * 19, chance),
        Outcome.SUPPORTED,
        "on 20 instances, failure rate <= 0.18 (stated 0.1)",
    ),
    (
        "one refuted among many",
        concluded(*[supported] * 40, refuted),
        Outcome.REFUTED,
        "by 1 instance: 1 of 1 rows fails",
    ),
    (
        "the worst of two",
        concluded(refuted, confirmed, Finding("undecided", "", "", -9.0, 0.0)),
        Outcome.REFUTED,
        "by 2 instances: fails",
    ),
    (
        "one undecided",
        concluded(*[supported] * 40, undecided),
        Outcome.UNDECIDED,
        "1 of 41 instances undecided: too close",
    ),
    (
        "too few supported",
        concluded(*[supported] * 19),
        Outcome.UNDECIDED,
        "19 instances supported of the 20 needed",
    ),
    (
        "both",
        concluded(*[supported] * 9, undecided),
        Outcome.UNDECIDED,
        "1 of 10 instances undecided: too close; 9 instances supported of the 20 needed",
    ),
    (
        "few instances",
        concluded(*[supported] * 9, ledger=Ledger(300, 9, premises={"a": 9, "b": 30})),
        Outcome.VACUOUS,
        "9 of 300 distinct instances met all premises, 10 are needed; premise 'a' held in 9",
    ),
    (
        "small share",
        concluded(*[supported] * 20, ledger=Ledger(1001, 20)),
        Outcome.VACUOUS,
        "20 of 1001 distinct instances met all premises, 2% are needed",
    ),
    (
        "nothing drawn",
        concluded(ledger=Ledger(0, 0)),
        Outcome.VACUOUS,
        "0 of 0 distinct instances met all premises, 10 are needed",
    ),
    (
        "never at the edge",
        concluded(*[supported] * 20, edge=True),
        Outcome.VACUOUS,
        "none of 20 instances lies within 10 % of the edge of a premise",
    ),
    (
        "hollow events",
        concluded(*[supported] * 9, *[hollow] * 30),
        Outcome.VACUOUS,
        "9 of 39 distinct instances met all premises, 10 are needed; premise seldom met",
    ),
    (
        "a refutation among vacuity",
        concluded(refuted, *[hollow] * 30),
        Outcome.REFUTED,
        "by 1 instance: 1 of 1 rows fails",
    ),
    (
        "stopped early",
        concluded(*[supported] * 3, stopped="budget"),
        Outcome.UNDECIDED,
        "budget; 3 instances supported of the 20 needed",
    ),
    (
        "stopped before the edge was seen",
        concluded(*[supported] * 20, edge=True, stopped="budget"),
        Outcome.UNDECIDED,
        "budget; none of 20 instances lies within 10 % of the edge of a premise",
    ),
    ("a crash", concluded(refuted, error="ZeroDivisionError"), Outcome.ERROR, "ZeroDivisionError"),
    (
        "a finite domain",
        concluded(*[supported] * 3, ledger=Ledger(3, 3, exhausted=True)),
        Outcome.SUPPORTED,
        "on 3 instances, margin >= 0.25",
    ),
    (
        "an empty finite domain",
        concluded(ledger=Ledger(3, 0, exhausted=True)),
        Outcome.VACUOUS,
        "0 of 3 distinct instances met all premises, 1 is needed",
    ),
]


@pytest.mark.parametrize(
    ("verdict", "outcome", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_findings_are_concluded_by_the_rules(
    verdict: Verdict, outcome: Outcome, reason: str
) -> None:
    assert verdict.outcome is outcome
    assert verdict.reason == reason
    assert str(verdict) == f"{outcome.value} {reason}"


def test_at_the_edge_is_enough() -> None:
    ledger = Ledger(20, 20, near_edge=1)
    assert concluded(*[supported] * 20, ledger=ledger, edge=True).outcome is Outcome.SUPPORTED


def test_hollow_instances_count_for_nothing() -> None:
    verdict = concluded(*[supported] * 20, *[hollow] * 5)
    assert verdict.outcome is Outcome.SUPPORTED
    assert (verdict.supported, verdict.vacuous) == (20, 5)
    assert concluded(*[supported] * 15, *[hollow] * 5).outcome is Outcome.UNDECIDED


def test_a_verdict_points_at_its_worst_instance() -> None:
    assert concluded().worst is None
    assert concluded(supported, undecided, chance).worst == 1
    assert concluded(supported, undecided, refuted, confirmed).worst == 3
    unbounded = Finding("undecided", "", "", -math.inf, 0.0)
    assert concluded(refuted, unbounded).worst == 0


@pytest.mark.parametrize(
    ("outcome", "quick", "thorough"),
    [
        (Outcome.SUPPORTED, True, True),
        (Outcome.UNDECIDED, True, False),
        (Outcome.REFUTED, False, False),
        (Outcome.VACUOUS, False, False),
        (Outcome.ERROR, False, False),
    ],
)
def test_what_passes(outcome: Outcome, quick: bool, thorough: bool) -> None:
    assert outcome.passes(strict=False) is quick
    assert outcome.passes(strict=True) is thorough


def test_the_error_budget_counts_confirm_streams_and_chance_support() -> None:
    budget = ErrorBudget.of([supported, chance, chance, confirmed, unconfirmed, undecided])
    assert budget == ErrorBudget(confirm_streams=2, supported=2)
    assert budget.total == pytest.approx(2.002e-6)
    assert (budget + ErrorBudget(1, 1)) == ErrorBudget(3, 3)
    assert str(budget) == "2e-06 = 2 confirm streams x 1e-9 + 2 supported instances x 1e-6"
    assert concluded(chance, confirmed).budget == ErrorBudget(1, 1)
