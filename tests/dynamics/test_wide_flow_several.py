"""Both layers of wide networks with several inputs."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamics import WideFlow, gradient_descent, wide_flow
from dynamics.flow.kinks import grams
from dynamics.wide import flow_free, flow_run
from dynamics.wide.flow_free import Free
from dynamics.wide.flow_groups import LONG, SHORT, Course, Groups, time_unit
from models import gaussian_weights, predictions, rademacher_signs
from tests.dynamics.oracles import Network, flow
from tests.dynamics.test_wide_flow import SEEDS, TIMES, assert_meet, assert_same, data, dense, meet
from verdicts import Seeds

EYE = torch.eye(2, dtype=torch.float64)
Y = torch.tensor([0.5, -0.7], dtype=torch.float64)
ONE = Seeds((7, 8), first=4, count=1)


def both(x: Tensor, y: Tensor, seeds: Seeds = SEEDS, *, m: int, times: Tensor = TIMES) -> WideFlow:
    return wide_flow(x, y, seeds, m=m, times=times, layers="both")


@pytest.mark.parametrize(
    ("n", "extra", "m", "scale"),
    [(2, 0, 50, 1.0), (2, 1, 250, 0.5), (3, 0, 170, 1.0), (4, 1, 100, 0.3), (2, 0, 1, 1.0)],
)
def test_orthonormal_inputs_have_the_flow_of_the_whole_network(
    n: int, extra: int, m: int, scale: float
) -> None:
    square = torch.from_numpy(np.random.default_rng(n).normal(size=(n + extra, n + extra)))
    x, y = torch.linalg.qr(square).Q[:n], data(n, n, scale=scale)[1]
    wide, whole = both(x, y, m=m), dense(x, y, SEEDS, m, layers="both")
    known = ~(whole.several | whole.undecided)
    assert_meet(wide, whole)
    assert wide.several.tolist() == whole.several.tolist()
    assert not bool(wide.undecided.any() | wide.slid.any())
    for mine, theirs in ((wide.residual, whole.residual), (wide.H, whole.H)):
        torch.testing.assert_close(mine[known], theirs[known], rtol=0, atol=1e-13)
    assert wide.squared_residual.width[known.numpy()].max(initial=0) < 1e-9


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([[1.0, 0.0], [-1.0, 0.0]], [0.5, 1.0]),  # opposite
        ([[1.0, 0.0], [1.0, 0.0]], [0.5, 1.0]),  # equal
        ([[1.0, 0.0], [1.0, 1e-3]], [0.2, 0.3]),  # nearly parallel
        ([[1.0, 0.0], [1.0, 1e-12]], [0.2, 0.3]),  # no wedge is seen
        ([[2.0, 0.0], [0.3, 0.4]], [4.0, 4.0]),  # of other lengths
        ([[1.0, 0.0], [0.0, 1.0]], [20.0, -9.0]),  # far labels
        ([[1.0], [1.0], [2.0]], [30.0, -9.0, 4.0]),  # maps from the start would grow for ever
        ([[0.6, 0.8], [1.0, 0.0], [0.0, -1.0]], [1.0, 1.0, 1.0]),
    ],
)
def test_other_inputs_meet_the_flow_of_the_whole_network(
    x: list[list[float]], y: list[float]
) -> None:
    inputs, labels = (torch.tensor(part, dtype=torch.float64) for part in (x, y))
    wide = both(inputs, labels, m=40)
    whole = dense(inputs, labels, SEEDS, 40, layers="both")
    assert_meet(wide, whole)
    known = ~(wide.several | wide.undecided | whole.several | whole.undecided)
    torch.testing.assert_close(wide.residual[known], whole.residual[known], rtol=0, atol=1e-12)


def test_scipy_finds_the_same() -> None:
    wide = both(EYE, Y, ONE, m=30)
    assert bool(wide.plain.all())
    w, a = gaussian_weights(30, 2, ONE), rademacher_signs(30, ONE)
    net = Network(EYE.numpy(), Y.numpy(), w[0].numpy(), a[0].numpy())
    true = flow(net, TIMES.tolist(), both=True, rtol=1e-10)
    np.testing.assert_allclose(wide.residual[0].numpy(), true.e, atol=1e-8)
    np.testing.assert_allclose(wide.movement.lower[0], true.movement, atol=1e-8)
    np.testing.assert_allclose(wide.output_movement.lower[0], true.output_movement, atol=1e-8)


def test_slides_are_the_limit_of_small_steps() -> None:
    # Where a neuron slides no other flow of this house goes on: steps across the hyperplane do.
    x, y = data(2, 2)
    times = TIMES[:-1]
    wide = both(x, y, m=50, times=times)
    assert bool(wide.slid.all())
    assert not bool((wide.several | wide.undecided).any())
    w, a = gaussian_weights(50, 2, SEEDS), rademacher_signs(50, SEEDS)
    off = []
    for eta in (1 / 80, 1 / 320):
        steps = (times / eta).round().long()
        run = gradient_descent(x, y, w, a, eta=eta, steps=int(steps[-1]), layers="both")
        off.append((run.residual[:, steps] - wide.residual).abs().amax(dim=(1, 2)))
    assert bool((off[1] < 2e-3).all())
    torch.testing.assert_close(off[1] / off[0], torch.full((2,), 0.25).double(), rtol=0, atol=0.1)


def test_a_wide_network_is_followed_by_a_few() -> None:
    wide = both(EYE, 0 * Y, ONE, m=30_000)
    whole = dense(EYE, 0 * Y, ONE, 30_000, layers="both", keep_path=False)
    assert_meet(wide, whole)
    assert wide.candidates.max() < 3000
    assert wide.squared_residual.width.max() < 1e-9
    assert wide.movement.width.max() < 1e-11
    pieces = wide_flow(EYE, 0 * Y, ONE, m=30_000, times=TIMES, layers="both", chunk=7_001)
    assert_same(pieces, wide, tolerance=1e-13)


@pytest.mark.parametrize(("guess", "streams"), [("first_reach", 2), ("likely_reach", 1)])
def test_a_band_too_narrow_is_widened(
    guess: str, streams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = both(EYE, Y, ONE, m=5000)
    monkeypatch.setattr(f"dynamics.wide.search.{guess}", lambda *_, **__: torch.full((2,), 0.1))
    again = both(EYE, Y, ONE, m=5000)
    assert again.streams.min() >= streams
    assert_same(again, usual, tolerance=1e-13)


def test_without_the_check_another_flow_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = both(EYE, Y, ONE, m=5000)
    monkeypatch.setattr("dynamics.wide.search.likely_reach", lambda *_, **__: torch.zeros(2))
    monkeypatch.setattr("dynamics.wide.flow_first.GUARD", math.inf)
    assert not meet(both(EYE, Y, ONE, m=5000).squared_residual, usual.squared_residual)


def test_seeds_do_not_know_of_each_other() -> None:
    together = both(EYE, Y, m=300)
    alone = both(EYE, Y, SEEDS.block(6, 1), m=300)
    torch.testing.assert_close(alone.residual[0], together.residual[1], rtol=0, atol=1e-14)


def nearly_done(seeds: Seeds, m: int) -> Tensor:
    """Labels with a small residual, so that weights hardly turn."""
    w, a = gaussian_weights(m, 2, seeds), rademacher_signs(m, seeds)
    return predictions(EYE, w, a) + torch.tensor([0.06, 0.018], dtype=torch.float64)


def test_every_solution_is_enclosed_where_neurons_may_leave_a_rest() -> None:
    # The whole network's flow lets them leave at once, this one lets them stay.
    seeds, times = Seeds((7, 8), first=0, count=2), TIMES[:-1]
    y = nearly_done(seeds, 256)
    wide, whole = (
        both(EYE, y, seeds, m=256, times=times),
        dense(EYE, y, seeds, 256, times=times, layers="both"),
    )
    assert wide.several.tolist() == whole.several.tolist() == [False, True]
    assert np.isfinite(wide.movement.upper).all()
    other = whole.residual.square().sum(dim=-1).numpy()
    assert (wide.squared_residual.lower <= other + 1e-14).all()
    assert (other <= wide.squared_residual.upper + 1e-14).all()
    apart = (wide.residual - whole.residual).abs().amax(dim=(1, 2))
    assert apart[0] < 1e-14
    assert apart[1] > 1e-6


def test_where_weights_turn_far_nothing_is_known_of_several_solutions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeds, times = Seeds((7, 8), first=1, count=1), TIMES[:-1]
    monkeypatch.setattr(flow_free, "_SLIGHT", 0.0)
    wide = both(EYE, nearly_done(seeds, 256), seeds, m=256, times=times)
    assert wide.movement.upper[0, -1] == math.inf


@pytest.mark.parametrize("F", [1e-4, 0.05])
def test_what_free_neurons_do_at_most_is_bounded(F: float) -> None:
    # The worst that the inequality of `flow_free` allows, integrated in small steps.
    mu, m, h = 0.8, 10_000, 0.01
    free = Free.of(1, 2, m, np.ones(1))
    free.take(0, np.zeros((1, 2)), np.full(1, math.sqrt(F * m) / 1.01), np.zeros(1), 0.0)
    burden, C = float(free.burden[0]), 3 * (2 + 2 * math.sqrt(3))
    assert burden == pytest.approx(F, rel=0.02)
    e = 0.99 * mu * 100 * (mu - 2 * burden) / (2 * C)  # the integral of |e| nearly too large
    delta, turned, left = 0.0, 0.0, np.zeros(1)
    total, most = 0.0, 0.0
    for _ in range(4000):
        forcing = (burden + C * total / 100) * (e + delta)
        delta, total = delta + h * (forcing - mu * delta), total + h * delta
        turned += h * e / 100
        left = left * math.exp(-mu * h) * free.slower(np.full(1, h))
        left = left + free.error(np.full(1, h * e / 100))
        most = max(most, delta / float(left[0]))
        e *= math.exp(-mu * h)
        assert not free.blurred(np.full(1, mu), np.full(1, turned)).any()
    assert 0.5 < most < 1
    assert free.blurred(np.full(1, mu), np.full(1, 1.02 * turned)).all()
    assert not free.some.any()  # nothing is said of it any more, so no error grows


def test_those_at_rest_are_free_where_another_solution_wakes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # If the first that may leave does, e_3 changes its sign and two more may; if not, it never
    # does. A flow by scipy with either choice found 1 and 3 neurons that may leave.
    seeds, x = Seeds((7, 8), first=1, count=1), torch.eye(3, dtype=torch.float64)
    w, a = gaussian_weights(300, 3, seeds), rademacher_signs(300, seeds)
    offset = torch.tensor([0.6, 0.15, 0.26086261503720855], dtype=torch.float64)
    y = predictions(x, w, a)[0] + offset
    taken: list[int] = []
    take = Free.take

    def counted(self: Free, row: int, z: np.ndarray, *rest: Any) -> None:
        taken.extend([len(z)] if row == 0 else [])
        take(self, row, z, *rest)

    monkeypatch.setattr(Free, "take", counted)
    times = torch.tensor([0.0, 8.0], dtype=torch.float64)
    both(x, y, seeds, m=300, times=times)
    assert 2 in taken
    taken.clear()
    monkeypatch.setattr(Free, "apart", lambda *_: np.zeros(2))
    both(x, y, seeds, m=300, times=times)
    assert set(taken) == {1}


def drawn(n: int = 2, m: int = 12) -> tuple[Groups, np.ndarray, np.ndarray, np.ndarray]:
    """Groups of a small network, its z and a, and a residual."""
    rng = np.random.default_rng(n)
    x = rng.normal(size=(1, n, n))
    z, a = rng.normal(size=(m, n)), rng.choice([-1.0, 1.0], m)
    G, mates, _ = grams(x)
    on = (np.arange(2**n)[:, None] & 2 ** np.arange(n)) > 0
    groups = Groups.of(G, mates, m, on)
    v = np.column_stack((z, a))
    for p, line in enumerate(on):
        mine = v[((z >= 0) == line).all(axis=1)]
        groups.moments[0, p] = mine.T @ mine
    return groups, z, a, rng.normal(size=(1, n))


@pytest.mark.parametrize("order", [SHORT, LONG])
@pytest.mark.parametrize("n", [2, 3])
def test_sums_over_groups_are_those_over_neurons(n: int, order: int) -> None:
    groups, z, a, e = drawn(n)
    m, on = len(a), z >= 0
    _, H, G2 = groups.matrices()
    seen = np.where(on, z, 0.0)
    np.testing.assert_allclose(G2[0], seen.T @ seen / m, atol=1e-14)
    np.testing.assert_allclose(H[0], groups.G[0] * (on.T @ (on * 1.0)) / m, atol=1e-14)
    course = Course.of(groups, e, time_unit(H + G2, groups.G, e, m), order)
    # The first two derivatives of e by hand.
    K, root = H[0] + G2[0], math.sqrt(m)
    first = -K @ e[0]
    pulls = on * e
    dz, da = a[:, None] * (pulls @ groups.G[0]) / root, (pulls * z).sum(axis=1) / root
    by_a = (on * (2 * a * da)[:, None]).T @ on * groups.G[0] / m
    by_z = (np.where(on, dz, 0.0).T @ seen + seen.T @ np.where(on, dz, 0.0)) / m
    second = -(by_a + by_z) @ e[0] - K @ first
    unit = course.unit[0]
    np.testing.assert_allclose(course.e[0, 1] / unit, first, atol=1e-13)
    np.testing.assert_allclose(2 * course.e[0, 2] / unit**2, second, atol=1e-13)


def test_a_group_is_founded_once() -> None:
    groups, *_ = drawn()
    on, none = np.array([True, False]), np.zeros(2, dtype=np.bool_)
    assert groups.place(on, none) == 1
    held = np.array([False, True])
    assert [groups.place(on, held) for _ in range(2)] == [4, 4]
    # What slides along x_2 = 0 feels no pull towards it.
    assert groups.pulls()[0, 4, 1] == pytest.approx(0, abs=1e-14)


def test_what_needs_too_many_steps_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_run, "_MOST_STEPS", 3)
    wide = both(EYE, Y, ONE, m=20)
    assert bool(wide.undecided.all())
    assert wide.movement.upper[0, -1] == math.inf
    assert (np.diff(wide.squared_residual.upper[0]) <= 0).all()


def test_eight_inputs_are_taken() -> None:
    x, y = data(8, 8, scale=0.1)
    times = torch.tensor([0.0, 0.01], dtype=torch.float64)
    wide = both(x, y, ONE, m=20, times=times)
    assert_meet(wide, dense(x, y, ONE, 20, times=times, layers="both"))
