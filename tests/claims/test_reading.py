import copy
import json
from pathlib import Path
from typing import Any

import pytest

from claims.last_run import keep_last, last_run
from claims.reading import UnreadableReportError, is_decided, read_report, run_of
from tests.claims.page.pages import example, toys


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text(json.dumps(toys()), encoding="utf-8")
    run = read_report(file)
    assert run.name == "r.json"
    assert [*run.claims] == [f"toys.lemma_{k}" for k in range(7)]
    assert run.claims["toys.lemma_0"]["margins"] == [float("-inf"), -0.5, 0.25, 2.0]
    assert [is_decided(claim) for claim in run.claims.values()] == [True] * 6 + [False]


def test_a_report_of_an_older_version_is_read() -> None:
    data = toys()
    told = ("statement", "tex", "text", "bound", "regime", "topics", "sizes")
    new = (*told, "cost", "quantile_margin", "margins", "paste")
    for claim in data["claims"]:
        for field in new:
            del claim[field]
    del data["not_executable"]
    run = run_of(data, "old")
    assert run.claims["toys.lemma_0"]["margins"] == []
    assert run.not_executable == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], 2),
        (["claims"], {}),
        (["manifest"], None),
        (["manifest", "salt"], "0"),
        (["manifest", "salt"], True),
        (["claims", 0], "text"),
        (["claims", 0, "id"], 7),
        (["claims", 0, "outcome"], "<b>"),
        (["claims", 0, "worst_margin"], "far"),
        (["claims", 0, "worst_margin"], "nan"),
        (["claims", 0, "margins"], [None, []]),
        (["claims", 0, "margins"], [None]),
        (["claims", 0, "margins"], [10**400]),
        (["claims", 0, "worst_margin"], 10**400),
        (["claims", 0, "seconds"], 10**400),
        (["claims", 0, "cost"], float("inf")),
        (["claims", 0, "premises"], {"p": 3}),
        (["claims", 0, "paper"], {}),
        (["claims", 0, "mutants"], [3]),
        (["error_budget", "total"], "much"),
    ],
)
def test_damage_is_told_in_one_line(path: list[Any], value: object) -> None:
    data = copy.deepcopy(toys())
    place: Any = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(UnreadableReportError) as caught:
        run_of(data, "r.json")
    assert str(caught.value).startswith("r.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "null", '{"schema": NaN}', "[" * 100_000, r'["\udc80"]']
)
def test_what_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableReportError) as caught:
        read_report(file)
    assert "\n" not in str(caught.value)


def test_a_folder_or_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "r.json", tmp_path / "none.json"):
        with pytest.raises(UnreadableReportError):
            read_report(path)


def test_the_last_run_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVABLY_STORAGE", str(tmp_path / "storage"))
    assert keep_last(example()) == ""
    assert last_run() == tmp_path / "storage" / "last-run.json"
    assert len(read_report(last_run()).claims) == 13
    monkeypatch.setenv("PROVABLY_STORAGE", str(last_run()))
    assert "cannot be kept" in keep_last(example())
