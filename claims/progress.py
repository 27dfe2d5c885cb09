"""The live line of a run on a terminal: claims done, tightest margin, time left."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        done, total: claims and mutants decided, and to be decided.
        tightest: the least margin of a claim so far, and the claim; None before the first.
        elapsed: seconds since the run began.
        budget: seconds of the whole run; None without a limit.
    """

    done: int
    total: int
    tightest: tuple[float, str] | None
    elapsed: float
    budget: float | None = None

    @property
    def left(self) -> float | None:
        """Seconds left, as far as the pace so far tells; None before the first is done."""
        if self.done == 0:
            return self.budget
        pace = self.elapsed / self.done * max(0, self.total - self.done)
        return pace if self.budget is None else min(pace, max(0.0, self.budget - self.elapsed))

    def line(self) -> str:
        """The progress in one line, without a line break."""
        parts = [f"{self.done}/{self.total} claims and mutants"]
        if self.tightest is not None and math.isfinite(self.tightest[0]):
            parts.append(f"tightest {self.tightest[0]:+.2g} {self.tightest[1]}")
        if self.left is not None:
            parts.append(f"{clock(self.left)} left")
        return " | ".join(parts)


def clock(seconds: float) -> str:
    """Seconds as m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
