"""A case as text, run as a worker runs it, and taken home: all in this process."""

import json
import queue
import sys
import time
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from claims.case import Case
from claims.cluster import client, house, place, session, task
from claims.cluster.request import RefusedWorkError, request_of, source_of, taken_home
from claims.cluster.session import Arrived, Spread, lost_words
from claims.journal import Carried, Journal, JournalError
from claims.run import Options
from claims.runner import Trial
from claims.store import Store
from tests.claims import toys
from tests.claims.runs import HEADER, TRUE, run_pytest
from tests.claims.toys import options


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_number", lambda: 0)
    monkeypatch.setattr(task, "address", lambda: "tcp://here:1")
    monkeypatch.delitem(sys.modules, "far_toys", raising=False)
    house.module_of.cache_clear()


def asked(case: Case, chosen: Options) -> str:
    return request_of(case, chosen, source_of(case.claim.file))


def far(case: Case, chosen: Options) -> dict[str, Any]:
    told = json.loads(task.run_case(asked(case, chosen)))
    found = taken_home(told, case, chosen).to_json()
    del found["seconds"]
    return found


def near(case: Case, chosen: Options) -> dict[str, Any]:
    found = Trial(case, chosen).run().to_json()
    del found["seconds"]
    return found


@pytest.mark.parametrize("index", [None, 0, 3])
def test_a_case_that_travels_comes_to_the_same(index: int | None, tmp_path: Path) -> None:
    claim = toys.at_most_itself
    case = Case(claim, None if index is None else claim.mutants[index])
    assert far(case, options(salt=5)) == near(case, options(salt=5))
    assert list(tmp_path.iterdir()) == []


def test_counterexamples_travel_both_ways(tmp_path: Path) -> None:
    case = Case(toys.false_bound)
    one = far(case, options(store=Store(tmp_path / "far")))
    two = near(case, options(store=Store(tmp_path / "near")))
    assert one["kept"].replace("/far/", "/near/") == two["kept"]
    assert Path(one["kept"]).exists()
    # The second run tries it first, wherever it runs.
    again = far(case, options(store=Store(tmp_path / "far")))
    assert again["examples"] == near(case, options(store=Store(tmp_path / "near")))["examples"]


def test_evidence_travels_both_ways() -> None:
    case = Case(toys.easy_coin)
    chosen = options(journal=Journal(Carried()))
    first = far(case, chosen)
    journal = chosen.journal
    assert journal is not None
    assert journal.taken().added > 0
    lines = journal.pages.lines(case.claim.id)
    read = options(journal=Journal(Carried(lines)))
    assert far(case, read) == first == near(case, options())
    assert read.journal is not None
    assert read.journal.taken().added == 0
    assert read.journal.pages.lines(case.claim.id) == lines


def test_another_house_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(toys.easy_coin)
    request = asked(case, options())
    monkeypatch.setattr(place, "house_code", lambda: "another")
    with pytest.raises(RefusedWorkError, match="runs another version of the house; restart it"):
        taken_home(json.loads(task.run_case(request)), case, options())


def test_a_file_that_the_worker_lacks_is_run_from_its_text(tmp_path: Path) -> None:
    given = json.loads(asked(Case(toys.easy_coin), options()))
    given["file"] = str(tmp_path / "not here" / "toys.py")
    given["module"] = "tests.claims.far_toys"
    given["case"] = "far_toys.easy_coin"
    found = json.loads(task.run_case(json.dumps(given)))["report"]
    assert (found["case"], found["outcome"]) == ("far_toys.easy_coin", "SUPPORTED")
    module = house.module_of(given["module"], given["file"], given["source"])
    assert str(module.__file__).endswith("/toys.py")
    assert not Path(given["file"]).exists()


def test_a_worker_of_no_use_is_told_why() -> None:
    good = {"house": house.house_code(), "host": "far", "threads": 1}
    assert client._objection(good) == ""
    assert "--nthreads 1" in client._objection({**good, "threads": 4})
    assert "another version" in client._objection({**good, "house": "other"})
    assert "No module named 'claims'" in client._objection(ImportError("No module named 'claims'"))


class Gone:
    """The library's client once its scheduler is gone."""

    scheduler = SimpleNamespace(ncores=None)

    def fail(self, *_: object, **__: object) -> None:
        raise OSError("Connection reset by peer\nand much more")

    sync = submit = cancel = close = fail


def test_a_scheduler_that_has_gone_is_told_in_a_line_and_left_alone() -> None:
    cluster = client.Cluster.__new__(client.Cluster)
    cluster.name, cluster._client, cluster._own, cluster._lost = "tcp://far:1", Gone(), None, False
    cluster._useless = set()
    spread = Spread(cluster.name, lambda _: None)
    spread._cluster = cluster
    item: Any = SimpleNamespace()
    line = "tcp://far:1 does not answer any more: Connection reset by peer; start it and"
    with pytest.raises(pytest.Session.Interrupted, match=line) as stopped:
        spread._home(cluster, deque([item]))
    assert "\n" not in str(stopped.value)
    with pytest.raises(client.ClusterError, match=line):
        cluster.submit(task.run_case, "", "key")
    spread._flying = {"key": (item, None)}
    spread.pytest_sessionfinish()  # neither raises nor waits
    spread.pytest_unconfigure()
    assert spread._cluster is None


def test_a_case_that_was_lost_is_told_in_a_line() -> None:
    assert "\n" not in lost_words("toys.lemma_4", OSError("one\ntwo"))


def future_of(outcome: Any, status: str) -> Any:
    def result(timeout: float) -> Any:  # noqa: ARG001  as the library calls it
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    again: list[Any] = []
    return SimpleNamespace(
        key="key",
        status=status,
        result=result,
        cancelled=lambda: status == "cancelled",
        add_done_callback=again.append,
        again=again,
    )


def test_what_comes_of_a_task() -> None:
    cluster = client.Cluster.__new__(client.Cluster)
    cluster.name, cluster.done = "tcp://far:1", queue.Queue()
    assert cluster.answer(future_of("{}", "finished")) == "{}"
    raised = TimeoutError("of the claims file")
    assert cluster.answer(future_of(raised, "error")) is raised
    lost = future_of(TimeoutError("20 s"), "pending")  # with its worker, after it was done
    assert cluster.answer(lost) is None
    assert lost.again == [cluster.done.put]
    with pytest.raises(client.ClusterError, match="tcp://far:1 was lost with what was out"):
        cluster.answer(future_of(RuntimeError("cancelled"), "cancelled"))


def test_what_a_worker_refuses_is_given_to_others() -> None:
    aside: list[str] = []
    cluster: Any = SimpleNamespace(
        name="far",
        slots=0,
        done=queue.Queue(),
        answer=lambda future: future.result(0.0),
        set_aside=aside.append,
    )
    cluster.done.put(future_of('{"refused": "another house", "worker": "tcp://w"}', "finished"))
    spread = Spread("far", lambda _: None)
    item: Any = SimpleNamespace()
    spread._flying = {"key": (item, None)}
    cases: deque[Any] = deque()
    assert spread._home(cluster, cases) == []
    assert (aside, list(cases), spread._flying) == (["tcp://w"], [item], {})
    spread._empty_since = time.monotonic() - 61.0
    with pytest.raises(pytest.Session.Interrupted, match="no worker for 60 s: another house"):
        spread._home(cluster, cases)


REST = """
import pytest

made = []

@pytest.fixture(scope="module")
def costly():
    made.append(1)

def test_one(costly): pass

def test_two(costly): assert made == [1]
"""


def test_tests_between_the_cases_keep_their_fixtures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Here:
        """A cluster of this process."""

        name, slots = "here", 1

        def __init__(self, *_: str) -> None:
            self.done: queue.Queue[Any] = queue.Queue()

        def submit(self, function: Any, request: str, key: str) -> Any:
            future = SimpleNamespace(key=key, told=function(request))
            self.done.put(future)
            return future

        def answer(self, future: Any) -> Any:
            return future.told

        def cancel(self, futures: list[Any]) -> None:
            assert futures == []

        def close(self) -> None:
            self.done.put(None)

    monkeypatch.setattr(session, "Cluster", Here)
    (tmp_path / "toys.py").write_text(HEADER + TRUE)
    (tmp_path / "test_rest.py").write_text(REST)
    ran = run_pytest(tmp_path, "toys.py", "test_rest.py", "--claims-cluster", "1")
    assert (ran.code, ran.report["manifest"]["workers"]) == (0, 1), ran.text
    assert "cluster here: 5 cases came home, 0 parts" in ran.text


def test_what_is_meant_for_pytest_and_what_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise JournalError("j: cannot be written: No space left on device")

    case = Case(toys.easy_coin)
    with pytest.raises(pytest.exit.Exception, match="enough"):
        Arrived(case, options(), pytest.exit.Exception("enough"), lambda _: None).run()
    monkeypatch.setattr(session, "taken_home", full)
    with pytest.raises(pytest.fail.Exception) as failed:
        Arrived(case, options(), {"report": {}}, lambda _: None).run()
    assert str(failed.value) == "j: cannot be written: No space left on device"
    assert failed.value.__context__ is None


def test_code_that_leaves_python_takes_no_worker_along(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(_: Trial) -> None:
        raise SystemExit(3)

    monkeypatch.setattr(Trial, "run", leave)
    with pytest.raises(task.LeftError, match=r"left Python by sys.exit\(3\)"):
        task.run_case(asked(Case(toys.easy_coin), options()))


def test_certificates_that_are_missing_are_named() -> None:
    distributed = pytest.importorskip("distributed")
    with pytest.raises(client.ClusterError, match=r"no certificates: set ca-file, client\.cert"):
        client._connected(distributed, "tls://127.0.0.1:9")


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(client.ClusterError, match=r"pip install -e '.\[cluster\]'"):
        client.Cluster("2", "cpu")


def test_a_case_that_kills_its_workers_is_named() -> None:
    class KilledWorker(Exception):  # noqa: N818  its name in the library
        allowed_failures = 2

    told = lost_words("toys.lemma_4", KilledWorker())
    assert told == "3 workers died while they ran toys.lemma_4; it is not given to another one"
