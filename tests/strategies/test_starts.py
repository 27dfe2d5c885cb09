from __future__ import annotations

import torch

from models import SeedNumber, gaussian_weights, predictions
from strategies import real_datasets, starts, unit_sphere_datasets
from strategies.premises import premises_of
from tests.strategies.drawing import draws, minimal

SMALL = unit_sphere_datasets(max_n=3, max_d=3)


def test_near_initial_labels_lie_at_every_distance_from_the_output() -> None:
    sizes = []
    for start in draws(starts(data=SMALL), 150):
        residual = start.y - predictions(start.x, start.w, start.a)
        sizes.append(residual.abs().max().item())
    assert min(sizes) < 2e-4
    assert max(sizes) > 0.5
    assert all(1e-9 < size <= 1 + 1e-9 for size in sizes)


def test_own_labels_are_those_of_the_data() -> None:
    data = unit_sphere_datasets(max_n=3, max_d=3, max_abs_label=10, labels="decimal")
    drawn = draws(starts(data=data, labels="own"), 60)
    assert all("labels" in start.recipe for start in drawn)
    assert max(float(start.y.abs().max()) for start in drawn) == 10


def test_both_kinds_of_weights_occur_and_widths_keep_their_bounds() -> None:
    drawn = draws(starts(data=SMALL, min_m=2, max_m=50), 100)
    gaussian = [start for start in drawn if isinstance(start.recipe["weights"], dict)]
    explicit = [start for start in drawn if isinstance(start.recipe["weights"], list)]
    assert min(len(gaussian), len(explicit)) > 20
    assert all(2 <= start.m <= 50 for start in drawn)
    assert max(start.m for start in gaussian) > 40
    assert max(start.m for start in explicit) <= 32


def test_gaussian_weights_are_those_of_their_seed() -> None:
    start = draws(starts(data=SMALL, weights="gaussian"), 20)[-1]
    m, number = start.recipe["weights"]["gaussian"]
    assert torch.equal(start.w, gaussian_weights(m, start.d, SeedNumber(number))[0])


def test_wide_starts_are_gaussian() -> None:
    drawn = draws(starts(data=SMALL, min_m=100, max_m=200), 20)
    assert all(isinstance(start.recipe["weights"], dict) for start in drawn)


def test_explicit_weights_keep_their_bound_and_shrink_to_small_ones() -> None:
    strategy = starts(data=SMALL, weights="explicit", max_abs_weight=2)
    assert all(start.w.abs().max() <= 2 for start in draws(strategy, 40))
    default = starts(data=SMALL, weights="explicit")
    start = minimal(default, lambda s: bool((s.w @ s.x.T).max() > 0.5))
    assert start.recipe["weights"] == [["1"]]


def test_forbidden_ties_do_not_occur_and_allowed_ones_do() -> None:
    def ties(number: int, strategy: object) -> list[bool]:
        drawn = draws(strategy, number)  # type: ignore[arg-type, var-annotated]
        return [bool(((s.w @ s.x.T).abs() < 1e-12).any()) for s in drawn]

    assert any(ties(60, starts(data=SMALL, weights="explicit")))
    assert not any(ties(100, starts(data=SMALL, weights="explicit", ties="forbidden")))
    wide = unit_sphere_datasets(min_n=6, min_d=6)
    assert not any(ties(30, starts(data=wide, weights="explicit", ties="forbidden")))


def test_signs_are_mixed_or_ones() -> None:
    mixed = [start for start in draws(starts(data=SMALL, min_m=5), 40) if len(set(start.a)) > 1]
    assert mixed
    assert all((start.a == 1).all() for start in draws(starts(data=SMALL, signs="ones"), 40))


def test_near_initial_starts_say_so_and_drop_the_bound_of_labels() -> None:
    near, own = starts(data=SMALL), starts(data=SMALL, labels="own")
    assert near.near_initial is True  # type: ignore[attr-defined]
    assert own.near_initial is False  # type: ignore[attr-defined]
    assert set(premises_of(near)) == {"unit norm", "not parallel"}
    assert set(premises_of(own)) == {"unit norm", "not parallel", "labels bounded"}


def test_real_rows_become_plain_rows_of_the_same_inputs() -> None:
    for scaling in ("standardised", "raw-sphere", "raw"):
        data = real_datasets(sets=("iris",), max_n=3, scaling=scaling)
        for start in draws(starts(data=data, max_m=4), 10):
            assert "rows" in start.recipe
            assert start.d == 4
            assert scaling == "raw" or torch.allclose(
                start.x.norm(dim=1), torch.ones(start.n).double()
            )
