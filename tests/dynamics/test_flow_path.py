import numpy as np
import pytest
import torch

from certify import lambda_max, lambda_min
from dynamics import gradient_flow
from tests.dynamics.oracles import drawn

HORIZON = 6.0


@pytest.mark.parametrize("layers", ["first", "both"])
def test_the_infimum_of_the_path_is_that_of_a_fine_grid_also_where_patterns_change(
    layers: str,
) -> None:
    # Samples of H at times know nothing of pieces; a piece that is missing would read as zero.
    grid = torch.linspace(0, HORIZON, 61, dtype=torch.float64)
    compared = changed = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        net = drawn(rng, n=1 + seed % 3, m=6 + seed % 40, d=3, scale=1.0)
        found = gradient_flow(*net.tensors, times=grid, layers=layers)
        if not bool(found.plain):
            continue
        for eigenvalue in (lambda_min, lambda_max):
            least, sampled = found.infimum_of(eigenvalue), eigenvalue(found.H_flow)
            scale = float(sampled.upper.max())
            assert least.low <= sampled.upper.min()
            assert least.high >= 0.5 * sampled.lower.min() - 1e-9 * scale
            assert least.low >= 0.4 * sampled.lower.min() - 1e-9 * scale
        assert found.path_lengths is not None
        assert float(found.path_lengths.sum()) == pytest.approx(HORIZON, rel=1e-12)
        compared += 1
        changed += bool((found.H_flow[0] != found.H_flow[-1]).any())
    assert compared >= 8
    assert changed >= 3
