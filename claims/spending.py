"""What the search of one case has spent, and why it must stop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from claims.profile import Profile


@dataclass(slots=True)
class Spending:
    """Costs of a case, counted in normals drawn + flops/8, and its limits.

    Attributes:
        effort: the profile, whose caps hold.
        share: of the claim, multiplies the caps of cost.
        deadline: value of `time.monotonic()` at which the run's budget is spent; None without.
        shrink_seconds: wall clock for making a refutation small, in place of the profile's caps;
            None leaves it to those.
        spent: cost so far.
        stopped: why the search ended early: "budget" (time) or "effort" (cost).
        shrink_stopped: what ended the shrinking early, in words; "" if it went to its end.
    """

    effort: Profile
    share: float
    deadline: float | None = None
    shrink_seconds: float | None = None
    spent: float = 0.0
    stopped: Literal["", "budget", "effort"] = ""
    shrink_stopped: str = ""
    _before: float = 0.0
    _shrink_cost: float = 0.0
    _shrink_looks: int = 0
    _shrink_end: float | None = None

    def begin_shrinking(self) -> None:
        """Start the clock of the shrinking; a second call changes nothing."""
        if self.shrink_seconds is not None and self._shrink_end is None:
            self._shrink_end = time.monotonic() + self.shrink_seconds

    def begin_search(self) -> None:
        """Give the case's cap anew: each of several searches has the whole of it."""
        self._before = self.spent
        if self.stopped == "effort":
            self.stopped = ""

    def pay(self, cost: float, *, shrinking: bool) -> None:
        """Take a cost into account."""
        self.spent += cost
        self._shrink_cost += cost * shrinking

    def look(self) -> None:
        """Count one instance judged while shrinking."""
        self._shrink_looks += 1

    @property
    def late(self) -> bool:
        """Whether the run's own time is spent."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def must_stop(self, *, shrinking: bool) -> bool:
        """Whether nothing more may be judged; keeps the reason."""
        if shrinking:
            return self._shrinking_must_stop()
        if self.late:
            self.stopped = self.stopped or "budget"
        elif self.spent - self._before >= self.effort.case_cost * self.share:
            self.stopped = self.stopped or "effort"
        return bool(self.stopped)

    def _shrinking_must_stop(self) -> bool:
        # A refutation in hand stays one, only less small.
        if self.late:
            self.shrink_stopped = "the run's budget"
        elif self._shrink_end is not None:
            if time.monotonic() >= self._shrink_end:
                self.shrink_stopped = f"{self.shrink_seconds:g} s"
        elif self._shrink_looks >= self.effort.shrink_looks:
            self.shrink_stopped = f"{self.effort.shrink_looks} instances"
        elif self._shrink_cost >= self.effort.shrink_cost * self.share:
            self.shrink_stopped = f"cost {self.effort.shrink_cost * self.share:.3g}"
        return bool(self.shrink_stopped)
