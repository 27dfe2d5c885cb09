"""The command: pictures, data and words of small maps, and what is told when it cannot draw."""

import argparse
import json
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from claims.__main__ import main
from claims.commands import phase
from tests.workbench.test_phase import BARE, axis
from workbench.phase import Counts, Plan, as_bytes, picture
from workbench.phase.__main__ import main as room
from workbench.phase.drawing import COLOURS
from workbench.phase.told import command, edge_of

PNG = b"\x89PNG\r\n\x1a\n"
SMALL: dict[str, Any] = {
    **BARE,
    "what": "gamma-m",
    "x": axis("gamma", 0.3, 0.5, 0.7),
    "y": axis("m", 2, 8, log=True),
    "seeds": 16,
    "level": 0.95,
    "dry_run": False,
    "json": False,
}


def asked(out: Path, **other: Any) -> list[str]:
    return [json.dumps({**SMALL, "out": str(out), **other})]


def test_the_command_draws_and_goes_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["phase", "gamma-m", "--out", str(tmp_path), "--x", "gamma=0.3:0.7:3"]
    assert main([*words, "--y", "m=2:8:2:log", "--seeds", "16"]) == 0
    told = capfd.readouterr()
    assert "3 x 2 cells of gao2022concentration.lemma_2_1, 16 seeds; cost" in told.err
    assert "8 |  100 " in told.out
    assert (tmp_path / "phase.png").read_bytes().startswith(PNG)
    svg = (tmp_path / "phase.svg").read_text()
    assert "width " in svg
    assert "python -m claims phase gamma-m --out DIR --x gamma=0.3:0.7:3" in svg
    document = json.loads((tmp_path / "phase.json").read_text())
    assert [cell["rows"] for cell in document["cells"]] == [16] * 6
    assert document["boundary"]["letter"] == "gamma"
    assert room(asked(tmp_path, seeds=32, json=True)) == 0
    more = json.loads(capfd.readouterr().out)
    assert [cell["rows"] for cell in more["cells"]] == [32] * 6
    assert more["contradicting"] == []
    low, high = more["cells"][0]["interval"]
    assert 0.8 < low < high == 1.0


@pytest.mark.parametrize("what", ["width-n", "gamma-m", "width-step"])
def test_the_command_under_the_picture_is_the_same_map(what: str) -> None:
    plan = Plan.of({**SMALL, "what": what, "x": None, "y": None, "salt": 3, "set": {"delta": 0.2}})
    words = shlex.split(command(plan, what, 100, 0.9))[4:]
    parser = argparse.ArgumentParser()
    phase.add_arguments(parser)
    told = phase.request(parser.parse_args(words))
    assert Plan.of(told).key == plan.key
    assert (told["seeds"], told["level"]) == (100, 0.9)


def test_the_same_map_gives_the_same_files(tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert room(asked(tmp_path / out)) == 0
    for name in ("phase.png", "phase.svg", "phase.json", "cells.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_refuted_cell_is_an_exit_code_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mutant = {"what": "du2019.lemma_3_1[factor=1]", "set": {"delta": 0.1}}
    axes = {"x": axis("m", 128), "y": axis("n", 1), "seeds": 128}
    assert room(asked(tmp_path, **mutant, **axes)) == 1
    assert "REFUTED at m = 128, n = 1: " in capsys.readouterr().out


def test_costs_are_told_and_nothing_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert room(asked(tmp_path / "none", dry_run=True)) == 0
    assert "cost 3.3e+03 normals + flops/8" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_another_map_in_the_folder_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert room(asked(tmp_path)) == 0
    capsys.readouterr()
    assert room(asked(tmp_path, salt=1)) == 3
    lines = capsys.readouterr().err.splitlines()
    assert "holds another map, it differs in salt" in lines[-1]
    assert len(lines) == 2


def test_every_kind_of_cell_is_drawn() -> None:
    plan = Plan.of({**SMALL, "x": axis("gamma", 0.3, 0.5, 0.7), "y": axis("m", 2, 8, log=True)})
    cells = {
        (0, 0): Counts(rows=64, successes=60, failures=4, stated=0.9),
        (1, 0): Counts(rows=64, successes=30, failures=30, stated=0.9, premise=3),
        (2, 0): Counts(unmet="lambda_0 > 0"),
        (0, 1): Counts(broken="ValueError: no"),
        (1, 1): Counts(rows=1, successes=0, failures=0, margin=(-1.0, 1.0)),
    }
    for kind, start in (("png", PNG), ("svg", b"<?xml")):
        figure = picture(plan, cells, edge_of(plan), 0.95, ["a line " * 30])
        assert as_bytes(figure, kind).startswith(start)
        labels = [text.get_text() for text in figure.legends[0].get_texts()]
        assert len(labels) == 5


def test_the_colours_are_read_in_black_and_white() -> None:
    colours = [mpl.colormaps[COLOURS](k) for k in range(256)]
    luminance = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b, _ in colours]
    assert all(a < b + 2e-3 for a, b in pairwise(luminance))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--x", "m=1:2"], "give NAME=A:B:K"),
        (["--x", "m=0:8:3:log"], "give NAME=A:B:K"),
        (["--x", "m=1:8:999"], "at most 64 values"),
        (["--y", "=1,2"], "give NAME=A:B:K"),
        (["--x", "m=1,nan"], "give NAME=A:B:K"),
        (["--set", "delta"], "give NAME=VALUE"),
        (["--level", "1"], "give a number between 0 and 1"),
        (["--seeds", "0"], "give an integer from 1"),
        (["--at", "none.json"], "none.json: no instance can be read"),
    ],
)
def test_words_that_are_none_are_told(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phase", "width-n", "--out", "unused", *words]) == 3
    assert told in capsys.readouterr().err


def test_a_folder_has_to_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phase", "width-n"]) == 3
    assert "--out: is missing; give the folder" in capsys.readouterr().err


def test_values_between_two_ends() -> None:
    assert phase.spaced(1, 3, 3, log=False) == [1, 2, 3]
    assert phase.spaced(1, 100, 3, log=True) == [1, 10, 100]
    with pytest.raises(ValueError, match="give first < last"):
        phase.spaced(2, 1, 3, log=False)


def test_letters_are_numbers_or_words(tmp_path: Path) -> None:
    file = tmp_path / "at.json"
    file.write_text('{"witnesses": {"smallest": {"instance": {"delta": 0.1}}}}')
    assert phase._letter("certified=False") == ("certified", False)
    assert phase._letter("rate=0.5") == ("rate", 0.5)
    assert phase._letter("given=norm") == ("given", "norm")
    assert phase._instance(str(file)) == {"delta": 0.1}
