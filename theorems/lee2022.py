"""Lee, Sim, Ye: Magnitude and Angle Dynamics in Training Single ReLU Neurons.

arXiv:2209.13394v2, of which the abstract was read; the statements are derived. One neuron learns
another one, L(w) = (1/2) E (relu(w.x) - relu(v.x))^2 over x ~ N(0, I), by gradient flow. theta is
the angle between w and v, h(theta) = (pi - theta) cos(theta) + sin(theta), which is in [0, pi].
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from certify import enclosed
from claims import claim, not_executable, reached, wrong
from dynamics import neuron_flow, neuron_gradient
from models import gaussian_weights
from strategies import exact_decimals, horizons, whole_numbers
from verdicts import (
    Approx,
    Expectation,
    Margin,
    Seeds,
    at_least,
    at_most,
    equal_to,
    every,
    exactly,
    expectation_equal,
)

ANGLES = exact_decimals(min_value=0.01, max_value=3.1)
SIZES = exact_decimals(min_value=0.1, max_value=9)
PAIR = {"angle": ANGLES, "norm": SIZES, "size": SIZES}
FLOW = 1e-6  # resolution along a flow that is integrated
MOST_TIMES = 24
HALF = Fraction(1, 2)
SAMPLES = 64  # inputs that one row averages over

generalisation = not_executable(
    "Deep networks learn a neuron more slowly from a small start",
    where="abstract",
    reason="what is meant beyond the speed at the start, checked here, could not be read",
)


@claim(
    "Gradient of the population risk",
    for_all=PAIR | {"along": exact_decimals(min_value=0, max_value=3)},
    topics=["probabilistic", "neuron"],
    text="derived",
    mutants=[
        wrong(
            turn=0.0,
            because="at right angles the term with sin(theta) is 1/(2 pi) along w",
            witness={"angle": Fraction(157, 100), "norm": 1, "size": 1, "along": 0},
        )
    ],
)
def population_gradient(
    angle: Fraction, norm: Fraction, size: Fraction, along: Fraction, *, turn: float = 1.0
) -> Expectation:
    """Grad L(w) = w/2 - ((pi - theta) v + |v| sin(theta) w/|w|)/(2 pi).

    E q.x (relu(w.x) - relu(v.x)) 1{w.x >= 0} = q.grad L(w) for a unit vector q of the plane. A term
    has at most the second moment 6 (|w|^2 + |v|^2), and a row averages 64 of them.
    """
    v, w = np.array([float(size), 0.0]), float(norm) * _direction(float(angle))
    q = _direction(float(along))
    gradient = neuron_gradient(w, v)
    missing = (1 - turn) * math.sin(float(angle)) * float(size) / (2 * math.pi)
    value = float(q @ (gradient + missing * w / float(norm)))

    def sample(seeds: Seeds) -> Approx:
        x = gaussian_weights(SAMPLES, 2, seeds)
        along_w, along_v, along_q = (x @ torch.from_numpy(p).to(x) for p in (w, v, q))
        terms = along_q * (along_w.relu() - along_v.relu()) * (along_w >= 0).to(x)
        size_of = 1e-13 * (terms.abs().mean(dim=-1) + 1)
        return enclosed(terms.mean(dim=-1), size_of)

    spread = 6 * float(norm**2 + size**2)
    return expectation_equal(
        sample,
        enclosed(torch.tensor(value, dtype=torch.float64), 1e-13 * math.sqrt(spread)),
        variance_at_most=spread / SAMPLES,
        floats_per_seed=SAMPLES * 8,
        scale=math.sqrt(spread),
    )


@claim(
    "Dynamics of angle and magnitude",
    for_all=PAIR | {"t": horizons(max_t=20)},
    topics=["flow", "neuron"],
    text="derived",
    mutants=[
        wrong(
            reflected=0,
            because="the factor (pi - theta)/pi is 0.36 at theta = 2",
            witness={"angle": 2, "norm": 1, "size": 1, "t": 1.0},
        ),
        wrong(
            pull=2.0,
            because="only half of all inputs see the neuron, so that |w| fades at rate 1/2",
            witness={"angle": 3, "norm": 1, "size": 1, "t": 1.0},
        ),
    ],
)
def angle_and_magnitude(
    angle: Fraction,
    norm: Fraction,
    size: Fraction,
    t: float,
    *,
    reflected: int = 1,
    pull: float = 1.0,
) -> Margin:
    """Angle and magnitude obey two scalar equations.

    d theta/dt = -(pi - theta) |v| sin(theta)/(2 pi |w|) and d|w|/dt = -|w|/2 + |v| h(theta)/(2 pi):
    their solution, by an implicit method, is that of the flow in the plane up to 1e-6.
    """
    times = _times(t)
    teacher, scale = float(size), float(max(norm, size))
    flow = neuron_flow(float(angle), float(norm), teacher, times)

    def scalar(_: float, point: Any) -> list[float]:
        theta, rho = point
        share = (math.pi - theta) / math.pi if reflected else 1.0
        turn = -share * teacher * math.sin(theta) / (2 * rho)
        return [turn, -pull * rho / 2 + teacher * _h(theta) / (2 * math.pi)]

    start = [float(angle), float(norm)]
    thetas, rhos = solve_ivp(
        scalar, (0.0, t), start, method="Radau", t_eval=times, rtol=1e-10, atol=1e-12
    ).y
    other = Approx.around(thetas, 1e-8), Approx.around(rhos, 1e-8 * scale)
    return every(
        angle=equal_to(flow.angle, other[0], resolution=FLOW),
        magnitude=equal_to(flow.norm, other[1], scale=scale, resolution=FLOW),
    )


@claim(
    "The angle never grows",
    for_all=PAIR | {"t": horizons(max_t=20)},
    topics=["flow", "neuron"],
    text="derived",
    mutants=[
        wrong(
            away=1.0,
            because="only the direction of v attracts; to that of -v the angle grows",
            witness={"angle": 1, "norm": 1, "size": 1, "t": 1.0},
        )
    ],
)
def angle_falls(
    angle: Fraction, norm: Fraction, size: Fraction, t: float, *, away: float = 0.0
) -> Margin:
    """Along the flow theta is non-increasing (between any two of the printed times)."""
    flow = neuron_flow(float(angle), float(norm), float(size), _times(t))
    angles = away * math.pi + flow.angle * (1 - 2 * away)
    return at_most(angles[1:], angles[:-1], resolution=FLOW)


@claim(
    "Bounds of the magnitude",
    for_all=PAIR | {"t": horizons(max_t=20)},
    topics=["flow", "neuron"],
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            start="aligned",
            because="at a wide angle the neuron sees little of its teacher: h(2) = 0.43, not pi",
            witness={"angle": 2, "norm": 1, "size": 1, "t": 1.0},
        ),
        wrong(
            ceiling=0.5,
            because="an aligned neuron grows to |v|",
            witness={"angle": Fraction(1, 100), "norm": 1, "size": 1, "t": 1.0},
        ),
    ],
)
def magnitude_bounds(
    angle: Fraction,
    norm: Fraction,
    size: Fraction,
    t: float,
    *,
    start: str = "angle",
    ceiling: float = 1.0,
) -> Margin:
    """The magnitude stays between two exponential approaches.

    |v| h(theta(0))/pi (1 - e^(-t/2)) + |w(0)| e^(-t/2) <= |w(t)|
        <= |v| (1 - e^(-t/2)) + |w(0)| e^(-t/2).
    """
    times, teacher = _times(t), float(size)
    flow = neuron_flow(float(angle), float(norm), teacher, times)
    scale = float(max(norm, size))
    left = (exactly(times) * -0.5).exp()
    least = _h(float(angle)) / math.pi if start == "angle" else 1.0
    kept = left * float(norm)
    return every(
        above=at_least(
            flow.norm, (1 - left) * (teacher * least) + kept, scale=scale, resolution=FLOW
        ),
        below=at_most(
            flow.norm, (1 - left) * (teacher * ceiling) + kept, scale=scale, resolution=FLOW
        ),
    )


@claim(
    "Opposite directions are a separatrix",
    for_all={"norm": SIZES, "size": SIZES, "t": horizons(max_t=20)},
    topics=["flow", "neuron"],
    text="derived",
    mutants=[
        wrong(
            off=0.1,
            because="any other start is pulled by its teacher",
            witness={"norm": 1, "size": 9, "t": 4.0},
        )
    ],
)
def separatrix(norm: Fraction, size: Fraction, t: float, *, off: float = 0.0) -> Margin:
    """At theta = pi the neuron only fades: |w(t)| = |w(0)| e^(-t/2), since h(pi) = 0."""
    times = _times(t)
    flow = neuron_flow(math.pi - off, float(norm), float(size), times)
    faded = (exactly(times) * -0.5).exp() * float(norm)
    return equal_to(flow.norm, faded, scale=float(max(norm, size)), resolution=FLOW)


@claim(
    "Layers on top, speed at the start",
    for_all={
        "angle": ANGLES,
        "small": exact_decimals(min_value=0.1, max_value=0.9),
        "size": SIZES,
        "layers": whole_numbers(min_value=1, max_value=6),
    },
    topics=["neuron"],
    text="derived",
    mutants=[
        wrong(
            lost=1,
            because="one layer turns at the speed 1/eps, two at a speed that is free of eps",
            witness={"angle": 1, "small": HALF, "size": 1, "layers": 2},
        )
    ],
)
def speed_at_the_start(
    angle: Fraction, small: Fraction, size: Fraction, layers: int, *, lost: int = 2
) -> Margin:
    """A balanced small start turns the faster the fewer layers there are.

    For the output a_2 ... a_L relu(w.x) with |w| = a_l = eps the angle of w changes at the speed
    eps^(L - 2) (pi - theta) |v| sin(theta)/(2 pi): faster than for eps = 1 if L = 1, slower if
    L >= 3. The gradient in w is that of one neuron at a_2 ... a_L w, times a_2 ... a_L.
    """
    reached(n=layers)
    theta, eps, teacher = float(angle), float(small), float(size)
    w, v = eps * _direction(theta), np.array([teacher, 0.0])
    on_top = eps ** (layers - 1)
    velocity = -on_top * neuron_gradient(on_top * w, v)
    across = _direction(theta + math.pi / 2)
    turned = float(across @ velocity) / eps
    stated = eps ** (layers - lost) * (math.pi - theta) * teacher * math.sin(theta) / (2 * math.pi)
    scale = on_top * teacher / eps
    rounding = 1e-14 * (scale + on_top**2)
    return equal_to(Approx.around(turned, rounding), Approx.around(-stated, rounding), scale=scale)


def _direction(angle: float) -> NDArray[np.float64]:
    return np.array([math.cos(angle), math.sin(angle)])


def _h(theta: float) -> float:
    return (math.pi - theta) * math.cos(theta) + math.sin(theta)


def _times(t: float) -> NDArray[np.float64]:
    return np.linspace(0.0, t, MOST_TIMES)
