"""What a run leaves out unless it is asked for it, and what it says of that."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claims import PROFILES, ClaimError, claim, wrong
from claims.claim import Claim
from claims.commands.exits import FINE, exit_code
from claims.selection import why_left_out
from tests.claims import toys
from tests.claims.runs import HEADER, TRUE, Ran, run_pytest, run_workers

WIDE = '''
from verdicts import Seeds, WithProbability, with_probability


@claim("Theorem 4", for_all={"n": st.integers(1, 2)}, topics=["paper_width"], share=100,
       mutants=[wrong(bound=0.5, because="every n is larger")])
def theorem_4(n: int, *, bound: float = 2.5) -> WithProbability:
    """Surely n is bounded, at a great width."""
    def event(seeds: Seeds) -> Margin:
        return at_most(exactly([float(n)] * seeds.count), exactly(bound))
    return with_probability(0.5, event, floats_per_seed=300_000, each="trajectories")


@claim("Theorem 5", for_all={"n": st.integers(1, 2)}, topics=["paper_width"],
       least_profile="thorough", mutants=[wrong(bound=0.5, because="every n is larger")])
def theorem_5(n: int, *, bound: float = 2.5) -> Margin:
    """n is bounded, after a night."""
    return at_most(exactly(n), exactly(bound))
'''

ASK = "not selected: -m paper_width runs it, or its file's name; an instance costs 4.8e+06"
NIGHT = "not selected: --claims-profile thorough runs it; no cost is known"
OWN = "at the paper's own width"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wide")
    (folder / "theorems").mkdir()
    (folder / "theorems" / "plain.py").write_text(HEADER + TRUE)
    (folder / "theorems" / "wide.py").write_text(HEADER.replace("On toys", "On width") + WIDE)
    return folder


def reasons(ran: Ran) -> dict[str, str]:
    return {found["id"]: found["reason"] for found in ran.report["claims"]}


@pytest.mark.parametrize("arguments", [[], ["-n", "0"], ["-m", "not mutant"], ["-k", "plain or 4"]])
def test_what_takes_minutes_is_left_out_and_told_with_its_cost(
    folder: Path, arguments: list[str]
) -> None:
    ran = run_pytest(folder, "theorems", *arguments)
    assert ran.code == pytest.ExitCode.OK, ran.text
    assert reasons(ran)["wide.theorem_4"] == ASK
    block = ran.text.partition("\nnot selected:\n")[2]
    assert f"  wide.theorem_4: {ASK.removeprefix('not selected: ')}\n" in block
    assert exit_code(ran.report, int(ran.code)) == FINE
    assert "wide.theorem_4" not in ran.text.partition("not selected")[0]


def test_workers_tell_it_too(folder: Path) -> None:
    ran = run_workers(folder, "theorems")
    assert ran.code == pytest.ExitCode.OK, ran.text
    told = reasons(ran)
    assert (told["wide.theorem_4"], told["wide.theorem_5"]) == (ASK, NIGHT)
    named = run_workers(folder, "theorems/wide.py::theorem_4")
    assert named.claim("wide.theorem_4")["outcome"] == "SUPPORTED", named.text


@pytest.mark.parametrize(
    "arguments",
    [
        ["theorems", "-m", "paper_width"],
        ["theorems", "-m", "probabilistic and paper_width"],
        ["theorems", "-k", "paper_width"],
        ["theorems/wide.py"],
        ["theorems/wide.py::theorem_4", "theorems/wide.py::theorem_4[bound=0.5]"],
    ],
)
def test_who_asks_gets_it(folder: Path, arguments: list[str]) -> None:
    ran = run_pytest(folder, *arguments)
    assert ran.code == pytest.ExitCode.OK, ran.text
    found = ran.claim("wide.theorem_4")
    assert (found["outcome"], found["seeds"], found["mutants"][0]["killed"]) == (
        *("SUPPORTED", 32),
        True,
    )
    assert found["reason"] == (
        f"on 2 instances, failure rate <= 0.614 (stated 0.5), 16 of 16 trajectories obey, {OWN}"
    )
    assert f"\n{OWN}:\n  wide.theorem_4 (largest m = unknown): SUPPORTED on 2 inst" in ran.text


def test_with_fewer_than_fourteen_seeds_it_is_open(folder: Path) -> None:
    ran = run_pytest(folder, "theorems", "-m", "paper_width and not mutant", "--claims-seeds", "13")
    assert ran.code == pytest.ExitCode.TESTS_FAILED
    found = ran.claim("wide.theorem_4")
    assert (found["outcome"], found["seeds"]) == ("UNDECIDED", 26)
    assert "13 of 13 trajectories obey" in found["reason"]
    assert "at least 14 are needed" in found["reason"]
    assert found["reason"].endswith(OWN)
    assert "more than a quarter" in ran.text  # of a file with two claims


def test_one_that_asks_for_the_greatest_effort_is_not_run_with_less(folder: Path) -> None:
    ran = run_pytest(folder, "theorems/wide.py::theorem_5")
    assert ran.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert f"wide.theorem_5: {NIGHT.removeprefix('not selected: ')}" in ran.text
    thorough = ran_thorough(folder)
    assert thorough.code == pytest.ExitCode.OK, thorough.text
    told = {found["id"]: found["outcome"] for found in thorough.report["claims"]}
    assert told["wide.theorem_4"] == told["wide.theorem_5"] == "SUPPORTED"


def ran_thorough(folder: Path) -> Ran:
    return run_pytest(folder, "theorems/", "-k", "theorem_", "--claims-profile", "thorough")


def test_a_list_of_what_there_is_names_nothing_that_is_left_out(folder: Path) -> None:
    ran = run_pytest(folder, "theorems", "--collect-only", "-q")
    assert "theorem_4" not in ran.text
    assert "lemma_1" in ran.text


def declared(**more: Any) -> Claim:
    make: Callable[..., Any] = claim(
        "Lemma 1", for_all={"k": toys.numbers}, mutants=[wrong(factor=0.5, because="k > 0")], **more
    )
    made: Claim = make(toys.at_most_itself.function)
    return made


@pytest.mark.parametrize(
    ("more", "profile", "asked", "left"),
    [
        ({}, "quick", False, ""),
        ({"topics": ["paper_width"]}, "quick", False, "-m paper_width"),
        ({"topics": ["paper_width"]}, "ci", False, "-m paper_width"),
        ({"topics": ["paper_width"]}, "quick", True, ""),
        ({"topics": ["paper_width"]}, "thorough", False, ""),
        ({"least_profile": "ci"}, "quick", True, "--claims-profile ci"),
        ({"least_profile": "ci"}, "ci", False, ""),
        ({"least_profile": "ci"}, "thorough", False, ""),
        ({"least_profile": "thorough"}, "ci", True, "--claims-profile thorough"),
    ],
)
def test_the_rules(more: dict[str, Any], profile: str, asked: bool, left: str) -> None:
    reason = why_left_out(declared(**more), PROFILES[profile], asked=asked)
    assert reason.startswith(left)
    assert bool(reason) == bool(left)


def test_an_unknown_effort_is_refused() -> None:
    with pytest.raises(ClaimError, match="least_profile='night'; give one of quick, ci, thorough"):
        declared(least_profile="night")


def test_the_marker_is_known(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "theorems", tmp_path / "theorems")
    assert (
        "@pytest.mark.paper_width: a theorem at the width" in run_pytest(tmp_path, "--markers").text
    )
