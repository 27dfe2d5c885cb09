"""Draws with a fixed seed, and the smallest value that a search ends at."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis.strategies import SearchStrategy

Value = TypeVar("Value")

EVERY_CHECK = tuple(HealthCheck)


def draws(strategy: SearchStrategy[Value], count: int = 100, *, number: int = 0) -> list[Value]:
    """The values of one run of `count` examples; always the same for the same seed number."""
    values: list[Value] = []

    def keep(value: Value) -> None:
        values.append(value)

    run: Any = settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=EVERY_CHECK,
    )(seed(number)(given(strategy)(keep)))
    run()
    return values


def minimal(
    strategy: SearchStrategy[Value],
    condition: Callable[[Value], bool] = lambda _: True,
    *,
    examples: int = 2000,
) -> Value:
    """What a search for the condition shrinks to."""
    return find(
        strategy,
        condition,
        settings=settings(
            max_examples=examples,
            database=None,
            deadline=None,
            # The explain phase would leave the last of its variations in place of the smallest.
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=EVERY_CHECK,
        ),
        random=Random(0),  # noqa: S311
    )
