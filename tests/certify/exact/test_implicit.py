"""Equilibrium networks in balls: against the house's floats, closed forms, and what breaks."""

from fractions import Fraction
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import pytest
import torch

from certify.exact.balls import Hopeless, Undecided
from models import (
    ImplicitStart,
    implicit_gradients,
    implicit_jacobians,
    implicit_kernels,
    implicit_pass,
    implicit_predictions,
    implicit_slopes,
)
from tests.certify.exact.documents import ends, holds_number, quantity, value

ACTIVATIONS = ("relu", "relu", "leaky relu", "tanh", "sin(2z)", "tanh+0.7")
ONES: dict[str, Any] = {"W": [[1]], "u": [1], "v": [1]}
TWINS = ImplicitStart.of(rows=[[1], [1]], A=[["1/2"]], gamma="1/2", labels=[0, 0], **ONES)
SHIFT = ImplicitStart.of(
    rows=[[1]], A=[[0, 1], [0, 0]], W=[[1], [1]], u=[1, 1], v=[1, 1], gamma="1/2", labels=[0]
)
DYING = ImplicitStart.of(
    rows=[[1]], A=[["1/2"]], W=[["1/10"]], u=[1], v=[1], gamma="1/10", labels=[-10]
)
JUMPING = ImplicitStart.of(rows=[[1]], model="ling", A=[["1/2"]], W=[[1]], u=[1], labels=[100])


def found(start: ImplicitStart, name: str, **arguments: Any) -> Any:
    return value("implicit", start.exact_recipe, quantity(name, **arguments))


def drawn(seed: int) -> ImplicitStart:
    """A contractive network of up to 4 samples and 6 neurons; a third have dead neurons."""
    rng = np.random.default_rng(seed)
    n, d, m = (int(rng.integers(1, top)) for top in (5, 5, 7))

    def rows(count: int, length: int, scale: int) -> list[list[str]]:
        whole = rng.integers(-30, 31, size=(count, length))
        return [[str(Fraction(int(z), scale)) for z in row] for row in whole]

    gao = bool(rng.integers(2))
    given: dict[str, Any] = {"rows": [[str(z) for z in r] for r in rng.integers(1, 10, (n, d))]}
    given |= {"A": rows(m, m, 20 if gao else 100 * m), "W": rows(m, d, 10), "u": rows(1, m, 10)[0]}
    given |= {"gamma": "1/5", "v": rows(1, m, 10)[0]} if gao else {"model": "ling"}
    residual = rows(1, n, 10)[0]
    return ImplicitStart.of(
        **given,
        residual=residual,
        activation=ACTIVATIONS[seed % len(ACTIVATIONS)],
        normalised=bool(rng.integers(2)),
    )


def assert_holds(pair: tuple[float, float], expected: float, size: float) -> None:
    low, high = pair
    slack = 1e-11 * (size + abs(expected))
    assert low - slack <= expected <= high + slack
    assert high - low <= slack


@pytest.mark.parametrize("seed", range(36))
def test_a_network_agrees_with_floats(seed: int) -> None:
    start = drawn(seed)
    network = start.network
    run = implicit_pass(start.x, network)
    slopes = implicit_slopes(run, network)
    J = torch.cat(implicit_jacobians(run, slopes, network), dim=-1)
    H = J @ J.mT
    parts = implicit_kernels(run, slopes, network)
    e = start.y - implicit_predictions(start.x, network)
    gradient = implicit_gradients(run, slopes, network, e)
    features = run.phi if network.model == "gao" else run.z
    size = 1 + float(H.norm() + features.norm() ** 2 + e.norm() ** 2)
    for name, expected in {
        "lambda_min_H": torch.linalg.eigvalsh(H)[0],
        "lambda_max_H": torch.linalg.eigvalsh(H)[-1],
        "lambda_min_above": torch.linalg.eigvalsh(parts[0] + parts[1])[0],
        "lambda_max_between": torch.linalg.eigvalsh(parts[0] + parts[1])[-1],
        "lambda_min_H_A": torch.linalg.eigvalsh(parts[0])[0],
        "lambda_min_G": torch.linalg.eigvalsh(features @ features.mT)[0],
        "lambda_min_Z": torch.linalg.eigvalsh(run.z @ run.z.mT)[0],
        "norm_Z": torch.linalg.matrix_norm(run.z, ord=2),
        "frobenius_Phi": run.phi.norm(),
        "norm_A": torch.linalg.matrix_norm(network.A, ord=2),
        "norm_u": network.u.norm(),
        "norm_X": torch.linalg.matrix_norm(start.x, ord=2),
        "least_M": (slopes.p.square().sum(dim=-1) / start.m).min(),
        "least_active": (run.pre > 0).sum(dim=-1).min(),
        "squared_residual": e.square().sum(),
        "squared_gradient": e @ H @ e,
        "gradient_A": gradient[0].norm(),
        "gradient_W": gradient[1].norm(),
        "gradient_u": gradient[2].norm(),
        "prediction_norm": implicit_predictions(start.x, network).norm(),
    }.items():
        assert_holds(ends(found(start, name)), float(expected), size**2)


def descended(start: ImplicitStart, eta: float, steps: int) -> list[Any]:
    path = [start.network]
    for _ in range(steps):
        run = implicit_pass(start.x, path[-1])
        e = start.y - implicit_predictions(start.x, path[-1])
        pull = implicit_gradients(run, implicit_slopes(run, path[-1]), path[-1], e)
        blocks = path[-1].named().values()
        path.append(
            path[-1].with_parameters([b + eta * g for b, g in zip(blocks, pull, strict=True)])
        )
    return path


@pytest.mark.parametrize("seed", range(12))
def test_descent_agrees_with_floats(seed: int) -> None:
    start, steps = drawn(seed), 4
    top = ends(found(start, "lambda_max_H"))[1]
    eta = 0.01 / (1 + top)
    path = descended(start, eta, steps)
    losses = [float((start.y - implicit_predictions(start.x, one)).square().sum()) for one in path]
    at = {"eta": repr(eta), "steps": str(steps)}
    assert_holds(ends(found(start, "squared_residual", **at)), losses[-1], 1 + losses[0])
    ratios = [sqrt(b / a) for a, b in pairwise(losses)]
    assert_holds(ends(found(start, "step_ratio", **at)), max(ratios), 1)
    decay = max((losses[k] / losses[0]) ** (1 / k) for k in range(1, steps + 1))
    assert_holds(ends(found(start, "decay_factor", **at)), decay, 1)
    for name in ("A", "W"):
        here = [getattr(one, name) for one in path]
        farthest = max(float((block - here[0]).norm()) for block in here)
        assert_holds(ends(found(start, f"farthest_{name}", **at)), farthest, 1)
        norms = [float(torch.linalg.matrix_norm(block, ord=2)) for block in here]
        assert_holds(ends(found(start, f"most_norm_{name}", **at)), max(norms), 1)
    grams = []
    for one in path:
        run = implicit_pass(start.x, one)
        rows = run.phi if one.model == "gao" else run.z
        grams.append(float(torch.linalg.eigvalsh(rows @ rows.mT)[0]))
    scale = 1 + float(run.z.norm() ** 2)
    assert_holds(ends(found(start, "least_lambda_min_G", **at)), min(grams), scale)


@pytest.mark.parametrize("seed", range(0, 12, 2))
def test_other_weights_agree_with_floats(seed: int) -> None:
    start = drawn(seed)
    before = start.network
    after = before.with_parameters([0.9 * block + 0.01 for block in before.named().values()])
    blocks = [block if block.ndim == 2 else block[None] for block in after.named().values()]
    given = [[[str(Fraction(z)) for z in row] for row in block.tolist()] for block in blocks]
    runs = [implicit_pass(start.x, one) for one in (before, after)]
    size = 1 + float(runs[0].z.norm() ** 2)
    moved = float((runs[1].z - runs[0].z).norm())
    assert_holds(ends(found(start, "move_Z", weights=given)), moved, size)
    assert_holds(
        ends(found(start, "distance_A", weights=given)), float((after.A - before.A).norm()), 1
    )
    u = [implicit_predictions(start.x, one) for one in (before, after)]
    change = float((u[1] - u[0]).norm())
    assert_holds(ends(found(start, "prediction_change", weights=given)), change, size)
    left = float((start.y - u[1]).norm())
    assert_holds(ends(found(start, "residual", weights=given)), left, size + float(start.y.norm()))


def test_the_first_two_misprints() -> None:
    """Off the diagonal H is 730/81, and 586/81 as printed; Q is 4.769607, and 4.707107."""
    assert holds_number(found(TWINS, "H_entry", row="0", column="1"), 730 / 81)
    assert holds_number(found(TWINS, "gap_identity"), sqrt(2) * (730 - 586) / 81)
    assert holds_number(found(TWINS, "gap_transpose"), 0)
    assert ends(found(SHIFT, "gap_transpose"))[0] == pytest.approx(4.769607 - 4.707107, abs=1e-6)
    assert holds_number(found(SHIFT, "gap_identity"), 0)


def gap_by_hand(start: ImplicitStart, dropped: str) -> float:
    """dyhat in A and W by one sample, with something left out, less what it is."""
    network = start.network
    run = implicit_pass(start.x, network)
    A, m = network.scale * network.A, start.m
    total = 0.0
    for i in range(start.n):
        D = torch.diag((run.pre[i] > 0).double())
        gates = torch.diag((run.lifted[i] > 0).double())
        J = torch.eye(m).double() - D @ A
        v = network.v if network.v is not None else torch.zeros_like(network.u)
        p = D @ torch.linalg.inv(J).mT @ network.u
        b = gates @ (p + v)
        q = {
            "no_inverse": D @ network.u,
            "no_D": torch.linalg.inv(J).mT @ network.u,
            "swapped": D @ torch.linalg.inv(torch.eye(m).double() - D @ A.mT).mT @ network.u,
        }.get(dropped, p)
        c = {"no_v": gates @ q, "no_E": q + v}.get(dropped, gates @ (q + v))
        total += float(network.scale**2 * (q - p).square().sum() * run.z[i].square().sum())
        total += float(network.input_scale**2 * (c - b).square().sum() * start.x[i].square().sum())
    return sqrt(total)


@pytest.mark.parametrize("dropped", ["no_inverse", "no_D", "swapped", "no_v", "no_E"])
@pytest.mark.parametrize("seed", [0, 1, 6, 12, 13, 18])
def test_gaps_of_wrong_gradients(dropped: str, seed: int) -> None:
    start = drawn(seed)
    if start.network.model == "gao":
        assert_holds(ends(found(start, f"gap_{dropped}")), gap_by_hand(start, dropped), 10)


def test_samples_mixed_up_by_a_wrong_kronecker_product() -> None:
    """R^T r with (a kron I_n)^T in place of I_n kron a^T, by dense matrices."""
    start = ImplicitStart.of(
        rows=[[1, 0], [0, 1], [1, 2]],
        model="ling",
        A=[["1/5", "1/2"], ["-1/4", 0]],
        W=[[2, 1], [1, 3]],
        u=[1, 2],
        residual=[1, 1, -2],
    )
    net, n, m = start.network, start.n, start.m
    run = implicit_pass(start.x, net)
    D = implicit_slopes(run, net).D.flatten()
    J = torch.eye(n * m).double() - D[:, None] * torch.kron(torch.eye(n).double(), net.A)
    e = start.y - implicit_predictions(start.x, net)
    heads = [torch.kron(net.u[:, None], torch.eye(n).double()).mT]
    heads.append(torch.kron(torch.eye(n).double(), net.u[None]))
    wrong, true = (
        ((D * torch.linalg.solve(J.mT, h.mT @ e)).reshape(n, m).mT @ run.z) for h in heads
    )
    assert_holds(ends(found(start, "gap_mixed_A")), float((wrong - true).norm()), 10)


def test_a_neuron_dies_and_stays_dead() -> None:
    at = {"eta": "1", "steps": "3"}
    assert holds_number(found(DYING, "squared_residual", **at), 100)
    assert ends(found(DYING, "lambda_min_G", **at)) == (0.0, 0.0)


def test_weights_that_jump_past_1_are_told_without_an_equilibrium() -> None:
    at = {"eta": "0.05", "steps": "1"}
    assert ends(found(JUMPING, "norm_A", **at))[0] > 10
    with pytest.raises(Hopeless, match="not contractive"):
        found(JUMPING, "squared_residual", **at)


def test_a_length_scales_the_residual() -> None:
    start = drawn(3)
    at = {"eta": "0.1", "steps": "0"}
    assert_holds(ends(found(start, "residual", length="3", **at)), 3, 1)
    zero = ImplicitStart.of(rows=[[1]], A=[["1/2"]], gamma=1, heads="zero", W=[[1]], labels=[0])
    with pytest.raises(Undecided, match="direction"):
        found(zero, "residual", length="3", **at)


def test_a_kink_has_the_side_of_the_paper() -> None:
    """With W x = 0 Gao's phi, z and all slopes are 0; Ling's slopes are 1."""
    plain: dict[str, Any] = {"rows": [[1, 1]], "A": [["1/2"]], "W": [[1, -1]], "labels": [0]}
    gao = ImplicitStart.of(gamma=1, u=[1], v=[1], **plain)
    ling = ImplicitStart.of(model="ling", u=[1], **plain)
    assert found(gao, "squared_gradient") == 0
    assert ends(found(gao, "least_M")) == (0.0, 0.0)
    assert holds_number(found(ling, "least_M"), 4)
