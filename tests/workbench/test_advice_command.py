"""`lint` and `rivals`: words, exit codes, pictures."""

import argparse
import json
from math import log
from pathlib import Path
from typing import Any

import pytest

from claims.__main__ import main as claims_main
from claims.commands import advice, lint, rivals
from claims.machine import REPOSITORY
from workbench.advice.__main__ import main as room
from workbench.advice.table import PAPERS

EXAMPLE = REPOSITORY / "docs" / "examples" / "two_classes.csv"
REQUEST: dict[str, Any] = {"question": "lint", "activation": "tanh", "papers": [], "json": False}
REQUEST |= {"width": 100, "step": None, "delta": 0.1, "details": False, "look": False, "seed": 0}
REQUEST |= {"out": None}


def asked(capsys: pytest.CaptureFixture[str], source: dict[str, Any], **other: Any) -> Any:
    """Exit code, output and complaints of the room."""
    code = room([json.dumps({**REQUEST, "source": source, **other})])
    out, err = capsys.readouterr()
    return code, out, err


def test_separable_classes_are_learnt_at_any_width(capsys: pytest.CaptureFixture[str]) -> None:
    source = {"data": str(EXAMPLE), "normalise": True}
    code, out, _ = asked(capsys, source, width=3, step=0.5)
    assert code == 0
    assert "Convergence theorems that apply: frei2021 B8 (iv)." in out
    code, out, _ = asked(capsys, source, width=3, step=1.5, details=True)
    assert code == 1
    assert "step: 1.5 <= 1, missed by 1.5" in out
    assert "Nearest: frei2021 B8 (iv), step missed by 1.5." in out


def test_the_reports_say_the_same_in_words_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    source = {"data": "iris", "samples": 6, "normalise": True}
    code, out, err = asked(capsys, source, activation="sin", step=0.01, look=True)
    assert (code, err) == (1, "")
    assert "iris, rows scaled to norm 1: 6 rows of 150, 4 columns" in out
    assert "One start of width 100, seed 0" in out
    assert "plstar docs/examples/tanh_network.py --data iris --samples 6 --widths 100" in out
    code, told, _ = asked(capsys, source, activation="sin", step=0.01, look=True, json=True)
    found = json.loads(told)
    assert code == 1
    assert found["applies"] == []
    assert found["look"]["flow"] == 0
    assert {row["paper"] for row in found["theorems"]} == set(PAPERS)
    descent = next(row for row in found["theorems"] if row["label"] == "Theorem 4.1")
    (width,) = [p for p in descent["premises"] if p["name"] == "width"]
    assert width["factor"][0] == pytest.approx(width["asked"][0] / 100)
    shrink, steps = descent["conclusion"]["shrink"], descent["conclusion"]["steps"]
    assert steps[0] == pytest.approx(2 * log(100) / shrink[1], rel=1e-3)


def test_a_paper_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    source = {"data": "iris", "samples": 3, "normalise": True}
    code, out, _ = asked(capsys, source, papers=["gao2022"], json=True, activation="sin")
    assert {row["paper"] for row in json.loads(out)["theorems"]} == {"gao2022"}
    code, _, err = asked(capsys, source, papers=["du2020"])
    assert code == 3
    assert err.startswith("--paper du2020: not in the table; give one of du2019, ")
    code, _, err = asked(capsys, {"data": "iris", "samples": 3}, look=True)
    assert (code, err.count("\n")) == (3, 1)
    assert "--normalise" in err


def test_rivals_are_drawn_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = {"data": "wine", "samples": 5, "standardise": True, "normalise": True}
    for name, magic in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml")):
        code, out, err = asked(
            capsys, source, question="rivals", out=str(tmp_path / name), activation="sin"
        )
        assert (code, err) == (0, f"{tmp_path / name}\n")
        assert (tmp_path / name).read_bytes().startswith(magic)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg"]
    assert "over m = 100" in out
    _, out, _ = asked(capsys, source, question="rivals", json=True, activation="sin")
    rows = json.loads(out)["rivals"]
    widths = [row["width_asked"][1] for row in rows if row["total_cost"]]
    assert widths == sorted(widths)
    arora = next(row for row in rows if row["paper"] == "arora2019")
    cost = arora["width_asked"][1] * 5 * 13 * arora["conclusion"]["steps"][1]
    assert arora["total_cost"][1] == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize(
    "words",
    [
        ["lint", "--data", "iris"],
        ["lint", "--data", "iris", "--width", "0"],
        ["lint", "--data", "iris", "--width", "1" * 200],
        ["lint", "--data", "iris", "--width", "8", "--step", "nan"],
        ["lint", "--data", "iris", "--width", "8", "--step", "-1"],
        ["lint", "--data", "iris", "--width", "8", "--delta", "1"],
        ["lint", "--data", "iris", "--width", "8", "--activation", "relu"],
        ["lint", "--data", "iris", "--width", "8", "--seed", "9" * 19],
        ["rivals"],
        ["rivals", "--data", "iris", "--samples", "x"],
        ["rivals", "--data", "iris", "--out", "a.pdf"],
        ["rivals", "--data", "iris", "--out", "no_such_folder/a.png"],
    ],
)
def test_wrong_words_are_refused(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert claims_main(words) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert "Traceback" not in err


def test_the_commands_ask_for_what_the_room_answers() -> None:
    for command, words in (
        (lint, ["--data", "iris", "--width", "8", "--paper", "du2019"]),
        (rivals, ["--data", "iris", "--out", "a.png"]),
    ):
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        request = command.request(parser.parse_args(words))
        assert request["source"]["data"] == "iris"
        assert request["delta"] == 0.1
        assert set(request) <= {*REQUEST, "source"}
    assert "arrays x and y" in advice.DATA
