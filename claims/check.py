"""The checks that a claim has to pass while its file is imported."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import SearchStrategy

from claims.claim import Claim, Cost, Kind, Mutant
from claims.errors import ClaimError
from claims.profile import PROFILES
from verdicts import Expectation, Margin, SecantExponent, WithProbability

_KINDS: dict[object, Kind] = {
    Margin: "deterministic",
    SecantExponent: "deterministic",
    WithProbability: "probabilistic",
    Expectation: "expectation",
}
_CHOICES = {
    "bound": ("tight", "valid"),
    "regime": ("stated", "beyond"),
    "text": ("read", "derived", "new"),
    "least_profile": tuple(PROFILES),
}


def split_signature(
    function: typing.Callable[..., Any], where: str
) -> tuple[list[str], dict[str, object]]:
    """The drawn parameters and the constants with their defaults.

    Raises:
        ClaimError: a constant is not keyword-only, or has no default; *args or **kwargs.
    """
    drawn: list[str] = []
    constants: dict[str, object] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        given = parameter.default is not parameter.empty
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ClaimError(
                f"{where}: the parameter *{name} collects anything; name every parameter"
            )
        if (parameter.kind is parameter.KEYWORD_ONLY) != given:
            raise ClaimError(
                f"{where}: the parameter {name} is "
                + ("a constant but positional" if given else "keyword-only without a value")
                + "; put constants behind a * and give them the paper's value, *, factor=0.75"
            )
        if given:
            constants[name] = parameter.default
        else:
            drawn.append(name)
    return drawn, constants


def annotations_of(
    function: typing.Callable[..., Any], drawn: list[str], where: str
) -> tuple[dict[str, object], Kind]:
    """The types of the drawn parameters, and the kind of statement that is returned.

    Raises:
        ClaimError: an annotation is missing or cannot be read, or no statement is returned.
    """
    try:
        hints = typing.get_type_hints(function)
    except Exception as error:
        raise ClaimError(
            f"{where}: the annotations cannot be read, error={error}; "
            "import the types at the top of the file"
        ) from error
    missing = [name for name in drawn if name not in hints]
    if missing:
        raise ClaimError(
            f"{where}: the parameters {missing} have no type; annotate them, data: Dataset"
        )
    kind = _KINDS.get(hints.get("return"))
    if kind is None:
        allowed = ", ".join(getattr(known, "__name__", "") for known in _KINDS)
        raise ClaimError(
            f"{where}: the return annotation is {hints.get('return')!r}; "
            f"say what is returned, one of {allowed}"
        )
    return {name: hints[name] for name in drawn}, kind


def check_claim(claim: Claim) -> None:
    """Check everything that can be wrong with a claim before it is run.

    Raises:
        ClaimError: naming the claim, what is wrong and what would be right.
    """
    _check_words(claim)
    _check_strategies(claim)
    _check_explicit(claim, "examples", claim.examples)
    _check_explicit(claim, "witness", () if claim.witness is None else (claim.witness,))
    _check_cost(claim.id, claim.cost, [*claim.annotations, *claim.constants])
    if not claim.mutants and claim.expected == "SUPPORTED":
        raise ClaimError(
            f"{claim.id}: no mutant; give one that must be refuted, "
            'mutants=[wrong(factor=1.0, because="...")]'
        )
    for mutant in claim.mutants:
        _check_mutant(claim, mutant)
    names = [mutant.name for mutant in claim.mutants]
    for name in names:
        if names.count(name) > 1:
            raise ClaimError(
                f"{claim.id}: two mutants are called {name!r}; "
                'keep one, or tell them apart by title="..."'
            )


def _check_words(claim: Claim) -> None:
    if not claim.label.strip():
        raise ClaimError(f'{claim.id}: label={claim.label!r}; give the number, "Lemma 3.1"')
    if not claim.doc:
        raise ClaimError(
            f"{claim.id}: no docstring; state the theorem in the paper's letters, "
            "one sentence of meaning first"
        )
    _check_choices(claim)
    wordy = [topic for topic in claim.topics if not topic.isidentifier()]
    if wordy:
        raise ClaimError(f"{claim.id}: topics={wordy} are no markers; give one word each")
    if not claim.share > 0:
        raise ClaimError(f"{claim.id}: share={claim.share!r}; give a number > 0")
    if claim.expected == "REFUTED" and not claim.because.strip():
        raise ClaimError(f"{claim.id}: because is empty; say why the statement is false")


def _check_choices(claim: Claim) -> None:
    for field, allowed in _CHOICES.items():
        if getattr(claim, field) not in allowed:
            raise ClaimError(
                f"{claim.id}: {field}={getattr(claim, field)!r}; give one of {', '.join(allowed)}"
            )


def _check_strategies(claim: Claim) -> None:
    given, needed = list(claim.for_all), list(claim.annotations)
    if sorted(given) != sorted(needed):
        raise ClaimError(f"{claim.id}: for_all draws {given}, but the function takes {needed}")
    for name, strategy in claim.for_all.items():
        _check_strategy(claim, f"for_all {name}", strategy)


def _check_strategy(claim: Claim, name: str, strategy: object) -> None:
    if not isinstance(strategy, SearchStrategy):
        raise ClaimError(
            f"{claim.id}: {name}={strategy!r} is no strategy; give one, unit_sphere_datasets()"
        )
    if getattr(strategy, "near_initial", False) and claim.kind != "deterministic":
        raise ClaimError(
            f"{claim.id}: {name} has labels of the form u(0) + small, which know the weights, "
            f"kind={claim.kind!r}; a probability over W(0) needs labels that do not"
        )


def _check_explicit(claim: Claim, name: str, instances: tuple[Mapping[str, object], ...]) -> None:
    for instance in instances:
        if not isinstance(instance, Mapping) or set(instance) != set(claim.annotations):
            given = sorted(instance) if isinstance(instance, Mapping) else instance
            raise ClaimError(
                f"{claim.id}: {name} gives {given!r}; "
                f"give a dict of the parameters {list(claim.annotations)}"
            )


def _check_cost(where: str, cost: Cost | None, known: list[str]) -> None:
    if cost is None:
        return
    parameters = inspect.signature(cost).parameters.values()
    unknown = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name not in known]
    if unknown:
        raise ClaimError(f"{where}: cost takes {unknown}, but the claim's parameters are {known}")


def _check_mutant(claim: Claim, mutant: Mutant) -> None:
    where = f"{claim.id}: mutant {mutant.name or 'without a setting'}"
    if not mutant.setting and not mutant.drops:
        raise ClaimError(f"{where} changes nothing; give a constant, wrong(factor=1.0, ...)")
    if not mutant.because.strip():
        raise ClaimError(f'{where} has no reason; say why it is false, because="..."')
    if mutant.erratum and not mutant.where.strip():
        raise ClaimError(f'{where} has no place; say where it is printed, where="p. 6, Lemma 3.3"')
    unknown = [k for k in mutant.setting if k not in claim.constants and k not in claim.for_all]
    if unknown:
        raise ClaimError(
            f"{where} changes {unknown}, but the constants are {list(claim.constants)} "
            f"and the strategies {list(claim.for_all)}"
        )
    for name, value in mutant.setting.items():
        _check_setting(claim, where, name, value)
    _check_explicit(claim, "witness", () if mutant.witness is None else (mutant.witness,))
    _check_drops(claim, mutant, where)


def _check_setting(claim: Claim, where: str, name: str, value: object) -> None:
    if name in claim.for_all:
        _check_strategy(claim, f"mutant {name}", value)
        return
    true = claim.constants[name]
    if isinstance(value, SearchStrategy) or isinstance(true, str) != isinstance(value, str):
        raise ClaimError(f"{where}: {name}={value!r} is of another kind than the true {true!r}")
    if value == true:
        raise ClaimError(
            f"{where} sets {name}={value!r}, which is the true value; give another one"
        )


def _check_drops(claim: Claim, mutant: Mutant, where: str) -> None:
    replaced = list(mutant.strategies)
    if replaced and not mutant.drops and not mutant.constants:
        raise ClaimError(
            f"{where} replaces a strategy and drops no premise by name; "
            'say which one, drops="not parallel"'
        )
    if not (replaced and mutant.drops):
        return
    named = [p for key in replaced for p in getattr(claim.for_all[key], "premises", {})]
    if mutant.drops not in named:
        raise ClaimError(
            f"{where}: drops={mutant.drops!r} is no premise of the strategy that it replaces; "
            f"the premises are {named}"
        )
