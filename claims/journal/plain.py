"""Visits, findings, statements and blocks as plain data, and back; floats come back exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from claims.journal.fields import packed
from claims.ledger import Visit
from verdicts import (
    Approx,
    Counted,
    Expectation,
    Finding,
    Margin,
    Proof,
    Sampled,
    Seeds,
    Term,
    WithProbability,
)

Plain = dict[str, Any]

# Of a statement without chance nothing is drawn: the other fields of a finding stay at their
# defaults.
_FINDING = (
    *("decision", "reason", "summary", "margin", "steer", "failures", "undecided_rows"),
    *("premise_rows", "vacuous", "rigor", "tightest", "sides"),
)


def visit_data(visit: Visit, *, proofs: bool = False) -> Plain:
    """What an evaluation said about premises and sizes; with what proves them, if asked for."""
    data: Plain = {
        "met": {name: packed(slack) for name, slack in visit.met.items()},
        "failed": list(visit.failed),
        "sizes": dict(visit.sizes),
    }
    if proofs:
        data["proofs"] = {name: _proof_data(proof) for name, proof in visit.proofs.items()}
    return data


def visit_change(before: Mapping[str, Any], visit: Visit) -> Plain | None:
    """What a visit has learnt since it was `before`, as `visit_data` gives it; None for nothing."""
    now = visit_data(visit)
    change = {
        "met": {k: x for k, x in now["met"].items() if before["met"].get(k) != x},
        "failed": [name for name in now["failed"] if name not in before["failed"]],
        "sizes": {k: x for k, x in now["sizes"].items() if before["sizes"].get(k) != x},
    }
    return change if any(change.values()) else None


def enter_visit(data: Mapping[str, Any], visit: Visit) -> None:
    """Tell a visit what an earlier evaluation of the same instance was told."""
    for name, slack in data["met"].items():
        visit.met[name] = min(float(slack), visit.met.get(name, math.inf))
    visit.failed += [name for name in data["failed"] if name not in visit.failed]
    for letter, size in data["sizes"].items():
        visit.sizes[letter] = max(size, visit.sizes.get(letter, 0))
    for name, proof in data.get("proofs", {}).items():
        visit.proofs[name] = _proof(proof)


def finding_data(finding: Finding) -> Plain:
    """A finding of a statement without chance."""
    data: Plain = {name: getattr(finding, name) for name in _FINDING}
    measured = None if finding.measured is None else _simple(finding.measured)
    return {
        **data,
        "margin": packed(finding.margin),
        "measured": measured,
        "proof": _proof_data(finding.proof),
    }


def finding_of(data: Mapping[str, Any]) -> Finding:
    """The finding of `finding_data`."""
    kept = {name: data[name] for name in _FINDING}
    return Finding(
        **{**kept, "margin": float(data["margin"]), "steer": float(data["steer"])},
        measured=None if data["measured"] is None else _loaded(data["measured"]),
        proof=_proof(data["proof"]),
    )


def chance_data(statement: WithProbability) -> Plain:
    """A statement about a probability, without its event."""
    return {
        "probability": statement.probability,
        "floats": statement.floats_per_seed,
        "cost": statement.cost_per_seed,
        "each": statement.each,
    }


def chance_of(data: Mapping[str, Any], event: Callable[[Seeds], Margin]) -> WithProbability:
    """The statement of `chance_data`, with an event in place."""
    return WithProbability(data["probability"], event, data["floats"], data["cost"], data["each"])


def mean_data(statement: Expectation) -> Plain:
    """A statement about an expectation, without its sample."""
    return {
        "low": statement.value.low,
        "high": statement.value.high,
        "rigor": statement.value.rigor,
        "relation": statement.relation,
        "variance": statement.variance_at_most,
        "floats": statement.floats_per_seed,
        "scale": statement.scale,
        "resolution": statement.resolution,
    }


def mean_of(data: Mapping[str, Any], sample: Callable[[Seeds], Approx]) -> Expectation:
    """The statement of `mean_data`, with a sample in place."""
    return Expectation(
        sample,
        Approx(data["low"], data["high"], data["rigor"]),
        data["relation"],
        data["variance"],
        data["floats"],
        data["scale"],
        data["resolution"],
    )


def counted_data(said: Counted) -> Plain:
    """What a block of an event said; its rows are in the key."""
    return {
        "failures": said.failures,
        "successes": said.successes,
        "premise_rows": None if said.premise_rows is None else list(said.premise_rows),
        "tightest": [[name, packed(slack), sides] for name, slack, sides in said.tightest],
        "rigor": said.rigor,
        "quantile": said.quantile,
    }


def counted_of(data: Mapping[str, Any], rows: int) -> Counted:
    """The block of `counted_data`."""
    met = data["premise_rows"]
    return Counted(
        rows=rows,
        failures=data["failures"],
        successes=data["successes"],
        premise_rows=None if met is None else tuple(met),
        tightest=tuple((name, float(slack), sides) for name, slack, sides in data["tightest"]),
        rigor=data["rigor"],
        quantile=None if data["quantile"] is None else float(data["quantile"]),
    )


def sampled_data(said: Sampled) -> Plain:
    """What a block of a sample said."""
    lower, upper = ([packed(x) for x in bounds.tolist()] for bounds in (said.lower, said.upper))
    return {"lower": lower, "upper": upper, "rigor": said.rigor}


def sampled_of(data: Mapping[str, Any]) -> Sampled:
    """The block of `sampled_data`."""
    lower, upper = (np.array([float(x) for x in data[side]]) for side in ("lower", "upper"))
    return Sampled(lower, upper, data["rigor"])


def _proof_data(proof: Proof | None) -> Plain | None:
    return None if proof is None else proof.to_json()


def _proof(data: Mapping[str, Any] | None) -> Proof | None:
    if data is None:
        return None
    premises = tuple((each["name"], _bare(data, each)) for each in data["premises"])
    return Proof(
        data["model"],
        data["recipe"],
        Term(data["left"]),
        data["relation"],
        Term(data["right"]),
        premises,
    )


def _bare(data: Mapping[str, Any], sides: Mapping[str, Any]) -> Proof:
    # A certificate says model and recipe once: its premises are about the same ones.
    left, right = Term(sides["left"]), Term(sides["right"])
    return Proof(data["model"], data["recipe"], left, sides["relation"], right)


def _simple(value: Any) -> Any:
    """Measured numbers for JSON: an infinity is an object of its own, a tuple a list."""
    if isinstance(value, Mapping):
        return {str(key): _simple(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_simple(item) for item in value]
    if isinstance(value, float):
        return {"infinite": str(value)} if math.isinf(value) else float(value)
    return value


def _loaded(value: Any) -> Any:
    if isinstance(value, list):
        return [_loaded(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"infinite"}:
            return float(value["infinite"])
        return {key: _loaded(item) for key, item in value.items()}
    return value
