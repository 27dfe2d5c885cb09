import json

import pytest
from hypothesis import Phase, given, settings

from models import Dataset, Start
from strategies import unit_sphere_datasets
from strategies.premises import premises_of
from workbench.necessity.__main__ import main
from workbench.necessity.breaking import breakers

WINDOW = unit_sphere_datasets(min_lambda_0=0.1, antiparallel="forbidden")
PLAIN = unit_sphere_datasets()


def request(target: str, *, as_json: bool = False) -> list[str]:
    return [
        json.dumps({"target": target, "instances": 20, "seconds": 60.0, "salt": 0, "json": as_json})
    ]


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        (PLAIN, "unit norm"),
        (PLAIN, "not parallel"),
        (PLAIN, "labels bounded"),
        (WINDOW, "lambda_0 >= 0.1"),
    ],
)
@pytest.mark.parametrize("kind", [Dataset, Start])
def test_a_breaker_breaks_one_premise_alone(strategy: object, name: str, kind: type) -> None:
    premises = premises_of(strategy)  # type: ignore[arg-type]
    found = breakers("data", kind, name, premises)
    assert found

    @settings(max_examples=5, database=None, deadline=None, phases=[Phase.generate])
    @given(found[0][1])
    def check(value: object) -> None:
        assert [other for other, holds in premises.items() if not holds(value)] == [name]

    check()
    assert set(premises_of(found[0][1])) == set(premises) - {name}


def test_nothing_is_known_of_other_types_and_of_a_zero_row() -> None:
    assert breakers("net", int, "unit norm", {}) == []
    assert breakers("data", Dataset, "nonzero", {}) == []


def test_the_premise_of_theorem_3_1_has_a_certified_witness(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(request("du2019.theorem_3_1")) == 2
    told = capsys.readouterr().out
    assert "NEEDED  'not parallel', of the strategy of data" in told
    assert 'witness={"data": Dataset.of(rows=[[1], [1]]' in told
    assert "certified: inputs" in told
    assert "NO WAY  'nonzero'" in told
    assert "NOT SHOWN  'labels bounded'" in told
    assert told.endswith("1 not shown to be needed, 1 that nothing here breaks alone\n")


def test_what_cannot_be_asked_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(request("agarwala2022limits.limits")) == 3
    told = capsys.readouterr().err
    assert "it has no named premise to drop" in told
    assert told.count("\n") == 1
    assert main(request("gao2022convergence.theorem_3_1_width", as_json=True)) == 3
    assert "it is false as published" in capsys.readouterr().err
