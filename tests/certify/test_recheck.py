"""The re-checker as a stranger meets it: a script, and files that nobody vouches for."""

import ast
import json
import shutil
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from certify import recheck
from tests.certify.exact.documents import (
    FOUR_NEURONS,
    certificate,
    document,
    lemma_3_3_certificate,
    quantity,
    resigned,
    saved,
    signed,
)

SCRIPT = Path(recheck.__file__)
PRINTED_RADIUS = (
    "radius * sqrt(n) * sqrt(squared_residual) / (sqrt(m) * 2 * least_lambda_min_H(time=t))"
)
ROOMS = ("verdicts", "models", "certify", "dynamics", "strategies", "claims", "theorems", "tests")
LIST_MODULES = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    assert end.code == 0
print(*sys.modules)
"""
WHOLE = document(lemma_3_3_certificate())


def run(*arguments: object, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=60, check=False)


def test_a_good_file_is_certified(tmp_path: Path) -> None:
    done = run(SCRIPT, saved(WHOLE, tmp_path), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert [line.strip() for line in done.stdout.splitlines()] == [
        f"{tmp_path}/file.json: du2019.lemma_3_3[radius=1.0]",
        f"smallest: this is said to fail: drift(time=t) <= {PRINTED_RADIUS}",
        "with radius = 1.0, t = 3.0",
        "premise plain: slides(time=t) <= 0: holds",
        "left side  in [1.0552668945179705, 1.0552668945179706]",
        "right side in [1, 1]",
        "CERTIFIED with balls of 64 bits",
    ]


def test_the_script_and_its_folder_are_all_that_is_needed(tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere"
    alone.mkdir()
    shutil.copy(SCRIPT, alone)
    shutil.copytree(SCRIPT.parent / "exact", alone / "exact")
    path = saved(WHOLE, tmp_path)
    # -P: not even the script's own folder is on the path by itself.
    assert run("-P", alone / "recheck.py", path, cwd=tmp_path).returncode == 0
    done = run("-P", "-c", LIST_MODULES, alone / "recheck.py", path, cwd=tmp_path)
    imported = set(done.stdout.splitlines()[-1].split())
    assert {"exact.check", "exact.descent", "flint"} <= imported
    heavy = {"torch", "numpy", "scipy", "hypothesis", "pytest", *ROOMS}
    assert {name.partition(".")[0] for name in imported} & heavy == set()


def imported_names(path: Path) -> set[str]:
    """Roots of all absolute imports, and how far the relative ones reach, as dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level or str(node.module).partition(".")[0])
    return found


def test_no_line_of_it_imports_the_house() -> None:
    files = sorted((SCRIPT.parent / "exact").glob("**/*.py"))
    assert len(files) > 20
    for path in files:
        assert imported_names(path) <= sys.stdlib_module_names | {"flint", "."}, path.name
    assert imported_names(SCRIPT) <= sys.stdlib_module_names


def test_importing_the_script_leaves_the_path_as_it_was() -> None:
    assert str(SCRIPT.parent) not in sys.path


def test_no_file_is_no_work() -> None:
    done = run(SCRIPT)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")


def outcome(path: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = recheck.main([str(path)])
    out, err = capsys.readouterr()
    return code, out, err


def failure(whole: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Why a document that can be read is not certified."""
    code, out, err = outcome(saved(whole, folder), capsys)
    assert (code, err) == (1, "")
    (line,) = (line for line in out.splitlines() if "FAILED" in line)
    return line.partition("FAILED: ")[2]


def test_every_digit_of_a_file_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(WHOLE, indent=2)
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    assert len(places) > 100
    path = tmp_path / "file.json"
    for place in places:
        other = str((int(text[place]) + 1) % 10)
        path.write_text(text[:place] + other + text[place + 1 :], encoding="utf-8")
        assert recheck.main([str(path)]) in (1, 2), text[place - 20 : place + 20]
        capsys.readouterr()
    path.write_text(text, encoding="utf-8")
    assert recheck.main([str(path)]) == 0


def test_a_changed_file_fails_by_its_digest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = {**WHOLE, "statement": "Another statement."}
    assert "digest" in failure(whole, tmp_path, capsys)


ROOT_2 = ["sqrt", "2"]
OTHER_NETWORK = {**FOUR_NEURONS, "residual": ["2"]}
FALSE_PREMISE = {"name": "a\x1b[2J\nb", "left": "1", "relation": "<=", "right": "0"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"left_enclosure": ["1.06", "1.07"]}, "the file records another value of the left side"),
        ({"right_enclosure": ["1.01", "2"]}, "the file records another value of the right side"),
        ({"relation": ">="}, "not refuted: the relation holds"),
        ({"right": "1.1"}, "not refuted: the relation holds"),
        ({"recipe": OTHER_NETWORK}, "not refuted: the certificate is about a recipe"),
        ({"premises": [FALSE_PREMISE]}, "not refuted: the premise"),
        ({"left": ["*", ROOT_2, ROOT_2], "right": "2"}, "undecided: too near equality"),
    ],
)
def test_a_signed_file_that_proves_nothing_fails(
    change: dict[str, Any], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failure(resigned(WHOLE, **change), tmp_path, capsys).startswith(why)


def test_a_constant_that_makes_the_statement_true_certifies_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = signed({**WHOLE, "constants": {"radius": 2.0}})
    assert failure(whole, tmp_path, capsys) == "not refuted: the relation holds"


def test_a_file_without_certificates_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = deepcopy(WHOLE)
    whole["witnesses"]["smallest"].update(certificate=None, not_certified="no exact model")
    assert failure(signed(whole), tmp_path, capsys) == "there is no certificate in it"


def test_every_certificate_of_every_file_has_to_be_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = saved(WHOLE, tmp_path, "good.json")
    bad = saved(resigned(WHOLE, right="2"), tmp_path, "bad.json")
    mixed = deepcopy(WHOLE)
    mixed["witnesses"]["worst"] = resigned(WHOLE, right="2")["witnesses"]["smallest"]
    assert recheck.main([str(good), str(good)]) == 0
    assert recheck.main([str(good), str(bad)]) == 1
    assert recheck.main([str(bad), str(tmp_path), str(good)]) == 2
    assert recheck.main([str(saved(signed(mixed), tmp_path))]) == 1
    assert capsys.readouterr().out.count("CERTIFIED") == 5


def test_a_check_without_end_is_cut_off_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = {
        "rows": [[str(3 * i % 7 + 1), str(i * i % 5 - 2), "1"] for i in range(20)],
        "weights": [[str(r % 9 - 4), str(r * r % 11 - 5), "1/7"] for r in range(300)],
        "signs": ["1"] * 300,
        "residual": ["1/3"] * 20,
    }
    long = quantity("squared_residual", eta="0.01", steps="20000")
    whole = document(certificate("numbers", {}, "1", "<=", "0"), {}, {})
    whole["witnesses"]["smallest"]["certificate"].update(
        certificate("two_layer_relu", start, long, ">=", "1e6")
    )
    path = saved(signed(whole), tmp_path)
    began = time.process_time()
    assert recheck.main([str(path)], seconds=1.0) == 1
    assert time.process_time() - began < 20
    out = capsys.readouterr().out
    assert "FAILED: undecided: the time of a check is limited" in out
