"""The machine a run is given: threads, device, versions, and where its caches live."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType

from threadpoolctl import threadpool_info, threadpool_limits

from claims.threads import LIMITS

REPOSITORY = Path(__file__).resolve().parent.parent
LIBRARIES = ("torch", "numpy", "scipy", "hypothesis", "pytest", "pytest-xdist", "python-flint")


def hold_one_thread() -> None:
    """One BLAS and one torch thread, here and in the processes started from here.

    The environment speaks to libraries that are not loaded yet, the calls to those that are.
    """
    os.environ.update(dict.fromkeys(LIMITS, "1"))
    threadpool_limits(limits=1)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


def threads() -> int:
    """The most threads that any numerical library of this process may use."""
    counts = [int(pool["num_threads"]) for pool in threadpool_info()]
    torch = sys.modules.get("torch")
    if torch is not None:
        counts.append(int(torch.get_num_threads()))
    return max(counts, default=1)


def check_device(device: str) -> None:
    """Complain about a device that is misspelt or not there.

    Args:
        device: "cpu", "cuda" or "cuda:N"; torch is imported for the last two only.

    Raises:
        ValueError: an unknown device, or one that this machine does not have.
    """
    name, _, number = device.partition(":")
    if device == "cpu":
        return
    if name != "cuda" or (":" in device and not number.isdecimal()):
        raise ValueError(f"--device: unknown device {device!r}; give cpu, cuda or cuda:N")
    found = cuda_devices()
    if not found:
        raise ValueError(
            f"--device: {device!r} is not available, torch sees no CUDA device; use --device cpu"
        )
    if number and int(number) >= found:
        raise ValueError(
            f"--device: {device!r} is not available, torch sees {found} CUDA device(s); "
            f"give cuda:N with N < {found}"
        )


def worker_device(device: str, worker: int) -> str:
    """The device of one worker: plain "cuda" is dealt out round robin, others are kept.

    Numbers count the devices visible to this process, not those of the machine.

    Args:
        device: checked by `check_device`.
        worker: number of the worker, >= 0; 0 without workers.
    """
    if device != "cuda":
        return device
    return f"cuda:{worker % max(1, cuda_devices())}"


def hold_device(device: str) -> None:
    """Make a CUDA device the current one, so that stray tensors land there and not on device 0."""
    if device.startswith("cuda:"):
        _torch().cuda.set_device(device)


@cache
def cuda_devices() -> int:
    """How many CUDA devices this process sees; 0 where torch can use none."""
    cuda = _torch().cuda
    return int(cuda.device_count()) if cuda.is_available() else 0


def _torch() -> ModuleType:
    # Not at the top: torch takes two seconds, and must find the thread limits when it loads.
    return import_module("torch")


def versions() -> dict[str, str]:
    """Versions of Python, of this suite's libraries and of the platform, by name."""
    found = {"python": platform.python_version(), "platform": platform.platform(terse=True)}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            found[library] = "absent"
    return found


def storage() -> Path:
    """The folder for databases and caches: `.provably` in the repository, or the user's cache.

    The environment variable PROVABLY_STORAGE names another one.
    """
    if os.environ.get("PROVABLY_STORAGE"):
        return Path(os.environ["PROVABLY_STORAGE"]).absolute()
    if os.access(REPOSITORY, os.W_OK):
        return REPOSITORY / ".provably"
    cache_home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache_home) / "provably"
