"""Constants of the claims about implicit networks of Ling et al., found in a second way."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings

from certify import check_certificate
from claims.ledger import visiting
from models import (
    ImplicitStart,
    SeedNumber,
    implicit_pass,
)
from theorems import ling2023, ling2023condition, ling2023training, truong2025training
from theorems._implicit_bounds import moved_network, residual_direction, sizes_of
from theorems._implicit_training import least_eigenvalue, on_the_edge, on_the_edge_of_flow

ONE = ImplicitStart.of(rows=[[1]], model="ling", A=[["1/2"]], W=[[2]], u=[3], residual=[1])


def _paper(start: ImplicitStart, delta: float) -> dict[str, float]:
    """cw, cu, ca, ||X||_F, lambda_0, r_0 and radii by numpy, from the paper's definitions."""
    W, inputs, a = (p.numpy() for p in (start.network.A, start.network.W, start.network.u))
    rw, ru = (float(np.linalg.norm(p, 2)) + delta for p in (W, inputs))
    ra = float(np.linalg.norm(a)) + delta
    z = np.zeros((start.n, start.m))
    for _ in range(400):
        z = np.maximum(z @ W.T + start.x.numpy() @ inputs.T, 0)
    return {
        "cw": ru * ra / (1 - rw) ** 2,
        "cu": ra / (1 - rw),
        "ca": ru / (1 - rw),
        "X": float(np.linalg.norm(start.x.numpy())),
        "lambda_0": float(np.linalg.eigvalsh(z @ z.T)[0]),
        "r_0": float(np.linalg.norm(z @ a - start.y.numpy())),
        "ra": ra,
        "rw": rw,
    }


def _conditions(values: dict[str, float], delta: float, curvature: float) -> dict[str, float]:
    """Left over right of (7), (8), (9): all >= 1 where they hold, one of them 1 on the edge."""
    curved = (values["cw"] ** 2 + values["cu"] ** 2) * values["X"] ** 2
    largest = max(values["cw"], values["cu"], values["ca"]) * values["X"]
    seven = values["lambda_0"] / (4 / delta * largest * values["r_0"])
    eight = values["lambda_0"] ** 1.5 / (4 * (2 + sqrt(2)) / values["ra"] * curved * values["r_0"])
    return {"7": seven, "8": eight, "9": values["lambda_0"] / (curvature * curved)}


@pytest.mark.parametrize("curvature", [4.0, 8.0])
def test_edges_meet_the_printed_conditions_and_hardly_so(curvature: float) -> None:
    @settings(max_examples=60, deadline=None, database=None)
    @given(start=ling2023training.STARTS, share=ling2023training.SHARES)
    def check(start: ImplicitStart, share: float) -> None:
        edge = on_the_edge(start, share, curvature=curvature)
        values = _paper(edge.start, edge.delta)
        found = _conditions(values, edge.delta, curvature)
        assert values["rw"] < 1
        assert min(found.values()) >= 1 - 1e-9
        assert min(found["7"], found["8"]) < 1.003
        # Where the norm of W is the limit, (9) is slack.
        assert found["9"] < 1.02 or values["rw"] > 0.99

    check()


def test_edges_of_flows_meet_half_of_seven_and_eight() -> None:
    @settings(max_examples=60, deadline=None, database=None)
    @given(start=ling2023training.STARTS)
    def check(start: ImplicitStart) -> None:
        edge = on_the_edge_of_flow(start, 0.3)
        found = _conditions(_paper(edge.start, edge.delta), edge.delta, 4.0)
        assert 0.5 - 1e-9 <= min(found["7"], found["8"]) < 0.502

    check()


def test_the_printed_step_is_within_repair_b() -> None:
    """(9) and (10) imply eta <= 1/(ca^2 ||X||_F^2)."""

    @settings(max_examples=60, deadline=None, database=None)
    @given(start=ling2023training.STARTS, share=ling2023training.SHARES)
    def check(start: ImplicitStart, share: float) -> None:
        edge = on_the_edge(start, share)
        assert ling2023training._printed_step(edge) <= 1 / edge.bounds.a**2

    check()


def test_bounds_of_one_neuron_by_hand() -> None:
    """n = m = d = 1, w = 1/2, u = 2, a = 3: z = 4, cw = 24, cu = 6, ca = 4."""
    sizes = sizes_of(ONE)
    bounds = sizes.bounds(0.0, sizes.a)
    assert (bounds.w, bounds.u, bounds.a) == pytest.approx((24, 6, 4), rel=1e-11)
    assert least_eigenvalue(ONE).low == pytest.approx(16, rel=1e-11)
    assert float(residual_direction(ONE)) == 1.0


def test_other_networks_stay_contractions_and_differ() -> None:
    for number in (0, 3):
        other = moved_network(ONE.network, 0.25, SeedNumber(number))
        assert float(other.A) == 0.375
        assert float(other.W) != 2
        assert float(implicit_pass(ONE.x, other).rho) < 1


@pytest.mark.parametrize(
    ("case", "constants", "values"),
    [
        (
            ling2023training.theorem_1_repair_b,
            {"own_step": 0.001},
            {"start": ling2023training.DYING, "share": 0.0},
        ),
        (
            ling2023training.theorem_1_repair_b,
            {"own_step": 0.05},
            {"start": ling2023training.JUMPING, "share": 0.0},
        ),
        (
            ling2023training.theorem_1_repair_b,
            {"rate": 1.02},
            {"start": ling2023training.HEADLESS, "share": 0.0},
        ),
        (ling2023.lemma_2, {"share": 4.0}, {"start": ling2023.NO_HEADS}),
        (
            ling2023condition.condition_9,
            {"factor": 2.1},
            {"start": ling2023condition.WIDE_NEURON},
        ),
        (
            truong2025training.convergence,
            {"rate": 1.1},
            {"start": ling2023training.HEADLESS, "share": 0.0},
        ),
    ],
)
def test_refutations_are_certified(case, constants, values) -> None:  # type: ignore[no-untyped-def]
    with visiting():
        margin = case.function(**values, **constants)
    drawn = {key: getattr(value, "recipe", value) for key, value in values.items()}
    given = {**case.constants, **constants}
    verdicts = [
        check_certificate(leaf.proof.to_json(), given, drawn).verdict
        for leaf in margin.leaves()
        if leaf.proof is not None and leaf.slack.upper.max() < 0
    ]
    assert "refuted" in verdicts
    assert "not refuted" not in verdicts or case is ling2023training.theorem_1_repair_b


def test_chernoff_bound_of_small_heads() -> None:
    from_scipy = pytest.importorskip("scipy.stats").chi2.cdf
    for m in range(1, 60):
        assert from_scipy(m / 4, m) <= 0.5293 ** (m / 2)
