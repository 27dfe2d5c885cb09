"""Hermite polynomials, sums and coefficients, against numpy and quadrature."""

import math

import numpy as np
import pytest
import torch
from numpy.polynomial.hermite_e import hermegauss, hermeval

from models import (
    ACTIVATIONS,
    activation,
    hermite_coefficients,
    hermite_rule,
    hermite_values,
    relu_coefficients,
)


def test_values_are_those_of_numpy() -> None:
    z = torch.linspace(-5, 5, 41, dtype=torch.float64)
    found = hermite_values(z, 30)
    for k in range(30):
        basis = np.zeros(k + 1)
        basis[k] = 1 / math.sqrt(math.factorial(k))
        expected = hermeval(z.numpy(), basis)
        assert np.allclose(found[:, k].numpy(), expected, rtol=1e-10, atol=1e-10)


def test_one_term_is_the_constant() -> None:
    assert hermite_values(torch.tensor([2.0]), 1).tolist() == [[1.0]]


@pytest.mark.parametrize("nodes", [1, 2, 7, 40, 120])
def test_the_rule_is_that_of_numpy(nodes: int) -> None:
    z, weights = hermite_rule(nodes)
    expected_z, expected_weights = hermegauss(nodes)
    assert np.allclose(z.numpy(), expected_z, atol=1e-12)
    assert np.allclose(weights.numpy(), expected_weights / math.sqrt(2 * math.pi), atol=1e-14)


def test_the_rule_is_exact_below_twice_its_nodes() -> None:
    z, weights = hermite_rule(60)
    values = hermite_values(z, 60)
    gram = values.T * weights @ values
    assert float((gram - torch.eye(60)).abs().max()) < 1e-12


@pytest.mark.parametrize("name", [*ACTIVATIONS, "identity", "2z+1"])
def test_coefficients_add_up_to_the_second_moment(name: str) -> None:
    one = activation(name)
    c = hermite_coefficients(one, 90)
    assert float(c.square().sum()) == pytest.approx(1 / one.c_sigma, abs=1e-11)
    z, weights = hermite_rule(200)
    direct = (one.value(z) * weights) @ hermite_values(z, 12)
    assert np.allclose(c[:12].numpy(), direct.numpy(), atol=1e-9)


def test_sines_have_their_closed_coefficients() -> None:
    # E sin(z) h_k(z) = (-1)^((k-1)/2) exp(-1/2)/sqrt(k!) for odd k.
    c = hermite_coefficients(activation("sin"), 16)
    for k in range(16):
        size = math.exp(-0.5) / math.sqrt(math.factorial(k))
        expected = (-1) ** ((k - 1) // 2) * size if k % 2 else 0.0
        assert float(c[k]) == pytest.approx(expected, abs=1e-13)


def test_relus_coefficients_are_integrals() -> None:
    c = relu_coefficients(13)
    z = torch.linspace(0, 14, 400_001, dtype=torch.float64)
    weight = z * torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi)
    values = hermite_values(z, 13)
    for k in range(13):
        integral = float(torch.trapezoid(weight * values[:, k], z))
        assert float(c[k]) == pytest.approx(integral, abs=1e-9)


def test_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="hermite_values: terms=0"):
        hermite_values(torch.zeros(1), 0)
    with pytest.raises(ValueError, match="nodes=201; give an integer from 1 to 200"):
        hermite_rule(201)
    with pytest.raises(ValueError, match="terms=101; give at most 100"):
        hermite_coefficients(activation("sin"), 101)
    with pytest.raises(ValueError, match="relu_coefficients: terms=0"):
        relu_coefficients(0)
