import pytest

from models import ENSEMBLES
from strategies import ensemble_names
from tests.strategies.drawing import draws


def test_all_names_are_drawn() -> None:
    assert set(draws(ensemble_names(), 60)) == set(ENSEMBLES)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="unitary"):
        ensemble_names(only=("unitary",))
