"""A real scheduler and two workers on loopback; one of them is killed while it runs a case."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from claims.machine import REPOSITORY
from tests.claims.runs import FALSE, HEADER, TRUE, run_pytest, without_times

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

HELD = '''
import time
from pathlib import Path

from verdicts import WithProbability, with_probability
from tests.claims.toys import uniforms


@claim("Lemma 8", for_all={"k": st.integers(1, 60)}, mutants=[wrong(rate=0.95, because="nearly")])
def held_coin(k: int, *, rate: float = 0.05) -> WithProbability:
    """A coin fails at most half the time. Its process waits for the test to say "go"."""
    folder = os.environ.get("PROVABLY_TEST_FOLDER")
    if folder and rate < 0.5:
        pid, go = Path(folder, "pid"), Path(folder, "go")
        if not go.exists():
            pid.write_text(str(os.getpid()))
        while not go.exists():
            time.sleep(0.05)
    return with_probability(0.5, lambda seeds: at_least(exactly(uniforms(seeds)), exactly(rate)))
'''

WAIT = 120.0  # seconds, on a machine that does much else


def wait_for(ready: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WAIT
    while not ready():
        assert time.monotonic() < end, f"{what} took more than {WAIT} s"
        time.sleep(0.05)


@contextlib.contextmanager
def process(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    variables = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONSAFEPATH": "1",
        "PROVABLY_TEST_FOLDER": str(folder),
    }
    with (folder / "log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=folder, env=variables, stdout=log, stderr=log
        )
        try:
            yield started
        finally:
            with contextlib.suppress(ProcessLookupError):
                started.kill()
            started.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with toys, and the address of a scheduler that has two workers."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "toys.py").write_text(HEADER + HELD + TRUE + FALSE)
    file = folder / "scheduler.json"
    words = ["dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with process(folder, *words, "--scheduler-file", str(file)), contextlib.ExitStack() as stack:
        wait_for(file.exists, "the scheduler")
        address = str(json.loads(file.read_text())["address"])
        for _ in range(2):
            words = ["dask", "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            stack.enter_context(process(folder, *words))
        yield folder, address


def test_a_worker_that_is_killed_changes_no_verdict(cluster: tuple[Path, str]) -> None:
    folder, address = cluster
    pid = folder / "pid"

    def kill() -> None:
        wait_for(lambda: pid.exists() and pid.read_text() != "", "the first case")
        os.kill(int(pid.read_text()), signal.SIGKILL)
        (folder / "go").touch()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    words = ["--claims-cluster", address, "--claims-journal", "j", "--claims-counterexamples", "ce"]
    ran = run_pytest(folder, "toys.py", *words)
    killer.join()
    assert ran.code == pytest.ExitCode.TESTS_FAILED, ran.text
    far = ran.report
    here = run_pytest(folder, "toys.py")
    assert without_times(far) == without_times(here.report)
    assert {c["id"]: c["outcome"] for c in far["claims"]}["toys.held_coin"] == "SUPPORTED"
    assert far["manifest"]["workers"] >= 1
    assert list((folder / "ce").rglob("*.json"))  # the workers' counterexamples came home
    # Their evidence too: what the cluster found is read here, and nothing is computed.
    read = run_pytest(folder, "toys.py", "--claims-journal", "j")
    assert without_times(read.report) == without_times(far)
    assert " read, 0 added" in read.text


def test_the_parts_of_a_long_block_are_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toys = REPOSITORY / "tests" / "claims" / "cluster" / "long_toys.py"
    (tmp_path / "long_toys.py").write_text(toys.read_text())
    words = ["long_toys.py", "-k", "dear and not rate"]
    here = run_pytest(tmp_path, *words)
    monkeypatch.setenv("PROVABLY_TEST_FOLDER", str(tmp_path))
    far = run_pytest(tmp_path, *words, "--claims-cluster", "2")
    assert without_times(far.report) == without_times(here.report)
    line = re.search(r"cluster 2: 1 cases came home, (\d+) parts of their blocks", far.text)
    assert line is not None, far.text
    assert int(line[1]) > 0
    assert len(list(tmp_path.glob("worked-*"))) == 2


def test_a_scheduler_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "toys.py").write_text(HEADER + TRUE)
    start = time.monotonic()
    for address in ("tcp://127.0.0.1:9", "nonsense", "0"):
        ran = run_pytest(tmp_path, "toys.py", "--claims-cluster", address)
        assert ran.code == pytest.ExitCode.USAGE_ERROR
        assert f"ERROR: --claims-cluster: {'no' if ':' in address else ''}" in ran.text
        assert len([line for line in ran.text.splitlines() if line.strip()]) == 1, ran.text
    assert time.monotonic() - start < 15


def test_a_cluster_and_workers_of_pytest_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / "toys.py").write_text(HEADER + TRUE)
    ran = run_pytest(tmp_path, "toys.py", "--claims-cluster", "2", "-n", "2")
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert ran.text.strip() == (
        "ERROR: --claims-cluster: the cluster has its own processes; leave -n out"
    )
