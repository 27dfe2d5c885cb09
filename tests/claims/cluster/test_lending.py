"""Parts of blocks that others compute: whatever becomes of them, the report is the same."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from claims.case import Case
from claims.claim import Claim
from claims.cluster import lending, part, place, task
from claims.cluster.house import house_code
from claims.cluster.lending import Lending
from claims.cluster.part import run_part
from claims.cluster.request import request_of, source_of
from claims.cluster.team import Errand, LostPartError, Team, UnwantedError
from claims.journal import Carried, Journal
from claims.run import Options
from claims.runner import Trial
from tests.claims.cluster import long_toys
from tests.claims.toys import options
from verdicts import Counted, CountedPart, OwnHands, Seeds

CLAIMS = [
    long_toys.rare,
    long_toys.open_question,
    long_toys.mean,
    long_toys.premised,
    long_toys.dear,
]


@pytest.fixture(autouse=True)
def _everything_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "LONG", 0.0)
    monkeypatch.setattr(lending, "_LISTEN", 0.0)
    monkeypatch.setattr(place, "_number", lambda: 0)
    part._stated.cache_clear()


@dataclass
class Others:
    """Workers in this process, that go wrong as they are told to.

    Attributes:
        names: of them.
        answers: what becomes of an errand's answer.
    """

    names: list[str] = field(default_factory=lambda: ["one", "two", "three"])
    answers: Callable[[str], str | None] = field(default=lambda answer: answer)
    sent: list[str] = field(default_factory=list)
    out: list[Errand] = field(default_factory=list)
    most: int = 0

    def idle(self) -> list[str]:
        busy = {errand.worker for errand in self.out}
        return [name for name in self.names if name not in busy]

    def send(self, worker: str, task: Callable[[str], str], request: str) -> Errand | None:
        assert task is run_part
        self.sent.append(worker)
        errand = Errand(worker, run_part(request))
        self.out.append(errand)
        self.most = max(self.most, len(self.out))
        return errand

    def answer(self, errand: Errand, seconds: float) -> str | None:  # noqa: ARG002
        answer = self.answers(errand.future)
        if answer is not None:
            self.out.remove(errand)
        return answer

    def forget(self, errand: Errand) -> None:
        self.out.remove(errand)


def cases() -> list[Case]:
    return [Case(claim, which) for claim in CLAIMS for which in (None, *claim.mutants)]


def told(case: Case, chosen: Options) -> dict[str, Any]:
    found = Trial(case, chosen).run().to_json()
    del found["seconds"]
    return found


def lent(case: Case, others: Others, **changes: Any) -> tuple[dict[str, Any], Lending]:
    given = Lending(json.loads(request_of(case, options(), source_of(case.claim.file))), others)
    return told(case, options(hands=given.hands, **changes)), given


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_who_computes_a_part_changes_nothing(case: Case) -> None:
    others = Others()
    found, given = lent(case, others)
    assert found == told(case, options())
    assert given.returned > 0
    assert others.most == len(others.names)
    assert others.out == []  # what was not needed any more was called back


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("mutant", [None, *long_toys.broken.mutants])
def test_of_parts_that_raise_the_first_is_told(
    workers: int, lost: bool, mutant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "GRACE", 0.0)
    case = Case(long_toys.broken, mutant)
    others = Others([*"abcde"[:workers]], (lambda _: None) if lost else (lambda answer: answer))
    one, two = Journal(Carried()), Journal(Carried())
    found, given = lent(case, others, journal=one)
    # As text: the premises come in their order too, and a traceback says nothing of the lending.
    assert json.dumps(found) == json.dumps(told(case, options(journal=two)))
    assert found["reason"].startswith("ValueError('at 4')")
    assert one.pages.lines(case.claim.id) == two.pages.lines(case.claim.id)
    given.close()
    assert others.out == []


def test_who_is_late_is_given_no_other_part_before_the_first_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lending, "GRACE", 0.0)
    others = Others(["one"], lambda _: None)
    case = Case(long_toys.dear)
    found, given = lent(case, others)
    assert found == told(case, options())
    assert others.sent == ["one"]
    assert given.late == others.out != []
    given.close()
    assert given.late == others.out == []


def test_the_journal_of_lent_parts_is_that_of_a_run_alone() -> None:
    for case in cases():
        one, two = Journal(Carried()), Journal(Carried())
        found, given = lent(case, Others(), journal=one)
        assert given.returned > 0
        assert found == told(case, options(journal=two))
        pages = [journal.pages.lines(case.claim.id) for journal in (one, two)]
        assert pages[0] == pages[1]


def lost(_: str) -> str:
    raise LostPartError("it died")


@pytest.mark.parametrize(
    ("answers", "least"),
    [
        (lost, 4),
        (lambda _: None, 4),  # it never comes
        (lambda _: json.dumps({"broken": "ValueError"}), 4),
    ],
)
def test_a_part_that_does_not_come_back_is_computed_here(
    answers: Callable[[str], str | None], least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "GRACE", 0.0)
    others = Others(answers=answers)
    case = Case(long_toys.open_question)
    found, given = lent(case, others)
    assert found == told(case, options())
    assert given.returned == 0
    assert len(others.sent) >= least  # they are asked again: the next part may go well


def test_a_worker_of_another_kind_is_asked_once() -> None:
    others = Others(["one"], lambda _: json.dumps({"no": "another kind of machine"}))
    case = Case(long_toys.open_question)
    found, given = lent(case, others)
    assert found == told(case, options())
    assert others.sent == ["one"]
    assert given.refused == {"one"}


def asked(claim: Claim, **changes: Any) -> str:
    case = Case(claim)
    request = json.loads(request_of(case, options(), source_of(claim.file)))
    instance = part.Instance(request, case, {"k": 1}, "cpu")
    common = json.loads(json.loads(instance.request("search", SEEDS))["instance"])
    common |= changes
    whole = {"instance": json.dumps(common), "salt": 0, "role": "search"}
    return json.dumps({**whole, "first": 3, "count": 2})


SEEDS = Seeds((1, 2), 3, 2)


def test_another_house_and_another_machine_compute_no_part() -> None:
    good = json.loads(run_part(asked(long_toys.rare)))
    assert good["kind"] == "counted"
    far = json.loads(run_part(asked(long_toys.rare, house="other")))
    assert "runs another version of the house; restart it" in far["no"]
    far = json.loads(run_part(asked(long_toys.rare, version="other")))
    assert far == {"no": "another kind of machine: its last digits may differ"}
    assert len(house_code()) == 32


def test_code_that_raises_says_so_and_no_more() -> None:
    assert json.loads(run_part(asked(long_toys.rare, recipe={"k": "nonsense"})))["broken"]
    assert json.loads(run_part(asked(long_toys.rare, case="long_toys.nothing")))["broken"]


def test_a_process_does_one_thing_at_a_time() -> None:
    answers: list[str] = []
    other = threading.Thread(target=lambda: answers.append(run_part(asked(long_toys.rare))))
    with place.alone():
        other.start()
        other.join(0.1)
        assert answers == []
    other.join()
    assert json.loads(answers[0])["kind"] == "counted"


def test_short_parts_are_not_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "LONG", 60.0)
    others = Others()
    _, given = lent(Case(long_toys.rare), others)
    assert (given.returned, others.sent) == (0, [])


def test_a_team_whose_scheduler_is_gone_has_nobody() -> None:
    team = Team()  # this process is no worker
    assert team.idle() == []
    assert team.send("tcp://far:1", run_part, "") is None
    with pytest.raises(LostPartError):
        team.answer(Errand("tcp://far:1", None), 0.0)
    team.forget(Errand("tcp://far:1", None))


def test_a_case_that_nobody_wants_any_more_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: dict[str, tuple[str, ...]] = {"here": ("case-1",), "far": (), "busy": ("case-2",)}
    team = Team()
    team._here, team._task = "here", "case-1"
    team._client = SimpleNamespace(processing=lambda: tasks)
    assert team.idle() == ["far"]
    tasks["here"] = ()  # called off: the scheduler takes this worker for idle as well
    with pytest.raises(UnwantedError):
        team.idle()
    monkeypatch.setattr(task, "Team", lambda: team)
    case = Case(long_toys.dear)
    request = request_of(case, options(), source_of(case.claim.file))
    assert json.loads(task.run_case(request)) == {"unwanted": case.id}


def test_own_hands_compute_in_order() -> None:
    said = Counted(1, 0, 1, None, (), "proved")
    work: Any = type("W", (), {"parts": [1, 2], "compute": lambda _, k: CountedPart(said, k)})()
    assert [part.upper for part in OwnHands().compute(work)] == [1, 2]
