"""What a stranger types: each mistake is one line, and no old answer stands for a new one."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from claims.__main__ import main
from claims.commands import check
from claims.commands.exits import COULD_NOT_RUN, FINE, REFUTED

DEEP = "[" * 100_000


def told(words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of a command that could not run."""
    assert main(words) == COULD_NOT_RUN
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("command", ["show", "check"])
def test_no_name_is_no_folder(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told([command, ""], capsys) == "'': names no file, paper or claim; give one"
    assert "names no file, paper or claim" in told([command, "a\0b"], capsys)


def test_instances_that_cannot_be_read_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep.json"
    file.write_text(DEEP)
    line = told(["check", "du2019.lemma_3_1", "--at", str(file)], capsys)
    assert line == f"{file}: no instance can be read: it is nested too deeply"
    words = ["phase", "du2019.lemma_3_1", "--out", str(tmp_path), "--at", str(file)]
    assert "nested too deeply" in told([*words, "--x", "delta=0.1,0.2"], capsys)


def test_files_without_claims_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, point = tmp_path / "nothing.py", tmp_path / "point.json"
    file.write_text("")
    point.write_text("{}")
    line = told(["check", str(file), "--at", str(point)], capsys)
    assert line == f"{file}: there are no claims in it; name one"
    for place in (file, tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        line = told(["show", str(place)], capsys)
        assert line == f"{place}: there are no claims in it; name a file that has some"
    file.write_bytes(b"\xff\xfe\0")
    line = told(["show", str(file)], capsys)
    assert line.startswith(f"{file}: the file cannot be read: ")
    assert line.endswith("; mend it")


def test_a_report_of_an_earlier_run_says_nothing_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report.json"
    claim = {"outcome": "REFUTED", "expected": "SUPPORTED", "reason": "", "mutants": []}
    report.write_text(json.dumps({"claims": [claim]}))
    words = ["check", "du2019.lemma_3_1", "--", f"--claims-report={report}"]
    monkeypatch.setattr(check, "_run", lambda _: 4)  # an option that pytest does not know
    assert main(words) == COULD_NOT_RUN
    monkeypatch.setattr(check, "_run", lambda _: 0)  # --collect-only
    assert main(words) == FINE
    text = report.read_text()

    def written(_: object) -> int:
        trial = tmp_path / "trial"
        trial.write_text(text)
        trial.replace(report)
        return 1

    monkeypatch.setattr(check, "_run", written)
    assert main(words) == REFUTED
    assert main(["check", "du2019.lemma_3_1", "--", f"--claims-report={tmp_path}"]) == COULD_NOT_RUN


@pytest.mark.parametrize("step", ["nan", "-1", "0", "inf", "words"])
def test_steps_are_told(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plstar", "own.py", f"--step-size={step}"]) == COULD_NOT_RUN
    assert f"--step-size: '{step}'; give a finite number > 0" in capsys.readouterr().err
