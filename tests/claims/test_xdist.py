from pathlib import Path

import pytest

from tests.claims.runs import FALSE, HEADER, TRUE, Ran, run_pytest, run_workers, without_times

LOST = '''

@claim("Lemma 4", for_all={"n": st.integers(1, 60)}, mutants=[wrong(bound=2.5, because="n > 3")])
def lemma_4(n: int, *, bound: float = 60.5) -> Margin:
    """The process dies while this is decided."""
    os._exit(9)


@claim("Lemma 5", for_all={"n": st.integers(1, 60)}, mutants=[wrong(bound=2.5, because="n > 3")])
def lemma_5(n: int, *, bound: float = 60.5) -> Margin:
    """What comes after it is decided all the same."""
    return at_most(exactly(n), exactly(bound))
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workers")
    (folder / "toys.py").write_text(HEADER + TRUE + FALSE)
    (folder / "lost.py").write_text(HEADER + LOST)
    return folder


@pytest.fixture(scope="module")
def two(folder: Path) -> Ran:
    return run_workers(folder, "toys.py", "-v", "--claims-html", "html")


def test_two_workers_report_what_one_process_reports(folder: Path, two: Ran) -> None:
    one = run_pytest(folder, "toys.py", "-n", "0")
    assert without_times(two.report) == without_times(one.report)
    assert two.code == one.code == pytest.ExitCode.TESTS_FAILED
    assert (one.report["manifest"]["workers"], two.report["manifest"]["workers"]) == (0, 2)


def test_workers_steal_and_hold_one_thread(two: Ran) -> None:
    assert "2 workers [8 items]" in two.text
    assert "scheduling tests via WorkStealingScheduling" in two.text
    assert two.report["manifest"]["threads"] == 1


def test_workers_make_one_page_and_none_loses_a_claim(folder: Path, two: Ran) -> None:
    assert "not reached" not in two.text
    assert [path.name for path in (folder / "html").iterdir()] == ["index.html"]
    page = (folder / "html" / "index.html").read_text(encoding="utf-8")
    assert all(f'<article id="{claim["id"]}"' in page for claim in two.report["claims"])
    assert 'title="Lemma 2: SUPPORTED"' in page
    assert 'title="Lemma 3: REFUTED' in page


def test_a_lost_worker_is_an_error_and_the_rest_is_decided(folder: Path) -> None:
    words = ("lost.py::lemma_4", "lost.py::lemma_5", "-k", "not lemma_4[")
    ran = run_workers(folder, *words, "--claims-html", "lost")
    assert ran.code == pytest.ExitCode.TESTS_FAILED
    lost = ran.claim("lost.lemma_4")
    assert lost["outcome"] == "ERROR"
    assert "crashed while running 'lost.py::lemma_4'" in lost["reason"]
    assert lost["mutants"][0]["killed"] is None
    found = ran.claim("lost.lemma_5")
    assert (found["outcome"], found["mutants"][0]["killed"]) == ("SUPPORTED", True)
    assert "lost.lemma_4  ERROR worker" in ran.text
    page = (folder / "lost" / "index.html").read_text(encoding="utf-8")
    assert 'title="Lemma 4: ERROR"' in page
    assert 'title="Lemma 5: SUPPORTED"' in page
