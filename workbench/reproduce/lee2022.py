"""Lee, Sim, Ye: one ReLU neuron learns another one; its angle and its magnitude along the flow."""

from __future__ import annotations

import math

import numpy as np

from dynamics import neuron_flow
from verdicts import Approx, Margin, at_least, at_most, every
from workbench.reproduce.figure import Curve, Drawn, Figure, Ordering, Panel, Told
from workbench.reproduce.orderings import Floats, columns, rises, stacked

NORMS = (0.1, 0.3, 1.0, 3.0)
_ANGLE, _SIZE = 2.0, 1.0  # between w(0) and v, radians; |v|
_LOOK = 2.0  # time at which angles are compared


def dynamics(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """Angle and magnitude along the flow from starts of four sizes."""
    times = np.linspace(0.0, 10.0 if small else 30.0, 41 if small else 121)
    look = int(np.argmin(np.abs(times - _LOOK)))
    flows, axis = {}, times.tolist()
    for i, norm in enumerate(NORMS):
        flows[norm] = neuron_flow(_ANGLE, norm, _SIZE, times)
        told((i + 1) / len(NORMS))
    names = [f"|w(0)| = {norm:g}" for norm in NORMS]
    angles = tuple(Curve(k, axis, f.angle) for k, f in zip(names, flows.values(), strict=True))
    sizes = tuple(Curve(k, axis, f.norm) for k, f in zip(names, flows.values(), strict=True))
    at = stacked([flow.angle[look] for flow in flows.values()])
    reached = stacked([flow.norm[-1] for flow in flows.values()])
    turning = {k: at_most(c.y[1:], c.y[:-1], scale=c.y[:-1])
               for k, c in zip(names, angles, strict=True)}  # fmt: skip
    inside = {k: _bounded(c.y, norm, times)
              for k, c, norm in zip(names, sizes, NORMS, strict=True)}  # fmt: skip
    return Drawn(
        title=f"|v| = {_SIZE:g}, angle {_ANGLE:g} at the start, Gaussian inputs",
        panels=(
            Panel("angle", "time", "$\\theta(t)$ (radians)", angles, "y"),
            Panel("magnitude", "time", "$|w(t)|$", sizes, "y"),
        ),
        orderings=(
            rises(f"the smaller the start, the smaller the angle at t = {times[look]:g}", at,
                  NORMS),
            Ordering("the angle never grows", every(**turning)),
            Ordering("the magnitude stays between its bounds", every(**inside)),
        ),
        table=columns(("|w(0)|", f"angle at {times[look]:g}", f"|w| at {times[-1]:g}"), NORMS, at,
                      reached),
        error="the flow at two tolerances, ten times the difference",
    )  # fmt: skip


def _bounded(norm: Approx, first: float, times: Floats) -> Margin:
    """h(theta_0)/pi |v| (1 - e^(-t/2)) + |w_0| e^(-t/2) <= |w| <= |v| (1 - e^(-t/2)) + ... ."""
    h = (math.pi - _ANGLE) * math.cos(_ANGLE) + math.sin(_ANGLE)
    faded = np.exp(-times / 2)
    least = _SIZE * h / math.pi * (1 - faded) + first * faded
    most = _SIZE * (1 - faded) + first * faded
    rounding = 1e-14 * most
    return every(
        below=at_most(norm, Approx.around(most, rounding), scale=norm, resolution=1e-8),
        above=at_least(norm, Approx.around(least, rounding), scale=norm, resolution=1e-8),
    )


DYNAMICS = Figure(
    name="lee2022.angle_and_magnitude",
    paper="Lee, Sim, Ye: Magnitude and Angle Dynamics ... (arXiv:2209.13394v2)",
    shows="angle and magnitude of a single neuron along training, between their bounds (abstract "
    "read; of the figures it is only known that they verify the bounds)",
    here="the flow of one layer on Gaussian inputs; deep neurons, which a small start slows, are "
    "not drawn",
    kinship="of a statement",
    source="not read",
    draw=dynamics,
)
