"""Wrong arguments of public functions: one line that names function, argument and value."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from models import (
    Dataset,
    FunnelTarget,
    GaussianTarget,
    H,
    Keys,
    LogisticPosterior,
    MixtureTarget,
    SeedNumber,
    activation,
    all_samples,
    branch_activity,
    branch_moment,
    deep_predictions,
    gaussian_weights,
    limit_covariance,
    limit_square,
    limit_weight,
    mean_activation,
    mean_over_masks,
    node_shares,
    patterns,
    predictions,
)
from models.arguments import as_annotated, check_fields
from tests.models.deep_networks import drawn

TANH = activation("tanh")
WRONG: Any = "words"
NAN: Any = math.nan
DATA = Dataset.of(rows=[[1]], labels=[1])


def ones(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.float64)


@as_annotated
def example(
    x: Float[Tensor, "n d"],
    w: Float64[Tensor, "*s m d"],
    on: Bool[Tensor, "*s m n"] | None = None,
    *,
    count: int = 1,
    eta: float = 0.5,
    part: Fraction | None = None,
    layers: Literal["first", "both"] = "first",
    parts: Sequence[Float[Tensor, " n"]] = (),
    chosen: Int64[Tensor, " k"] | None = None,
    seeds: Keys | None = None,
    data: Dataset | None = None,
    told: Callable[[int], int] = abs,
    other: Any = None,
) -> int:
    """The count."""
    return (count, x, w, on, eta, part, layers, parts, chosen, seeds, data, told, other)[0]


@dataclass(frozen=True)
class Held:
    x: Float[Tensor, "n d"]
    count: int

    def __post_init__(self) -> None:
        check_fields(self)


def test_what_is_annotated_passes() -> None:
    x, w = ones(3, 2), ones(5, 6, 4, 2)
    assert example(x, w) == example(x.float(), w[0, 0], count=torch.tensor([1]).numel()) == 1
    assert example(x, w, ones(4, 3) > 0, eta=1, part=Fraction(1, 2), layers="both", other="x") == 1
    assert example(x, w[:0], seeds=SeedNumber(0), data=DATA, parts=[ones(3), ones(2)]) == 1
    assert example(x, w, eta=math.inf, chosen=torch.tensor([2])) == 1
    assert example.__doc__ == "The count."
    assert Held(x, 2).count == 2


def test_entries_may_be_anything_where_they_are_not_looked_at() -> None:
    loose = as_annotated(finite=False)(predictions.__wrapped__)  # type: ignore[attr-defined]
    assert bool(loose(ones(1, 1) * math.nan, ones(2, 1), ones(2)).isnan())
    with pytest.raises(ValueError, match="predictions: x has an entry that is not finite; give"):
        predictions(ones(1, 1) * math.nan, ones(2, 1), ones(2))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"x": "a"}, r"example: x='a'; give a tensor of shape \(n, d\)"),
        ({"x": [[1.0, 2.0]]}, r"example: x=\[\[1.0, 2.0\]\]; give a tensor"),
        ({"x": [0.5] * 99}, r"x=\[0.5, .{40,60}\.\.\.; give a tensor"),
        ({"x": None}, "x=None; give a tensor"),
        ({"x": np.ones((2, 1))}, r"x=array\(\[\[1.\], \[1.\]\]\); give a tensor"),
        ({"x": ones(3)}, r"x has shape \(3,\); give \(n, d\)"),
        ({"x": ones(3, 2, 1)}, r"x has shape \(3, 2, 1\); give \(n, d\)"),
        ({"x": ones(0, 2)}, r"x has shape \(0, 2\); give \(n, d\)"),
        ({"x": ones(3, 2).long()}, "x is of torch.int64; give torch.float64"),
        ({"x": ones(3, 2).to(torch.complex128)}, "x is of torch.complex128; give torch.float64"),
        ({"x": ones(3, 2).half()}, "x is of torch.float16; give torch.float64"),
        ({"x": ones(3, 2) * math.nan}, "x has an entry that is not finite; give finite numbers"),
        ({"x": ones(3, 2) / 0}, "x has an entry that is not finite"),
        ({"w": ones(4, 3)}, r"w has shape \(4, 3\); give \(\*s, m, d\) with d=2"),
        ({"w": ones(2)}, r"w has shape \(2,\); give \(\*s, m, d\)"),
        ({"on": ones(4, 3)}, "on is of torch.float64; give torch.bool"),
        ({"on": ones(4, 4) > 0}, r"on has shape \(4, 4\); give \(\*s, m, n\) with n=3"),
        ({"count": True}, "count=True; give an integer"),
        ({"count": 1.0}, "count=1.0; give an integer"),
        ({"count": "3"}, "count='3'; give an integer"),
        ({"count": 10**30}, "count is an integer beyond 2.63; give a smaller one"),
        ({"eta": math.nan}, "eta=nan; give a number"),
        ({"eta": "0.5"}, "eta='0.5'; give a number"),
        ({"eta": 1j}, "eta=1j; give a number$"),
        ({"eta": torch.tensor(0.5)}, r"shape \(\)>; give a number, eta.item\(\) may be one$"),
        ({"eta": 10**400}, "eta is an integer beyond 2.63"),
        ({"part": "1/2"}, "part='1/2'; give a number"),
        ({"layers": "none"}, "layers='none'; give 'first' or 'both'"),
        ({"layers": []}, r"layers=\[\]; give 'first' or 'both'"),
        ({"parts": "abc"}, "parts='abc'; give a list"),
        ({"parts": [ones(2), 3]}, r"parts\[1\]=3; give a tensor of shape \(n\)"),
        ({"chosen": ones(2)}, "chosen is of torch.float64; give torch.int64"),
        ({"seeds": 3}, "seeds=3; give a Keys"),
        ({"data": 3}, "data=3; give a Dataset"),
        ({"told": 3}, "told=3; give a function"),
    ],
)
def test_what_does_not_fit_is_told(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        example(**{"x": ones(3, 2), "w": ones(4, 2), **wrong})


def test_what_torch_transforms_passes() -> None:
    """Entries under vmap cannot be looked at, shapes can."""
    x, w, a = ones(3, 2), ones(4, 2), ones(4)
    many = torch.func.vmap(predictions, in_dims=(None, 0, None))(x, torch.stack((w, 2 * w)), a)
    torch.testing.assert_close(many, torch.stack((predictions(x, w, a), predictions(x, 2 * w, a))))
    slope = torch.func.grad(lambda w: predictions(x, w, a).sum())(w)
    torch.testing.assert_close(slope, ones(4, 2) * 3 / 2)
    each = torch.func.vmap(torch.func.grad(lambda x: predictions(x, w, a).sum()))(ones(5, 3, 2))
    torch.testing.assert_close(each, ones(5, 3, 2) * 2)
    with pytest.raises(ValueError, match=r"predictions: w has shape \(4,\); give"):
        torch.func.vmap(predictions, in_dims=(None, 0, None))(x, w.mT, a)


def test_fields_are_held_too() -> None:
    with pytest.raises(ValueError, match=r"Held: x has shape \(3,\); give \(n, d\)"):
        Held(ones(3), 2)
    with pytest.raises(ValueError, match="Held: count=nan; give an integer"):
        Held(ones(3, 2), NAN)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: predictions(WRONG, ones(2, 1), ones(2)), "predictions: x='words'; give a tensor"),
        (lambda: patterns(ones(1, 1), ones(2, 1) * math.nan), "patterns: w has an entry"),
        (lambda: H(ones(1, 1), ones(2, 1) * math.nan), "H: w has an entry that is not finite"),
        (lambda: node_shares(ones(3), ones(4)), r"node_shares: q has shape \(4,\); .* with n=3"),
        (lambda: node_shares(ones(3) * 0, ones(3)), "0 nodes drawn, least chance 1; give counts"),
        (lambda: node_shares(ones(3), ones(3) * 0), "3 nodes drawn, least chance 0; give"),
        (lambda: all_samples(3, 0), "all_samples: n=3, drawn=0; give integers >= 1"),
        (lambda: all_samples(3, 10**7), "drawn=10000000 has 50000015000001 samples; draw fewer"),
        (lambda: all_samples(WRONG, 2), "all_samples: n='words'; give an integer"),
        (lambda: limit_covariance(ones(2, 3), 0.5), r"cosines has shape \(2, 3\); give \(n, n\)"),
        (lambda: limit_covariance(ones(2, 2) * math.nan, 0.5), "cosines has an entry that is not"),
        (lambda: limit_covariance(ones(1, 1), WRONG), "limit_covariance: gamma='words'; give a"),
        (lambda: mean_activation(TANH, WRONG), "mean_activation: variances='words'; give a tensor"),
        (lambda: mean_activation(WRONG, ones(2)), "activation='words'; give an Activation"),
        (lambda: branch_moment(1e300), "branch_moment: 1e.300; give a finite number >= 0 with"),
        (lambda: branch_activity(WRONG), "branch_activity: sigma_g='words'; give a number"),
        (lambda: limit_square(1e200), "limit_square: 1e.200; give a finite number"),
        (lambda: limit_weight(-1.0), "limit_square: -1.0; give a finite number"),
        (lambda: deep_predictions(WRONG, WRONG), "deep_predictions: x='words'; give a tensor"),
        (lambda: gaussian_weights(3, 2, WRONG), "gaussian_weights: seeds='words'; give a Keys"),
        (lambda: mean_over_masks(40, 0.5, sum), "weighted_masks: count=40; give 0 ... 24"),
        (lambda: FunnelTarget(3).score(ones(4, 2)), r"points \(4, 2\), .*; give .* \(\*s, 3\)"),
        (lambda: MixtureTarget(ones(2, 2)).log_density(ones(4, 1)), r"shape \(\*s, 2\)"),
        (lambda: MixtureTarget(ones(2, 2), math.inf), "MixtureTarget: deviation=inf; give one"),
        (lambda: MixtureTarget(ones(2)), r"MixtureTarget: means has shape \(2,\); give \(k, d\)"),
        (lambda: GaussianTarget(WRONG, ones(2, 2)), "GaussianTarget: mean='words'; give a tensor"),
        (lambda: LogisticPosterior(WRONG), "LogisticPosterior: data='words'; give a Dataset"),
        (lambda: LogisticPosterior(DATA).score(WRONG), "LogisticPosterior: points 'words'; give"),
    ],
)
def test_public_functions_name_what_is_wrong(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_networks_pass_no_nan_on() -> None:
    x, network = drawn(("residual", 1, 1))
    with pytest.raises(ValueError, match="deep_predictions: x has an entry that is not finite"):
        deep_predictions(x * math.nan, network)
