"""Flows of implicit networks through several kinks, against a stiff integrator and a sharp one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from dynamics import implicit_flow
from models import (
    ImplicitModel,
    ImplicitNetwork,
    SeedNumber,
    gaussian_weights,
    implicit_pass,
    initial_implicit_network,
)

Array = NDArray[Any]
TIMES = (0.0, 0.1, 0.3, 0.6, 1.0)


def setting(model: ImplicitModel, seed: int) -> tuple[torch.Tensor, torch.Tensor, ImplicitNetwork]:
    """Three neurons, two inputs of the plane, and labels that are far."""
    batch = initial_implicit_network(3, 2, SeedNumber(seed), model=model, gamma=0.3, s_w=0.2)
    network = batch.with_parameters([block[0] for block in batch.named().values()])
    x = gaussian_weights(2, 2, SeedNumber(seed), layer=9)[0]
    y = 3 * gaussian_weights(2, 1, SeedNumber(seed), layer=8)[0, :, 0]
    return x / x.norm(dim=1, keepdim=True), y, network


def solution(recurrent: Array, phi: Array) -> tuple[Array, Array]:
    """z = max(recurrent z + phi, 0) and its pattern, by guesses of the pattern."""
    on = phi > 0
    for _ in range(40):
        z = np.linalg.solve(np.eye(len(phi)) - on[:, None] * recurrent, on * phi)
        pattern = recurrent @ z + phi > 0
        if (pattern == on).all():
            return z, on
        on = pattern
    for _ in range(2000):
        z = np.maximum(recurrent @ z + phi, 0)
    return z, recurrent @ z + phi > 0


def descent_of(
    x: Array, y: Array, network: ImplicitNetwork, blocks: list[Array]
) -> tuple[list[Array], Array]:
    """Minus the gradients by the chain rule, sample by sample, and the residuals."""
    A, W, u, *rest = blocks
    gao = network.model == "gao"
    scale, inward = (network.gamma / 3**0.5, 3**-0.5) if gao else (1.0, 1.0)
    ways, residuals = [np.zeros_like(block) for block in blocks], []
    for row, label in zip(x, y, strict=True):
        lifting = (W @ row > 0).astype(float) if gao else np.ones(3)
        phi = inward * lifting * (W @ row)
        z, on = solution(scale * A, phi)
        e = label - z @ u - sum(phi @ v for v in rest)
        p = on * np.linalg.solve(np.eye(3) - scale * A.T * on, u)
        heads = (z, phi) if gao else (z,)
        parts = (
            scale * np.outer(p, z),
            inward * np.outer(lifting * (p + sum(rest)), row),
            *heads,
        )
        for way, part in zip(ways, parts, strict=True):
            way += e * part
        residuals.append(e)
    return ways, np.array(residuals)


def integrated(
    x: Array, y: Array, network: ImplicitNetwork, how: tuple[Any, float, float]
) -> tuple[Array, Array]:
    """Residuals and how far each block moved; method, tolerance and longest step over the kinks."""
    method, rtol, longest = how
    first = [block.numpy() for block in network.named().values()]
    ends = np.cumsum([block.size for block in first])[:-1]

    def blocks_of(flat: Array) -> list[Array]:
        return [a + b.reshape(a.shape) for a, b in zip(first, np.split(flat, ends), strict=True)]

    def speed(_: float, flat: Array) -> Array:
        ways = descent_of(x, y, network, blocks_of(flat))[0]
        return np.concatenate([way.ravel() for way in ways])

    size = sum(block.size for block in first)
    path = solve_ivp(
        speed,
        (0, TIMES[-1]),
        np.zeros(size),
        method,
        t_eval=TIMES,
        rtol=rtol,
        atol=rtol / 1000,
        max_step=longest,
    )
    moved = [[np.linalg.norm(part) for part in np.split(flat, ends)] for flat in path.y.T]
    residuals = [descent_of(x, y, network, blocks_of(flat))[1] for flat in path.y.T]
    return np.array(residuals), np.array(moved)


@pytest.mark.parametrize(
    ("model", "seed", "crossed"),
    [("ling", 6, 2), ("ling", 31, 2), ("gao", 34, 3), ("gao", 37, 0)],
)
def test_flows_with_events_are_those_of_a_stiff_integrator(
    model: ImplicitModel, seed: int, crossed: int
) -> None:
    x, y, network = setting(model, seed)
    run = implicit_flow(x, y, network, times=TIMES)
    assert bool(run.plain)
    assert not bool(run.lost.any())
    before, after = (implicit_pass(x, each) for each in (network, run.network))
    assert int(((before.pre > 0) != (after.pre > 0)).sum()) == crossed
    assert crossed or bool(((before.lifted > 0) != (after.lifted > 0)).any())
    # The stiff method steps over kinks; the short steps of the other one are sharp there too.
    for how, off in ((("Radau", 1e-6, np.inf), 2e-5), (("DOP853", 1e-10, 0.01), 1e-8)):
        residual, moved = integrated(x.numpy(), y.numpy(), network, how)
        np.testing.assert_allclose(run.residual.numpy(), residual, atol=off)
        assert (run.movement.lower - off <= moved).all()
        assert (moved <= run.movement.upper + off).all()
