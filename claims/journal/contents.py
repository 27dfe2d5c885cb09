"""What each kind of record holds, and the check of a record that came out of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from claims.journal import fields as f
from claims.journal.record import ForeignLineError, Record, hash_of, text_of

_RIGOR = f.one_of("proved", "estimated")
_VISIT = {"met": f.map_of(f.number), "failed": f.list_of(f.text), "sizes": f.map_of(f.whole)}
_SIDES = {"left": f.anything, "relation": f.one_of(">=", "<=", "=="), "right": f.anything}
_PROOF = f.shaped(
    model=f.text,
    recipe=f.map_of(f.anything),
    premises=f.list_of(f.shaped(name=f.text, **_SIDES)),
    **_SIDES,
)
_CHANCE = f.shaped(
    probability=lambda value: f.finite(value) and 0 < value < 1,
    floats=f.positive,
    cost=f.whole,
    each=f.text,
)
_MEAN = f.shaped(
    low=f.finite,
    high=f.finite,
    rigor=_RIGOR,
    relation=f.one_of("==", "<="),
    variance=f.maybe(lambda value: f.finite(value) and value > 0),
    floats=f.positive,
    scale=lambda value: f.finite(value) and value > 0,
    resolution=lambda value: f.finite(value) and value > 0,
)
_FINDING = f.shaped(
    decision=f.one_of("refuted", "supported", "undecided"),
    reason=f.text,
    summary=f.text,
    margin=f.number,
    steer=f.finite,
    failures=f.whole,
    undecided_rows=f.whole,
    premise_rows=f.maybe(f.whole),
    vacuous=f.truth,
    rigor=_RIGOR,
    tightest=f.text,
    sides=f.text,
    measured=f.maybe(f.map_of(f.anything)),
    proof=f.maybe(_PROOF),
)
_COUNTED = f.shaped(
    failures=f.whole,
    successes=f.whole,
    premise_rows=f.maybe(f.list_of(f.whole)),
    tightest=f.list_of(f.tuple_of(f.text, f.number, f.text)),
    rigor=_RIGOR,
    quantile=f.maybe(f.finite),
)
_SAMPLED = f.shaped(lower=f.list_of(f.number), upper=f.list_of(f.number), rigor=_RIGOR)
_SEARCHED: dict[str, f.Check] = {
    "salt": f.counting,
    "night": f.counting,
    "profile": f.text,
    "examples": f.counting,
    "seeds": f.maybe(f.counting),
    "hypothesis_seed": f.maybe(f.integer),
}
_INSTANCE: dict[str, f.Check] = {"instance": f.name}
_DROPPED: dict[str, f.Check] = {**_INSTANCE, "dropped": f.text}

KEYS: dict[str, dict[str, f.Check]] = {
    "version": {"version": f.name},
    "instance": _INSTANCE,
    "said": _DROPPED,
    "judged": _DROPPED,
    "block": {
        **_INSTANCE,
        "role": f.one_of("search", "confirm"),
        "first": f.whole,
        "count": f.positive,
    },
    "search": {**_SEARCHED, "case": f.text, "version": f.name},
    "night": _SEARCHED,
}
SAYS: dict[str, dict[str, f.Check]] = {
    "version": {"file": f.text, "code": f.name, "environment": f.map_of(f.text)},
    "instance": {
        "claim": f.text,
        "version": f.name,
        "salt": f.counting,
        "recipe": f.map_of(f.anything),
        "constants": f.map_of(f.anything),
    },
    "said": {
        "visit": f.shaped(**_VISIT),
        "premise": f.maybe(f.tuple_of(f.text, f.text)),
        "chance": f.maybe(_CHANCE),
        "mean": f.maybe(_MEAN),
    },
    "judged": {"visit": f.shaped(**_VISIT, proofs=f.map_of(f.maybe(_PROOF))), "finding": _FINDING},
    "block": {
        "visit": f.maybe(f.shaped(**_VISIT)),
        "counted": f.maybe(_COUNTED),
        "sampled": f.maybe(_SAMPLED),
    },
    "search": {},
    "night": {},
}


def checked(record: Record) -> Record:
    """The record, if it holds what its kind has to hold.

    Raises:
        ForeignLineError: it does not.
    """
    if record.kind not in KEYS:
        raise ForeignLineError(f"there is no kind {record.kind[:40]!r} of record")
    for part, data, checks in (
        ("key", record.key, KEYS[record.kind]),
        ("says", record.says, SAYS[record.kind]),
    ):
        wrong = f.first_wrong(data, checks)
        if wrong:
            raise ForeignLineError(f"a record {record.kind!r}: {part}.{wrong[:40]} is wrong")
    consistent = _CONSISTENT.get(record.kind)
    told = consistent(record) if consistent is not None else ""
    if told:
        raise ForeignLineError(f"a record {record.kind!r}: {told}")
    return record


def _named(record: Record) -> str:
    """A version or an instance goes by the hash of what it says."""
    if record.key[record.kind] != hash_of(text_of(dict(record.says))):
        return "its name is not the hash of its content"
    if record.kind == "instance" and record.says["claim"] != record.claim:
        return "it is filed under another claim"
    return ""


def _said_one(record: Record) -> str:
    given = [part for part in ("premise", "chance", "mean") if record.says[part] is not None]
    mean = record.says["mean"]
    if mean is not None and mean["low"] > mean["high"]:
        return "the expectation's value is no enclosure"
    return "" if len(given) == 1 else "it says not exactly one thing"


def _counts_fit(record: Record) -> str:
    counted, sampled = record.says["counted"], record.says["sampled"]
    if (counted is None) == (sampled is None):
        return "it says not exactly one thing"
    return _rows_wrong(counted, record) if sampled is None else _bounds_wrong(sampled, record)


def _rows_wrong(counted: dict[str, Any], record: Record) -> str:
    rows = record.key["count"]
    met = counted["premise_rows"]
    if counted["failures"] + counted["successes"] > rows or max(met or [0]) > rows:
        return "it counts more rows than it has"
    if met == [] or not counted["tightest"]:
        return "it names no inequality"
    if (counted["quantile"] is None) == (record.key["first"] == 0):
        return "the first block has a quantile, and no other one"
    return ""


def _bounds_wrong(sampled: dict[str, Any], record: Record) -> str:
    lower, upper = sampled["lower"], sampled["upper"]
    if not len(lower) == len(upper) == record.key["count"]:
        return "it has not one sample a seed"
    fits = all(float(low) <= float(high) for low, high in zip(lower, upper, strict=True))
    return "" if fits else "a sample is no enclosure"


def _belongs(record: Record) -> str:
    case = record.key["case"]
    fits = case == record.claim or case.startswith(f"{record.claim}[")
    return "" if fits else "it is filed under another claim"


_CONSISTENT: dict[str, Callable[[Record], str]] = {
    "version": _named,
    "instance": _named,
    "said": _said_one,
    "block": _counts_fit,
    "search": _belongs,
}
