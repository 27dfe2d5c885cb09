import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from claims.__main__ import main
from claims.counterexample import Witness, write
from tests.claims.documents import case_in, claims_file, made, sealed, witness, written


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return claims_file(tmp_path_factory.mktemp("paper"))


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path / "hypothesis"))


def export(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, str, str]:
    """The exit code, the script, and what is told beside it."""
    code = main(["export", *map(str, words), "--python"])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_script_can_be_pasted_into_an_e_mail(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_1"), witness(n=25)), tmp_path / "kept")
    code, text, told = export(capsys, path)
    assert (code, told) == (0, "")
    assert text.startswith(
        "# A. Author, B. Author: On toys. arXiv:2401.00001v1\n"
        "# Lemma 1:\n"
        "# n is bounded by 20.\n"
        "# If n < 31 then n + shift <= bound.\n"
        "# A counterexample, the smallest one of mine.lemma_1:\n"
        "# Exact arithmetic proves it false: left 25, right 20.5; floats only show it.\n"
        "import numpy as np\n"
    )
    assert len(text.splitlines()) <= 22
    words = [sys.executable, "-I", "-W", "error", "-c", text]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "premise n < 31: 25 <= 30.5 ? True",
        "n + shift <= bound: 25 <= 20.5 ? False",
    ]


def test_a_misprint_says_its_setting_and_where_it_stands(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = made(case_in(mine, "lemma_1", "bound=2.5"), witness(n=25))
    path = written(tmp_path / "x.json", sealed({**document, "where": "p. 3, (7)"}))
    assert "# Lemma 1 with bound=2.5 (p. 3, (7)):\n" in export(capsys, path)[1]


def test_the_plainest_witness_with_a_certificate_is_taken(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = case_in(mine, "lemma_1")
    plain = write(made(case, witness(n=25), worst=witness(n=30), plain=witness(n=22)), tmp_path)
    assert "n = 22\n" in export(capsys, plain)[1]
    assert "n = 30\n" in export(capsys, plain, "--witness", "worst")[1]
    unproved = witness(certified=False, n=22)
    other = write(made(case, witness(n=24), worst=witness(n=30), plain=unproved), tmp_path)
    assert "n = 24\n" in export(capsys, other)[1]
    code, text, told = export(capsys, other, "--witness", "plain")
    assert (code, text) == (2, "")
    assert told.endswith(
        "there is nothing exact to export, its plain witness has no certificate (no exact model)\n"
    )
    assert (
        "has no certificate" in export(capsys, path_of_one(case, tmp_path), "--witness", "worst")[2]
    )


def path_of_one(case: Any, folder: Path) -> Path:
    return write(made(case, witness(n=28)), folder)


def test_without_a_certificate_there_is_nothing_exact_to_export(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_1"), witness(certified=False, n=25)), tmp_path)
    code, text, told = export(capsys, path)
    assert (code, text) == (2, "")
    assert told == (
        f"{path}: there is nothing exact to export, it has no certificate (no exact model)\n"
    )


def test_the_script_goes_to_a_file_where_one_is_asked_for(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_1"), witness(n=25)), tmp_path / "kept")
    assert export(capsys, path, "--output", tmp_path / "mail.py") == (0, "", "")
    assert float(runpy.run_path(str(tmp_path / "mail.py"))["left"]) == 25
    code, _, told = export(capsys, path, "--output", tmp_path)
    assert code == 2
    assert told.count("\n") == 1


def test_a_network_is_written_out_with_its_run(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start: dict[str, Any] = {
        "rows": [["1", "0"], ["3/5", "4/5"]],
        "normalised": True,
        "weights": [["1", "-2/3"], ["0.25", "1"]],
        "signs": ["1", "-1"],
        "residual": ["1", "-2"],
    }
    certificate = {
        "model": "two_layer_relu",
        "recipe": start,
        "premises": [],
        "left": ["quantity", "drift", {"eta": "1/4", "steps": "12"}],
        "relation": "<=",
        "right": ["constant", "bound"],
        "left_enclosure": ["1", "1.1"],
        "right_enclosure": ["0.5", "0.5"],
        "bits": 64,
    }
    document = made(
        case_in(mine, "lemma_1"), Witness({"start": start}, -1.0, "1 <= 0.5", certificate)
    )
    path = write(sealed({**document, "constants": {"bound": 0.5}}), tmp_path)
    code, text, _ = export(capsys, path)
    assert code == 0
    for line in (
        "z = np.array([[1, 0], [3/5, 4/5]], float)",
        "w0 = np.array([[1, -2/3], [0.25, 1]], float)",
        "path = descend(1/4, 12)",
        "bound = 0.5",
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize("damage", ["", "{}", "[1", '{"schema": 2}'])
def test_a_damaged_file_is_one_line(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    path.write_text(damage)
    code, text, told = export(capsys, path)
    assert (code, text) == (2, "")
    assert told.startswith(f"{path}: ")
    assert told.count("\n") == 1


def test_a_changed_file_and_one_beyond_a_script_are_one_line(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    changed = written(tmp_path / "x.json", json.loads(json.dumps(document).replace("25", "24")))
    assert "changed after writing" in export(capsys, changed)[2]
    document["witnesses"]["smallest"]["certificate"]["left"] = ["quantity", "beauty", {}]
    beyond = written(tmp_path / "y.json", sealed(document))
    code, _, told = export(capsys, beyond)
    assert code == 2
    assert told == f"{beyond}: certificate: no script can show the quantity beauty()\n"


def test_the_form_has_to_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "x.json")]) == 3
    assert "--python" in capsys.readouterr().err
