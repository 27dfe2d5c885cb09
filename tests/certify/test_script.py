import ast
import math
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from certify.exact.check import Checked, check
from certify.numpy_code import ScriptError, is_free
from certify.script import may_slide, numpy_script
from certify.snippets import DEFINITIONS
from verdicts import Proof
from verdicts.proof import PI, Term, constant, given, greatest, number, quantity

SLIDING: dict[str, Any] = {
    "rows": [["1", "0"], ["3/5", "4/5"], ["-1", "1/3"]],
    "normalised": True,
    "weights": [["1", "-2/3"], ["0.25", "1"], ["-1/2", "1/7"], ["1", "1"]],
    "signs": ["1", "-1", "1", "-1"],
    "residual": ["1", "-2", "1/2"],
}
CALM = {key: value for key, value in SLIDING.items() if key != "residual"}
CALM["labels"] = ["0.1", "-0.3", "0.2"]
# Not normalised, opposite inputs, and ties at the start.
RAW: dict[str, Any] = {
    "rows": [["2", "0"], ["3/5", "4/5"], ["-1", "0"], ["1/2", "1/2"]],
    "normalised": False,
    "weights": [["1", "-2/3"], ["0", "1"], ["-1/2", "1/7"], ["1", "1"]],
    "signs": ["1", "-1", "1", "-1"],
    "residual": ["1", "-2", "1/2", "0.3"],
}
STARTS = {"sliding": SLIDING, "calm": CALM, "raw": RAW}
OTHER = [["1", "-1/3"], ["0.25", "1"], ["-1/2", "-1/7"], ["1", "1.1"]]

PLAIN = ["n", "d", "m", "rank_H_inf", "rank_G", "parallel_pairs", "hyperplanes"]
PLAIN += ["lambda_min_H_inf", "lambda_min_G", "lambda_max_G"]
PLAIN += ["least_preactivation", "most_preactivation"]
TRAINED = ["squared_residual", "drift", "lambda_min_H", "lambda_max_H", "flips"]
TRAINED += ["least_lambda_min_H"]
QUANTITIES = [
    *(quantity(name) for name in PLAIN + TRAINED),
    *(quantity(name, eta="0.1", steps=20) for name in [*TRAINED, "decay_factor"]),
    *(quantity(name, time=3) for name in [*TRAINED, "slides"]),
    *(quantity(f"integral_lambda_{which}_H", time=3) for which in ("min", "max")),
    *(quantity(name, R="1/7") for name in ["lambda_min_H_core", "near", "dropped", "flip_bound"]),
    quantity("near", R="0.5"),
    *(quantity(name, weights=OTHER) for name in ["distance", "lambda_min_H", "norm_change"]),
    quantity("lambda_min_above_core", weights=OTHER, R="0.1"),
    quantity("tangent_gap", scale="1/2"),
]


def certificate(left: Term, right: Any, recipe: dict[str, Any], relation: Any = "<=") -> Any:
    return Proof("two_layer_relu", recipe, left, relation, right).to_json()


def checked(data: Any, recipe: dict[str, Any]) -> Checked:
    return check(data, {}, {"start": recipe})


def ran(text: str, folder: Path) -> dict[str, Any]:
    """The variables of a script after it has run in this process."""
    (folder / "script.py").write_text(text)
    return runpy.run_path(str(folder / "script.py"))


def test_the_script_shows_a_cosine(tmp_path: Path) -> None:
    recipe = {"rows": RAW["rows"], "normalised": False}
    data = Proof("inputs", recipe, quantity("cosine", i=1, j=3), "<=", -1000).to_json()
    shown = ran(numpy_script(data, {}, {"data": recipe}), tmp_path)["left"]
    assert shown == pytest.approx(0.7 / math.sqrt(0.5), rel=1e-12)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("asked", QUANTITIES, ids=lambda q: str(q.tree[1:])[1:-1])
def test_the_script_shows_what_exact_arithmetic_proves(
    asked: Term, start: str, tmp_path: Path
) -> None:
    recipe = STARTS[start]
    data = certificate(asked, -1000, recipe)
    low, high = map(float, checked(data, recipe).left)
    assert high - low < 1e-6
    left = float(ran(numpy_script(data, {}, {"start": recipe}), tmp_path)["left"])
    assert left == pytest.approx((low + high) / 2, rel=1e-6, abs=1e-6)


def test_the_script_needs_numpy_alone_and_prints_premises_and_both_sides(tmp_path: Path) -> None:
    proof = Proof("two_layer_relu", CALM, quantity("drift", time=12), "<=", constant("radius"))
    premise = Proof("two_layer_relu", CALM, given("eta"), "<=", (1 / number(9)).sqrt())
    data = proof.under("eta is small", premise).to_json()
    text = numpy_script(
        data, {"radius": 0.25}, {"eta": 0.1, "start": CALM}, heading=["A. Author: On toys."]
    )
    assert text.startswith("# A. Author: On toys.\nimport numpy as np\n")
    (tmp_path / "script.py").write_text(text)
    words = [sys.executable, "-I", "-W", "error", "script.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = checked(certificate(quantity("drift", time=12), 0, CALM), CALM)
    assert done.stdout.splitlines() == [
        "premise eta is small: 0.1 <= 0.333333 ? True",
        f"drift(time=12) <= radius: {float(found.left[0]):.6g} <= 0.25 ? False",
    ]
    modules = [n.names[0].name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import)]
    assert modules == ["numpy"]


def test_a_script_about_the_start_is_a_dozen_lines_and_a_flow_about_thirty() -> None:
    start = numpy_script(certificate(quantity("lambda_min_H"), 1, CALM), {}, {"start": CALM})
    assert len(start.splitlines()) <= 18
    flow = numpy_script(certificate(quantity("drift", time=3), 1, SLIDING), {}, {"start": SLIDING})
    assert len(flow.splitlines()) <= 40
    assert "(12, " not in start
    assert all(len(line) <= 100 for line in (start + flow).splitlines())


def test_only_a_flow_that_may_slide_pays_for_it() -> None:
    for recipe, slides in ((SLIDING, True), (CALM, False)):
        data = certificate(quantity("drift", time=3), 1, recipe)
        assert may_slide(data, {}, {"start": recipe}) is slides
        assert ("pinv" in numpy_script(data, {}, {"start": recipe})) is slides
    assert "pinv" in numpy_script(
        certificate(quantity("drift", time=3), 1, CALM), {}, {}, slides=True
    )
    many = sum((quantity("drift", time=k) for k in range(1, 5)), number(0))
    assert may_slide(certificate(many, 1, CALM), {}, {"start": CALM})
    assert may_slide(certificate(quantity("drift", time=["?"]), 1, CALM), {}, {"start": CALM})
    without = certificate(quantity("drift", eta=1, steps=3), 1, CALM)
    assert not may_slide(without, {}, {"start": CALM})


def test_expressions_mean_the_same_as_in_the_certificate(tmp_path: Path) -> None:
    x = given("x")
    terms: list[tuple[Term, float]] = [
        (2 - x * 3 / 4 - 1, 2 - 2.25 - 1),
        ((-x) ** 2, 9.0),
        (-(x**2), -9.0),
        (x ** (-number(2)), 1 / 9),
        (x ** number("1/2") + PI, math.sqrt(3) + math.pi),
        (greatest(x, "7/2").sqrt(), math.sqrt(3.5)),
        ((-x).exp().log(), -3.0),
        (abs(-x - "1e-3"), 3.001),
        (number("1e3") + "-0.5" + ".25", 999.75),
    ]
    for term, value in terms:
        data = Proof("numbers", {}, term, "<=", -100).to_json()
        found = ran(numpy_script(data, {}, {"x": 3}), tmp_path)
        assert float(found["left"]) == pytest.approx(value, rel=1e-12), term.tree
        low, high = map(float, check(data, {}, {"x": 3}).left)
        assert low - 1e-9 <= value <= high + 1e-9


def test_exact_numbers_are_written_short(tmp_path: Path) -> None:
    data = certificate(quantity("lambda_min_H"), number("2/6"), CALM, ">=")
    text = numpy_script(data, {}, {})
    assert "z = np.array([[1, 0], [3/5, 4/5], [-1, 1/3]], float)" in text
    assert "right = 1/3\n" in text
    long = certificate(quantity("n"), number("0." + "3" * 400), CALM)
    assert "right = 0.3333333333333333\n" in numpy_script(long, {}, {})
    many = {**CALM, "weights": [["1/7", "0.25"]] * 40, "signs": ["1", "-1"] * 20}
    wrapped = numpy_script(certificate(quantity("lambda_max_H"), 0, many), {}, {})
    assert max(map(len, wrapped.splitlines())) <= 100
    assert ran(wrapped, tmp_path)["w0"].shape == (40, 2)


def test_as_many_digits_are_shown_as_tell_the_sides_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = Proof("numbers", {}, number("1.0000000001"), "<=", 1).to_json()
    near = {"left_enclosure": ["1.0000000001"] * 2, "right_enclosure": ["1", "1"], "bits": 64}
    text = numpy_script({**data, **near}, {}, {})
    ran(text, tmp_path)
    assert capsys.readouterr().out == "1.0000000001 <= 1: 1.0000000001 <= 1 ? False\n"
    assert "# Exact arithmetic proves it false: left 1.0000000001, right 1; floats" in text


@pytest.mark.parametrize("relation", ["<=", ">=", "=="])
def test_a_premise_on_its_edge_is_shown_as_held(
    relation: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = Proof("numbers", {}, number("0.1") * 3, relation, "0.3")
    ran(numpy_script(edge.under("edge", edge).to_json(), {}, {}), tmp_path)
    assert capsys.readouterr().out.splitlines()[0] == f"premise edge: 0.3 {relation} 0.3 ? True"


@pytest.mark.parametrize("name", ["x", "np", "print", "lambda", "a b", "left", "e0", "\xe9", "H"])
def test_a_name_that_is_taken_or_none_is_written_as_its_number(name: str, tmp_path: Path) -> None:
    data = certificate(quantity("n") + constant(name) + given(name), 100, CALM)
    text = numpy_script(data, {name: 5}, {name: 7, "start": CALM})
    assert "left = (len(x) + 5) + 7\n" in text
    assert float(ran(text, tmp_path)["left"]) == 15


def test_a_constant_and_a_drawn_number_of_one_name_stay_apart(tmp_path: Path) -> None:
    data = Proof("numbers", {}, constant("c") - given("c") * constant("c"), "<=", 0).to_json()
    assert float(ran(numpy_script(data, {"c": 3}, {"c": 5}), tmp_path)["left"]) == -12


HOSTILE = "1\nimport os\nos.system('touch owned')"


REFUSED: list[dict[str, Any]] = [
    {"left": HOSTILE},
    {"left": ["constant", HOSTILE]},
    {"left": ["+", "1", HOSTILE]},
    {"left": [HOSTILE, "1"]},
    {"left": ["quantity", HOSTILE, {}]},
    {"left": ["quantity", "near", {"R": HOSTILE}]},
    {"left": ["quantity", "drift", {HOSTILE: "1"}]},
    {"left": ["quantity", "drift", {"time": ["given", HOSTILE]}]},
    {"left": ["quantity", "n"]},
    {"left": ["quantity", ["n"], {}]},
    {"left": []},
    {"left": None},
    {"left": "1e400"},
    {"left": ["/", "1"]},
    {"left": ["given", "nowhere"]},
    {"relation": HOSTILE},
    {"model": HOSTILE},
    {"recipe": {**CALM, "rows": [["1", HOSTILE]]}, "left": ["quantity", "n", {}]},
    {"recipe": {**CALM, "rows": [["1"], ["1", "2"]]}, "left": ["quantity", "n", {}]},
    {"recipe": {**CALM, "weights": {"gaussian": [4, 1]}}, "left": ["quantity", "m", {}]},
    {"recipe": {}, "left": ["quantity", "n", {}]},
    {"recipe": HOSTILE, "left": ["quantity", "n", {}]},
    {"premises": [{"name": "p"}]},
    {"premises": HOSTILE},
    {"left_enclosure": ["1e400", "1e400"], "right_enclosure": ["1", "1"]},
]


@pytest.mark.parametrize("change", REFUSED)
def test_what_cannot_be_shown_is_refused_in_one_line(change: dict[str, Any]) -> None:
    data = {**certificate(quantity("n"), 1, CALM), **change}
    with pytest.raises(ScriptError) as caught:
        numpy_script(data, {HOSTILE: HOSTILE}, {HOSTILE: HOSTILE})
    assert str(caught.value).count("\n") == 0
    assert len(str(caught.value)) < 300


def test_no_text_of_a_file_becomes_code(tmp_path: Path) -> None:
    breaks = "evil\nimport os\r\x0b\x0c\x85\u2028raise SystemExit(3)  # '''\"\"\"{left}\\"
    premise = Proof("numbers", {}, number(1), "<=", 2)
    data = premise.under(breaks, premise).to_json()
    data["left"] = ["+", "1", ["constant", "c"]]
    text = numpy_script(data, {"c": 0, breaks: 1}, {}, heading=[breaks, "'''" + breaks])
    tree = ast.parse(text)
    assert [type(node).__name__ for node in tree.body] == [
        *("Import", "Assign"),
        *("Assign", "Assign", "Expr"),
        *("Assign", "Assign", "Expr"),
    ]
    assert float(ran(text, tmp_path)["left"]) == 1


def test_no_constant_hides_a_name_of_the_definitions() -> None:
    for name, snippet in DEFINITIONS.items():
        made = ast.parse(snippet.code).body
        functions = {node.name for node in made if isinstance(node, ast.FunctionDef)}
        targets = [t for node in made if isinstance(node, ast.Assign) for t in node.targets]
        names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        for taken in {name, *functions, *names} - {"sliding"}:
            assert not is_free(taken, beside_definitions=True), taken
