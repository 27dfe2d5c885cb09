"""Plainer recipes: numbers that a person can copy."""

from __future__ import annotations

from fractions import Fraction

from models import Dataset, Start


def test_numbers_are_rounded_to_integers_first_and_to_hundredths_last() -> None:
    data = Dataset.of(rows=[["1.237", "2.61"]], labels=["0.349"], normalised=False)
    recipes = [plain.recipe for plain in data.plainer()]
    assert (recipes[0]["rows"], recipes[0]["labels"]) == ([["1", "3"]], ["0"])
    assert (recipes[1]["rows"], recipes[1]["labels"]) == ([["1", "3"]], ["349/1000"])
    last = [recipe for recipe in recipes if recipe["rows"] == [["31/25", "261/100"]]][-1]
    assert [Fraction(z) for z in last["rows"][0]] == [Fraction("1.24"), Fraction("2.61")]


def test_a_direction_loses_its_denominators_and_stays_the_same_input() -> None:
    data = Dataset.of(rows=[["3/5", "4/5"]], labels=[1])
    same = [plain for plain in data.plainer() if plain.recipe["rows"] == [["3", "4"]]]
    assert len(same) == 1
    assert (same[0].x == data.x).all()


def test_a_row_that_would_vanish_is_left_out() -> None:
    data = Dataset.of(rows=[["1/4"]], labels=[0], normalised=False)
    assert all(plain.x.abs().min() > 0 for plain in data.plainer())


def test_plain_numbers_have_nothing_plainer() -> None:
    start = Start.of(rows=[[1]], weights=[[5], [-1]], signs=[1, 1], residual=[1])
    assert list(start.plainer()) == []


def test_a_short_fraction_is_not_replaced_by_a_long_decimal() -> None:
    data = Dataset.of(rows=[["1"]], labels=["1/3"])
    assert [plain.recipe["labels"] for plain in data.plainer()] == [["0"]]


def test_weights_of_a_start_are_rounded_and_its_signs_are_kept() -> None:
    start = Start.of(rows=[[1]], weights=[["0.93"]], signs=[-1], labels=["-9.8"])
    plainest = next(start.plainer())
    assert plainest == Start.of(rows=[[1]], weights=[[1]], signs=[-1], labels=[-10])


def test_drawn_weights_stay_drawn() -> None:
    start = Start.of(rows=[["0.4"]], gaussian=(5, 1), labels=["0.26"])
    assert all(plain.recipe["weights"] == {"gaussian": [5, 1]} for plain in start.plainer())


def test_long_integers_are_not_taken_for_plain() -> None:
    data = Dataset.of(rows=[["1/101", "1/103"]], labels=[0])
    assert all(plain.recipe["rows"] != [["103", "101"]] for plain in data.plainer())
