from pathlib import Path
from typing import Any, cast

import pytest

from claims import machine, options
from tests.claims.runs import HEADER, TRUE, run_pytest


class Given:
    """As much of pytest's config as the options read."""

    def __init__(self, **values: Any) -> None:
        self.values = {
            options.PROFILE: "quick",
            options.DEVICE: "cpu",
            options.SALT: "0",
            **{f"--{name.replace('_', '-')}": value for name, value in values.items()},
        }

    def getoption(self, name: str, default: object = None) -> Any:
        return self.values.get(name, default)


def checked(**values: Any) -> options.RunOptions:
    return options.checked(cast("pytest.Config", Given(**values)))


def test_the_defaults_are_quick_on_the_cpu() -> None:
    found = checked()
    assert (found.profile, found.device, found.salt) == ("quick", "cpu", 0)
    unset = (found.report, found.budget, found.examples, found.seeds, found.hypothesis_seed)
    assert unset == (None, None, None, None, None)
    assert not found.allow_unfinished


def test_good_values_are_read(tmp_path: Path) -> None:
    found = checked(
        claims_profile="thorough",
        claims_report=str(tmp_path / "r.json"),
        claims_budget="2.5",
        claims_shrink="30",
        claims_counterexamples=str(tmp_path / "kept"),
        claims_share="redis://host:6379/0",
        claims_salt="7",
        claims_examples="3",
        claims_seeds="14",
        hypothesis_seed="11",
        allow_unfinished=True,
    )
    assert found.report == tmp_path / "r.json"
    assert (found.shrink, found.counterexamples) == (30.0, tmp_path / "kept")
    assert found.share == "redis://host:6379/0"
    assert (found.budget, found.salt, found.examples, found.hypothesis_seed) == (2.5, 7, 3, 11)
    assert found.seeds == 14
    assert found.allow_unfinished
    assert list(tmp_path.iterdir()) == []  # the trial of the report's place leaves nothing


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"claims_profile": "slow"}, "--claims-profile: unknown profile 'slow'; give one of quick"),
        ({"claims_budget": "0"}, "--claims-budget: '0' is no time"),
        ({"claims_budget": "-3"}, "--claims-budget: '-3' is no time"),
        ({"claims_budget": "nan"}, "--claims-budget: 'nan' is no time"),
        ({"claims_budget": "soon"}, "--claims-budget: 'soon' is no time"),
        ({"claims_salt": "-1"}, "--claims-salt: -1 is too small; give a whole number >= 0"),
        ({"claims_salt": "x"}, "--claims-salt: 'x' is no whole number"),
        ({"claims_examples": "0"}, "--claims-examples: 0 is too small"),
        ({"claims_seeds": "0"}, "--claims-seeds: 0 is too small"),
        ({"hypothesis_seed": "a"}, "--hypothesis-seed: 'a' is no whole number"),
        ({"hypothesis_profile": "ci"}, "--hypothesis-profile: 'ci' would change"),
        ({"device": "tpu"}, "--device: unknown device 'tpu'; give cpu, cuda or cuda:N"),
        ({"device": "cuda:x"}, "--device: unknown device 'cuda:x'"),
        ({"claims_report": "/"}, "--claims-report: / is a directory"),
        ({"claims_report": "/dev/null"}, "--claims-report: /dev/null is no regular file"),
        ({"claims_report": "/nowhere/at/all/r.json"}, "/nowhere/at/all is no directory"),
    ],
)
def test_bad_values_are_told_in_one_line(values: dict[str, str], words: str) -> None:
    with pytest.raises(pytest.UsageError) as caught:
        checked(**values)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_place_that_refuses_the_report_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(pytest.UsageError, match=r"cannot be written \(Permission denied\)"):
        checked(claims_report=str(tmp_path / "r.json"))


def test_nothing_runs_after_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "toys.py").write_text(HEADER + TRUE)
    ran = run_pytest(tmp_path, "toys.py", "--claims-profile", "slow")
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert ran.text.strip().splitlines()[-1].startswith("ERROR: --claims-profile: unknown profile")
    assert "collected" not in ran.text


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("cuda", "torch sees no CUDA device; use --device cpu"),
        ("cuda:2", "torch sees 2 CUDA device(s); give cuda:N with N < 2"),
    ],
)
def test_a_missing_device_is_told(device: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cuda_devices", lambda: 2 if ":" in device else 0)
    with pytest.raises(ValueError, match="is not available") as caught:
        machine.check_device(device)
    assert words in str(caught.value)
