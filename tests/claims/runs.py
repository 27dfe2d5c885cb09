"""Running pytest and the commands on small claims files, in processes of their own."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import claims.plugin
from claims.machine import REPOSITORY

HEADER = '''"""A. Author, B. Author: On toys. arXiv:2401.00001v1"""

import os
import signal

from hypothesis import strategies as st

from claims import claim, misprint, refuted_claim, wrong
from verdicts import Margin, at_least, at_most, exactly
'''

TRUE = '''

@claim("Lemma 1", for_all={"n": st.integers(1, 60)}, topics=["counting"],
       mutants=[wrong(factor=3.0, because="n < 3 n"), wrong(shift=-2.0, because="n > n - 2")])
def lemma_1(n: int, *, factor: float = 1.0, shift: float = 1.0) -> Margin:
    """Every n is below n + 1.

    factor n <= n + shift
    """
    return at_most(exactly(factor * n), exactly(n + shift))


@claim("Lemma 2", for_all={"n": st.integers(1, 60)}, depends_on=[lemma_1],
       mutants=[misprint(bound=5.5, because="n reaches 60", where="p. 3, (7)")])
def lemma_2(n: int, *, bound: float = 60.5) -> Margin:
    """n is bounded: n <= bound."""
    return at_most(exactly(n), exactly(bound))
'''

FALSE = '''

@claim("Lemma 3", for_all={"n": st.integers(1, 60)},
       mutants=[wrong(bound=2.5, because="n reaches 60"),
                wrong(bound=99.5, because="it is not false at all")])
def lemma_3(n: int, *, bound: float = 20.5) -> Margin:
    """n is bounded by 20: n <= bound."""
    return at_most(exactly(n), exactly(bound))
'''


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished process.

    Attributes:
        code: its exit code.
        text: what it printed, errors included.
        report: the JSON report, {} if there is none.
    """

    code: int
    text: str
    report: dict[str, Any]

    def claim(self, claim_id: str) -> dict[str, Any]:
        """A claim's part of the report."""
        return next(claim for claim in self.report["claims"] if claim["id"] == claim_id)


def run_pytest(folder: Path, *arguments: str) -> Ran:
    """Pytest in the folder, in this process: the house's configuration, empty caches."""
    file = folder / "report.json"
    file.unlink(missing_ok=True)
    words = [*_options(folder, file), "--capture=sys", "-p", "no:faulthandler", *arguments]
    outer, out = Path.cwd(), io.StringIO()
    forget_modules(folder.parent)  # what another test of this process has read in its folder
    aside = {
        name: sys.modules.pop(name)
        for name in {file.stem for file in folder.rglob("*.py")} & set(sys.modules)
        if str(REPOSITORY / "tests") in _place(sys.modules[name])  # toys of the house
    }
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = pytest.main(words, plugins=[claims.plugin])
    finally:
        os.chdir(outer)
        forget_modules(folder)
        sys.modules.update(aside)
    return Ran(int(code), out.getvalue(), _read(file))


def forget_modules(folder: Path) -> None:
    """Make Python read anew what lies in the folder: another toy may have the same name."""
    for name in [name for name, module in sys.modules.items() if str(folder) in _place(module)]:
        del sys.modules[name]


def _place(module: ModuleType) -> str:
    """Where a module was read; a folder without `__init__.py` has no file, only a path."""
    spec = vars(module).get("__spec__")
    path = [*(getattr(spec, "submodule_search_locations", None) or [])]
    return f"{vars(module).get('__file__')} {path}"


def run_workers(folder: Path, *arguments: str) -> Ran:
    """Pytest with two workers, in processes of their own."""
    file = folder / "report.json"
    file.unlink(missing_ok=True)
    words = [sys.executable, "-m", "pytest", *_options(folder, file), "-n", "2", *arguments]
    return run_process(folder, words, file)


def run_process(folder: Path, words: Sequence[str], file: Path | None = None) -> Ran:
    """Any command, in the folder; nothing but the house is on the path."""
    variables = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        words, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    return Ran(done.returncode, done.stdout + done.stderr, _read(file))


def _options(folder: Path, report: Path) -> list[str]:
    database = tempfile.mkdtemp(prefix="examples-", dir=folder)
    return [
        *("-c", str(REPOSITORY / "pyproject.toml"), "--rootdir", str(folder)),
        *("-o", f"cache_dir={folder / '.cache'}", "--claims-database", database),
        # Two runs are compared digit by digit: neither may find what the other kept.
        *("--claims-counterexamples", f"{database}/counterexamples"),
        *("--claims-report", str(report)),
    ]


def _read(file: Path | None) -> dict[str, Any]:
    if file is None or not file.exists():
        return {}
    return dict(json.loads(file.read_text(encoding="utf-8")))


_TIMES = ("seconds", "workers", "finished")


def without_times(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report without what may differ between two equal runs: times, workers, folders."""
    manifest = {k: v for k, v in report["manifest"].items() if k not in _TIMES}
    claims = [
        {**_in_no_folder(claim), "mutants": [_in_no_folder(m) for m in claim["mutants"]]}
        for claim in report["claims"]
    ]
    for claim in claims:
        del claim["seconds"]
    return {**report, "manifest": manifest, "claims": claims}


def _in_no_folder(case: Mapping[str, Any]) -> dict[str, Any]:
    # `_options` gives every run a folder of its own; a file's name is the hash of what it holds.
    return {**case, "counterexample": case["counterexample"].rpartition("/")[2]}
