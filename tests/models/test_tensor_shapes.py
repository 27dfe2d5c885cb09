import math
from typing import Any

import pytest
import torch
from torch import Tensor

from models import (
    activation,
    after_one_batch,
    antisymmetric,
    batch_counts,
    curvature_along,
    drawn_moment,
    equilibrium,
    features_in_law,
    hessian_blocks,
    lazy_taylor,
    lipschitz,
    sigmoid_features,
    unit_potential,
)
from models.randomness import SeedNumber
from models.tensor_shapes import check_shapes

SMOOTH = activation("softplus")


def ones(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.float64)


def test_what_fits_passes_with_and_without_seeds() -> None:
    check_shapes("f", x=(ones(3, 2), "n d"), w=(ones(4, 2), "*s m d"), v=(ones(4), "*s m"))
    check_shapes("f", x=(ones(3, 2), "n d"), w=(ones(5, 6, 4, 2), "*s m d"))
    check_shapes("f", finite=False, w=(ones(2) * math.nan, "n"))
    check_shapes("f", loss=(ones(), ""), both=(ones(5, 6), "*s"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": ("a", "n d")}, r"f: x='a'; give a tensor of shape \(n, d\)"),
        ({"x": (ones(3).long(), "n")}, "x is of torch.int64; give"),
        ({"x": (ones(3), "n d")}, r"f: shapes x \(3,\); give x \(n, d\)"),
        ({"x": (ones(3, 0), "n d")}, r"shapes x \(3, 0\)"),
        ({"x": (ones(2, 3), "n n")}, r"shapes x \(2, 3\); give x \(n, n\)"),
        ({"x": (ones(2, 3), "n d"), "y": (ones(3), "n")}, r"x \(2, 3\), y \(3,\); give"),
        ({"x": (ones(3), "*s m d")}, r"shapes x \(3,\); give x \(\*s, m, d\)"),
        ({"w": (ones(2, 3), "*s m"), "v": (ones(4, 3), "*s m")}, r"w \(2, 3\), v \(4, 3\)"),
        ({"x": (ones(3) * math.nan, "n")}, "x has an entry that is not finite"),
        ({"x": (ones(3), "n"), "y": (ones(3).float(), "n")}, "y of torch.float32; give one type"),
    ],
)
def test_what_does_not_fit_is_told(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_shapes("f", **given)


def summed(w: Tensor) -> Tensor:
    return w.square().sum().reshape(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: after_one_batch(ones(2, 2), ones(3, 3), 0.1, 1), "after_one_batch: shapes"),
        (lambda: after_one_batch(ones(2, 2), ones(2, 2), math.inf, 1), "eta=inf; give a finite"),
        (lambda: drawn_moment(ones(2, 2), 0), "drawn_moment: s=0; give a batch size"),
        (lambda: batch_counts(2, 1.5), "n=2, s=1.5; give"),  # type: ignore[arg-type]
        (lambda: features_in_law(ones(3), SMOOTH, 1, 2, SeedNumber(0)), "features_in_law: shapes"),
        (lambda: hessian_blocks(ones(3, 1), ones(4, 2), ones(4), SMOOTH), "hessian_blocks: shapes"),
        (lambda: lazy_taylor(ones(3, 2), ones(7), ones(4), SMOOTH, 1.0), "p=7, m=4, d=2"),
        (lambda: lazy_taylor(ones(3, 2), ones(8), ones(4), SMOOTH, -1.0), "alpha=-1.0; give"),
        (lambda: antisymmetric(ones(3)), "antisymmetric: shapes"),
        (lambda: lipschitz(ones(2, 3), SMOOTH), "lipschitz: shapes"),
        (lambda: lipschitz(ones(2, 2) * math.nan, SMOOTH), "lipschitz: W has an entry"),
        (
            lambda: equilibrium(ones(2, 2), ones(3, 2), start=ones(4, 2)),
            r"b \(3, 2\), start \(4, 2\); give seeds that fit",
        ),
        (lambda: equilibrium(ones(4, 2, 2), ones(5, 3, 2)), "give seeds that fit each other"),
        (lambda: sigmoid_features(ones(3, 1), ones(4, 2), dummy=False), "sigmoid_features: shapes"),
        (lambda: unit_potential(ones(3, 2), ones(2), ones(4)), "unit_potential: shapes"),
        (
            lambda: curvature_along(summed, ones(1), ones(2), ones(3), ones(1)),
            "curvature_along: shapes",
        ),
        (lambda: curvature_along(summed, ones(1), ones(2), ones(2), ones(0)), "points"),
    ],
)
def test_functions_tell_what_does_not_fit(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
