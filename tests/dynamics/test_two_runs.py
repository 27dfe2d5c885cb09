"""What two runs an ulp apart tell, each number beside a loop written out."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamics.enclosures import around, doubled, not_negative, nudged
from dynamics.two_runs import joined, last_of, movement_error, parted, residual_error, shaken

NO = np.zeros((), dtype=bool)


@dataclass(frozen=True)
class Moves:
    moved: Tensor
    apart: Tensor
    pushed: Tensor


@dataclass(frozen=True)
class Seen:
    e: Tensor
    lost: Tensor
    last: tuple[Tensor, ...]


def drawn(*shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(sum(shape)).normal(size=shape))


def test_a_doubled_value_is_itself_and_an_ulp_away() -> None:
    values = drawn(3, 4)
    both = doubled(values, keep=1)
    assert torch.equal(both[0], values)
    assert torch.equal(both[1], nudged(values, keep=1))
    assert 0 < float((both[0] - both[1]).abs().max()) < 1e-15


def test_the_difference_counts_for_eight_steps_ten_times() -> None:
    e = np.zeros((2, 1, 12, 2))
    e[1, 0, 2] = [1e-9, -3e-9]
    wanted = [3e-8 if 2 <= k < 10 else 0.0 for k in range(12)]
    assert residual_error(e)[0, :, 0] == pytest.approx(wanted, rel=1e-15)


def test_a_moved_block_is_off_by_difference_pushes_and_roundings() -> None:
    moved, apart, pushed = drawn(2, 5, 3).abs(), drawn(2, 5, 3).abs(), drawn(2, 5, 3).abs()
    found = movement_error(Moves(moved, apart, pushed))
    for s, k, p in np.ndindex(2, 5, 3):
        late = max(float(apart[s, j, p]) for j in range(k + 1))
        eps = 2.0**-52 * (16 + k**0.5) * float(moved[s, k, p])
        assert found[s, k, p] == pytest.approx(10 * late + float(pushed[s, k, p]) + eps, rel=1e-15)


def test_runs_that_parted_once_stay_parted() -> None:
    e = np.ones((2, 2, 4, 1))
    e[1, 0, 1] += 3e-7  # ten times it are 3e-6, a residual of 1 twice and a label of 0.9
    e[1, 1, 1] += 2.8e-7
    assert parted(e, np.full((2, 1), 0.9)).tolist() == [[False, True, True, True], [False] * 4]


def test_labels_of_zero_do_not_part_runs_that_have_vanished() -> None:
    e = np.array([[[[1.0], [1e-20]]], [[[1.0], [2e-20]]]])
    assert not parted(e, np.zeros((1, 1))).any()


def test_a_shake_moves_the_second_run_alone_by_half_a_bound() -> None:
    e, rounding = drawn(2, 3, 5), drawn(3, 5).abs()
    signs = []
    for k in (0, 1, 1024):
        found = shaken(e, rounding, k)
        assert torch.equal(found[0], e[0])
        moves = (found[1] - e[1]) / rounding
        assert (moves.abs() - 0.5).abs().max() < 1e-12
        assert (moves.sign() == moves.sign()[:1]).all()  # alike for every seed
        signs.append(moves.sign()[0].tolist())
    assert signs[0] == signs[2]
    assert signs[0] != signs[1]


def test_chunks_of_seeds_are_joined_where_seeds_lie() -> None:
    whole = Seen(drawn(2, 5, 3), drawn(5, 4), (drawn(5, 2, 2), drawn(5, 1)))
    parts = [
        Seen(whole.e[:, rows], whole.lost[rows], tuple(t[rows] for t in whole.last))
        for rows in (slice(0, 2), slice(2, 3), slice(3, 5))
    ]
    found = joined(parts, of_both=("e",))
    assert torch.equal(found.e, whole.e)
    assert torch.equal(found.lost, whole.lost)
    assert all(map(torch.equal, found.last, whole.last))


def test_what_was_lost_ends_at_infinity_in_the_shape_of_the_start() -> None:
    last, lost = (drawn(4, 2, 3), drawn(4, 2)), torch.tensor([False, True, False, False])
    starts = (torch.zeros(2, 2, 2, 3), torch.zeros(2, 2, 2))
    for block, found in zip(last, last_of(last, lost, starts), strict=True):
        assert found.shape[:2] == (2, 2)
        assert torch.equal(found[0, 0], block[0])
        assert bool(torch.isinf(found[0, 1]).all())
        assert torch.equal(found[1], block[2:])


def test_nonnegative_numbers_are_unknown_where_an_end_is() -> None:
    found = around(np.array([1.0, 0.1, np.nan]), np.array([0.25, 0.5, 0.0]), NO)
    assert found.lower.tolist() == [0.75, 0.0, 0.0]
    assert found.upper.tolist() == [1.25, 0.6, np.inf]
    unknown = np.array([True, False])
    hidden = not_negative(np.array([1.0, 1.0]), np.array([2.0, 2.0]), unknown)
    assert (hidden.lower.tolist(), hidden.upper.tolist()) == ([0.0, 1.0], [np.inf, 2.0])
