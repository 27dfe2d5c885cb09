"""Networks of logistic units: recipes, floats, and the points that the dossier gives."""

import math
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor

from models import (
    SigmoidNet,
    exact_labels,
    exact_units,
    feature_rank,
    fitted_outputs,
    float_weights,
    loss_hessian,
    sigmoid_features,
    unit_potential,
)

NET = SigmoidNet.of(
    rows=[[1, 0], [0, -2], [2, 1]],
    factors=[[2, "1/3"], [1, 5]],
    thresholds=["1/2", 3],
    outputs=["-1/2", 3],
    dummy="2/3",
    residual=[1, 0, "-1/7"],
)
TWO = SigmoidNet.of(
    rows=[[1], [2]],
    factors=[[(1, 1)], [(1, 1)]],
    outputs=["1/2", "1/2"],
    labels=[("-1/2", "1/4"), ("1/2", "3/4")],
    root=2,
)


def test_features_and_residual_are_those_of_the_formula() -> None:
    w, b = [[math.log(2), -math.log(3)], [0.0, math.log(5)]], [-math.log(2), math.log(3)]
    for k, x in enumerate(((1, 0), (0, -2), (2, 1))):
        z = [w[j][0] * x[0] + w[j][1] * x[1] + b[j] for j in range(2)]
        exact = [1 / (1 + math.exp(-t)) for t in z]
        assert NET.features[k].tolist() == pytest.approx([*exact, 1.0], rel=1e-15)
        u = -0.5 * exact[0] + 3 * exact[1] + 2 / 3
        assert float(NET.y[k] - NET.e[k]) == pytest.approx(u, rel=1e-14)
    assert (NET.n, NET.m, NET.e.tolist()[1]) == (3, 2, 0.0)
    assert torch.allclose(NET.with_weights(NET.q, NET.v), NET.e, atol=1e-15)


def test_a_recipe_comes_back_from_json_and_from_its_text() -> None:
    for net in (NET, TWO):
        again = SigmoidNet.from_recipe(net.recipe)
        assert again == net
        assert hash(again) == hash(net)
        assert eval(repr(net)) == net  # noqa: S307
    assert NET != TWO
    assert TWO.__eq__(1) is NotImplemented


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": [["1/2"], [2]]}, "integers within"),
        ({"factors": [[0], [1]]}, "numbers > 0"),
        ({"factors": [[1, 1], [1, 1]]}, "list of 1 numbers"),
        ({"outputs": [1]}, "list of 2 numbers"),
        ({"residual": [1, 2]}, "exactly one"),
        ({"labels": [(1, 2, 3), 1]}, "give p, or"),
        ({"root": 4}, "no square"),
        ({"rooot": 4}, "keys"),
        ({"rows": None}, "give rows, factors and outputs"),
    ],
)
def test_what_is_no_network_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SigmoidNet.from_recipe({**TWO.recipe, **change})


# (x, w, e/|e|, lambda, rho) as the dossier of related work gives them, sum e = 0 for the second.
@pytest.mark.parametrize(
    ("x", "e", "bend", "radius"),
    [
        ((-1, 1, 2), (0.0649017, 0.7580316, -0.6489806), 0.1446, 0.577),
        ((-4, 1, 2, 4), (-0.1012760, 0.6774861, -0.7151570, 0.1389469), 0.1017, 0.112),
    ],
)
def test_the_potential_is_flat_where_the_dossier_says(
    x: tuple[int, ...], e: tuple[float, ...], bend: float, radius: float
) -> None:
    points, residual = torch.tensor(x).double()[:, None], torch.tensor(e).double()
    phi, slope, hessian = unit_potential(points, torch.ones(1).double(), residual)
    assert abs(float(phi)) < 1e-6
    assert abs(float(slope)) < 1e-6
    assert abs(float(hessian)) == pytest.approx(bend, abs=1e-4)
    third = float((residual.abs() * points[:, 0].abs() ** 3).sum()) / 8
    assert 3 * abs(float(hessian)) / third == pytest.approx(radius, abs=1e-3)


def test_the_potential_has_the_derivatives_of_automatic_differentiation() -> None:
    q = torch.tensor([0.3, -0.7, 0.2], dtype=torch.float64)

    def phi(q: Tensor) -> Tensor:
        return NET.e @ torch.sigmoid(NET.x @ q)

    value, slope, bend = unit_potential(NET.x, q, NET.e)
    assert torch.allclose(value, phi(q))
    assert torch.allclose(slope, torch.autograd.functional.jacobian(phi, q))  # type: ignore[no-untyped-call]
    assert torch.allclose(bend, torch.autograd.functional.hessian(phi, q))  # type: ignore[no-untyped-call]


def test_the_hessian_of_the_two_patterns_is_the_dossier_s() -> None:
    spectrum = torch.linalg.eigvalsh(loss_hessian(TWO)).tolist()
    assert spectrum == pytest.approx([0.0, 0.173, 0.177, 5.02], abs=5e-3)


def test_no_point_of_a_certified_box_is_lower() -> None:
    """Two patterns; rho = 0.6517, and v_j may take any value >= 0."""
    generator = torch.Generator().manual_seed(0)
    turns = torch.rand(20000, 4, generator=generator, dtype=torch.float64)
    loss = float(TWO.e @ TWO.e)
    for a, b, c, d in turns[:2000].tolist():
        q = TWO.q + 0.65 * torch.tensor([[2 * a - 1], [2 * b - 1]])
        e = TWO.with_weights(q, torch.tensor([2 * c, 2 * d], dtype=torch.float64))
        assert float(e @ e) >= loss - 1e-12


def test_exact_facts_about_a_network() -> None:
    assert exact_units(NET) == [[2, Fraction(1, 3), Fraction(1, 2)], [1, 5, 3]]
    assert feature_rank(NET) == 3
    assert [float(y) for y in exact_labels(NET)] == pytest.approx(NET.y.tolist(), rel=1e-14)
    v = fitted_outputs(NET, exact_units(NET))
    e = NET.y - NET.features @ torch.tensor([float(z) for z in v], dtype=torch.float64)
    assert float(e.abs().max()) < 1e-12
    rows = [[*unit, z] for unit, z in zip(exact_units(NET), v, strict=False)]
    q, outputs = float_weights(NET, rows)
    assert torch.allclose(q, NET.q)
    assert outputs.tolist()[2] == pytest.approx(2 / 3)
    assert sigmoid_features(NET.x, q, dummy=False).shape == (3, 2)
    symmetric = SigmoidNet.of(
        rows=[[1], [-1], [0]], factors=[[2], [3], [5]], outputs=[1, 1, 1], labels=[0, 0, 0]
    )
    assert feature_rank(symmetric) == 2
    with pytest.raises(ValueError, match="rational factors"):
        feature_rank(TWO)
