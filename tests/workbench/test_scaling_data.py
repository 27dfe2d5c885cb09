import math
from pathlib import Path

import numpy as np
import pytest

from certify import lambda_min
from claims.locate import NotFoundError
from models import H_inf
from workbench.scaling.data import family, pair, rows_of, words


@pytest.mark.parametrize("n", [1, 2, 5])
def test_axes_are_orthonormal_so_that_lambda_0_is_a_half(n: int) -> None:
    data = family("orthonormal", n)
    assert (data.n, data.d) == (n, n)
    lambda_0 = lambda_min(H_inf(data.x))
    assert lambda_0.low <= 0.5 <= lambda_0.high
    assert data.y.tolist() == [1.0, -1.0, 1.0, -1.0, 1.0][:n]


def test_directions_in_a_plane_are_near_their_angles_and_exact() -> None:
    data = family("plane", 8)
    angles = [math.atan2(y, x) for x, y in data.x.tolist()]
    for k, angle in enumerate(angles):
        assert angle == pytest.approx(k * math.pi / 8, abs=1e-4)
    assert all(isinstance(int(z), int) for row in data.recipe["rows"] for z in row)


@pytest.mark.parametrize("lambda_0", [0.5, 0.4, 0.1, 0.01])
def test_a_pair_has_about_the_lambda_0_asked_for(lambda_0: float) -> None:
    found = lambda_min(H_inf(pair(lambda_0).x))
    assert found.low == pytest.approx(lambda_0, rel=2e-3)


def test_rows_come_from_sets_and_files_in_their_order(tmp_path: Path) -> None:
    iris = rows_of("iris", 3)
    assert iris.recipe["indices"] == [0, 1, 2]
    assert words("iris", "", 3) == "the first 3 rows of iris, normalised"
    x, y = np.array([[3.0, 4.0], [0.5, 0.0], [1.0, 1.0]]), np.array([1.0, -0.5, 2.0])
    np.savez(tmp_path / "own.npz", x=x, y=y)
    found = rows_of(str(tmp_path / "own.npz"), 2)
    assert found.x.tolist() == [[0.6, 0.8], [1.0, 0.0]]
    assert found.y.tolist() == [1.0, -0.5]
    (tmp_path / "own.csv").write_text("a,b,label\n3,4,1\n0.5,0,-0.5\n")
    assert rows_of(str(tmp_path / "own.csv"), 2) == found


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("own.txt", "1,2", "no such data; give one of iris"),
        ("own.csv", "1,2,3\n", "2 rows asked for; it has 1"),
        ("own.csv", "1\n2\n", "one column or none"),
        ("own.csv", "a,b\nc,d\n", "could not convert"),
        ("own.csv", "1,inf,0\n2,3,1\n", "give finite rows"),
        ("own.csv", "0,0,1\n2,3,1\n", "give nonzero"),
    ],
)
def test_data_that_cannot_be_used_are_refused(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(NotFoundError, match=told):
        rows_of(str(tmp_path / name), 2)


def test_a_number_of_rows_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFoundError, match="151 rows asked for; it has 150"):
        rows_of("iris", 151)
    with pytest.raises(NotFoundError, match=r"two unit vectors have one in \(0, 1/2\]"):
        pair(0.6)
