"""The last run's report, kept so that a page can be made of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claims.machine import storage
from claims.report import write_atomically


def last_run() -> Path:
    """Where the report of the last run is kept; there may be none yet."""
    return storage() / "last-run.json"


def keep_last(report: Mapping[str, Any]) -> str:
    """Keep a run's report in the place of the one before it.

    Returns:
        "", or a line that says why it could not be kept.
    """
    path = last_run()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, report)
    except OSError as error:
        return f"the last run's report cannot be kept in {path}: {error.strerror}"
    return ""
