"""One table of wrong arguments, with what the message must say."""

from __future__ import annotations

import math
from typing import Any

import pytest

from strategies import (
    antipodal_datasets,
    duplicated_datasets,
    nonzero_datasets,
    orthonormal_datasets,
    rank_deficient_datasets,
    real_datasets,
    starts,
    unit_sphere_datasets,
)

DATA = unit_sphere_datasets()

WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (unit_sphere_datasets, {"min_n": 0}, "min_n=0; give an integer >= 1"),
    (unit_sphere_datasets, {"min_d": 0}, "min_d=0; give an integer >= 1"),
    (unit_sphere_datasets, {"min_n": 9}, "min_n=9 > max_n=8; give min_n <= max_n"),
    (unit_sphere_datasets, {"max_n": 100, "max_d": 50}, "max_n * max_d = 5000; give at most 2000"),
    (unit_sphere_datasets, {"max_d": 2.5}, "max_d=2.5; give an integer >= 1"),
    (unit_sphere_datasets, {"min_lambda_0": 0.6}, "min_lambda_0=0.6; give at most 1/2"),
    (unit_sphere_datasets, {"min_lambda_0": 0}, "min_lambda_0=0; give a number > 0"),
    (unit_sphere_datasets, {"max_lambda_0": math.nan}, "max_lambda_0=nan; give a finite number"),
    (
        unit_sphere_datasets,
        {"min_lambda_0": 0.2, "max_lambda_0": 0.1},
        "min_lambda_0=0.2 > max_lambda_0=0.1",
    ),
    (
        unit_sphere_datasets,
        {"min_lambda_0": 0.2, "parallel": "allowed"},
        "parallel='allowed' with a bound on lambda_0",
    ),
    (unit_sphere_datasets, {"max_lambda_0": 0.1, "max_n": 1}, "max_n=1, but"),
    (unit_sphere_datasets, {"max_lambda_0": 0.1, "max_d": 1}, "max_d=1, but 2 inputs"),
    (unit_sphere_datasets, {"min_n": 3, "max_d": 1}, "max_d=1, but 3 inputs"),
    (
        unit_sphere_datasets,
        {"min_n": 2, "max_d": 1, "antiparallel": "forbidden"},
        "max_d=1, but 2 inputs",
    ),
    (unit_sphere_datasets, {"max_abs_label": -1}, "max_abs_label=-1; give a number >= 0"),
    (unit_sphere_datasets, {"labels": "random"}, "labels='random'; give one of"),
    (unit_sphere_datasets, {"parallel": True}, "parallel=True; give one of"),
    (unit_sphere_datasets, {"antiparallel": "required"}, "antiparallel='required'; give one of"),
    (unit_sphere_datasets, {"kinds": "plane"}, "kinds='plane'; give a tuple"),
    (unit_sphere_datasets, {"kinds": ("circle",)}, "kinds='circle'; give one of"),
    (unit_sphere_datasets, {"kinds": ()}, "give at least one of each name"),
    (nonzero_datasets, {"min_n": 4, "max_n": 2}, "nonzero_datasets: min_n=4 > max_n=2"),
    (duplicated_datasets, {"min_n": 1}, "min_n=1; give an integer >= 2"),
    (orthonormal_datasets, {"min_n": 5, "max_d": 3}, "orthonormal sets have n <= d"),
    (antipodal_datasets, {"pairs": 0}, "min_pairs=0; give an integer >= 1"),
    (antipodal_datasets, {"pairs": 2, "max_d": 1}, "pairs=2 with max_d=1"),
    (rank_deficient_datasets, {"min_n": 2}, "min_n=2; give an integer >= 3"),
    (rank_deficient_datasets, {"min_d": 1}, "min_d=1; give an integer >= 2"),
    (real_datasets, {"sets": ("mnist",)}, "sets='mnist'; give one of"),
    (real_datasets, {"sets": ("iris", "iris")}, "once"),
    (real_datasets, {"scaling": "none"}, "scaling='none'; give one of"),
    (real_datasets, {"max_n": 100}, "max_n=100; give at most 99"),
    (real_datasets, {"labels": "own", "max_abs_label": 0.5}, "labels='own' with max_abs_label=0.5"),
    (real_datasets, {"min_lambda_0": 1}, "min_lambda_0=1; give at most 1/2"),
    (starts, {"data": 3}, "data=3; give a strategy"),
    (starts, {"data": DATA, "min_m": 0}, "min_m=0; give an integer >= 1"),
    (starts, {"data": DATA, "weights": "ones"}, "weights='ones'; give one of"),
    (starts, {"data": DATA, "labels": "any"}, "labels='any'; give one of"),
    (starts, {"data": DATA, "signs": 1}, "signs=1; give one of"),
    (starts, {"data": DATA, "ties": "no"}, "ties='no'; give one of"),
    (starts, {"data": DATA, "max_abs_weight": 0}, "max_abs_weight=0; give a number > 0"),
    (
        starts,
        {"data": DATA, "min_m": 33, "max_m": 40, "weights": "explicit"},
        "min_m=33 with explicit weights; give <= 32",
    ),
    (starts, {"data": DATA, "max_residual_digits": -1}, "max_residual_digits=-1; give 0 ... 12"),
]


@pytest.mark.parametrize(("build", "arguments", "message"), WRONG)
def test_a_wrong_argument_is_refused_where_it_is_given(
    build: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        build(**arguments)
    assert message in str(refusal.value)
    assert str(refusal.value).startswith(build.__name__)
