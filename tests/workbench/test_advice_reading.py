"""Files that users have, and files that nobody should have."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workbench.advice import arrays
from workbench.advice.__main__ import main
from workbench.advice.data import MOST_ROWS, Data, Source, read
from workbench.advice.errors import DataError

X = np.array([[3.0, 4.0], [0.0, 1.0], [1.0, 0.0]])
Y = np.array([1.0, -1.0, 0.5])


def written(folder: Path, text: str, name: str = "some.csv") -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def refused(path: str, **further: Any) -> str:
    """The message, which is one line without a traceback's."""
    with pytest.raises(DataError) as caught:
        read(Source(path, **further))
    told = str(caught.value)
    assert "\n" not in told
    assert ";" in told
    return told


def same(found: Data, x: Any, y: Any) -> None:
    assert torch.equal(found.x, torch.tensor(x, dtype=torch.float64))
    assert torch.equal(found.y, torch.tensor(y, dtype=torch.float64))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " ", "  "])
@pytest.mark.parametrize("header", [False, True])
def test_tables_are_read_with_any_delimiter(tmp_path: Path, delimiter: str, header: bool) -> None:
    lines = [delimiter.join(("left", "right", "label"))] if header else []
    lines += [delimiter.join(map(str, (*row, label))) for row, label in zip(X, Y, strict=True)]
    found = read(Source(written(tmp_path, "\n\n".join(lines) + "\n")))
    same(found, X, Y)
    assert found.columns == (("left", "right") if header else ("column 0", "column 1"))


@pytest.mark.parametrize("label", ["label", "0", "-3"])
def test_the_label_is_a_name_or_an_index(tmp_path: Path, label: str) -> None:
    path = written(tmp_path, "\ufefflabel,a,b\r\n1,2,3\r\n4,5,6\r\n")
    found = read(Source(path, label=label))
    same(found, [[2, 3], [5, 6]], [1, 4])
    assert found.columns == ("a", "b")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("a,b\n", "a header and no rows"),
        ("1\n2\n", "one column"),
        ("a,b,c\n1,2,3\n1,2\n", "line 3: 2 cells, and 3 in the first line"),
        ("a,b\n1,2\n1,x\n", "line 3, 'b': 'x' is no number"),
        ("5.1,3.5,setosa\n4.9,3,setosa\n", "line 2, 'setosa': 'setosa' is no number"),
        ("1,2\n1,\n", "'' is no number"),
        ("1,2\n1_0,2\n", "'1_0' is no number"),
        ("1,2\nnan,3\n", "a NaN in row 2 "),
        ("1,2\n1e400,3\n", "infinite or above 1e150 in row 2 "),
        ("1,2\n1e200,3\n", "infinite or above 1e150 in row 2 "),
        ('1,"2\n3",4\n', "some.csv"),
        ("1,2\x00\n", "some.csv"),
    ],
)
def test_broken_tables_are_refused_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    assert told in refused(written(tmp_path, text))


@pytest.mark.parametrize("label", ["none", "3", "-4", "1.0"])
def test_a_column_that_is_not_there_is_refused(tmp_path: Path, label: str) -> None:
    assert "no such column" in refused(written(tmp_path, "a,b,c\n1,2,3\n"), label=label)


def test_arrays_are_read_without_numpys_own_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    np.savez_compressed(tmp_path / "b.npz", x=np.asfortranarray(X).astype(">f4"), y=Y[:, None])
    np.save(tmp_path / "x.npy", X.astype(np.float16))
    np.save(tmp_path / "y.npy", np.array([1, 0, 1], dtype=np.uint8))
    monkeypatch.setattr(np, "load", None)
    same(read(Source(str(tmp_path / "a.npz"))), X, Y)
    same(read(Source(str(tmp_path / "b.npz"))), X, Y)
    both = Source(str(tmp_path / "x.npy"), labels=str(tmp_path / "y.npy"))
    same(read(both), X, [1, 0, 1])


def bad_array(folder: Path, x: Any, y: Any = Y) -> str:
    path = folder / "bad.npz"
    np.savez(path, x=x, y=y)
    return str(path)


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (np.array([[1, "a"]] * 3, dtype=object), "dtype object"),
        (X.astype(complex), "dtype complex128"),
        (X.astype(str), "dtype <U"),
        (X.astype("datetime64[s]"), "dtype datetime64"),
        (X.astype(int) + 2**60, "integers beyond 2^53"),
        (X.astype(np.uint64) + np.uint64(2**63), "integers beyond 2^53"),
        (np.array([-(2**63)] * 3)[:, None], "integers beyond 2^53"),
        (X[0], "shape (2,)"),
        (X[:2], "one label for each row"),
        (np.zeros((3, 0)), "shape (3, 0)"),
        (np.array([[1.0], [np.nan], [np.inf]]), "a NaN in row 2"),
    ],
)
def test_arrays_that_are_no_tables_of_numbers_are_refused(
    tmp_path: Path, x: Any, told: str
) -> None:
    assert told in refused(bad_array(tmp_path, x))


class Bomb:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('unpickled')",)


def header(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": descr, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


def archive(folder: Path, members: dict[str, bytes]) -> str:
    path = folder / "hostile.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return str(path)


def test_hostile_archives_are_refused_before_they_are_read(tmp_path: Path) -> None:
    objects = header((1,), "|O") + pickle.dumps(Bomb())
    assert "never unpickled" in refused(archive(tmp_path, {"x.npy": objects, "y.npy": b""}))
    huge = header((10**9, 10**9))
    assert "shape (1000000000, 1000000000)" in refused(
        archive(tmp_path, {"x.npy": huge, "y.npy": huge})
    )
    short = header((3, 2)) + b"abc"
    assert "ends early" in refused(archive(tmp_path, {"x.npy": short, "y.npy": short}))
    assert "no NPY header" in refused(archive(tmp_path, {"x.npy": b"junk", "y.npy": b""}))
    assert "no array y, found x" in refused(archive(tmp_path, {"x.npy": header((0,))}))
    deep = b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"(" * 8999 + b"\n"
    assert "no NPY header" in refused(archive(tmp_path, {"x.npy": deep, "y.npy": deep}))


def test_a_zip_bomb_is_refused_by_its_declared_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "MOST_BYTES", 2**20)
    bomb = archive(tmp_path, {"x.npy": header((2**19, 1)) + bytes(2**22), "y.npy": b""})
    assert Path(bomb).stat().st_size < 2**16
    assert "bytes; give at most" in refused(bomb)
    lying = header((2**17 + 1, 1)) + bytes(8 * (2**17 + 1))
    assert "numbers" in refused(archive(tmp_path, {"x.npy": lying[: 2**20], "y.npy": b""}))


def test_files_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such file" in refused(str(tmp_path / "none.csv"))
    assert "no such file" in refused(str(tmp_path / "none.npz"))
    assert "no such data" in refused("iri")
    assert "no labels; give them with --labels" in refused(str(tmp_path / "x.npy"))
    assert "leave it out" in refused("iris", labels="y.npy")
    assert "has no label column" in refused("iris", label="class")
    broken = written(tmp_path, "no zip", "broken.npz")
    assert "File is not a zip file" in refused(broken)
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"\xe9,b\n1,2\n")
    assert "UTF-8" in refused(str(latin))
    monkeypatch.setattr(arrays, "MOST_BYTES", 3)
    assert "at most 3" in refused(written(tmp_path, "1,2\n3,4\n"))


def test_rows_are_spread_scaled_and_bounded_in_number(tmp_path: Path) -> None:
    spread = read(Source("iris", samples=3))
    assert spread.y.tolist() == [0, 0.5, 1]
    assert spread.of == 150
    unit = read(Source("iris", samples=5, normalise=True))
    assert torch.linalg.vector_norm(unit.x, dim=1).numpy() == pytest.approx(1)
    standard = read(Source("wine", standardise=True))
    assert standard.x.mean(dim=0).abs().max() < 1e-12
    assert standard.x.square().mean(dim=0).numpy() == pytest.approx(1)
    path = written(tmp_path, "1,7,1\n2,7,1\n")
    assert read(Source(path, standardise=True)).x.tolist() == [[-1, 0], [1, 0]]
    assert "row 1 (counted from 1)" in refused(written(tmp_path, "0,0,1\n1,2,1\n"), normalise=True)
    assert "has 150 rows" in refused("iris", samples=151)
    many = written(tmp_path, "1,2\n" * (MOST_ROWS + 1))
    assert f"--samples {MOST_ROWS} or less" in refused(many)
    assert len(read(Source(many, samples=7)).x) == 7


def test_rows_of_every_size_are_brought_to_norm_one(tmp_path: Path) -> None:
    path = written(tmp_path, "1e-150,1e-150,1\n1e150,-1e150,1\n")
    found = read(Source(path, normalise=True))
    assert found.x.abs().numpy() == pytest.approx(np.sqrt(0.5))


def test_the_room_says_what_is_wrong_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = {"data": written(tmp_path, "1,2\nx,3\n")}
    request: dict[str, Any] = {
        "question": "lint",
        "source": source,
        "activation": "tanh",
        "papers": [],
    }
    request |= {"width": 8, "step": None, "delta": 0.1, "json": False}
    assert main([json.dumps(request)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "is no number" in err


def test_a_first_row_with_a_gap_is_no_header(tmp_path: Path) -> None:
    told = refused(written(tmp_path, "NA,2,3\n1,1,4\n2,5,6\n"))
    assert "line 1: 'NA, 2, 3' are neither all names nor all numbers" in told
    named = read(Source(written(tmp_path, "0,1,label\n5,6,7\n8,8,9\n")))  # as pandas writes it
    assert (named.columns, named.label) == (("0", "1"), "'label'")


def test_a_column_that_counts_the_rows_is_named(tmp_path: Path) -> None:
    lines = [f"{i},{(7 * i) % 5},{i % 2}" for i in range(100, 106)]
    path = written(tmp_path, "\n".join(["id,a,y", *lines]))
    assert read(Source(path, samples=3, normalise=True)).counting == ("id",)
    assert read(Source("iris")).counting == ()
