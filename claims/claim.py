"""Claims, their mutants and the cases to run: frozen values that can be enumerated."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from hypothesis.strategies import SearchStrategy

from claims.paper import Paper, claim_prefix
from verdicts import Statement

Kind: TypeAlias = Literal["deterministic", "probabilistic", "expectation"]
Expected: TypeAlias = Literal["SUPPORTED", "REFUTED"]
Strategies: TypeAlias = Mapping[str, SearchStrategy[Any]]
Constants: TypeAlias = Mapping[str, object]
Cost: TypeAlias = Callable[..., float]

PAPER_WIDTH = "paper_width"  # the topic of a theorem at the width that its own proof asks for


@dataclass(frozen=True, slots=True, eq=False)
class Mutant:
    """A claim made false on purpose, or (an erratum) as its paper prints it.

    Attributes:
        setting: constants and strategies that it replaces, by parameter name.
        because: why it must be refuted.
        erratum: whether the paper prints it.
        where: page and number of the print, for an erratum.
        drops: the premise that it drops: of the replaced strategy, or of the claim's body.
        witness: an instance that is tried first; None leaves it to the search.
        title: a name in place of the rendered setting.
    """

    setting: Mapping[str, object]
    because: str
    erratum: bool = False
    where: str = ""
    drops: str = ""
    witness: Mapping[str, object] | None = None
    title: str = ""

    @property
    def name(self) -> str:
        """The setting, short enough for a node id: "factor=1", "data=antipodal"."""
        if self.title:
            return _plain(self.title)
        parts = [f"{key}={_rendered(value)}" for key, value in self.setting.items()]
        if self.drops and not any(isinstance(v, SearchStrategy) for v in self.setting.values()):
            parts.append(f"drops={_plain(self.drops)}")
        return ",".join(parts)

    @property
    def shown(self) -> dict[str, object]:
        """The setting for reports: a strategy by its title, or by the premises it keeps."""
        return {key: self._shown(key, value) for key, value in self.setting.items()}

    def _shown(self, key: str, value: object) -> object:
        if not isinstance(value, SearchStrategy):
            return value
        if self.title:
            return self.title.removeprefix(f"{key}=")
        premises = getattr(value, "premises", None)
        return _rendered(value) if premises is None else f"only {', '.join(premises)}"

    @property
    def strategies(self) -> dict[str, SearchStrategy[Any]]:
        """The part of the setting that is drawn."""
        return {k: v for k, v in self.setting.items() if isinstance(v, SearchStrategy)}

    @property
    def constants(self) -> dict[str, object]:
        """The part of the setting that is not drawn."""
        return {k: v for k, v in self.setting.items() if not isinstance(v, SearchStrategy)}


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """One statement of a paper, executable. Calling it gives the statement at an instance.

    Attributes:
        function: what the decorator was put on.
        name, module, file, line: where it stands; `file` is as Python was told.
        paper, label: the text and the number in it.
        kind: what is judged: a margin, a probability or an expectation.
        for_all: strategies of what the statement quantifies.
        annotations: the types of these parameters, which decode recipes.
        constants: the keyword-only parameters with their true values.
        mutants: what must be refuted.
        depends_on: ids of the claims that its proof uses.
        topics: extra markers.
        bound, regime, text: "tight"/"valid", "stated"/"beyond", "read"/"derived"/"new".
        edge: whether some instances must stand within 10 % of a premise's edge.
        examples: instances that are tried first.
        cost: normals drawn + flops/8 of an instance of a deterministic claim; None for free.
        share: times the profile's caps on cost.
        least_profile: the least effort that runs it; with less it is left out.
        expected: "REFUTED" for a published statement that is false as a whole.
        because, where, witness: as for a mutant, where REFUTED is expected.
        tex: the statement for typesetting, "" where the docstring has to do.
    """

    function: Callable[..., Statement]
    label: str
    paper: Paper
    kind: Kind
    for_all: Strategies
    annotations: Mapping[str, object]
    constants: Constants
    mutants: tuple[Mutant, ...] = ()
    depends_on: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    bound: str = "valid"
    regime: str = "stated"
    text: str = "read"
    edge: bool = False
    examples: tuple[Mapping[str, object], ...] = ()
    cost: Cost | None = None
    share: float = 1.0
    least_profile: str = "quick"
    expected: Expected = "SUPPORTED"
    because: str = ""
    where: str = ""
    witness: Mapping[str, object] | None = None
    tex: str = ""

    @property
    def name(self) -> str:
        """The function's name, "lemma_3_1"."""
        return self.function.__name__

    @property
    def module(self) -> str:
        """Name of the module that defines it."""
        return self.function.__module__

    @property
    def id(self) -> str:
        """Module and name, "du2019.lemma_3_1"."""
        return f"{claim_prefix(self.module)}.{self.name}"

    @property
    def doc(self) -> str:
        """The statement in the paper's letters: the docstring without its indentation."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @property
    def own_width(self) -> bool:
        """Whether it stands at the width that its own proof asks for."""
        return PAPER_WIDTH in self.topics

    @property
    def file(self) -> str:
        """The file that defines it."""
        return self.function.__code__.co_filename

    @property
    def line(self) -> int:
        """Line of the decorator."""
        return self.function.__code__.co_firstlineno

    def statement(self, *args: object, **instance_and_constants: object) -> Statement:
        """The statement at an instance, with the true constants unless others are given."""
        return self.function(*args, **instance_and_constants)

    def __call__(self, *args: object, **instance_and_constants: object) -> Statement:
        """The same as `statement`."""
        return self.function(*args, **instance_and_constants)

    def __repr__(self) -> str:
        return f"<claim {self.id} ({self.label})>"


@dataclass(frozen=True, slots=True)
class NotExecutable:
    """A statement that no program can check, listed so that nobody looks for it in vain.

    Attributes:
        label: its number in the paper.
        reason: why not.
        where: page or section, "" where the label says enough.
    """

    label: str
    reason: str
    where: str = ""


def _rendered(value: object) -> str:
    if isinstance(value, SearchStrategy):
        name = repr(value).partition("(")[0]
        return _plain(name.removesuffix("_datasets"))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)  # its sign is no hyphen
    return _plain(str(value))


def _plain(text: str) -> str:
    """Letters that stand in a node id without quoting: no brackets, blanks or colons."""
    return re.sub(r"[^A-Za-z0-9_.+=-]+", "-", text).strip("-")
