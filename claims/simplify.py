"""After Hypothesis' shrinking: fewer rows and neurons, then plainer numbers.

Hypothesis shrinks what was drawn, in the order of drawing; a row in the middle of a data set, with
its label drawn later, is out of its reach. A value that can say what is `simpler` than itself
is made smaller here, as long as every named premise of its strategy holds and it still fails. A
value that can say what is `plainer` gives the witness that a person would write down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from claims.certificates import certified
from claims.search import Looked, Search

_MOST_LOOKS = 100
_MOST_PLAIN_LOOKS = 24


def simplify(search: Search) -> None:
    """Replace the smallest failing instance by simpler ones, while there are any."""
    search.spending.begin_shrinking()
    looks = 0
    while search.smallest is not None:
        better = None
        for values in _candidates(search, search.smallest, "simpler"):
            looks += 1
            # Seconds were asked for, or the count of instances is the limit.
            spent = looks > _MOST_LOOKS and search.options.shrink_seconds is None
            looked = None if spent else search.consider(values)
            if looked is None:
                early = f"{_MOST_LOOKS} simpler instances"
                search.spending.shrink_stopped = search.spending.shrink_stopped or early
                return
            if looked.goal == search.goal:
                better = looked
                break
        if better is None:
            return
        search.smallest = better


def make_plain(search: Search, refuting: Looked) -> None:
    """Look for a refuting instance near a given one whose numbers are plainer.

    It must be certified where the given one is.
    """
    sure = certified(search.case, refuting).certificate is not None
    for looks, values in enumerate(_candidates(search, refuting, "plainer")):
        looked = None if looks >= _MOST_PLAIN_LOOKS else search.consider(values)
        if looked is None:
            return
        if looked.counts and (not sure or certified(search.case, looked).certificate is not None):
            search.plain = looked
            return


def _candidates(search: Search, refuting: Looked, how: str) -> Iterator[dict[str, object]]:
    """The instance with one value replaced, as long as its strategy's premises hold."""
    values: Mapping[str, object] = refuting.values
    for name, strategy in search.case.strategies.items():
        premises = getattr(strategy, "premises", None)
        candidates: Callable[[], Iterator[object]] | None = getattr(values[name], how, None)
        # Without named premises nobody can say whether another value may be drawn at all.
        if premises is None or candidates is None:
            continue
        for candidate in candidates():
            if all(holds(candidate) for holds in premises.values()):
                yield {**values, name: candidate}
