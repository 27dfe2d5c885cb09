"""The options of a run: what may be said on pytest's command line, checked before anything runs."""

from __future__ import annotations

import math
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from claims.machine import check_device
from claims.profile import PROFILES

PROFILE, DEVICE, REPORT = "--claims-profile", "--device", "--claims-report"
HTML = "--claims-html"
BUDGET, UNFINISHED = "--claims-budget", "--allow-unfinished"
SALT, EXAMPLES, DATABASE = "--claims-salt", "--claims-examples", "--claims-database"
SEEDS = "--claims-seeds"
JOURNAL, CONTINUE, NIGHT = "--claims-journal", "--claims-continue", "--claims-night"
CLUSTER = "--claims-cluster"
SHRINK, KEPT, SHARE = "--claims-shrink", "--claims-counterexamples", "--claims-share"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The checked options of a run.

    Attributes:
        profile: name of the profile, which sets the effort.
        device: "cpu", "cuda" or "cuda:N", as given.
        report: where the JSON report goes, absolute; None for no report.
        html: folder that the report page goes to, absolute; None for no page.
        budget: seconds for the whole run, > 0; None for no limit.
        allow_unfinished: whether a run cut off by the budget may pass.
        salt: which set of random streams.
        examples: instances a claim, >= 1; None leaves it to the profile.
        seeds: most seeds an instance, >= 1; None leaves it to the profile.
        hypothesis_seed: the number given to `--hypothesis-seed`, None without.
        database: folder of the example databases; None for the suite's own.
        shrink: seconds for making a refutation small, > 0; None leaves it to the profile.
        counterexamples: folder where they are kept; None for the one in the run's root.
        share: address of a team's database; None for none.
        journal: file of the evidence of this and earlier runs, absolute; None for none.
        night: number of the search that the journal gets, "next", or None to read it.
        cluster: address of a scheduler, a number of processes, "local"; None for none.
    """

    profile: str
    device: str
    report: Path | None
    html: Path | None
    budget: float | None
    allow_unfinished: bool
    salt: int
    examples: int | None
    seeds: int | None
    hypothesis_seed: int | None
    database: Path | None
    shrink: float | None
    counterexamples: Path | None
    share: str | None
    journal: Path | None
    night: int | Literal["next"] | None
    cluster: str | None


def add_options(parser: pytest.Parser) -> None:
    """Declare the options to pytest; all values stay strings until `checked` has read them."""
    group = parser.getgroup("claims", "theorems as tests")
    group.addoption(PROFILE, default="quick", help=f"effort: {', '.join(PROFILES)} (quick)")
    group.addoption(DEVICE, default="cpu", help="where tensors live: cpu, cuda or cuda:N (cpu)")
    group.addoption(REPORT, metavar="FILE.json", help="write machine-readable results")
    group.addoption(HTML, metavar="DIR", help="write the report as one page, DIR/index.html")
    group.addoption(BUDGET, metavar="SECONDS", help="wall-clock budget of the whole run")
    group.addoption(UNFINISHED, action="store_true", help="pass although the budget cut claims off")
    group.addoption(SALT, default="0", metavar="N", help="another set of random streams (0)")
    group.addoption(EXAMPLES, metavar="N", help="instances a claim, instead of the profile's")
    group.addoption(SEEDS, metavar="N", help="at most N seeds an instance, before any suspicion")
    group.addoption(DATABASE, metavar="DIR", help="where the searches keep their examples")
    group.addoption(SHRINK, metavar="SECONDS", help="time to make each refutation small")
    group.addoption(KEPT, metavar="DIR", help="where counterexamples are kept (counterexamples)")
    group.addoption(SHARE, metavar="ADDRESS", help="a team's database, redis://host:port/0")
    group.addoption(JOURNAL, metavar="FILE", help="keep the evidence there as it comes, and use it")
    group.addoption(CONTINUE, action="store_true", help="go on where the journal's nights ended")
    group.addoption(NIGHT, metavar="N", help="the same with a number, for machines side by side")
    group.addoption(
        CLUSTER,
        metavar="ADDRESS",
        help="spread cases and their blocks: tcp://host:8786, a number, or local",
    )


def checked(config: pytest.Config) -> RunOptions:
    """The options of this run.

    Raises:
        pytest.UsageError: an option has a value that cannot be used, said in one line.
    """
    try:
        return _read(config)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def let_workers_steal(config: pytest.Config) -> None:
    """Make `worksteal` the default of xdist: claims differ a hundredfold in how long they take."""
    asked = any(str(word).startswith("--dist") for word in config.invocation_params.args)
    if not asked and config.getoption("dist", None) == "load":
        config.option.dist = "worksteal"


def _read(config: pytest.Config) -> RunOptions:
    profile = config.getoption(PROFILE)
    if profile not in PROFILES:
        raise ValueError(
            f"{PROFILE}: unknown profile {profile!r}; give one of {', '.join(PROFILES)}"
        )
    _refuse_foreign_profile(config)
    device = config.getoption(DEVICE)
    check_device(device)
    report, database = config.getoption(REPORT), config.getoption(DATABASE)
    kept = config.getoption(KEPT)
    seed = config.getoption("--hypothesis-seed", default=None)
    return RunOptions(
        profile=profile,
        device=device,
        report=_writable(Path(report)) if report is not None else None,
        html=_folder(config.getoption(HTML)),
        budget=_seconds(BUDGET, config.getoption(BUDGET)),
        allow_unfinished=bool(config.getoption(UNFINISHED)),
        salt=_whole(SALT, config.getoption(SALT), least=0) or 0,
        examples=_whole(EXAMPLES, config.getoption(EXAMPLES), least=1),
        seeds=_whole(SEEDS, config.getoption(SEEDS), least=1),
        hypothesis_seed=_whole("--hypothesis-seed", seed),
        database=Path(database).absolute() if database is not None else None,
        shrink=_seconds(SHRINK, config.getoption(SHRINK)),
        counterexamples=Path(kept).absolute() if kept is not None else None,
        share=config.getoption(SHARE),
        journal=_journal_file(config.getoption(JOURNAL)),
        night=_night(config),
        cluster=_cluster(config),
    )


def _journal_file(text: str | None) -> Path | None:
    if text is None:
        return None
    path = Path(text).resolve()
    if not path.parent.is_dir():
        raise ValueError(f"{JOURNAL}: {path.parent} is no directory; make it first")
    return path


def _night(config: pytest.Config) -> int | Literal["next"] | None:
    follows, number = config.getoption(CONTINUE), config.getoption(NIGHT)
    if (follows or number is not None) and config.getoption(JOURNAL) is None:
        used = CONTINUE if follows else NIGHT
        raise ValueError(f"{used}: there is no journal to go on with; give {JOURNAL} FILE")
    if follows and number is not None:
        raise ValueError(f"{CONTINUE}: {NIGHT} {number} says already which night it is; give one")
    return "next" if follows else _whole(NIGHT, number, least=0)


def _cluster(config: pytest.Config) -> str | None:
    asked: str | None = config.getoption(CLUSTER)
    if asked is not None and config.getoption("numprocesses", None):
        raise ValueError(f"{CLUSTER}: the cluster has its own processes; leave -n out")
    return asked


def _refuse_foreign_profile(config: pytest.Config) -> None:
    name = config.getoption("--hypothesis-profile", default=None)
    if name:
        raise ValueError(
            f"--hypothesis-profile: {name!r} would change what a claim's search means; "
            f"use {PROFILE} {', '.join(PROFILES)}"
        )


def _seconds(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ValueError(f"{option}: {text!r} is no time; give a number of seconds > 0")
    return value


def _whole(option: str, text: str | None, least: int | None = None) -> int | None:
    if text is None:
        return None
    allowed = "a whole number" + (f" >= {least}" if least is not None else "")
    try:
        value = int(text)
    except ValueError:
        raise ValueError(f"{option}: {text!r} is no whole number; give {allowed}") from None
    if least is not None and value < least:
        raise ValueError(f"{option}: {value} is too small; give {allowed}")
    return value


def _folder(text: str | None) -> Path | None:
    """The absolute path of a folder for the page, made if it is not there."""
    if text is None:
        return None
    path = Path(text).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"{HTML}: {path} cannot be a folder ({error.strerror}); give a place that can be made"
        ) from None
    _writable(path / "index.html", HTML)
    return path


def _writable(path: Path, option: str = REPORT) -> Path:
    """The absolute path, after a trial that a report can be put there."""
    path = path.resolve()
    if path.is_dir():
        raise ValueError(f"{option}: {path} is a directory; give the name of a file in it")
    if path.exists() and not path.is_file():
        raise ValueError(f"{option}: {path} is no regular file; give the name of one")
    if not path.parent.is_dir():
        raise ValueError(f"{option}: {path.parent} is no directory; make it first")
    try:
        handle, trial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        Path(trial).unlink()
    except OSError as error:
        raise ValueError(
            f"{option}: {path} cannot be written ({error.strerror}); give a writable place"
        ) from None
    return path
