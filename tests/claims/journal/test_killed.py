"""Runs of pytest that are killed without warning: the same command goes on, to the same report."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from claims.journal.merging import survey
from claims.machine import REPOSITORY
from tests.claims.runs import FALSE, HEADER, TRUE, Ran, run_pytest, without_times

SLOW = '''
import time

from tests.claims.toys import uniforms
from verdicts import WithProbability, with_probability


@claim("Lemma 8", for_all={"k": st.integers(1, 60)}, mutants=[wrong(rate=0.95, because="nearly")])
def slow_coin(k: int, *, rate: float = 0.4) -> WithProbability:
    """A coin fails at most half the time, slowly where a test is to kill it."""

    def event(seeds):
        time.sleep(float(os.environ.get("PROVABLY_TEST_SLEEP", "0")))
        return at_least(exactly(uniforms(seeds.named(str(k)))), exactly(rate))

    return with_probability(0.5, event)
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "toys.py").write_text(HEADER + SLOW + TRUE + FALSE)
    return tmp_path


def kill_halfway(folder: Path, *more: str) -> None:
    """Start a run in a group of its own, and kill all of it once slow blocks have come."""
    words = [sys.executable, "-m", "pytest", "-c", str(REPOSITORY / "pyproject.toml"), "-q"]
    words += ["--rootdir", str(folder), "-o", f"cache_dir={folder / 'cache'}", "toys.py", *more]
    words += ["--claims-journal", "j", "--claims-counterexamples", "ce", "--claims-database", "db"]
    variables = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONSAFEPATH": "1",
        "PROVABLY_TEST_SLEEP": "0.02",
    }
    with (folder / "log").open("wb") as log:
        run = subprocess.Popen(
            words, cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True
        )
    try:
        end = time.monotonic() + 120
        while blocks(folder) < 20:
            assert time.monotonic() < end
            assert run.poll() is None, (folder / "log").read_text()
            time.sleep(0.01)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def blocks(folder: Path) -> int:
    journal = folder / "j"
    if not journal.exists():
        return 0
    return journal.read_bytes().count(b'"claim":"toys.slow_coin","kind":"block"')


def told(ran: Ran) -> str:
    return next(line for line in ran.text.splitlines() if line.startswith("journal "))


def test_after_kill_9_the_same_command_ends_with_the_same_report(folder: Path) -> None:
    undisturbed = run_pytest(folder, "toys.py")
    kill_halfway(folder, "-n", "2")  # the controller and both of its workers
    assert survey(folder / "j")[1] == []  # the night has not ended
    known = blocks(folder)
    again = run_pytest(folder, "toys.py", "--claims-journal", "j")
    assert without_times(again.report) == without_times(undisturbed.report)
    assert again.code == undisturbed.code
    assert blocks(folder) > known  # it went on, and did not begin anew
    (ended,) = survey(folder / "j")[1]
    assert ended["night"] == 0
    read = run_pytest(folder, "toys.py", "--claims-journal", "j")
    assert without_times(read.report) == without_times(undisturbed.report)
    assert " read, 0 added" in told(read)


def test_nights_go_on_only_when_the_last_one_has_ended(folder: Path) -> None:
    given = ["toys.py", "-k", "lemma_2 or coin", "--claims-journal", "j", "--claims-continue"]
    first = run_pytest(folder, *given)
    assert "journal j, night 0: " in told(first)
    cut = run_pytest(folder, *given, "--claims-budget", "1e-9")
    assert "night 1: " in told(cut)
    second = run_pytest(folder, *given)
    assert "night 1: " in told(second)  # the one that was cut off
    third = run_pytest(folder, *given)
    assert "night 2: " in told(third)
    examples = [ran.claim("toys.slow_coin")["examples"] for ran in (first, second, third)]
    assert examples[0] < examples[1] < examples[2]
    read = run_pytest(folder, *given[:-1])
    assert read.claim("toys.slow_coin")["examples"] == examples[2]
    assert " read, 0 added" in told(read)


def test_what_cannot_be_used_is_told(folder: Path) -> None:
    run_pytest(folder, "toys.py", "--claims-journal", "j", "-k", "slow_coin")
    (folder / "toys.py").write_text(HEADER + SLOW + TRUE + FALSE + "\n# edited\n")
    with (folder / "j").open("ab") as stream:
        stream.write(b'{"claim":"toys.slow_coin","ki')
    words = ["toys.py", "-k", "slow_coin", "--claims-journal", "j"]
    ran = run_pytest(folder, *words, "--claims-salt", "3")
    line = told(ran)
    assert "of other salts" in line
    assert "1 torn lines" in line
    ran = run_pytest(folder, *words)
    assert "of another version of these claims or machine" in told(ran)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--claims-journal", "toys.py"], "this is no journal of format 1"),
        (["--claims-journal", "no/j"], "is no directory; make it first"),
        (["--claims-journal", "."], "cannot be opened as a journal"),
        (["--claims-continue"], "there is no journal to go on with"),
        (["--claims-night", "2"], "there is no journal to go on with"),
        (["--claims-journal", "j", "--claims-night", "-1"], "-1 is too small"),
        (["--claims-journal", "j", "--claims-night", "1", "--claims-continue"], "give one"),
    ],
)
def test_a_journal_that_cannot_be_used_is_told_in_a_line(
    given: list[str], words: str, folder: Path
) -> None:
    ran = run_pytest(folder, "toys.py", *given)
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert len(ran.text.strip().splitlines()) == 1, ran.text
    assert words in ran.text


def test_the_journal_is_plain_text_with_a_sum_in_every_line(folder: Path) -> None:
    run_pytest(folder, "toys.py", "--claims-journal", "j")
    head, *lines = (folder / "j").read_text(encoding="ascii").splitlines()
    assert json.loads(head) == {"journal": "provably", "format": 1}
    kinds = {json.loads(line)["kind"] for line in lines}
    assert kinds == {"version", "instance", "said", "judged", "block", "search", "night"}
    assert all(len(json.loads(line)["sum"]) == 16 for line in lines)
