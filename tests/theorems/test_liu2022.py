"""The bounds behind the statements of Liu, Zhu, Belkin: attacked, and against closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, special

from models import (
    System,
    activation,
    batch_counts,
    gaussian_weights,
    system_hessians,
    system_taylor,
    system_values,
)
from strategies import coherent_systems, systems
from tests.strategies.drawing import draws
from theorems import _liu2022 as shared
from theorems import liu2022condition, liu2022deep, liu2022descent, liu2022stochastic
from theorems._liu2022solutions import out_of_range, solution_distance
from verdicts import Expectation, Margin, Seeds

SMALL = systems(kinds=("linear", "wavy", "quadratic"), max_n=3, max_m=4)


def test_no_point_of_thousands_breaks_the_bounds_on_a_ball() -> None:
    random, looked, ratios = torch.Generator().manual_seed(0), 0, []
    for system in draws(SMALL, 60):
        for R in (0.03, 0.4, 2.0):
            bounds = shared.on_ball(system, R)
            steps = torch.randn(200, system.m, dtype=torch.float64, generator=random)
            points = system.w + R * steps / steps.norm(dim=-1, keepdim=True)
            J = system_taylor(system, points).J
            values = torch.linalg.svdvals(J)
            assert bounds.sigma.low <= float(values[:, -1].min()) + 1e-11
            assert float(values[:, 0].max()) <= bounds.L_F.high + 1e-11
            moved = torch.linalg.matrix_norm(J[1:] - J[:-1], 2)
            gaps = (points[1:] - points[:-1]).norm(dim=-1)
            assert bool((moved <= bounds.beta.high * gaps + 1e-11).all())
            steep = torch.where(gaps > 1e-6, moved / gaps, 0.0).max()
            ratios.append(float(steep) / max(bounds.beta.high, 1e-9))
            looked += len(points)
    assert looked == 36000
    assert max(ratios) > 0.8


def test_no_point_of_a_segment_breaks_the_bounds_along_it() -> None:
    random, looked = torch.Generator().manual_seed(1), 0
    waved = draws(systems(kinds=("wavy", "quadratic"), max_n=2, max_m=3), 60)
    for system in [*waved, liu2022descent.spiral(2), liu2022descent.spiral(5)]:
        last = system.w + torch.randn(system.m, dtype=torch.float64, generator=random)
        bounds = shared.along(system, system.w, last)
        share = torch.rand(300, 1, dtype=torch.float64, generator=random)
        points = system.w + share * (last - system.w)
        values = torch.linalg.svdvals(system_taylor(system, points).J)
        assert bounds.sigma.low <= float(values[:, -1].min()) + 1e-11
        assert float(values[:, 0].max()) <= bounds.L_F.high + 1e-11
        u = torch.randn(300, system.m, dtype=torch.float64, generator=random)
        u = u / u.norm(dim=-1, keepdim=True)
        bent = system_hessians(system, points) @ u[:, None, :, None]
        curvature = (u[:, None, None] @ bent)[..., 0, 0].norm(dim=-1)
        assert float(curvature.max()) <= bounds.beta.high + 1e-11
        looked += 300
    assert looked == 18600


def test_on_the_axis_of_the_spiral_the_constants_are_those_of_the_dossier() -> None:
    system = liu2022descent.spiral(2)
    bounds = shared.along(system, system.w, torch.tensor([-1.0, 0.0], dtype=torch.float64))
    assert 1 <= bounds.L_F.high < 1.04
    assert 0.96 < bounds.sigma.low <= 1
    assert 2 * 1.1547 - 1e-3 <= bounds.beta.high < 2.7


def test_the_adversary_finds_what_many_random_points_find() -> None:
    random = torch.Generator().manual_seed(2)
    better = 0
    for system in draws(coherent_systems(max_n=4, max_m=5), 40):
        found, there = shared.weakest_on_ball(system, 0.1)
        assert math.dist(there, system.w.tolist()) <= 0.1
        steps = torch.randn(500, system.m, dtype=torch.float64, generator=random)
        points = system.w + 0.1 * steps / steps.norm(dim=-1, keepdim=True)
        values = torch.linalg.svdvals(system_taylor(system, points).J)[:, -1]
        assert found.low <= float(values.min()) + 1e-11
        better += found.high <= float(values.min()) + 1e-11
    assert better >= 38


@pytest.mark.parametrize("radius", [shared.flow_radius, shared.paper_radius])
def test_the_root_of_mu_stands_near_the_edge_of_its_premise(radius: object) -> None:
    reached = 0
    for system in draws(SMALL, 40):
        of = radius(system)  # type: ignore[operator]
        root = shared.pl_root(system, of)
        if root == 0:
            continue
        assert shared.on_ball(system, of(root)).sigma.low >= root
        nearby = 1.02 * root
        at_top = nearby > shared.centre_root(system)
        assert at_top or shared.on_ball(system, of(nearby)).sigma.low < nearby
        reached += 1
    assert reached >= 20


def test_distances_to_solutions_are_those_of_least_squares_and_of_a_search() -> None:
    for system in draws(systems(kinds=("linear",), max_n=3, max_m=4), 40):
        r = system.y - system_values(system, system.w)
        norm = float(torch.linalg.lstsq(system.A, r[:, None], driver="gelsd").solution.norm())
        found = solution_distance(system)
        assert found.low - 1e-9 <= norm <= found.high + 1e-9
        assert found.high - found.low < 1e-8 * (1 + norm)
    bent = System.of(rows=[["1"]], outer=[["1/2"]], inner=[["1"]], labels=["3"], point=["0"])
    root = optimize.brentq(lambda w: w + math.sin(w) / 2 - 3, 0, 5)
    found = solution_distance(bent)
    assert found.low <= root <= found.high + 1e-12
    assert found.high < root + 1e-9


def test_labels_out_of_range_have_no_solution() -> None:
    sine = System.of(rows=[[0]], outer=[[1]], inner=[[1]], labels=[1], point=[0])
    assert not out_of_range(sine)
    assert out_of_range(System({**sine.recipe, "labels": ["1.01"]}))
    assert out_of_range(System({**sine.recipe, "labels": ["-1.01"]}))
    ramp = System({**sine.recipe, "wave": "ramp"})
    assert not out_of_range(System({**ramp.recipe, "labels": ["-9"]}))
    assert out_of_range(System({**ramp.recipe, "labels": ["1.01"]}))
    assert solution_distance(System({**sine.recipe, "labels": ["2"]})).low == math.inf


@pytest.mark.parametrize("m", [2, 3, 5, 20, 200])
def test_the_mean_for_two_equations_is_an_integral_and_its_variance_is_bounded(m: int) -> None:
    def moment(k: int) -> float:
        def integrand(v: float) -> float:
            return (2 * math.acosh(1 / v)) ** k * (m - 1) * v ** (m - 2)

        return float(integrate.quad(integrand, 0, 1, limit=400)[0])

    statement = liu2022condition.two_equations.function(m)
    assert isinstance(statement, Expectation)
    assert statement.variance_at_most is not None
    assert statement.value.low - 1e-7 <= moment(1) <= statement.value.high + 1e-7
    assert moment(2) - moment(1) ** 2 <= statement.variance_at_most + 1e-7


@pytest.mark.parametrize(("n", "s"), [(1, 1), (2, 2), (3, 1)])
def test_mean_losses_and_paths_are_those_of_all_batches(n: int, s: int) -> None:
    random = torch.Generator().manual_seed(n)
    rows = torch.randint(-3, 4, (n, n + 1), generator=random).tolist()
    system = System.of(rows=rows, labels=list(range(1, n + 1)), point=[0] * (n + 1))
    r, eta, counts = -system.y, 0.02, batch_counts(n, s)
    losses, length = liu2022stochastic._moments(system, r, eta, s)
    paths, lengths = r[None], []
    for t in range(3):
        gradients = (counts * paths[:, None]).reshape(-1, n) @ system.A
        lengths.append(eta * float(gradients.norm(dim=-1).mean()))
        paths = paths.repeat_interleave(len(counts), dim=0) - eta * gradients @ system.A.mT
        mean = float(paths.square().sum(dim=-1).mean()) / 2
        assert losses.lower[t] - 1e-12 <= mean <= losses.upper[t] + 1e-12
    assert liu2022stochastic._first_steps(system, r, eta, s) >= sum(lengths) * (1 - 1e-9)
    assert liu2022stochastic._first_steps(system, r, eta, s) <= length.high


def test_a_loss_below_all_floats_refutes_nothing() -> None:
    system = System.of(rows=[[3]], labels=[1], point=[0])
    for claim in (liu2022stochastic.all_steps, liu2022stochastic.theorem_7):
        margin = claim.function(system, 1, 1.0)
        assert isinstance(margin, Margin)
        assert bool(margin.supported.all())


def test_a_contraction_to_nothing_is_shown_by_one_step() -> None:
    rows = [[1, 2, 1, 1, -3, 3, -2, 0, -3, 1]]
    system = System.of(rows=rows, labels=[-10], point=[0, 0, 0, "1/10", 2, 0, 0, 0, 0, 0])
    margin = liu2022descent.gradient_descent_converges.function(system, 1.0)
    assert isinstance(margin, Margin)
    assert bool(margin.supported.all())


def test_the_inequality_behind_that_variance() -> None:
    t = np.concatenate([np.logspace(-8, 2, 20000), np.linspace(0.01, 30, 20000)])
    s = np.where(t > 15, t + math.log(2), np.arccosh(np.exp(np.minimum(t, 20))))
    assert (s**2 <= t**2 + 2 * t + 1e-12).all()


@pytest.mark.parametrize(
    ("n", "m"), [(2, 2), (3, 3), (5, 5), (5, 6), (5, 7), (5, 8), (12, 12), (12, 24), (20, 20)]
)
def test_the_variance_of_the_condition_number_is_bounded(n: int, m: int) -> None:
    A = gaussian_weights(n, m, Seeds((1, 2), 0, 4000))
    values = torch.linalg.svdvals(A)
    logarithms = 2 * (values[:, 0] / values[:, -1]).log()
    assert float(logarithms.square().mean()) < liu2022condition._by_moments(n, m)
    assert float(logarithms.var()) < liu2022condition._variance_at_most(n, m)
    assert float(logarithms.mean()) < 2 * math.log(m / (m - n + 1)) + 5


@pytest.mark.parametrize("n", [2, 3, 8, 20])
def test_edelmans_density_is_that_of_square_matrices_and_below_its_bound(n: int) -> None:
    front = n * math.gamma((n + 1) / 2) / math.sqrt(2 * math.pi)

    def density(x: float) -> float:
        factor = special.hyperu((n - 1) / 2, -0.5, x / 2)
        return float(front * x**-0.5 * math.exp(-n * x / 2) * factor)

    def mean(power: int) -> float:
        def integrand(t: float) -> float:  # x = e^t
            return t**power * density(math.exp(t)) * math.exp(t)

        return float(integrate.quad(integrand, -60, 6, limit=400, points=[-5, 0])[0])

    assert abs(mean(0) - 1) < 1e-6
    variance = mean(2) - mean(1) ** 2
    ratio = math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2 + 1)) * math.sqrt(math.pi * n) / 2
    assert variance <= ratio * math.pi**2 / 2 + 1e-6
    A = gaussian_weights(n, n, Seeds((3, 4), 0, 4000))
    logarithms = 2 * torch.linalg.svdvals(A)[:, -1].log()
    assert abs(float(logarithms.mean()) - mean(1)) < 5 * math.sqrt(variance / 4000)
    largest = 2 * torch.linalg.svdvals(A)[:, 0].log()
    assert float(largest.var()) < 4 * n / (n * n - 2)


def test_a_seed_tells_the_mean_of_its_matrices() -> None:
    n, m, seeds = 3, 5, Seeds((1, 2), 0, 6)
    A = gaussian_weights(liu2022condition.COPIES * n, m, seeds).numpy()
    found = liu2022condition._mean_log_kappa(n, m, seeds)
    for row, low, high in zip(A, found.lower, found.upper, strict=True):
        kappas = [np.linalg.cond(block) ** 2 for block in np.split(row, liu2022condition.COPIES)]
        assert low - 1e-9 <= np.mean(np.log(kappas)) <= high + 1e-9


def test_chi_square_moments_behind_it() -> None:
    for free in (1, 2, 5):
        for p in (0.05, 0.2):
            found = integrate.quad(
                lambda x, f=free, q=p: x ** (f / 2 - 1 - 2 * q) * math.exp(-x / 2), 0, math.inf
            )[0] / (2 ** (free / 2) * math.gamma(free / 2))
            known = 2 ** (-2 * p) * math.gamma(free / 2 - 2 * p) / math.gamma(free / 2)
            assert abs(found - known) < 1e-6 * known


def test_the_bracket_of_three_layers_holds_at_random_weights() -> None:
    sigma = activation("tanh")
    random = torch.Generator().manual_seed(4)
    for m in (2, 3, 5):
        for scale in (0.3, 1.0, 3.0):
            first, second, v = (
                scale * torch.randn(*shape, dtype=torch.float64, generator=random)
                for shape in ((m, 2), (m, m), (m,))
            )
            v = v.sign()
            weights = torch.cat([first.flatten(), second.flatten(), v])
            H = torch.autograd.functional.hessian(  # type: ignore[no-untyped-call]
                lambda w, m=m: liu2022deep._deep(w, sigma, m)[0], weights
            )
            norm = float(torch.linalg.eigvalsh(H).abs().max())
            assert norm * math.sqrt(m) <= liu2022deep._bracket(sigma, first, second, v)
