"""Files of strangers: whatever they hold, the re-checker answers in one line and in short time."""

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certify import recheck
from tests.certify.exact.documents import (
    document,
    lemma_3_3_certificate,
    resigned,
    saved,
    signed,
)

WHOLE = document(lemma_3_3_certificate())


def outcome(path: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = recheck.main([str(path)])
    out, err = capsys.readouterr()
    return code, out, err


def refused(path: object, capsys: pytest.CaptureFixture[str]) -> str:
    code, out, err = outcome(path, capsys)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.isascii()
    assert len(err) < 1000
    return err


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": "three_layer"}, "model: 'three_layer'"),
        ({"left": ["quantity", "nonsense"]}, "no quantity 'nonsense'"),
        ({"left": ["constant", "nonsense"]}, "no constant"),
        ({"left": [["+"]]}, "operator"),
        ({"left": ["+"] + ["1"] * 3000}, "parts"),
        ({"left": "1/0"}, "no number"),
        ({"recipe": {"rows": [["1"]] * 100}}, "recipe|rows"),
        ({"model": "../../models", "recipe": {}}, "model"),
    ],
)
def test_certificates_without_meaning_get_one_line(
    change: dict[str, Any], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = resigned(WHOLE, **change)
    whole["witnesses"]["smallest"]["instance"] = {"t": 3.0}
    assert re.search(why, refused(saved(signed(whole), tmp_path), capsys))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[" * 900_000,
        "[" + "1" * 900_000 + "]",
        '{"a":' * 150_000,
        "[" + "1e999," * 100_000 + "1]",
        "\x00" * 1000,
        '"' + "\\u001b[2J" * 1000 + '"',
        '{"\\u001b[2J\\n": 1}',
    ],
)
def test_hostile_text_gets_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hostile.json"
    path.write_text(text, encoding="utf-8")
    refused(path, capsys)


def test_hostile_files_get_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(100_000_000)
    for path in (tmp_path, "/dev/zero", tmp_path / "pipe", tmp_path / "large", "no\nfile", "\x00"):
        refused(path, capsys)
    refused("\udcff", capsys)


def mutated(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for place, length, new in changes:
        start = place % (len(data) + 1)
        data = data[:start] + new + data[start + length :]
    return data


ORIGINAL = json.dumps(WHOLE, indent=1).encode()
PIECES = [
    *(b"[", b"]", b"{", b"}", b'"', b",", b":", b"-", b"/", b" ", b"\xff", b"\\u0000", b"null"),
    *(b"e9", b"9" * 30, b"NaN", b'"rows"', b'["+",', b'["exp","1e300"]'),
    b'["quantity","drift",{"time":"1e300"}]',
]
changes = st.lists(
    st.tuples(
        st.integers(0, len(ORIGINAL)),
        st.integers(0, 12),
        st.sampled_from(PIECES) | st.binary(max_size=3),
    ),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes, st.booleans())
def test_damaged_files_are_never_certified_and_never_crash(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: list[tuple[int, int, bytes]],
    sign: bool,
) -> None:
    data = mutated(ORIGINAL, changes)
    try:
        read = json.loads(data)
        same = read == WHOLE
        if sign and isinstance(read, dict):
            data = json.dumps(signed(read)).encode()
    except (ValueError, RecursionError, TypeError):
        same = False
    path = tmp_path / "damaged.json"
    path.write_bytes(data)
    began = time.process_time()
    code, _, err = outcome(path, capsys)
    assert time.process_time() - began < 30
    assert code in (0, 1, 2)
    assert err.count("\n") == (1 if code == 2 else 0)
    assert sign or code > 0 or same


strange = st.recursive(
    st.sampled_from([None, True, 0, -1, 1e308, 10**400, "", "1/3", "1e400", "\x1b[2J\n", "pi"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def replaced(value: Any, choose: Callable[[int], int], new: Any) -> Any:
    """The value with one of its parts replaced."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return new
    key = keys[choose(len(keys))]
    old = value[key]
    deeper = isinstance(old, dict | list) and choose(8) > 0
    part = replaced(old, choose, new) if deeper else new
    if isinstance(value, dict):
        return {**value, key: part}
    return [*value[:key], part, *value[key + 1 :]]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data(), strange)
def test_any_part_may_be_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: st.DataObject, new: Any
) -> None:
    whole = replaced(WHOLE, lambda count: data.draw(st.integers(0, count - 1)), new)
    code, _, err = outcome(saved(signed(whole), tmp_path), capsys)
    assert code in (0, 1, 2)
    assert err.count("\n") == (1 if code == 2 else 0)


trees = st.recursive(
    st.sampled_from(["1", "0", "-2/3", "1e300", "0.05", ["pi"], ["given", "t"], 3, None]),
    lambda inner: (
        st.tuples(
            st.sampled_from(["+", "-", "*", "/", "^", "sqrt", "exp", "log", "abs", "max", "min"]),
            inner,
        ).map(list)
        | st.tuples(st.sampled_from(["+", "-", "*", "/", "^"]), inner, inner).map(list)
        | st.tuples(
            st.just("quantity"),
            st.sampled_from(["drift", "squared_residual", "near", "lambda_min_H_core", "slides"]),
            st.dictionaries(st.sampled_from(["eta", "steps", "time", "R"]), inner, max_size=2),
        ).map(list)
    ),
    max_leaves=8,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(trees, trees)
def test_any_two_expressions_get_an_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], left: Any, right: Any
) -> None:
    path = saved(resigned(WHOLE, left=left, right=right), tmp_path)
    began = time.process_time()
    code = recheck.main([str(path)], seconds=2.0)
    assert time.process_time() - began < 20
    err = capsys.readouterr().err
    assert code in (0, 1, 2)
    assert err.count("\n") == (1 if code == 2 else 0)
