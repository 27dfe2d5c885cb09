"""The words of a claims file: @claim, wrong, misprint, @refuted_claim, not_executable."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from claims.check import annotations_of, check_claim, split_signature
from claims.claim import Claim, Cost, Mutant, NotExecutable, Strategies
from claims.errors import ClaimError
from claims.paper import claim_prefix, paper_of
from verdicts import Statement


def wrong(
    *,
    because: str,
    drops: str = "",
    witness: Mapping[str, object] | None = None,
    title: str = "",
    **setting: object,
) -> Mutant:
    """A mutant that must be refuted: a weakened premise or a strengthened conclusion.

    Args:
        because: why it is false, in a sentence.
        drops: the premise that it drops, by name: one of the strategy that it replaces, or, with
            no strategy replaced, one that the claim's body states by `assume_premise`.
        witness: an instance that is tried before the search.
        title: a name for node ids, in place of the rendered setting.
        setting: constants with their false values, or parameters with another strategy.
    """
    return Mutant(setting, because, drops=drops, witness=witness, title=title)


def misprint(
    *,
    because: str,
    where: str = "",
    drops: str = "",
    witness: Mapping[str, object] | None = None,
    title: str = "",
    **setting: object,
) -> Mutant:
    """A mutant that the paper itself prints; its refutation is made small and reported.

    The arguments are those of `wrong`, and `where` is the place: "p. 6, Lemma 3.3".
    """
    return Mutant(
        setting,
        because,
        erratum=True,
        where=where,
        drops=drops,
        witness=witness,
        title=title,
    )


def not_executable(label: str, *, reason: str, where: str = "") -> NotExecutable:
    """A statement that no program can check, so that the list of a paper's results is whole.

    Give it a name of the file, `lemma_d_6 = not_executable("Lemma D.6", reason="...")`: the name
    makes its id, and without one nobody would see it.

    Args:
        label: the number in the paper, "Lemma D.6".
        reason: why not: a constant that nobody states, a limit, a taste.
        where: page or section, where the label does not say enough.

    Raises:
        ClaimError: the label or the reason is empty.
    """
    if not label.strip() or not reason.strip():
        raise ClaimError(
            f"not_executable: label={label!r}, reason={reason!r}; say which statement, and why not"
        )
    return NotExecutable(label, reason, where)


def claim(
    label: str,
    *,
    for_all: Strategies,
    mutants: Sequence[Mutant],
    depends_on: Sequence[Claim | str] = (),
    topics: Sequence[str] = (),
    bound: str = "valid",
    regime: str = "stated",
    text: str = "read",
    edge: bool = False,
    examples: Sequence[Mapping[str, object]] = (),
    cost: Cost | None = None,
    share: float = 1.0,
    least_profile: str = "quick",
    statement: str = "",
) -> Callable[[Callable[..., Statement]], Claim]:
    """Make a claim of a function that returns a statement.

    Args:
        label: the number in the paper, "Lemma 3.1".
        for_all: what the statement quantifies with "for all", by parameter.
        mutants: at least one `wrong(...)` or `misprint(...)`.
        depends_on: claims, or ids "du2019.lemma_3_1", that the proof uses.
        topics: extra markers, one word each.
        bound: "tight" or "valid".
        regime: "stated", or "beyond" where the claim goes further than the paper.
        text: "read" in the paper, "derived" from it here, or "new".
        edge: whether some instances must stand within 10 % of a premise's edge.
        examples: instances that are tried first, as the report of a refutation prints them.
        cost: for a deterministic claim, the normals drawn + flops/8 of an instance: a function of
            any of the claim's parameters.
        share: times the profile's caps on cost, for a claim that needs more than its share.
        least_profile: the least effort that runs it, "quick", "ci" or "thorough"; a run with less
            leaves it out and says so.
        statement: the statement for typesetting.

    Raises:
        ClaimError: the claim is written wrongly; the message names it.
    """
    return _declaration(
        label=label,
        for_all=for_all,
        mutants=tuple(mutants),
        depends_on=depends_on,
        topics=tuple(topics),
        bound=bound,
        regime=regime,
        text=text,
        edge=edge,
        examples=tuple(examples),
        cost=cost,
        share=share,
        least_profile=least_profile,
        tex=statement,
    )


def refuted_claim(
    label: str,
    *,
    for_all: Strategies,
    because: str,
    where: str = "",
    witness: Mapping[str, object] | None = None,
    depends_on: Sequence[Claim | str] = (),
    topics: Sequence[str] = (),
    text: str = "read",
    cost: Cost | None = None,
    share: float = 1.0,
    statement: str = "",
) -> Callable[[Callable[..., Statement]], Claim]:
    """Make a claim of a published statement that is false; it passes while it stays refuted.

    `because` says why it is false, `where` the place in the paper, `witness` is an instance that
    refutes it; without one the search has to find it. The other arguments are those of `claim`.

    Raises:
        ClaimError: the claim is written wrongly; the message names it.
    """
    return _declaration(
        label=label,
        for_all=for_all,
        depends_on=depends_on,
        topics=tuple(topics),
        text=text,
        cost=cost,
        share=share,
        expected="REFUTED",
        because=because,
        where=where,
        witness=witness,
        tex=statement,
    )


def _declaration(
    *, depends_on: Sequence[Claim | str], **fields: Any
) -> Callable[[Callable[..., Statement]], Claim]:
    def decorate(function: Callable[..., Statement]) -> Claim:
        where = f"{claim_prefix(function.__module__)}.{function.__name__}"
        _check_first(function, where)
        drawn, constants = split_signature(function, where)
        annotations, kind = annotations_of(function, drawn, where)
        made = Claim(
            function=function,
            paper=paper_of(function.__module__, function.__globals__.get("__doc__")),
            kind=kind,
            annotations=annotations,
            constants=constants,
            depends_on=tuple(c.id if isinstance(c, Claim) else c for c in depends_on),
            **fields,
        )
        check_claim(made)
        return made

    return decorate


def _check_first(function: Callable[..., Statement], where: str) -> None:
    """Refuse a second claim of one name: the first would be lost without a word."""
    namesake = vars(sys.modules.get(function.__module__, sys)).get(function.__name__)
    if isinstance(namesake, Claim) and (
        namesake.file == function.__code__.co_filename
        and namesake.line != function.__code__.co_firstlineno
    ):
        raise ClaimError(f"{where}: two claims have this name; give the second one its own")
