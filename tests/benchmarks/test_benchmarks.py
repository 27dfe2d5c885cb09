import json
import math
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import certified
from benchmarks.comparison import Comparison, Timing, timed


def nothing() -> None:
    pass


def test_works_are_done_in_alternation_and_the_medians_kept() -> None:
    done: list[str] = []
    comparison = Comparison("s", lambda: done.append("ours"), "p", lambda: done.append("theirs"))
    timing = timed(comparison, rounds=5)
    assert done[:2] == ["ours", "theirs"]
    blocks = [name for name, before in zip(done, ["", *done], strict=False) if name != before]
    assert len(blocks) == 2 * (5 + 1)
    assert timing.ratio > 0
    assert timing.on_target


def test_targets_are_of_the_ratio_and_of_the_seconds() -> None:
    comparison = Comparison("s", nothing, "p", nothing, most_ratio=10, most_seconds=0.1)
    assert Timing(comparison, ratio=9.9, ours=0.09, theirs=0.01).on_target
    assert not Timing(comparison, ratio=10.1, ours=0.09, theirs=0.01).on_target
    late = Timing(comparison, ratio=9.9, ours=0.11, theirs=0.01)
    assert not late.on_target
    assert command.line(late).split("  ")[-1] == "MISSED"
    assert "<= 10, <= 100 ms" in command.line(late)


def test_the_report_is_strict_json() -> None:
    timing = Timing(Comparison("s", nothing, "p", nothing, most_seconds=1), 2.0, 0.5, 0.25)
    written = json.dumps(command.report([timing], rounds=5), allow_nan=False)
    assert json.loads(written)["rows"] == [
        {
            "subject": "s",
            "peer": "p",
            "ratio": 2.0,
            "seconds": 0.5,
            "peer_seconds": 0.25,
            "most_ratio": None,
            "most_seconds": 1,
            "on_target": True,
        }
    ]


def test_the_command_prints_and_writes_every_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = [Comparison(f"work {i}", nothing, "peer", nothing, most_ratio=1e9) for i in range(2)]
    monkeypatch.setattr(certified, "comparisons", lambda *, quick: rows if quick else [])
    file = tmp_path / "figures.json"
    assert command.main(["certified", "--quick", "--json", str(file)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[:2] == ["ours/peer", "target"]
    assert [text.split("  ")[-1] for text in printed[1:]] == ["work 0 | peer", "work 1 | peer"]
    assert [row["subject"] for row in json.loads(file.read_text())["rows"]] == ["work 0", "work 1"]


def test_an_unknown_subject_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["astrology"]) == 2
    assert "no subject 'astrology'; give some of" in capsys.readouterr().err


def test_the_certified_subject_has_the_stated_targets() -> None:
    rows = certified.comparisons(quick=True)
    assert {row.peer for row in rows} == {"torch.linalg.cholesky"}
    assert [row.most_seconds for row in rows if "n = 80" in row.subject] == [0.1]
    assert {row.most_ratio for row in rows if "n = 1000" in row.subject} == {10.0}


def test_bad_comparisons_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds=4"):
        timed(Comparison("s", nothing, "p", nothing), rounds=4)
    for target in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="targets > 0"):
            Comparison("s", nothing, "p", nothing, most_ratio=target)
