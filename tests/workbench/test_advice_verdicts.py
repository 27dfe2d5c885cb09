"""Premises, facts and verdicts of the linter, and what certificates say of one start."""

from dataclasses import replace
from math import inf, pi
from typing import Any

import numpy as np
import pytest
import torch

from models import SeedNumber, Start, gaussian_weights, rademacher_signs
from theorems import du2019sharper
from verdicts import Approx, exactly
from workbench.advice.data import Data
from workbench.advice.facts import Facts, facts_of
from workbench.advice.lint import least_width, nearest, summary
from workbench.advice.looks import look
from workbench.advice.table import THEOREMS
from workbench.advice.theorem import Applied, Premise, Setting, apply
from workbench.advice.words import missed, number

AXES = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def data_of(x: Any, y: Any) -> Data:
    inputs = torch.tensor(x, dtype=torch.float64)
    columns = tuple(f"column {j}" for j in range(inputs.shape[1]))
    return Data("own", inputs, torch.tensor(y, dtype=torch.float64), columns, len(inputs))


def known(x: Any, y: Any) -> Facts:
    return facts_of(data_of(x, y), "sin")


def everything(facts: Facts, **setting: Any) -> list[Applied]:
    return [apply(theorem, facts, Setting(**setting)) for theorem in THEOREMS]


def one(facts: Facts, name: str, **setting: Any) -> Applied:
    return next(found for found in everything(facts, **setting) if found.theorem.id == name)


@pytest.mark.parametrize(
    ("relation", "found", "met"),
    [
        ("<=", (1.0, 1.0), True),
        ("<", (1.0, 1.0), False),
        ("<", (0.5, 0.99), True),
        (">=", (1.0, 1.0), True),
        (">", (1.0, 1.0), False),
        (">=", (0.9, 1.1), None),
        ("<=", (0.9, 1.1), None),
        (">=", (0.1, 0.2), False),
        ("<=", (1.1, 2.0), False),
    ],
)
def test_a_premise_is_met_only_if_certainly(relation: Any, found: Any, met: bool | None) -> None:
    premise = Premise("it", "step", "it", Approx(*found), relation, exactly(1.0))
    assert premise.met is met
    assert replace(premise, found=None).met is None


def test_a_factor_says_by_how_much() -> None:
    width = Premise("width", "width", "m", exactly(10), ">=", Approx(20.0, 40.0))
    assert width.factor is not None
    assert (width.factor.low, width.factor.high) == pytest.approx((2, 4))
    assert missed(width) == "missed by 2..4"
    step = Premise("step", "step", "eta", exactly(0.5), "<=", exactly(0.1))
    assert missed(step) == "missed by 5"
    never = Premise("width", "width", "m", exactly(10), ">=", exactly(inf))
    assert missed(never) == "missed at every width"
    nothing = Premise("lambda_0 > 0", "data", "", exactly(0.0), ">", exactly(0.0))
    assert missed(nothing) == "missed"
    assert missed(replace(step, found=None)) == "not given"
    assert missed(replace(step, found=Approx(0.0, 1.0))) == "cannot be told"


def test_the_facts_of_orthonormal_rows() -> None:
    facts = known(AXES, [1, -2, 0.5])
    assert facts.lambda_0.low == pytest.approx(0.5)
    assert facts.lambda_G.low == pytest.approx(0.5 - 1 / (2 * pi))
    assert facts.G.high == pytest.approx(1)
    assert facts.G_frobenius.high == pytest.approx(3**0.5)
    assert facts.C.high == 2
    assert facts.closest is not None
    assert facts.closest.angle.low == pytest.approx(pi / 2)
    assert facts.labels == ()
    assert facts.margin is None


def test_equal_opposite_zero_and_constant_are_named() -> None:
    equal = known([[1, 0, 7], [2, 1, 7], [1, 0, 7]], [0, 1, 2])
    assert equal.equal == ((0, 2),)
    assert equal.constant == ("column 2",)
    assert equal.closest is not None
    assert (equal.closest.first, equal.closest.second) == (0, 2)
    assert equal.closest.angle.high == 0
    assert equal.lambda_0.low == 0
    opposite = known([[1, 2], [-2, -4]], [1, 0])
    assert opposite.closest is not None
    assert opposite.closest.opposite
    assert opposite.lambda_0.low == pytest.approx(0.5)  # of H_inf: theorem 3.1 has no converse
    assert one(opposite, "du2019 Theorem 3.1").verdict == "MISSED"
    zero = known([[1, 0], [0, 0]], [1, 0])
    assert zero.zeros == (1,)
    assert zero.lambda_0.high == 0
    assert one(zero, "du2019 Theorem 4.1", width=10**90).verdict == "MISSED"
    assert one(zero, "arora2019 Theorem 4.1", step=0.1).conclusion is None


@pytest.mark.parametrize("angle", [1e-3, 1e-7, 1e-12])
def test_small_angles_are_enclosed(angle: float) -> None:
    facts = known([[1, 0], [np.cos(angle), np.sin(angle)]], [0, 1])
    assert facts.closest is not None
    assert facts.closest.angle.low <= angle <= facts.closest.angle.high
    assert facts.closest.angle.low > 0
    # lambda_0 = 1/2 - cos(t) (pi - t)/(2 pi), without the cancellation.
    exact = np.sin(angle / 2) ** 2 + np.cos(angle) * angle / (2 * pi)
    assert facts.lambda_0.low <= exact <= facts.lambda_0.high


def test_everything_is_met_at_a_width_that_is_large_enough() -> None:
    facts = known(AXES, [1, -1, 1])
    for found in everything(facts, width=10**60, step=1e-30):
        expected = "CANNOT BE KNOWN" if found.theorem.hidden else "APPLIES"
        if found.theorem.id == "ling2023 Theorem 1 at its own start":
            expected = "MISSED"
        assert found.verdict == expected, found.theorem.id
        assert found.first_to_fail is None or expected == "MISSED"


def test_just_below_the_width_a_theorem_is_missed_and_just_above_it_applies() -> None:
    facts = known(AXES, [0.5, -0.5, 0.5])
    asked_for = one(facts, "du2019 Theorem 4.1").width
    assert asked_for is not None
    # n = 3, lambda_0 = 1/2: m = 70406 729 (3/4)/(1/16 1/1000).
    assert asked_for.high == pytest.approx(70406 * 729 * 0.75 * 16e3)
    below, above = int(asked_for.low * (1 - 1e-6)), int(asked_for.high * (1 + 1e-6))
    assert one(facts, "du2019 Theorem 4.1", width=below).verdict == "MISSED"
    assert one(facts, "du2019 Theorem 4.1", width=above, step=0.02).verdict == "APPLIES"
    too_long = one(facts, "du2019 Theorem 4.1", width=above, step=0.2)
    assert too_long.verdict == "MISSED"
    assert too_long.first_to_fail is not None
    assert too_long.first_to_fail.name == "step"
    assert too_long.missed_by.low == pytest.approx(0.2 / (0.5 / 18))


def test_rows_that_are_no_unit_rows_fail_first() -> None:
    facts = known([[2.0, 0.0], [0.0, 1.0]], [1, 0])
    found = one(facts, "du2019 Theorem 4.1", width=1, step=1.0)
    assert found.first_to_fail is not None
    assert found.first_to_fail.name == "unit rows"
    assert found.first_to_fail.factor is not None
    assert found.first_to_fail.factor.low == pytest.approx(2)


def test_the_summary_names_the_least_width_and_the_nearest() -> None:
    facts = known(AXES, [0.5, -0.5, 0.5])
    found = everything(facts, width=4096)
    du = [each for each in found if each.theorem.id.startswith("du2019 Theorem")][1:]
    thin, near = least_width(du), nearest(du)
    assert thin is not None
    assert near is not None
    assert thin.theorem.id == near.theorem.id == "du2019 Theorem 3.2, sharpened"
    told = "\n".join(summary(Setting(4096), found))
    assert "No convergence theorem applies." in told or "that apply: " in told
    assert "Your width is 4096; the least width that any of these asks for" in told
    assert list(summary(Setting(4096), [])) == ["No convergence theorem applies."]


def test_a_look_certifies_what_numpy_confirms() -> None:
    u, y, m = torch.eye(2, dtype=torch.float64), torch.tensor([0.3, -0.2]).double(), 20_000
    seen = look(u, y, m, seed=3, step=0.01)
    assert seen.flow > 0
    w = gaussian_weights(m, 2, SeedNumber(3))[0].numpy()
    a = rademacher_signs(m, SeedNumber(3))[0].numpy()
    e_0 = y.numpy() - (a[:, None] * np.maximum(w, 0)).sum(axis=0) / m**0.5
    R = 2 * float(np.linalg.norm(e_0)) / (m**0.5 * seen.flow)
    kept = w[(np.abs(w) > R * (1 + 1e-9)).all(axis=1)]
    core = np.diag((kept > 0).sum(axis=0) / m)
    assert np.linalg.eigvalsh(core)[0] >= seen.flow / 2 * (1 - 1e-9)
    assert "A-CERT (flow) certifies this start: rate" in "\n".join(seen.told())
    assert seen.descent is not None
    R, near = 2 * R * seen.flow / max(seen.descent, 1e-9), 0.0
    if seen.descent > 0:
        near = (np.abs(w) <= R).sum() / m
        kept = w[(np.abs(w) > R * (1 + 1e-9)).all(axis=1)]
        least = np.linalg.eigvalsh(np.diag((kept > 0).sum(axis=0) / m))[0]
        assert least > (seen.descent / 4 + (2 + 2**0.5) * near + 0.02) * (1 - 1e-6)
    nothing = look(u, y, 5, seed=0, step=None)
    assert nothing.flow == 0
    assert not nothing.converges
    with pytest.raises(ValueError, match="give a width of at most 75000000 here"):
        look(u, y, 10**9, seed=0, step=None)


@pytest.mark.parametrize("m", [10**60 + 1, 10**9 + 1])
def test_pairs_are_of_an_even_width(m: int) -> None:
    facts = known(AXES, [0.5, -0.5, 0.5])
    for name in ("arora2019 Theorem 4.1", "liu2022 end to end, two layers"):
        odd, even = (one(facts, name, width=width) for width in (m, m + 1))
        assert odd.verdict == "MISSED"
        assert "an even width" in {premise.name for premise in odd.premises}
        assert "an even width" not in {premise.name for premise in even.premises}


def test_what_is_not_decided_is_no_miss_by_one() -> None:
    apart = known([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], [1, 1, -1])
    told = "\n".join(summary(Setting(3), [one(apart, "frei2021 B8 (iv)", width=3)]))
    assert "missed by 1" not in told


def test_margins_are_enclosed() -> None:
    facts = known([[1.0, 0.0], [0.6, 0.8]], [1, 1])
    # The best direction is between the two, at half their angle.
    best = np.cos(np.arccos(0.6) / 2)
    assert facts.margin is not None
    assert 0 < facts.margin.low <= best <= facts.margin.high
    apart = known([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], [1, 1, -1])
    assert apart.margin is not None
    assert apart.margin.high < 1e-12
    conclusion = one(apart, "frei2021 B8 (iv)").conclusion
    assert conclusion is None or (conclusion.steps is not None and conclusion.steps.high == inf)
    assert one(apart, "frei2021 B8 (iv)", width=3, step=0.1).verdict != "APPLIES"


def test_numbers_are_ranges_only_where_their_ends_differ() -> None:
    assert number(Approx(1.0, 1.00001)) == "1"
    assert number(Approx(1.0, 1.1)) == "1..1.1"
    assert number(None) == "-"


def test_a_look_finds_the_rates_of_the_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = look(torch.ones(1, 1).double(), torch.zeros(1).double(), 400, seed=1, step=0.1)
    w = gaussian_weights(400, 1, SeedNumber(1))[0]
    a = rademacher_signs(400, SeedNumber(1))[0]
    start = Start.of(rows=[[1]], weights=w.tolist(), signs=[int(z) for z in a.tolist()], labels=[0])
    rates = []
    certified = du2019sharper._certified

    def noted(*words: Any) -> float:
        rates.append(certified(*words))
        return rates[-1]

    monkeypatch.setattr(du2019sharper, "_certified", noted)
    du2019sharper.a_cert(start)
    du2019sharper.a_cert_descent(start, 0.1)
    assert [seen.flow, seen.descent] == pytest.approx(rates, rel=1e-6)
    assert min(rates) > 0
