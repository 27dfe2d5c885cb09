"""A case as text, run as a worker runs it, and taken home: all in this process."""

import json
import sys
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from claims.case import Case
from claims.cluster import client, house, place, task
from claims.cluster.request import RefusedWorkError, request_of, taken_home
from claims.cluster.session import Spread, lost_words
from claims.journal import Carried, Journal
from claims.run import Options
from claims.runner import Trial
from claims.store import Store
from tests.claims import toys
from tests.claims.toys import options


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_number", lambda: 0)
    monkeypatch.delitem(sys.modules, "far_toys", raising=False)
    house.module_of.cache_clear()


def far(case: Case, chosen: Options) -> dict[str, Any]:
    told = json.loads(task.run_case(request_of(case, chosen)))
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
    request = request_of(case, options())
    monkeypatch.setattr(place, "house_code", lambda: "another")
    with pytest.raises(RefusedWorkError, match="runs another version of the house; restart it"):
        taken_home(json.loads(task.run_case(request)), case, options())


def test_a_file_that_the_worker_lacks_is_run_from_its_text(tmp_path: Path) -> None:
    asked = json.loads(request_of(Case(toys.easy_coin), options()))
    asked["file"] = str(tmp_path / "not here" / "toys.py")
    asked["module"] = "tests.claims.far_toys"
    asked["case"] = "far_toys.easy_coin"
    found = json.loads(task.run_case(json.dumps(asked)))["report"]
    assert (found["case"], found["outcome"]) == ("far_toys.easy_coin", "SUPPORTED")
    module = house.module_of(asked["module"], asked["file"], asked["source"])
    assert str(module.__file__).endswith("/toys.py")
    assert not Path(asked["file"]).exists()


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
    assert spread._cluster is None


def test_a_case_that_was_out_when_the_scheduler_went_is_told_in_a_line() -> None:
    class FutureCancelledError(Exception):  # its name in the library
        pass

    told = lost_words("toys.lemma_4", FutureCancelledError("key\ncancelled"))
    assert told == "the scheduler was lost while toys.lemma_4 was out; run it again"
    assert "\n" not in lost_words("toys.lemma_4", OSError("one\ntwo"))


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(client.ClusterError, match=r"pip install -e '.\[cluster\]'"):
        client.Cluster("2", "cpu")


def test_a_case_that_kills_its_workers_is_named() -> None:
    class KilledWorker(Exception):  # noqa: N818  its name in the library
        allowed_failures = 2

    told = lost_words("toys.lemma_4", KilledWorker())
    assert told == "3 workers died while they ran toys.lemma_4; it is not given to another one"
