import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import curvature_along, hessian_norms, tangent, tangent_kernel
from models.maps.differentiable import Component, Map
from models.maps.every_ulp import EveryUlp, apart

EPS = 2.0**-52

Long = NDArray[np.longdouble]


class Network:
    """m^{-1/2} sum_k v_k tanh(w_k.x_i), and what it is in the 64 bits of a long double."""

    def __init__(self, n: int, d: int, m: int, seed: int, size: float = 1.0) -> None:
        draw = np.random.default_rng(seed)
        self.n, self.d, self.m = n, d, m
        self.x = draw.standard_normal((n, d))
        self.w = torch.from_numpy(size * draw.standard_normal(m * d + m))
        self.inputs = torch.from_numpy(self.x)

    def __call__(self, w: Tensor) -> Tensor:
        first, v = w[: self.m * self.d].view(self.m, self.d), w[self.m * self.d :]
        out: Tensor = torch.tanh(self.inputs @ first.T) @ v / math.sqrt(self.m)
        return out

    def component(self, w: Tensor, i: Tensor) -> Tensor:
        first, v = w[: self.m * self.d].view(self.m, self.d), w[self.m * self.d :]
        x = self.inputs.index_select(0, i.reshape(1))[0]
        return torch.tanh(first @ x) @ v / math.sqrt(self.m)

    def long(self) -> tuple[Long, Long, Long, Long]:
        """Inputs, output weights, tanh and tanh'."""
        flat, x = self.w.numpy().astype(np.longdouble), self.x.astype(np.longdouble)
        first, v = flat[: self.m * self.d].reshape(self.m, self.d), flat[self.m * self.d :]
        t = np.tanh(x @ first.T)
        return x, v, t, 1 - t * t

    def jacobian(self) -> Long:
        x, v, t, slope = self.long()
        inner = (slope * v)[:, :, None] * x[:, None, :]
        flat = np.concatenate((inner.reshape(self.n, -1), t), axis=1)
        return np.asarray(flat / np.sqrt(np.longdouble(self.m)))

    def hessian_norms(self) -> Long:
        """The largest of the blocks [[v tanh'' x x^T, tanh' x], [tanh' x^T, 0]] over neurons."""
        x, v, t, slope = self.long()
        squared = (x * x).sum(axis=1, keepdims=True)
        c, b = v * (-2 * t * slope) * squared, slope * np.sqrt(squared)
        largest = (np.abs(c) / 2 + np.sqrt(c * c / 4 + b * b)).max(axis=1)
        return np.asarray(largest / np.sqrt(np.longdouble(self.m)))


def quadratic(A: Tensor, curved: Tensor) -> Map:
    """F_i = a_i.w + w^T Q_i w/2."""
    return lambda w: A @ w + (w @ curved @ w) / 2


SHAPES = [(1, 1, 1), (2, 3, 4), (5, 2, 9), (4, 7, 30)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [0.01, 1.0, 5.0])
def test_jacobian_and_kernel_contain_the_true_ones(
    shape: tuple[int, int, int], size: float
) -> None:
    for seed in range(20):
        net = Network(*shape, seed, size)
        found, exact = tangent(net, net.w), net.jacobian()
        apart_by = np.linalg.norm((found.J.numpy() - exact).astype(float), axis=1)
        assert (apart_by <= found.J_error.numpy()).all()
        K, error = tangent_kernel(net, net.w)
        assert (np.abs(K.numpy() - exact @ exact.T) <= error.numpy()).all()
        largest = float(K.diagonal().max())
        assert float(error.max()) <= 1e-12 * largest
        torch.testing.assert_close(found.value, net(net.w), rtol=0, atol=0)
        assert torch.equal(K, K.T)


@pytest.mark.parametrize("shape", SHAPES)
def test_hessian_norms_contain_the_block_formula(shape: tuple[int, int, int]) -> None:
    components: list[tuple[Component | None, int]] = [(None, 128)]
    for seed in range(5):
        net = Network(*shape, seed)
        for component, products in [*components, (net.component, 60), (net.component, 1000)]:
            low, high = hessian_norms(net, net.w, component=component, products=products)
            exact = net.hessian_norms()
            assert (low.numpy() <= exact).all()
            assert (exact <= high.numpy()).all()
            if products >= len(net.w):
                assert float((high / low).max()) <= 1 + 1e-10


@pytest.mark.parametrize("products", [40, 80, 200])
def test_the_process_that_forms_no_hessian_is_not_far_off(products: int) -> None:
    net = Network(3, 4, 50, seed=3)
    low, high = hessian_norms(net, net.w, component=net.component, products=products)
    exact = net.hessian_norms()
    assert (low.numpy() <= exact).all()
    assert (exact <= high.numpy()).all()
    assert float((high / low).max()) <= (1.4 if products < 80 else 1.07)


@pytest.mark.parametrize("products", [5, 30, 400])
def test_known_hessians_of_every_kind(products: int) -> None:
    draw = torch.Generator().manual_seed(0)
    p = 60
    basis = torch.linalg.qr(torch.randn(p, p, generator=draw, dtype=torch.float64)).Q
    spectra = torch.zeros(5, p, dtype=torch.float64)
    spectra[1, 0] = -3.0  # rank one, negative
    spectra[2] = torch.linspace(-1, 0.9, p, dtype=torch.float64)
    spectra[3] = 2.0  # a multiple of the identity
    spectra[4, :2] = torch.tensor([1.0, -1.0])  # a tie between the two ends
    curved = (basis * spectra.unsqueeze(1)) @ basis.T
    A = torch.randn(5, p, generator=draw, dtype=torch.float64)
    low, high = hessian_norms(quadratic(A, (curved + curved.mT) / 2), basis[0], products=products)
    exact = spectra.abs().amax(dim=1)
    assert bool((low <= exact * (1 + 1e-14)).all())
    assert bool((exact <= high * (1 + 1e-14)).all())
    assert float(high[0]) <= 1e-13  # a linear component
    assert math.isinf(float(high[1])) is (products == 5)
    if products >= 30:
        torch.testing.assert_close(low[[1, 3, 4]], exact[[1, 3, 4]], rtol=1e-9, atol=0)


def test_a_hundred_thousand_parameters_need_no_square_matrix() -> None:
    p = 100_000
    scale = torch.linspace(0, 1, p, dtype=torch.float64)

    def F(w: Tensor) -> Tensor:
        return torch.stack(((scale * w.square()).sum() / 2, w[0]))

    low, high = hessian_norms(F, torch.zeros(p, dtype=torch.float64), products=100)
    assert 0.99 <= float(low[0]) <= 1.0 <= float(high[0]) <= 1.1
    assert float(high[1]) <= 1e-12


def test_curvature_along_a_quadratic_system() -> None:
    draw = torch.Generator().manual_seed(1)
    A, curved = (torch.randn(*s, generator=draw, dtype=torch.float64) for s in ((3, 7), (3, 7, 7)))
    curved = (curved + curved.mT) / 2
    w, step, y = (torch.randn(k, generator=draw, dtype=torch.float64) for k in (7, 7, 3))
    s = torch.linspace(0, 1, 9, dtype=torch.float64)
    found, error = curvature_along(quadratic(A, curved), y, w, step, s)
    points = w + s.unsqueeze(1) * step
    slopes = torch.stack(
        [(A + torch.einsum("ipq,q->ip", curved, point)) @ step for point in points]
    )
    values = torch.stack([quadratic(A, curved)(point) for point in points])
    bent = torch.einsum("p,ipq,q->i", step, curved, step)
    exact = (slopes.square().sum(dim=1) + (values - y) @ bent) / step.square().sum()
    assert bool(((found - exact).abs() <= error).all())
    assert float((error / exact.abs()).max()) <= 1e-11


def test_curvature_along_is_what_second_differences_find() -> None:
    net, h = Network(3, 2, 6, seed=5), 1e-4
    y, step = torch.ones(3, dtype=torch.float64), 0.3 * torch.ones_like(net.w)
    s = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    found, _ = curvature_along(net, y, net.w, step, s)

    def loss(at: float) -> float:
        return float((net(net.w + at * step) - y).square().sum() / 2)

    differences = [(loss(t + h) - 2 * loss(t) + loss(t - h)) / h**2 for t in s.tolist()]
    expected = torch.tensor(differences, dtype=torch.float64) / step.square().sum()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)


def test_a_cancellation_inside_the_map_is_noticed() -> None:
    w = torch.tensor([1 / 3, 1.0], dtype=torch.float64)
    found = tangent(lambda u: (1e10 + u) - 1e10, w)
    assert bool((found.value_error >= (found.value - w).abs()).all())
    assert float(found.value_error.min()) >= 1e-6
    torch.testing.assert_close(found.J, torch.eye(2, dtype=torch.float64))


def test_single_precision_is_wider() -> None:
    net = Network(3, 2, 5, seed=2)
    net.inputs = net.inputs.float()
    low, high = hessian_norms(net, net.w.float(), products=1000)
    exact = net.hessian_norms()
    assert (low.numpy() <= exact).all()
    assert (exact <= high.numpy()).all()
    assert 1e-7 < float((high / low).max()) - 1 < 1e-3


def test_within_the_mode_every_result_is_an_ulp_off() -> None:
    a = torch.linspace(1, 2, 50, dtype=torch.float64)
    with EveryUlp(1):
        off, view, whole = a * 3, a[:7], torch.arange(3)
    ratio = (off - 3 * a) / (3 * a * EPS)
    assert 0.4 < float(ratio.abs().min()) <= float(ratio.abs().max()) < 2.1
    assert set(ratio.sign().tolist()) == {-1.0, 1.0}
    assert torch.equal(view, a[:7])
    assert torch.equal(whole, torch.arange(3))


def test_a_repetition_that_overflows_leaves_nothing_known() -> None:
    largest = torch.tensor([torch.finfo(torch.float64).max] * 40, dtype=torch.float64)
    value, error = apart(lambda: largest * 1)
    assert torch.equal(value, largest)
    assert math.inf in error.tolist()


ONE = torch.ones(1, dtype=torch.float64)


@pytest.mark.parametrize(
    ("F", "w", "words"),
    [
        (lambda w: w, torch.ones(1, 1), "w has shape (1, 1) and dtype torch.float32"),
        (lambda w: w, torch.ones(1, dtype=torch.int64), "dtype torch.int64"),
        (lambda w: w, torch.ones(0), "w has shape (0,)"),
        (lambda w: w, ONE * math.nan, "w has a NaN"),
        (lambda w: w.log(), -ONE, r"F(w) has a NaN or an infinity"),
        (lambda w: w.unsqueeze(0), ONE, "F(w) has shape (1, 1)"),
        (lambda w: w.sum(), ONE, "F(w) has shape ()"),
        (lambda w: float(w), ONE, "F(w) has shape float"),
        (lambda w: w.sqrt(), 0 * ONE, "DF(w) has a NaN"),
    ],
)
def test_what_is_no_map_is_told(F: Map, w: Tensor, words: str) -> None:
    with pytest.raises(ValueError, match="give") as told:
        tangent(F, w)
    assert words in str(told.value)


def test_bad_numbers_are_told() -> None:
    with pytest.raises(ValueError, match="products=0; give at least 1"):
        hessian_norms(lambda w: w, ONE, products=0)
    with pytest.raises(ValueError, match=r"\|\|step\|\|\^2=0.0; give"):
        curvature_along(lambda w: w, ONE, ONE, 0 * ONE, ONE)
    with pytest.raises(ValueError, match="a second derivative has a NaN"):
        hessian_norms(lambda w: w.abs().pow(1.5), 0 * ONE)
