import copy
import json
from pathlib import Path
from typing import Any

import pytest

from claims.__main__ import main
from claims.comparison import compared
from claims.reading import run_of
from tests.claims.page.pages import toys


def changed(**fields: Any) -> dict[str, Any]:
    data = copy.deepcopy(toys())
    data["claims"][0] |= fields
    return data


def found(old: dict[str, Any], new: dict[str, Any]) -> Any:
    return compared(run_of(old, "old"), run_of(new, "new"))


def test_equal_runs_differ_in_nothing() -> None:
    same = found(toys(), toys())
    assert (same.verdicts, same.mutants, same.margins, same.gained, same.lost) == ((),) * 5
    assert not same.worse


@pytest.mark.parametrize(
    ("old", "new", "worse"),
    [
        ("SUPPORTED", "UNDECIDED", True),
        ("UNDECIDED", "SUPPORTED", False),
        ("SUPPORTED", "VACUOUS", True),
        ("UNDECIDED", "REFUTED", True),
        ("REFUTED", "SUPPORTED", False),
        ("SUPPORTED", "ERROR", True),
    ],
)
def test_a_verdict_gets_better_or_worse(old: str, new: str, worse: bool) -> None:
    told = found(changed(outcome=old), changed(outcome=new))
    (change,) = told.verdicts
    assert (change.name, change.old, change.new) == ("toys.lemma_0", old, new)
    assert change.worse is told.worse is worse


def test_a_false_statement_that_is_no_longer_refuted_is_worse() -> None:
    new = toys()
    new["claims"][1]["outcome"] = "SUPPORTED"
    (change,) = found(toys(), new).verdicts
    assert change.worse
    assert change.new == "SUPPORTED (expected REFUTED)"


def test_mutants_that_change_are_told() -> None:
    new = toys()
    new["claims"][0]["mutants"][0]["killed"] = False
    new["claims"][0]["mutants"][1]["killed"] = None
    told = found(toys(), new)
    assert [(c.name, c.old, c.new, c.worse) for c in told.mutants] == [
        ("toys.lemma_0[n=3]", "killed", "survived", True),
        ("toys.lemma_0[n=4]", "survived", "not decided", False),
    ]


@pytest.mark.parametrize(
    ("old", "new", "relative"),
    [
        (0.5, 0.25, -0.5),
        (0.5, 0.501, None),
        (-1.0, 1.0, 2.0),
        (0.0, 1e-3, float("inf")),
        (0.5, None, None),
    ],
)
def test_margins_that_moved_are_relative(old: Any, new: Any, relative: float | None) -> None:
    told = found(changed(worst_margin=old), changed(worst_margin=new))
    assert [m.relative for m in told.margins] == (
        [] if relative is None else [pytest.approx(relative)]
    )
    assert not told.worse


def test_claims_that_come_and_go_are_told_and_a_loss_is_worse() -> None:
    less = toys()
    gone = less["claims"].pop(5)["id"]
    assert found(toys(), less).lost == (gone,)
    assert found(toys(), less).worse
    assert found(less, toys()).gained == (gone,)
    assert not found(less, toys()).worse


def test_settings_come_first() -> None:
    new = toys(salt=3, profile="thorough", versions={"python": "3.12", "torch": "2.13.0"})
    assert found(toys(), new).settings == (
        *("salt 0 -> 3", "profile quick -> thorough", "python 3.11 -> 3.12"),
        "hypothesis 6.170 -> absent",
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    names = []
    for name, data in (("old", toys()), ("new", changed(outcome="VACUOUS", worst_margin=0.5))):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        names.append(str(path))
    return names[0], names[1]


def test_the_command_prints_and_says_what_is_worse(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = files
    assert main(["compare", old, old]) == 0
    assert capsys.readouterr().out == "seconds: 1.5 -> 1.5\nno verdict is worse\n"
    assert main(["compare", old, new]) == 1
    assert "toys.lemma_0: SUPPORTED -> VACUOUS, worse" in capsys.readouterr().out
    assert main(["compare", old, new, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["worse"] is True
    assert told["verdicts"][0]["new"] == "VACUOUS"


def test_a_file_that_cannot_be_read_is_one_line(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    for bad in ("bad.json", "none.json"):
        assert main(["compare", files[0], str(tmp_path / bad)]) == 3
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
