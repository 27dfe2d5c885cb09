"""The pages that promise output print it."""

from pathlib import Path

import pytest

from claims.machine import REPOSITORY
from tests.docs.walkthrough import DOCS, agrees, commands, masked, steps, walk


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path / "hypothesis"))
    return tmp_path


@pytest.mark.parametrize(("name", "strangers"), [("tutorial.md", 1), ("verdicts.md", 0)])
def test_what_the_page_prints_is_what_is_printed(
    name: str, strangers: int, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    for command, printed in walk(page, folder, capfd, strangers=strangers):
        pytest.fail(f"{name}: {command} prints something else:\n{printed}", pytrace=False)


def test_the_tutorial_has_something_to_run() -> None:
    found = [*steps((DOCS / "tutorial.md").read_text(encoding="utf-8"))]
    run = [c for s in found if s.kind == "console" for c, _ in commands(s.text)]
    assert sum(command.startswith("provably check ") for command in run) == 3
    assert {step.kind for step in found} == {"file", "append", "swap", "console"}


def test_a_comment_above_no_block_is_told() -> None:
    with pytest.raises(ValueError, match="stands above no block"):
        list(steps("<!-- file: a.py -->\n\nwords\n\n```python\nx = 1\n```\n"))


def test_a_line_that_differs_is_seen() -> None:
    printed = ["a  1.0e-15  0.3", "b", "c in 2.1s", "", "d"]
    assert agrees(["a -3e-14  9.9", "...", "d"], printed)
    assert agrees(["...", "c in 0.5s", "...", ""], [*printed, ""])
    assert agrees(["..."], [])
    assert not agrees(["a 1e-3  0.3", "..."], printed)
    assert not agrees(["a  1.0e-15  0.3", "b"], printed)
    assert not agrees(["...", "e"], printed)
    assert agrees([], [""])
    assert not agrees([], ["a"])
    assert masked("margin 0.25  0.1") != masked("margin 0.26  0.1")


def test_the_commands_of_a_block_have_their_lines() -> None:
    assert [*commands("$ a b\nx\n\ny\n$ c\n")] == [("a b", ["x", "", "y"]), ("c", [])]


def test_the_script_that_the_tutorial_puts_on_the_path_is_there() -> None:
    assert (REPOSITORY / "bin" / "provably").stat().st_mode & 0o111
