"""Training of A alone, linear equilibria and truncated features, against other ways to get them."""

from math import exp, sqrt

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from torch import Tensor

from certify import equilibrium_error
from models import ImplicitStart, SeedNumber, gaussian_weights, implicit_pass
from strategies import nonnegative_problems
from tests.strategies.drawing import draws
from theorems._lazy_equilibria import Lazy, Look, moved
from theorems._linear_widths import Sizes, on_the_edge
from theorems.gao2022linear import truncation

STARTS = [
    ImplicitStart.of(
        rows=[[1, 0], [3, 4]], gaussian=(m, seed), gamma="0.3", heads="drawn", residual=[1, -1]
    )
    for m, seed in ((4, 1), (6, 2), (8, 5))
]


def predictions(start: ImplicitStart, A: Tensor) -> Tensor:
    """yhat at another A, by 80 iterations; rho is below 0.7."""
    net = start.network
    phi = net.input_scale * (start.x @ net.W.mT).clamp_min(0)
    z = torch.zeros_like(phi)
    for _ in range(80):
        z = (net.scale * z @ A.mT + phi).clamp_min(0)
    return z @ net.u + (phi @ net.v if net.v is not None else 0.0)


def jacobian(start: ImplicitStart, A: Tensor) -> Tensor:
    rows = torch.autograd.functional.jacobian(lambda each: predictions(start, each), A)  # type: ignore[no-untyped-call]
    assert isinstance(rows, Tensor)
    return rows.flatten(1)


@pytest.mark.parametrize("start", STARTS)
def test_the_kernel_of_a_is_that_of_unrolled_derivatives(start: ImplicitStart) -> None:
    look = Look.at(start)
    J = jacobian(start, start.network.A)
    H = look.kernel(start.network.scale)
    torch.testing.assert_close(H.value, J @ J.mT, rtol=1e-10, atol=1e-12)
    assert float(H.error.max()) < 1e-12 * float(H.value.max())
    frozen = Look.at(start, frozen=True).kernel(start.network.scale)
    assert float((frozen.value - H.value).norm()) > 1e-3 * float(H.value.norm())


@pytest.mark.parametrize("start", STARTS)
def test_the_lipschitz_constant_bounds_what_is_found(start: ImplicitStart) -> None:
    lazy = Lazy.around(start)
    here = jacobian(start, start.network.A)
    for seed in range(6):
        way = gaussian_weights(start.m, start.m, SeedNumber(seed))[0]
        step = 0.9 * lazy.radius * way / way.norm()
        there = jacobian(start, start.network.A + step)
        assert float((there - here).norm()) <= lazy.bend * float(step.norm())


def test_descent_goes_where_plain_descent_goes() -> None:
    start = STARTS[1]
    lazy = Lazy.around(start)
    r_0 = 0.5 * lazy.largest_residual()
    e, distance = moved(start, lazy, r_0)
    y = predictions(start, start.network.A) + e
    A = start.network.A.clone()
    eta = 0.5 / lazy.H.most.high
    for _ in range(250):
        leaf = A.clone().requires_grad_()
        loss = (predictions(start, leaf) - y).square().sum() / 2
        A -= eta * torch.autograd.grad(loss, leaf)[0]
    assert float((predictions(start, A) - y).norm()) < 1e-4 * r_0
    found = float((A - start.network.A).norm())
    # Another step, hence another path: both end within the deviation that the theorem allows.
    assert found == pytest.approx(distance.low, rel=1e-3)
    assert distance.high - distance.low < 1e-5 * distance.high
    assert float(e.norm()) == pytest.approx(r_0, rel=1e-6)


@pytest.mark.parametrize(
    ("n", "x_norm", "lambda_0"), [(1, 1.0, 0.5), (2, 1.0, 0.34), (3, 1.5, 0.1)]
)
def test_beyond_the_truncation_little_of_the_mean_is_left(
    n: int, x_norm: float, lambda_0: float
) -> None:
    """E rho^2 1{rho > R} as an integral, for P(rho > root + ||X|| s) = exp(-s^2/2)."""
    R, root = truncation(n, x_norm, lambda_0), sqrt(n / 2)
    t = (R - root) / x_norm

    def tail(s: float) -> float:
        return 2 * (root + x_norm * s) * x_norm * exp(-s * s / 2)

    left = R**2 * exp(-t * t / 2) + quad(tail, t, t + 40)[0]
    assert left <= lambda_0 / 8 * (1 + 1e-9)
    assert left > lambda_0 / 16  # not much further out than needed


def test_truncated_features_keep_most_of_the_mean() -> None:
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    lambda_0 = 0.5 - 1 / (2 * torch.pi)
    w = gaussian_weights(400_000, 2, SeedNumber(3))[0]
    features = (w @ x.T).clamp_min(0)
    kept = features * (features.norm(dim=-1, keepdim=True) <= truncation(2, 1.0, lambda_0))
    lost = (features.T @ features - kept.T @ kept) / len(w)
    assert float(torch.linalg.eigvalsh(lost)[-1]) <= lambda_0 / 8


def test_the_edge_meets_its_conditions_and_hardly() -> None:
    for start in STARTS:
        edge = on_the_edge(start, 0.5)
        e = edge.y - implicit_pass(start.x, edge.network).z @ edge.network.u
        heads = float(edge.network.u.norm()) / 0.5
        r_0, low = float(e.norm()), edge.lambda_0.low
        bounds = edge.bounds
        terms = [
            4 * r_0 * max(bounds.A, bounds.W, bounds.u) / low / (0.5 * heads),
            4 * r_0 * bounds.curved / heads / ((1 - sqrt(0.5)) * low**1.5),
        ]
        assert 0.99 < max(terms) <= 1
        assert 0.9 < 4 * bounds.curved / low <= 1 or Sizes.of(start).c * heads > 0.9
        assert edge.network.v is not None
        assert not bool(edge.network.v.any())


def test_nonnegative_problems_are_what_they_say() -> None:
    sizes = set()
    for problem in draws(nonnegative_problems(max_m=6), 40):
        assert bool((problem.W >= 0).all())
        assert bool((problem.b >= 0).all())
        assert float(torch.linalg.matrix_norm(problem.W, ord=2)) < 1
        found = problem.solve()
        linear = np.linalg.solve(np.eye(problem.m) - problem.W.numpy(), problem.b.numpy().T).T
        error = equilibrium_error(found.residual, found.rho).numpy()
        assert (np.linalg.norm(found.z.numpy() - linear, axis=1) <= error + 1e-9).all()
        sizes.add(problem.m)
    assert len(sizes) > 3
    for problem in draws(nonnegative_problems(max_m=4, unit_norm=True), 20):
        assert float(torch.linalg.matrix_norm(problem.W, ord=2)) in (0.0, 1.0)
