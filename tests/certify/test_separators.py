"""The best separator, against directions by hand and by search."""

import pytest
import torch

from certify import best_separator


def test_two_rows_by_hand() -> None:
    found = best_separator(torch.tensor([[1.0, 2.0], [1.0, -2.0]]).double())
    assert found.margin.low == pytest.approx(1.0)
    assert found.margin.high == pytest.approx(1.0)
    assert found.direction[0] == 1


def test_opposite_rows_have_no_margin() -> None:
    found = best_separator(torch.tensor([[1.0], [-1.0]]).double())
    assert found.margin.low <= 0 <= found.margin.high
    assert found.margin.high < 1e-12


@pytest.mark.parametrize("seed", range(30))
def test_no_direction_of_the_cube_does_better(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(5, 7, generator=generator, dtype=torch.float64) + 0.3
    found = best_separator(rows)
    tried = torch.rand(2000, 7, generator=generator, dtype=torch.float64) * 2 - 1
    corners = torch.cat([tried, tried.sign(), found.direction[None]])
    assert float((corners @ rows.mT).amin(dim=-1).max()) <= found.margin.high
    assert found.margin.high - found.margin.low < 1e-9
    assert float(found.weights.sum()) == pytest.approx(1)


def test_what_is_wrong_is_told() -> None:
    for rows in (torch.zeros(0, 2), torch.tensor([[float("nan")]]), torch.zeros(3)):
        with pytest.raises(ValueError, match="give finite ones"):
            best_separator(rows.double())
