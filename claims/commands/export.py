"""`python -m claims export FILE --python`: a counterexample as a numpy script for its authors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from certify import ScriptError, UnreadableError, numpy_script
from claims.commands.exits import FINE, UNDECIDED
from claims.counterexample import read

_LIKED = ("plain", "smallest", "worst")

_EPILOG = """\
Exit code 0, or 2 where the file cannot be read or holds nothing exact.

examples:
  python -m claims export tests/golden/du2019.lemma_3_3/5c98927f40711a6e.json --python
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.usage = "%(prog)s FILE --python [--witness NAME] [--output FILE.py]"
    parser.add_argument("file", metavar="FILE", help="a counterexample")
    parser.add_argument("--python", action="store_true", required=True, help="as a numpy script")
    parser.add_argument("--witness", choices=_LIKED, help="which one (the plainest with a proof)")
    parser.add_argument("--output", metavar="FILE.py", help="write it there (standard output)")


def run(arguments: argparse.Namespace) -> int:
    """Print the script; 2 with one line where there is nothing that can be shown."""
    try:
        text = exported(Path(arguments.file), arguments.witness)
        if arguments.output is None:
            sys.stdout.write(text)
        else:
            Path(arguments.output).write_text(text, encoding="utf-8")
    except (UnreadableError, ScriptError, OSError) as error:
        print(f"{arguments.file}: {error}", file=sys.stderr)
        return UNDECIDED
    return FINE


def exported(path: Path, asked: str | None) -> str:
    """The script of a counterexample file.

    Args:
        path: the file.
        asked: name of a witness; None for the plainest that has a certificate.

    Raises:
        UnreadableError: the file cannot be read, or holds no certificate.
        ScriptError: the certificate is beyond a script.
    """
    document = read(path)
    witnesses = document["witnesses"]
    for name in _LIKED if asked is None else (asked,):
        witness = witnesses[name]
        if witness is not None and witness["certificate"] is not None:
            return numpy_script(
                witness["certificate"],
                document["constants"],
                witness["instance"],
                heading=list(_heading(document, name)),
            )
    found = witnesses[asked or "smallest"]
    why = f" ({found['not_certified']})" if found is not None and found["not_certified"] else ""
    raise UnreadableError(
        f"there is nothing exact to export, {f'its {asked} witness' if asked else 'it'} has no "
        f"certificate{why}"
    )


def _heading(document: Mapping[str, Any], name: str) -> Iterator[str]:
    paper, setting = document["paper"], document["setting"]
    yield f"{paper['authors']}: {paper['title']}. {paper['source']}"
    where = f" ({document['where']})" if document["where"] else ""
    yield f"{document['label']}{f' with {setting}' if setting else ''}{where}:"
    yield from (part for part in document["statement"].split("\n\n") if part.strip())
    yield f"A counterexample, the {name} one of {document['claim']}:"
