import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.exact.balls import UnreadableError
from certify.exact.canonical import canonical, digest_of
from certify.exact.reading import (
    LONGEST_STRING,
    MOST_BYTES,
    MOST_DEPTH,
    MOST_VALUES,
    Token,
    parsed,
    read_document,
)
from tests.certify.exact.documents import document, lemma_3_3_certificate, saved, signed


def test_a_document_is_read_with_its_numbers_as_they_were_written(tmp_path: Path) -> None:
    whole = document(lemma_3_3_certificate())
    found = read_document(saved(whole, tmp_path))
    assert found["constants"]["radius"] == "1.0"
    assert isinstance(found["constants"]["radius"], Token)
    assert not isinstance(found["label"], Token)
    assert digest_of(found) == digest_of(whole) == whole["digest"]


def test_formatting_does_not_change_the_digest_and_a_digit_does(tmp_path: Path) -> None:
    whole = document(lemma_3_3_certificate())
    path = tmp_path / "flat.json"
    path.write_text(json.dumps(whole, separators=(",", ":"), sort_keys=True), encoding="utf-8")
    assert digest_of(read_document(path)) == whole["digest"]
    assert digest_of({**whole, "constants": {"radius": 1.01}}) != whole["digest"]
    assert digest_of({**whole, "constants": {"radius": 1}}) != whole["digest"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_reading_and_writing_keep_the_canonical_text(value: Any) -> None:
    try:
        read = parsed(json.dumps(value))
    except UnreadableError:
        return  # a float like 1e-320 is within the limits, an integer of 600 digits is not
    assert canonical(read) == canonical(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[1,]", "no JSON"),
        ("[01]", "no JSON"),
        ("\ufeff{}", "no JSON"),
        ("[NaN]", "the number 'NaN'"),
        ("[-Infinity]", "the number '-Infinity'"),
        ("[" + "1" * 501 + "]", "over 500 digits"),
        ("[1e401]", "exponent"),
        ("[1e-99999999999]", "exponent"),
        ("[1." + "1" * 600 + "]", "over 500 digits"),
        ('{"a": 1, "a": 1}', "one key twice"),
        ('{"a": {"b": 1, "b": 2}}', "one key twice"),
        ('["' + "x" * (LONGEST_STRING + 1) + '"]', "20000 characters"),
        ('{"' + "x" * (LONGEST_STRING + 1) + '": 1}', "20000 characters"),
        ("[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), "nested deeper"),
        ("[" * 400_000, "nested deeper|no JSON"),
        ('{"a":' * 150_000, "nested deeper|no JSON"),
        ("[" + "0," * MOST_VALUES + "0]", "more than 100000 values"),
    ],
)
def test_text_beyond_the_limits_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message) as caught:
        parsed(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_what_is_just_within_the_limits_is_read() -> None:
    deep = "[" * (MOST_DEPTH - 1) + "1e400" + "]" * (MOST_DEPTH - 1)
    assert canonical(parsed(deep)).count("[") == MOST_DEPTH - 1
    assert len(parsed("[" + "0," * (MOST_VALUES - 3) + '"\\ud800"]')) == MOST_VALUES - 2


def test_a_large_text_costs_little_memory() -> None:
    texts = ("[" * 999_999, "[]," * 333_333, '{"a":' * 199_999, '"' + "\\u0041" * 166_000)
    for text in texts:
        tracemalloc.start()
        with pytest.raises(UnreadableError):
            parsed("[" + text)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 200e6


def unreadable(path: Path | str) -> str:
    with pytest.raises(UnreadableError) as caught:
        read_document(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert unreadable(tmp_path / "pipe") == "it is no regular file"
    assert unreadable(tmp_path) == "it is no regular file"
    assert unreadable("/dev/zero") == "it is no regular file"
    assert "cannot be opened" in unreadable(tmp_path / "absent")
    assert "cannot be opened" in unreadable("a\0b")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be opened" in unreadable(tmp_path / "loop")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    tracemalloc.start()
    assert unreadable(path) == f"it is larger than {MOST_BYTES} bytes"
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grows.json"
    path.write_text("[]", encoding="utf-8")
    monkeypatch.setattr(os, "read", lambda _, size: b" " * size)
    assert "larger" in unreadable(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b'{"a": "\xff"}')
    assert unreadable(tmp_path / "bytes") == "it is no UTF-8 text: byte 7"


WHOLE = document(lemma_3_3_certificate())
WITNESS = WHOLE["witnesses"]["smallest"]


def witnessed(**change: Any) -> dict[str, Any]:
    return {"witnesses": {**WHOLE["witnesses"], "smallest": {**WITNESS, **change}}}


def certified(**change: Any) -> dict[str, Any]:
    return witnessed(certificate={**WITNESS["certificate"], **change})


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"schema": "1"},
        {"claim": 3},
        {"claim": "../../etc/passwd"},
        {"claim": "a" * 200},
        {"claim": "du2019.lemma_3_3\n"},
        {"setting": None},
        {"paper": {"authors": "Du", "title": "x"}},
        {"paper": []},
        {"constants": {"radius": [1]}},
        {"constants": []},
        {"witnesses": {}},
        {"witnesses": {"smallest": None, "worst": None, "plain": None}},
        {"witnesses": {**WHOLE["witnesses"], "largest": None}},
        {"seeds": 3},
        {"digest": "0"},
        {"digest": "G" * 64},
        {"more": 1},
        witnessed(instance=[]),
        witnessed(margin="-0.7"),
        witnessed(inequality=1),
        witnessed(certificate=1),
        certified(model=None),
        certified(recipe=[]),
        certified(premises={}),
        certified(premises=[{"name": "a"}]),
        certified(premises=[1]),
        certified(left=None),
        certified(left=True),
        certified(relation="<"),
        certified(relation=["<="]),
        certified(left_enclosure=["1"]),
        certified(left_enclosure=["1", "x"]),
        certified(right_enclosure=[1, 2]),
        certified(bits="64"),
        certified(more=1),
    ],
)
def test_documents_of_another_shape_are_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = saved(
        signed({**WHOLE, **change}) if "digest" not in change else {**WHOLE, **change}, tmp_path
    )
    assert len(unreadable(path)) < 200


@pytest.mark.parametrize("key", sorted(WHOLE))
def test_nothing_may_be_missing(key: str, tmp_path: Path) -> None:
    rest = {name: part for name, part in WHOLE.items() if name != key}
    assert unreadable(saved(rest, tmp_path)) == f"the document has no '{key}'"


@pytest.mark.parametrize("value", [[], 1, None, "text", True])
def test_a_document_is_an_object(value: Any, tmp_path: Path) -> None:
    assert unreadable(saved(value, tmp_path)) == "the document is no object"


def test_witnesses_without_a_certificate_are_read(tmp_path: Path) -> None:
    rest = witnessed(certificate=None, margin=None, not_certified="no exact model")
    assert read_document(saved(signed({**WHOLE, **rest}), tmp_path))
