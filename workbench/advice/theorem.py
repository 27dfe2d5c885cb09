"""One theorem as data: premises as named inequalities, and what it concludes; judged at facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf, log, log1p, nextafter
from typing import Literal, TypeAlias

from verdicts import Approx, exactly
from workbench.advice.facts import Facts, over

GOAL = 0.01  # of the initial residual, or of a mean loss or an error

Kind: TypeAlias = Literal["convergence", "start", "data"]
About: TypeAlias = Literal["data", "labels", "width", "step"]
Relation: TypeAlias = Literal["<=", "<", ">=", ">"]
Verdict: TypeAlias = Literal["APPLIES", "MISSED", "CANNOT BE KNOWN"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the user has chosen beside the data.

    Attributes:
        width: m >= 1; None where it is asked for.
        step: eta > 0; None likewise.
        delta: failure probability, in (0, 1).
    """

    width: int | None = None
    step: float | None = None
    delta: float = 0.1


@dataclass(frozen=True, slots=True)
class Premise:
    """A named inequality between what was found and what is asked.

    Attributes:
        name, about, formula: in words, of what, and in letters.
        found: None where the user gave no such number.
        relation: between found and asked.
        asked: what the theorem needs.
        hint: what to do about it.
    """

    name: str
    about: About
    formula: str
    found: Approx | None
    relation: Relation
    asked: Approx
    hint: str = ""

    @property
    def met(self) -> bool | None:
        """Whether it certainly holds (True) or certainly fails (False); None if neither."""
        if self.found is None:
            return None
        low, high = self._ordered()
        strict = self.relation in ("<", ">")
        if low.high < high.low or (not strict and low.high == high.low):
            return True
        if low.low > high.high or (strict and low.low == high.high):
            return False
        return None

    @property
    def factor(self) -> Approx | None:
        """By how much it is missed: the larger side over the smaller; above 1 where it fails."""
        if self.found is None:
            return None
        low, high = self._ordered()
        if low.low == inf:
            return exactly(inf)
        return over(low, high)

    def _ordered(self) -> tuple[Approx, Approx]:
        """The side that ought to be the smaller one, and the other."""
        assert self.found is not None  # noqa: S101  asked by its callers
        if self.relation in ("<=", "<"):
            return self.found, self.asked
        return self.asked, self.found


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the theorem would give, to bring the residual to a hundredth, or another goal.

    Attributes:
        goal: in words.
        shrink: ||e||^2 falls by the factor 1 - shrink in a step; None for flows and mean losses.
        steps: of descent until the goal; None for flows.
        rate: ||e||^2 <= exp(-rate t) ||e_0||^2 along a flow; None for descents.
        time: of the flow until the goal.
        eta: the step that `steps` counts.
    """

    goal: str = "1 % of the initial residual"
    shrink: Approx | None = None
    steps: Approx | None = None
    rate: Approx | None = None
    time: Approx | None = None
    eta: float | None = None


@dataclass(frozen=True, slots=True)
class Demands:
    """What a theorem asks for at given facts and delta.

    Attributes:
        premises: on the data and labels, in its own order.
        width: least m; 1 where any width will do, infinite where none does; None if not known.
        step: largest eta; None for flows, or if not known.
        strict: the step must be smaller than that.
        concludes: what it gives at a step; None if not known.
    """

    premises: tuple[Premise, ...]
    width: Approx | None = None
    step: Approx | None = None
    strict: bool = False
    concludes: Callable[[float], Conclusion] | None = None


@dataclass(frozen=True, slots=True)
class Theorem:
    """A row of the table.

    Attributes:
        paper, label: as in the catalogue, "du2019" and "Theorem 4.1".
        claims: ids in the catalogue that say the same, or of which this is made.
        kind: "convergence" of training; what the "start" has; of the "data" alone.
        network, start, method, loss: what it is about.
        constants: whose they are.
        says: the conclusion in letters.
        width, step: formulas; "" where none is stated.
        ask: the demands.
        hidden: why it cannot be known from data, width and step; "" if it can.
        cost: multiplications of one step, "m n d" or "m^2 n".
    """

    paper: str
    label: str
    claims: tuple[str, ...]
    kind: Kind
    network: str
    start: str
    method: str
    loss: str
    constants: str
    says: str
    width: str
    step: str
    ask: Callable[[Facts, Setting], Demands]
    hidden: str = ""
    cost: str = "m n d"

    @property
    def id(self) -> str:
        """Paper and label."""
        return f"{self.paper} {self.label}"


@dataclass(frozen=True, slots=True)
class Applied:
    """A theorem at the user's data, width and step.

    Attributes:
        theorem: which.
        premises: in its order, width and step last.
        width, step: what it asks for.
        conclusion: at the user's step where that is allowed, else at the largest allowed one; None
            if it is not known, or infinite.
    """

    theorem: Theorem
    premises: tuple[Premise, ...]
    width: Approx | None
    step: Approx | None
    conclusion: Conclusion | None

    @property
    def verdict(self) -> Verdict:
        """MISSED if one premise certainly fails; APPLIES if all certainly hold."""
        given = [premise.met for premise in self.premises if premise.found is not None]
        if False in given:
            return "MISSED"
        return "CANNOT BE KNOWN" if self.theorem.hidden or None in given else "APPLIES"

    @property
    def first_to_fail(self) -> Premise | None:
        """The first premise that certainly fails, or else the first that cannot be told."""
        told = [premise for premise in self.premises if premise.found is not None]
        failing = [premise for premise in told if premise.met is False]
        return next(iter(failing or [p for p in told if p.met is None]), None)

    @property
    def farthest(self) -> Premise | None:
        """The premise that is missed by the largest factor; None if none certainly fails."""
        failing = [p for p in self.premises if p.met is False]
        return max(failing, key=lambda p: 1.0 if p.factor is None else p.factor.high, default=None)

    @property
    def missed_by(self) -> Approx:
        """The largest factor by which a premise is missed; 1 if none is."""
        failing = [p.factor for p in self.premises if p.met is False]
        return most(exactly(1.0), *(factor for factor in failing if factor is not None))


def apply(theorem: Theorem, facts: Facts, setting: Setting) -> Applied:
    """The theorem's premises at the facts, its width and step among them."""
    asked = theorem.ask(facts, setting)
    if asked.step is not None:  # rounding may have brought a step of 0 below it
        asked = replace(asked, step=most(asked.step, exactly(0.0)))
    premises = list(asked.premises)
    if theorem.start.startswith("pairs") and setting.width is not None and setting.width % 2:
        premises.append(_even(setting.width))
    if asked.width is not None:
        found = None if setting.width is None else exactly(setting.width)
        premises.append(Premise("width", "width", theorem.width, found, ">=", asked.width))
    if asked.step is not None:
        found = None if setting.step is None else exactly(setting.step)
        relation: Relation = "<" if asked.strict else "<="
        premises.append(Premise("step", "step", theorem.step, found, relation, asked.step))
    return Applied(theorem, tuple(premises), asked.width, asked.step, _concluded(asked, setting))


def _even(m: int) -> Premise:
    """An odd width has a neuron without a partner."""
    name, hint = "an even width", "one neuron more makes pairs"
    more = max(float(m + 1), nextafter(m, inf))
    return Premise(name, "width", "m = 2h", exactly(m), ">=", exactly(more), hint)


def _concluded(asked: Demands, setting: Setting) -> Conclusion | None:
    if asked.concludes is None:
        return None
    eta = setting.step if setting.step is not None else inf
    if asked.step is not None:
        eta = min(eta, asked.step.low)
        if eta <= 0:
            return None
    return asked.concludes(eta)


def descending(kappa: Approx) -> Callable[[float], Conclusion]:
    """||e_(k+1)||^2 <= (1 - eta kappa) ||e_k||^2."""

    def at(eta: float) -> Conclusion:
        shrink = eta * kappa
        return Conclusion(shrink=shrink, steps=_halvings(shrink), eta=eta)

    return at


def _halvings(shrink: Approx) -> Approx:
    """Steps until ||e|| <= GOAL ||e_0||."""
    needed = 2 * log(1 / GOAL)

    def steps(x: float) -> float:
        if x <= 0:
            return inf
        return needed / -log1p(-x) if x < 1 else 1.0

    slack = 1e-12
    return Approx(steps(shrink.high) * (1 - slack), steps(shrink.low) * (1 + slack))


def flowing(rate: Approx) -> Callable[[float], Conclusion]:
    """||e(t)||^2 <= exp(-rate t) ||e_0||^2; the step is of no account."""
    return lambda _: Conclusion(rate=rate, time=over(2 * log(1 / GOAL), rate))


def most(*numbers: Approx) -> Approx:
    """The largest of numbers."""
    return Approx(max(z.low for z in numbers), max(z.high for z in numbers))


def least(numbers: Sequence[Approx]) -> Approx:
    """The smallest of numbers."""
    return Approx(min(z.low for z in numbers), min(z.high for z in numbers))
