import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from claims.__main__ import main as command
from claims.commands import scaling
from claims.explore.asking import claim_of
from claims.explore.ladder import Ladder
from models import Dataset
from verdicts import Approx, exactly, secant_exponent
from verdicts.rates import growth
from workbench.scaling.__main__ import main
from workbench.scaling.measured import Point, Question, slope
from workbench.scaling.points import constant_for, grid, letter_of
from workbench.scaling.told import _caution, _row

STANDARD: dict[str, Any] = {
    "question": "scaling",
    "target": "du2019.lemma_3_1",
    "over": {"letter": "n", "points": [1.0, 2.0]},
    "constant": None,
    "quantity": None,
    "data": None,
    "family": "orthonormal",
    "samples": 2,
    "direction": None,
    "digits": 1,
    "values": 60,
    "limit": 1e6,
    "cap": 1e8,
    "cost": 1e9,
    "seconds": 300.0,
    "salt": 0,
    "instances": 5,
    "at": None,
    "set": {},
    "json": True,
    "plot": None,
}
CALIBRATION: dict[str, Any] = {
    "question": "calibrate",
    "target": "du2019.lemma_3_1",
    "constant": "width",
    "origin": "",
    "data": "iris",
    "real": False,
}


def ask(**changes: Any) -> int:
    return main([json.dumps({**STANDARD, **changes})])


def test_what_a_lemma_asks_and_its_data_need_is_measured_with_a_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "scaling.svg"
    assert ask(plot=str(picture)) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["constant"], data["quantity"], data["axis"]) == ("width", "m", "n")
    asked = [math.ceil(8 * n**2 * math.log(2 * n**2 / 0.1) / 0.25) for n in (1, 2)]
    assert [point["asked"] for point in data["points"]] == [[m, m] for m in asked]
    whole = math.log(asked[1] / asked[0]) / math.log(2)
    assert data["exponents"]["asked"]["whole"] == pytest.approx([whole, whole], rel=1e-12)
    low, high = data["exponents"]["needed"]["whole"]
    ends = [point["needed"] for point in data["points"]]
    assert low == pytest.approx(math.log2(ends[1][0] / ends[0][1]), rel=1e-12)
    assert high == pytest.approx(math.log2(ends[1][1] / ends[0][0]), rel=1e-12)
    assert all(below < asked[i] for i, (_, below) in enumerate(ends))
    assert (
        "the claim asks n^2.55 on this grid, the edge of refutation goes as n^[" in data["sentence"]
    )
    assert "</svg>" in picture.read_text()


def test_the_least_width_of_one_input_is_the_one_of_a_binomial_law(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # One input: H(0) = B/m with B binomial(m, 1/2), and |H - 1/2| <= 1/8 must fail at most .1.
    assert ask(digits=2, over={"letter": "delta", "points": [0.2, 0.1]}, samples=1) in (0, 2)
    points = json.loads(capsys.readouterr().out)["points"]
    for point, delta in zip(points, (0.2, 0.1), strict=True):
        for probe in point["calibration"]["probes"]:
            m = math.ceil(probe["value"] * math.log(2 / delta) / 0.25)
            rate = sum(math.comb(m, b) for b in range(m + 1) if abs(b / m - 0.5) > 0.125) / 2**m
            if probe["outcome"] == "refuted":
                assert rate > delta
            if probe["outcome"] == "supported":
                assert rate < 2 * delta / (1 + delta)


def test_exponents_between_points_are_those_of_the_court() -> None:
    values = {1.0: 3.0, 2.0: 7.0, 4.0: 50.0}
    oracle = growth(secant_exponent(lambda g: exactly(values[g]), over=list(values))).measured()
    points = [
        Point(exactly(g), "", exactly(0.5), exactly(v), exactly(v), None, "")  # type: ignore[arg-type]
        for g, v in values.items()
    ]
    for which in ("asked", "needed"):
        found = slope(points[0], points[2], which)
        assert found is not None
        assert [found.low, found.high] == oracle["exponent"]


def _point(n: float, asked: float, needed: tuple[float, float], side: str) -> Point:
    ladder = Ladder(8.0, side, whole=False, digits=8, limit=1e6)  # type: ignore[arg-type]
    ends = Approx(*needed, "estimated")
    found = SimpleNamespace(
        ladder=ladder, refuted=SimpleNamespace(value=1.2345678), kept=SimpleNamespace(value=1.23457)
    )
    return Point(exactly(n), f"n={n:g}", exactly(0.5), exactly(asked), ends, found, "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("second", "side", "steeper"),
    [
        ((40.0, 50.0), "down", False),  # from n^1.86 on, and n^2 is asked: not told apart
        ((45.0, 50.0), "down", True),
        ((45.0, 50.0), "up", False),
        ((20.0, 21.0), "down", False),
    ],
)
def test_an_edge_steeper_than_what_is_asked_is_explained(
    second: tuple[float, float], side: str, steeper: bool
) -> None:
    question = Question(claim_of("du2019.lemma_3_1"), "width", "m", STANDARD)
    points = [_point(1, 100, (10, 11), side), _point(2, 400, second, side)]
    least = math.log2(second[0] / 11)
    told = "\n".join(_caution(question, points))
    assert ("steeper than what is asked" in told) == (side == "down" and least > 2) == steeper
    if steeper:
        assert "at 2 of 2\n  points what is asked lies above both ends" in told
    assert f"may lie {'above' if side == 'down' else 'below'} both ends" in told


def test_a_width_and_a_constant_are_told_with_all_their_digits() -> None:
    row = _row(_point(1, 12345678, (1234567, 1234568), "down"))
    assert row[2:] == ("12345678", "1234567..1234568", "1.2345678..1.23457")


def test_instances_of_a_grid_differ_in_one_thing() -> None:
    claim = claim_of("du2019.lemma_4_1")
    asked = {**STANDARD, "over": {"letter": "m", "points": [10.0, 20.0]}, "set": {"R": "0.5"}}
    placed = grid(claim, asked)
    assert [values["m"] for _, _, values in placed] == [10, 20]
    assert {(values["delta"], values["R"]) for _, _, values in placed} == {(0.1, 0.5)}
    assert letter_of(claim, None, placed[0][2], None) == ""
    assert constant_for(claim, "", placed[0][2]) == "C"
    pairs = grid(claim, {**asked, "over": {"letter": "lambda_0", "points": [0.4, 0.2]}})
    data = pairs[0][2]["data"]
    assert isinstance(data, Dataset)
    assert pairs[0][1](data).low == pytest.approx(2.5, rel=1e-3)
    deltas = grid(claim, {**asked, "over": {"letter": "delta", "points": [0.5, 0.1]}})
    assert [place(data).low for _, place, _ in deltas] == pytest.approx([2.0, 10.0])


def test_a_width_that_is_too_dear_ends_the_grid_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(over={"letter": "n", "points": [1, 64]}, json=False) == 2
    told = capsys.readouterr().out
    assert "ended at n=64:" in told
    assert "too costly" in told
    assert "1 points with both ends; exponents take two" in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"target": "du2019.lemma_3_3"}, "0 of its parameters are data sets (start: Start)"),
        ({"target": "du2019.theorem_3_1", "over": {"letter": "R", "points": [1, 2]}}, "--over R"),
        ({"constant": "indicator"}, "indicator is not among its constants"),
        ({"target": "du2019.theorem_4_1"}, "say which with --constant"),
        ({"quantity": "steps"}, "--quantity steps: du2019.lemma_3_1 tells m of itself"),
        ({"set": {"eta": "1"}}, "--set eta: du2019.lemma_3_1 draws delta"),
        ({"set": {"delta": "half"}}, "--set delta"),
        ({"data": "absent.npz"}, "--data absent.npz"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_line(
    changes: dict[str, Any], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(**changes) == 3
    text = capsys.readouterr().err
    assert told in text
    assert text.count("\n") == 1


def test_a_constant_is_calibrated_at_rows_of_a_set(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {**STANDARD, **CALIBRATION, "samples": 1, "json": False}
    assert main([json.dumps(asked)]) == 0
    told = capsys.readouterr().out
    assert "1 instance: the first 1 rows of iris, normalised" in told
    assert "the claim has 8; these data need more than" in told


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("n=1:16", [1, 2, 4, 8, 16]),
        ("n=3:13", [3, 6, 12]),
        ("delta=0.5,0.1", [0.5, 0.1]),
        ("n=4,2", [4, 2]),
    ],
)
def test_a_grid_is_doubled_or_listed(text: str, points: list[float]) -> None:
    assert scaling._over(text) == {"letter": text.partition("=")[0], "points": points}


@pytest.mark.parametrize("text", ["n", "n=1", "n=1,3,2", "n=0:4", "n=1.5,2", "n=x:y", "=1:2"])
def test_a_grid_that_is_none_could_not_run(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["scaling", "du2019.lemma_3_1", "--over", text]) == 3
    assert "give two or more numbers > 0 in order" in capsys.readouterr().err
