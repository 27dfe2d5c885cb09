"""What a page must not tell: paths and names of the machine that made it."""

from __future__ import annotations

import getpass
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claims.machine import REPOSITORY

# Below these nothing is anybody's secret, and the names are words of English too.
_COMMON = frozenset(
    {"root", "user", "admin", "runner", "localhost", "ubuntu", "test", "home", "me"}
)
_SHORTEST = 4
# A path of at least two folders; "1/(2n)/m" and "and/or" are none, for they do not begin with "/".
_PATH = re.compile(r"(?:\bfile://[\w.-]*|(?<![\w)\]}.*/']))/(?:[\w.+@~-]+/)+[\w.+@~-]*")
# The last part of such a path is somebody's name.
_HOME = re.compile(r"(?:[A-Za-z]:\\|.*/)(?:home|Users)[/\\][^/\\]*[/\\]?", re.IGNORECASE)
_WINDOWS = re.compile(r"\b[A-Za-z]:\\(?:[^\\/:*?\"<>|\s]+\\)*[^\\/:*?\"<>|\s]*")


class Scrubber:
    """Takes paths and names out of texts.

    Attributes:
        folders: these are cut off the front of what lies in them, longest first.
        names: of the user and of the machine; they become "...".
    """

    def __init__(self, folders: list[str], names: list[str]) -> None:
        known = {folder.rstrip("/") for folder in folders if len(folder) > 1}
        self.folders = sorted(known, key=lambda folder: (-len(folder), folder))
        told = {name for name in names if len(name) >= _SHORTEST and name.lower() not in _COMMON}
        self.names = sorted(told, key=lambda name: (-len(name), name))

    @classmethod
    def of_this_machine(cls) -> Scrubber:
        """Everything that this process knows of the machine and of its user."""
        folders = [str(REPOSITORY), str(Path.home()), str(Path.cwd()), os.environ.get("HOME", "")]
        return cls(folders, [_user(), platform.node(), platform.node().partition(".")[0]])

    def text(self, text: str) -> str:
        """A text without them: of a path only the last part is left."""
        for folder in self.folders:
            text = text.replace(f"{folder}/", "").replace(folder, ".")
        text = _PATH.sub(lambda found: _last(found.group(), "/"), text)
        text = _WINDOWS.sub(lambda found: _last(found.group(), "\\"), text)
        for name in self.names:
            text = re.sub(rf"\b{re.escape(name)}\b", "...", text, flags=re.IGNORECASE)
        return text

    def data(self, data: Any) -> Any:
        """JSON-able data with every text in it scrubbed, keys too."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, Mapping):
            return {self.text(str(key)): self.data(value) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.data(item) for item in data]
        return data


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _last(path: str, slash: str) -> str:
    if _HOME.fullmatch(path):
        return "..."
    return f".../{path.rstrip(slash).rpartition(slash)[2]}"
