"""Equilibria of exact equations: closed forms, degree theory, the house's floats, what breaks."""

from fractions import Fraction
from itertools import product
from math import sqrt
from typing import Any

import numpy as np
import pytest
import torch

from certify.exact.balls import Hopeless, UnreadableError, allowance
from certify.exact.belonging import belongs
from certify.exact.equilibrium import Equation
from certify.exact.equilibrium_solutions import Solutions
from models import EquilibriumProblem, equilibrium
from tests.certify.exact.documents import ends, holds_number, quantity, value

INFINITELY_MANY_OF_ONE, INFINITELY_MANY_OF_TWO = 3, 5
# W, b, the number of solutions, whether I - W is a P-matrix; the witnesses of the dossier.
LANDSCAPE = [
    ([[2]], [1], 0, False),
    ([[1]], [0], INFINITELY_MANY_OF_ONE, False),
    ([[1]], [1], 0, False),
    ([[2]], [-1], 2, False),
    ([[2, -1], [0, 0]], [0, 1], 2, False),
    ([["3/2", "-3/2"], ["3/2", "-3/2"]], [-1, -4], 3, False),
    ([[0, 5], [0, 0]], [1, -7], 1, True),
    ([[1, 0], [0, "1/2"]], [0, 1], INFINITELY_MANY_OF_TWO, False),
]
HALF = {"W": [["1/2"]], "b": [["1"]]}


def found(recipe: Any, name: str, **arguments: Any) -> Any:
    return value("equilibrium", recipe, quantity(name, **arguments))


@pytest.mark.parametrize(("W", "b", "count", "posed"), LANDSCAPE)
def test_the_landscape_of_small_equations(W: Any, b: Any, count: int, posed: bool) -> None:
    recipe = {"W": W, "b": [b]}
    assert found(recipe, "most_solutions") == found(recipe, "least_solutions") == count
    assert (found(recipe, "least_minor") > 0) == posed
    if count != 1:
        with pytest.raises(Hopeless, match="solutions where one"):
            found(recipe, "norm_solution")


def test_minors_of_two_by_two() -> None:
    recipe = {"W": [["1/2", 2], [2, "1/4"]], "b": [[0, 0]]}
    assert found(recipe, "determinant") == Fraction(1, 2) * Fraction(3, 4) - 4
    assert found(recipe, "least_minor") == found(recipe, "determinant")
    assert found(recipe, "least_diagonal") == Fraction(1, 2)


def test_a_nilpotent_matrix_has_spectral_radius_0_exactly() -> None:
    recipe = {"W": LANDSCAPE[5][0], "b": [LANDSCAPE[5][1]]}
    assert found(recipe, "spectral_radius") == 0
    assert found(recipe, "norm_W") == 3
    assert ends(found(recipe, "spectral_radius_abs"))[0] == pytest.approx(3)


@pytest.mark.parametrize(
    ("w", "b", "slope"), list(product(range(-3, 4), range(-2, 3), ("0", "1/2", "1")))
)
def test_one_neuron_by_hand(w: int, b: int, slope: str) -> None:
    """z = w z + b for w z + b >= 0, and z = slope (w z + b) for w z + b <= 0."""
    exact, points, rays = Fraction(slope), set(), False
    for scale, sign in ((Fraction(1), 1), (exact, -1)):
        gap = 1 - scale * w
        if gap == 0:
            # z = z + scale b: only b = 0 (or slope 0, excluded by gap) leaves a half line.
            rays |= b == 0
        else:
            z = scale * b / gap
            points |= {z} if sign * (w * z + b) >= 0 else set()
    count = INFINITELY_MANY_OF_ONE if rays else len(points)
    assert found({"W": [[w]], "b": [[b]], "slope": slope}, "most_solutions") == count


def regular(W: np.ndarray) -> bool:
    """Whether all principal minors of I - W are nonzero, and z = max(W z, 0) only at 0."""
    m, gap = len(W), np.eye(len(W)) - W
    for kept in product((False, True), repeat=m):
        places = [r for r in range(m) if kept[r]]
        if places and abs(np.linalg.det(gap[np.ix_(places, places)])) < 1e-9:
            return False
    return True


@pytest.mark.parametrize("m", [1, 2, 3])
def test_the_degree_of_an_equation_does_not_depend_on_b(m: int) -> None:
    """Solutions counted with the sign of det(I - D W) are equally many for all generic b."""
    draw, tried = np.random.default_rng(m), 0
    for _ in range(60):
        W = np.array([[draw.integers(-6, 7) for _ in range(m)] for _ in range(m)]) / 2
        if not regular(W):
            continue
        tried += 1
        degrees = set()
        for _ in range(8):
            b = [Fraction(int(draw.integers(-999, 1000)), 100) for _ in range(m)]
            texts = [[str(Fraction(z)) for z in row] for row in W]
            solutions = Solutions(Equation({"W": texts, "b": [list(map(str, b))]}), 0)
            assert not solutions.infinite
            degree = 0
            for z in solutions.points:
                pre = W @ np.array(z, dtype=float) + np.array(b, dtype=float)
                assert np.allclose(np.maximum(pre, 0), np.array(z, dtype=float))
                degree += int(np.sign(np.linalg.det(np.eye(m) - (pre > 0)[:, None] * W)))
            degrees.add(degree)
        assert len(degrees) == 1, W
    assert tried > 20


def _floats(rows: list[list[Fraction]]) -> list[list[float]]:
    return [[float(z) for z in row] for row in rows]


def test_all_solutions_of_contractive_equations_are_the_house_s() -> None:
    draw = np.random.default_rng(5)
    for trial in range(60):
        m, n = int(draw.integers(1, 7)), int(draw.integers(1, 5))
        W = [[Fraction(int(draw.integers(-99, 100)), 120 * m) for _ in range(m)] for _ in range(m)]
        b = [[Fraction(int(draw.integers(-99, 100)), 10) for _ in range(m)] for _ in range(n)]
        recipe: dict[str, Any] = {
            "W": [list(map(str, r)) for r in W],
            "b": [list(map(str, r)) for r in b],
        }
        slope = (("0", "relu"), ("1/4", "leaky relu"))[trial % 2]
        recipe["slope"] = slope[0]
        floats = [torch.tensor(M, dtype=torch.float64) for M in (_floats(W), _floats(b))]
        run = equilibrium(floats[0], floats[1], slope[1])
        assert found(recipe, "most_solutions") == found(recipe, "least_solutions") == 1
        low, high = ends(found(recipe, "norm_solution"))
        assert low == pytest.approx(float(run.z.norm()), rel=1e-6), trial
        for i in range(n):
            near = [[str(Fraction(z)) for z in run.z[i].tolist()]]
            low, high = ends(found(recipe, "error", weights=near, sample=str(i)))
            assert high <= float(run.residual[i] / (1 - run.rho)) * (1 + 1e-9)


def test_picard_errors_of_one_neuron_attain_their_bounds() -> None:
    assert [found(HALF, "error", steps=str(k)) for k in range(4)] == [
        Fraction(2, 2**k) for k in range(4)
    ]
    assert found(HALF, "last_move", steps="3") == Fraction(1, 4)
    assert found(HALF, "norm_iterate", steps="2") == Fraction(3, 2)
    assert found(HALF, "residual", weights=[["1"]]) == Fraction(1, 2)
    assert found(HALF, "error", weights=[["1"]]) == 1
    moved = [[["1/4"]], [["2"]]]
    assert found(HALF, "move_solution", weights=moved) == Fraction(2, 3)
    assert found(HALF, "move_W", weights=moved) == Fraction(1, 4)
    assert found(HALF, "move_b", weights=moved) == 1
    with pytest.raises(UnreadableError, match="no step"):
        found(HALF, "last_move", steps="0")


def test_linear_equilibria_and_monotone_ones() -> None:
    signed = {"W": [["0", "-0.9"], ["0", "0"]], "b": [["0.5", "1"]]}
    assert found(signed, "linear_gap") == Fraction(2, 5)
    assert found(signed, "least_above_b") == Fraction(-1, 2)
    positive = {"W": [["0", "0.9"], ["0.2", "0"]], "b": [["0.5", "1"], ["1", "0"]]}
    assert found(positive, "linear_gap") == 0
    assert found(positive, "least_W") == 0
    # (I - W)^(-1) = [[1, .9], [.2, 1]]/.82
    assert holds_number(found(positive, "norm_solution", sample="1"), sqrt(1.04) / 0.82)
    # diag(1, 1): I - W + (I - W)^T = [[2, .9], [.9, 2]]
    low, _ = ends(found(signed, "lambda_min_monotone", weights=[["1", "1"]]))
    assert low == pytest.approx(1.1, rel=1e-12)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"W": [["1/2"]]}, "no 'b'"),
        ({"b": [["1"]]}, "no 'W'"),
        ({**HALF, "b": [["1", "2"]]}, "rows of m for b"),
        ({**HALF, "slope": "2"}, "within"),
        ({**HALF, "slope": "nan"}, "no number"),
        ({"W": [["1"] * 13] * 13, "b": [["1"] * 13]}, "1 to 12"),
        ({"W": [["1/2"]], "b": [["1/1" + "0" * 90]]}, "256 bits"),
        ([], "no 'W'"),
    ],
)
def test_what_is_no_equation_is_refused(recipe: Any, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        found(recipe, "m")


@pytest.mark.parametrize(
    "tree",
    [
        quantity("speed"),
        quantity("norm_W", sample="0"),
        quantity("norm_b", sample="7"),
        quantity("error"),
        quantity("move_W", weights=[["1"]]),
        quantity("move_b", weights=[[["1", "0"], ["0", "1"]], [["1", "1"]]]),
        quantity("residual", weights=[["1", "2"]]),
        quantity("lambda_min_monotone", weights=[["1", "2"]]),
    ],
)
def test_unknown_quantities_are_refused(tree: Any) -> None:
    with pytest.raises(UnreadableError):
        value("equilibrium", HALF, tree)


def test_large_equations_are_counted_within_an_allowance() -> None:
    m = 12
    W = [[str(Fraction((r * c) % 7 - 3, 2)) for c in range(m)] for r in range(m)]
    with allowance(2e5), pytest.raises(Hopeless, match="work of a check"):
        found({"W": W, "b": [["1"] * m]}, "most_solutions")


def test_a_plane_of_solutions_is_left_undecided() -> None:
    with pytest.raises(Hopeless, match="more than a line"):
        found({"W": [["1", "0"], ["0", "1"]], "b": [["0", "0"]]}, "most_solutions")


def test_a_certificate_is_about_the_equation_of_its_instance() -> None:
    plain = EquilibriumProblem.of(W=[["1/2"]], b=[[1]])
    leaky = EquilibriumProblem.of(W=[["1/2"]], b=[[1]], activation="leaky relu")
    for problem in (plain, leaky):
        assert belongs(problem.recipe, {"problem": problem.recipe})
        assert found(problem.recipe, "m") == problem.m
    assert not belongs({**plain.recipe, "b": [["2"]]}, {"problem": plain.recipe})
    assert not belongs(leaky.recipe, {"problem": plain.recipe})
    assert not belongs({**plain.recipe, "b": [["2"]]}, {"pair": [plain.recipe, leaky.recipe]})
    assert belongs(HALF, {"problem": HALF})
