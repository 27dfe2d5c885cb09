"""The maps that have a name: a claim, two letters, and what the letters mean in the claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from certify import lambda_max, lambda_min
from claims.commands.phase import spaced
from models import Dataset, H_inf

Letters: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NamedMap:
    """What a name stands for.

    Attributes:
        claim: its id.
        question: the title of the picture.
        x, y: name, (first, last, how many), and whether they are spaced by factors.
        given: other parameters and constants of the claim.
        data, samples: the family of data and the n where no axis is n.
        part: the inequality of the claim's conjunction that is looked at; "" for all.
        guard: constants with which the claim states its premise too; None where it always does.
        letter: a letter that is none of the claim's own; "" without one.
        derived: from that letter and all others, parameters and constants of the claim.
        edge_letter: the letter on whose axis the theorem's own boundary is told.
        edge: the boundary there, from all other letters; None: the width that the claim asks for.
        edge_words: what that line is.
        inside: whether the theorem speaks of values "above" or "below" it, or "" of neither.
        note: what the picture cannot show.
    """

    claim: str
    question: str
    x: tuple[str, tuple[float, float, int], bool]
    y: tuple[str, tuple[float, float, int], bool]
    given: Letters = field(default_factory=dict)
    data: str = "random"
    samples: int = 1
    part: str = ""
    guard: Letters | None = None
    letter: str = ""
    derived: Callable[[Letters], Letters] | None = None
    edge_letter: str = "m"
    edge: Callable[[Letters], float] | None = None
    edge_words: str = "the width that the claim asks for"
    inside: str = "above"
    note: str = ""

    @property
    def axes(self) -> dict[str, dict[str, Any]]:
        """Its two axes as a request tells of them."""
        return {"x": _told(*self.x), "y": _told(*self.y)}


def _told(name: str, span: tuple[float, float, int], log: bool) -> dict[str, Any]:  # noqa: FBT001
    return {"name": name, "values": spaced(*span, log=log), "log": log}


def _step(letters: Letters) -> Letters:
    """The constant `step` of Theorem 4.1, whose eta is step * lambda_0/n^2."""
    data: Dataset = letters["data"]
    kernel = H_inf(data.x)
    eta = letters["eta_lambda"] / lambda_max(kernel).high
    return {"step": eta * data.n**2 / lambda_min(kernel).low}


def _stated_step(letters: Letters) -> float:
    data: Dataset = letters["data"]
    kernel = H_inf(data.x)
    return lambda_max(kernel).high * lambda_min(kernel).low / (4 * data.n**2)


def _contraction(letters: Letters) -> Letters:
    """The constant `tail` of Lemma 2.1 with which its bound 2 sqrt(m) + t is sqrt(m)/gamma."""
    m, gamma = letters["m"], letters["gamma"]
    deviation = math.sqrt(2 * math.log(1 / letters["delta"]))
    return {"columns": m, "tail": (math.sqrt(m) / gamma - 2 * math.sqrt(m)) / deviation}


def _stated_gamma(letters: Letters) -> float:
    m = letters["m"]
    return math.sqrt(m) / (2 * math.sqrt(m) + math.sqrt(2 * math.log(1 / letters["delta"])))


MAPS: Mapping[str, NamedMap] = MappingProxyType(
    {
        "width-step": NamedMap(
            "du2019.theorem_4_1",
            "Does gradient descent decay at the stated rate?",
            ("m", (2, 4096, 12), True),
            ("eta_lambda", (0.002, 1.9, 12), True),
            {"delta": 0.1, "certified": False},
            "orthonormal",
            4,
            guard={"certified": True},
            letter="eta_lambda",
            derived=_step,
            edge_letter="eta_lambda",
            edge=_stated_step,
            edge_words="the step of the theorem, eta = lambda_0/(4 n^2)",
            inside="",
            note="8 steps, rate 1 - eta lambda_0/2 a step of ||e||^2; the premise is "
            "lambda_min(H_core(R)) > lambda_0/4 + (n + sqrt n) s + eta n^2/2",
        ),
        "width-n": NamedMap(
            "du2019.lemma_3_1",
            "Is lambda_min(H(0)) >= 3/4 lambda_0?",
            ("m", (4, 16384, 12), True),
            ("n", (1, 12, 12), False),
            {"delta": 0.1},
            part="curvature",
            edge_words="the width of the lemma, 8 n^2 log(2 n^2/delta)/lambda_0^2",
        ),
        "gamma-m": NamedMap(
            "gao2022concentration.lemma_2_1",
            "Is the equilibrium's map a contraction, gamma ||A|| <= sqrt(m)?",
            ("gamma", (0.2, 0.75, 12), False),
            ("m", (2, 128, 12), True),
            {"delta": 0.1},
            letter="gamma",
            derived=_contraction,
            edge_letter="gamma",
            edge=_stated_gamma,
            edge_words="gamma of the lemma, sqrt(m)/(2 sqrt(m) + sqrt(2 log(1/delta)))",
            inside="below",
            note="a contraction has exactly one equilibrium (gao2022wellposed.lemma_2_2)",
        ),
        "gamma-m-limit": NamedMap(
            "gao2022limits.at_finite_width",
            "Is ||z||^2 within a third of its limit, and the activity within 1/6?",
            ("gamma", (0.1, 1.2, 12), False),
            ("m", (4, 96, 12), True),
            note="undecided rows: no contraction, so that the equilibrium has no error bound",
        ),
    }
)
