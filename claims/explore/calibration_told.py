"""A calibration in words and as plain data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claims.explore.calibration import Calibration
from claims.explore.probing import Probe
from claims.instance import pasteable
from verdicts import ErrorBudget

SCHEMA = 1
FINE, UNDECIDED = 0, 2


def exit_code(results: Sequence[Calibration]) -> int:
    """0 where every side has both ends and nothing speaks against monotone, else 2."""
    return FINE if all(result.found for result in results) else UNDECIDED


def sentence(result: Calibration) -> str:
    """The answer in one sentence."""
    claim, true = result.claim, result.ladder.shown(result.ladder.true)
    # Whose the value is, the paper's or derived from its proof, the claim's docstring says.
    return f"{claim.id}, {result.constant}: the claim has {true}; {edge(result)}"


def edge(result: Calibration) -> str:
    """Where the edge lies, as far as it was seen."""
    refuted, kept, shown = result.refuted, result.kept, result.ladder.shown
    down = result.ladder.side == "down"
    if refuted is None:
        if kept is None:
            return "nothing was judged"
        return _unrefuted(result, kept)
    if result.contradicted:
        at = shown(refuted.value)
        return f"refuted at {at} in floats, and not by the exact model: mend the claim"
    if result.exceptions:
        return f"not shown monotone: {_exceptions(result)}"
    if kept is None:
        return f"refuted at {shown(refuted.value)}, and no value was found that is not"
    verb = "need more" if down else "allow less"
    stands = "is supported" if result.certain else "is not refuted"
    return (
        f"these data {verb} than {shown(refuted.value)} (refuted), and {shown(kept.value)} "
        f"{stands} on {_instances(kept.judged)}"
    )


def _unrefuted(result: Calibration, kept: Probe) -> str:
    tried = sum(p.value != result.ladder.true and p.outcome != "silent" for p in result.probes)
    if kept.value == result.ladder.true:
        return "nothing was judged at any other value"
    return (
        f"not refuted {_way(result.ladder.side == 'down')} {result.ladder.shown(kept.value)} on "
        f"{kept.judged} of {result.instances} instances, at {tried} values and nothing between "
        "them: nothing tried here shows that this constant is needed"
    )


def as_text(results: Sequence[Calibration], origin: str) -> Iterator[str]:
    """The whole report, line by line.

    Args:
        results: one for each side.
        origin: where the instances come from, in words.
    """
    for result in results:
        yield f"{result.claim.id} ({result.claim.label}), {result.constant}, {result.ladder.side}"
        yield f"  {_instances(result.instances)}: {origin}"
        if result.left_out:
            yield f"  {result.left_out} left out, where the claim itself is not standing"
        yield from _table(result)
        yield ""
        yield sentence(result)
        yield from (f"  {line}" for line in _remarks(result))
        yield ""


def _remarks(result: Calibration) -> Iterator[str]:
    yield from _refuted_lines(result)
    if result.kept is not None:
        at = result.ladder.shown(result.kept.value)
        yield f"not refuted at {at} is evidence, no proof: {_evidence(result)}"
    if result.refuted is not None and result.claim.kind == "probabilistic":
        yield (
            "a failure rate above the stated one by less than odds 2 may go unrefuted: the edge "
            "of the statement itself may lie beyond both values, nearer to the claim's own"
        )
    supported = result.supported_from
    if supported is not None and supported.outcome != _outcome(result.kept):
        at = result.ladder.shown(supported.value)
        yield f"the nearest value tried at which all instances are supported is {at}"
    if result.refuted is not None:
        beyond, inside = result.tested
        far = f"{beyond} values beyond all refuted" if beyond else "none could be judged beyond"
        near = f"{inside} within none refuted" if inside else "none lies within"
        told = _exceptions(result) or f"{far}, {near}"
        yield f"monotone is assumed between the values tried, and tested: {told}"
    if result.stopped:
        yield f"stopped: {result.stopped}"
    yield f"error budget {_budget(result)}"
    yield f"cost {result.cost:.3g} normals, {result.seconds:.1f} s"


def _refuted_lines(result: Calibration) -> Iterator[str]:
    refuted = result.refuted
    if refuted is None or refuted.worst is None or refuted.worst.finding is None:
        return
    yield f"refuted at {result.ladder.shown(refuted.value)}: {refuted.worst.finding.reason}"
    yield f"  at {pasteable(refuted.worst.values)}"
    sure = result.certificate
    if sure is not None:
        yield f"  {sure.text}"


def _evidence(result: Calibration) -> str:
    kept = result.kept
    if kept is None or kept.worst is None or kept.worst.finding is None:
        return "nothing was judged"
    told = f"{kept.supported} of {kept.judged} instances supported, {kept.worst.finding.summary}"
    if kept.judged < result.instances:
        told += f"; {result.instances - kept.judged} not judged there ({kept.why or 'not tried'})"
    return f"{told}; a hunt judged {result.hunted} more" if result.hunted else told


def _table(result: Calibration) -> Iterator[str]:
    yield f"  {'value':>10}  {'outcome':11}  {'supported':>9}  least margin"
    for probe in result.probes:
        name = _named(probe)
        finding = probe.worst.finding if probe.worst is not None else None
        margin = probe.why if finding is None else f"{finding.margin:.3g}"
        counts = f"{probe.supported}/{probe.judged}"
        value = result.ladder.shown(probe.value)
        yield f"  {value:>10}  {name:11}  {counts:>9}  {margin}"


def _exceptions(result: Calibration) -> str:
    if not result.exceptions or result.refuted is None or result.kept is None:
        return ""
    shown = result.ladder.shown
    told = [f"{_named(probe)} at {shown(probe.value)}" for probe in result.exceptions]
    ends = f"refuted at {shown(result.refuted.value)}, not refuted at {shown(result.kept.value)}"
    return f"{ends}, yet {', '.join(told)}"


def _named(probe: Probe) -> str:
    if probe.outcome != "open":
        return probe.outcome
    if probe.worst is not None and probe.worst.finding and probe.worst.finding.vacuous:
        return "vacuous"
    return "undecided" if probe.supported < probe.judged else "not refuted"


def _budget(result: Calibration) -> str:
    supported = sum(
        p.supported for p in result.probes if p.worst and p.worst.finding and p.worst.finding.seeds
    )
    return str(ErrorBudget(result.confirm_opened, supported))


def _outcome(probe: Probe | None) -> str:
    return "" if probe is None else probe.outcome


def _instances(count: int) -> str:
    return f"{count} instance{'' if count == 1 else 's'}"


def _way(down: bool) -> str:  # noqa: FBT001  a word for a side
    return "down to" if down else "up to"


def as_json(results: Sequence[Calibration], origin: str) -> dict[str, Any]:
    """The report as plain data; an infinite margin is a text."""
    first = results[0]
    return {
        "schema": SCHEMA,
        "claim": first.claim.id,
        "label": first.claim.label,
        "constant": first.constant,
        "true": first.ladder.true,
        "instances": origin,
        "sides": [side_json(result) for result in results],
    }


def side_json(result: Calibration) -> dict[str, Any]:
    """One side as plain data."""
    supported = result.supported_from
    return {
        "side": result.ladder.side,
        "sentence": sentence(result),
        "refuted": None if result.refuted is None else result.refuted.value,
        "not_refuted": None if result.kept is None else result.kept.value,
        "supported": None if supported is None else supported.value,
        "witness": _witness(result),
        "probes": [_probe_json(probe) for probe in result.probes],
        "exceptions": [probe.value for probe in result.exceptions],
        "tested": list(result.tested),
        "instances": result.instances,
        "left_out": result.left_out,
        "hunted": result.hunted,
        "stopped": result.stopped,
        "error_budget": _budget(result),
        "cost": result.cost,
        "seconds": result.seconds,
    }


def _witness(result: Calibration) -> Mapping[str, Any] | None:
    refuted = result.refuted
    if refuted is None or refuted.worst is None or refuted.worst.finding is None:
        return None
    sure = result.certificate
    return {
        "instance": refuted.worst.recipe,
        "paste": pasteable(refuted.worst.values),
        "reason": refuted.worst.finding.reason,
        "certified": "" if sure is None else sure.text,
    }


def _probe_json(probe: Probe) -> dict[str, Any]:
    finding = probe.worst.finding if probe.worst is not None else None
    margin = None if finding is None else finding.margin
    return {
        "value": probe.value,
        "outcome": probe.outcome,
        "judged": probe.judged,
        "supported": probe.supported,
        "margin": margin if margin is None or math.isfinite(margin) else str(margin),
        "why": probe.why,
    }
