import json
import math
from pathlib import Path

import numpy as np
import pytest

from claims.__main__ import main
from claims.machine import REPOSITORY
from tests.claims.runs import run_process
from workbench.own_network.__main__ import main as room

EXAMPLE = REPOSITORY / "docs" / "examples" / "tanh_network.py"

NETWORK = """
import torch
from torch import nn

def model(width):
    return nn.Sequential(nn.Linear(3, width), nn.Tanh(), nn.Linear(width, 1)).double()

def data():
    return torch.eye(3).double(), torch.tensor([1.0, -1.0, 0.5])

def single(width):
    return nn.Linear(3, 1)

def word(width):
    return "network"

def broken(width):
    raise KeyError("no such layer")

def unfit(width):
    return nn.Linear(7, 1).double()

def infinite(width):
    found = nn.Linear(3, 1).double()
    found.weight.data.fill_(float("nan"))
    return found

def flat(width):
    class Flat(nn.Linear):
        def forward(self, x):
            return torch.round(super().forward(x))
    return Flat(3, 1).double()
"""


def asked(own: Path, **other: object) -> str:
    standard = {"model": "model", "data": None, "samples": 5, "widths": [4], "steps": 5}
    standard |= {"step_size": None, "seed": 0, "json": False}
    return json.dumps({**standard, "file": str(own), **other})


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.py"
    file.write_text(NETWORK)
    return file


def test_the_example_of_the_guide_shows_the_exponent(capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--data", "breast_cancer", "--widths", "16:64", "--samples", "4", "--steps", "20"]
    assert main(["plstar", str(EXAMPLE), *words, "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert [entry["width"] for entry in document["widths"]] == [16, 32, 64]
    low, high = document["exponents"]["H at the start"]["exponent"]
    assert low <= high
    assert low > -0.7
    assert high < -0.3
    for entry in document["widths"]:
        assert (entry["decrease"], entry["decay"]) == ("holds", "holds")
        assert entry["parameters"] == 31 * entry["width"]
        assert len(entry["premises"]) == 5
        assert entry["steps"] == 20


def test_a_user_elsewhere_gets_a_table(own: Path) -> None:
    for name in ("models.py", "workbench.py", "claims.py"):
        (own.parent / name).write_text("raise RuntimeError('a neighbour was imported')\n")
    provably = REPOSITORY / "bin" / "provably"
    ran = run_process(own.parent, [str(provably), "plstar", "own.py", "--widths", "3,9"])
    assert ran.code == 0, ran.text
    for words in ("3 equations", "At the start", "small Hessian, descent"):
        assert words in ran.text
    assert "was imported" not in ran.text


def test_files_beside_the_users_are_found(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own.parent / "beside_own.py").write_text("SCALE = 2.0\n")
    own.write_text(f"from beside_own import SCALE\n{NETWORK}")
    assert room([asked(own)]) == 0
    assert "lambda_min(K)" in capsys.readouterr().out


def test_single_precision_is_said(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert room([asked(own, model="single")]) == 0
    assert "single(4) has float32 parameters, widened to float64" in capsys.readouterr().err


def test_arrays_of_a_file_are_data(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = own.parent / "data.npz"
    np.savez(data, x=np.eye(3), y=np.ones(3))
    assert room([asked(own, data=str(data))]) == 0
    np.savez(data, x=np.eye(3), z=np.ones(3))
    assert room([asked(own, data=str(data))]) == 3
    assert "give an .npz file of arrays x and y" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"file": "none.py"}, "none.py: no such file; give"),
        ({"model": "missing"}, "it defines no function missing; define missing(width)"),
        ({"model": "word"}, "word(4) returns str; return a torch.nn.Module"),
        ({"model": "broken"}, "line 18: broken(4) raises KeyError"),
        ({"model": "unfit"}, "unfit(4) on the 3 inputs raises RuntimeError"),
        ({"model": "infinite"}, "parameter weight of infinite(4) has a NaN"),
        ({"model": "flat"}, "the tangent kernel is 0"),
        ({"data": "mnist"}, "--data mnist: no such data; give"),
        ({"data": "iris", "samples": 200}, "--samples 200: iris has 150 rows"),
        ({"data": "iris"}, "model(4) on the 5 inputs raises RuntimeError"),
        ({"data": "missing.npz"}, "missing.npz: "),
        ({"step_size": -1.0}, "eta=-1.0; give"),
    ],
)
def test_what_cannot_be_run_is_told(
    own: Path, capsys: pytest.CaptureFixture[str], other: dict[str, object], words: str
) -> None:
    assert room([asked(own, **other)]) == 3
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1 / 0", "the file raises ZeroDivisionError"),
        ("def model(width", "the file raises SyntaxError"),
        ("raise SystemExit(0)", "the file raises SystemExit: 0"),
        (NETWORK.replace("0.5]", "0.5j]"), "numbers are complex; give real x and y"),
        (NETWORK.replace("def data", "def other"), "no data; define data()"),
        (NETWORK.replace("return torch.eye(3).double(), ", "return "), "data() returns Tensor"),
        (NETWORK.replace("1.0, -1.0, 0.5", "1.0, -1.0"), "one label, or row of labels"),
        (NETWORK.replace("1.0, -1.0, 0.5", "1.0, -1.0, float('nan')"), "NaN or infinite"),
        (NETWORK.replace("torch.eye(3).double()", "[['a']]"), "give arrays or tensors x and y"),
        (NETWORK.replace("0.5]", "0.5]).expand(2, 3).T.clone()[:, :2].reshape(3, 2"), "6 labels"),
    ],
)
def test_files_with_faults_are_told(
    own: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    own.write_text(text)
    assert room([asked(own)]) == 3
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("widths", ["0", "64:8", "8,4", "a", "1:", "1:9999999"])
def test_widths_that_are_none_are_told(widths: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plstar", str(EXAMPLE), "--widths", widths]) == 3
    assert "give" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", "x", str(2**63)])
def test_seeds_that_are_none_are_told(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plstar", str(EXAMPLE), "--seed", seed]) == 3
    assert "give an integer from 0 to 2^63 - 1" in capsys.readouterr().err


def test_infinities_are_words_in_json(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert room([asked(own, json=True, steps=400, step_size=1e9)]) in (0, 2)
    document = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(word))
    assert document["widths"][0]["diverged"] in (True, False)
    assert math.isfinite(document["widths"][0]["r_0"][0])
