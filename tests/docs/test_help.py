"""Every command explains itself by examples that run as printed.

Every example is read by the parser, and the files that it names have to be there. What needs
neither training nor a run of pytest is also run here each time; the others when the environment
variable PROVABLY_EXAMPLES is set, since together they take minutes. An example is run in an empty
folder that has the repository's folders as links, so that it reads what it would read at the root
and writes nowhere else; what it writes to /tmp goes to that folder as well.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from claims import __main__ as commands
from claims.machine import REPOSITORY

_EXAMPLE = re.compile(r"^ *(python -m claims (?:.*\\\n)*.*)$", re.MULTILINE)
_CHEAP = ("show", "list", "export", "merge")
_ALL = bool(os.environ.get("PROVABLY_EXAMPLES"))


def helped(command: str, capture: pytest.CaptureFixture[str]) -> str:
    assert commands.main([command, "--help"]) == 0
    return capture.readouterr().out


def examples(text: str) -> list[list[str]]:
    """The words of each example after `python -m claims`."""
    return [shlex.split(found.replace("\\\n", " "))[3:] for found in _EXAMPLE.findall(text)]


def told(command: str) -> list[list[str]]:
    parser = commands._parser()  # the sentence that `--help` prints, without printing it
    (chosen,) = [a for a in parser._actions if isinstance(a.choices, dict)]
    assert isinstance(chosen.choices, dict)
    return examples(chosen.choices[command].format_help())


def cheap() -> Iterator[list[str]]:
    for command in commands.COMMANDS:
        for words in told(command):
            if _ALL or " ".join(words).startswith(_CHEAP):
                yield words


@pytest.mark.parametrize("command", list(commands.COMMANDS))
def test_a_command_is_told_with_examples_that_can_be_read(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = helped(command, capsys)
    found = examples(text)
    assert found, f"{command} --help has no line that begins with python -m claims"
    for words in found:
        assert words[0] == command
        own, _ = commands._split(words)
        commands._parser().parse_args(own)
        named = [word for word in words if re.match(r"(docs|tests|theorems)/", word)]
        missing = [w for w in named if not (REPOSITORY / w.partition("::")[0]).exists()]
        assert missing == [], f"{' '.join(words)}: there is no {missing}"


@pytest.mark.parametrize("words", [*cheap()], ids=" ".join)
def test_an_example_runs_as_printed(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for entry in REPOSITORY.iterdir():
        if entry.is_dir() and not entry.name.startswith("."):
            (tmp_path / entry.name).symlink_to(entry)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path / ".hypothesis"))
    there = [re.sub("^/tmp/", f"{tmp_path}/", word) for word in words]
    assert commands.main(there) in (0, 1, 2)


def test_an_example_over_two_lines_is_one() -> None:
    text = "examples:\n  python -m claims a b \\\n      --c d\n  python -m claims e 'f g'\nSee it."
    assert examples(text) == [["a", "b", "--c", "d"], ["e", "f g"]]
