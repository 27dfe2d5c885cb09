import numpy as np
import pytest
from scipy import linalg

from certify import eigenpair
from certify.eigenpair import least_eigenpair
from certify.rounding import Floats


def gram(n: int, d: int) -> Floats:
    x = np.random.default_rng(n).standard_normal((n, d))
    product = x @ x.T / d
    return (product + product.T) / 2


@pytest.mark.parametrize(
    "middle",
    [
        gram(50, 80),
        gram(450, 700),
        gram(450, 450),
        np.eye(450) + gram(450, 3),
        np.eye(450),
        -gram(420, 3),
        np.diag(np.arange(1.0, 451.0)),
    ],
)
def test_the_pair_is_near_the_least_eigenvalue(middle: Floats) -> None:
    values = linalg.eigvalsh(middle)
    value, v = least_eigenpair(middle)
    size = float(np.abs(values).max())
    assert abs(value - values[0]) < 1e-10 * size
    assert abs(v @ middle @ v / (v @ v) - values[0]) < 1e-10 * size
    assert np.abs(v).max() == 1.0


def test_an_eigenvector_orthogonal_to_the_vector_of_ones_is_found() -> None:
    n = 500
    ring = 2.5 * np.eye(n) - np.roll(np.eye(n), 1, axis=1) - np.roll(np.eye(n), -1, axis=1)
    value, _ = least_eigenpair(-ring + 10 * np.eye(n))
    assert abs(value - 5.5) < 1e-9


def test_where_lapack_fails_a_coordinate_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise np.linalg.LinAlgError

    monkeypatch.setattr(eigenpair, "eigh", fail)
    value, v = least_eigenpair(np.diag([3.0, 1.0, 2.0]))
    assert value == 1.0
    assert v.tolist() == [0.0, 1.0, 0.0]


def test_equal_matrices_have_equal_pairs() -> None:
    first, second = least_eigenpair(gram(450, 700)), least_eigenpair(gram(450, 700))
    assert first[0] == second[0]
    assert np.array_equal(first[1], second[1])
