"""Chen, Luss: Stochastic Gradient Descent with Biased but Consistent Gradient Estimators.

arXiv:1807.11880v4, of which the text was not read; the statements are derived. h_k is the gradient
at w_k and g_k its estimate; on the event |g_k - h_k| <= delta |h_k| for all k everything below is
deterministic. Functions are sums over coordinates with exact numbers, and the estimates scale each
coordinate by a factor in [1 - delta, 1 + delta], by turns. Biases are in chen2018bias.
"""

from fractions import Fraction
from functools import partial
from itertools import pairwise

from claims import assume_premise, claim, not_executable, reached, wrong
from dynamics import consistent_descent
from strategies import decimal_lists, exact_decimals, factor_tables, whole_numbers
from verdicts import Margin, at_least, at_most, every, exactly

Point = tuple[Fraction, ...]
Factors = tuple[tuple[Fraction, ...], ...]
HALF = Fraction(1, 2)
KINK = {  # slope 1000 on [0, 1/1000] and 1 elsewhere, from its corner, exact gradients
    "low": 1,
    "steep": 1000,
    "corner": Fraction(1, 1000),
    "start": [Fraction(1, 1000)],
    "factors": [[1]],
    "steps": 2,
}

paper_constants = not_executable(
    "Constants of the convergence theorems",
    where="text not read",
    reason="strongly convex O(1/T), convex and non-convex O(1/sqrt T) with probability >= 1 - eps "
    "for large N; what is checked here has constants of its own",
)


@claim(
    "Strongly convex, decreasing steps",
    for_all={
        "low": exact_decimals(min_value=0.1, max_value=9),
        "steep": whole_numbers(min_value=1, max_value=1000),
        "corner": exact_decimals(min_value=Fraction(1, 1000), max_value=9),
        "start": decimal_lists(max_size=3),
        "factors": factor_tables(max_delta=Fraction(1, 1000)),
        "steps": whole_numbers(min_value=2, max_value=30),
    },
    topics=["stochastic", "convex"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            factor=1,
            because="the induction fails at its first step, 1 - 2/1 = -1: 1.996 at k = 2",
            witness=KINK,
        ),
        wrong(factor=Fraction(199, 100), because="1.996 at k = 2", witness=KINK),
        wrong(
            power=2,
            because="the second iterate is as far off as the first",
            witness=KINK,
        ),
    ],
)
def strongly_convex(
    low: Fraction,
    steep: int,
    corner: Fraction,
    start: Point,
    factors: Factors,
    steps: int,
    *,
    factor: Fraction | int = 2,
    power: int = 1,
) -> Margin:
    """With steps 1/(c k) the squared distance falls as 2 Q/k, and the factor 2 is needed.

    If f is l-strongly convex and L-smooth, delta < l/L, c = l - delta L, and |h_k| <= G at the
    iterates, then |w_k - w*|^2 <= 2 (1 + delta)^2 G^2/(c^2 k) for all k >= 1. Here f' = l w for
    w <= 0, L w up to a corner, and l (w - corner) + L corner beyond, in every coordinate;
    L = l steep. The commonly printed max(|w_1 - w*|^2, Q)/k, Q = (1 + delta)^2 G^2/c^2, is false.
    """
    delta, smooth = _delta(factors), low * steep
    c = low - delta * smooth
    assume_premise("delta < l/L", at_least(exactly(c / low), exactly(HALF / 1000)))
    _suppose_moving(start)
    slope = partial(_kinked, low=low, smooth=smooth, corner=corner)
    run = consistent_descent(slope, start, factors, lambda k: 1 / (c * k), steps)
    reached(d=len(start), steps=steps)
    scale = (1 + delta) ** 2 * run.largest / c**2
    distances = [sum(z * z for z in w) for w in run.points]
    worst = max(k**power * a for k, a in enumerate(distances, 1))
    return at_most(exactly(worst), exactly(factor * scale), scale=_size(scale))


@claim(
    "Convex, constant steps",
    for_all={
        "weights": decimal_lists(max_size=3, min_value=0.1, max_value=3),
        "start": decimal_lists(min_size=3, max_size=3),
        "factors": factor_tables(max_delta=1),
        "gamma": exact_decimals(min_value=0.01, max_value=1),
        "steps": whole_numbers(min_value=1, max_value=200),
    },
    topics=["stochastic", "convex"],
    text="derived",
    mutants=[
        wrong(
            floor=0,
            because="an estimate may hide a coordinate for ever: |x| + |y|/10 from (0, 1)",
            witness={
                "weights": [1, Fraction(1, 10)],
                "start": [0, 1, 0],
                "factors": [[1, 0]],
                "gamma": Fraction(1, 20),
                "steps": 200,
            },
        ),
        wrong(
            noise=0,
            because="|x| from gamma/2 keeps swinging between gamma/2 and -gamma/2",
            witness={
                "weights": [1],
                "start": [HALF, 0, 0],
                "factors": [[1]],
                "gamma": 1,
                "steps": 200,
            },
        ),
    ],
)
def convex(
    weights: Point,
    start: Point,
    factors: Factors,
    gamma: Fraction,
    steps: int,
    *,
    floor: int = 1,
    noise: int = 1,
) -> Margin:
    """For convex functions a relative error leaves a floor, delta G times the largest distance.

    (1/T) sum_k f(w_k) - f* <= |w_1 - w*|^2/(2 gamma T) + gamma (1 + delta)^2 G^2/2
    + delta G max_k |w_k - w*|, here for f = sum_i b_i |w_i| (subgradient b_i sign(w_i), sign(0) =
    1), with the least delta and G that the run allows.
    """
    start = start[: len(weights)]
    _suppose_moving(start)
    run = consistent_descent(partial(_signs, weights), start, factors, lambda _: gamma, steps)
    reached(d=len(start), steps=steps)
    total = sum(b * abs(z) for w in run.points for b, z in zip(weights, w, strict=True))
    delta, G = exactly(run.squared_delta).sqrt(), exactly(run.largest).sqrt()
    farthest = exactly(max(sum(z * z for z in w) for w in run.points)).sqrt()
    first = exactly(sum((z * z for z in start), start=Fraction(0)) / (2 * gamma * steps))
    second = (1 + delta) ** 2 * exactly(run.largest * gamma / 2 * noise)
    bound = first + second + delta * G * farthest * floor
    return at_most(exactly(total / steps), bound, scale=bound + 1e-3)


@claim(
    "Non-convex, smooth",
    for_all={
        "start": decimal_lists(max_size=3, min_value=-20, max_value=20),
        "factors": factor_tables(max_delta=Fraction(9, 10)),
        "steps": whole_numbers(min_value=1, max_value=500),
    },
    topics=["stochastic"],
    text="derived",
    mutants=[
        wrong(
            lost=0,
            because="estimates three quarters too short take four times as long on a ramp",
            witness={"start": [10], "factors": [[Fraction(1, 4)]], "steps": 440},
        ),
        wrong(
            longer=Fraction(5, 2),
            because="steps that are too long for the estimate overshoot",
            witness={"start": [1], "factors": [[1]], "steps": 2},
        ),
    ],
)
def smooth(
    start: Point, factors: Factors, steps: int, *, lost: int = 1, longer: Fraction | int = 1
) -> Margin:
    """For smooth functions a relative error below 1 costs a factor 1/(1 - delta) and no floor.

    If f is L-smooth and gamma <= (1 - delta)/(L (1 + delta)^2), then f(w_{k+1}) <= f(w_k) -
    gamma (1 - delta)/2 |h_k|^2, so that min_{k <= T} |h_k|^2 <= 2 (f(w_1) - f*)/(gamma (1 - delta)
    T). Here f' = w on [-1, 1] and +-1 beyond, in every coordinate: L = 1, f* = 0.
    """
    _suppose_moving(start)
    delta = _delta(factors)
    gamma = longer * (1 - delta) / (1 + delta) ** 2
    run = consistent_descent(_ramp, start, factors, lambda _: gamma, steps)
    reached(d=len(start), steps=steps)
    loss = [sum(map(_huber, w), start=Fraction(0)) for w in run.points]
    sizes = [sum((z * z for z in h), start=Fraction(0)) for h in run.slopes]
    gain = gamma * (1 - delta * lost) / 2
    pairs = zip(pairwise(loss), sizes, strict=False)
    falls = max((b - a + gain * size for (a, b), size in pairs), default=Fraction(0))
    least = exactly(min(sizes) * steps * gain)
    return every(
        step=at_most(exactly(falls), exactly(0.0), scale=_size(loss[0])),
        least=at_most(least, exactly(loss[0]), scale=_size(loss[0])),
    )


def _suppose_moving(start: Point) -> None:
    """All of these functions have their minimum at 0, where everything is 0 <= 0."""
    assume_premise(
        "w_1 != w*", at_least(exactly(max(map(abs, start))), exactly(Fraction(1, 10**6)))
    )


def _kinked(point: Point, *, low: Fraction, smooth: Fraction, corner: Fraction) -> Point:
    def slope(z: Fraction) -> Fraction:
        if z <= 0:
            return low * z
        return smooth * z if z <= corner else smooth * corner + low * (z - corner)

    return tuple(map(slope, point))


def _signs(weights: Point, point: Point) -> Point:
    return tuple(b if z >= 0 else -b for b, z in zip(weights, point, strict=True))


def _ramp(point: Point) -> Point:
    return tuple(max(Fraction(-1), min(Fraction(1), z)) for z in point)


def _huber(z: Fraction) -> Fraction:
    return z * z / 2 if abs(z) <= 1 else abs(z) - HALF


def _delta(factors: Factors) -> Fraction:
    """The largest relative error that the factors can make."""
    return max(abs(factor - 1) for turn in factors for factor in turn)


def _size(value: Fraction) -> float:
    return max(float(value), 1e-6)
