import json
from pathlib import Path
from typing import Any

import pytest

from claims.__main__ import main
from claims.commands import check
from claims.commands.exits import exit_code
from claims.locate import Target
from claims.machine import REPOSITORY
from tests.claims.runs import FALSE, HEADER, TRUE, run_process

SHADOW = 'raise RuntimeError("a neighbour was imported in place of the house")\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A theorist's folder: claims beside files that are called like rooms of the house."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "mine.py").write_text(HEADER + TRUE + FALSE)
    for name in ("models.py", "claims.py", "verdicts.py"):
        (folder / name).write_text(SHADOW)
    (folder / "broken.py").write_text('"""A: B. note."""\n\n\ndef f(:\n    pass\n')
    (folder / "raising.py").write_text("\n\nx = 1 / 0\n")
    return folder


@pytest.fixture(autouse=True)
def _stay(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path))


def test_a_file_outside_of_the_repository_is_checked_beside_namesakes(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    provably = REPOSITORY / "bin" / "provably"
    ran = run_process(folder, [str(provably), "check", "mine.py", "--", "-k", "not 99.5", "-q"])
    assert ran.code == 1, ran.text
    assert "mine.lemma_1  SUPPORTED on" in ran.text
    assert "n = 21" in ran.text  # the least integer above 20.5
    assert "survive" not in ran.text
    assert "neighbour" not in ran.text
    after = sorted(path.name for path in folder.iterdir() if path.name != "counterexamples")
    assert after == before
    assert "bin/provably replay counterexamples/mine.lemma_3/" in ran.text


def test_the_command_is_the_one_of_the_recipe(folder: Path) -> None:
    words = check.command(Target(folder / "mine.py", "lemma_1"), folder / "r.json", ["-x"])
    text = " ".join(words[1:])
    assert text.startswith(f"-m pytest -c {REPOSITORY / 'pyproject.toml'} --rootdir {folder} ")
    assert "--import-mode=importlib -p claims.plugin" in text
    assert text.endswith(f"{folder / 'mine.py'}::lemma_1 -x")
    inside = check.command(Target(REPOSITORY / "theorems" / "x.py"), folder / "r.json", [])
    assert inside[inside.index("--rootdir") + 1] == str(REPOSITORY)
    variables = check.environment({"PYTHONPATH": f"{folder}:{REPOSITORY}", "HOME": "/home"})
    assert variables["PYTHONPATH"] == f"{REPOSITORY}:{folder}"
    assert (variables["PYTHONSAFEPATH"], variables["HOME"]) == ("1", "/home")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("broken.py", "broken.py:4: the file cannot be read: invalid syntax"),
        ("absent.py", "absent.py: there is no such file"),
        ("models.py", "a claims file cannot be called models.py"),
        ("mine.py::lemma_4", "there is no claim lemma_4; the file has lemma_"),
        ("nobody1900.lemma_1", "nobody1900.lemma_1: there is no such claim; "),
    ],
)
def test_what_cannot_run_is_told_in_one_line(
    target: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", target]) == 3
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1


def test_a_misspelt_id_gets_near_matches(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    theorems = folder / "theorems"
    theorems.mkdir()
    (theorems / "toys.py").write_text(HEADER + TRUE + FALSE)
    monkeypatch.setattr("claims.locate.THEOREMS", theorems)
    assert main(["check", "toys.lema_2"]) == 3
    assert "did you mean toys.lemma_2" in capsys.readouterr().err
    assert main(["check", "toyz.lemma_3"]) == 3
    assert "toys.lemma_3" in capsys.readouterr().err


def test_mistakes_on_the_command_line_could_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 3
    assert main(["prove", "mine.py"]) == 3
    assert main(["check", "mine.py", "--at", "i.json", "--dry-run"]) == 3
    assert "usage: python -m claims" in capsys.readouterr().err
    assert main(["--help"]) == 0


def test_list_names_claims_and_goes_on_after_a_broken_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["list", "mine.py"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A. Author, B. Author: On toys (arXiv:2401.00001v1)"
    assert [line.split()[0] for line in lines[1:]] == [f"mine.lemma_{k}" for k in (1, 2, 3)]
    assert "errata 1" in lines[2]
    assert main(["list", "--json", "raising.py", "mine.py"]) == 3
    told = capsys.readouterr()
    assert "raising.py:3: importing it fails: ZeroDivisionError" in told.err
    found = json.loads(told.out)
    assert [claim["id"] for claim in found["claims"]] == [f"mine.lemma_{k}" for k in (1, 2, 3)]
    assert found["claims"][1]["depends_on"] == ["mine.lemma_1"]
    assert found["claims"][1]["errata"] == ["bound=5.5"]


def test_what_cannot_be_executed_is_listed_and_shown_with_its_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '"""A. Author: On limits. arXiv:2401.00002v1"""\n\nfrom claims import not_executable\n\n'
    text += 'lemma_c_2 = not_executable("Lemma C.2", reason="no constant", where="p. 9")\n'
    (folder / "limits.py").write_text(text)
    assert main(["list", "limits.py"]) == 0
    told = capsys.readouterr().out
    assert told == "  limits.lemma_c_2 (Lemma C.2, p. 9) cannot be executed: no constant\n"
    assert main(["list", "--json", "limits.py"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "claims": [],
        "not_executable": [
            {
                "id": "limits.lemma_c_2",
                "paper": "limits",
                "status": "NOT EXECUTABLE",
                "label": "Lemma C.2",
                "reason": "no constant",
                "where": "p. 9",
            }
        ],
    }
    for target in ("limits.py::lemma_c_2", "limits.py"):
        assert main(["show", target]) == 0
        shown = "limits.lemma_c_2 (Lemma C.2)\nstatus      NOT EXECUTABLE: no constant (p. 9)\n"
        assert capsys.readouterr().out == shown


def test_show_has_statement_constants_strategies_mutants_and_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "mine.py::lemma_2"]) == 0
    text = capsys.readouterr().out
    lines = (folder / "mine.py").read_text().splitlines()
    line = next(k for k, told in enumerate(lines, 1) if told.startswith('@claim("Lemma 2"'))
    for words in (
        "mine.lemma_2 (Lemma 2)",
        "A. Author, B. Author: On toys. arXiv:2401.00001v1",
        f"{folder / 'mine.py'}:{line}\n",
        "  n is bounded: n <= bound.",
        "n: integers(min_value=1, max_value=60)",
        "bound = 60.5",
        "bound=5.5 (printed: p. 3, (7)): n reaches 60",
        "depends on  mine.lemma_1",
    ):
        assert words in text
    assert "lemma_3" not in text


@pytest.mark.parametrize(
    ("target", "instance", "code", "words"),
    [
        ("mine.py::lemma_3", {"n": 20}, 0, "SUPPORTED: margin >= 0.5"),
        ("mine.py::lemma_3", {"n": 30}, 1, "REFUTED: "),
        ("mine.py::lemma_3", {"instance": {"n": 30}, "hash": "x"}, 1, "margin -9.5"),
        ("mine.py::lemma_3[bound=99.5]", {"n": 30}, 0, "bound = 99.5"),
        ("mine.py::lemma_3", {"k": 30}, 3, "the instance gives ['k']"),
        ("mine.py::lemma_3", [30], 3, 'holds a list; give an object, {"n": ...}'),
        ("mine.py", {"n": 30}, 3, "has 3 claims"),
    ],
)
def test_a_claim_is_evaluated_at_ones_own_data(
    target: str, instance: Any, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("i.json").write_text(json.dumps(instance))
    try:
        assert main(["check", target, "--at", "i.json"]) == code
    finally:
        Path("i.json").unlink()
    told = capsys.readouterr()
    assert words in told.out + told.err


def test_a_dry_run_prints_costs_and_runs_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "costly.py").write_text(
        HEADER
        + "from verdicts import Seeds, WithProbability, with_probability\n\n\n"
        + '@claim("Lemma 9", for_all={"n": st.integers(5, 9)},\n'
        + '       mutants=[wrong(p=0.9, because="the coin is fair")])\n'
        + "def lemma_9(n: int, *, p: float = 0.5) -> WithProbability:\n"
        + '    """A coin that must not be thrown."""\n'
        + "    def event(seeds: Seeds) -> Margin:\n"
        + '        raise AssertionError("thrown")\n\n'
        + "    return with_probability(p, event, floats_per_seed=100 * n)\n"
    )
    try:
        assert main(["check", "costly.py", "--dry-run"]) == 0
    finally:
        (folder / "costly.py").unlink()
    # 64 seeds of 100 n floats each, 5 <= n <= 9
    assert "least 3.2e+04, median" in (text := capsys.readouterr().out)
    assert "most 5.8e+04; 0 of " in text


def claim(outcome: str, expected: str = "SUPPORTED", *killed: bool | None) -> dict[str, Any]:
    mutants = [{"killed": value} for value in killed]
    return {"outcome": outcome, "expected": expected, "reason": "", "mutants": mutants}


@pytest.mark.parametrize(
    ("claims", "pytest_code", "code"),
    [
        ([claim("SUPPORTED", "SUPPORTED", True)], 0, 0),
        ([claim("REFUTED", "REFUTED")], 0, 0),
        ([claim("REFUTED")], 1, 1),
        ([claim("VACUOUS")], 1, 1),
        ([claim("SUPPORTED", "REFUTED")], 1, 1),
        ([claim("SUPPORTED", "SUPPORTED", True, False)], 1, 1),
        ([claim("ERROR"), claim("REFUTED")], 1, 1),
        ([claim("UNDECIDED")], 0, 2),
        ([claim("UNDECIDED"), claim("ERROR")], 1, 3),
        ([claim("SUPPORTED", "SUPPORTED", None)], 1, 3),
        ([], 5, 3),
    ],
)
def test_exit_codes(claims: list[dict[str, Any]], pytest_code: int, code: int) -> None:
    assert exit_code({"claims": claims}, pytest_code) == code
