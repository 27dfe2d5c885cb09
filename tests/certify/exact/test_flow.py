"""The exact flow against closed forms: one input, two inputs, slides and what ends them."""

from collections.abc import Iterator

import pytest
from flint import arb, arb_mat

from certify.exact.balls import Hopeless, Undecided, precision
from certify.exact.flow import flow
from tests.certify.exact.flows import after, apart, exactly, matrices, plain, recipe

LITERAL = recipe([[1, 0], [3, 4]], [[0, 2]], [1], [-10, 1])
ARRIVING = recipe([[1, 0], [3, 4]], [["1/20", 2]], [1], [-10, 1])
G = [[1.0, 0.6], [0.6, 1.0]]


def says(ball: arb, value: arb, *, bits: int = 90) -> bool:
    """Whether a ball of 128 bits is this number, and knows so."""
    return bool(ball.overlaps(value) and ball.rad() < arb(2) ** -bits)


@pytest.fixture(autouse=True)
def _more_bits() -> Iterator[None]:
    with precision(160):
        yield


def test_at_time_zero_nothing_has_happened() -> None:
    run = after(LITERAL, 0)
    assert (run.slides, run.flips, float(run.drift)) == (0, 0, 0.0)
    assert matrices(run) == [G]
    assert [float(e) for e in run.e] == [-10.0, 1.0]


@pytest.mark.parametrize("time", ["1/7", 3, 40])
def test_neurons_that_keep_their_pattern_decay_exponentially(time: int | str) -> None:
    run = after(recipe([[2]], [[5], [-1], [-1], [7]], [1, 1, -1, -1], [1], normalised=False), time)
    # |x|^2 = 4 and two of four neurons are on.
    decay = (-2 * exactly(time)).exp()
    assert says(run.e[0], decay)
    assert says(run.drift, (1 - decay) / 2)
    assert (run.slides, run.flips) == (0, 0)
    assert matrices(run) == [[[2.0]]]


@pytest.mark.parametrize(("weight", "sign", "residual"), [("1/10", 1, -10), ("1/10", -1, 10)])
def test_a_dying_neuron_rests_and_counts_as_off(weight: str, sign: int, residual: int) -> None:
    given = recipe([[1]], [[weight]], [sign], [residual])
    run = after(given, 1)
    assert says(run.e[0], exactly(residual) + exactly(sign) / 10)
    assert says(run.drift, exactly(weight))
    assert (run.slides, run.flips) == (0, 1)
    assert matrices(run) == [[[1.0]], [[0.0]]]
    (alive, _), (dead, _) = run.pieces
    death = -(1 - exactly("1/100")).log()
    assert says(alive, death)
    assert says(dead, 1 - death)
    before = after(given, "1/101")
    assert before.slides == 0
    assert says(before.e[0], residual * (-exactly("1/101")).exp())


def test_neurons_die_one_after_the_other() -> None:
    run = after(recipe([[1]], [["1/10"], [1]], [1, 1], [-2]), 9)
    # Each moves by e/sqrt 2, and e' = -e, then e' = -e/2, then nothing.
    root = arb(2).sqrt()
    first = -(1 - root / 20).log()
    e = -2 * (-first).exp()
    second = -2 * (1 - exactly("9/10") / (-e * root)).log()
    assert says(run.pieces[0][0], first)
    assert says(run.pieces[1][0], second)
    assert says(run.e[0], e * (-second / 2).exp())
    assert says(run.drift, arb(1))
    assert (run.slides, run.flips) == (0, 2)


def test_a_neuron_on_its_only_hyperplane_rests_or_has_several_futures() -> None:
    pushed = after(recipe([[1]], [[0]], [1], [-3]), 5)
    assert (float(pushed.e[0]), float(pushed.drift), pushed.flips) == (-3.0, 0.0, 1)
    with pytest.raises(Hopeless, match="not known to be unique"):
        after(recipe([[1]], [[0]], [1], [3]), 5)


def test_without_any_residual_nothing_moves() -> None:
    run = after(recipe([[1], [-1]], [[0], [3]], [1, -1], [0, 0]), 5)
    assert float(run.drift) == 0.0
    assert [float(e) for e in run.e] == [0.0, 0.0]


def test_the_literal_indicator_is_refuted_by_a_slide_from_the_start() -> None:
    run = after(LITERAL, 1)
    assert run.e[0] == -10
    assert says(run.e[1], (-exactly("16/25")).exp())
    assert says(run.drift, (1 - (-exactly("16/25")).exp()) / exactly("4/5"))
    assert (run.slides, run.flips) == (1, 0)
    assert matrices(run) == [G]
    assert len(run.pieces) == 1


def test_a_neuron_that_arrives_between_two_opposed_pushes_sticks() -> None:
    run = after(ARRIVING, 1)
    (moving, _), (sliding, _) = run.pieces
    # Before: e' = -G e, and w.x_1 = 1/20 + integral of (G e)_1 = 1/20 + e_1(0) - e_1(t).
    assert says(run.e[0], -10 + exactly("1/20"))
    decay = arb_mat([[-1, -exactly("3/5")], [-exactly("3/5"), -1]])
    e = (decay * moving).exp() * arb_mat([[-10], [1]])
    assert says(e[0, 0], -10 + exactly("1/20"), bits=80)
    assert says(run.e[1], e[1, 0] * (-exactly("16/25") * sliding).exp(), bits=80)
    assert (run.slides, run.flips) == (1, 0)
    assert matrices(run) == [G]


def test_a_slide_ends_when_the_push_from_above_is_gone() -> None:
    # Neuron B sees x_1 alone and takes e_1 to 0 at the rate 1/2; e_2 falls at 8/25 while A slides.
    given = recipe([[1, 0], [3, 4]], [[0, 2], [50, -50]], [1, 1], [-4, 5])
    end = exactly("50/9") * (arb(4) / 3).log()
    during = after(given, 1)
    assert says(during.e[0], -4 * (-exactly("1/2")).exp())
    assert says(during.e[1], 5 * (-exactly("8/25")).exp())
    assert len(during.pieces) == 1
    run = after(given, 4)
    assert says(run.pieces[0][0], end, bits=80)
    g, left = exactly("3/5"), 4 - end
    decay = arb_mat([[arb(-1), -g / 2], [-g / 2, -exactly("1/2")]]) * left
    e = decay.exp() * arb_mat([[-4 * (-end / 2).exp()], [5 * (-end * exactly("8/25")).exp()]])
    assert says(run.e[0], e[0, 0], bits=70)
    assert says(run.e[1], e[1, 0], bits=70)
    assert (run.slides, run.flips, len(run.pieces)) == (1, 0, 2)
    assert matrices(run) == [[[1.0, 0.3], [0.3, 0.5]]]


def test_opposite_inputs_share_a_hyperplane_and_hold_a_neuron_between_them() -> None:
    run = after(recipe([[1], [-1]], [["1/2"]], [1], [-3, -4]), 3)
    assert says(run.e[0], -exactly("5/2"))
    assert says(run.pieces[0][0], (arb(6) / 5).log())
    assert says(run.e[1], arb(-4))
    assert (run.slides, run.flips) == (1, 1)  # at 0 the paper counts it as on for both
    assert matrices(run) == [[[1.0, 0.0], [0.0, 0.0]], [[1.0, -1.0], [-1.0, 1.0]]]


def test_a_neuron_may_pass_from_an_input_to_the_opposite_one() -> None:
    run = after(recipe([[1], [-1]], [["1/2"]], [1], [-3, 4]), 3)
    crossing = (arb(6) / 5).log()
    assert says(run.e[0], -exactly("5/2"))
    assert says(run.e[1], 4 * (crossing - 3).exp())
    assert (run.slides, run.flips) == (0, 2)
    # On the hyperplane itself it is on for both, for an instant.
    instant = run.pieces[1]
    assert instant[0].is_zero()
    assert matrices(run)[1] == [[1.0, -1.0], [-1.0, 1.0]]


def test_a_pattern_of_the_first_instant_alone_is_kept() -> None:
    # w.x_1 = 0, and x_2 drives the neuron to where x_1 is off.
    run = after(recipe([[1, 0], [-3, 4]], [[0, 1]], [1], ["-1/10", 1]), 1)
    (instant, first), (rest, later) = run.pieces
    assert instant.is_zero()
    assert [[float(z) for z in row] for row in first] == [[1.0, -0.6], [-0.6, 1.0]]
    assert [[float(z) for z in row] for row in later] == [[0.0, 0.0], [0.0, 1.0]]
    assert rest == 1
    assert (run.slides, run.flips) == (0, 1)
    assert says(run.e[1], arb(-1).exp())


def test_symmetric_neurons_meet_their_hyperplanes_at_once() -> None:
    given = recipe([[1, 0], [0, 1]], [[1, 1]], [1], [-5, -5])
    run = after(given, 1)
    assert all(says(e, arb(-4)) for e in run.e)
    assert says(run.drift, arb(2).sqrt())
    assert (run.slides, run.flips) == (0, 2)
    assert says(run.pieces[0][0], (arb(5) / 4).log())


def test_equal_neurons_are_one_event_where_the_network_knows_them() -> None:
    equal: list[list[int | str]] = [[1, "-1/2"]] * 3
    given = recipe([[1, 0], [4, 3]], [*equal, [-1, 2]], [1, 1, 1, 1], [-9, 2])
    alone, together = (after(given, 2, network=network) for network in (apart, plain))
    for one, other in zip([*alone.e, alone.drift], [*together.e, together.drift], strict=True):
        assert one.overlaps(other)
    # Otherwise nobody knows in which order they come, and H is what lies between.
    assert any(z.rad() > 0.1 for _, H in alone.pieces for row in H for z in row)
    assert all(z.rad() < 1e-9 for _, H in together.pieces for row in H for z in row)
    assert (together.slides, together.flips) == (alone.slides, alone.flips)


def test_at_the_very_time_of_an_event_nothing_is_decided() -> None:
    with pytest.raises(Undecided, match="too near to the time"):
        flow(plain(recipe([[1]], [["1/10"]], [1], [-10])), -(1 - exactly("1/100")).log())


def test_a_time_before_the_start_is_refused() -> None:
    with pytest.raises(Undecided, match="positive"):
        after(LITERAL, -1)
