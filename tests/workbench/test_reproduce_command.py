"""The command that draws figures: its files, its words, its exit codes, and its progress."""

import argparse
import io
import json
from pathlib import Path

import numpy as np
import pytest

from claims.__main__ import main
from claims.commands import reproduce
from verdicts import exactly
from workbench.reproduce.__main__ import main as room
from workbench.reproduce.catalogue import FIGURES
from workbench.reproduce.figure import Curve, Drawn, Figure, Panel, Table, Told
from workbench.reproduce.orderings import falls
from workbench.reproduce.progress import Progress

PNG = b"\x89PNG\r\n\x1a\n"


def asked(name: str | None, **other: object) -> list[str]:
    standard = {"id": name, "list": False, "out": None, "small": True, "json": False}
    return [json.dumps(standard | other)]


def test_the_first_figure_by_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new"
    assert main(["reproduce", "du2019.figure_1", "--small", "--out", str(out)]) == 0
    told = capfd.readouterr()
    assert told.out.count("SUPPORTED") == 3
    assert "the wider, the smaller the error at epoch 100" in told.out
    assert "du2019.figure_1: 100%" in told.err
    stem = out / "du2019.figure_1.small"
    assert stem.with_name(f"{stem.name}.png").read_bytes().startswith(PNG)
    assert "m = 800" in stem.with_name(f"{stem.name}.svg").read_text()
    document = json.loads(stem.with_name(f"{stem.name}.json").read_text())
    assert [one["verdict"] for one in document["orderings"]] == ["SUPPORTED"] * 3
    assert len(document["panels"][0]["curves"]) == 5
    low, high = document["panels"][0]["curves"][0]["y"][0]
    assert 0 < low <= high
    assert sorted(path.name for path in out.iterdir()) == [
        f"{stem.name}.{kind}" for kind in ("json", "png", "svg")
    ]


def test_the_list_names_figures_and_papers_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert room(asked(None, list=True)) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in FIGURES)
    assert "du2019deep: the paper has no experiments (read)" in told
    assert room(asked(None, list=True, json=True)) == 0
    document = json.loads(capsys.readouterr().out)
    assert {one["id"] for one in document["figures"]} == set(FIGURES)
    assert document["none"]


@pytest.mark.parametrize("words", [[], ["du2019.figure_1", "--list"]])
def test_one_figure_or_the_list(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", *words]) == 3
    assert "give the ID of one figure, or --list" in capsys.readouterr().err


def test_a_figure_that_is_not_known_and_a_folder_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert room(asked("du2019.figure_2")) == 3
    assert "did you mean du2019.figure_1" in capsys.readouterr().err
    file = tmp_path / "file"
    file.touch()
    assert main(["reproduce", "du2019.figure_1", "--out", str(file)]) == 3
    assert "that is a file; give a folder" in capsys.readouterr().err
    assert room(asked("senen2020.depth", out=str(file / "below"))) == 3
    assert capsys.readouterr().err.startswith("senen2020.depth: ")


def test_help_has_lines_to_run() -> None:
    parser = argparse.ArgumentParser()
    reproduce.add_arguments(parser)
    assert "python -m claims reproduce du2019.figure_1 --small --out" in parser.format_help()


def toy(*values: float, widths: float = 0.0) -> Figure:
    """A figure whose one ordering says that the values fall."""

    def draw(small: bool, told: Told) -> Drawn:  # noqa: ARG001
        found = exactly(np.array(values)) + (exactly(0.0) if not widths else exactly(widths))
        if widths:
            raise ArithmeticError("the loss overflows")
        curve = Curve("", range(len(values)), found)
        order = falls("the values fall", found, range(len(values)))
        panel = Panel("", "x", "y", (curve,))
        return Drawn("toy", (panel,), (order,), Table(("a",), (("1",),)), "exact")

    return Figure("toy", "p", "s", "h", "of a statement", "not read", draw)


@pytest.mark.parametrize(
    ("figure", "code"), [(toy(2.0, 1.0), 0), (toy(1.0, 2.0), 1), (toy(2.0, 1.0, widths=1.0), 3)]
)
def test_exit_codes(
    figure: Figure, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(FIGURES, "toy", figure)
    assert room(asked("toy", json=code == 1)) == code
    told = capsys.readouterr()
    if code == 1:
        assert json.loads(told.out)["orderings"][0]["verdict"] == "REFUTED"
    if code == 3:
        assert told.err == "toy: the loss overflows\n"


def test_an_open_ordering_has_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = FIGURES["gao2022.training"]
    monkeypatch.setitem(FIGURES, "gao2022.training", one)
    assert room(asked("gao2022.training")) == 2
    assert "UNDECIDED" in capsys.readouterr().out


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_renews_its_line_on_a_terminal_alone() -> None:
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        progress = Progress("name", stream)
        for share in (0.0, 0.01, 0.3, 0.31, 1.0, 1.0):
            progress(share)
    assert terminal.getvalue().count("\n") >= 1
    assert terminal.getvalue().startswith("\rname [")
    assert "100%" in terminal.getvalue()
    lines = file.getvalue().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["name: 30%", "name: 100%"]
