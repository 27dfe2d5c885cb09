"""The figures that can be drawn, and why some papers have none."""

from __future__ import annotations

from workbench.reproduce import (
    agarwala2022,
    arora2019,
    chen2018,
    du2019,
    implicit_networks,
    langosco2021,
    lee2022,
    liu2022,
    liu2022energy,
    senen2020,
    yang2023,
)
from workbench.reproduce.figure import Figure

FIGURES: dict[str, Figure] = {
    one.name: one
    for one in (
        du2019.FIGURE_1,
        arora2019.FIGURE_1,
        arora2019.FIGURE_2,
        agarwala2022.SENSITIVITY,
        chen2018.CONSISTENCY,
        implicit_networks.TRAINING,
        implicit_networks.GAUSSIANITY,
        implicit_networks.KERNELS,
        langosco2021.FUNNEL,
        lee2022.DYNAMICS,
        liu2022.BY_WIDTH,
        liu2022energy.ENERGY,
        senen2020.DEPTH,
        yang2023.RELAXATION,
    )
}
"""By name."""

_THEORY = "no experiments, as far as recalled; its text was not looked through for figures"
_EXTERNAL = "its experiments need image data from outside (recalled)"

NONE: dict[str, str] = {
    "du2019deep": "the paper has no experiments (read)",
    "frei2021": _THEORY,
    "gao2022generalization": _EXTERNAL,
    "gao2022linear": _EXTERNAL,
    "havens2023": _EXTERNAL,
    "kawaguchi2016": _THEORY,
    "lee2016": _THEORY,
    "ling2024": _EXTERNAL,
    "nitanda2019": "its figures were not read, and what they plot is not recalled",
    "truong2025": "its figures were not read, and what they plot is not recalled",
    "wu2024": "its figures were not read, and what they plot is not recalled",
    "yang2022": "its figures were not read, and what they plot is not recalled",
    "yu1995": "the text was not read; its local minima are claims of the catalogue",
}
"""Papers of the catalogue without a figure, and why."""
