"""Data for tests of the table, and ways to ask it and the claims."""

from fractions import Fraction
from inspect import signature

import numpy as np

from claims import Claim
from models import Dataset
from verdicts import Approx
from workbench.advice.data import Data
from workbench.advice.facts import Facts, facts_of
from workbench.advice.table import THEOREMS
from workbench.advice.theorem import Applied, Setting, apply

CLOSE = 1e-9


def random_data(seed: int, n: int = 3, d: int = 4) -> Dataset:
    random = np.random.default_rng(seed)
    rows = random.integers(-50, 50, size=(n, d)) + np.eye(n, d, dtype=int) * 60
    labels = [Fraction(int(z), 10) for z in random.integers(-9, 10, size=n)]
    return Dataset.of(rows=rows.tolist(), labels=[*labels[:-1], Fraction(9, 10)])


def facts(data: Dataset, sigma: str = "tanh") -> Facts:
    return facts_of(Data("random", data.x, data.y, ("a",) * data.d, data.n), sigma)


def at(data: Dataset, name: str, **setting: object) -> Applied:
    (theorem,) = [one for one in THEOREMS if one.id == name]
    return apply(theorem, facts(data), Setting(**setting))  # type: ignore[arg-type]


def default(claim: Claim, constant: str) -> float:
    """The value of a constant of the claim."""
    return float(signature(claim.function).parameters[constant].default)


def same(found: Approx | None, claimed: int) -> bool:
    """Whether the claim's whole width is the enclosed one rounded up, to 1e-9."""
    assert found is not None
    return claimed - 1 - CLOSE * claimed <= found.high <= claimed * (1 + CLOSE)
