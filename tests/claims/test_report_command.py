import json
from pathlib import Path

import pytest

from claims.__main__ import main
from claims.last_run import keep_last
from claims.locate import catalogue_ids
from tests.claims.page.pages import EXAMPLE, example, toys
from tests.claims.runs import HEADER, TRUE, run_pytest


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROVABLY_STORAGE", str(tmp_path / "storage"))
    return tmp_path / "storage"


def test_the_last_run_becomes_a_page_that_says_how_much_it_decided(
    storage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_last(example())
    assert storage.is_dir()
    assert main(["report", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    catalogue = len(catalogue_ids())
    assert f"decided 13 of {catalogue} claims of the catalogue." in told
    assert told.startswith("The last run (profile quick, salt 0, finished 20")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert f"decided 13 of {catalogue} claims of the catalogue." in page


def test_claims_of_other_files_are_counted_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "toys.json"
    file.write_text(json.dumps(toys()), encoding="utf-8")
    assert main(["report", str(tmp_path / "out"), "--from", str(EXAMPLE), str(file)]) == 0
    assert "decided 13 of" in (told := capsys.readouterr().out)
    assert "and 6 of other files" in told


def test_without_a_run_there_is_one_line(
    storage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not storage.exists()
    assert main(["report", str(tmp_path / "out")]) == 3
    assert "there is no last run" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_foreign_file_or_a_folder_that_cannot_be_made_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = tmp_path / "x.json"
    foreign.write_text('{"schema": 9}', encoding="utf-8")
    for folder, file in ((tmp_path / "out", foreign), (foreign, EXAMPLE)):
        assert main(["report", str(folder), "--from", str(file)]) == 3
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n")) == ("", 1)


def test_a_run_keeps_its_report_and_writes_its_page(storage: Path, tmp_path: Path) -> None:
    (tmp_path / "theorems").mkdir()
    (tmp_path / "theorems" / "toys.py").write_text(HEADER + TRUE, encoding="utf-8")
    ran = run_pytest(tmp_path, "theorems/toys.py", "--claims-html", str(tmp_path / "html"))
    assert ran.code == 0, ran.text
    kept = json.loads((storage / "last-run.json").read_text(encoding="utf-8"))
    assert kept == ran.report
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert "toys.lemma_2" in page
    assert str(tmp_path) not in page


def test_an_interrupted_run_has_its_page_of_what_was_decided(tmp_path: Path) -> None:
    stopping = TRUE.replace("return at_most(exactly(n), exactly(bound))", "raise KeyboardInterrupt")
    (tmp_path / "toys.py").write_text(HEADER + stopping, encoding="utf-8")
    ran = run_pytest(tmp_path, "toys.py", "--claims-html", str(tmp_path / "html"))
    assert ran.code == pytest.ExitCode.INTERRUPTED
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert 'title="Lemma 1: SUPPORTED' in page
    assert 'title="Lemma 2: NOT RUN"' in page


def test_a_page_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    (tmp_path / "toys.py").write_text(HEADER + TRUE, encoding="utf-8")
    ran = run_pytest(tmp_path, "toys.py", "--claims-html", str(tmp_path / "taken"))
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "--claims-html:" in ran.text
