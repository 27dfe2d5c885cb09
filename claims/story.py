"""What a user reads about a case that did not pass, or about a published error: plain sentences."""

from __future__ import annotations

import os
import shlex
import sys
import textwrap
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path

from claims.case import Case
from claims.instance import canonical, pasteable
from claims.machine import REPOSITORY
from claims.run import Options
from claims.search import Looked, Search


def refutation_text(
    case: Case, search: Search, smallest: Looked, *, worst: Looked | None, certificate: str
) -> str:
    """The counterexample: statement, smallest instance, worst margin, certificate, replay."""
    finding = smallest.finding
    reason = finding.reason if finding else ""
    lines = [
        f"{case.id} ({case.claim.label}) is refuted{_by_whom(case)}.",
        "",
        *_stated(case),
        "",
        _origin(search, smallest),
        *_indented(f"{name} = {value!r}" for name, value in smallest.values.items()),
        *_constants(case),
        "",
        f"There: {reason}.",
        *([f"Tightest inequality: {finding.tightest}."] if finding and finding.tightest else []),
        *_plainer(search),
        _worst_text(worst),
        *([f"The refutation is {certificate}."] if certificate else []),
        *_stopped(search),
        "",
        "To keep it as a test, give it to the claim:",
        f"  {keep_line(case, smallest.values)}",
        "To see it again:",
        f"  {replay_line(case, search.options)}",
    ]
    return "\n".join(lines)


def survivor_text(case: Case, search: Search, outcome: str) -> str:
    """Why a mutant that should have died did not."""
    mutant = case.mutant
    because = mutant.because if mutant else case.claim.because
    objections = [x.objection for x in _refuted(search) if x.objection]
    if objections:
        head = f"{case.id} dies for another reason ({objections[0]})"
    else:
        head = f"{case.id} survives"
    lines = [
        f"{head}, yet it should fail: {because}",
        "",
        f"The search: {outcome}.",
        *_witnesses(search),
        "To run it again:",
        f"  {replay_line(case, search.options)}",
    ]
    return "\n".join(lines)


def open_text(case: Case, search: Search, outcome: str, reason: str) -> str:
    """Why a claim is not supported, where nothing refutes it."""
    lines = [
        f"{case.id} ({case.claim.label}) is {outcome}: {reason}.",
        "",
        *_stated(case),
        *_premises(search),
        "To run it again:",
        f"  {replay_line(case, search.options)}",
    ]
    return "\n".join(lines)


def crash_text(case: Case, search: Search, crashed: Looked) -> str:
    """A claim's own code raised: the instance and the traceback from the claim's file on."""
    error = crashed.crash
    lines = [
        f"{case.id} ({case.claim.label}) cannot be run: {_named(error)}",
        "",
        "At the instance",
        *_indented(f"{name} = {value!r}" for name, value in crashed.values.items()),
        *_constants(case),
        "",
        trace_of(error, case.claim.file).rstrip(),
        "",
        "To see it again:",
        f"  {replay_line(case, search.options)}",
    ]
    return "\n".join(lines)


def trace_of(error: BaseException | None, file: str) -> str:
    """The traceback from the claim's file on, or whole; paths are seen from the directory."""
    if error is None:
        return ""
    trace = start = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace or start))
    for prefix in (Path.cwd(), Path(sys.prefix)):
        text = text.replace(f"{prefix}{os.sep}", "")
    return text


def keep_line(case: Case, values: Mapping[str, object]) -> str:
    """The line to paste: examples for a claim, the witness for what is expected to fail."""
    shown = pasteable(values)
    return f"examples=[{shown}]" if case.expected == "SUPPORTED" else f"witness={shown}"


def replay_line(case: Case, options: Options) -> str:
    """The command that runs the case again with the same search."""
    parts = [_called(case)]
    if options.profile.name != "quick":
        parts.append(f"--claims-profile {options.profile.name}")
    if options.salt:
        parts.append(f"--claims-salt {options.salt}")
    if options.examples is not None:
        parts.append(f"--claims-examples {options.examples}")
    if options.seeds is not None:
        parts.append(f"--claims-seeds {options.seeds}")
    if options.hypothesis_seed is not None:
        parts.append(f"--hypothesis-seed {options.hypothesis_seed}")
    return " ".join(parts)


def _called(case: Case) -> str:
    """What runs the case: a node id, or for a file outside of the repository `check`."""
    outside = _outside(case)
    if outside is not None:
        return f"{_script('bin/provably')} check {_near(outside)} -- -k {case.claim.name}"
    return f'python -m pytest "{case.node}"' if case.mutant else f"python -m pytest {case.node}"


def kept_text(case: Case, file: str) -> str:
    """Where the counterexample is kept, and who can check it how."""
    outside = _outside(case)
    again = f"python -m claims replay {file}"
    if outside is not None:
        again = f"{_script('bin/provably')} replay {file} --claims {_near(outside)}"
    return "\n".join(
        [
            "",
            "The counterexample is a file of its own; to judge it again, and to check it without",
            "this program:",
            f"  {again}",
            f"  python {_script('certify/recheck.py')} {file}",
        ]
    )


def _script(name: str) -> str:
    """A script of the suite, as a command in the current directory finds it."""
    return name if Path.cwd() == REPOSITORY else shlex.quote(str(REPOSITORY / name))


def _near(file: Path) -> str:
    """A file as a command in the current directory finds it."""
    here = file.resolve()
    near = here.is_relative_to(Path.cwd())
    return shlex.quote(str(here.relative_to(Path.cwd()) if near else here))


def _outside(case: Case) -> Path | None:
    """The claim's file where it lies outside of the repository."""
    file = Path(case.claim.file)
    inside = not case.claim.file or file.resolve().is_relative_to(REPOSITORY)
    return None if inside else file


def _worst_text(worst: Looked | None) -> str:
    """The worst margin, which need not be at the smallest instance."""
    if worst is None or worst.finding is None:
        return "Worst margin: none was measured."
    where = textwrap.shorten(canonical(worst.recipe), 200)
    return f"Worst margin: {worst.finding.margin:.6g}, at {where}."


def _plainer(search: Search) -> list[str]:
    if search.plain is None:
        return []
    shown = [f"{name} = {value!r}" for name, value in search.plain.values.items()]
    return ["With plainer numbers it is refuted at", *_indented(shown)]


def _stopped(search: Search) -> list[str]:
    early = search.spending.shrink_stopped
    if not early:
        return []
    return [f"Shrinking stopped early ({early}); --claims-shrink SECONDS gives it more time."]


def _stated(case: Case) -> list[str]:
    paper = case.claim.paper
    return [
        f"The statement ({paper.authors}: {paper.title}. {paper.source}):",
        *_indented(case.claim.doc.splitlines()),
    ]


def _by_whom(case: Case) -> str:
    if case.expected == "SUPPORTED":
        return ""
    printed = case.mutant.where if case.mutant else case.claim.where
    because = case.mutant.because if case.mutant else case.claim.because
    place = f", as it must be ({printed})" if printed else ", as it must be"
    return f"{place}: {because}"


def _origin(search: Search, smallest: Looked) -> str:
    if smallest is not search.smallest:
        return "An explicit instance, given with the claim, refutes it:"
    return "The smallest instance that the search found:"


def _constants(case: Case) -> list[str]:
    if not case.constants:
        return []
    shown = ", ".join(f"{name}={value!r}" for name, value in case.constants.items())
    return [f"  with the constants {shown}"]


def _premises(search: Search) -> list[str]:
    ledger = search.ledger
    counts = f"{ledger.met} met all premises, {ledger.excluded} did not"
    lines = [f"Instances: {counts}, {ledger.costly} were too costly."]
    for name, count in ledger.premises.items():
        least = f", least slack {count.nearest:.3g}" if count.held else ""
        lines.append(f"  premise {name!r}: held {count.held} times, failed {count.failed}{least}")
    return lines


def _witnesses(search: Search) -> list[str]:
    lines = []
    for looked in search.explicit:
        if looked.counts:
            continue
        why = looked.objection or (looked.finding.reason if looked.finding else "it crashes")
        lines.append(f"The witness does not refute it: {why}.")
    mutant = search.case.mutant
    of_the_body = mutant.drops if mutant and not mutant.strategies else ""
    if of_the_body and of_the_body not in search.ledger.premises:
        lines.append(f"No premise {of_the_body!r} was ever stated; drop one of the claim's.")
    return lines


def _refuted(search: Search) -> list[Looked]:
    looked = [*search.explicit, *search.generated.values()]
    return [x for x in looked if x.finding is not None and x.finding.decision == "refuted"]


def _named(error: BaseException | None) -> str:
    return "".join(traceback.format_exception_only(error)).strip() if error else "unknown error"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}".rstrip() for line in lines]
