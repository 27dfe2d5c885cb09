"""The device that is compared with the CPU: a pretended GPU everywhere, a real one where it is."""

from collections.abc import Iterator

import pytest
import torch

from tests.devices.pretended import PretendedGPU


@pytest.fixture(params=["pretended", pytest.param("real", marks=pytest.mark.gpu)])
def gpu(request: pytest.FixtureRequest) -> Iterator[str]:
    """Its name; within the test tensors may be made on it."""
    if request.param == "real":
        if not torch.cuda.is_available():
            pytest.skip("torch sees no CUDA device")
        yield "cuda:0"
    else:
        with PretendedGPU():
            yield "cuda:0"
