import pytest
import torch
from torch import Tensor, nn

from models import FlatModule, hessian_norms, tangent

DOUBLE = torch.float64
X = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=DOUBLE)


class Pair(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x


class Centred(nn.Module):
    """Outputs that depend on all samples."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.inner(x)
        return torch.tanh(out - out.mean())


def small(outputs: int = 1) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, outputs)).to(DOUBLE)


def whole_hessian(F: FlatModule, i: int) -> Tensor:
    found: Tensor = torch.autograd.functional.hessian(  # type: ignore[no-untyped-call]
        lambda w: F(w)[i], F.w
    )
    return found


@pytest.mark.parametrize("outputs", [1, 3])
def test_it_is_the_module_and_its_components(outputs: int) -> None:
    module = small(outputs)
    F = FlatModule(module, X)
    assert F.outputs == outputs
    assert F.apart
    assert F.kinks == ()
    assert F.names == ("0.weight", "0.bias", "2.weight", "2.bias")
    expected = module(X).detach().flatten()
    torch.testing.assert_close(F(F.w), expected, rtol=1e-15, atol=1e-15)
    one_by_one = [F.component(F.w, torch.tensor(i)) for i in range(5 * outputs)]
    torch.testing.assert_close(torch.stack(one_by_one), expected, rtol=1e-14, atol=1e-15)


def test_its_jacobian_is_what_backward_gives() -> None:
    module = small(2)
    F = FlatModule(module, X)
    J = tangent(F, F.w).J
    for i, output in enumerate(module(X).flatten()):
        gradients = torch.autograd.grad(output, list(module.parameters()), retain_graph=True)
        torch.testing.assert_close(J[i], torch.cat([g.flatten() for g in gradients]))


def test_its_hessians_are_what_the_whole_matrices_give() -> None:
    F = FlatModule(small(), X)
    low, high = hessian_norms(F, F.w, component=F.component)
    for i in range(5):
        H = whole_hessian(F, i)
        exact = float(torch.linalg.matrix_norm(H, ord=2))
        assert float(low[i]) <= exact * (1 + 1e-13)
        assert exact <= float(high[i]) * (1 + 1e-13)


def test_the_module_of_the_user_is_left_alone() -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.Dropout(), nn.Linear(4, 1))
    before = {name: p.clone() for name, p in module.named_parameters()}
    F = FlatModule(module, X.float())
    assert F.w.dtype == DOUBLE
    assert module.training
    assert all(torch.equal(p, before[name]) for name, p in module.named_parameters())
    assert next(module.parameters()).dtype == torch.float32
    assert torch.equal(F(F.w), F(F.w))  # dropout is off


def test_frozen_parameters_stay() -> None:
    module = small()
    module[0].weight.requires_grad_(False)  # type: ignore[index]
    F = FlatModule(module, X)
    assert F.names == ("0.bias", "2.weight", "2.bias")
    assert len(F.w) == 9


def test_samples_that_see_each_other_are_noticed() -> None:
    torch.manual_seed(2)
    F = FlatModule(Centred().to(DOUBLE), X)
    assert not F.apart
    assert float(F(F.w).abs().min()) > 0
    low, high = hessian_norms(F, F.w)
    H = whole_hessian(F, 0)
    assert float(low[0]) * (1 - 1e-13) <= float(torch.linalg.matrix_norm(H, ord=2))
    assert float(torch.linalg.matrix_norm(H, ord=2)) <= float(high[0]) * (1 + 1e-13)


@pytest.mark.parametrize(
    ("layer", "kink"),
    [(nn.ReLU(), "relu"), (nn.LeakyReLU(), "leaky_relu"), (nn.Hardtanh(), "hardtanh")],
)
def test_kinks_are_noticed(layer: nn.Module, kink: str) -> None:
    assert FlatModule(nn.Sequential(nn.Linear(3, 2), layer, nn.Linear(2, 1)), X).kinks == (kink,)


def test_attention_and_normalisation_have_second_derivatives() -> None:
    torch.manual_seed(3)
    block = nn.TransformerEncoderLayer(2, 1, 4, batch_first=True, activation=torch.tanh)
    module = nn.Sequential(nn.Linear(3, 4), nn.Unflatten(1, (2, 2)), block, nn.Flatten())
    F = FlatModule(nn.Sequential(module, nn.Linear(4, 1)), X)
    low, high = hessian_norms(F, F.w, component=F.component, products=200)
    assert F.apart
    assert float(((high - low) / low).max()) < 1e-8


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Tanh(), "no parameter that requires a gradient; give"),
        (nn.Sequential(nn.Linear(3, 1), Pair()), "the module gives tuple; give"),
        (nn.Sequential(nn.Linear(3, 1), nn.Flatten(0), nn.Unflatten(0, (1, 5))), r"shape \(1, 5\)"),
    ],
)
def test_what_is_no_network_is_told(module: nn.Module, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FlatModule(module, X)
