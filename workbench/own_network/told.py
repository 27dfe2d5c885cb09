"""Answers as text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from verdicts import Approx, Margin, secant_exponent
from verdicts.rates import growth
from workbench.own_network.plstar import Answer, Point
from workbench.own_network.premises import Premise, premises

SCHEMA = 1
_AGAINST_WIDTH: dict[str, Callable[[Answer], Approx]] = {
    "H at the start": lambda one: one.start.H,
    "H where looked": lambda one: one.H,
    "lambda_min(K_0)": lambda one: one.start.lambda_min,
    "distance moved": lambda one: one.run.movement[one.last],
}


def exponents(answers: Sequence[Answer]) -> dict[str, Any]:
    """Measured secant exponents against width, with enclosures; {} for one width."""
    if len(answers) < 2:
        return {}
    grid = [float(one.width) for one in answers]
    measured = {}
    values = {name: [value(one) for one in answers] for name, value in _AGAINST_WIDTH.items()}
    for asked in zip(*map(premises, answers), strict=True):
        factors = [premise.factor for premise in asked if premise.factor is not None]
        if len(factors) == len(answers) and asked[0].label.startswith("small Hessian"):
            values[f"{asked[0].label}: found/limit"] = factors
    for name, found in values.items():
        if all(value.low > 0 for value in found):
            at = dict(zip(grid, found, strict=True))
            measured[name] = growth(secant_exponent(at.__getitem__, over=grid)).measured()
    return measured


def as_text(answers: Sequence[Answer]) -> Iterator[str]:
    """The report, line by line."""
    n = answers[0].equations
    yield f"{n} equations (samples times outputs), r_0 = ||F(w_0) - y||, H = max_i ||H_F_i||"
    for name in sorted({kink for one in answers for kink in one.kinks}):
        yield (
            f"note: {name} has kinks, so that F is not twice differentiable: the theorems do not "
            "apply where a step crosses one, and H is that between kinks"
        )
    yield ""
    yield from _table(
        "At the start",
        ["width", "parameters", "lambda_min(K)", "lambda_max(K)", "H", "r_0"],
        [
            [
                str(one.width),
                str(one.parameters),
                _number(one.start.lambda_min),
                _number(one.start.lambda_max),
                _number(one.start.H),
                _number(one.r_0),
            ]
            for one in answers
        ],
    )
    yield from _run_table(answers)
    yield from _premise_table(answers)
    yield from _exponent_lines(exponents(answers))


def _run_table(answers: Sequence[Answer]) -> Iterator[str]:
    head = ["width", "eta", "T", "L_T/L_0", "mu_hat", "(1-eta mu_hat)^T", "decrease", "decay"]
    head += ["least lambda_min(K_t)", "H", "moved", "r_0/sqrt(mu_hat)"]
    rows = []
    for one in answers:
        T, ratio = one.last, one.run.loss[one.last] / one.run.loss[0]
        promised = (1 - min(one.eta * one.mu_hat.low, 1.0)) ** T
        rows.append(
            [
                str(one.width),
                f"{one.eta:.3g}",
                f"{T}{' (diverged)' if one.run.diverged else ''}",
                _number(ratio),
                _number(one.mu_hat),
                f"{promised:.3g}",
                judged(one.decrease),
                judged(one.conclusion),
                _number(_least_eigenvalue(one)),
                _number(one.H),
                _number(one.run.movement[T]),
                _number(one.radius),
            ]
        )
    yield from _table("Along gradient descent", head, rows)


def _premise_table(answers: Sequence[Answer]) -> Iterator[str]:
    asked = [premises(one) for one in answers]
    head = ["width", *(premise.label for premise in asked[0])]
    rows = [
        [str(one.width), *map(_missed, found)] for one, found in zip(answers, asked, strict=True)
    ]
    title = "Premises: found/limit, at most 1 where met (at the points looked at, not in the ball)"
    yield from _table(title, head, rows)
    yield from (f"  {premise.label}: {premise.words}" for premise in asked[0])
    yield ""


def _exponent_lines(measured: dict[str, Any]) -> Iterator[str]:
    if not measured:
        return
    yield "Measured exponents, width to the power of (first to last width, enclosed)"
    for name, found in measured.items():
        low, high = found["exponent"]
        steps = ", ".join(f"{(a + b) / 2:.2f}" for a, b in found["exponents"])
        yield f"  {name}: [{low:.3f}, {high:.3f}]; between neighbours {steps}"
    for name, found in measured.items():
        slope, (low, high) = sum(found["exponent"]) / 2, found["values"][-1]
        if name.endswith("found/limit") and slope < 0 and low > 1:
            width = found["grid"][-1] * ((low + high) / 2) ** (-1 / slope)
            yield (
                f"  extrapolated, not measured: at that exponent {name.partition(':')[0]} would be "
                f"met from width {width:.1g} on"
            )


def as_json(answers: Sequence[Answer]) -> dict[str, Any]:
    """The report as plain data; a number is [low, high]."""
    return {
        "schema": SCHEMA,
        "widths": [_answer_json(one) for one in answers],
        "exponents": exponents(answers),
    }


def _answer_json(one: Answer) -> dict[str, Any]:
    T = one.last
    return {
        "width": one.width,
        "parameters": one.parameters,
        "equations": one.equations,
        "kinks": list(one.kinks),
        "r_0": _pair(one.r_0),
        "points": [_point_json(point) for point in one.points],
        "eta": one.eta,
        "steps": one.run.steps,
        "compared_up_to": T,
        "diverged": one.run.diverged,
        "loss": [_pair(one.run.loss[t]) for t in range(one.run.steps + 1)],
        "squared_gradient": [_pair(one.run.squared_gradient[t]) for t in range(one.run.steps + 1)],
        "mu_hat": _pair(one.mu_hat),
        "beta_hat": None if one.beta_hat is None else _pair(one.beta_hat),
        "decrease": judged(one.decrease),
        "decay": judged(one.conclusion),
        "movement": _pair(one.run.movement[T]),
        "path": _pair(one.run.path[T]),
        "radius": _pair(one.radius),
        "premises": [_premise_json(premise) for premise in premises(one)],
    }


def _point_json(point: Point) -> dict[str, Any]:
    spectrum = [_pair(point.spectrum[k]) for k in range(len(point.spectrum.lower))]
    return {"t": point.t, "spectrum": spectrum, "H": _pair(point.H)}


def _premise_json(premise: Premise) -> dict[str, Any]:
    factor = premise.factor
    return {
        "label": premise.label,
        "words": premise.words,
        "found": _pair(premise.found),
        "limit": _pair(premise.limit),
        "factor": None if factor is None else _pair(factor),
        "verdict": premise.verdict,
    }


def judged(margin: Margin | None) -> str:
    """One of "holds", "fails", "open", and "-" where there is nothing to judge."""
    if margin is None:
        return "-"
    slack = margin.slack
    if (slack.upper < 0).any():
        return "fails"
    return "holds" if (slack.lower >= -margin.resolution).all() else "open"


def _least_eigenvalue(one: Answer) -> Approx:
    found = [point.lambda_min for point in one.points]
    return Approx(min(f.low for f in found), min(f.high for f in found))


def _missed(premise: Premise) -> str:
    factor = premise.factor
    return "limit 0" if factor is None else f"{_number(factor)} {premise.verdict.split()[0]}"


def _pair(value: Approx) -> list[float | str]:
    """Both bounds; JSON has no infinity, so that one is written in words."""
    return [z if math.isfinite(z) else str(z) for z in (value.low, value.high)]


def _number(value: Approx) -> str:
    """As many digits as the enclosure has, at most four."""
    if value.low == value.high or value.high - value.low < 1e-4 * abs(value.high):
        return f"{value.high:.4g}"
    return f"{value.low:.3g}..{value.high:.3g}"


def _table(title: str, head: list[str], rows: list[list[str]]) -> Iterator[str]:
    wide = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    yield title
    for row in (head, *rows):
        yield "  " + "  ".join(cell.rjust(w) for cell, w in zip(row, wide, strict=True)).rstrip()
    yield ""
