"""What a map asks: for every cell an exact instance of one claim, and its constants."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from claims import at
from claims.case import Case
from claims.errors import PremiseNotMetError
from claims.instance import Json, Recipe, canonical, decode, decode_instance, encode_instance
from claims.ledger import visiting
from claims.locate import NotFoundError, Target, cases, find
from models import Dataset
from verdicts import Statement, Streams
from workbench.phase.axes import Axis, Value
from workbench.phase.code import version_of
from workbench.phase.inputs import named_data
from workbench.phase.maps import MAPS, NamedMap
from workbench.phase.widths import width_setting

SCHEMA = 1
_LOOSE = NamedMap("", "", ("", (0, 0, 1), False), ("", (0, 0, 1), False))


class BrokenError(Exception):
    """What a claim's code raised at an instance far from its strategies."""


@dataclass(frozen=True, slots=True)
class Point:
    """One cell's instance.

    Attributes:
        case: the claim, or a mutant.
        values: the claim's parameters.
        constants: with which it is judged.
        guarded: the same with the claim's premise inside; None where the claim has it anyway.
        streams: of this instance.
    """

    case: Case
    values: Mapping[str, object]
    constants: Mapping[str, object]
    guarded: Mapping[str, object] | None
    streams: Streams

    def statement(self, *, guarded: bool = False) -> Statement:
        """The claim's statement there.

        Raises:
            PremiseNotMetError: a premise of the claim is not certainly met.
        """
        constants = self.guarded if guarded and self.guarded is not None else self.constants
        return self.case.claim.statement(**self.values, **constants)


@dataclass(frozen=True)
class Plan:
    """A map: a claim or mutant, two axes, and all that is fixed.

    Attributes:
        case: the claim, or a mutant of it.
        x, y: the axes.
        named: what its name says; a blank one for a claim given by its id.
        given: parameters and constants that are fixed.
        base: recipe of an instance from which other parameters are taken.
        data, samples: family of data, and n where no axis is n.
        part: the inequality that is looked at; "" for all.
        salt: of the streams.
    """

    case: Case
    x: Axis
    y: Axis
    named: NamedMap
    given: Mapping[str, Any]
    base: Recipe
    data: str
    samples: int
    part: str
    salt: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Plan:
        """The plan of a request.

        Raises:
            ValueError: a letter, a value or a file is wrong; NotFoundError: there is no such claim.
        """
        named = MAPS.get(told["what"], _LOOSE)
        target = _target(named.claim or told["what"])
        case = at.single(cases(target), target)
        missing = [k for k in ("x", "y") if told[k] is None and named is _LOOSE]
        if missing:
            raise ValueError(f"--{missing[0]}: a claim has no axes of its own; give name=a:b:k")
        axes = {k: told[k] or named.axes[k] for k in ("x", "y")}
        base = _base(told["at"], case)
        plan = cls(
            case=case,
            x=Axis.of(axes["x"], whole=_whole(axes["x"]["name"], case)),
            y=Axis.of(axes["y"], whole=_whole(axes["y"]["name"], case)),
            named=named,
            given={**named.given, **told["set"]},
            base=base,
            data=told["data"] or named.data,
            samples=told["samples"] or named.samples,
            part=told["part"] or named.part,
            salt=told["salt"],
        )
        plan.check()
        return plan

    def check(self) -> None:
        """Look for letters that nothing knows, and for parameters without a value.

        Raises:
            ValueError: there are such.
        """
        claim, letters = self.case.claim, {self.x.name, self.y.name, *self.given}
        sized = {"m", "n"} if self._data_names else {"m"}
        known = {*claim.annotations, *claim.constants, self.named.letter} - {""} | sized
        strange = sorted(letters - known)
        if strange or self.x.name == self.y.name:
            word = strange[0] if strange else f"{self.x.name} twice"
            raise ValueError(f"{self.case.id}: {word}; give letters of {', '.join(sorted(known))}")
        derived = {"columns"} if self.named.letter in letters else set()
        given = letters | self.base.keys() | derived | set(self._data_names)
        lacking = [name for name in claim.annotations if name not in given]
        if lacking:
            raise ValueError(
                f"{self.case.id}: {lacking[0]} has no value; "
                f"give --set {lacking[0]}=... or --at instance.json"
            )

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that the numbers of a cell depend on, as plain data."""
        told = {
            "schema": SCHEMA,
            "claim": self.case.id,
            "code": version_of(self.case),
            "constants": {k: repr(v) for k, v in self.case.constants.items()},
            "x": self.x.told,
            "y": self.y.told,
            "set": dict(self.given),
            "guard": dict(self.named.guard or {}),
            "at": self.base,
            "data": self.data if self._data_names else "",
            "samples": self.samples if self._data_names else 0,
            "part": self.part,
            "salt": self.salt,
        }
        return dict(json.loads(json.dumps(told)))

    @cached_property
    def key(self) -> str:
        """Hash of the identity."""
        text = json.dumps(self.identity, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def letters(self, i: int, j: int) -> dict[str, Any]:
        """Every letter of cell (i, j), x first: the fixed ones, the axes, data and what follows.

        Raises:
            BrokenError: nothing follows from them.
        """
        kinds = self.case.claim.annotations
        letters: dict[str, Any] = {
            k: decode(told, kinds[k], self.case.id) for k, told in self.base.items()
        }
        letters |= self.given
        letters |= {self.x.name: self.x.values[i], self.y.name: self.y.values[j]}
        if self._data_names:
            data = named_data(self.data, int(letters.get("n", self.samples)))
            letters |= dict.fromkeys(self._data_names, data)
        if self.named.derived is not None and self.named.letter in letters:
            try:
                letters |= self.named.derived(letters)
            except ArithmeticError as error:  # gamma = 0
                raise BrokenError(f"{type(error).__name__}: {error}") from error
        return letters

    def point(self, i: int, j: int) -> Point:
        """The instance of cell (i, j).

        Raises:
            ValueError: a value does not fit the claim.
            PremiseNotMetError, BrokenError: the claim does not say how wide it is there.
        """
        letters, claim = self.letters(i, j), self.case.claim
        values, constants = self._values(letters), self._constants(letters)
        if "m" in letters and "m" not in {*claim.annotations, *claim.constants}:
            constants |= width_setting(
                constants, int(letters["m"]), lambda c: self._reached(values, c)
            )
        guard = self.named.guard
        streams = Streams(self.salt, claim.id, canonical(encode_instance(values)))
        guarded = None if guard is None else {**constants, **guard}
        return Point(self.case, values, constants, guarded, streams)

    def asked(self, i: int, j: int) -> int | None:
        """The width that the claim itself asks for at cell (i, j); None if it does not say.

        Raises:
            ValueError, PremiseNotMetError, BrokenError: as for `point`.
        """
        letters, claim = self.letters(i, j), self.case.claim
        if "m" in claim.annotations:
            return None
        return self._reached(self._values(letters), self._constants(letters))

    def _values(self, letters: Mapping[str, Any]) -> dict[str, object]:
        kinds = self.case.claim.annotations
        recipe = {name: _recipe(letters[name], kind) for name, kind in kinds.items()}
        return decode_instance(recipe, kinds, self.case.id)

    def _constants(self, letters: Mapping[str, Any]) -> dict[str, object]:
        return {name: letters.get(name, c) for name, c in self.case.constants.items()}

    def _reached(self, values: Mapping[str, object], constants: Mapping[str, object]) -> int | None:
        with visiting() as visit:
            try:
                self.case.claim.statement(**values, **constants)
            except PremiseNotMetError:
                raise
            except Exception as error:
                raise BrokenError(f"{type(error).__name__}: {error}") from error
        return visit.sizes.get("m")

    @cached_property
    def _data_names(self) -> list[str]:
        drawn = self.case.claim.annotations.items()
        return [k for k, kind in drawn if kind is Dataset and k not in self.base]


def _target(text: str) -> Target:
    try:
        return find(text)
    except NotFoundError as error:
        if "." in text:
            raise
        maps = ", ".join(MAPS)
        raise NotFoundError(f"{text}: there is no such map; give {maps}, or a claim") from error


def _base(told: Json, case: Case) -> Recipe:
    if told is None:
        return {}
    annotations = case.claim.annotations
    if not isinstance(told, dict) or set(told) - set(annotations):
        raise ValueError(
            f"--at: holds {sorted(told) if isinstance(told, dict) else type(told).__name__}; "
            f"give an object with some of {', '.join(annotations)}"
        )
    return told


def _whole(name: str, case: Case) -> bool:
    constant = case.constants.get(name)
    counts = isinstance(constant, int) and not isinstance(constant, bool)
    return name in ("m", "n") or case.claim.annotations.get(name) is int or counts


def _recipe(value: Value | Any, annotation: object) -> object:
    """A number of an axis as the recipe that the claim's parameter is read from."""
    if annotation is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value if annotation in (int, float) or not isinstance(value, float) else str(value)
