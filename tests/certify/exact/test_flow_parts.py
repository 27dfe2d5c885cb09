"""Parts of the exact flow: the range of a linear flow, hyperplanes, corners, the first event."""

import pytest
from flint import arb, arb_mat

from certify.exact.balls import Hopeless, Undecided, allowance, precision
from certify.exact.flow_corners import settled
from certify.exact.flow_kinks import Hyperplanes
from certify.exact.flow_linear import LinearFlow, column
from certify.exact.flow_search import Watched, first_event
from tests.certify.exact.flows import after, apart, exactly, plain, recipe

H = arb_mat([[2, 1, 0], [1, 1, 0], [0, 0, 0]])


def falling(e: list[int], base: list[arb], rows: list[list[int]]) -> Watched:
    return Watched(
        linear=LinearFlow(arb_mat([[1]]), [arb(z) for z in e]),
        base=column(base),
        rows=arb_mat(rows),
        holds=arb_mat(0, 1, []),
        turning=frozenset(),
    )


@pytest.mark.parametrize(("low", "high"), [("0", "1/8"), ("1/2", "3"), ("1/100", "1000")])
def test_the_range_of_a_linear_flow_holds_all_its_values(low: str, high: str) -> None:
    linear = LinearFlow(H, [arb(1), arb(-3), arb(7)])
    first, last = linear.at(exactly(low)), linear.at(exactly(high))
    reach = linear.between(first, last)
    for k in range(33):
        e = linear.at(first.t + (last.t - first.t) * k / 32).e
        assert all(reach[i, 0].contains(e[i, 0].mid()) for i in range(3))


def test_the_range_of_a_linear_flow_is_narrow_where_it_has_come_to_rest() -> None:
    linear = LinearFlow(H, [arb(1), arb(-3), arb(7)])
    late = linear.between(linear.at(arb(200)), linear.at(arb(10) ** 30))
    assert all(late[i, 0].rad() < 1e-9 for i in range(3))


def test_the_integral_of_a_linear_flow() -> None:
    linear = LinearFlow(H, [arb(1), arb(-3), arb(7)])
    end = linear.at(arb(2))
    gained = H * end.E
    assert all((linear.start[i, 0] - end.e[i, 0]).overlaps(gained[i, 0]) for i in range(3))
    assert end.E[2, 0].overlaps(arb(14))


def test_the_first_of_many_zeros_is_found_to_the_last_bits() -> None:
    # e = exp(-t): 1/2 - E and 1/3 - E reach 0 at log 2 and log(3/2); 2 - E never does.
    watched = falling([1], [exactly("1/2"), exactly("1/3"), arb(2)], [[-1], [-1], [-1]])
    low, high, _ = first_event(watched, arb(10), arb(10))
    first = (arb(3) / 2).log()
    assert low <= first
    assert first <= high
    assert high - low < 1e-14
    quiet, end, _ = first_event(watched.only([2]), arb(10), arb(10))
    assert quiet == end == 10


def test_two_zeros_close_to_each_other_are_not_missed() -> None:
    # E_1 - E_2 grows and falls: a function that dips below 0 by 1e-12 for a moment.
    with precision(256):
        linear = LinearFlow(arb_mat([[1, 0], [0, 3]]), [arb(1), arb(2)])
        # derivative exp(-3t) 2 - exp(-t) of E_2 - E_1 vanishes at t = log(2)/2.
        turn = linear.at(arb(2).log() / 2)
        deepest = (turn.E[0, 0] - turn.E[1, 0]).mid()

        def dips(depth: arb) -> Watched:
            rows, none = arb_mat([[1, -1]]), arb_mat(0, 2, [])
            return Watched(linear, column([-deepest - depth]), rows, none, frozenset())

        low, _, _ = first_event(dips(arb(10) ** -24), arb(5), arb(5))
        assert low < arb(2).log() / 2
        assert abs(low - arb(2).log() / 2) < 1e-11
        quiet, _, _ = first_event(dips(-(arb(10) ** -24)), arb(5), arb(5))
        assert quiet == 5
        with pytest.raises(Undecided, match="reaches"):
            first_event(dips(arb(0)), arb(5), arb(5))


def test_parallel_inputs_share_a_line() -> None:
    given = recipe([[1, 2], [3, 1], [-2, -4], [1, 2]], [[1, 1]], [1], [1, 1, 1, 1])
    for planes in (Hyperplanes(plain(given)), Hyperplanes(apart(given))):
        assert planes.first == [0, 1]
        assert planes.line == [0, 1, 0, 0]
        assert planes.side == [1, 1, -1, 1]
        assert planes.active((-1, 1)) == (False, True, True, False)
        assert planes.active((0, -1), 0) == (True, False, True, True)


def test_inputs_without_a_residual_for_ever_are_told() -> None:
    joined = recipe([[1, 0, 0], [1, 1, 0], [0, 0, 1]], [[1, 1, 1]], [1], [0, 2, 0])
    assert Hyperplanes(plain(joined)).live == [True, True, False]


@pytest.mark.parametrize(
    ("e", "mode"),
    [([-1, -1], (0,)), ([-1, 1], (-1,)), ([1, -1], (1,))],
)
def test_between_opposite_inputs_the_pushes_decide(e: list[int], mode: tuple[int, ...]) -> None:
    planes = Hyperplanes(plain(recipe([[1], [-1]], [[0]], [1], [*e])))
    found = settled(planes, (-1,), [0], 1, [arb(z) for z in e], together=True)
    assert found == mode


def test_between_opposite_pulls_there_is_no_telling() -> None:
    planes = Hyperplanes(plain(recipe([[1], [-1]], [[0]], [1], [1, 1])))
    with pytest.raises(Hopeless, match="unique"):
        settled(planes, (-1,), [0], 1, [arb(1), arb(1)], together=True)


def test_a_neuron_at_the_origin_is_left_alone_if_nothing_is_convex() -> None:
    with pytest.raises(Undecided, match="several hyperplanes"):
        after(recipe([[1, 0], [1, 1]], [[0, 0]], [1], [1, -1]), 1)


def test_a_resting_neuron_that_is_pulled_again_has_several_futures() -> None:
    # Neuron 1 rests on x_1 with e_1 < 0; neuron 2 then takes e_1 through 0, because of x_2.
    given = recipe([[1, 0], [-4, 3]], [["1/10", -1], [50, 100]], [1, 1], [-9, 20])
    assert (after(given, 1).slides, after(given, 1).flips) == (0, 1)
    with pytest.raises(Hopeless, match="unique"):
        after(given, 2)


def test_the_work_is_counted() -> None:
    with allowance(1000), pytest.raises(Hopeless, match="work"):
        after(recipe([[1]], [["1/10"]], [1], [-10]), 1)


def test_a_neuron_without_an_output_weight_stays_where_it_is() -> None:
    run = after(recipe([[1, 0], [1, 1]], [[0, 0], [1, 1]], [0, 1], [1, -1]), 1)
    alone = after(recipe([[1, 0], [1, 1]], [[-9, -9], [1, 1]], [0, 1], [1, -1]), 1)
    assert all(p.overlaps(q) for p, q in zip(run.e, alone.e, strict=True))
    assert (run.flips, alone.flips) == (0, 0)


def test_a_neuron_at_the_origin_that_is_pushed_off_every_input_rests() -> None:
    run = after(recipe([[1, 0], [1, 1], [1, -3]], [[0, 0]], [1], [-1, -2, -3]), 7)
    assert [float(e) for e in run.e] == [-1.0, -2.0, -3.0]
    assert (run.slides, run.flips, float(run.drift)) == (0, 3, 0.0)


def test_a_neuron_at_the_origin_leaves_where_every_mode_but_one_contradicts_itself() -> None:
    # x_1 = -x_2: up the line of x_1 and down, and x_3 from its off side.
    run = after(recipe([[1, 0], [-1, 0], [0, 1]], [[0, 0]], [1], [-1, 2, -5]), 3)
    assert run.e[1].overlaps(2 * arb(-3).exp())
    assert (run.slides, run.flips) == (1, 1)
    assert float(run.e[0]) == -1.0
