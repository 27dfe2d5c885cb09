import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase, ReadOnlyDatabase

from claims.counterexample import file_name, read
from claims.store import MOST_RECALLED, Store, Stored
from tests.claims.documents import case_in, claims_file, made, sealed, witness, written


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return claims_file(tmp_path_factory.mktemp("paper"))


def numbers(found: list[Stored]) -> list[object]:
    return [stored.instance["n"] for stored in found]


class Broken(ExampleDatabase):
    """A server that is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def save(self, key: bytes, value: bytes) -> None:
        raise NotImplementedError

    def delete(self, key: bytes, value: bytes) -> None:
        raise NotImplementedError

    def fetch(self, key: bytes) -> Iterable[bytes]:
        self.calls += 1
        raise ConnectionError(f"redis://team:6379/0: timed out after {len(key) > 0:d} s")


def test_what_is_kept_is_recalled_for_its_claim_and_setting_newest_last(
    mine: Path, tmp_path: Path
) -> None:
    store = Store(tmp_path / "kept")
    for age, n in enumerate((25, 30, 22)):
        path = store.keep(made(case_in(mine, "lemma_1"), witness(n=n)))
        assert path is not None
        os.utime(path, ns=(0, (100 - age) * 10**9))
    store.keep(made(case_in(mine, "lemma_1", "bound=2.5"), witness(n=5)))
    store.keep(made(case_in(mine, "lemma_3"), witness(certified=False, n=7)))
    again = Store(tmp_path / "kept")
    assert numbers(again.recall("mine.lemma_1", "")) == [22, 30, 25]
    assert numbers(again.recall("mine.lemma_1", "bound=2.5")) == [5]
    assert numbers(again.recall("mine.lemma_3", "")) == [7]
    assert again.recall("mine.lemma_3", "rate=0.9") == []
    assert again.recall("mine.lemma_4", "") == []
    assert store.warnings == again.warnings == []


def test_keeping_twice_leaves_one_file(mine: Path, tmp_path: Path) -> None:
    store = Store(tmp_path, InMemoryExampleDatabase())
    first = store.keep(made(case_in(mine, "lemma_1"), witness(n=25)))
    second = store.keep(made(case_in(mine, "lemma_1"), witness(n=25), worst=witness(n=30)))
    assert first == second
    assert len(list(tmp_path.rglob("*.json"))) == 1
    assert first is not None
    assert read(first)["witnesses"]["worst"] is not None


def test_a_damaged_file_is_told_in_a_line_and_the_others_are_recalled(
    mine: Path, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    store.keep(document)
    folder = tmp_path / "mine.lemma_1"
    (folder / "torn.json").write_text(json.dumps(document)[:100])
    (folder / "edited.json").write_text(json.dumps(document).replace("25", "26"))
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    (folder / "notes.txt").write_text("not ours")
    written(folder / "moved.json", sealed({**document, "claim": "mine.lemma_2"}))
    huge = sealed(json.loads(json.dumps(document).replace('{"n": 25}', '{"n": 1e399}')))
    assert huge
    assert numbers(store.recall("mine.lemma_1", "")) == [25]
    told = sorted(store.warnings)
    assert [line.partition(": ")[0] for line in told] == [
        str(folder / name) for name in ("edited.json", "moved.json", "torn.json")
    ]
    assert all("not recalled" in line and "\n" not in line for line in told)
    assert store.recall("mine.lemma_1", "")
    assert sorted(store.warnings) == told  # each is said once


def test_the_number_of_recalled_ones_is_bounded_and_it_is_said(mine: Path, tmp_path: Path) -> None:
    store = Store(tmp_path)
    case = case_in(mine, "lemma_1")
    for k in range(MOST_RECALLED + 3):
        path = store.keep(made(case, witness(certified=False, n=k)))
        assert path is not None
        os.utime(path, ns=(0, k * 10**9))
    assert numbers(store.recall("mine.lemma_1", "")) == list(range(3, MOST_RECALLED + 3))
    (line,) = store.warnings
    assert line.startswith("mine.lemma_1: 3 older counterexamples were not run again, only the")
    assert line.endswith(f"{MOST_RECALLED}; python -m claims replay {tmp_path / 'mine.lemma_1'}")


def test_a_fixed_one_is_moved_and_said(mine: Path, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.keep(made(case_in(mine, "lemma_1"), witness(n=25)))
    (stored,) = store.recall("mine.lemma_1", "")
    line = store.fixed(stored, "supported")
    target = tmp_path / "mine.lemma_1" / "fixed" / stored.path.name
    assert line == f"FIXED mine.lemma_1: supported; moved to {target}"
    assert read(target)["claim"] == "mine.lemma_1"
    assert store.recall("mine.lemma_1", "") == []
    again = store.fixed(stored, "supported")
    assert "cannot be moved" in again
    assert store.keep(made(case_in(mine, "lemma_1"), witness(n=25))) == stored.path
    assert numbers(store.recall("mine.lemma_1", "")) == [25]


def test_a_folder_that_cannot_be_written_is_a_warning(mine: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    assert store.keep(made(case_in(mine, "lemma_1"), witness(n=25))) is None
    assert store.recall("mine.lemma_1", "") == []
    assert len(store.warnings) == 1
    assert "a counterexample of mine.lemma_1 was not kept: " in store.warnings[0]


def test_a_document_that_nobody_could_read_is_not_kept(mine: Path, tmp_path: Path) -> None:
    store = Store(tmp_path)
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    assert store.keep({**document, "statement": "x" * 30_000}) is None
    assert "was not kept: a string has more than" in store.warnings[0]


def test_a_team_shares_what_one_of_them_found(mine: Path, tmp_path: Path) -> None:
    team = InMemoryExampleDatabase()
    ann, bob = Store(tmp_path / "ann", team), Store(tmp_path / "bob", team)
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    ann.keep(document)
    assert numbers(bob.recall("mine.lemma_1", "")) == [25]
    copy = tmp_path / "bob" / "mine.lemma_1" / file_name(document)
    assert read(copy)["digest"] == document["digest"]
    assert numbers(Store(tmp_path / "bob").recall("mine.lemma_1", "")) == [25]  # without the team
    assert bob.recall("mine.lemma_1", "bound=2.5") == []
    bob.keep(made(case_in(mine, "lemma_1"), witness(n=25), worst=witness(n=30)))
    assert len(next(iter(team.data.values()))) == 1
    (stored,) = ann.recall("mine.lemma_1", "")
    assert ann.fixed(stored, "supported").endswith(stored.path.name)
    assert not any(team.data.values())
    assert numbers(bob.recall("mine.lemma_1", "")) == [25]  # until bob has mended it as well
    assert ann.warnings == bob.warnings == []


def test_who_reads_only_takes_and_does_not_give(mine: Path, tmp_path: Path) -> None:
    team = InMemoryExampleDatabase()
    Store(tmp_path / "ann", team).keep(made(case_in(mine, "lemma_1"), witness(n=25)))
    guest = Store(tmp_path / "guest", ReadOnlyDatabase(team))
    guest.keep(made(case_in(mine, "lemma_1"), witness(n=30)))
    assert sorted(map(str, numbers(guest.recall("mine.lemma_1", "")))) == ["25", "30"]
    assert len(next(iter(team.data.values()))) == 1
    stored = next(s for s in guest.recall("mine.lemma_1", "") if s.instance["n"] == 25)
    assert "the shared copy stays, sharing is read-only" in guest.fixed(stored, "supported")
    assert numbers(Store(tmp_path / "new", team).recall("mine.lemma_1", "")) == [25]


def test_damage_in_the_shared_database_is_told_and_left_out(mine: Path, tmp_path: Path) -> None:
    team = InMemoryExampleDatabase()
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    Store(tmp_path / "ann", team).keep(document)
    (key,) = team.data
    team.save(key, b"\x00\xff")
    team.save(key, b"[" * 2_000_000)
    team.save(key, json.dumps(sealed({**document, "claim": "os.path"})).encode())
    team.save(key, json.dumps({**document, "setting": "../../x"}).encode())
    bob = Store(tmp_path / "bob", team)
    assert numbers(bob.recall("mine.lemma_1", "")) == [25]
    assert len(bob.warnings) == 4
    assert all("a shared counterexample of mine.lemma_1 was left out" in w for w in bob.warnings)
    assert [p.name for p in (tmp_path / "bob").rglob("*.*")] == [
        "mine.lemma_1",
        file_name(document),
    ]


def test_a_lost_server_is_told_once_and_not_asked_again(mine: Path, tmp_path: Path) -> None:
    broken = Broken()
    store = Store(tmp_path, broken)
    assert store.keep(made(case_in(mine, "lemma_1"), witness(n=25))) is not None
    assert numbers(store.recall("mine.lemma_1", "")) == [25]
    assert broken.calls == 1
    assert store.warnings == [
        "sharing stops here, this run goes on without it: redis://team:6379/0: timed out after 1 s"
    ]
