"""Figures at tiny sizes, their numbers, and what is told when they cannot be drawn."""

from pathlib import Path

import pytest
import torch

from models import GraphNetwork, SeedNumber, mean_gradient, node_law, start_parameters
from strategies import GRAPHS
from workbench.figures import __main__ as figures
from workbench.figures.graph_bias import biases, leading_bias, slope
from workbench.figures.sampling import METHODS, compared, table, targets

PNG = b"\x89PNG\r\n\x1a\n"
TINY = ["--particles", "8", "--steps", "3", "--hidden", "3", "--updates", "2"]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("target", ["mixture", "logistic-iris"])
def test_particles_are_drawn(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new"
    assert figures.main(["particles", "--out", str(out), "--target", target, *TINY]) == 0
    told = capsys.readouterr().out
    path = out / f"particles-{target}.png"
    assert path.read_bytes().startswith(PNG)
    assert all(method in told for method in METHODS)
    assert told.endswith(f"{path}\n")


@pytest.mark.filterwarnings("default")
def test_the_bias_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bias", "--out", str(tmp_path), "--most", "4", "--repeats", "50"]
    assert figures.main(words) == 0
    assert (tmp_path / "bias-karate.png").read_bytes().startswith(PNG)
    assert len(capsys.readouterr().out.splitlines()) == 9
    assert figures.main([*words, "--layers", "both", "--activation", "relu"]) == 0
    assert (tmp_path / "bias-karate-both.png").read_bytes().startswith(PNG)
    assert "slope, N = 1 to 4: -" in capsys.readouterr().out


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    "words",
    [["particles", "--steps", "0"], ["particles", "--particles", "2"], ["bias", "--repeats", "1"]],
)
def test_what_is_wrong_is_told(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert figures.main([*words, "--out", str(tmp_path)]) == 3
    assert "; give " in capsys.readouterr().err


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert figures.main(["--help"]) == 0
    assert "python -m workbench.figures particles --out" in capsys.readouterr().out
    assert figures.main(["portrait"]) == 3


def test_the_bias_is_exact_for_three_nodes_and_simulated_beyond() -> None:
    net = GraphNetwork.of(graph=GRAPHS[0], width=2, seed=0)
    found = biases(net, most=8, repeats=20_000, seed=1)
    assert [one.drawn for one in found] == [1, 2, 3, 4, 8]
    first = found[0].size
    assert [one.drawn * one.size for one in found[:3]] == pytest.approx([first] * 3)
    for one in found[3:]:
        assert 0 < one.error < 0.2 * one.size
        assert abs(one.size - first / one.drawn) < 2.5 * one.error


@pytest.mark.filterwarnings("default")
def test_the_bias_of_both_layers_settles_at_its_limit() -> None:
    linear = GraphNetwork.of(graph=GRAPHS[0], width=2, seed=0, activation="identity")
    theta, q = start_parameters(linear), node_law(linear, "importance")
    full = mean_gradient(linear, theta, q)
    one = mean_gradient(linear, theta, q, first=1) + mean_gradient(linear, theta, q, last=1)
    found = leading_bias(linear, layers="both", law="importance")
    assert found == pytest.approx(float((one - 2 * full).norm()))
    net = GraphNetwork.of(graph=GRAPHS[0], width=2, seed=0)
    sizes = biases(net, most=32, repeats=20_000, seed=1, layers="both")
    limit = leading_bias(net, layers="both")
    gaps = [abs(one.drawn * one.size - limit) for one in sizes]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.1 * limit
    low, high = slope(sizes[-2:])
    assert -1.2 < low < high < -0.8
    with pytest.raises(ValueError, match="layers='first'; give one of"):
        biases(net, most=1, repeats=2, seed=0, layers="first")
    with pytest.raises(ValueError, match="law='importance' with layers='last'; give 'uniform'"):
        biases(net, most=1, repeats=2, seed=0, law="importance")
    with pytest.raises(ValueError, match="found has 1 sizes; give at least two"):
        slope(sizes[:1])


def test_three_methods_start_alike_and_two_measures_need_draws() -> None:
    known = targets()
    rows = compared(known["gaussian"](), SeedNumber(0), particles=8, steps=2, eps=0.01)
    assert [row.method for row in rows] == list(METHODS)
    assert max(float(row.points.abs().max()) for row in rows) < 5
    assert all(row.mmd is not None and row.mmd > 0 for row in rows)
    logistic = compared(known["logistic-wine"](), SeedNumber(0), particles=8, steps=2, eps=0.01)
    assert all(row.mmd is None and row.energy is None and row.stein > 0 for row in logistic)
    assert "    -" in table(logistic)


def test_a_method_that_diverges_is_said() -> None:
    funnel = targets()["funnel"]()
    rows = compared(funnel, SeedNumber(0), particles=8, steps=40, eps=50.0, methods=["SVGD"])
    assert rows[0].diverged_at >= 1
    assert f"diverged at step {rows[0].diverged_at}" in table(rows)


@pytest.mark.parametrize("name", sorted(targets()))
def test_every_target_has_finite_scores(name: str) -> None:
    target = targets()[name]()
    x = torch.zeros(1, 2, target.d, dtype=torch.float64)
    assert bool(torch.isfinite(target.score(x)).all())
    assert target.score(x).shape == x.shape
