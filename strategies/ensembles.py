"""Which ensemble of random matrices a statement speaks of."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from models import ENSEMBLES
from strategies.arguments import check_words


def ensemble_names(*, only: Collection[str] = ENSEMBLES) -> SearchStrategy[str]:
    """Names that `random_matrices` knows, the first of them the simplest.

    Raises:
        ValueError: none, or an unknown one.
    """
    return st.sampled_from(check_words("ensemble_names", "only", only, ENSEMBLES))
