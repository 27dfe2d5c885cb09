import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models import Dataset, register_source
from models.recipes.recipe import Number

numbers = st.one_of(st.integers(-99, 99), st.fractions(max_denominator=99), st.decimals("-9", "9"))


def iris() -> tuple[list[list[float]], list[int]]:
    return [[5.0, 3.0], [1.0, 3.0], [0.0, 0.0], [2.0, 6.0]], [0, 1, 2, 1]


register_source("test_flowers", iris)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    n, d = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    row = st.lists(numbers, min_size=d, max_size=d).filter(any)
    return Dataset.of(
        rows=draw(st.lists(row, min_size=n, max_size=n)),
        labels=draw(st.lists(numbers, min_size=n, max_size=n)),
        normalised=draw(st.booleans()),
    )


@given(datasets())
def test_recipes_survive_json_to_the_last_bit(data: Dataset) -> None:
    again = Dataset.from_recipe(json.loads(json.dumps(data.recipe)))
    assert again == data
    assert hash(again) == hash(data)
    assert torch.equal(again.x, data.x)
    assert torch.equal(again.y, data.y)


@given(datasets())
def test_the_text_can_be_pasted(data: Dataset) -> None:
    again = eval(repr(data))  # noqa: S307
    assert again == data
    assert torch.equal(again.x, data.x)


def test_text_and_shapes_of_an_example() -> None:
    data = Dataset.of(rows=[[3, -4, 0], ["1/2", 0.5, Decimal("0.50")]], labels=[1, "-0.25"])
    assert repr(data) == "Dataset.of(rows=[[3, -4, 0], ['1/2', '1/2', '1/2']], labels=[1, '-1/4'])"
    assert (data.n, data.d) == (2, 3)
    assert data.x[0].tolist() == [0.6, -0.8, 0.0]
    assert data.y.tolist() == [1.0, -0.25]
    assert data.x.dtype == data.y.dtype == torch.float64


def test_raw_rows_keep_their_length() -> None:
    data = Dataset.of(rows=[[3, -4]], labels=[0], normalised=False)
    assert data.x.tolist() == [[3.0, -4.0]]
    assert repr(data).endswith("normalised=False)")
    assert data != Dataset.of(rows=[[3, -4]], labels=[0])


def test_equal_numbers_written_differently_are_one_dataset() -> None:
    first = Dataset.of(rows=[["2/4"]], labels=["0.10"])
    second = Dataset.of(rows=[[Fraction(1, 2)]], labels=[0.1])
    assert first == second
    assert len({first, second}) == 1
    assert first != "Dataset"


def test_tensors_are_taken_as_the_floats_they_are() -> None:
    x = torch.tensor([[0.1, 2.0], [1e-3, -7.0]], dtype=torch.float64)
    data = Dataset.of(rows=x, labels=x[:, 0], normalised=False)  # type: ignore[arg-type]
    assert torch.equal(data.x, x)


def test_the_recipe_cannot_be_changed_from_outside() -> None:
    data = Dataset.of(rows=[[1]], labels=[2])
    data.recipe["rows"].append(["5"])
    assert data == Dataset.of(rows=[[1]], labels=[2])
    with pytest.raises(AttributeError):
        data.x = torch.ones(1)  # type: ignore[misc]


def test_datasets_can_be_sent_to_another_process() -> None:
    data = Dataset.of(rows=[[1, 2]], labels=[3])
    assert pickle.loads(pickle.dumps(data)) == data  # noqa: S301


def test_hypothesis_prints_the_pasteable_text() -> None:
    class Page:
        written = ""

        def text(self, text: str) -> None:
            self.written += text

    page, data = Page(), Dataset.of(rows=[[1, 2]], labels=[3])
    data._repr_pretty_(page, cycle=False)
    assert page.written == repr(data)


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([], [], "no list of rows"),
        ([[]], [1], "no list of numbers"),
        ([[1], [1, 2]], [0, 0], "rows of lengths"),
        ([[0, 0]], [1], "zero"),
        ([[1], [0]], [1, 1], "zero"),
        ([[math.nan]], [1], "no exact number"),
        ([["inf"]], [1], "no exact number"),
        ([[1]], [math.inf], "no exact number"),
        ([[1]], [], "no list of numbers"),
        ([[1]], [1, 2], "one label per row"),
        ([[True]], [1], "bool"),
        ("12", [1, 2], "no list of rows"),
        ([1, 2], [1, 2], "no list of numbers"),
        ([["1e400"]], ["1e400"], "beyond"),
    ],
)
@pytest.mark.parametrize("normalised", [True, False])
def test_bad_data_are_refused(
    rows: list[list[Number]], labels: list[Number], message: str, normalised: bool
) -> None:
    with pytest.raises(ValueError, match=message):
        Dataset.of(rows=rows, labels=labels, normalised=normalised)


@pytest.mark.parametrize(
    "recipe",
    [
        7,
        {},
        {"rows": [["1"]]},
        {"rows": [["1"]], "labels": ["1"], "more": 1},
        {"rows": [["1"]], "labels": ["1"], "normalised": 1},
        {"source": "test_flowers", "indices": [0]},
        {"source": "test_flowers", "indices": [], "scaling": "raw", "labels": "own"},
        {"source": "test_flowers", "indices": [4], "scaling": "raw", "labels": "own"},
        {"source": "test_flowers", "indices": [-1], "scaling": "raw", "labels": "own"},
        {"source": "test_flowers", "indices": [True], "scaling": "raw", "labels": "own"},
        {"source": "test_flowers", "indices": [0], "scaling": "odd", "labels": "own"},
        {"source": "test_flowers", "indices": [0], "scaling": "raw", "labels": ["1", "2"]},
        {"source": "test_flowers", "indices": [2], "scaling": "raw", "labels": "own"},
        {"source": "test_flowers", "indices": [2], "scaling": "raw-sphere", "labels": "own"},
        {"source": "nobody", "indices": [0], "scaling": "raw", "labels": "own"},
        {"source": 5, "indices": [0], "scaling": "raw", "labels": "own"},
    ],
)
def test_bad_recipes_are_refused(recipe: Any) -> None:
    with pytest.raises(ValueError, match=r"Dataset|source"):
        Dataset.from_recipe(recipe)


def from_flowers(scaling: str, labels: Any = "own") -> Dataset:
    recipe = {"source": "test_flowers", "indices": [0, 3], "scaling": scaling, "labels": labels}
    return Dataset.from_recipe(recipe)


def test_real_rows_come_by_name() -> None:
    data = from_flowers("raw")
    assert data.x.tolist() == [[5.0, 3.0], [2.0, 6.0]]
    assert data.y.tolist() == [0.0, 1.0]
    assert eval(repr(data)) == data  # noqa: S307
    assert Dataset.from_recipe(json.loads(json.dumps(data.recipe))) == data


def test_real_rows_on_the_sphere() -> None:
    x = from_flowers("raw-sphere", labels=["1/2", 3]).x
    torch.testing.assert_close(x[1], torch.tensor([1.0, 3.0]).double() / math.sqrt(10))


def test_standardised_columns_have_mean_zero_and_unit_variance() -> None:
    columns = torch.tensor(iris()[0]).double()
    expected = (columns - columns.mean(dim=0)) / columns.std(dim=0, correction=0)
    expected = expected / expected.norm(dim=1, keepdim=True)
    torch.testing.assert_close(from_flowers("standardised").x, expected[[0, 3]])


def test_a_name_is_registered_once() -> None:
    register_source("test_flowers", iris)
    with pytest.raises(ValueError, match="registered already"):
        register_source("test_flowers", lambda: ([[1.0]], [1.0]))


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("test_nan", ([[math.nan]], [0])),
        ("test_ragged", ([[1], [1, 2]], [0, 0])),
        ("test_short", ([[1], [2]], [0])),
        ("test_empty", ([], [])),
    ],
)
def test_broken_tables_are_refused(name: str, table: Any) -> None:
    register_source(name, lambda: table)
    with pytest.raises(ValueError, match="mend the loader"):
        Dataset.from_recipe({"source": name, "indices": [0], "scaling": "raw", "labels": "own"})


def test_simpler_data_lose_a_row_or_a_coordinate_of_zeros() -> None:
    data = Dataset.of(rows=[[1, 0], [2, 0]], labels=[3, 4], normalised=False)
    expected = [
        Dataset.of(rows=[[1, 0]], labels=[3], normalised=False),
        Dataset.of(rows=[[2, 0]], labels=[4], normalised=False),
        Dataset.of(rows=[[1], [2]], labels=[3, 4], normalised=False),
    ]
    assert list(data.simpler()) == expected
    assert not list(Dataset.of(rows=[[1]], labels=[0]).simpler())
