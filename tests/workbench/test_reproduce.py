"""Numbers of the figures against other ways to compute them, and the verdicts on orderings."""

from collections.abc import Callable
from math import erfc, gamma

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from sklearn import datasets as shipped
from torch.func import jacrev

from models import H_inf, gaussian_outputs, gaussian_weights, mean_over_masks
from tests.house.readme_table import ROOT
from verdicts import Approx, Margin, Seeds, hashed_key, judge_margin
from workbench.reproduce import (
    agarwala2022,
    arora2019,
    du2019,
    liu2022,
    liu2022energy,
    senen2020,
    yang2023,
)
from workbench.reproduce.catalogue import FIGURES, NONE
from workbench.reproduce.first_layer import enclosed_runs, first_layer_descent
from workbench.reproduce.orderings import below, falls, mean, mean_falls, number, rises
from workbench.reproduce.told import judged

OPEN = {"gao2022.training", "langosco2021.funnel"}  # an ordering is smaller than its noise


def decision(margin: Margin) -> str:
    return judge_margin(margin).decision


def test_pre_activations_tell_what_the_weights_do() -> None:
    rng = np.random.default_rng(0)
    x, w, y = rng.normal(size=(5, 4)), rng.normal(size=(7, 4)), rng.normal(size=5)
    a, eta, epochs = rng.choice([-1.0, 1.0], size=7), 0.1, 12
    start, kept = w.copy(), []
    for _ in range(epochs + 1):
        e = np.maximum(x @ w.T, 0) @ a / 7**0.5 - y
        moved = np.linalg.norm(w - start, axis=1)
        flips = ((x @ w.T >= 0) != (x @ start.T >= 0)).mean()
        kept.append([e @ e, flips, moved.max(), np.linalg.norm(moved)])
        last = e + y
        w = w - eta * np.einsum("r,i,ir,id->rd", a / 7**0.5, e, x @ w.T >= 0, x)
    G, Z, ta, ty = (torch.from_numpy(t) for t in (x @ x.T, x @ start.T, a, y))
    run = first_layer_descent(G, Z, ta, ty, eta=eta, epochs=epochs)
    found = torch.stack([run.squared, run.changed, run.farthest, run.moved], dim=1)
    assert found.numpy() == pytest.approx(np.array(kept), abs=1e-7)
    assert found[-1, 1] > 0
    assert run.u.numpy() == pytest.approx(last)
    sparse = first_layer_descent(G, Z, ta, ty, eta=eta, epochs=epochs, every=4)
    assert sparse.epochs == (0, 4, 8, 12)
    assert (sparse.moved == run.moved[::4]).all()


def test_a_step_that_overflows_and_no_step_are_told() -> None:
    one = torch.ones(2, 2, dtype=torch.float64)
    with pytest.raises(ValueError, match="give a step below eta=1000000"):
        first_layer_descent(one, one, one[0], 1e200 * one[0], eta=1e6, epochs=4)
    with pytest.raises(ValueError, match="give numbers > 0"):
        first_layer_descent(one, one, one[0], one[0], eta=0.0, epochs=1)


def test_double_precision_is_enclosed_by_its_difference_from_single() -> None:
    double = torch.tensor([1.0, 2.0], dtype=torch.float64)
    found = enclosed_runs(double, torch.tensor([1.0, 2.5]))
    assert found.lower == pytest.approx([1.0, 1.5])
    assert found.upper == pytest.approx([1.0, 2.5])
    assert found.rigor == "estimated"


def test_two_processes_find_what_one_finds() -> None:
    shares: list[float] = []
    apart = du2019.at_once(6, (3, 8), shares.append)
    together = du2019.one_by_one(6, (3, 8), shares.append)
    assert list(apart) == list(together) == [3, 8]
    for m in (3, 8):
        assert (apart[m].squared.lower == together[m].squared.lower).all()
        assert (apart[m].farthest.upper == together[m].farthest.upper).all()
    assert shares[-1] == 1.0
    assert all(0 <= share <= 1 for share in shares)


def test_data_of_the_first_figure_are_what_the_paper_says() -> None:
    x, y = du2019.inputs_and_labels(400)
    assert x.norm(dim=1).numpy() == pytest.approx(np.ones(400))
    assert abs(float(y.mean())) < 0.2
    assert float(y.var()) == pytest.approx(1, abs=0.3)
    gram = (x @ x.T).fill_diagonal_(0)
    assert float(gram.square().mean()) == pytest.approx(1 / 400, rel=0.1)


def test_digits_and_their_labels() -> None:
    x, y = arora2019.two_classes(360)
    bunch = shipped.load_digits()
    rows = bunch.target < 2
    assert y.numpy() == pytest.approx(1.0 - 2.0 * bunch.target[rows])
    raw = bunch.data[rows]
    assert x.numpy() == pytest.approx(raw / np.linalg.norm(raw, axis=1, keepdims=True))


def test_the_worst_labels_shrink_least_in_linear_descent() -> None:
    x, true = arora2019.two_classes(20)
    K = H_inf(x)
    spectrum, vectors = torch.linalg.eigh(K)
    eta = 1 / float(spectrum[-1])
    for y in arora2019.kinds(true, vectors):
        assert float(y.norm()) == pytest.approx(20**0.5)
        step = torch.linalg.matrix_power(torch.eye(20, dtype=K.dtype) - eta * K, 7)
        found = arora2019._linear(spectrum, vectors.T @ y, eta, 7)[-1]
        assert found.low <= float((step @ y).square().sum() / 20) <= found.high
    assert float(arora2019.kinds(true, vectors)[2] @ K @ vectors[:, 0]) == pytest.approx(
        float(spectrum[0]) * 20**0.5
    )


def test_the_measure_and_the_errors_of_one_split() -> None:
    x, y = arora2019.two_classes(30)
    measure, absolute, wrong = arora2019._one_split(x, y, 20, 0, (0.0,))[0].tolist()
    K, labels = H_inf(x).numpy(), y.numpy()
    solved = np.linalg.solve(K[:20, :20], labels[:20])
    predicted = K[20:, :20] @ solved
    assert measure == pytest.approx((2 * labels[:20] @ solved / 20) ** 0.5)
    assert absolute == pytest.approx(np.abs(predicted - labels[20:]).mean())
    assert wrong == (predicted * labels[20:] <= 0).mean()


def test_hessians_and_kernels_of_blocks_are_those_of_differentiation() -> None:
    m, draws = 5, 2
    x = torch.tensor([[0.6, 0.8], [1.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
    H, least, needed = liu2022.measured(x, m, draws)
    seeds = Seeds(hashed_key("reproduce", "liu2022", "start")).block(0, draws)
    w, v = gaussian_weights(m, 2, seeds), gaussian_outputs(m, seeds)
    for s in range(draws):

        def outputs(theta: torch.Tensor) -> torch.Tensor:
            hidden = torch.tanh(x @ theta[: 2 * m].reshape(m, 2).T)
            found: torch.Tensor = hidden @ theta[2 * m :] / m**0.5
            return found

        theta = torch.cat([w[s].flatten(), v[s]])
        blocks = jacrev(jacrev(outputs))(theta)
        norms = [float(torch.linalg.matrix_norm(block, 2)) for block in blocks]
        J = jacrev(outputs)(theta)
        spectrum = torch.linalg.eigvalsh(J @ J.T)
        assert float(H[s]) == pytest.approx(max(norms))
        assert float(least[s]) == pytest.approx(float(spectrum[0]))
        R = float(outputs(theta).norm() / (spectrum[0] / 2) ** 0.5)
        moved = 2 * float(spectrum[-1]) ** 0.5 * 3**0.5 * max(norms) * R
        assert float(needed[s]) == pytest.approx(moved / float(spectrum[0] / 2))


def test_limits_of_equilibria_are_integrals_over_the_semicircle() -> None:
    s = 0.4

    def integral(function: Callable[[float], float]) -> float:
        return float(quad(lambda t: (4 - t * t) ** 0.5 / (2 * np.pi) * function(t), -2, 2)[0])

    symmetric = integral(lambda t: 1 / (1 - s * t) ** 2)
    antisymmetric = integral(lambda t: 1 / (1 + s * s * t * t))
    assert agarwala2022.limit("symmetric", s) == pytest.approx(symmetric)
    assert agarwala2022.limit("antisymmetric", s) == pytest.approx(antisymmetric)
    geometric = sum(s ** (2 * k) for k in range(60))  # W^k x has the length s^k |x|
    assert agarwala2022.limit("orthogonal", s) == pytest.approx(geometric)


@pytest.mark.parametrize(("L", "p"), [(1, 0.9), (2, 0.5), (3, 0.7)])
def test_steps_of_dropout_are_those_of_the_mean_over_all_masks(L: int, p: float) -> None:
    w, steps = [0.8] * L, 0

    def product(mask: tuple[int, ...]) -> float:
        return float(np.prod([f * one for f, one in zip(mask, w, strict=True)]))

    def slope(mask: tuple[int, ...], k: int) -> float:
        rest = [f * w[j] for j, f in enumerate(mask) if j != k]
        return -2 * (1 - product(mask)) * mask[k] * float(np.prod(rest))

    constant, first = 1 - p**L, None
    while True:
        excess = mean_over_masks(L, p, lambda mask: (1 - product(mask)) ** 2) - constant
        first = excess if first is None else first
        if excess <= 1e-3 * first:
            break
        steps += 1
        slopes = [mean_over_masks(L, p, lambda mask, k=k: slope(mask, k)) for k in range(L)]
        w = [one - 0.02 * z for one, z in zip(w, slopes, strict=True)]
    assert senen2020.steps_needed(L, p) == steps


def test_descent_by_eigenpairs_is_descent_by_steps() -> None:
    K = torch.tensor([[1.0, 0.3], [0.3, 0.5]], dtype=torch.float64)
    y = torch.tensor([1.0, -2.0], dtype=torch.float64)
    spectrum, vectors = torch.linalg.eigh(K)
    found, e = yang2023.descended(spectrum, vectors.T @ y, 0.3, 5), y
    for k in range(6):
        assert found[k].low <= float(e @ e / (y @ y)) <= found[k].high
        e = e - 0.3 * K @ e


def test_the_gradient_of_the_valley() -> None:
    point = torch.tensor([0.3, -0.7], dtype=torch.float64)
    value, slope = liu2022energy.rosenbrock(point)
    assert float(value) == pytest.approx(0.7**2 + 100 * (-0.7 - 0.09) ** 2)
    wanted = jacrev(lambda z: liu2022energy.rosenbrock(z)[0])(point)
    assert slope.tolist() == pytest.approx(wanted.tolist())


def test_orderings_are_supported_refuted_or_open() -> None:
    sharp, blurred = Approx([3.0, 2.0, 1.0], [3.1, 2.1, 1.1]), Approx([2.0, 1.0], [4.0, 3.0])
    assert decision(falls("", sharp, "abc").margin) == "supported"
    assert decision(rises("", sharp, "abc").margin) == "refuted"
    assert decision(falls("", blurred, "ab").margin) == "undecided"
    assert decision(falls("", Approx([3, 1, 2], [3, 1, 2]), "abc").margin) == "refuted"
    assert judge_margin(falls("", Approx([3, 1, 2], [3, 1, 2]), "abc").margin).tightest == "b to c"
    pair = {"first": (sharp[2], sharp[0])}
    assert decision(below("", pair).margin) == "supported"


def test_means_over_draws_are_compared_draw_by_draw() -> None:
    rng = np.random.default_rng(1)
    shared, noise = rng.normal(size=50) * 100, rng.normal(size=50) * 0.1
    draws = np.stack([shared, shared - 1 + noise], axis=1)
    assert decision(mean_falls("", draws, "ab").margin) == "supported"
    assert decision(mean_falls("", -draws, "ab").margin) == "refuted"
    assert decision(mean_falls("", rng.permuted(draws, axis=0), "ab").margin) == "undecided"
    found = mean(draws)
    assert float(found.width[0]) > 8 * shared.std(ddof=1) / 50**0.5
    with pytest.raises(ValueError, match="give at least 2"):
        mean(draws[:1])


@pytest.mark.parametrize("count", [2, 4, 50])
def test_few_draws_miss_no_more_often_than_many(count: int) -> None:
    draws = np.arange(float(count))
    error = draws.std(ddof=1) / count**0.5
    deviations = (mean(draws).high - float(draws.mean())) / error
    freedom = count - 1
    size = gamma(count / 2) / gamma(freedom / 2) / (freedom * np.pi) ** 0.5
    tail, _ = quad(  # of Student's density, in z = 1/x
        lambda z: size * (1 + 1 / (freedom * z * z)) ** (-count / 2) / (z * z), 0, 1 / deviations
    )
    assert tail == pytest.approx(erfc(4 / 2**0.5) / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(1.23456, 1.23457, "1.235"), (0.0272341, 0.0272498, "0.0272"), (1.0, 2.0, "1..2")],
)
def test_a_number_has_the_digits_that_are_known(low: float, high: float, told: str) -> None:
    assert number(Approx(low, high)) == told


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_is_drawn_small(name: str) -> None:
    figure = FIGURES[name]
    shares: list[float] = []
    drawn = figure.draw(True, shares.append)
    assert shares[-1] == 1.0
    assert all(len(row) == len(drawn.table.head) for row in drawn.table.rows)
    for panel in drawn.panels:
        assert panel.x
        assert panel.y
        for curve in panel.curves:
            assert curve.y.shape == (len(curve.x),)
    found = {one.verdict for one in judged(drawn)}
    assert found == ({"SUPPORTED", "UNDECIDED"} if name in OPEN else {"SUPPORTED"})


def test_every_paper_has_a_figure_or_a_reason() -> None:
    files = [path.stem for path in (ROOT / "theorems").iterdir() if path.stem[0].isalpha()]
    files.remove("without_theorems")  # of papers that have no claims
    papers = {name.partition(".")[0] for name in FIGURES} | set(NONE)
    assert [stem for stem in files if not any(stem.startswith(paper) for paper in papers)] == []
    assert papers <= set(files)
    assert not {name.partition(".")[0] for name in FIGURES} & set(NONE)
