import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import EnclosedMatrix, arc_cosine_kernel, lambda_min, limit_kernel
from models import Dataset, H_inf
from tests.certify.test_gaussian_means import holds

quick = settings(max_examples=60, deadline=None, database=None, derandomize=True)
rows_of_numbers = st.integers(1, 3).flatmap(
    lambda d: st.lists(
        st.lists(st.fractions(-9, 9, max_denominator=9), min_size=d, max_size=d).filter(any),
        min_size=1,
        max_size=4,
    )
)


def recipe(rows: list[list[Any]], *, normalised: bool = True) -> dict[str, Any]:
    return {"rows": [[str(z) for z in row] for row in rows], "normalised": normalised}


def contains(A: EnclosedMatrix, i: int, j: int, exact: arb) -> bool:
    return holds(A.entries[i, j], exact)


@pytest.mark.parametrize(
    ("first", "second", "angle"),
    [
        ([1, 0], [0, 3], Fraction(1, 2)),
        ([1, 2], [2, 4], Fraction(0)),
        ([1, 2], [-3, -6], Fraction(1)),
        ([1, -1, 0], [1, 0, -1], Fraction(1, 3)),
        ([1, 0], [-1, -1], Fraction(3, 4)),
    ],
)
def test_known_angles_give_the_stated_normalisation(
    first: list[int], second: list[int], angle: Fraction
) -> None:
    raw = recipe([first, second], normalised=False)
    with ctx.workprec(200):
        size = arb(sum(z * z for z in first)).sqrt() * arb(sum(z * z for z in second)).sqrt()
        t = arb.pi() * angle.numerator / angle.denominator
        off = (arb.pi() - t) / (2 * arb.pi())
        sine, cosine = t.sin(), t.cos()
        if angle in {0, 1}:
            off, sine = (arb(1) / 2 if angle == 0 else arb(0)), arb(0)
        ramp = size * (sine / (2 * arb.pi()) + off * cosine)
        assert contains(arc_cosine_kernel(raw, order=0), 0, 1, off)
        assert contains(arc_cosine_kernel(raw, order=1), 0, 1, ramp)
        assert contains(arc_cosine_kernel(recipe([first, second]), order=1), 0, 1, ramp / size)
        assert contains(limit_kernel(raw), 0, 1, size * cosine * off)
        half = arb(sum(z * z for z in first)) / 2
        assert contains(arc_cosine_kernel(raw, order=0), 0, 0, arb(1) / 2)
        assert contains(arc_cosine_kernel(raw, order=1), 0, 0, half)
        assert contains(limit_kernel(raw), 0, 0, half)


@pytest.mark.parametrize("order", [0, 1])
def test_antipodal_pairs_have_exactly_zero(order: Any) -> None:
    K = arc_cosine_kernel(recipe([["1/3", 2], [-1, -6]]), order=order)
    assert K.middle[0, 1] == K.radius[0, 1] == 0.0


def test_nearly_parallel_rows_keep_their_difference() -> None:
    # E (relu(w.x) - relu(w.y))^2 = K_xx + K_yy - 2 K_xy is about |x - y|^2/2 = 2e-40.
    K = arc_cosine_kernel(recipe([[10**20, 1], [10**20, -1]]), order=1)
    assert K.balls is not None
    with ctx.workprec(300):
        balls = K.balls(300)
        gap = balls[0, 0] + balls[1, 1] - 2 * balls[0, 1]
        assert abs(gap * arb(10) ** 40 / 2 - 1) < arb("1e-15")
    found = lambda_min(K)
    assert 0 < found.low <= found.high < 2e-40


@quick
@given(rows_of_numbers, st.booleans())
def test_floats_agree_with_the_exact_kernel(rows: list[list[Fraction]], normalised: bool) -> None:
    data = Dataset.of(rows=rows, labels=[0] * len(rows), normalised=normalised)
    exact = limit_kernel(data.recipe)
    size = max(1.0, float(data.x.square().sum(dim=1).max()))
    np.testing.assert_allclose(exact.middle, H_inf(data.x).numpy(), rtol=0, atol=1e-14 * size)
    for order in (0, 1):
        proved = arc_cosine_kernel(data.recipe, order=order)
        estimated = arc_cosine_kernel(data.x, order=order)
        assert (proved.rigor, estimated.rigor) == ("proved", "estimated")
        assert proved.gram
        gap = np.abs(proved.middle - estimated.middle)
        assert (gap <= proved.radius + estimated.radius).all()
    np.testing.assert_allclose(limit_kernel(data.x).middle, exact.middle, atol=1e-14 * size)


def test_order_one_is_the_mean_over_gaussian_weights() -> None:
    x = torch.tensor([[1.0, 0.5], [-0.3, 2.0], [0.2, -1.0]], dtype=torch.float64)
    w = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    active = (w @ x.mT).relu()
    sampled = (active.mT @ active / len(w)).numpy()
    np.testing.assert_allclose(arc_cosine_kernel(x, order=1).middle, sampled, atol=0.02)
    on = ((w @ x.mT) >= 0).double()
    sampled = (on.mT @ on / len(w)).numpy()
    np.testing.assert_allclose(arc_cosine_kernel(x, order=0).middle, sampled, atol=0.01)


def test_float_rows_mean_the_decimals_that_print_them() -> None:
    written = limit_kernel({"rows": [[0.1, 0.3]], "normalised": False})
    assert written.entries.lower[0, 0] <= 0.05 <= written.entries.upper[0, 0]
    assert written.spread < 1e-16
    assert math.isclose(written.middle[0, 0], 0.05)


def test_bad_inputs_are_refused() -> None:
    with pytest.raises(ValueError, match="order=2"):
        arc_cosine_kernel(recipe([[1]]), order=2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="limit_kernel: a row is zero"):
        limit_kernel(recipe([[0, 0]]))
    with pytest.raises(ValueError, match="several lengths"):
        limit_kernel(recipe([[1], [1, 2]]))
    with pytest.raises(ValueError, match="explicit rows"):
        arc_cosine_kernel({"source": "iris"}, order=0)
    for x in (torch.zeros(2, 2), torch.ones(3), torch.ones(2, 2).long(), torch.ones(1, 1) / 0):
        with pytest.raises(ValueError, match="limit_kernel: x has shape"):
            limit_kernel(x)
