"""`python -m claims show ID`: what a claim says, in the paper's letters, and what it rests on."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from claims.claim import Claim, Mutant, NotExecutable
from claims.commands.exits import FINE
from claims.graph import not_executable_in
from claims.locate import NotFoundError, cases, files_of, find, load

_EPILOG = """\
Exit code 0, or 3 where there is no such claim.

examples:
  python -m claims show du2019.lemma_3_1
  python -m claims show theorems/du2019.py::theorem_3_1
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("target", metavar="ID", help="du2019.lemma_3_1, or FILE, or FILE::name")


def run(arguments: argparse.Namespace) -> int:
    """Print every claim that is meant, and what is listed as not executable.

    Raises:
        NotFoundError: there is no such file or claim, or none in it.
    """
    target = find(arguments.target)
    listed = [entry for file in files_of(target) for entry in not_executable_in(load(file)).items()]
    meant = [e for e in listed if not target.name or e[0].endswith(f".{target.name}")]
    asked = () if target.name and meant else cases(target)
    claims = {case.claim.id: case.claim for case in asked}
    told = ["\n".join(_lines(claim)) for claim in claims.values()]
    if not told and not meant:
        raise NotFoundError(f"{target.node}: there are no claims in it; name a file that has some")
    print("\n\n".join(told + ["\n".join(_reason(*entry)) for entry in meant]))
    return FINE


def _reason(name: str, entry: NotExecutable) -> Iterator[str]:
    yield f"{name} ({entry.label})"
    yield f"status      NOT EXECUTABLE: {entry.reason}{f' ({entry.where})' if entry.where else ''}"


def _lines(claim: Claim) -> Iterator[str]:
    paper = claim.paper
    yield f"{claim.id} ({claim.label})"
    yield f"{paper.authors}: {paper.title}. {paper.source}"
    yield f"{claim.file}:{claim.line}"
    yield ""
    yield from (f"  {line}".rstrip() for line in claim.doc.splitlines())
    yield ""
    yield f"kind        {claim.kind}, bound {claim.bound}, regime {claim.regime}, {claim.text}"
    if claim.expected == "REFUTED":
        yield f"expected    REFUTED: {claim.because}{f' ({claim.where})' if claim.where else ''}"
    yield from _block("for all", (_drawn(claim, name) for name in claim.for_all))
    yield from _block("constants", (f"{n} = {v!r}" for n, v in claim.constants.items()))
    yield from _block("mutants", map(_mutant, claim.mutants))
    yield from _block("depends on", claim.depends_on)
    yield from _block("topics", claim.topics)


def _drawn(claim: Claim, name: str) -> str:
    """What a parameter ranges over: its strategy's premises where they have names."""
    strategy, kind = claim.for_all[name], claim.annotations[name]
    premises = getattr(strategy, "premises", None)
    if premises is None:
        return f"{name}: {strategy!r}"
    listed = ", ".join(premises) or "no premises"
    return f"{name}: {getattr(kind, '__name__', kind)} ({listed})"


def _block(title: str, entries: Iterator[str] | map[str] | tuple[str, ...]) -> Iterator[str]:
    for number, entry in enumerate(entries):
        yield f"{title if number == 0 else '':<11} {entry}"


def _mutant(mutant: Mutant) -> str:
    printed = f" (printed: {mutant.where})" if mutant.erratum else ""
    return f"{mutant.name}{printed}: {mutant.because}"
