"""Hessians and lazily scaled networks against automatic differentiation."""

from functools import partial

import pytest
import torch
from torch.autograd.functional import hessian, jacobian

from models import ACTIVATIONS, activation, antisymmetric, bend, hessian_blocks, lazy_taylor

X = torch.tensor([[0.6, 0.8], [1.0, 0.0], [-0.3, 0.2]], dtype=torch.float64)


def weights(m: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    w = torch.randn(m, 2, dtype=torch.float64, generator=random)
    return w, torch.randn(m, dtype=torch.float64, generator=random)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("m", [1, 2, 5])
def test_the_largest_block_is_the_norm_of_the_hessian(name: str, m: int) -> None:
    sigma, (w, v) = activation(name), weights(m, m)
    blocks = hessian_blocks(X, w, v, sigma)

    def f(x: torch.Tensor, flat: torch.Tensor) -> torch.Tensor:
        table = flat.reshape(m, 3)
        outputs: torch.Tensor = sigma.value(table[:, :2] @ x) @ table[:, 2] / m**0.5
        return outputs

    flat = torch.cat([w, v[:, None]], dim=1).flatten()
    for i, x in enumerate(X):
        H = hessian(partial(f, x), flat)  # type: ignore[no-untyped-call]
        norm = torch.linalg.eigvalsh(H).abs().max()
        assert torch.allclose(blocks.norms[i].max(), norm, rtol=1e-11)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_bends_are_central_differences_of_slopes(name: str) -> None:
    sigma, z = activation(name), torch.linspace(-4, 4, 101, dtype=torch.float64)
    central = (sigma.derivative(z + 1e-5) - sigma.derivative(z - 1e-5)) / 2e-5
    assert torch.allclose(bend(sigma, z), central, atol=1e-7)
    assert not bend(activation("identity"), z).any()


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_lazy_networks_start_at_zero_with_the_slopes_of_autograd(name: str) -> None:
    sigma, (half, _) = activation(name), weights(3, 7)
    w, a = antisymmetric(half)
    assert w.shape == (6, 2)
    assert a.tolist() == [1, 1, 1, -1, -1, -1]
    found = lazy_taylor(X, w.flatten()[None], a, sigma, 2.5)
    assert float(found.F.abs().max()) <= float(found.F_error.max())
    moved = (w + 0.1 * torch.arange(12, dtype=torch.float64).reshape(6, 2)).flatten()

    def values(flat: torch.Tensor) -> torch.Tensor:
        return 2.5 / 6**0.5 * sigma.value(X @ flat.reshape(6, 2).mT) @ a

    found = lazy_taylor(X, moved, a, sigma, 2.5)
    assert torch.allclose(found.F, values(moved), atol=1e-14)
    assert torch.allclose(found.J, jacobian(values, moved), atol=1e-14)  # type: ignore[no-untyped-call]
