"""ReLU's dual and population maps: proved kernels, Hermite series, simulation, error bounds."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from certify import arc_cosine_kernel, population_kernel, row_cosines
from models import (
    G2,
    Activation,
    G2_inf,
    PopulationMap,
    SeedNumber,
    gaussian_weights,
    hermite_rule,
    hermite_values,
    nonlinearity,
    relu_dual,
)

SMOOTH = ("tanh", "sin", "sin(2z)", "softplus", "tanh+0.7", "erf", "sigmoid", "identity")


def block(a: float, b: float, c: float) -> Tensor:
    return torch.tensor([[a, c], [c, b]], dtype=torch.float64)


def by_sums(f: Activation, A: Tensor, nodes: int = 150) -> float:
    """E f(u) f(v) by a product of Gauss-Hermite sums."""
    z, weights = hermite_rule(nodes)
    a, c, b = float(A[0, 0]), float(A[0, 1]), float(A[1, 1])
    shared = c / math.sqrt(a)
    own = math.sqrt(max(0.0, b - shared**2))
    inner = f.value(shared * z[:, None] + own * z) @ weights
    return float((f.value(math.sqrt(a) * z) * inner) @ weights)


def test_relus_dual_lies_in_the_proved_kernel_up_to_tiny_angles() -> None:
    for exponent in range(13):
        rows = [["1", "0"], ["1", f"1e-{exponent}"], ["-1", f"1e-{exponent}"], ["1/3", "1"]]
        proved = arc_cosine_kernel({"rows": rows, "normalised": False}, order=1)
        x = torch.tensor([[float(Fraction(z)) for z in row] for row in rows], dtype=torch.float64)
        error = 20 * 2.3e-16 * torch.outer(x.norm(dim=1), x.norm(dim=1))
        gap = (relu_dual(x @ x.T) - torch.tensor(proved.middle)).abs()
        assert bool((gap <= error + proved.spread).all()), exponent
        assert bool((((G2_inf(x) - torch.tensor(proved.middle)).abs()) <= error).all())


def test_relus_dual_is_right_in_thousands_of_random_blocks() -> None:
    generator = np.random.default_rng(0)
    worst = 0.0
    for _ in range(40):
        rows = generator.integers(-9, 10, size=(12, 3))
        rows = rows[rows.any(axis=1)]
        proved = arc_cosine_kernel(
            {"rows": [[str(z) for z in row] for row in rows.tolist()], "normalised": False}, order=1
        )
        x = torch.tensor(rows, dtype=torch.float64)
        sizes = torch.outer(x.norm(dim=1), x.norm(dim=1))
        gap = (relu_dual(x @ x.T) - torch.tensor(proved.middle)).abs() / sizes
        worst = max(worst, float(gap.max()))
    assert worst < 16 * 2.3e-16


def test_relus_dual_has_a_vanishing_and_a_constant_coordinate() -> None:
    found = relu_dual(block(0.0, 4.0, 0.0))
    assert found.tolist() == [[0, 0], [0, 2]]
    assert float(relu_dual(block(1.0, 1.0, -1.0))[0, 1]) == 0
    assert float(relu_dual(block(1.0, 1.0, 1.0))[0, 1]) == 0.5


def test_the_limit_is_the_mean_of_wide_networks() -> None:
    x = torch.tensor([[1.0, 0.0, 2.0], [0.5, -1.0, 0.0]], dtype=torch.float64)
    wide = G2(x, gaussian_weights(400_000, 3, SeedNumber(1)))[0]
    assert torch.allclose(wide, G2_inf(x), atol=0.04)


def test_relus_map_is_the_proved_population_kernel() -> None:
    rows = [["1", "0"], ["3/5", "4/5"], ["-1", "1"], ["-1", "0"]]
    cosines = row_cosines({"rows": rows})
    for s in (0.0, 0.01, 0.12, 0.45):
        T = PopulationMap("relu", torch.tensor(cosines.middle), s)
        K = T.iterates(60)
        for depth in (1, 2, 5, 60):
            exact = torch.tensor(population_kernel(cosines, s, depth).middle)
            gap = float((K[depth] - exact).abs().max())
            assert gap <= T.iterate_error(K) + 4e-16, (s, depth)


def test_the_error_of_one_step_covers_exact_maps() -> None:
    """sin and the identity have duals in closed form, ReLU a proved one."""
    rows = [["1", "0"], ["3/5", "4/5"], ["-1", "0"]]
    cosines = row_cosines({"rows": rows})
    inputs, nothing = torch.tensor(cosines.middle), torch.zeros(3, 3, dtype=torch.float64)
    K = torch.tensor([[3.0, 1.0, 0.0], [1.0, 2.0, 1.0], [0.0, 1.0, 1.0]], dtype=torch.float64)
    A = 0.2 * K + inputs
    halves = A.diagonal().unsqueeze(0) / 2 + A.diagonal().unsqueeze(1) / 2
    for name, start, exact in (
        ("relu", nothing, torch.tensor(population_kernel(cosines, 0.2, 1).middle)),
        ("sin", K, 2 * (-halves).exp() * A.sinh()),
        ("identity", K, 2 * A),
    ):
        T = PopulationMap(name, inputs, 0.2)
        assert float((T(start) - exact).abs().max()) <= T.error(start) < 1e-9
        assert T.error(start) < T.iterate_error([start, T(start)])


@pytest.mark.parametrize("name", SMOOTH)
def test_maps_agree_with_gauss_hermite_sums(name: str) -> None:
    f = nonlinearity(name)
    s = 0.2 / f.L**2
    inputs = torch.tensor([[1.0, 0.3], [0.3, 1.0]], dtype=torch.float64)
    T = PopulationMap(name, inputs, s)
    K = T.iterates(3)
    for before, after in pairwise(K):
        A = s * before + inputs
        assert 2 * by_sums(f, A) == pytest.approx(float(after[0, 1]), abs=2e-7)
        diagonal = 2 * by_sums(f, block(float(A[0, 0]), float(A[0, 0]), float(A[0, 0])))
        assert diagonal == pytest.approx(float(after[0, 0]), abs=2e-7)


def test_leaky_relu_has_no_dual_here() -> None:
    T = PopulationMap("leaky relu", torch.eye(2, dtype=torch.float64), 0.1)
    with pytest.raises(ValueError, match="Gaussian mean"):
        T.iterates(1)


@pytest.mark.parametrize("name", [*SMOOTH, "relu"])
def test_the_error_bound_covers_perturbed_runs(name: str) -> None:
    """Rounding imitated by errors of the allowed size in every layer."""
    f = nonlinearity(name)
    generator = torch.Generator().manual_seed(0)
    for kappa in (0.2, 0.6, 0.9):
        x = torch.randn(3, 2, generator=generator, dtype=torch.float64)
        x = x / x.norm(dim=1, keepdim=True)
        T = PopulationMap(name, x @ x.T, (kappa / f.L) ** 2 / 2)
        K = T.iterates(25)
        scale = 1e6  # makes the imitated errors visible beside the map's own
        size = T.iterate_error(K[:2]) * (1 - kappa) / 8
        other = torch.zeros_like(T.T_0)
        for _ in range(25):
            noise = torch.rand(3, 3, generator=generator, dtype=torch.float64) - 0.5
            noise = (noise + noise.T) / 2
            noise = noise - noise.diag().diag() + noise.diag().abs().diag()
            other = T(other) + scale * size * noise
        gap = float((other - K[-1]).abs().max())
        assert gap <= 8 * scale * T.iterate_error(K), (name, kappa)


def test_identity_has_its_geometric_series() -> None:
    T = PopulationMap("identity", torch.eye(1, dtype=torch.float64), 0.3, c=1.5)
    K = T.iterates(40)
    assert float(K[-1]) == pytest.approx(1.5 / (1 - 0.45), rel=1e-12)
    assert T.kappa == pytest.approx(math.sqrt(0.45))


def test_no_error_bound_without_a_contraction() -> None:
    T = PopulationMap("identity", torch.eye(1, dtype=torch.float64), 0.5)
    assert T.iterate_error(T.iterates(2)) == math.inf


def test_a_start_other_than_zero() -> None:
    T = PopulationMap("tanh", torch.eye(2, dtype=torch.float64), 0.2)
    start = torch.full((2, 2), 3.0, dtype=torch.float64)
    far, near = T.iterates(80, start=start), T.iterates(80)
    assert far[0] is start
    assert torch.allclose(far[-1], near[-1], atol=1e-11)


def test_the_dual_is_the_series_of_its_coefficients() -> None:
    z, weights = hermite_rule(200)
    values = nonlinearity("tanh").value(z)
    c = (values * weights) @ hermite_values(z, 60)
    rho = 0.37
    series = sum(float(c[k]) ** 2 * rho**k for k in range(60))
    T = PopulationMap("tanh", block(1.0, 1.0, rho), 0.0, c=1.0)
    assert float(T(torch.zeros(2, 2, dtype=torch.float64))[0, 1]) == pytest.approx(series, abs=1e-9)


def test_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="give s >= 0 and c > 0"):
        PopulationMap("tanh", torch.eye(1, dtype=torch.float64), -0.1)
    with pytest.raises(ValueError, match="relu_dual"):
        relu_dual(torch.tensor([[1.0, 3.0], [3.0, 1.0]]))
