import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models import patches, patches_adjoint
from tests.dynamics.deep_oracles import long, patched

sizes = st.integers(1, 5)


def test_a_patch_of_three_pixels_by_hand() -> None:
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expected = [[0, 1, 2], [1, 2, 3], [2, 3, 0], [0, 4, 5], [4, 5, 6], [5, 6, 0]]
    assert patches(x, 3).tolist() == expected
    # An even patch reaches further to the right.
    assert patches(x, 2).tolist() == [[1, 2, 3], [2, 3, 0], [4, 5, 6], [5, 6, 0]]
    assert torch.equal(patches(x, 1), x)


@given(sizes, sizes, sizes, st.integers(0, 99))
def test_patches_are_those_of_a_loop_with_an_exact_adjoint(d: int, p: int, q: int, k: int) -> None:
    generator = torch.Generator().manual_seed(k)
    x = torch.randn(2, d, p, generator=generator, dtype=torch.float64)
    g = torch.randn(2, d * q, p, generator=generator, dtype=torch.float64)
    phi = patches(x, q)
    assert phi[1].tolist() == patched(long(x[1]), q).astype(float).tolist()
    assert float((phi * g).sum()) == pytest.approx(float((x * patches_adjoint(g, q)).sum()))


@given(sizes, sizes, sizes, st.integers(0, 99))
def test_patches_grow_the_norm_by_at_most_sqrt_q(d: int, p: int, q: int, k: int) -> None:
    x = torch.randn(d, p, generator=torch.Generator().manual_seed(k), dtype=torch.float64)
    before, after = float(x.norm()), float(patches(x, q).norm())
    assert before <= after * (1 + 1e-12)
    assert after <= math.sqrt(q) * before * (1 + 1e-12)


def test_sqrt_q_is_reached_by_the_middle_pixel_alone() -> None:
    # du.md 2.0: p = q = 3, only the middle pixel is not zero.
    x = torch.tensor([[0.0, 1.0, 0.0]])
    assert float(patches(x, 3).norm()) == pytest.approx(math.sqrt(3))


@pytest.mark.parametrize("q", [0, -1, True, 1.5])
def test_bad_patch_sizes_are_refused(q: int) -> None:
    with pytest.raises(ValueError, match=r"patches: q="):
        patches(torch.ones(2, 3), q)


def test_bad_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"patches: x has shape \(3,\); give \(\*b, d, p\)"):
        patches(torch.ones(3), 2)
    with pytest.raises(ValueError, match="5 rows, q=2"):
        patches_adjoint(torch.ones(5, 3), 2)
