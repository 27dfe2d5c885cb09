import math
import signal
import threading
import time

import pytest

from claims.explore.alarm import ended_by


def _spin(seconds: float) -> None:
    """Work that takes every exception for a crash of its own, and goes on."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            sum(range(1000))
        except Exception:  # noqa: S112  what the engine does around a claim's code
            continue


def test_work_that_never_looks_at_the_clock_is_ended() -> None:
    before = signal.getsignal(signal.SIGALRM)
    start = time.monotonic()
    with ended_by(start + 0.1) as rung:
        _spin(30)
    assert rung.is_set()
    assert 0.1 <= time.monotonic() - start < 5
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0.0


def test_work_that_ends_in_time_is_left_alone() -> None:
    with ended_by(time.monotonic() + 0.2) as rung:
        _spin(0.01)
    with ended_by(math.inf):
        _spin(0.01)
    time.sleep(0.3)
    assert not rung.is_set()  # no alarm is left behind


def test_an_interruption_that_becomes_another_error_is_known_as_one() -> None:
    def work() -> None:
        try:
            _spin(30)
        finally:
            raise ValueError("too little was drawn")

    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(ValueError, match="too little"), ended_by(time.monotonic() + 0.1) as rung:
        work()
    assert rung.is_set()
    assert signal.getsignal(signal.SIGALRM) is before


def test_no_alarm_is_set_outside_of_the_main_thread() -> None:
    ended: list[bool] = []

    def work() -> None:
        with ended_by(time.monotonic()):
            _spin(0.01)
        ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == [True]
