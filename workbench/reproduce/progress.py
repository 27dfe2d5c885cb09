"""How far a figure is: one line that renews itself on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TextIO

_WIDTH = 30
_APART = 0.2  # seconds between two lines on a terminal
_STEP = 0.25  # of the work between two lines elsewhere


@dataclass(slots=True)
class Progress:
    """Writes to a stream what it is told.

    Attributes:
        name: of the figure.
        stream: usually standard error.
    """

    name: str
    stream: TextIO
    _began: float = field(default_factory=time.monotonic)
    _last: float = -1.0
    _share: float = 0.0

    def __call__(self, share: float) -> None:
        """Takes the share of the work that is done."""
        now, terminal = time.monotonic(), self.stream.isatty()
        done = share >= 1.0
        if terminal and (done or now - self._last > _APART):
            filled = round(_WIDTH * min(1.0, share))
            bar = "#" * filled + "." * (_WIDTH - filled)
            self.stream.write(f"\r{self.name} [{bar}] {share:4.0%} {self._left(share, now)}")
            self.stream.write("\n" if done else "")
            self._last = now
        if not terminal and (done or share - self._share >= _STEP) and share > self._share:
            self.stream.write(f"{self.name}: {share:.0%}, {now - self._began:.1f} s\n")
            self._share = share
        self.stream.flush()

    def _left(self, share: float, now: float) -> str:
        spent = now - self._began
        if share <= 0:
            return ""
        return f"{spent:.0f} s, {spent * (1 - share) / share:.0f} s left  "
