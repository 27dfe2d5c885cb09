"""Replaying a counterexample: what the court says today of what was refuted when it was written."""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, TypeAlias

from certify import UnreadableError, canonical, check_certificate
from claims import at, locate
from claims.case import Case
from claims.claim import Claim, Mutant
from claims.counterexample import plain, shown
from claims.counterexample import read as read_counterexample
from claims.instance import decode_instance, encode_instance
from claims.search import Looked

Outcome: TypeAlias = Literal["REFUTED", "FIXED", "UNDECIDED", "UNREADABLE"]

# A file is data from anywhere, and its numbers say how large a network is.
_MEMORY = 8 * 2**30  # bytes
_WORDS, _ANSWER = 300, 4000  # characters of what a stranger's numbers make a claim say
# A fork has the claims in memory already; elsewhere it is not safe.
_METHOD: Literal["fork", "spawn"] = "fork" if sys.platform == "linux" else "spawn"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one file.

    Attributes:
        outcome: REFUTED still, FIXED, UNDECIDED, or UNREADABLE: no file of a claim that is there.
        case: "du2019.lemma_3_3[radius=1]"; "" where that cannot be read.
        words: why.
    """

    outcome: Outcome
    case: str
    words: str


def replayed(path: Path, claims_file: Path | None, *, seconds: float) -> Replayed:
    """Replay one file in a process of its own, whose memory and time are limited.

    Args:
        path: the file.
        claims_file: where to look for the claim before the catalogue; None for nowhere.
        seconds: most time for it.

    Raises:
        NotFoundError: the claims file, or one of the catalogue, cannot be read.
    """
    try:
        _, case = read(path, claims_file)  # also loads the claims, once for all files
    except UnreadableError as error:
        return Replayed("UNREADABLE", "", str(error))
    context: Any = multiprocessing.get_context(_METHOD)  # the base class is typed too poorly
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, path, claims_file), daemon=True)
    with warnings.catch_warnings():
        # Newer Pythons warn of threads that a fork does not take along; it uses none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    sender.close()
    try:
        if not receiver.poll(seconds):
            return Replayed("UNDECIDED", case.id, f"it was not decided within {seconds:g} s")
        return Replayed(**json.loads(receiver.recv_bytes()))
    except EOFError:
        words = "its process ended without an answer, out of memory say"
        return Replayed("UNDECIDED", case.id, words)
    finally:
        process.kill()
        process.join()
        receiver.close()


def read(path: Path, claims_file: Path | None) -> tuple[dict[str, Any], Case]:
    """A counterexample document, and the case that it refutes with the document's constants.

    Raises:
        UnreadableError: it cannot be read, or its claim, setting or constants are no more.
        NotFoundError: the claims file, or one of the catalogue, cannot be read.
    """
    document = read_counterexample(path)
    claim = _claim(document["claim"], claims_file)
    mutant = _mutant(claim, document["setting"])
    return document, Case(claim, mutant)


def judged(document: Mapping[str, Any], case: Case) -> Replayed:
    """Judge the smallest witness with the constants of the document, in this process.

    Args:
        document: as `read` gives it.
        case: whose statement is meant.
    """
    witness = document["witnesses"]["smallest"]
    try:
        constants = _constants(document["constants"], case)
        salt = plain(document["seeds"].get("salt", 0))
        asked = Case(replace(case.claim, constants=constants), _dropping(case.mutant))
        looked = at.look(asked, plain(witness["instance"]), salt=salt)
        unmet = looked.visit.failed if looked.state == "excluded" else _outside(case, looked)
    except Exception as error:  # what a stranger's numbers do to the claim's own classes
        words = f"it does not fit the claim: {str(error) or type(error).__name__}"
        return Replayed("UNREADABLE", case.id, words[:_WORDS])
    if unmet:
        words = f"its premises are no longer met: {', '.join(map(repr, unmet))}"
        return Replayed("FIXED", case.id, words)
    finding = looked.finding
    if finding is None:
        return Replayed("UNDECIDED", case.id, (looked.objection or repr(looked.crash))[:_WORDS])
    vouched = _certificate(document["constants"], witness, looked)
    if finding.decision == "refuted":
        return Replayed("REFUTED", case.id, f"{finding.reason}; {vouched}")
    if finding.decision == "supported":
        return Replayed("FIXED", case.id, f"the statement is supported there: {finding.summary}")
    return Replayed("UNDECIDED", case.id, f"{finding.reason}; {vouched}")


def _claim(claim_id: str, claims_file: Path | None) -> Claim:
    """The claim of that id; never by a path, which a stranger's file could point anywhere."""
    module = claim_id.rpartition(".")[0]
    files = [
        file
        for file in locate.theorem_files()
        if ".".join(file.relative_to(locate.THEOREMS).with_suffix("").parts) == module
    ]
    if claims_file is not None:
        files.insert(0, claims_file)
    known = [claim for file in files for claim in locate.claims_of(file)]
    for claim in known:
        if claim.id == claim_id:
            return claim
    if known:
        ids = ", ".join(dict.fromkeys(claim.id for claim in known))
        raise UnreadableError(f"there is no claim {claim_id}; its file has {ids:.300}")
    raise UnreadableError(
        f"there is no claim {claim_id} in the catalogue; give the file that has it, "
        "--claims my_claims.py"
    )


def _mutant(claim: Claim, setting: str) -> Mutant | None:
    if not setting:
        return None
    for mutant in claim.mutants:
        if mutant.name == setting:
            return mutant
    settings = ", ".join(mutant.name for mutant in claim.mutants)
    raise UnreadableError(f"{claim.id} has no setting {ascii(setting)[:80]}; it has {settings}")


def _dropping(mutant: Mutant | None) -> Mutant | None:
    """What is left of a mutant when its constants are the document's: the premise it drops."""
    if mutant is None or not mutant.drops:
        return None
    return Mutant({}, mutant.because, drops=mutant.drops)


def _constants(given: Mapping[str, Any], case: Case) -> dict[str, object]:
    """The document's constants as the claim takes them; today's where it has none.

    Raises:
        UnreadableError: the claim has no such constant, or takes no such value.
    """
    todays = case.constants
    unknown = sorted(set(given) - set(todays))
    if unknown:
        raise UnreadableError(
            f"{case.claim.id} has no constant {ascii(unknown[0])[:60]}; it has {sorted(todays)}"
        )
    return {
        name: _constant(name, plain(given[name]), value) if name in given else value
        for name, value in todays.items()
    }


def _constant(name: str, value: object, todays: object) -> object:
    if value == shown(todays):
        return todays
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(todays, Fraction) and isinstance(value, str):
        return Fraction(value)
    if isinstance(todays, float) and is_number:
        return float(str(value))
    same_kind = type(value) is type(todays) and isinstance(value, bool | str)
    if same_kind or (isinstance(todays, int) and not isinstance(todays, bool) and is_number):
        return value
    raise UnreadableError(f"the constant {name} is {ascii(value)[:60]}, and today {todays!r}")


def _outside(case: Case, looked: Looked) -> list[str]:
    """The premises of the strategies that the instance does not meet.

    A witness that was given with the claim may stand outside of what is drawn.
    """
    annotations = case.claim.annotations
    witnesses = [decode_instance(one, annotations, case.id) for one in case.explicit]
    if looked.recipe in [encode_instance(values) for values in witnesses]:
        return []
    return [
        name
        for parameter, strategy in case.strategies.items()
        for name, holds in getattr(strategy, "premises", {}).items()
        if not holds(looked.values[parameter])
    ]


def _certificate(constants: Mapping[str, Any], witness: Mapping[str, Any], looked: Looked) -> str:
    """What the certificate in the file is worth, in words."""
    certificate = witness["certificate"]
    if certificate is None:
        return f"not certified, {witness['not_certified'] or 'no reason given'}"
    try:
        checked = check_certificate(certificate, constants, witness["instance"])
    except UnreadableError as error:
        return f"its certificate means nothing, {error}"
    if checked.verdict != "refuted":
        return f"its certificate does not stand: {checked.verdict}, {checked.reason}"
    if not _is_of(certificate, looked):
        return "its certificate stands, but for another inequality than the claim's of today"
    return f"certified, balls of {checked.bits} bits"


def _is_of(certificate: Mapping[str, Any], looked: Looked) -> bool:
    """Whether the certificate is about what the claim itself says at the instance."""
    proof = looked.finding.proof if looked.finding is not None else None
    if proof is None:
        return False
    own = proof.to_json()
    return all(
        canonical(certificate[key]) == canonical(own[key])
        for key in ("model", "recipe", "left", "relation", "right")
    )


def _answer(sender: Connection, path: Path, claims_file: Path | None) -> None:
    """Judge in the child, and send what was found."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    least = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (least, hard))
    try:
        found = judged(*read(path, claims_file))
    except UnreadableError as error:
        found = Replayed("UNREADABLE", "", str(error))
    except locate.NotFoundError as error:
        found = Replayed("UNREADABLE", "", str(error))
    sender.send_bytes(json.dumps(asdict(replace(found, words=found.words[:_ANSWER]))).encode())
