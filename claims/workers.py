"""How many workers a machine holds: by its memory, and where tensors live on GPUs by these."""

from __future__ import annotations

import os
from pathlib import Path

from claims.machine import cuda_devices

# Of one worker: a file of the catalogue, and a run at 3e7 neurons, were seen to take 450 MB.
WORKER_BYTES = 2**30
_MEMINFO = Path("/proc/meminfo")
_GROUPS = (  # limit and use of a container, new style and old
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def free_bytes() -> int | None:
    """Memory that new processes may use, of the machine or of its container; None if unknown."""
    known = [_of_machine(), *(_of_group(limit, used) for limit, used in _GROUPS)]
    return min((free for free in known if free is not None), default=None)


def most_workers(device: str) -> int | None:
    """How many workers fit, at least 1; None if nothing is known to limit them.

    Args:
        device: "cuda" deals the GPUs out one by one, so more workers than GPUs would share.
    """
    free = free_bytes()
    limits = [] if free is None else [free // WORKER_BYTES]
    if device == "cuda":
        limits.append(cuda_devices())
    return max(1, min(limits)) if limits else None


def too_many(workers: int, device: str) -> str:
    """What is wrong with this number of workers, in a line; "" if nothing is."""
    most = most_workers(device)
    if most is None or workers <= most:
        return ""
    if device == "cuda" and cuda_devices() == most:
        return f"{workers} workers share {most} GPU(s); -n {most} gives each its own"
    return (
        f"{workers} workers may need {workers * WORKER_BYTES / 2**30:g} GiB, and "
        f"{(free_bytes() or 0) / 2**30:.1f} GiB are free; -n {most} would fit"
    )


def _of_machine() -> int | None:
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
    except OSError:
        return _installed()
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else _installed()


def _installed() -> int | None:
    """All memory there is, where nobody says how much of it is free."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _of_group(limit: Path, used: Path) -> int | None:
    try:
        most, now = (path.read_text(encoding="ascii").strip() for path in (limit, used))
        return max(0, int(most) - int(now)) if most.isdecimal() else None
    except (OSError, ValueError):
        return None
