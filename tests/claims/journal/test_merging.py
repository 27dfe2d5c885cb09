"""Joining journals: a union over keys, and files that are data whatever they hold."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from claims.__main__ import main
from claims.journal.merging import ContradictionError, Held, merge, survey, union
from claims.journal.pages import HEADER, JournalError, JournalFile
from claims.journal.record import MOST_BYTES, Record, read_record
from claims.machine import REPOSITORY
from tests.claims.journal import coins
from tests.claims.journal.coins import true, used

COIN, MEAN, FALSE = true(coins.odd_coin), true(coins.mean), true(coins.false_bound)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journals of two nights, and of another salt."""
    folder = tmp_path_factory.mktemp("nights")
    used(folder / "a", COIN, night=0)
    used(folder / "a", FALSE, night=0)
    used(folder / "b", COIN, night=1)
    used(folder / "b", MEAN, night=0)
    used(folder / "salted", COIN, salt=7)
    return folder


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)[1:]


def test_a_union_has_every_record_once(night: Path, tmp_path: Path) -> None:
    held = merge([night / "a", night / "b"], tmp_path / "c")
    both = [*lines(night / "a"), *lines(night / "b")]
    assert sorted(lines(tmp_path / "c")) == sorted(set(both))
    assert held.twice == len(both) - len(set(both)) > 0
    assert held.claims == {"coins.odd_coin", "coins.mean", "coins.false_bound"}
    assert held.blocks == sum(b'"kind":"block"' in line for line in set(both))
    assert held.judgements == sum(b'"kind":"judged"' in line for line in set(both))
    assert held.nights == {(0, "quick", 0), (0, "quick", 1)}


def test_the_order_of_the_files_does_not_matter_and_nothing_is_written_twice(
    night: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "ab", tmp_path / "ba"
    merge([night / "a", night / "b"], one)
    merge([night / "b", night / "a", night / "b", one], two)
    assert sorted(lines(one)) == sorted(lines(two))
    merge([one, night / "a"], one)  # the union may be one of them
    assert sorted(lines(one)) == sorted(lines(two))


def test_a_run_reads_the_union_as_if_it_had_made_both_nights(night: Path, tmp_path: Path) -> None:
    merge([night / "a", night / "b"], tmp_path / "c")
    read, use = used(tmp_path / "c", COIN)
    assert use.added == 0
    used(tmp_path / "alone", COIN, night=0)
    assert read == used(tmp_path / "alone", COIN, night=1)[0]


def test_salts_lie_side_by_side_and_are_never_pooled(night: Path, tmp_path: Path) -> None:
    held = merge([night / "a", night / "salted"], tmp_path / "c")
    assert set(held.salts) == {0, 7}
    assert used(tmp_path / "c", COIN)[0] == used(night / "a", COIN)[0]
    read, use = used(tmp_path / "c", COIN, salt=7)
    assert (read, use.added) == (used(night / "salted", COIN, salt=7)[0], 0)


def changed(line: bytes, change: Callable[[dict[str, object]], None]) -> bytes:
    """The line with other content and a sum that fits."""
    record = read_record(line)
    says = json.loads(json.dumps(record.says))
    change(says)
    return Record(record.claim, record.kind, record.key, says).line()


def test_equal_keys_with_other_contents_name_the_key_and_the_files(
    night: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    block = next(line for line in lines(night / "a") if b'"kind":"block"' in line)
    other = changed(block, lambda says: says["counted"].update(failures=1, successes=3))  # type: ignore[attr-defined]
    (tmp_path / "other").write_bytes(HEADER + other)
    with pytest.raises(ContradictionError):
        list(union([night / "a", tmp_path / "other"], Held()))
    out = tmp_path / "out"
    code = main(["merge", str(night / "a"), str(tmp_path / "other"), "--out", str(out)])
    told = capsys.readouterr().err
    assert code == 1
    assert len(told.splitlines()) == 1
    key = read_record(block).key
    for word in ("other", f"{night / 'a'}", "coins.odd_coin", str(key["instance"]), "role search"):
        assert word in told
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["other"]  # and no trial is left


@pytest.mark.parametrize("cut", range(1, 400, 57))
def test_a_torn_line_is_left_out_and_counted_wherever_it_broke(
    night: Path, tmp_path: Path, cut: int
) -> None:
    data = (night / "a").read_bytes()
    (tmp_path / "torn").write_bytes(data[:-cut])
    held, _ = survey(tmp_path / "torn")
    assert held.torn <= 1
    file = JournalFile(tmp_path / "torn")  # the next writer begins a line of its own
    file.add("", lines(night / "b")[-1])
    file.close()
    assert lines(tmp_path / "torn")[-1] == lines(night / "b")[-1]
    assert survey(tmp_path / "torn")[0].torn == held.torn


def database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table block (key text, says blob)")
        connection.execute("create trigger t after insert on block begin select 1; end")
    connection.close()


def doubled(line: bytes) -> bytes:
    return line.replace(b'"kind":', b'"kind":"night","kind":', 1)


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda line: line.replace(old, new, 1)


def resummed(*path: str, value: object) -> Callable[[bytes], bytes]:
    """A line whose sum is right and whose content no run writes."""

    def change(says: dict[str, object]) -> None:
        inner: dict[str, object] = says
        for name in path[:-1]:
            inner = inner[name]  # type: ignore[assignment]
        inner[path[-1]] = value

    return lambda line: changed(line, change)


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "another sum": replaced(b'"sum":"', b'"sum":"0'),
    "another count": replaced(b'"failures":', b'"failures":1'),
    "a field twice": doubled,
    "blanks": replaced(b'"kind":', b'"kind": '),
    "no record": lambda _: b"[1,2]\n",
    "other fields": lambda _: b'{"claim":"a"}\n',
    "numbers for texts": lambda _: b'{"claim":1,"key":{},"kind":"block","says":{},"sum":""}\n',
    "an unknown kind": lambda _: Record("c", "evil", {}, {}).line(),
    "a negative count": resummed("counted", "failures", value=-1),
    "more rows than there are": resummed("counted", "successes", value=65),
    "true for one": resummed("counted", "failures", value=True),
    "a text for a number": resummed("counted", "tightest", value=[["", "nan", ""]]),
    "a huge number": resummed("counted", "failures", value=2**70),
    "no inequality": resummed("counted", "tightest", value=[]),
    "no rigor": resummed("counted", "rigor", value="sworn"),
    "neither counted nor sampled": resummed("counted", value=None),
    "an empty premise": resummed("counted", "premise_rows", value=[]),
    "no quantile": resummed("counted", "quantile", value=None),
    "a field more": resummed("counted", "hidden", value=1),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_line_that_no_run_wrote_is_refused_in_a_line(
    hostile: Callable[[bytes], bytes],
    night: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    every = lines(night / "a")
    place = next(k for k, line in enumerate(every) if b'"kind":"block"' in line)
    every[place] = hostile(every[place])
    (tmp_path / "bad").write_bytes(HEADER + b"".join(every))
    assert main(["merge", str(tmp_path / "bad"), "--out", str(tmp_path / "out")]) == 3
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "was not written by a run" in told
    assert str(tmp_path / "bad") in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("instance", ("recipe",), {"k": 1000}),
        ("instance", ("salt",), -1),
        ("version", ("code",), "0" * 32),
        ("said", ("chance", "probability"), 1.0),
        ("said", ("chance",), None),
        ("judged", ("finding", "margin"), "nan"),
        ("judged", ("finding", "decision"), "proved"),
    ],
)
def test_other_kinds_are_checked_too(
    kind: str, path: tuple[str, ...], value: object, night: Path, tmp_path: Path
) -> None:
    every = lines(night / "a")
    line = next(line for line in every if f'"kind":"{kind}"'.encode() in line)
    (tmp_path / "bad").write_bytes(HEADER + resummed(*path, value=value)(line))
    with pytest.raises(JournalError, match="was not written by a run"):
        merge([tmp_path / "bad"], tmp_path / "out")


@pytest.mark.parametrize(
    "make",
    [
        database,
        lambda path: path.mkdir(),
        os.mkfifo,
        lambda path: path.touch(),
        lambda path: path.write_bytes(b"\0" * 100),
        lambda path: path.write_bytes(HEADER.replace(b"1", b"9")),
        lambda path: path.write_bytes(HEADER + b" " * (MOST_BYTES + 2)),
        lambda _: None,
    ],
)
def test_a_file_that_is_no_journal_is_refused_in_a_line(
    make: Callable[[Path], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    make(path)
    assert main(["merge", str(path), "--out", str(tmp_path / "out")]) == 3
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert str(path) in told


def test_a_deep_or_wild_line_is_torn_and_harmless(night: Path, tmp_path: Path) -> None:
    wild = [b"[" * 100_000, b'{"a":NaN', b"\xff\xfe", b"9" * 5000, b""]
    (tmp_path / "wild").write_bytes(
        HEADER + b"\n".join(wild) + b"\n" + b"".join(lines(night / "a"))
    )
    held, _ = survey(tmp_path / "wild")
    assert held.torn == len(wild)
    assert held.blocks == survey(night / "a")[0].blocks


def test_what_is_no_journal_is_not_written_over(
    night: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    assert main(["merge", str(night / "a"), "--out", str(tmp_path / "thesis.tex")]) == 3
    assert "this is no journal" in capsys.readouterr().err
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert main(["merge", str(night / "a"), "--out", str(tmp_path / "no" / "where")]) == 3


def test_the_journals_of_the_documentation_are_joined(capsys: pytest.CaptureFixture[str]) -> None:
    examples = REPOSITORY / "docs" / "examples"
    given = [str(examples / f"{day}.journal") for day in ("monday", "tuesday")]
    assert main(["merge", *given]) == 0
    told = capsys.readouterr().out
    assert ": 1 claims, 20 instances, 23 blocks, 0 judgements without chance" in told
    assert "salt 0: 20 instances; nights: quick 0, quick 1" in told


def test_the_command_says_what_is_held(
    night: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["merge", str(night / "a"), str(night / "salted")]
    assert main(given) == 0
    told = capsys.readouterr().out
    assert told.startswith("nothing written, --out FILE writes it: 2 claims, ")
    assert "salt 0: " in told
    assert "nights: quick 0" in told
    assert "different salts is never pooled" in told
    assert main([*given, "--json", "--out", str(tmp_path / "c")]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["claims"] == ["coins.false_bound", "coins.odd_coin"]
    assert set(data["salts"]) == {"0", "7"}
    assert data["torn"] == 0
