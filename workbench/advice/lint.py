"""Which theorems apply to the user's data, width and step, and by how much each premise misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from workbench.advice.data import Data, rows_told
from workbench.advice.facts import Facts
from workbench.advice.looks import Look
from workbench.advice.smooth import activation_constants
from workbench.advice.theorem import Applied, Conclusion, Premise, Setting
from workbench.advice.words import Json, applied_json, concluded, missed, number, plain, rows

_KINDS = {
    "convergence": "Training converges",
    "start": "The kernel at the start is near its limit",
    "data": "The data alone",
}
_NAMED = 3  # groups of equal rows
# A step or a rate means nothing without them.
CONVENTIONS = (
    "  squared loss: 1/2 sum_i (f(x_i) - y_i)^2, a sum; the logistic loss is a mean; no biases",
    "  two layers: f(x) = m^(-1/2) sum_r a_r sigma(w_r.x); du2019deep: times c_sigma^(1/2)",
)


def as_text(
    data: Data, facts: Facts, setting: Setting, found: Sequence[Applied], look: Look | None
) -> Iterator[str]:
    """The report, line by line."""
    yield from about_data(data, facts)
    step = "not given" if setting.step is None else f"{setting.step:g}"
    yield f"asked: width m = {setting.width}, step eta = {step}, delta = {setting.delta:g}"
    yield from CONVENTIONS
    for kind, title in _KINDS.items():
        chosen = [one for one in found if one.theorem.kind == kind]
        if chosen:
            yield from ("", title, *_table(chosen))
    yield ""
    yield from summary(setting, found)
    if look is not None:
        yield from look.told()


def details(found: Sequence[Applied]) -> Iterator[str]:
    """Every theorem with its premises."""
    for one in found:
        theorem = one.theorem
        yield ""
        yield f"{theorem.id}: {one.verdict}"
        yield f"  {theorem.network}; {theorem.start}; {theorem.method}; {theorem.loss} loss"
        yield f"  constants {theorem.constants}; claims: {', '.join(theorem.claims) or 'none'}"
        if theorem.width:
            yield f"  width: {theorem.width}"
        if theorem.step:
            yield f"  step: {theorem.step}"
        yield f"  says: {theorem.says}"
        if theorem.hidden:
            yield f"  not known: {theorem.hidden}"
        for premise in one.premises:
            relation = f"{number(premise.found)} {premise.relation} {number(premise.asked)}"
            hint = f"; {premise.hint}" if premise.hint and premise.met is not True else ""
            yield f"  {premise.name}: {relation}, {missed(premise)}{hint}"
        if one.conclusion is not None:
            yield f"  would give: {concluded(one.conclusion)}, to {one.conclusion.goal}"


def about_data(data: Data, facts: Facts) -> Iterator[str]:
    """What is worth knowing of the data."""
    part = f" of {data.of}" if data.of != facts.n else ""
    many = f"{facts.n} row{'s' if facts.n > 1 else ''}{part}"
    yield f"{data.name}: {many}, {facts.d} columns of inputs, the label is {data.label}"
    yield (
        f"  |x_i| from {facts.norms.low:.4g} to {facts.norms.high:.4g}; kernels are those of the "
        "rows scaled to norm 1"
    )
    yield (
        f"  C = max |y_i| = {number(facts.C)}; the squared loss takes classes as the numbers that "
        "they are"
    )
    yield from _about_rows(data, facts)
    yield f"  lambda_0 = lambda_min(H_inf) in [{facts.lambda_0.low:.6g}, {facts.lambda_0.high:.6g}]"
    yield (
        f"  lambda_min of G_inf {number(facts.lambda_G)}, of K^(1) {number(facts.lambda_smooth)} ("
        f"{activation_constants(facts.sigma)}); ||G|| = {number(facts.G)}"
    )
    if facts.lambda_smooth is None:
        yield (
            f"  K^(1) of {facts.sigma.name} takes minutes at this n and was left out: --activation "
            "sin has a closed form"
        )


def _about_rows(data: Data, facts: Facts) -> Iterator[str]:
    if facts.closest is not None:
        pair = facts.closest
        opposite = ", opposite" if pair.opposite else ""
        yield (
            f"  nearest lines: rows {pair.first + 1} and {pair.second + 1} (counted from 1), angle "
            f"{number(pair.angle)}{opposite}"
        )
    for group in facts.equal[:_NAMED]:
        same = len({float(data.y[i]) for i in group}) == 1
        told = "one label" if same else "different labels: no network fits them"
        yield f"  equal: {rows_told(group)}, {told}"
    if len(facts.equal) > _NAMED:
        yield f"  and {len(facts.equal) - _NAMED} more groups of equal rows"
    if facts.zeros:
        yield f"  zero: {rows_told(facts.zeros)}"
    if facts.constant:
        many = f"{len(facts.constant)} column{'s' if len(facts.constant) > 1 else ''}"
        yield f"  constant: {', '.join(facts.constant[:5])} ({many})"
    if data.counting:
        names = ", ".join(data.counting[:5])
        yield f"  counts the rows, as an index does: {names}; is it an input?"


def summary(setting: Setting, found: Sequence[Applied]) -> Iterator[str]:
    """Which convergence theorems apply, the tightest; or the nearest, and the least width."""
    converging = [one for one in found if one.theorem.kind == "convergence"]
    applying = [one for one in converging if one.verdict == "APPLIES"]
    if applying:
        yield f"Convergence theorems that apply: {', '.join(one.theorem.id for one in applying)}."
        yield from _tightest(applying)
    else:
        yield "No convergence theorem applies."
        near = nearest(converging)
        if near is not None and near.first_to_fail is not None:
            yield f"Nearest: {near.theorem.id}, {_misses(near, near.first_to_fail)}."
    thin = least_width(converging)
    if thin is not None and thin.width is not None:
        theorem = thin.theorem
        yield (
            f"Your width is {setting.width}; the least width that any of these asks for on these "
            f"data is {number(thin.width)} ({theorem.id}: {theorem.network}, {theorem.method}, "
            f"{theorem.loss} loss; {theorem.width}; delta = {setting.delta:g})."
        )


def _misses(one: Applied, first: Premise) -> str:
    """What keeps it from applying."""
    far = one.farthest
    if far is None:
        return f"of which it cannot be told: {first.name}"
    told = f"{far.name} {missed(far)}"
    return told if far is first else f"{told}; first to fail: {first.name}"


def _tightest(applying: Sequence[Applied]) -> Iterator[str]:
    """The best of those with one goal: steps to another goal are no better."""
    best: dict[tuple[str, str], tuple[float, Applied, Conclusion]] = {}
    for one in applying:
        told = one.conclusion
        if told is None:
            continue
        for name, value in (("fewest steps", told.steps), ("least time of a flow", told.time)):
            if value is None or not isfinite(value.high):
                continue
            known = best.get((name, told.goal))
            if known is None or value.high < known[0]:
                best[name, told.goal] = (value.high, one, told)
    for (name, goal), (_, one, told) in best.items():
        theorem = one.theorem
        about = f"{theorem.network}, {theorem.method}"
        yield f"Tightest, {name}: {theorem.id} ({about}): {concluded(told)}, to {goal}."


def nearest(found: Sequence[Applied]) -> Applied | None:
    """The theorem with everything stated whose largest miss is least; None if there is none."""
    known = [one for one in found if not one.theorem.hidden and isfinite(one.missed_by.high)]
    return min(known, key=lambda one: one.missed_by.high, default=None)


def least_width(found: Sequence[Applied]) -> Applied | None:
    """The theorem that asks for the least width above 1; the data's own premises hold if may be."""
    asking = [
        one
        for one in found
        if not one.theorem.hidden
        and one.width is not None
        and isfinite(one.width.high)
        and one.width.high > 1
    ]
    open_ = [one for one in asking if not _fails(one, ("data", "labels"))]
    labelled = [one for one in asking if not _fails(one, ("labels",))]
    return min(open_ or labelled, key=_highest, default=None)


def _fails(one: Applied, about: tuple[str, ...]) -> bool:
    return any(premise.met is False for premise in one.premises if premise.about in about)


def _highest(one: Applied) -> float:
    assert one.width is not None  # noqa: S101  so chosen
    return one.width.high


def _table(found: Sequence[Applied]) -> Iterator[str]:
    head = [
        "theorem",
        "verdict",
        "first to fail",
        "width asked",
        "step allowed",
        "would give, to 1 %",
    ]
    body = []
    for one in found:
        failing = one.first_to_fail
        why = "-" if failing is None else f"{failing.name}: {missed(failing)}"
        if one.verdict == "CANNOT BE KNOWN" and failing is None:
            why = one.theorem.hidden
        asked = "any" if one.width is not None and one.width.high == 1 else number(one.width)
        body.append(
            [
                one.theorem.id,
                one.verdict,
                why if len(why) < 58 else f"{why[:55]}...",
                asked,
                number(one.step),
                concluded(one.conclusion),
            ]
        )
    return rows(head, body)


def as_json(
    data: Data, facts: Facts, setting: Setting, found: Sequence[Applied], look: Look | None
) -> Json:
    """The same as plain data."""
    converging = [one for one in found if one.theorem.kind == "convergence"]
    near, thin = nearest(converging), least_width(converging)
    return {
        "schema": 1,
        "data": data_json(data, facts),
        "setting": {"width": setting.width, "step": setting.step, "delta": setting.delta},
        "theorems": list(map(applied_json, found)),
        "applies": [one.theorem.id for one in converging if one.verdict == "APPLIES"],
        "nearest": None if near is None else near.theorem.id,
        "least_width": None if thin is None else [thin.theorem.id, plain(thin.width)],
        "look": None if look is None else look.to_json(),
    }


def data_json(data: Data, facts: Facts) -> Json:
    """What is known of the data."""
    pair = facts.closest
    return {
        "name": data.name,
        "n": facts.n,
        "d": facts.d,
        "norms": plain(facts.norms),
        "C": plain(facts.C),
        "lambda_0": plain(facts.lambda_0),
        "lambda_min_G_inf": plain(facts.lambda_G),
        "lambda_min_K": plain(facts.lambda_smooth),
        "activation": facts.sigma.name,
        "closest": None
        if pair is None
        else {"rows": [pair.first + 1, pair.second + 1], "angle": plain(pair.angle)},
        "equal_rows": [[i + 1 for i in group] for group in facts.equal],
        "zero_rows": [i + 1 for i in facts.zeros],
        "constant_columns": list(facts.constant),
    }
