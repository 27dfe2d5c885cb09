"""What a module claims, and how its claims rest on one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

from claims.claim import Claim, NotExecutable
from claims.errors import ClaimError
from claims.paper import claim_prefix


def claims_in(module: ModuleType) -> list[Claim]:
    """The claims that a module defines (not those that it imports), in file order.

    Raises:
        ClaimError: a `depends_on` names a claim that its loaded module lacks, or runs in a circle.
    """
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, Claim) and value.module == module.__name__
    ]
    claims = sorted({id(claim): claim for claim in found}.values(), key=lambda c: c.line)
    check_graph(claims)
    return claims


def not_executable_in(module: ModuleType) -> dict[str, NotExecutable]:
    """The statements of a module that cannot be checked, by id, in file order."""
    prefix = claim_prefix(module.__name__)
    return {
        f"{prefix}.{name}": value
        for name, value in vars(module).items()
        if isinstance(value, NotExecutable)
    }


def check_graph(claims: Sequence[Claim]) -> None:
    """Check the lemma graph: every id of a paper that is among the claims exists, and no circle.

    Call it once more with all claims of a run: only then are other papers' ids known.

    Raises:
        ClaimError: naming the claim and what it depends on.
    """
    graph = {claim.id: claim.depends_on for claim in claims}
    papers = {claim_prefix(claim.module) for claim in claims}
    for name, needed in graph.items():
        for other in needed:
            if other not in graph and other.rpartition(".")[0] in papers:
                raise ClaimError(
                    f"{name}: depends_on={other!r} is no claim of its file; "
                    f"the claims are {sorted(graph)}"
                )
    done: set[str] = set()
    for name in graph:
        _walk(name, graph, (), done)


def _walk(
    name: str, graph: Mapping[str, tuple[str, ...]], path: tuple[str, ...], done: set[str]
) -> None:
    if name in path:
        circle = " -> ".join((*path[path.index(name) :], name))
        raise ClaimError(
            f"{name}: depends_on runs in a circle, {circle}; "
            "leave out the claim that the proof does not use"
        )
    if name not in done:
        for other in graph.get(name, ()):
            _walk(other, graph, (*path, name), done)
        done.add(name)
