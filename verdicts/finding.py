"""What the court finds about one instance, and how much it may spend on finding it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from verdicts.approx import Rigor
from verdicts.proof import Proof

Decision: TypeAlias = Literal["refuted", "supported", "undecided"]

# A claim of an implication is vacuous with fewer rows than this where its premise is met.
LEAST_PREMISE_ROWS = 30
# Evidence is a capital e: it exceeds 1/alpha with probability at most alpha, at any look.
LOG_SCREEN = math.log(1e3)  # on the search stream: opens the confirm stream
LOG_REFUTE = math.log(1e9)  # on the confirm stream: refutes
LOG_SUPPORT = math.log(1e6)  # on the search stream: supports
# `steer` stays within +-this: hypothesis.target takes finite numbers only.
STEER_LIMIT = 1e6


@dataclass(frozen=True, slots=True)
class Effort:
    """How much may be spent on one instance; it never changes what a statement means.

    Attributes:
        search_blocks: most blocks of the search stream, for probabilities.
        confirm_blocks: most blocks of the confirm stream, for probabilities.
        mean_blocks: most blocks of either stream, for expectations.
        block: seeds a block.
        seeds: most seeds of the search stream, below what its blocks hold.
        chunk_floats: floats that one batch may hold; no result depends on it.

    Raises:
        ValueError: a number below 1.
    """

    search_blocks: int = 8
    confirm_blocks: int = 32
    mean_blocks: int = 64
    block: int = 64
    seeds: int = 2**62
    chunk_floats: int = 2**23

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise ValueError(f"Effort: {name}={getattr(self, name)}; give a number >= 1")


@dataclass(frozen=True, slots=True)
class Finding:
    """The decision on one statement at one instance.

    Attributes:
        decision: "refuted" (and confirmed, where chance is involved), "supported", "undecided".
        reason: in words.
        summary: what a supported finding certifies, "failure rate <= 0.18 (stated 0.1)".
        margin: the worst margin; for probabilities (delta - upper bound of the failure rate)/delta,
            for expectations the same for E X, over scale; may be infinite, never NaN.
        quantile_margin: delta-quantile of block 0 of the search stream, finite; None without one.
        steer: the finite number that a search may drive down.
        seeds: rows evaluated, on both streams together.
        failures: certain failures on the deciding stream.
        undecided_rows: rows of the deciding stream that are neither failures nor successes.
        premise_rows: fewest rows of any `implies` where its premise was met; None without one.
        vacuous: premise_rows says that the statement was hardly tested.
        confirm_opened: the search stream suspected a refutation, so the second one was opened.
        rigor: of the margins.
        tightest: name of the tightest inequality.
        sides: both of its sides, as text.
        proof: of a refuted inequality, to be checked over an exact model; None without one.
        measured: JSON-able numbers of a statement that is measured, else None.
        cost: floats drawn or evaluated, as declared by floats_per_seed.
    """

    decision: Decision
    reason: str
    summary: str
    margin: float
    steer: float
    quantile_margin: float | None = None
    seeds: int = 0
    failures: int = 0
    undecided_rows: int = 0
    premise_rows: int | None = None
    vacuous: bool = False
    confirm_opened: bool = False
    rigor: Rigor = "estimated"
    tightest: str = ""
    sides: str = ""
    measured: Mapping[str, Any] | None = None
    proof: Proof | None = None
    cost: int = 0


def clipped(number: float) -> float:
    """The number within the limits of `steer`.

    Raises:
        ValueError: it is NaN.
    """
    if math.isnan(number):
        raise ValueError("Finding: a margin is NaN; a margin is a number, or infinite")
    return min(max(number, -STEER_LIMIT), STEER_LIMIT)


def evidence_text(log_e: float) -> str:
    """An evidence e^log_e in powers of ten, "10^9.3"."""
    return f"10^{log_e / math.log(10):.1f}"


def too_few(premise_rows: int) -> str:
    """Why an implication with few rows is vacuous, in words."""
    return (
        f"the premise is met in {premise_rows} rows, and fewer than {LEAST_PREMISE_ROWS} "
        "say nothing about the conclusion"
    )


def rounded_up(number: float) -> str:
    """The number with three digits, not below it but for a billionth of the last digit."""
    if number == 0 or not math.isfinite(number):
        return f"{number:g}"
    # A subnormal number has no three digits: its unit stays a normal float.
    unit = 10.0 ** max(math.floor(math.log10(abs(number))) - 2, -300)
    return f"{math.ceil(number / unit - 1e-9) * unit:.3g}"


def rounded_down(number: float) -> str:
    """The number with three digits, not above it but for a billionth of the last digit."""
    if number == 0:
        return "0"
    text = rounded_up(-number)
    return text.removeprefix("-") if text.startswith("-") else f"-{text}"
