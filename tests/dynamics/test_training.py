from typing import Any

import numpy as np
import pytest
import torch

from dynamics import gradient_descent, train
from dynamics.descent.halves import Halves, halves_apply
from models import gaussian_weights, rademacher_signs
from tests.dynamics.oracles import Network, descent, drawn
from verdicts import Seeds


@pytest.mark.parametrize(("n", "d"), [(1, 1), (3, 2), (4, 4), (9, 2)])
def test_a_run_is_the_plain_loop(n: int, d: int) -> None:
    net = drawn(np.random.default_rng(n), n=n, m=30, d=d, scale=1.0)
    true = descent(net, eta=0.1, steps=25)
    run = train(*net.tensors, eta=0.1, steps=25)
    np.testing.assert_allclose(run.residual.numpy(), true.e, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.w.numpy(), true.w[-1], rtol=0, atol=1e-12)


def test_every_leading_dimension_is_a_seed_with_a_step_of_its_own() -> None:
    seeds = Seeds((3, 4), count=6)
    w, a = gaussian_weights(9, 2, seeds).reshape(2, 3, 9, 2), rademacher_signs(9, seeds)
    x, y, _, _ = drawn(np.random.default_rng(1), n=3, m=9, d=2, scale=1.0).tensors
    eta = torch.linspace(0.05, 0.3, 6, dtype=torch.float64).reshape(2, 3)
    run = train(x, y, w, a.reshape(2, 3, 9), eta=eta, steps=4)
    enclosed = gradient_descent(x, y, w, a.reshape(2, 3, 9), eta=eta, steps=4)
    assert run.residual.shape == (2, 3, 5, 3)
    torch.testing.assert_close(run.residual, enclosed.residual)
    torch.testing.assert_close(run.w, enclosed.w)


def test_blocks_and_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = Seeds((3, 4), count=6)
    w, a = gaussian_weights(40, 2, seeds), rademacher_signs(40, seeds)
    x, y, _, _ = drawn(np.random.default_rng(1), n=3, m=9, d=2, scale=1.0).tensors
    whole = train(x, y, w, a, eta=0.1, steps=10)
    monkeypatch.setattr("dynamics.descent.fused.BLOCK_BYTES", 400)
    parts = train(x, y, w, a, eta=0.1, steps=10)
    torch.testing.assert_close((parts.residual, parts.w), (whole.residual, whole.w))


def test_products_by_torch_are_those_by_numpy() -> None:
    x, y, w, a = drawn(np.random.default_rng(2), n=3, m=20, d=4, scale=1.0).tensors
    by_numpy, by_torch = Halves(x, w[None], a[None]), Halves(x, w[None], a[None])
    by_torch.by_numpy = False
    for scaled in (y[:, None], -y[:, None] / 2):
        for part in (by_numpy, by_torch):
            part.sums()
            part.push(scaled)
    torch.testing.assert_close(by_numpy.p, by_torch.p)
    torch.testing.assert_close(by_numpy.weights(), by_torch.weights())


def test_networks_without_halves_are_trained_too() -> None:
    rng = np.random.default_rng(3)
    net = drawn(rng, n=3, m=20, d=3, scale=1.0)
    weighed = Network(net.x, net.y, net.w, rng.normal(size=20))
    parallel = Network(np.ones((2, 2)), net.y[:2], rng.normal(size=(20, 2)), net.a)
    one_sign = Network(net.x, net.y, net.w, np.ones(20))
    for one, halves in ((weighed, False), (parallel, False), (one_sign, True)):
        x, _, _, a = one.tensors
        assert halves_apply(x, a[None]) is halves
        true, run = descent(one, eta=0.1, steps=10), train(*one.tensors, eta=0.1, steps=10)
        np.testing.assert_allclose(run.residual.numpy(), true.e, rtol=0, atol=1e-12)
        np.testing.assert_allclose(run.w.numpy(), true.w[-1], rtol=0, atol=1e-11)


def test_single_precision_stays_single() -> None:
    x, y, w, a = (
        part.float() for part in drawn(np.random.default_rng(1), n=3, m=9, d=2, scale=1.0).tensors
    )
    run = train(x, y, w, a, eta=0.1, steps=3)
    assert run.residual.dtype == run.w.dtype == torch.float32


def test_no_steps_show_the_start() -> None:
    x, y, w, a = drawn(np.random.default_rng(1), n=3, m=9, d=2, scale=1.0).tensors
    run = train(x, y, w, a, eta=0.1, steps=0)
    assert run.residual.shape == (1, 3)
    assert torch.equal(run.w, w)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eta": 0.0}, "train: eta=0.0"),
        ({"eta": "small"}, "eta='small'; give a number"),
        ({"eta": torch.ones(2)}, r"eta has shape \(2,\), the seeds \(1,\)"),
        ({"steps": -1}, "train: steps=-1"),
        ({"steps": 1.5}, "steps=1.5; give an integer"),
        ({"w": torch.ones(1, 9, 2, dtype=torch.float16)}, "w is of torch.float16; give"),
    ],
)
def test_bad_arguments_are_told(changes: dict[str, Any], message: str) -> None:
    x, y, w, a = drawn(np.random.default_rng(1), n=3, m=9, d=2, scale=1.0).tensors
    given: dict[str, Any] = {"w": w[None], "eta": 0.1, "steps": 1, **changes}
    with pytest.raises(ValueError, match=message):
        train(x, y, a=a, **given)
