import json
import math
import os
import subprocess
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models import (
    ACTIVATIONS,
    Activation,
    activation,
    dual_derivative,
    fully_connected_errors,
    fully_connected_recursion,
    gram,
    resnet_recursion,
)
from models.deep.recursions import residual_step
from tests.models.wide_networks import gaps, simulate

SIXTY = torch.tensor([[1.0, 0.0], [0.5, math.sqrt(0.75)]], dtype=torch.float64)
ORTHONORMAL = torch.eye(2, dtype=torch.float64)
# Tangent kernels without a zero, by which a test divides.
NONZERO = torch.tensor([[2.0, 0.0], [0.3, 0.4], [-0.4, 1.0]], dtype=torch.float64)
UNEQUAL = torch.tensor([[2.0, 0.0], [0.3, 0.4], [-0.5, 1.0]], dtype=torch.float64)
NEURAL_TANGENTS = "NEURAL_TANGENTS_PYTHON"


def least(K: Tensor) -> float:
    return float(torch.linalg.eigvalsh(K)[0])


def without_closed_forms(sigma: Activation) -> Activation:
    return replace(sigma, mean=None, dual=None, dual_derivative=None)


def test_the_printed_index_gives_another_matrix() -> None:
    sigma = activation("softplus")
    corrected = fully_connected_recursion(SIXTY, sigma, 2)[-1]
    printed = fully_connected_recursion(SIXTY, sigma, 2, misprinted_index=True)[-1]
    assert float(corrected[0, 1]) == pytest.approx(0.26339, abs=5e-6)
    assert float(printed[0, 1]) == pytest.approx(0.24948, abs=5e-6)


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("softplus", ORTHONORMAL, (0.3185, 0.1038, 0.0333, 0.0106, 0.0034)),
        ("tanh", SIXTY, (0.690, 0.719, 0.747, 0.774, 0.799)),
        ("sin+pi/4", SIXTY, (0.697, 0.591, 0.513, 0.453, 0.406)),
        ("sin", ORTHONORMAL, (1.3130,) * 5),
    ],
)
def test_lambda_0_of_two_points_by_depth(name: str, x: Tensor, expected: tuple[float, ...]) -> None:
    digits = 4 if name in ("softplus", "sin") else 3
    for H, value in enumerate(expected, start=1):
        found = least(fully_connected_recursion(x, activation(name), H)[-1])
        assert found == pytest.approx(value, abs=0.51 * 10**-digits)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_unit_norms_stay_and_one_layer_is_the_first_kernel(name: str) -> None:
    sigma = activation(name)
    K = fully_connected_recursion(SIXTY, sigma, 6)
    assert len(K) == 7
    for h in range(6):
        torch.testing.assert_close(torch.diagonal(K[h]), torch.ones(2).double(), atol=1e-12, rtol=0)
    G = gram(SIXTY)
    only = fully_connected_recursion(SIXTY, sigma, 1)
    assert torch.equal(only[0], G)
    assert torch.equal(only[1], sigma.c_sigma * G * dual_derivative(sigma, G))


@pytest.mark.parametrize("name", ["sin", "sin+pi/4", "erf"])
def test_closed_forms_and_quadrature_give_the_same_recursions(name: str) -> None:
    sigma = activation(name)
    plain = without_closed_forms(sigma)
    for x in (SIXTY, UNEQUAL):
        for ours, theirs in zip(
            (*fully_connected_recursion(x, sigma, 4), *resnet_recursion(x, sigma, 4, 0.7)[0]),
            (*fully_connected_recursion(x, plain, 4), *resnet_recursion(x, plain, 4, 0.7)[0]),
            strict=True,
        ):
            torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", ["softplus", "tanh", "sin+pi/4"])
@pytest.mark.parametrize("c_res", [None, 3.0])
def test_wide_networks_tend_to_the_recursion(name: str, c_res: float | None) -> None:
    sigma, H, m = activation(name), 3, 1500
    if c_res is None:
        K, scale = fully_connected_recursion(UNEQUAL, sigma, H), sigma.c_sigma
    else:
        K, scale = resnet_recursion(UNEQUAL, sigma, H, c_res)[0], (c_res / H) ** 2
    images = UNEQUAL.unsqueeze(-1)
    runs = [simulate(images, sigma, H, m, seed, c_res=c_res) for seed in range(8)]
    products = [[run.products[h][..., 0, 0] for run in runs] for h in range(H)]
    for h in range(H):
        assert float(gaps(products[h], K[h]).max()) < 7
    assert float(gaps([run.last for run in runs], K[H]).max()) < 7
    # The last step alone, from each network's own features: the noise of the layers below is out,
    # and the block of K^(H-2) is far off.
    for below, right in ((H - 1, True), (H - 2, False)):
        blocks = [dual_derivative(sigma, A) for A in products[below]]
        rest = [
            run.last - scale * A * D
            for run, A, D in zip(runs, products[H - 1], blocks, strict=True)
        ]
        worst = float(gaps(rest, torch.zeros(3, 3)).max())
        assert worst < 5 if right else worst > 8


def test_the_simulation_of_the_dossier_is_repeated() -> None:
    sigma = activation("softplus")
    runs = [simulate(SIXTY.unsqueeze(-1), sigma, 2, 1500, s, c_res=None) for s in range(10)]
    entries = torch.stack([run.last[0, 1] for run in runs])
    error = float(entries.std()) / math.sqrt(len(runs))
    assert abs(float(entries.mean()) - 0.26339) < 5 * error
    assert abs(float(entries.mean()) - 0.24948) > 5 * error


def test_the_printed_pairing_of_means_is_wrong_where_norms_differ() -> None:
    sigma, H = activation("softplus"), 3
    x = torch.tensor([[6.0, 0.0], [0.3, 0.4], [-0.5, 1.0]], dtype=torch.float64)
    b = resnet_recursion(x, sigma, H, 3.0)[1]
    runs = [simulate(x.unsqueeze(-1), sigma, H, 1500, s, c_res=3.0) for s in range(8)]
    for h in (1, 2):
        assert float(gaps([run.means[h - 1][..., 0] for run in runs], b[h - 1]).max()) < 5
    # The second layer alone, from each network's own first one.
    for paired in (False, True):
        rest = []
        for run in runs:
            A, means = run.products[1][..., 0, 0], run.means[0][..., 0]
            after = residual_step(sigma, A, A, means, 3.0 / H, paired=paired)
            rest.append(run.products[2][..., 0, 0] - after)
        worst = float(gaps(rest, torch.zeros(3, 3)).max())
        assert worst > 15 if paired else worst < 5
    # So wrong that sigma(u) and sigma(v) would correlate by more than 1.
    with pytest.raises(ValueError, match=r"\|A_ij\| exceeds"):
        resnet_recursion(x, sigma, H, 3.0, misprinted_means=True)
    K, printed = (
        resnet_recursion(UNEQUAL, sigma, H, 0.9, misprinted_means=wrong)[0]
        for wrong in (False, True)
    )
    assert float((printed[2] - K[2]).abs().max()) > 0.01
    # Harmless where all norms agree, and on the diagonal.
    torch.testing.assert_close(torch.diagonal(printed[2]), torch.diagonal(K[2]))
    equal = [
        resnet_recursion(SIXTY, sigma, H, 0.9, misprinted_means=wrong)[0][-1]
        for wrong in (False, True)
    ]
    torch.testing.assert_close(*equal, atol=1e-13, rtol=0)
    assert len(b) == H - 1
    assert bool((b[1] > b[0]).all())


def test_one_residual_layer_is_fully_connected() -> None:
    sigma = activation("tanh")
    K, b = resnet_recursion(UNEQUAL, sigma, 1, 0.5)
    assert b == []
    for ours, theirs in zip(K, fully_connected_recursion(UNEQUAL, sigma, 1), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("softplus", 0.0507, 0.0581), ("tanh", 0.2836, 0.2862), ("sin+pi/4", 0.295, 0.340)],
)
def test_residual_networks_keep_their_curvature_up_to_the_square_of_the_depth(
    name: str, low: float, high: float
) -> None:
    c_res = 0.5
    found = [
        least(resnet_recursion(SIXTY, activation(name), H, c_res)[0][-1]) * H**2 / c_res**2
        for H in (2, 3, 5, 10, 20, 40)
    ]
    assert min(found) == pytest.approx(low, rel=3e-3)
    assert max(found) == pytest.approx(high, rel=3e-3)


def test_seeds_of_data_are_done_one_by_one() -> None:
    sigma = activation("tanh")
    together = fully_connected_recursion(torch.stack((SIXTY, ORTHONORMAL)), sigma, 3)
    residual = resnet_recursion(torch.stack((SIXTY, ORTHONORMAL)), sigma, 3, 0.5)[0]
    for s, x in enumerate((SIXTY, ORTHONORMAL)):
        alone = fully_connected_recursion(x, sigma, 3)
        torch.testing.assert_close(together[-1][s], alone[-1], atol=1e-13, rtol=0)
        alone = resnet_recursion(x, sigma, 3, 0.5)[0]
        torch.testing.assert_close(residual[-1][s], alone[-1], atol=1e-13, rtol=0)
    assert [e.shape for e in fully_connected_errors(together, sigma)] == [(2,)] * 4


def test_an_odd_activation_is_singular_on_antipodal_points() -> None:
    x = torch.tensor([[0.6, 0.8], [-0.6, -0.8]], dtype=torch.float64)
    for H in (1, 2, 4):
        assert abs(least(fully_connected_recursion(x, activation("sin"), H)[-1])) < 1e-14
    assert least(fully_connected_recursion(x, activation("softplus"), 1)[-1]) == pytest.approx(
        0.094, abs=5e-4
    )
    assert least(fully_connected_recursion(x, activation("sin+pi/4"), 1)[-1]) == pytest.approx(
        0.86, abs=6e-3
    )


def test_arguments_that_name_no_network_are_refused() -> None:
    sigma = activation("sin")
    for H in (0, -1, True, 2.0):
        with pytest.raises(ValueError, match=r"fully_connected_recursion: H=.*; give an integer"):
            fully_connected_recursion(SIXTY, sigma, H)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"resnet_recursion: H=1; give an integer >= 2"):
        resnet_recursion(SIXTY, sigma, 1, 0.5, misprinted_index=True)
    with pytest.raises(ValueError, match=r"resnet_recursion: c_res=0; give a finite number > 0"):
        resnet_recursion(SIXTY, sigma, 2, 0)
    with pytest.raises(ValueError, match="a row of x is zero"):
        fully_connected_recursion(torch.zeros(2, 2), sigma, 2)


WORKER = """
import json, math, sys
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
from neural_tangents import stax

task = json.load(sys.stdin)
x, H, c_sigma = jnp.asarray(task["x"]), task["H"], task["c_sigma"]
layer = {"erf": stax.Erf(), "sin": stax.Sin(), "sin+pi/4": stax.Sin(1.0, 1.0, math.pi / 4)}
layers = [stax.Dense(1, W_std=math.sqrt(x.shape[1]))]
for _ in range(H - 1):
    layers += [layer[task["name"]], stax.Dense(1, W_std=math.sqrt(c_sigma))]
before = stax.serial(*layers)[2](x, None, ("nngp", "ntk"))
layers += [layer[task["name"]], stax.Dense(1, W_std=math.sqrt(c_sigma))]
after = stax.serial(*layers)[2](x, None, ("nngp", "ntk"))
# c_sigma E sigma' sigma' is by what the tangent kernel of the layers below is multiplied.
last = before.nngp * (after.ntk - after.nngp) / before.ntk
json.dump({"K": before.nngp.tolist(), "last": last.tolist()}, sys.stdout)
"""


@pytest.mark.skipif(
    NEURAL_TANGENTS not in os.environ,
    reason=f"{NEURAL_TANGENTS} names no interpreter that has neural-tangents",
)
@pytest.mark.parametrize("name", ["erf", "sin", "sin+pi/4"])
@pytest.mark.parametrize("H", [2, 4])
def test_the_recursion_is_that_of_neural_tangents(name: str, H: int) -> None:
    sigma = activation(name)
    task = {"x": NONZERO.tolist(), "H": H, "c_sigma": sigma.c_sigma, "name": name}
    done = subprocess.run(
        [os.environ[NEURAL_TANGENTS], "-c", WORKER],
        input=json.dumps(task),
        capture_output=True,
        check=True,
        text=True,
        timeout=240,
    )
    answer = json.loads(done.stdout)
    K = fully_connected_recursion(NONZERO, sigma, H)
    for ours, theirs in ((K[H - 1], answer["K"]), (K[H], answer["last"])):
        expected = torch.tensor(theirs, dtype=torch.float64)
        torch.testing.assert_close(ours, expected, atol=1e-10, rtol=0)
