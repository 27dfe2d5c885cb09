"""Systems against automatic differentiation, and against the exact model in balls."""

import json
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd.functional import hessian, jacobian

from certify.exact.balls import precision
from certify.exact.system import System as ExactSystem
from certify.exact.values import Value, ball
from models import Composition, System, system_hessians, system_taylor, system_values

TINY = 1e-40  # of the balls
SIZES = [(1, 1, 0), (1, 1, 1), (2, 3, 2), (3, 4, 2), (5, 6, 3), (4, 2, 1)]


def drawn(n: int, m: int, p: int, *, wave: str = "sin", seed: int = 0) -> System:
    """A system with all parts."""
    rng = np.random.default_rng(seed)

    def table(*shape: int) -> list[list[str]]:
        return [[f"{z}/7" for z in row] for row in rng.integers(-20, 21, shape).tolist()]

    def symmetric() -> list[list[str]]:
        entries = rng.integers(-9, 10, (m, m))
        return [[f"{z}/5" for z in row] for row in (entries + entries.T).tolist()]

    waves = {"outer": table(n, p), "inner": table(p, m), "wave": wave} if p else {}
    twists = {"twists": [table(p, m) for _ in range(n)]} if p else {}
    return System(
        {
            "rows": table(n, m),
            "labels": table(1, n)[0],
            "point": table(1, m)[0],
            "squares": [symmetric() for _ in range(n)],
            **waves,
            **twists,
        }
    )


def component(system: System, i: int, w: Tensor) -> Tensor:
    return system_values(system, w)[i]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("wave", ["sin", "ramp"])
def test_derivatives_are_those_of_autograd(sizes: tuple[int, int, int], wave: str) -> None:
    system = drawn(*sizes, wave=wave)
    points = torch.randn(
        4, system.m, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    taylor, hessians = system_taylor(system, points), system_hessians(system, points)
    for k, point in enumerate(points):
        J = jacobian(lambda w: system_values(system, w), point)  # type: ignore[no-untyped-call]
        H = torch.stack([hessian(partial(component, system, i), point) for i in range(system.n)])  # type: ignore[no-untyped-call]
        assert torch.allclose(taylor.J[k], J, rtol=1e-11, atol=1e-11)
        assert torch.allclose(hessians[k], H, rtol=1e-10, atol=1e-10)
    assert torch.equal(system_values(system, points[2]), taylor.F[2]) or torch.allclose(
        system_values(system, points[2]), taylor.F[2], rtol=1e-14
    )


def off(found: Tensor, exact: list[Value], error: Tensor) -> bool:
    """Whether an entry is farther from its exact value than its error says."""
    flat, bound = found.flatten().tolist(), error.flatten().tolist()
    return any(
        not abs(ball(one) - ball(Fraction(z))) <= ball(Fraction(e)) + TINY
        for z, one, e in zip(flat, exact, bound, strict=True)
    )


def test_rounding_stays_within_its_bound_on_thousands_of_entries() -> None:
    entries = 0
    for seed in range(300):
        n, m, p = SIZES[seed % len(SIZES)]
        system = drawn(n, m, p, wave="sin" if seed % 2 else "ramp", seed=seed)
        taylor = system_taylor(system, system.w)
        with precision(200):
            exact = ExactSystem(system.recipe)
            values = [ball(z) + ball(y) for z, y in zip(exact.residual(), exact.y, strict=True)]
            slopes: list[Value] = [z for row in exact.jacobian() for z in row]
            assert not off(taylor.F, list(values), taylor.F_error)
            assert not off(taylor.J, slopes, taylor.J_error)
        entries += n * (m + 1)
    assert entries > 3000


def test_the_bound_is_not_absurdly_wide() -> None:
    taylor = system_taylor(system := drawn(3, 4, 2), system.w)
    assert float((taylor.F_error / taylor.F.abs().clamp(min=1)).max()) < 1e-11


def test_a_system_is_its_recipe() -> None:
    system = drawn(2, 3, 2, wave="ramp")
    again = System.from_recipe(json.loads(json.dumps(system.recipe)))
    assert again == system
    assert hash(again) == hash(system)
    assert eval(repr(system)) == system  # noqa: S307
    assert system.at([0, 0, 0]) != system
    assert System.of(rows=[[1]], labels=[0.1], point=[0]).recipe["labels"] == ["1/10"]


def test_simpler_systems_lose_one_thing_each() -> None:
    system = drawn(2, 3, 2)
    found = list(system.simpler())
    assert [(one.n, one.m, one.p) for one in found] == [
        (1, 3, 2),
        (1, 3, 2),
        (2, 3, 2),
        (2, 3, 0),
        (2, 2, 2),
        (2, 2, 2),
        (2, 2, 2),
    ]
    assert found[2].recipe["squares"] is None
    without_last = found[4]
    w = torch.tensor([0.3, -0.7], dtype=torch.float64)
    whole = system_values(system, torch.cat([w, torch.zeros(1, dtype=torch.float64)]))
    assert torch.allclose(system_values(without_last, w), whole, rtol=1e-13)


def test_plainer_systems_have_shorter_numbers() -> None:
    plain = next(System.of(rows=[["99/100"]], labels=["1/3"], point=["7/5"]).plainer())
    assert plain == System.of(rows=[[1]], labels=[0], point=[1])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": [[1, 2], [3]]}, "rows of lengths"),
        ({"labels": [1, 2]}, "labels"),
        ({"point": [1]}, "point"),
        ({"squares": [[[0, 1], [0, 0]]]}, "not symmetric"),
        ({"squares": [[[0]]]}, "squares"),
        ({"outer": [[1]]}, "outer"),
        ({"twists": [[[1, 2]]]}, "twists"),
        ({"wave": "cos", "outer": [[1]], "inner": [[1, 0]]}, "wave='cos'"),
        ({"colour": 1}, "keys"),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong(change: dict[str, object], words: str) -> None:
    recipe = {"rows": [[1, 2]], "labels": [1], "point": [0, 0], **change}
    with pytest.raises(ValueError, match=words):
        System(recipe)


def test_compositions_keep_both_systems() -> None:
    pair = Composition(drawn(1, 2, 0), drawn(2, 3, 1))
    assert Composition.from_recipe(json.loads(json.dumps(pair.recipe))) == pair
    assert (pair.n, pair.m) == (1, 3)
    with pytest.raises(ValueError, match="1 equations inside, 2 unknowns outside"):
        Composition(drawn(1, 2, 0), drawn(1, 3, 1))
    with pytest.raises(ValueError, match="within"):
        Composition.from_recipe(drawn(1, 2, 0).recipe)
