"""Maps that are cut off, go on, grow, and share a folder with nobody."""

from pathlib import Path

import pytest

from tests.workbench.test_phase import axis, cells_of, plan
from workbench.phase import opened
from workbench.phase.journal import NAME


def test_more_seeds_later_are_one_run(tmp_path: Path) -> None:
    asked = plan("gamma-m", axis("gamma", 0.4, 0.6), axis("m", 2, 8))
    for seeds in (10, 64, 150, 20):
        grown = cells_of(tmp_path / "grown", asked, seeds)
    assert grown == cells_of(tmp_path / "once", asked, 150)
    assert {counts.rows for counts in grown.values()} == {150}
    with (tmp_path / "grown" / NAME).open("ab") as stream:
        stream.write(b'{"cell": [0, 0], "first": 150, "ro')
    assert cells_of(tmp_path / "grown", asked, 150) == grown


def test_a_run_that_is_cut_off_goes_on(tmp_path: Path) -> None:
    asked = plan("width-n", axis("m", 4, 16), axis("n", 1, 2, 3))
    whole = cells_of(tmp_path / "whole", asked, 80)
    lines = (tmp_path / "whole" / NAME).read_bytes().splitlines(keepends=True)
    for cut in (0, 1, 4, len(lines) - 1):
        (tmp_path / NAME).write_bytes(b"".join(lines[:cut]) + lines[cut][:-9])
        assert cells_of(tmp_path, asked, 80) == whole
        assert (tmp_path / NAME).read_bytes() == b"".join(lines)


def test_cells_of_other_code_are_another_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = axis("gamma", 0.4), axis("m", 2)
    cells_of(tmp_path, plan("gamma-m", *letters), 4)
    monkeypatch.setattr("workbench.phase.plan.version_of", lambda _: "older")
    with pytest.raises(ValueError, match="another map, it differs in code; give"):
        cells_of(tmp_path, plan("gamma-m", *letters), 4)


def test_a_folder_is_for_one_map_and_one_run(tmp_path: Path) -> None:
    asked = plan("gamma-m", axis("gamma", 0.4), axis("m", 2))
    other = plan("gamma-m", axis("gamma", 0.4), axis("m", 2), salt=1)
    with opened(tmp_path, asked), pytest.raises(ValueError, match="another run is writing it"):
        cells_of(tmp_path, asked, 4)
    with pytest.raises(ValueError, match="another map, it differs in salt; give"):
        cells_of(tmp_path, other, 4)
    cells_of(tmp_path, asked, 4)
    lines = (tmp_path / NAME).read_text().splitlines()
    (tmp_path / NAME).write_text(f"{lines[0]}\n[]\n{lines[1]}\n")
    with pytest.raises(ValueError, match=f"{NAME}:2: .*delete the line"):
        cells_of(tmp_path, asked, 4)
    (tmp_path / NAME).write_text("words\n")
    with pytest.raises(ValueError, match="no journal of a map"):
        cells_of(tmp_path, asked, 4)
