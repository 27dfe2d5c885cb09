"""After Hypothesis' shrinking: smaller values of the drawn kind, one row or neuron at a time.

Hypothesis shrinks what was drawn, in the order of drawing; a row in the middle of a data set, with
its label drawn later, is out of its reach. A value that can say what is `simpler` than itself
is made smaller here, as long as every named premise of its strategy holds and it still fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from claims.search import Search

_MOST_LOOKS = 100


def simplify(search: Search) -> None:
    """Replace the smallest failing instance by simpler ones, while there are any."""
    looks = 0
    while search.smallest is not None:
        better = None
        for values in _simpler(search, search.smallest.values):
            looks += 1
            looked = search.consider(values) if looks <= _MOST_LOOKS else None
            if looked is None:
                return
            if looked.goal == search.goal:
                better = looked
                break
        if better is None:
            return
        search.smallest = better


def _simpler(search: Search, values: Mapping[str, object]) -> Iterator[dict[str, object]]:
    for name, strategy in search.case.strategies.items():
        premises = getattr(strategy, "premises", None)
        candidates = getattr(values[name], "simpler", None)
        # Without named premises nobody can say whether a simpler value may be drawn at all.
        if premises is None or candidates is None:
            continue
        for candidate in candidates():
            if all(holds(candidate) for holds in premises.values()):
                yield {**values, name: candidate}
