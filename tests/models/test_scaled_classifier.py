"""Smooth classifiers, against autograd and against high precision."""

import mpmath
import pytest
import torch

from models import LeakyNet, activation, classified, tangents


def network(seed: int, sigma: str) -> LeakyNet:
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(-20, 21, (9, 3), generator=generator).tolist()
    rows = [[f"{z}/40" for z in row] for row in drawn]
    return LeakyNet.of(
        rows=rows[:4],
        labels=[1, -1, -1, 1],
        weights=rows[4:],
        signs=[1, -1, 1, 1, -1],
        reference=rows[4:],
        loss="logistic",
        sigma=sigma,
    )


@pytest.mark.parametrize("sigma", ["tanh", "erf", "softplus", "sigmoid"])
def test_the_gradient_is_that_of_autograd(sigma: str) -> None:
    net = network(1, sigma)
    w = net.w.clone().requires_grad_()
    f = net.m**-0.25 * (net.s[:, None] * activation(sigma).value(w @ net.x.mT)).sum(0)
    loss = torch.nn.functional.softplus(-net.y * f).mean()
    (wanted,) = torch.autograd.grad(loss, w)
    found = classified(net, net.w, 0.25)
    assert torch.allclose(found.gradient, wanted, atol=1e-15, rtol=1e-13)
    assert float(found.loss) == pytest.approx(float(loss.detach()), rel=1e-14)


def test_errors_bound_the_distance_to_high_precision() -> None:
    mpmath.mp.prec = 200
    for seed in range(20):
        net = network(seed, "tanh")
        found = classified(net, net.w, 0.5)
        w, x = net.w.tolist(), net.x.tolist()
        for i, row in enumerate(x):
            z = [mpmath.fdot(zip(neuron, row, strict=True)) for neuron in w]
            f = sum(s * mpmath.tanh(t) for s, t in zip(net.s.tolist(), z, strict=True))
            signed = net.y[i].item() * f / mpmath.sqrt(net.m)
            assert abs(signed - found.signed[i].item()) <= found.signed_error[i].item()


def test_tangents_are_derivatives_of_the_outputs() -> None:
    net = network(2, "tanh")

    def outputs(w: torch.Tensor) -> torch.Tensor:
        values = activation("tanh").value(w @ net.x.mT)
        signed: torch.Tensor = net.y * (net.s[:, None] * values).sum(0) / net.m**0.5
        return signed

    assert torch.allclose(tangents(net, net.w), torch.func.jacrev(outputs)(net.w), atol=1e-14)
