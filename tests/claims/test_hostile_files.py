import copy
import json
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certify import ScriptError, UnreadableError
from claims.__main__ import main
from claims.commands.export import exported
from claims.replaying import judged, read
from tests.claims.documents import case_in, claims_file, made, sealed, witness, written

HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"{'schema': 1}",
    "binary": bytes(range(256)) * 10,
    "not UTF-8": b'{"schema": "\xff\xfe"}',
    "a list": b"[]",
    "a number": b"1",
    "another object": b'{"instance": {"n": 3}}',
    "NaN": b'{"schema": NaN}',
    "infinity": b'{"schema": -Infinity}',
    "a key twice": b'{"schema": 1, "schema": 1}',
    "many digits": b'{"schema": ' + b"7" * 900_000 + b"}",
    "a large exponent": b'{"schema": 1e999999999}',
    "a small exponent": b'{"schema": 1e-999999999}',
    "deep lists": b"[" * 900_000,
    "deep objects": b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
    "many values": b"[" + b"1," * 400_000 + b"1]",
    "a long string": b'"' + b"x" * 900_000 + b'"',
    "an escape of a terminal": b'{"\\u001b[2J\\n\\u2028": 1}',
    "a huge file": b"",
    "a huge list": b"",
}
SETTINGS = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return claims_file(tmp_path_factory.mktemp("paper"))


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path / "hypothesis"))
    yield
    assert not (tmp_path / "owned").exists()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str], list[str]]:
    """The exit code, and the lines of output and of errors."""
    code = main(list(words))
    seen = capsys.readouterr()
    return code, seen.out.splitlines(), seen.err.splitlines()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_gets_one_line_in_bounded_time_and_memory(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hostile.json"
    path.write_bytes(HOSTILE[kind])
    if kind.startswith("a huge"):
        with path.open("r+b") as file:
            file.write(b"[" if kind == "a huge list" else b'{"schema": 1}')
            file.truncate(100 * 10**6)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    code, lines, errors = told(capsys, "replay", str(path))
    assert (code, errors, len(lines)) == (2, [], 2)
    assert lines[0].startswith(f"{path}: UNREADABLE ")
    assert all(len(line) < 400 and line.isprintable() for line in lines)
    code, lines, errors = told(capsys, "export", str(path), "--python")
    assert (code, lines, len(errors)) == (2, [], 1)
    assert errors[0].isprintable()
    assert time.process_time() - start < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


def test_what_is_no_file_gets_one_line_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    names = ("pipe.json", "loop.json", "absent.json", "/dev/zero", "nul\0.json")
    for name in names:
        code, lines, errors = told(capsys, "replay", name)
        assert (code, errors, len(lines)) == (2, [], 2), name
        code, lines, errors = told(capsys, "export", name, "--python")
        assert (code, lines, len(errors)) == (2, [], 1), name
    code, lines, _ = told(capsys, "replay", str(tmp_path))
    assert (code, len(lines)) == (2, 3)


NUMBERS = st.sampled_from(
    [0, -1, 10**400, -(10**499), 1e308, -5e-324, 0.1, 2**63, 2**64, True, None]
)
WORDS = st.sampled_from(
    ["", "1", "-2/3", "1/0", "1e400", "../../x", "/etc/passwd", "a\nb", "\x1b[2J", "x" * 19_000]
)
VALUES = st.recursive(
    NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def said(action: Callable[[], object]) -> str:
    """What an action says where it refuses; every other error is one of ours."""
    try:
        action()
    except (UnreadableError, ScriptError) as error:
        return str(error)
    return ""


def replaced(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The document with another value at one place."""
    changed = copy.deepcopy(document)
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@SETTINGS
@given(data=st.data())
def test_no_damage_makes_more_than_a_line(data: st.DataObject, mine: Path, tmp_path: Path) -> None:
    case = case_in(mine, "lemma_1", data.draw(st.sampled_from(["", "bound=2.5", "drops=n-31"])))
    document = json.loads(json.dumps(made(case, witness(n=25), plain=witness(n=30))))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([p for p in places(document) if p]))
        document = replaced(document, place, data.draw(VALUES))
    path = written(tmp_path / "x.json", sealed(document))
    start = time.process_time()
    assert len(said(lambda: judged(*read(path, mine)))) < 500
    assert len(said(lambda: compile(exported(path, None), "script.py", "exec"))) < 500
    assert time.process_time() - start < 20


@SETTINGS
@given(cut=st.integers(0, 3000), end=st.integers(0, 3000), junk=st.binary(max_size=8))
def test_no_torn_file_makes_more_than_a_line(
    cut: int, end: int, junk: bytes, mine: Path, tmp_path: Path
) -> None:
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    whole = json.dumps(document).encode()
    path = tmp_path / "x.json"
    path.write_bytes(whole[:cut] + junk + whole[end:])
    words = said(lambda: read(path, mine))
    assert len(words) < 500
    assert words or json.loads(path.read_bytes()) == document
