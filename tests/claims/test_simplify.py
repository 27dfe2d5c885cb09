"""The House: Making a counterexample simpler than the draws can. note of 2026."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from claims import claim, wrong
from tests.claims.toys import Points, report
from verdicts import Margin, at_most, exactly


@dataclass(frozen=True)
class Rows(Points):
    """Points that know how to be simpler."""

    def simpler(self) -> Iterator[Rows]:
        for i in range(len(self.rows)):
            yield Rows(self.rows[:i] + self.rows[i + 1 :])


def rows(**premises: Any) -> st.SearchStrategy[Rows]:
    """A fixed length, so that Hypothesis itself cannot drop a row."""
    strategy = st.tuples(*[st.integers(1, 9)] * 6).map(Rows)
    strategy.premises = premises  # type: ignore[attr-defined]
    return strategy


def largest_at_most(data: Rows, *, bound: float = 5.0) -> Margin:
    """No row is above 5."""
    return at_most(exactly(max(data.rows, default=0)), exactly(bound))


def smallest(strategy: st.SearchStrategy[Rows]) -> Any:
    made = claim("L", for_all={"data": strategy}, mutants=[wrong(bound=0.5, because="1 > 1/2")])
    found = report(made(largest_at_most))
    assert found.outcome == "REFUTED"
    return found.instance


def test_rows_that_do_not_matter_go() -> None:
    assert smallest(rows(any=lambda _: True)) == {"data": {"rows": [6]}}


def test_no_row_goes_whose_loss_breaks_a_premise() -> None:
    found = smallest(rows(three=lambda data: len(data.rows) >= 3))
    assert sorted(found["data"]["rows"]) == [1, 1, 6]


def test_without_named_premises_nothing_goes() -> None:
    strategy = st.tuples(*[st.integers(1, 9)] * 6).map(Rows)
    assert len(smallest(strategy)["data"]["rows"]) == 6
