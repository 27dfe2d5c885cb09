"""The court: enclosures, margins, seeds, statements, anytime-valid tests and verdicts."""

from verdicts.approx import Approx, Rigor, exactly
from verdicts.court import judge, judge_margin
from verdicts.evidence import Counted, Evidence, Role, Sampled, Unkept
from verdicts.extremes import largest, smallest, supremum
from verdicts.finding import LEAST_PREMISE_ROWS, STEER_LIMIT, Decision, Effort, Finding
from verdicts.hands import (
    AnyPart,
    CountedPart,
    Hands,
    OwnHands,
    Part,
    Work,
    counted_part,
    sampled_part,
)
from verdicts.margin import RESOLUTION, Margin, at_least, at_most, equal_to, every, exists, implies
from verdicts.proof import PI, Proof, Term, constant, given, greatest, least, number, quantity
from verdicts.rates import decays
from verdicts.seeds import Seeds, Streams, hashed_key
from verdicts.statement import (
    MEAN_RESOLUTION,
    Expectation,
    SecantExponent,
    Statement,
    WithProbability,
    expectation_at_most,
    expectation_equal,
    secant_exponent,
    with_probability,
)
from verdicts.verdict import LEAST_INSTANCES, ErrorBudget, Ledger, Outcome, Verdict, conclude

__all__ = [
    "LEAST_INSTANCES",
    "LEAST_PREMISE_ROWS",
    "MEAN_RESOLUTION",
    "PI",
    "RESOLUTION",
    "STEER_LIMIT",
    "AnyPart",
    "Approx",
    "Counted",
    "CountedPart",
    "Decision",
    "Effort",
    "ErrorBudget",
    "Evidence",
    "Expectation",
    "Finding",
    "Hands",
    "Ledger",
    "Margin",
    "Outcome",
    "OwnHands",
    "Part",
    "Proof",
    "Rigor",
    "Role",
    "Sampled",
    "SecantExponent",
    "Seeds",
    "Statement",
    "Streams",
    "Term",
    "Unkept",
    "Verdict",
    "WithProbability",
    "Work",
    "at_least",
    "at_most",
    "conclude",
    "constant",
    "counted_part",
    "decays",
    "equal_to",
    "every",
    "exactly",
    "exists",
    "expectation_at_most",
    "expectation_equal",
    "given",
    "greatest",
    "hashed_key",
    "implies",
    "judge",
    "judge_margin",
    "largest",
    "least",
    "number",
    "quantity",
    "sampled_part",
    "secant_exponent",
    "smallest",
    "supremum",
    "with_probability",
]
