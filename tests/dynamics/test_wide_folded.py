import itertools
import math

import numpy as np
import pytest
import torch
from scipy.optimize import nnls
from torch import Tensor

from dynamics.problem import Layers
from dynamics.wide.band import first_reach, likely_reach, subset_sums
from dynamics.wide.cone import largest_in_cone
from dynamics.wide.folded import BothLayers, FirstLayer, Folded
from dynamics.wide.run import Run, Task
from dynamics.wide.streaming import Neurons, Sums
from models import G2, H, gram
from tests.dynamics.oracles import Network, descent, drawn

both_or_first = pytest.mark.parametrize("layers", ["first", "both"])


def task_of(net: Network, *, eta: float, steps: int, layers: Layers) -> Task:
    x, y, _, _ = net.tensors
    return Task(
        x=torch.stack((x, x)),
        y=torch.stack((y, y)),
        m=len(net.a),
        eta=eta,
        steps=steps,
        d=x.shape[-1],
        both=layers == "both",
        keep_H=True,
    )


def all_folded(net: Network, task: Task) -> Folded:
    x, _, w, a = net.tensors
    sums = Sums.of(x @ w.mT, a, both=task.both).present()
    if task.both:
        return BothLayers(sums, task.x, task.m, float(w.norm(dim=1).max()))
    return FirstLayer(sums, task.x, task.m)


NOBODY = Neurons(torch.ones(3, 0).double(), *(torch.ones(0).double(),) * 2, torch.ones(0) > 0)


@both_or_first
@pytest.mark.parametrize("seed", range(4))
def test_neurons_that_keep_their_patterns_may_all_be_folded(seed: int, layers: Layers) -> None:
    net = drawn(np.random.default_rng(seed), n=3, m=60, d=2, scale=0.03)
    task = task_of(net, eta=0.3, steps=12, layers=layers)
    true = descent(net, eta=0.3, steps=12, both=task.both)
    on = true.w @ net.x.T >= 0
    assert (on == on[0]).all(), "the oracle flips: choose another seed"
    trace = Run(task, NOBODY, all_folded(net, task), torch.zeros(2, 3).double()).go()
    np.testing.assert_allclose(trace.e[0].numpy(), true.e, rtol=0, atol=1e-14)
    assert trace.flips.tolist() == [0] * 12
    x, w, a = torch.from_numpy(net.x), torch.from_numpy(true.w), torch.from_numpy(true.a)
    torch.testing.assert_close(trace.H, H(x, w, a) if task.both else H(x, w))
    if task.both:
        torch.testing.assert_close(trace.G2, G2(x, w))
    drift = trace.drift
    moved = np.linalg.norm(true.w - true.w[0], axis=-1)
    assert (drift.low[0].numpy() <= moved.max(axis=1) + 1e-15).all()
    assert (drift.high[0].numpy() >= moved.max(axis=1) - 1e-15).all()
    assert (drift.output[0].numpy() >= true.output_movement - 1e-15).all()
    went = np.abs((true.w - true.w[0]) @ net.x.T).max(axis=1)
    assert (drift.reach[0].numpy() >= went - 1e-15).all()
    # And not by much more than that.
    assert drift.reach[0, -1].max() < 3 * went[-1].max()
    if task.both:
        assert drift.high[0, -1] < 1.2 * moved[-1].max()
        assert drift.output[0, -1] < 2 * true.output_movement[-1]
    else:
        np.testing.assert_allclose(drift.high[0].numpy(), moved.max(axis=1), rtol=1e-12)


@both_or_first
def test_nobody_folded_is_nobody_that_moves(layers: Layers) -> None:
    net = drawn(np.random.default_rng(0), n=3, m=5, d=2, scale=1.0)
    task = task_of(net, eta=0.1, steps=3, layers=layers)
    none = Network(net.x, net.y, net.w[:0], net.a[:0])
    x, _, w, a = none.tensors
    sums = Sums.of(x @ w.mT, a, both=task.both).present()
    folded: Folded = (
        BothLayers(sums, task.x, 5, 1.0) if task.both else FirstLayer(sums, task.x, 5)
    )  # fmt: skip
    trace = Run(task, NOBODY, folded, torch.zeros(2, 3).double()).go()
    assert torch.equal(trace.e[0, -1], task.y[0])
    assert float(trace.drift.high.max()) == float(trace.drift.reach.max()) == 0
    assert float(trace.movement.max()) == float(trace.output.max()) == 0


def test_moments_are_asked_for() -> None:
    net = drawn(np.random.default_rng(0), n=2, m=5, d=2, scale=1.0)
    x, _, w, a = net.tensors
    with pytest.raises(ValueError, match="no second moments"):
        BothLayers(Sums.of(x @ w.mT, a, both=False), torch.stack((x, x)), 5, 1.0)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_subset_sums_are_the_largest_over_all_subsets(n: int) -> None:
    rng = np.random.default_rng(n)
    x, c = torch.from_numpy(rng.normal(size=(n, 3))), torch.from_numpy(rng.normal(size=(4, n)))
    G = gram(x)
    subsets = [torch.tensor(bits) for bits in itertools.product((0.0, 1.0), repeat=n)]
    brute = torch.stack([((c * bits.double()) @ G).abs() for bits in subsets]).amax(dim=0)
    torch.testing.assert_close(subset_sums(G, c), brute)


def spread_data() -> tuple[Tensor, Tensor, Tensor]:
    net = drawn(np.random.default_rng(8), n=3, m=4000, d=3, scale=0.0)
    x, _, w, _ = net.tensors
    return gram(x), H(x, w), G2(x, w)


@pytest.mark.parametrize(("eta", "steps"), [(0.3, 7), (0.3, 1500), (2.2, 300)])
def test_the_likely_reach_is_that_of_a_linear_recurrence(eta: float, steps: int) -> None:
    G, K, _ = spread_data()
    e = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    c, most, left = torch.zeros_like(e), torch.zeros_like(e), e
    for _ in range(steps):
        c, left = c + eta * left, left - eta * (K @ left)
        most = torch.maximum(most, subset_sums(G, c))
    torch.testing.assert_close(likely_reach(K, G, e, eta=eta, steps=steps), most)


def test_a_run_that_diverges_reaches_everything() -> None:
    G, K, covariance = spread_data()
    e = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    assert bool(likely_reach(K, G, e, eta=50.0, steps=10_000).isinf().all())
    assert bool(first_reach(K, covariance, G, e, eta=50.0, steps=10_000).isinf().all())


def test_the_first_reach_is_seldom_exceeded() -> None:
    G, K, covariance = spread_data()
    y = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    first = first_reach(K, covariance, G, y, eta=0.5, steps=100)
    rng = np.random.default_rng(3)
    starts = torch.from_numpy(rng.normal(size=(400, 3))) @ torch.linalg.cholesky(covariance).mT
    reached = torch.stack([likely_reach(K, G, y - u, eta=0.5, steps=100) for u in starts])
    assert float((reached > first).any(dim=1).double().mean()) < 0.02
    assert bool((first < 4 * reached.quantile(0.5, dim=0)).all())


@pytest.mark.parametrize(("n", "d"), [(1, 1), (1, 3), (2, 2), (3, 2), (4, 4), (6, 3)])
def test_the_largest_in_a_cone_is_the_length_of_a_projection(n: int, d: int) -> None:
    rng = np.random.default_rng((n, d))
    x, w = torch.from_numpy(rng.normal(size=(n, d))), torch.from_numpy(rng.normal(size=(30, d)))
    masks = (w @ x.mT >= 0).double()
    v = torch.from_numpy(rng.normal(size=(30, d)))
    found = largest_in_cone(v, x, masks)
    inside = ((w / w.norm(dim=1, keepdim=True)) * v).sum(dim=1)
    assert bool((found >= inside - 1e-14).all())
    # Moreau: the projection on the cone is what non-negative least squares leaves of v.
    sides = ((2 * masks - 1).unsqueeze(-1) * x).numpy()
    exact = np.array([nnls(-side.T, each)[1] for side, each in zip(sides, v.numpy(), strict=True)])
    assert (found.numpy() >= exact - 1e-12).all()
    assert bool((found <= v.norm(dim=1) + 1e-14).all())
    assert np.median(found.numpy() - exact) < 1e-2


def test_nothing_is_gained_along_zero() -> None:
    x, masks = torch.eye(2, dtype=torch.float64), torch.ones(1, 2, dtype=torch.float64)
    v = torch.tensor([[[0.0, 0.0]], [[-1.0, -1.0]], [[-1.0, 1.0]], [[1.0, 1.0]]]).double()
    expected = [[0.0], [0.0], [1.0], [math.sqrt(2)]]
    torch.testing.assert_close(largest_in_cone(v, x, masks), torch.tensor(expected).double())
