"""Reports of earlier runs, read back: checked field by field, for a file may be anybody's."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from claims.report import SCHEMA
from claims.results import NOT_REACHED, NOT_SELECTED

OUTCOMES = ("SUPPORTED", "REFUTED", "UNDECIDED", "VACUOUS", "ERROR")
MOST_BYTES = 256 * 2**20
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

_Fields = Mapping[str, tuple[tuple[type, ...], Any]]
_NEEDED = object()
_NUMBER: tuple[type, ...] = (int, float)
_MARGIN: tuple[type, ...] = (int, float, str, type(None))
_CLAIM: _Fields = {
    **dict.fromkeys(("id", "label", "kind", "outcome", "expected", "reason"), ((str,), _NEEDED)),
    **dict.fromkeys(("certified", "statement", "tex", "where", "because"), ((str,), "")),
    **dict.fromkeys(("text", "bound", "regime", "counterexample", "paste"), ((str,), "")),
    **dict.fromkeys(
        ("examples", "discarded", "seeds", "failures", "seconds", "cost"), (_NUMBER, 0)
    ),
    **dict.fromkeys(("worst_margin", "quantile_margin"), (_MARGIN, None)),
    **dict.fromkeys(("premises", "constants", "sizes"), ((dict,), {})),
    **dict.fromkeys(("depends_on", "topics", "margins"), ((list,), [])),
    "paper": ((dict,), _NEEDED),
    "mutants": ((list,), _NEEDED),
    "own_width": ((bool,), False),
    "instance": ((dict, type(None)), None),
}
_MUTANT: _Fields = {
    **dict.fromkeys(("because", "name", "where", "outcome", "reason"), ((str,), "")),
    **dict.fromkeys(("counterexample", "paste"), ((str,), "")),
    "setting": ((dict,), _NEEDED),
    "erratum": ((bool,), False),
    "killed": ((bool, type(None)), None),
    "margin": (_MARGIN, None),
    "instance": ((dict, type(None)), None),
}
_PAPER: _Fields = dict.fromkeys(("key", "title", "authors", "source"), ((str,), _NEEDED))
_LISTED: _Fields = dict.fromkeys(("id", "paper", "label", "reason", "where"), ((str,), ""))
_MANIFEST: _Fields = {
    "versions": ((dict,), _NEEDED),
    "device": ((str,), ""),
    "finished": ((str,), ""),
    "profile": ((str,), _NEEDED),
    "salt": ((int,), _NEEDED),
    **dict.fromkeys(("threads", "seconds", "workers"), (_NUMBER, 0)),
}
_BUDGET: _Fields = dict.fromkeys(("confirm_streams", "supported_instances", "total"), (_NUMBER, 0))


class UnreadableReportError(Exception):
    """A file that is no report of a run; the message is one line."""


@dataclass(frozen=True, slots=True)
class Run:
    """A report that was read.

    Attributes:
        name: of its file.
        manifest, error_budget: as DESIGN 7 has them.
        claims: by id, in order; fields that the writing version did not know have defaults.
        not_executable: what no program can check.
    """

    name: str
    manifest: Mapping[str, Any]
    error_budget: Mapping[str, Any]
    claims: Mapping[str, Mapping[str, Any]]
    not_executable: Sequence[Mapping[str, Any]]


def read_report(path: Path) -> Run:
    """The report in a file.

    Raises:
        UnreadableReportError: there is none, or it is damaged or of another kind.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableReportError(
                f"{path}: more than {MOST_BYTES} bytes; give a run's report"
            )
        text = path.read_text(encoding="utf-8")
        data = json.loads(text, parse_constant=_refuse)
        if _SURROGATE.search(text):  # half a character can be escaped, but not written again
            json.dumps(data, ensure_ascii=False).encode("utf-8")
    except OSError as error:
        told = error.strerror or error
        raise UnreadableReportError(
            f"{path}: cannot be read ({told}); give a run's report"
        ) from None
    except (ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise UnreadableReportError(f"{path}: is no JSON ({why}); give a run's report") from None
    return run_of(data, str(path))


def run_of(data: object, name: str) -> Run:
    """The report in JSON data.

    Args:
        data: anything.
        name: what to call it.

    Raises:
        UnreadableReportError: it is no report.
    """
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise UnreadableReportError(
            f"{name}: schema={repr(found)[:60]} is no report of schema {SCHEMA}; "
            "give what --claims-report wrote"
        )
    claims = [_claim(c, name) for c in _list(data.get("claims"), f"{name}: claims")]
    listed = _list(data.get("not_executable", []), f"{name}: not_executable")
    return Run(
        name=Path(name).name,
        manifest=_checked(data.get("manifest"), _MANIFEST, f"{name}: manifest"),
        error_budget=_checked(data.get("error_budget", {}), _BUDGET, f"{name}: error_budget"),
        claims={claim["id"]: claim for claim in claims},
        not_executable=[_checked(x, _LISTED, f"{name}: not_executable") for x in listed],
    )


def is_decided(claim: Mapping[str, Any]) -> bool:
    """Whether a run came to a claim at all."""
    reason = str(claim["reason"])
    return claim["outcome"] != "UNDECIDED" or not reason.startswith((NOT_SELECTED, NOT_REACHED))


def _claim(data: object, name: str) -> dict[str, Any]:
    claim = _checked(data, _CLAIM, f"{name}: a claim")
    where = f"{name}: {claim['id']}"
    if claim["outcome"] not in OUTCOMES or claim["expected"] not in OUTCOMES:
        _complain(where, f"outcome={claim['outcome']!r}, expected={claim['expected']!r}")
    claim["paper"] = _checked(claim["paper"], _PAPER, f"{where}: paper")
    claim["mutants"] = [_checked(m, _MUTANT, f"{where}: a mutant") for m in claim["mutants"]]
    for mutant in claim["mutants"]:
        mutant["margin"] = _margin(mutant["margin"], where)
    for field in ("worst_margin", "quantile_margin"):
        claim[field] = _margin(claim[field], where)
    margins = [_margin(margin, where) for margin in claim["margins"]]
    if None in margins:
        _complain(where, "a margin of an instance is null")
    claim["margins"] = margins
    for field in ("depends_on", "topics"):
        claim[field] = [str(item) for item in claim[field]]
    claim["premises"] = {
        key: _premise(counts, f"{where}: premise {key!r}")
        for key, counts in claim["premises"].items()
    }
    return claim


def _premise(counts: object, where: str) -> dict[str, Any]:
    fields: _Fields = {
        "held": (_NUMBER, 0),
        "failed": (_NUMBER, 0),
        "nearest": ((*_NUMBER, type(None)), None),
    }
    return _checked(counts, fields, where)


def _margin(value: object, where: str) -> float | None:
    try:
        found = None if value is None else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        found = float("nan")
    if found is not None and found != found:
        _complain(where, f"margin={value!r}")
    return found


def _checked(data: object, fields: _Fields, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        _complain(where, f"a {type(data).__name__} in place of an object")
    made = {}
    for field, (kinds, default) in fields.items():
        value = data.get(field, default)
        if value is _NEEDED or not isinstance(value, kinds) or _is_strange(value, kinds):
            _complain(where, f"{field}={'missing' if value is _NEEDED else repr(value)[:60]}")
        made[field] = value
    return made


def _is_strange(value: object, kinds: Iterable[type]) -> bool:
    """A truth in place of a number, or a number that is no float."""
    if isinstance(value, bool):
        return bool not in kinds
    return isinstance(value, int | float) and abs(value) > sys.float_info.max


def _list(data: object, where: str) -> list[Any]:
    if not isinstance(data, list):
        _complain(where, f"a {type(data).__name__} in place of a list")
    return data


def _complain(where: str, found: str) -> NoReturn:
    raise UnreadableReportError(
        f"{where}: {found}; the file is damaged, give what --claims-report wrote"
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
