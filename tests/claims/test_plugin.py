import signal
from pathlib import Path

import pytest

from tests.claims.runs import FALSE, HEADER, TRUE, Ran, run_pytest, without_times

INTERRUPTED = '''

@claim("Lemma 4", for_all={"n": st.integers(1, 60)}, mutants=[wrong(bound=2.5, because="n > 3")])
def lemma_4(n: int, *, bound: float = 60.5) -> Margin:
    """Somebody presses Ctrl-C while this is decided."""
    os.kill(os.getpid(), signal.SIGINT)
    return at_most(exactly(n), exactly(bound))
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toys")
    (folder / "theorems").mkdir()
    (folder / "theorems" / "toys.py").write_text(HEADER + TRUE + FALSE)
    importing = HEADER + "\nfrom toys_base import lemma_1\n\nalso_lemma_1 = lemma_1\n"
    (folder / "theorems" / "other.py").write_text(
        importing.replace("from toys_base", "from theorems.toys")
    )
    (folder / "theorems" / "__init__.py").write_text("")
    return folder


@pytest.fixture(scope="module")
def ran(folder: Path) -> Ran:
    return run_pytest(folder, "theorems/toys.py", "--hypothesis-show-statistics", "-v")


def collected(ran: Ran) -> list[str]:
    return [line for line in ran.text.splitlines() if "::" in line and " " not in line]


def test_files_under_theorems_are_collected_in_order_without_imported_claims(folder: Path) -> None:
    ran = run_pytest(folder, "--collect-only", "-q", "theorems", "--strict-markers")
    names = ["lemma_1", "lemma_1[factor=3]", "lemma_1[shift=-2]", "lemma_2", "lemma_2[bound=5.5]"]
    names += ["lemma_3", "lemma_3[bound=2.5]", "lemma_3[bound=99.5]"]
    assert collected(ran) == [f"theorems/toys.py::{name}" for name in names], ran.text
    assert ran.report == {}  # nothing was run, so nothing is reported


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["theorems/toys.py::lemma_2"], ["lemma_2", "lemma_2[bound=5.5]"]),
        (["theorems/toys.py::lemma_1[shift=-2]"], ["lemma_1[shift=-2]"]),
        (["-m", "erratum", "theorems"], ["lemma_2[bound=5.5]"]),
        (["-m", "counting and not mutant", "theorems"], ["lemma_1"]),
        (["-k", "lemma_3 and bound", "theorems"], ["lemma_3[bound=2.5]", "lemma_3[bound=99.5]"]),
    ],
)
def test_node_ids_markers_and_keywords_select(
    folder: Path, arguments: list[str], names: list[str]
) -> None:
    ran = run_pytest(folder, "--collect-only", "-q", *arguments)
    assert collected(ran) == [f"theorems/toys.py::{name}" for name in names], ran.text


def test_a_false_claim_and_a_survivor_fail_and_nothing_else(ran: Ran) -> None:
    assert ran.code == pytest.ExitCode.TESTS_FAILED
    assert "2 failed, 6 passed" in ran.text
    outcomes = {claim["id"]: claim["outcome"] for claim in ran.report["claims"]}
    assert outcomes == {
        "toys.lemma_1": "SUPPORTED",
        "toys.lemma_2": "SUPPORTED",
        "toys.lemma_3": "REFUTED",
    }
    killed = [[m["killed"] for m in claim["mutants"]] for claim in ran.report["claims"]]
    # bound=2.5 dies at 3 <= n <= 20, where the claim itself stands.
    assert killed == [[True, True], [True], [True, False]]


def test_the_smallest_counterexample_is_reported(ran: Ran) -> None:
    assert ran.claim("toys.lemma_3")["instance"] == {"n": 21}  # the least integer above 20.5
    assert ran.claim("toys.lemma_2")["mutants"][0]["instance"] == {"n": 6}  # above 5.5


def test_a_failure_block_has_our_words_only(ran: Ran) -> None:
    blocks = ran.text.partition("= FAILURES =")[2].partition("= claims =")[0]
    assert "n is bounded by 20: n <= bound." in blocks
    assert "examples=[" in blocks
    for noise in ("Traceback", "RefusedError", "items.py", "Falsifying", "pyfuncitem"):
        assert noise not in blocks


def test_the_hypothesis_plugin_sees_hypothesis_tests(ran: Ran) -> None:
    statistics = ran.text.partition("= Hypothesis Statistics =")[2]
    assert "theorems/toys.py::lemma_1:" in statistics
    assert "during generate phase" in statistics


def test_the_words_of_a_verdict_stand_for_passed_and_failed(ran: Ran) -> None:
    assert "theorems/toys.py::lemma_1 SUPPORTED" in ran.text
    assert "theorems/toys.py::lemma_1[factor=3] KILLED" in ran.text
    assert "SURVIVED theorems/toys.py::lemma_3[bound=99.5]" in ran.text
    assert "REFUTED theorems/toys.py::lemma_3" in ran.text


def test_the_first_failure_stops_and_the_last_failures_run_again(folder: Path) -> None:
    first = run_pytest(folder, "-x", "theorems/toys.py", "-q")
    assert "1 failed, 5 passed" in first.text
    assert "2 claims and mutants were not reached" in first.text
    assert first.claim("toys.lemma_3")["mutants"][0]["killed"] is None
    again = run_pytest(folder, "--lf", "theorems/toys.py", "--collect-only", "-q")
    assert collected(again) == ["theorems/toys.py::lemma_3"]


def test_ctrl_c_prints_and_reports_what_was_decided(tmp_path: Path) -> None:
    (tmp_path / "stopped.py").write_text(HEADER + TRUE + INTERRUPTED + FALSE)
    # A shell starts what it puts in the background with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ran = run_pytest(tmp_path, "stopped.py")
    finally:
        signal.signal(signal.SIGINT, before)
    assert ran.code == pytest.ExitCode.INTERRUPTED
    assert "stopped.lemma_2  SUPPORTED on" in ran.text
    assert "stopped.lemma_4  SUPPORTED" not in ran.text
    assert "were not reached" in ran.text
    reasons = {claim["id"]: claim["reason"] for claim in ran.report["claims"]}
    assert reasons["stopped.lemma_1"].startswith("on ")
    assert reasons["stopped.lemma_3"] == reasons["stopped.lemma_4"] == "not reached"


def test_a_budget_that_is_spent_fails_unless_it_is_allowed(folder: Path) -> None:
    ran = run_pytest(folder, "theorems/toys.py", "--claims-budget", "1e-9", "-q")
    assert ran.code == pytest.ExitCode.TESTS_FAILED
    assert "the budget cut 8 claims and mutants off" in ran.text
    assert "8 undecided" in ran.text
    allowed = run_pytest(
        folder, "theorems/toys.py", "--claims-budget", "1e-9", "-q", "--allow-unfinished"
    )
    assert allowed.code == pytest.ExitCode.OK, allowed.text
    assert all(claim["reason"].startswith("budget") for claim in allowed.report["claims"])


def test_a_file_with_a_mistake_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "syntax.py").write_text("def f(:\n    pass\n")
    (tmp_path / "unknown.py").write_text(
        HEADER + TRUE.replace("wrong(factor=3.0", "wrong(facto=3.0")
    )
    (tmp_path / "random.py").write_text(HEADER + TRUE)  # the name of a module of Python's own
    ran = run_pytest(tmp_path, "syntax.py", "unknown.py", "random.py")
    assert ran.code == pytest.ExitCode.INTERRUPTED
    assert f"{tmp_path / 'syntax.py'}:1: the file cannot be read: invalid syntax" in ran.text
    assert "unknown.lemma_1: mutant facto=3 changes ['facto']" in ran.text
    assert f"{tmp_path / 'random.py'}: the name 'random' is taken by " in ran.text
    assert "Traceback" not in ran.text


def test_a_circle_across_files_is_found(tmp_path: Path) -> None:
    for name, other in (("first", "second"), ("second", "first")):
        text = HEADER + TRUE.replace("depends_on=[lemma_1]", f'depends_on=["{other}.lemma_2"]')
        (tmp_path / f"{name}.py").write_text(text)
    ran = run_pytest(tmp_path, "first.py", "second.py")
    assert "depends_on runs in a circle" in ran.text


def test_a_report_that_cannot_be_written_after_all_is_told_beside_the_table(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("claims.recorder.write_atomically", full)
    ran = run_pytest(folder, "theorems/toys.py::lemma_1")
    assert ran.code == pytest.ExitCode.INTERNAL_ERROR
    assert "toys.lemma_1  SUPPORTED on" in ran.text
    assert "the report cannot be written to" in ran.text


def test_a_profile_of_hypothesis_beside_ours_is_refused(folder: Path) -> None:
    ran = run_pytest(folder, "theorems/toys.py", "--hypothesis-profile", "nobody-knows")
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert ran.text.strip().startswith("ERROR: --hypothesis-profile: 'nobody-knows' would change")


def test_runs_with_the_same_memory_report_the_same(folder: Path) -> None:
    database = ["--claims-database", str(folder / "kept"), "theorems/toys.py", "-k", "lemma_2"]
    first, second = run_pytest(folder, *database), run_pytest(folder, *database)
    assert without_times(first.report) == without_times(second.report)
