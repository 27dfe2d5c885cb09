"""What each worker is given: one thread, its share of the memory, its own GPU."""

import subprocess
import sys
from pathlib import Path

import pytest

from claims import machine, workers
from claims.threads import LIMITS
from tests.claims.runs import HEADER, TRUE, run_process, run_workers

GIB = 2**30

THREADS = '''
import sys
import torch
from threadpoolctl import threadpool_info

from verdicts import every


@claim("Lemma 1", for_all={"n": st.integers(1, 60)}, mutants=[wrong(most=0.5, because="one is")])
def lemma_1(n: int, *, most: float = 1.0) -> Margin:
    """No library of this process uses two threads, whatever the user's environment says."""
    pools = max(pool["num_threads"] for pool in threadpool_info())
    told = max(int(os.environ[name]) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"))
    return every(
        torch=at_most(exactly(torch.get_num_threads()), exactly(most)),
        pools=at_most(exactly(pools), exactly(most)),
        told=at_most(exactly(told), exactly(most)),
    )
'''

ROOM_FOR_ONE = """
from claims import workers

workers.free_bytes = lambda: 3 * 2**29
"""


def program(text: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=machine.REPOSITORY,
        env={"PATH": "", **dict.fromkeys(LIMITS, "2")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_environment_speaks_before_torch_and_numpy_are_loaded() -> None:
    watching = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'numpy', 'scipy'):\n"
        "            print(name, *(os.environ[limit] for limit in %r))\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import claims.plugin\n"
    )
    told = program(watching % (LIMITS,))
    assert {"torch", "numpy"} <= set(told)
    assert set(told) - {"torch", "numpy", "scipy"} == {"1"}


def test_libraries_that_are_loaded_already_are_told() -> None:
    text = (
        "import numpy, torch; from claims import machine; machine.hold_one_thread(); "
        "print(machine.threads(), torch.get_num_threads())"
    )
    assert program(text) == ["1", "1"]


def test_workers_hold_one_thread_whatever_the_user_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in LIMITS:
        monkeypatch.setenv(limit, "2")
    (tmp_path / "toys.py").write_text(HEADER + THREADS)
    ran = run_workers(tmp_path, "toys.py")
    assert ran.code == pytest.ExitCode.OK, ran.text
    assert ran.claim("toys.lemma_1")["outcome"] == "SUPPORTED"
    assert ran.report["manifest"]["threads"] == 1


def test_workers_take_the_devices_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cuda_devices", lambda: 2)
    assert [machine.worker_device("cuda", k) for k in range(4)] == ["cuda:0", "cuda:1"] * 2
    assert [machine.worker_device("cuda:1", k) for k in range(2)] == ["cuda:1"] * 2
    assert machine.worker_device("cpu", 3) == "cpu"


@pytest.mark.parametrize(
    ("free", "device", "gpus", "most"),
    [
        (None, "cpu", 0, None),
        (8 * GIB, "cpu", 0, 8),
        (8 * GIB - 1, "cpu", 0, 7),
        (5, "cpu", 0, 1),  # one is always started
        (8 * GIB, "cuda", 2, 2),
        (GIB, "cuda", 2, 1),
        (None, "cuda", 3, 3),
        (8 * GIB, "cuda:1", 3, 8),  # all of them on one GPU, as was asked
    ],
)
def test_as_many_workers_as_fit(
    free: int | None, device: str, gpus: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "free_bytes", lambda: free)
    monkeypatch.setattr(workers, "cuda_devices", lambda: gpus)
    assert workers.most_workers(device) == most
    assert workers.too_many(most or 10**6, device) == ""


def test_more_workers_than_fit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "free_bytes", lambda: 5 * 2**29)
    monkeypatch.setattr(workers, "cuda_devices", lambda: 1)
    assert workers.too_many(4, "cpu") == (
        "4 workers may need 4 GiB, and 2.5 GiB are free; -n 2 would fit"
    )
    assert workers.too_many(4, "cuda") == "4 workers share 1 GPU(s); -n 1 gives each its own"


@pytest.mark.parametrize(
    ("machine_kb", "limit", "used", "free"),
    [
        ("1000", None, None, 1000 * 1024),
        ("1000", "max", "77", 1000 * 1024),
        ("1000", "500000", "100000", 400000),
        ("1000", "500000", "600000", 0),
        ("1", "500000", "100000", 1024),
        ("1000", "nonsense", "100000", 1000 * 1024),
        ("1000", "500000", "nonsense", 1000 * 1024),
    ],
)
def test_memory_is_the_container_s_or_the_machine_s(
    machine_kb: str,
    limit: str | None,
    used: str | None,
    free: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    info, most, now = (tmp_path / name for name in ("meminfo", "max", "current"))
    info.write_text(f"MemTotal: 9 kB\nMemAvailable:   {machine_kb} kB\n")
    for path, text in ((most, limit), (now, used)):
        if text is not None:
            path.write_text(f"{text}\n")
    monkeypatch.setattr(workers, "_MEMINFO", info)
    monkeypatch.setattr(workers, "_GROUPS", ((most, now),))
    assert workers.free_bytes() == free


def test_without_any_words_of_free_memory_all_that_is_installed_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_MEMINFO", tmp_path / "nothing")
    monkeypatch.setattr(workers, "_GROUPS", ())
    assert workers.free_bytes() == workers._installed()
    monkeypatch.setattr("os.sysconf", lambda _: _refuse())
    assert workers.free_bytes() is None
    (tmp_path / "nothing").write_text("MemTotal: 9 kB\n")
    assert workers.free_bytes() is None


def _refuse() -> int:
    raise ValueError("unrecognized configuration name")


def test_this_machine_has_some_memory() -> None:
    free = workers.free_bytes()
    assert free is None or 0 < free < 2**50


def test_auto_gives_what_fits_and_a_number_is_obeyed_with_a_word(tmp_path: Path) -> None:
    (tmp_path / "toys.py").write_text(HEADER + TRUE)
    (tmp_path / "conftest.py").write_text(ROOM_FOR_ONE)
    words = [sys.executable, "-m", "pytest", "-c", str(machine.REPOSITORY / "pyproject.toml")]
    words += ["--rootdir", str(tmp_path), "-o", f"cache_dir={tmp_path / '.cache'}", "toys.py"]
    auto = run_process(tmp_path, [*words, "-n", "auto"])
    assert auto.code == pytest.ExitCode.OK, auto.text
    assert "1 worker [" in auto.text
    assert "would fit" not in auto.text
    two = run_process(tmp_path, [*words, "-n", "2"])
    assert "2 workers [" in two.text
    assert "2 workers may need 2 GiB, and 1.5 GiB are free; -n 1 would fit" in two.text
