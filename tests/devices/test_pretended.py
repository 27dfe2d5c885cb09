"""The pretended GPU refuses what a real one does, and nothing else."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.devices.pretended import DeviceError, PretendedGPU, on_gpu


@pytest.fixture(autouse=True)
def _entered() -> Iterator[None]:
    with PretendedGPU():
        yield


def there() -> Tensor:
    return torch.arange(6.0, device="cuda").reshape(2, 3)


def here() -> Tensor:
    return torch.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.zeros(2, device="cuda:0"),
        lambda: torch.tensor([1.0], device=torch.device("cuda")),
        lambda: here().to("cuda:0"),
        lambda: here().to(there()),
        lambda: here().type_as(there()),
        lambda: torch.as_tensor(here(), device=there().device),
        lambda: there().new_zeros(2),
        lambda: torch.ones_like(there()),
        lambda: there()[0],
        lambda: there()[torch.tensor([0])],  # indices may come from anywhere
        lambda: next(iter(there())),
        lambda: torch.linalg.eigh(there() @ there().mT)[1],
        lambda: there().max(dim=0).values,
        lambda: there() + 1,
        lambda: there() + torch.tensor(1.0),  # and so may single numbers
        lambda: there().to(torch.float64),
        lambda: torch.stack([there(), there()]),
        lambda: there().add_(1).mul_(2),
        lambda: torch.zeros(2, 3, device="cuda").copy_(here()),
    ],
)
def test_what_lies_on_the_gpu(make: Callable[[], Tensor]) -> None:
    assert on_gpu(make())
    assert make().device == torch.device("cuda:0")
    assert make().is_cuda


@pytest.mark.parametrize(
    "make",
    [
        here,
        lambda: there().cpu(),
        lambda: there().to("cpu"),
        lambda: there().to(here()),
        lambda: torch.zeros_like(here()),
        lambda: torch.from_numpy(np.ones(2)),
        lambda: torch.zeros(2, device=here().device),
    ],
)
def test_what_does_not(make: Callable[[], Tensor]) -> None:
    assert not on_gpu(make())
    assert make().device == torch.device("cpu")
    assert not make().is_cuda


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: there() + here(),
        lambda: here().mul_(there()),
        lambda: there() @ here().mT,
        lambda: torch.cat([here(), there()]),
        lambda: torch.stack([there()[0, 0], here()[0, 0]]),
        lambda: torch.where(there() > 0, here(), 0.0),
        lambda: here()[torch.zeros(1, dtype=torch.int64, device="cuda")],
        lambda: there().__setitem__(0, here()[0]),
        lambda: torch.abs(there(), out=here()),
        lambda: there().numpy(),
        lambda: np.asarray(there()),
    ],
)
def test_what_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(DeviceError, match=r"same device|use \.cpu\(\) first"):
        wrong()


def test_a_copy_on_the_cpu_is_a_copy() -> None:
    gpu = there()
    gpu.cpu().add_(1)
    moved = here()
    moved.to("cuda").add_(1)
    assert gpu.tolist() == moved.tolist() == here().tolist()
    gpu[0].add_(1)  # a view is none
    assert gpu[0].tolist() == [1.0, 2.0, 3.0]


def test_numbers_come_home() -> None:
    assert (float(there().sum()), there().tolist()[1][2], bool((there() >= 0).all())) == (15, 5, 1)
