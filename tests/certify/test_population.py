"""Population kernels in balls: against mpmath, Monte Carlo, and the numbers of the dossier."""

from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

from certify import (
    EnclosedMatrix,
    arc_cosine_kernel,
    lambda_min,
    population_cosines,
    population_kernel,
    relu_series,
    row_cosines,
    series_floor,
)
from verdicts import Approx, exactly

SIX = {"rows": [["1", "0"], ["-1", "0"], ["0", "1"], ["0", "-1"], ["1", "1"], ["-1", "-1"]]}


def arc_cosine(t: mp.mpf) -> mp.mpf:
    """2 E max(u, 0) max(v, 0), by its formula."""
    return (mp.sqrt(1 - t * t) + t * (mp.pi - mp.acos(t))) / mp.pi


def pair(t: str) -> EnclosedMatrix:
    return EnclosedMatrix.of_rows([["1", t], [t, "1"]])


def entry(matrix: EnclosedMatrix) -> Approx:
    return matrix.entries[0, 1]


def holds(found: Approx, value: mp.mpf, *, width: float = 1e-14) -> bool:
    slack = mp.mpf(2) ** -100
    inside = mp.mpf(found.low) - slack <= value <= mp.mpf(found.high) + slack
    return bool(inside) and found.high - found.low <= width


def test_the_misprint_of_equation_13_has_the_dossiers_numbers() -> None:
    assert population_kernel(pair("0.3"), 0.1, 2).middle[0, 1] == pytest.approx(0.54198, abs=5e-6)
    printed = population_kernel(pair("0.3"), 0.1, 2, printed=True)
    assert printed.middle[0, 1] == pytest.approx(0.53102, abs=5e-6)


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 7])
def test_layers_agree_with_the_definition_at_many_digits(depth: int) -> None:
    rng = np.random.default_rng(depth)
    with mp.workdps(60):
        for _ in range(100):
            t, s = (
                Fraction(int(rng.integers(-99, 100)), 100),
                Fraction(int(rng.integers(0, 99)), 100),
            )
            own, beside = mp.mpf(0), mp.mpf(0)
            for _layer in range(depth):
                size = mp.mpf(s.numerator) / s.denominator * own + 1
                covariance = mp.mpf(s.numerator) / s.denominator * beside
                covariance += mp.mpf(t.numerator) / t.denominator
                own, beside = size, size * arc_cosine(covariance / size)
            found = population_kernel(pair(str(t)), s, depth)
            assert holds(entry(found), beside, width=1e-13)
            assert holds(found.entries[0, 0], own, width=1e-13)


def test_limits_solve_their_equation_at_many_digits() -> None:
    rng = np.random.default_rng(1)
    with mp.workdps(50):
        for _ in range(150):
            t = Fraction(int(rng.integers(-999, 1000)), 1000)
            s = Fraction(int(rng.integers(0, 60)), 100)
            S, C = mp.mpf(s.numerator) / s.denominator, mp.mpf(t.numerator) / t.denominator
            cosine = C
            for _step in range(400):
                cosine = S * arc_cosine(cosine) + (1 - S) * C
            assert holds(entry(population_cosines(pair(str(t)), s)), cosine)
            assert holds(entry(population_kernel(pair(str(t)), s)), arc_cosine(cosine) / (1 - S))


def test_thousands_of_limits_lie_between_their_layers() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        rows = rng.integers(-9, 10, size=(7, 3))
        rows[0] += rows[0].any() == 0
        kept = [row for row in rows.tolist() if any(row)]
        cosines = row_cosines({"rows": [[str(z) for z in row] for row in kept]})
        s = float(rng.integers(1, 90)) / 100
        limit = population_kernel(cosines, s)
        for depth in (1, 4):
            layer = population_kernel(cosines, s, depth)
            gap = abs(limit.entries - layer.entries)
            bound = exactly(s) ** depth / (1 - exactly(s))
            assert (gap.lower <= bound.high).all()  # the sharper tail, entry by entry
        spread = limit.entries.width.max()
        assert spread <= 1e-14 / (1 - s)


def test_three_antipodal_pairs_are_singular_without_recurrence_only() -> None:
    cosines = row_cosines(SIX)
    singular = lambda_min(population_kernel(cosines, 0))
    assert singular.low == 0
    assert singular.high < 1e-30
    assert lambda_min(population_kernel(cosines, Fraction(1, 1000))).low > 2e-4
    assert lambda_min(population_kernel(cosines, 0.12)).low > 0.0184


def test_two_inputs_have_their_closed_eigenvalue() -> None:
    K = population_kernel(pair("0.3"), 0.1)
    cosine = population_cosines(pair("0.3"), 0.1).middle[0, 1]
    expected = (1 - float(arc_cosine(mp.mpf(cosine)))) / 0.9
    assert lambda_min(K).low == pytest.approx(expected, rel=1e-13)


def test_without_recurrence_it_is_twice_the_arc_cosine_kernel() -> None:
    ours = population_kernel(row_cosines(SIX), 0)
    assert np.allclose(ours.middle, 2 * arc_cosine_kernel(SIX, order=1).middle, atol=1e-15)


def test_parallel_inputs_are_decided_and_not_rounded() -> None:
    cosines = row_cosines({"rows": [["1", "3"], ["2", "6"], ["-1/7", "-3/7"]]})
    assert cosines.middle.tolist() == [[1, 1, -1], [1, 1, -1], [-1, -1, 1]]
    assert cosines.spread == 0
    K = population_kernel(cosines, 0.1)
    assert K.middle[0, 0] == K.middle[0, 1] == K.middle[1, 1]


def test_relus_series_has_its_sum_and_its_value() -> None:
    squares = relu_series(20_000)
    assert 0 < 0.5 - squares.sum() < 2e-8
    with mp.workdps(30):
        for j in range(1, 20):
            odd = mp.fac2(2 * j - 3)
            exact = odd**2 / (2 * mp.pi * mp.factorial(2 * j))
            assert squares[2 * j] == pytest.approx(float(exact), rel=1e-13)
    for t in (-0.9, -0.2, 0.0, 0.5, 0.95):
        value = float((squares * t ** np.arange(20_000.0)).sum())
        assert value == pytest.approx(float(arc_cosine(mp.mpf(t))) / 2, abs=1e-13)


def test_the_floor_contains_the_sum_in_thousands_of_cases() -> None:
    rng = np.random.default_rng(3)
    squares, powers = relu_series(20_000), np.arange(20_000.0)
    for _ in range(2000):
        near = 1 - 10 ** rng.uniform(-4, 0)
        t = float(rng.choice([rng.random(), near, 10 ** rng.uniform(-9, 0), 0.0]))
        beside = int(rng.integers(0, 9))
        with np.errstate(under="ignore"):
            direct = float(squares @ np.maximum(0, 1 - beside * t**powers))
        found = series_floor(exactly(t), beside)
        # 1.5e-8 of the series is beyond what is summed directly.
        assert found.low <= direct + 1.5e-8
        assert direct <= found.high + 1e-12


def test_the_floor_of_orthonormal_inputs_is_the_dossiers() -> None:
    found = series_floor(exactly(0.0), 3)
    assert found.low == pytest.approx(0.340845, abs=5e-7)
    assert series_floor(exactly(0.3), 0).low == pytest.approx(0.5, abs=2e-14)
    assert series_floor(exactly(1.0), 1).low == 0
    wide = series_floor(Approx(0.1, 0.2), 2)
    assert wide.low < series_floor(exactly(0.15), 2).low < wide.high


def test_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match=r"s=1; give a variance in \[0, 1\)"):
        population_kernel(pair("0"), 1)
    with pytest.raises(ValueError, match="depth=-1; give a number of layers >= 0"):
        population_kernel(pair("0"), 0.1, -1)
    with pytest.raises(ValueError, match="make them by row_cosines"):
        population_kernel(EnclosedMatrix([[1.0]], 0.0), 0.1)
    with pytest.raises(ValueError, match="neighbours=-1"):
        series_floor(exactly(0.0), -1)
    with pytest.raises(ValueError, match="relu_series: terms=1; give"):
        relu_series(1)
    with pytest.raises(ValueError, match="row_cosines: recipe with keys"):
        row_cosines({"source": "iris"})
