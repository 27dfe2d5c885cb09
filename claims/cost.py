"""What an instance costs, in units known before it is judged: normals drawn + flops/8."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from claims.claim import Claim
from verdicts import Effort, Expectation, Statement, WithProbability
from verdicts.rows import block_size

# What the interpreter spends on an instance that costs nothing, in the same units (about 50 us).
FLOOR = 1_000.0


def declared_cost(claim: Claim, parameters: Mapping[str, object]) -> float:
    """What `@claim(cost=...)` says of an instance and its constants; 0 where nothing is said."""
    if claim.cost is None:
        return 0.0
    asked = inspect.signature(claim.cost).parameters
    takes_all = any(p.kind is p.VAR_KEYWORD for p in asked.values())
    return float(claim.cost(**{k: v for k, v in parameters.items() if takes_all or k in asked}))


def block_cost(statement: Statement, effort: Effort) -> float:
    """The cost of one block of seeds, a short one where a seed is wide; 0 without chance."""
    if isinstance(statement, WithProbability | Expectation):
        size = min(block_size(statement.cost, effort), effort.seeds)
        return float(statement.cost) * size
    return 0.0
