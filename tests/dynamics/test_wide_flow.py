import math

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamics import Flow, WideFlow, decay_times, gradient_flow, wide_flow
from dynamics.problem import Layers
from dynamics.wide import flow_first as wide_flow_first
from models import gaussian_weights, rademacher_signs
from tests.dynamics.oracles import Network, flow, outside
from verdicts import Approx, Seeds

SEEDS = Seeds((7, 8), first=5, count=2)
TIMES = torch.tensor([0.0, 0.3, 1.0, 4.0, 15.0], dtype=torch.float64)


def data(n: int, d: int, *, scale: float = 1.0, key: int = 0) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng((n, d, key))
    x = rng.normal(size=(n, d))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return torch.from_numpy(x), torch.from_numpy(scale * rng.normal(size=n))


def dense(
    x: Tensor,
    y: Tensor,
    seeds: Seeds,
    m: int,
    *,
    times: Tensor = TIMES,
    layers: Layers = "first",
    keep_path: bool = True,
) -> Flow:
    w, a = gaussian_weights(m, x.shape[1], seeds), rademacher_signs(m, seeds)
    return gradient_flow(x, y, w, a, times=times, layers=layers, keep_path=keep_path)


def meet(one: Approx, other: Approx, *, tolerance: float = 0.0) -> bool:
    apart = np.maximum(one.lower - other.upper, other.lower - one.upper)
    return bool((apart <= tolerance).all())


def assert_meet(found: WideFlow, true: Flow | WideFlow) -> None:
    assert meet(found.squared_residual, true.squared_residual)
    assert meet(found.log_ratio(), true.log_ratio())
    assert meet(found.movement, true.movement, tolerance=1e-15)
    assert meet(found.output_movement, true.output_movement, tolerance=1e-15)


def assert_same(found: WideFlow, true: Flow | WideFlow, *, tolerance: float = 1e-11) -> None:
    assert_meet(found, true)
    for flag in ("slid", "several", "undecided"):
        assert getattr(found, flag).tolist() == getattr(true, flag).tolist()
    torch.testing.assert_close(found.residual, true.residual, rtol=0, atol=tolerance)
    torch.testing.assert_close(found.H, true.H, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("n", "d", "m", "scale"),
    [
        (1, 1, 2000, 1.0),
        (1, 4, 2000, 5.0),
        (2, 2, 2000, 1.0),
        (2, 5, 2000, 0.1),
        (3, 2, 600, 1.0),
        (4, 4, 400, 0.5),
        (6, 3, 300, 0.3),
        (2, 3, 1, 0.5),
        (3, 3, 10, 2.0),
    ],
)
def test_the_flow_is_that_of_the_whole_network(n: int, d: int, m: int, scale: float) -> None:
    x, y = data(n, d, scale=scale)
    wide, whole = wide_flow(x, y, SEEDS, m=m, times=TIMES), dense(x, y, SEEDS, m)
    assert_same(wide, whole)
    decided = ~(wide.several | wide.undecided)
    assert bool(decided.any())
    assert wide.squared_residual.width[decided.numpy()].max() < 1e-9
    assert wide.movement.width[decided.numpy()].max() < 1e-11
    assert m < 1000 or n > 2 or wide.candidates.max() < 2 * m / 3
    assert not wide.output_movement.upper.any()
    assert not wide.both


def test_many_small_networks_and_their_slides() -> None:
    rng, slid, known = np.random.default_rng(0), 0, 0
    for key in range(24):
        n, d, m = (int(v) for v in rng.integers((1, 1, 4), (4, 4, 60)))
        x, y = data(n, d, scale=float(rng.choice([0.1, 1.0, 10.0])), key=key)
        x = x * torch.from_numpy(rng.uniform(0.5, 2.0, size=(n, 1)))
        wide, whole = wide_flow(x, y, SEEDS, m=m, times=TIMES), dense(x, y, SEEDS, m)
        assert_meet(wide, whole)
        assert wide.slid.tolist() == whole.slid.tolist()
        decided = ~(wide.several | wide.undecided | whole.several | whole.undecided)
        torch.testing.assert_close(
            wide.residual[decided], whole.residual[decided], rtol=0, atol=1e-10
        )
        slid, known = slid + int(wide.slid.sum()), known + int(decided.sum())
    assert slid >= 8
    assert known >= 30


def test_opposite_and_equal_inputs_share_their_hyperplanes() -> None:
    x, y = data(2, 2)
    x, y = torch.cat((x, x[:1], -x[1:])), torch.cat((y, y[:1] + 1, y[1:]))
    assert_meet(wide_flow(x, y, SEEDS, m=300, times=TIMES), dense(x, y, SEEDS, 300))


@pytest.mark.parametrize(("n", "m"), [(1, 100_000), (2, 30_000)])
def test_what_steps_over_kinks_encloses_it(n: int, m: int) -> None:
    x, y = data(n, n, scale=0.5)
    wide = wide_flow(x, y, SEEDS, m=m, times=TIMES)
    whole = dense(x, y, SEEDS, m, keep_path=False)
    assert whole.squared_residual.width.max() < 0.1
    assert_meet(wide, whole)
    assert wide.candidates.max() < m / 8
    assert wide.squared_residual.width.max() < 1e-9


def alone(z: Tensor, a: Tensor, y: float, times: Tensor) -> tuple[np.ndarray, int]:
    """One unit input: e is piecewise linear in its own integral c, and times are logarithms."""
    m, on = len(a), z >= 0
    e = y - float(a @ z.clamp_min(0)) / math.sqrt(m)
    sign = math.copysign(1.0, e)
    dying = torch.sort(z[on & (a * sign < 0)] * math.sqrt(m)).values.numpy()
    begin, share, t, shown, met = 0.0, float(on.sum()) / m, 0.0, [], 0
    pending = times.tolist()
    for kink in [*dying, np.inf]:
        left = abs(e) - share * (kink - begin)
        end = t + math.log(abs(e) / left) / share if left > 0 else np.inf
        while pending and pending[0] <= end:
            shown.append(e * math.exp(-share * (pending.pop(0) - t)))
        if not pending:
            break
        begin, share, t, e, met = kink, share - 1 / m, end, sign * left, met + 1
    return np.array(shown), met


@pytest.mark.parametrize("label", [0.0, 3.0, -6.0])
def test_one_input_has_a_closed_form(label: float) -> None:
    x, y, m = torch.ones(1, 1, dtype=torch.float64), torch.tensor([label]).double(), 20_000
    wide, kinks = wide_flow(x, y, SEEDS, m=m, times=TIMES), 0
    w, a = gaussian_weights(m, 1, SEEDS), rademacher_signs(m, SEEDS)
    for row in range(SEEDS.count):
        e, met = alone(w[row, :, 0], a[row], label, TIMES)
        kinks += met
        np.testing.assert_allclose(wide.residual[row, :, 0].numpy(), e, rtol=1e-10)
        inside = Approx(wide.squared_residual.lower[row], wide.squared_residual.upper[row])
        assert outside(inside, e**2, tolerance=0) == 0
    assert kinks > 20


def test_scipy_finds_the_same() -> None:
    x, y = torch.eye(2, dtype=torch.float64), torch.tensor([1.0, -2.0], dtype=torch.float64)
    wide = wide_flow(x, y, SEEDS, m=150, times=TIMES)
    assert (wide.uniqueness.slack.lower > 0).all()
    assert (wide.plainness.slack.lower > 0).all()
    w, a = gaussian_weights(150, 2, SEEDS), rademacher_signs(150, SEEDS)
    net = Network(x.numpy(), y.numpy(), w[0].numpy(), a[0].numpy())
    true = flow(net, TIMES.tolist(), rtol=1e-9)
    np.testing.assert_allclose(wide.residual[0].numpy(), true.e, atol=1e-6)
    np.testing.assert_allclose(wide.movement.lower[0], true.movement, atol=1e-6)


@pytest.mark.parametrize(("guess", "streams"), [("first_reach", 2), ("likely_reach", 1)])
def test_a_band_too_narrow_is_widened(
    guess: str, streams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = data(2, 2)
    usual = wide_flow(x, y, SEEDS, m=3000, times=TIMES)
    assert usual.streams.tolist() == [1, 1]
    monkeypatch.setattr(f"dynamics.wide.search.{guess}", lambda *_, **__: torch.full((2,), 0.3))
    again = wide_flow(x, y, SEEDS, m=3000, times=TIMES)
    assert again.streams.min() >= streams
    assert again.streams.max() == 1 or streams == 2
    assert_same(again, usual, tolerance=1e-12)


def test_what_was_not_enough_is_told_by_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the check the narrow band would give another flow: the test above has teeth.
    x, y = data(2, 2)
    usual = wide_flow(x, y, SEEDS, m=3000, times=TIMES)
    monkeypatch.setattr(
        "dynamics.wide.search.likely_reach", lambda *_, **__: torch.full((2,), 0.02)
    )
    monkeypatch.setattr(wide_flow_first, "GUARD", math.inf)
    wrong = wide_flow(x, y, SEEDS, m=3000, times=TIMES)
    assert not meet(wrong.squared_residual, usual.squared_residual)


def test_chunks_and_batches_make_no_difference() -> None:
    x, y = data(2, 2)
    labels = torch.stack((y, y + 1))
    whole = wide_flow(x, labels, SEEDS, m=3000, times=TIMES)
    pieces = wide_flow(x, labels, SEEDS, m=3000, times=TIMES, chunk=700)
    assert_same(whole, pieces, tolerance=1e-12)
    second = wide_flow(x, y + 1, SEEDS.block(6, 1), m=3000, times=TIMES)
    torch.testing.assert_close(second.residual[0], whole.residual[1], rtol=0, atol=1e-12)


def test_groups_of_seeds_are_followed_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = data(2, 2)
    together = wide_flow(x, y, SEEDS, m=2000, times=TIMES)
    monkeypatch.setattr(wide_flow_first, "_HELD", 1)
    assert_same(wide_flow(x, y, SEEDS, m=2000, times=TIMES), together, tolerance=1e-12)


def test_a_residual_of_zero_stays() -> None:
    x, seeds = torch.eye(2, dtype=torch.float64)[:1], Seeds((7, 8), count=20)
    y = torch.zeros(1, dtype=torch.float64)
    wide = wide_flow(x, y, seeds, m=1, times=TIMES)
    off = gaussian_weights(1, 2, seeds)[:, 0, 0] < 0
    assert 0 < off.sum() < 20
    assert not wide.residual[off].any()
    assert not np.isnan(wide.log_ratio().upper).any()


@pytest.mark.parametrize("rate", [1e-6, 1e6])
def test_very_long_and_very_short_times(rate: float) -> None:
    x, y = data(2, 2)
    times = decay_times(rate, count=3)
    wide = wide_flow(x, y, SEEDS, m=300, times=times)
    assert_same(wide, dense(x, y, SEEDS, 300, times=times))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"m": 0}, r"m=0; give an integer >= 1"),
        ({"chunk": 0}, r"chunk=0; give an integer >= 1"),
        ({"layers": "last"}, r"layers='last'; give 'first' or 'both'"),
        ({"x": torch.eye(9), "y": torch.ones(9), "layers": "both"}, r"n=9, .*give at most 8 inp"),
        ({"times": TIMES[1:]}, r"give increasing times, the first one 0"),
        ({"times": TIMES[:1]}, r"give increasing times, the first one 0"),
        ({"times": torch.tensor([0.0, math.inf])}, r"give increasing times, the first one 0"),
        ({"y": torch.ones(3)}, r"give one finite label per input"),
        ({"y": torch.tensor([1.0, math.nan])}, r"give one finite label per input"),
        ({"y": torch.tensor([1.0, 1e31])}, r"y has an entry of size 1e\+31; give numbers up to"),
        ({"seeds": Seeds((7, 8), dtype="float32")}, r"give seeds in 'float64'"),
        ({"x": torch.eye(53)[:, :2] + 1, "y": torch.ones(53)}, r"n=53, .*give at most 52 inputs"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, object], message: str) -> None:
    x, y = data(2, 2)
    given: dict[str, object] = {"x": x, "y": y, "seeds": SEEDS, "m": 10, "times": TIMES}
    with pytest.raises(ValueError, match=message):
        wide_flow(**(given | change))  # type: ignore[arg-type]
