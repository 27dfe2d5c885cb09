import math
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpz_poly
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial.hermite_e import hermegauss

from certify import gauss_hermite
from certify.hermite import gauss_nodes, hermite
from tests.certify.test_gaussian_means import holds


def moment(power: int) -> int:
    """E z^power."""
    return 0 if power % 2 else math.prod(range(1, power, 2))


@pytest.mark.parametrize("j", [0, 1, 2, 5, 11])
@pytest.mark.parametrize("k", [0, 1, 2, 5, 11])
def test_hermite_polynomials_are_orthogonal(j: int, k: int) -> None:
    product = hermite(j) * hermite(k)
    mean = sum(int(c) * moment(power) for power, c in enumerate(product.coeffs()))
    assert mean == (math.factorial(k) if j == k else 0)


@pytest.mark.parametrize("nodes", [1, 2, 3, 8, 30])
def test_nodes_and_weights_agree_with_numpy(nodes: int) -> None:
    found = sorted((float(x), float(w)) for x, w in gauss_nodes(nodes))
    points, weights = hermegauss(nodes)
    for (x, w), point, weight in zip(found, points, weights, strict=True):
        assert abs(x - point) < 1e-12
        assert abs(w - weight / math.sqrt(2 * math.pi)) < 1e-12


@given(st.integers(1, 12), st.lists(st.integers(-9, 9), min_size=1, max_size=12))
def test_polynomials_of_degree_below_two_n_are_exact(nodes: int, coefficients: list[int]) -> None:
    polynomial = fmpz_poly(coefficients[: 2 * nodes])
    found = gauss_hermite(lambda z: polynomial(z), nodes=nodes, derivative_bound=0)
    exact = sum(int(c) * moment(power) for power, c in enumerate(polynomial.coeffs()))
    assert found.low <= exact <= found.high
    assert found.width <= 1e-15 * (1 + abs(exact))


@pytest.mark.parametrize("nodes", [1, 2, 3, 7, 12])
def test_the_error_s_constant_is_sharp(nodes: int) -> None:
    # z^(2N) has the constant derivative (2N)!, so the sum is short of the mean by exactly N!.
    found = gauss_hermite(
        lambda z: z ** (2 * nodes), nodes=nodes, derivative_bound=math.factorial(2 * nodes)
    )
    exact = moment(2 * nodes)
    assert Fraction(found.low) <= exact <= Fraction(found.high)
    assert Fraction(found.high) <= exact * (1 + Fraction(1, 10**8))
    assert abs(Fraction(found.low) - (exact - 2 * math.factorial(nodes))) <= exact / 10**8
    short = gauss_hermite(
        lambda z: z ** (2 * nodes),
        nodes=nodes,
        derivative_bound=math.factorial(2 * nodes) * Fraction(999, 1000),
    )
    assert Fraction(short.high) < exact


@pytest.mark.parametrize("nodes", [1, 4, 16, 40, 200])
def test_cosines_and_exponentials_are_enclosed(nodes: int) -> None:
    with ctx.workprec(300):
        exact = (arb(-1) / 2).exp()
    found = gauss_hermite(lambda z: z.cos(), nodes=nodes, derivative_bound=1)
    assert holds(found, exact)
    assert nodes < 16 or found.width < 1e-14
    assert found.rigor == "proved"


@pytest.mark.parametrize("nodes", [0, 201])
def test_bad_numbers_of_nodes_are_refused(nodes: int) -> None:
    with pytest.raises(ValueError, match=f"nodes={nodes}"):
        gauss_hermite(lambda z: z, nodes=nodes, derivative_bound=0)


@pytest.mark.parametrize("bound", [-1, math.inf, math.nan])
def test_bad_bounds_are_refused(bound: float) -> None:
    with pytest.raises(ValueError, match="derivative_bound"):
        gauss_hermite(lambda z: z, nodes=2, derivative_bound=bound)
