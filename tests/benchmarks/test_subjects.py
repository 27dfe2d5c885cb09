"""What the subjects yield where a peer is missing, and the parts that measure by themselves."""

import importlib.util
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks import __main__ as command
from benchmarks import descent, flow, gpu, growth, initial_kernel, limit_kernel, machine, wide
from benchmarks._worker import PeerError, Worker
from benchmarks.comparison import Comparison, Figure, Growth, Row, Skipped, Timing
from models import H


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)  # noqa: ARG005


def reasons(rows: Iterator[Row]) -> list[str]:
    return [row.reason for row in rows if isinstance(row, Skipped)]


def small(m: int = 12) -> descent.Networks:
    return descent.Networks.drawn(m, torch.float64)


def test_ours_and_the_torch_peers_train_the_same_networks() -> None:
    networks = small()
    for residuals in (networks.in_a_loop(), networks.by_vmap(), networks.ours_in_two_threads()):
        torch.testing.assert_close(residuals, networks.ours(), rtol=0, atol=1e-11)


@pytest.mark.usefixtures("nothing_installed")
def test_without_jax_a_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial_kernel, "_NETWORKS", 2)
    monkeypatch.setattr(initial_kernel, "_M", 5)
    rows = [
        *descent._beside_jax(small(), one_thread=True),
        *initial_kernel.comparisons(quick=True),
    ]
    assert reasons(iter(rows)) == ["not installed; pip install -e '.[bench]'"] * 2


def test_a_peer_that_trains_something_else_is_skipped() -> None:
    networks = small()
    row = descent._same(networks, networks.ours, "peer", lambda: networks.ours() + 1, 1.0)
    assert isinstance(row, Skipped)
    assert row.reason == "its residuals differ by 1"


def test_a_missing_interpreter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEURAL_TANGENTS_PYTHON", "/nowhere/python")
    monkeypatch.setattr(limit_kernel, "_N", 20)
    (reason,) = reasons(limit_kernel.comparisons(quick=True))
    assert reason.startswith("NEURAL_TANGENTS_PYTHON='/nowhere/python'")


def test_a_peer_that_does_not_start_says_why() -> None:
    with pytest.raises(PeerError, match="No such file"):
        Worker(sys.executable, "no_such_script")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a device")
def test_without_a_device_there_is_a_row_for_each_peer() -> None:
    rows = list(gpu.comparisons(quick=True))
    assert reasons(iter(rows)) == ["torch sees no CUDA device"] * 2
    assert "m = 8192" in command.line(rows[0])  # type: ignore[arg-type]


def test_the_matrices_of_torch_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initial_kernel, "_NETWORKS", 3)
    monkeypatch.setattr(initial_kernel, "_M", 40)
    row = next(initial_kernel.comparisons(quick=True))
    assert isinstance(row, Comparison)
    torch.testing.assert_close(row.ours(), row.theirs())


def test_exponents_are_slopes_of_logarithms() -> None:
    times = {8: 3 * 8**1.5, 16: 3 * 16**1.5, 64: 3 * 64**1.5}
    assert growth._slope(times) == pytest.approx(1.5)


def test_growth_is_measured_beside_its_theory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "_USUAL", {"m": 4, "n": 2, "seeds": 1, "steps": 1})
    monkeypatch.setattr(growth, "_SIZES", {"m": (4, 8, 16), "steps": (1, 2, 3)})
    rows = list(growth.comparisons(quick=True))
    assert [(row.subject, row.size) for row in rows if isinstance(row, Growth)] == [
        ("train", "m"),
        ("train", "steps"),
        ("gradient_descent", "m"),
        ("gradient_descent", "steps"),
        ("H(0)", "m"),
    ]
    assert "theory 1" in command.line(rows[0])  # type: ignore[arg-type]


def test_the_machine_has_positive_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_TRIALS", 1)
    rows = list(machine.comparisons(quick=True))
    assert all(isinstance(row, Figure) and 0 < row.value < math.inf for row in rows)


def test_the_dense_peer_of_wide_networks_makes_the_same_steps() -> None:
    torch.testing.assert_close(wide.followed(3000, 4), wide.dense(3000, 4), rtol=0, atol=1e-9)
    moved = wide.dense(3000, 4, share=2)
    torch.testing.assert_close(moved, wide.dense(3000, 2))


def test_a_wide_run_tells_its_seconds_and_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    wide.measured(1000, 2)
    seconds, count = capsys.readouterr().out.split()
    assert 0 < float(seconds) < 60
    assert 10**7 < int(count) < 10**11


class Still(flow.Flow):
    """A flow that is over at once."""

    def __init__(self) -> None:
        self.deadline, self.end = math.inf, 1.0
        self.a = torch.ones(1)

    def ours(self) -> Tensor:
        return torch.zeros(1)

    def start(self) -> Tensor:
        return torch.ones(1)


def test_the_first_tolerance_that_is_accurate_is_compared() -> None:
    tried: list[float] = []

    def solver(tolerance: float) -> Tensor:
        tried.append(tolerance)
        return torch.full((1,), 0.1 * tolerance, dtype=torch.float64)

    row = flow._beside(Still(), "peer", solver, 1.0)
    assert isinstance(row, Comparison)
    assert row.peer == "peer, rtol 1e-10, 1e-11 off"
    assert tried == [1e-8, 1e-10]


def test_a_solver_that_is_late_bounds_the_ratio() -> None:
    def solver(tolerance: float) -> Tensor:  # noqa: ARG001
        raise TimeoutError

    row = flow._beside(Still(), "peer", solver, 2.0)
    assert isinstance(row, Timing)
    assert row.theirs == 2.0
    assert row.ratio == row.ours / 2.0
    assert row.comparison.peer == "peer, rtol 1e-08, stopped after 2 s of processor time"


def test_solvers_stop_at_the_deadline() -> None:
    one = flow.Flow(50)
    one.deadline = -math.inf
    with pytest.raises(TimeoutError):
        one.by_scipy("DOP853", 1e-6)


def test_workers_are_asked_in_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "echo.py"
    script.write_text(
        'import sys\nprint(\'{"versions": {"echo": "1"}}\', flush=True)\n'
        "for line in sys.stdin:\n    print(line, flush=True)\n"
    )
    monkeypatch.setattr(Path, "with_name", lambda self, name: script)  # noqa: ARG005
    worker = Worker(sys.executable, "echo")
    assert worker.versions == {"echo": "1"}
    assert worker.ask(number=3) == {"number": 3}
    worker.close()
    assert worker.process.returncode == 0


def test_the_matrix_of_the_figures_is_that_of_numpy() -> None:
    networks = small(30)
    x, w = networks.x.numpy(), networks.w.numpy()
    on = (w @ x.T >= 0).astype(float)
    expected = (x @ x.T) * (on.transpose(0, 2, 1) @ on) / 30
    np.testing.assert_allclose(H(networks.x, networks.w).numpy(), expected, rtol=1e-12)
