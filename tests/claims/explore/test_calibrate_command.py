import json
from pathlib import Path

import pytest

from claims.__main__ import main
from tests.claims.explore import toys


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["below", "nothing"], "nothing is not among its constants; its constants that are numb"),
        (["below", "word"], "word is no number; its constants that are numbers: factor=2, other=0"),
        (["published", "bound"], "it is false as published (37 > 36.5)"),
        (["absent", "bound"], "there is no claim absent"),
        (["below", "factor", "--at", "absent.json"], "no instance can be read"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", toys.target(words[0]), *words[1:]]) == 3
    text = capsys.readouterr().err
    assert told in text
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [["--digits", "0"], ["--limit", "1"], ["--plot", "x.txt"], ["--plot", "no/such.png"]],
)
def test_wrong_options_could_not_run(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", toys.target("below"), "factor", *words]) == 3
    assert "give" in (text := capsys.readouterr().err) or "no folder" in text


def test_a_claim_is_calibrated_at_drawn_instances(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", toys.target("below"), "factor", "--instances", "5"]) == 0
    told = capsys.readouterr().out
    assert "instances: drawn by the claim's strategies" in told
    assert "a hunt judged" in told


def test_a_claim_is_calibrated_at_an_instance_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.json"
    file.write_text('{"k": 40}')
    picture = tmp_path / "own.png"
    words = ["--at", str(file), "--json", "--plot", str(picture), "--direction", "down"]
    assert main(["calibrate", toys.target("bounded"), "bound", *words]) == 0
    (side,) = json.loads(capsys.readouterr().out)["sides"]
    assert side["refuted"] < 40 <= side["not_refuted"] < 42
    assert side["instances"] == 1
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_fractions_of_an_integer_are_tried_when_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["calibrate", toys.target("powers"), "power", "--direction", "down", "--json"]
    assert main([*words, "--instances", "3"]) == 0
    (whole,) = json.loads(capsys.readouterr().out)["sides"]
    assert (whole["refuted"], whole["not_refuted"]) == (2, 3)
    assert main([*words, "--instances", "3", "--real"]) == 0
    (real,) = json.loads(capsys.readouterr().out)["sides"]
    assert real["refuted"] < 2.9069 <= real["not_refuted"]  # log2 of 7.5
