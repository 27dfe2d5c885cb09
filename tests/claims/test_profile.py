"""Profiles: effort, and Hypothesis' settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import InMemoryExampleDatabase

from claims.profile import PROFILES, FailuresOnly

QUICK = PROFILES["quick"]


def test_a_profile_leaves_nothing_to_the_profile_of_the_day() -> None:
    plain = QUICK.settings(examples=7, shrinks=True, database=None)
    settings.register_profile(
        "odd", max_examples=3, derandomize=True, print_blob=True, database=None
    )
    before = settings.get_current_profile_name()
    settings.load_profile("odd")
    try:
        assert repr(QUICK.settings(examples=7, shrinks=True, database=None)) == repr(plain)
    finally:
        settings.load_profile(before)
    assert not plain.derandomize
    assert not plain.print_blob
    assert not plain.report_multiple_bugs
    assert plain.deadline is None
    assert HealthCheck.filter_too_much in plain.suppress_health_check


def test_a_hunt_neither_shrinks_nor_keeps_a_database(tmp_path: Path) -> None:
    hunt = QUICK.settings(examples=7, shrinks=False, database=tmp_path)
    assert hunt.phases == (Phase.generate,)
    assert hunt.database is None


def test_a_search_keeps_its_database_and_never_explains(tmp_path: Path) -> None:
    search = QUICK.settings(examples=7, shrinks=True, database=tmp_path)
    assert isinstance(search.database, FailuresOnly)
    assert search.phases == (Phase.reuse, Phase.generate, Phase.target, Phase.shrink)


def test_only_failures_are_remembered() -> None:
    kept = InMemoryExampleDatabase()
    database = FailuresOnly(kept)
    for key in (b"k", b"k.pareto", b"k.secondary"):
        database.save(key, b"choices")
    assert list(database.fetch(b"k")) == [b"choices"]
    assert not list(database.fetch(b"k.pareto"))
    assert not list(kept.fetch(b"k.secondary"))
    database.delete(b"k", b"choices")
    assert not list(database.fetch(b"k"))


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_are_known_to_hypothesis(name: str) -> None:
    assert settings.get_profile(f"claims-{name}").max_examples == PROFILES[name].examples


def test_profiles_grow_in_effort() -> None:
    costs = [profile.case_cost for profile in PROFILES.values()]
    assert list(PROFILES) == ["quick", "ci", "thorough"]
    assert costs == sorted(costs)
    assert [profile.undecided_passes for profile in PROFILES.values()] == [True, True, False]


@pytest.mark.parametrize(
    ("asked", "examples", "needed"),
    [(None, QUICK.examples, QUICK.needed), (3, 3, 3), (500, 500, QUICK.needed)],
)
def test_the_number_of_examples_may_be_asked_for(
    asked: int | None, examples: int, needed: int
) -> None:
    profile = QUICK.with_examples(asked)
    assert (profile.examples, profile.needed) == (examples, needed)
