import math
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamics import deep_descent
from models import (
    ARCHITECTURES,
    Architecture,
    DeepNetwork,
    activation,
    deep_predictions,
    displacements,
    initial_network,
    layer_grams,
)
from tests.dynamics.deep_oracles import deep_path
from tests.dynamics.oracles import outside
from verdicts import Seeds

of_each_kind = pytest.mark.parametrize("kind", ARCHITECTURES)


def problem(
    kind: Architecture,
    *,
    sigma: str = "tanh",
    n: int = 3,
    m: int = 5,
    H: int = 3,
    count: int = 1,
    residual: float = 1.0,
) -> tuple[Tensor, Tensor, DeepNetwork]:
    """Unit inputs of dimension 3, labels about `residual` away from the outputs, `count` seeds."""
    p, q = (4, 3) if kind == "convolutional" else (1, 1)
    network = initial_network(
        m, 3, Seeds((5, 7), count=count), H=H, activation=activation(sigma), architecture=kind,
        p=p, q=q,
    )  # fmt: skip
    rng = np.random.default_rng(n + m + H)
    x = rng.normal(size=(n, 3 * p))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    inputs = torch.from_numpy(x.reshape(n, 3, p) if p > 1 else x)
    noise = torch.from_numpy(rng.normal(size=(count, n)))
    return inputs, deep_predictions(inputs, network) + residual * noise, network


def single(network: DeepNetwork, row: int = 0) -> DeepNetwork:
    return network.with_parameters([W[row] for W in network.weights], network.a[row])


def safe_step(x: Tensor, network: DeepNetwork, share: float) -> float:
    """That share of 1/lambda_max of the tangent kernel at the start."""
    tangent = layer_grams(x, network).sum(dim=-3)
    return share / float(torch.linalg.eigvalsh(tangent).max())


@of_each_kind
@pytest.mark.parametrize(
    ("sigma", "residual", "share"),
    [
        ("tanh", 1.0, 0.3),
        ("softplus", 1e-3, 1.0),
        ("sin", 1e-6, 1e-6),
        ("sigmoid", 1.0, 1.9),
        ("identity", 0.1, 0.5),
        ("100 sin(z/100)", 1.0, 1e-3),
    ],
)
def test_a_run_encloses_extended_precision(
    kind: Architecture, sigma: str, residual: float, share: float
) -> None:
    x, y, network = problem(kind, sigma=sigma, residual=residual)
    eta = safe_step(x, network, share)
    run = deep_descent(x, y[0], single(network), eta=eta, steps=25)
    true = deep_path(x, y[0], single(network), eta=eta, steps=25)
    assert outside(run.squared_residual, true.squared, tolerance=0) == 0
    assert outside(run.movement, true.moved[:, :-1], tolerance=0) == 0
    assert outside(run.output_movement, true.moved[:, -1], tolerance=0) == 0
    assert outside(run.step_lengths, true.steps, tolerance=0) == 0
    # And they say something: eleven places of the residual, six digits of every length.
    assert run.squared_residual.sqrt().width.max() < 1e-11
    assert run.movement.width.max() < 1e-6 * run.movement.upper.max()


@of_each_kind
@pytest.mark.parametrize("share", [1.0, 2.2])
@pytest.mark.parametrize("row", range(4))
def test_one_sample_on_the_edge_of_stability_is_enclosed(
    kind: Architecture, share: float, row: int
) -> None:
    # With one number as residual the difference of the runs changes sign, and then says little.
    x, y, network = problem(kind, sigma="softplus", n=1, H=4, count=4, residual=1e-3)
    one = single(network, row)
    eta = safe_step(x, one, share)
    run = deep_descent(x, y[row], one, eta=eta, steps=30)
    true = deep_path(x, y[row], one, eta=eta, steps=30)
    assert outside(run.squared_residual, true.squared, tolerance=0) == 0
    assert outside(run.movement, true.moved[:, :-1], tolerance=0) == 0
    assert outside(run.step_lengths, true.steps, tolerance=0) == 0


@of_each_kind
def test_iterates_are_those_of_autograd(kind: Architecture) -> None:
    x, y, network = problem(kind, count=4)
    run = deep_descent(x, y, network, eta=0.05, steps=30, observed=(0, 4, 29))
    parameters = [t.clone() for t in (*network.weights, network.a)]
    for k in range(31):
        parameters = [t.detach().requires_grad_() for t in parameters]
        now = network.with_parameters(parameters[:-1], parameters[-1])
        e = y - deep_predictions(x, now)
        torch.testing.assert_close(run.residual[:, k], e.detach(), rtol=0, atol=1e-12)
        lengths = displacements(now, network).detach().numpy()
        assert outside(run.movement[:, k], lengths[:, :-1], tolerance=1e-13) == 0
        assert outside(run.output_movement[:, k], lengths[:, -1], tolerance=1e-13) == 0
        slopes = torch.autograd.grad(e.square().sum() / 2, parameters)
        parameters = [t - 0.05 * g for t, g in zip(parameters, slopes, strict=True)]
    torch.testing.assert_close(run.network.a, now.a.detach(), rtol=0, atol=1e-12)
    for last, expected in zip(run.network.weights, now.weights, strict=True):
        torch.testing.assert_close(last, expected.detach(), rtol=0, atol=1e-12)


@of_each_kind
def test_observed_matrices_and_second_order_terms(kind: Architecture) -> None:
    x, y, network = problem(kind, count=2)
    eta, looked = 0.02, (3, 0, 10)
    run = deep_descent(x, y, network, eta=eta, steps=10, observed=looked)
    assert run.observed == (0, 3, 10)
    for place, k in enumerate(run.observed):
        before = deep_descent(x, y, network, eta=eta, steps=k).network
        G = layer_grams(x, before)
        torch.testing.assert_close(run.grams[:, place], G, rtol=0, atol=1e-12)
        if k == 10:
            assert (run.second_order.upper[:, place] == math.inf).all()
            continue
        u = y.unsqueeze(1) - run.residual
        pushed = eta * (G.sum(dim=1) @ run.residual[:, k].unsqueeze(-1)).squeeze(-1)
        rest = torch.linalg.vector_norm(u[:, k + 1] - u[:, k] - pushed, dim=-1)
        found = run.second_order[:, place]
        assert outside(found, rest.numpy(), tolerance=1e-13) == 0
        assert found.width.max() < 1e-11


def test_the_second_order_term_is_quadratic_in_the_step() -> None:
    # Halving eta divides |I_2| by 4, not by 8.
    x, y, network = problem("fully connected", sigma="sin", n=1, m=1, H=2)
    sizes = [
        float(deep_descent(x, y, network, eta=eta, steps=1, observed=(0,)).second_order.upper[0, 0])
        for eta in (2e-4, 1e-4)
    ]
    assert sizes[0] / sizes[1] == pytest.approx(4, rel=1e-2)


def test_one_identity_unit_by_hand() -> None:
    # u = a w with w = 2, a = 1, e = 1: w moves by eta a e, a by eta w e.
    w = torch.full((1, 1), 2.0, dtype=torch.float64)
    network = DeepNetwork((w,), torch.ones(1, dtype=torch.float64), activation("identity"))
    x, y = torch.ones(1, 1, dtype=torch.float64), torch.full((1,), 3.0, dtype=torch.float64)
    run = deep_descent(x, y, network, eta=0.1, steps=1)
    assert float(run.network.weights[0]) == pytest.approx(2.1)
    assert float(run.network.a) == pytest.approx(1.2)
    assert float(run.residual[1]) == pytest.approx(3 - 2.1 * 1.2)
    assert run.step_lengths.upper[0].tolist() == pytest.approx([0.1, 0.2])


def test_small_steps_keep_their_digits() -> None:
    x, y, network = problem("residual", residual=1e-4)
    one = deep_descent(x, y, network, eta=1e-12, steps=1)
    assert (one.movement.lower[:, 1] > 0).all()
    assert one.movement.upper.max() < 1e-14
    assert (one.movement.width[:, 1] < 1e-8 * one.movement.upper[:, 1]).all()


@of_each_kind
@pytest.mark.parametrize("eta", [30.0, 1e8, 1e200])
def test_too_large_steps_diverge_without_nan(kind: Architecture, eta: float) -> None:
    x, y, network = problem(kind, sigma="softplus", count=3)
    run = deep_descent(x, y, network, eta=eta, steps=40, observed=(0, 20, 39))
    enclosures: Any = (
        run.squared_residual, run.movement, run.output_movement, run.step_lengths,
        run.second_order, run.log_ratio(),
    )  # fmt: skip
    for published in enclosures:
        assert not np.isnan(published.lower).any()
        assert not np.isnan(published.upper).any()
    assert not bool(run.residual.isnan().any())
    assert not any(bool(t.isnan().any()) for t in (*run.network.weights, run.network.a))
    assert (run.log_ratio().lower[:, 1:] > -math.inf).all()


@of_each_kind
def test_a_batch_is_its_rows_one_by_one(
    kind: Architecture, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y, network = problem(kind, count=5)
    rates = torch.linspace(0.01, 0.1, 5, dtype=torch.float64)
    # A few seeds in a chunk; the function hides its module of the same name.
    monkeypatch.setattr(import_module("dynamics.deep.descent"), "_CACHE", 6 * 2**9)
    batch = deep_descent(x, y, network, eta=rates, steps=12, observed=(2,))
    for s in range(5):
        row = deep_descent(
            x, y[s], single(network, s), eta=float(rates[s]), steps=12, observed=(2,)
        )
        for one, many in (
            (row.squared_residual, batch.squared_residual[s]),
            (row.movement, batch.movement[s]),
            (row.step_lengths, batch.step_lengths[s]),
            (row.second_order, batch.second_order[s]),
        ):
            assert (one.lower <= many.upper).all()
            assert (many.lower <= one.upper).all()
        torch.testing.assert_close(row.grams, batch.grams[s], rtol=0, atol=1e-12)


def test_leading_dimensions_are_kept() -> None:
    x, y, network = problem("fully connected", count=6)
    shaped = network.with_parameters(
        [W.reshape(2, 3, *W.shape[1:]) for W in network.weights], network.a.reshape(2, 3, -1)
    )
    run = deep_descent(x, y.reshape(2, 3, -1), shaped, eta=0.1, steps=4, observed=(1,))
    assert run.squared_residual.shape == (2, 3, 5)
    assert run.movement.shape == (2, 3, 5, 3)
    assert run.step_lengths.shape == (2, 3, 4, 4)
    assert run.grams.shape == (2, 3, 1, 4, 3, 3)
    assert run.network.seeds == (2, 3)
    none = deep_descent(x, y[0], single(network), eta=0.1, steps=0)
    assert none.squared_residual.shape == (1,)
    assert none.step_lengths.shape == (0, 4)
    assert float(none.movement.upper.max()) == 0


def test_bad_runs_are_refused() -> None:
    x, y, network = problem("fully connected")
    bad: list[tuple[dict[str, Any], str]] = [
        ({"eta": 0.0}, "eta=0.0"),
        ({"eta": math.nan}, "eta=nan"),
        ({"steps": -1}, "steps=-1"),
        ({"observed": (9,)}, "observed step 9"),
        ({"observed": (True,)}, r"observed\[0\]=True; give an integer"),
        ({"y": y[..., :2]}, "one label per input"),
        ({"y": torch.zeros(4, 3, dtype=torch.float64)}, "same leading dimensions"),
        ({"y": y * math.nan}, "y has a NaN"),
        ({"x": x[0]}, "inputs for all seeds"),
        ({"x": x * math.inf}, "x has a NaN or an infinity"),
        (
            {"network": network.with_parameters(network.weights, network.a * math.nan)},
            "a has a NaN",
        ),
    ]
    for change, message in bad:
        arguments: dict[str, Any] = {"x": x, "y": y, "network": network, "eta": 0.1, "steps": 2}
        with pytest.raises(ValueError, match=message):
            deep_descent(**{**arguments, **change})
