"""Control-C at any time: one line or what a command has to say, never a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import workbench.__main__
from claims import interruption
from claims.commands import room
from claims.commands.check import environment
from claims.interruption import STOPPED
from claims.machine import REPOSITORY

# Stands for a package of the workbench: loading it takes long, and so does its answer.
SLOW = """
import sys, time
from pathlib import Path
Path(sys.argv[-1]).write_text("loading")
{loading}
def main(words):
    Path(words[0]).write_text("running")
    {running}
"""


def interrupted(folder: Path, seen: str, *, loading: str, running: str) -> tuple[int, str]:
    """Starts `python -m workbench slow`, and interrupts it when the file says where it is."""
    package, mark = folder / "workbench" / "slow", folder / "mark"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "__init__.py").touch()
    source = Path(room.__file__).parents[2] / "workbench" / "__main__.py"
    (package.parent / "__main__.py").write_text(source.read_text())
    (package / "__main__.py").write_text(SLOW.format(loading=loading, running=running))
    words = [sys.executable, "-m", "workbench", "slow", str(mark)]
    process = subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True)
    while not mark.exists() or mark.read_text() != seen:
        assert process.poll() is None, process.stderr
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    return process.returncode, told


def test_a_package_that_is_being_loaded_ends_without_a_word(tmp_path: Path) -> None:
    ended = interrupted(tmp_path, "loading", loading="time.sleep(60)", running="")
    assert ended == (-signal.SIGINT, "")


def test_a_package_that_has_nothing_to_say_ends_like_a_shell(tmp_path: Path) -> None:
    assert interrupted(tmp_path, "running", loading="", running="time.sleep(60)") == (STOPPED, "")


@pytest.mark.parametrize(("code", "wanted"), [(-signal.SIGINT, 130), (130, 130), (2, 2), (0, 0)])
def test_one_line_and_130_for_what_had_nothing_to_say(
    code: int, wanted: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Ended:
        def __init__(self, words: list[str], env: dict[str, str]) -> None:
            held = signal.pthread_sigmask(signal.SIG_BLOCK, [])
            assert signal.SIGINT in held
            assert words[1:] == ["-m", "workbench", "phase", json.dumps({"a": 1})]
            assert env == environment(os.environ)
            self.waits = 0

        def wait(self) -> int:
            self.waits += 1
            if self.waits == 1:
                raise KeyboardInterrupt
            return code

    monkeypatch.setattr("claims.commands.room.subprocess.Popen", Ended)
    assert room.ask("phase", {"a": 1}) == wanted
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert capsys.readouterr().err == ("\nstopped by hand\n" if wanted == STOPPED else "")


STARTING = """
import os, signal
from claims.commands import room

class Starting:
    def __init__(self, *_, **__):
        os.kill(os.getpid(), signal.SIGINT)

    def wait(self):
        return 2

room.subprocess.Popen = Starting
raise SystemExit(room.ask("phase", {}))
"""


def test_an_interruption_while_the_process_starts_waits_for_its_answer() -> None:
    # In a process of its own: another thread of this one might take the signal.
    ran = subprocess.run([sys.executable, "-c", STARTING], cwd=REPOSITORY, check=False, timeout=60)
    assert ran.returncode == 2


def test_what_was_killed_has_refuted_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = subprocess.Popen
    dies = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    monkeypatch.setattr("claims.commands.room.subprocess.Popen", lambda *_, **__: real(dies))
    assert room.ask("phase", {}) == 3
    assert capsys.readouterr().err == "phase: ended by signal 9\n"


TOGETHER = """
import subprocess, sys
from claims.interruption import ended_together
process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with ended_together(process):
    print(process.pid, flush=True)
    process.wait()
"""


def test_what_was_started_ends_with_its_starter() -> None:
    words = [sys.executable, "-c", TOGETHER]
    starter = subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env=environment(os.environ)
    )
    assert starter.stdout is not None
    assert starter.stdout.readline()
    starter.send_signal(signal.SIGTERM)
    starter.communicate(timeout=30)  # until nobody holds its output, what it started neither
    assert starter.returncode == -signal.SIGTERM


def test_a_package_that_crashes_has_refuted_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    try:
        assert workbench.__main__.main(["none"]) == 3
    finally:
        signal.signal(signal.SIGINT, handler)
    assert "No module named 'workbench.none'" in capsys.readouterr().err


def test_the_command_line_says_a_line_while_it_loads(tmp_path: Path) -> None:
    package = tmp_path / "claims"
    package.mkdir()
    source = Path(interruption.__file__).read_text()
    (package / "interruption.py").write_text(source)
    (package / "__init__.py").write_text(
        "import claims.interruption\nimport os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    )
    (package / "__main__.py").touch()
    words = [sys.executable, "-m", "claims", "list"]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (STOPPED, "\nstopped by hand\n")
    # Whoever imports the package keeps the interruptions that he had.
    (package / "__init__.py").write_text("import claims.interruption\n")
    told = "import claims, signal; print(signal.getsignal(signal.SIGINT).__name__)"
    ended = subprocess.run(
        [sys.executable, "-c", told], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout == "default_int_handler\n"
    (package / "__main__.py").write_text(
        "from claims.interruption import raises_again\nraises_again()\n"
        "import signal; print(signal.getsignal(signal.SIGINT).__name__)\n"
    )
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.stdout == "default_int_handler\n"
