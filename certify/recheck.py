"""Re-check counterexample files: python certify/recheck.py FILE [FILE ...].

For every witness that has a certificate both sides and all premises are computed again, from the
recipe and the constants, in ball arithmetic. Nothing of the project is needed but the folder
`exact` beside this file, and no library but python-flint.

Exit code: 0 if every file holds a certificate and all of them are good, 1 if one is not, 2 if a
file cannot be read.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_FOLDER = str(Path(__file__).resolve().parent)
# Python puts the script's own folder on the path, unless it is told not to (-P).
sys.path.insert(0, _FOLDER)
balls, canonical, check, enclosures, infix, reading = (
    importlib.import_module(f"exact.{name}")
    for name in ("balls", "canonical", "check", "enclosures", "infix", "reading")
)
sys.path.remove(_FOLDER)

SECONDS = 60.0  # for all files together
GOOD, FAILED, UNREADABLE = 0, 1, 2
_SIDES = ("left", "right")


def main(paths: list[str], *, seconds: float = SECONDS) -> int:
    """Prints what is found in every file, and returns the exit code."""
    if not paths:
        _say("usage: python certify/recheck.py FILE [FILE ...]", sys.stderr)
        return UNREADABLE
    until = time.monotonic() + seconds
    return max(recheck(path, until) for path in paths)


def recheck(path: str, until: float) -> int:
    """One file, checked up to a time of `time.monotonic`."""
    try:
        document = reading.read_document(path)
        lines = [f"{path}: {document['claim']}[{document['setting']}]"]
        good = _digest(document, lines)
        certified = [
            _witness(name, witness, document["constants"], until, lines)
            for name, witness in document["witnesses"].items()
            if witness is not None
        ]
    except (balls.UnreadableError, RecursionError, MemoryError) as error:
        _say(f"{path}: cannot be read: {error or type(error).__name__}", sys.stderr)
        return UNREADABLE
    if all(one is None for one in certified):
        lines.append("  FAILED: there is no certificate in it")
    for line in lines:
        _say(line, sys.stdout)
    return GOOD if good and any(certified) and False not in certified else FAILED


def _digest(document: dict[str, Any], lines: list[str]) -> bool:
    good = bool(canonical.digest_of(document) == document["digest"])
    if not good:
        lines.append("  FAILED: the digest is of another text: the file was changed")
    return good


def _witness(
    name: str, witness: dict[str, Any], constants: Any, until: float, lines: list[str]
) -> bool | None:
    """Whether its certificate is good; None if it has none."""
    certificate = witness["certificate"]
    if certificate is None:
        lines.append(f"  {name}: not certified: {witness['not_certified']}")
        return None
    seconds = max(0.0, until - time.monotonic())
    found = check.check(certificate, constants, witness["instance"], seconds=seconds)
    known = {"constant": constants, "given": witness["instance"]}
    lines += _told(name, certificate, known, found)
    why = _why(certificate, found)
    lines.append(f"    FAILED: {why}" if why else f"    CERTIFIED with balls of {found.bits} bits")
    return not why


def _told(
    name: str, certificate: dict[str, Any], known: dict[str, Any], found: Any
) -> Iterator[str]:
    yield f"  {name}: this is said to fail: {_relation(certificate)}"
    sides = [one[side] for one in (certificate, *certificate["premises"]) for side in _SIDES]
    names = sorted(set().union(*map(infix.names, sides)))
    if names:
        yield f"    with {', '.join(f'{name} = {known[kind].get(name)}' for kind, name in names)}"
    computed = found.left != enclosures.NOTHING_KNOWN
    for premise in certificate["premises"]:
        yield f"    premise {premise['name']}: {_relation(premise)}{': holds' if computed else ''}"
    if computed:
        yield f"    left side  in [{found.left[0]}, {found.left[1]}]"
        yield f"    right side in [{found.right[0]}, {found.right[1]}]"


def _why(certificate: dict[str, Any], found: Any) -> str:
    """What is wrong with a certificate; empty if nothing is."""
    if found.verdict != "refuted":
        return f"{found.verdict}: {found.reason}"
    for side, computed in zip(_SIDES, (found.left, found.right), strict=True):
        if not enclosures.overlap(computed, certificate[f"{side}_enclosure"]):
            return f"the file records another value of the {side} side"
    return ""


def _relation(sides: dict[str, Any]) -> str:
    left, right = infix.infix(sides["left"]), infix.infix(sides["right"])
    return f"{left} {sides['relation']} {right}"


def _say(line: str, stream: Any) -> None:
    stream.write(infix.cut(line, 5000) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
