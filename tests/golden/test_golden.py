"""The exact witnesses of the dossiers: judged again by the claims, and re-checked without them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from claims.machine import REPOSITORY
from claims.replaying import judged, read
from tests.golden.witnesses import files, golden

of_every_file = pytest.mark.parametrize("path", files(), ids=lambda path: path.parent.name)


def recheck(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "certify" / "recheck.py"), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_exact_witness_of_the_catalogue_has_its_file() -> None:
    there = {
        (document["claim"], document["setting"])
        for document in (json.loads(path.read_text(encoding="utf-8")) for path in files())
    }
    assert there == {
        (case.claim.id, case.mutant.name if case.mutant else "") for case, _ in golden()
    }


@of_every_file
def test_the_house_refutes_it_again_and_certifies_it(path: Path) -> None:
    found = judged(*read(path, None))
    assert found.outcome == "REFUTED", found.words
    assert "; certified, balls of " in found.words


def test_all_pass_the_re_checker() -> None:
    ran = recheck(*files())
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("    CERTIFIED with balls of ") == len(files())
    assert "FAILED" not in ran.stdout


def test_a_changed_digit_fails_the_re_checker(tmp_path: Path) -> None:
    changed = []
    for place, path in enumerate(files()):
        text = path.read_text(encoding="utf-8")
        digits = [i for i, letter in enumerate(text) if letter.isdigit()]
        at = digits[(len(digits) * (place + 1)) // (len(files()) + 2)]
        other = str((int(text[at]) + 1) % 10)
        changed.append(tmp_path / f"{place}.json")
        changed[-1].write_text(text[:at] + other + text[at + 1 :], encoding="utf-8")
    ran = recheck(*changed)
    told = ran.stdout.count("FAILED: the digest") + ran.stderr.count("cannot be read")
    assert told == len(changed), ran.stdout
    assert ran.returncode != 0
