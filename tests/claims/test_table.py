import pytest

from claims.progress import Progress, clock
from claims.table import summary, table
from tests.claims.reports import MANIFEST, entry, report, results


def text_of(found: object) -> str:
    return "\n".join(line.text for line in found)  # type: ignore[attr-defined]


def test_a_row_says_what_was_found_and_how_far_it_reached() -> None:
    lemma, mutant = entry("lemma_1"), entry("lemma_1", "factor=3")
    sizes = {"n": 8, "d": 5, "m": 4096}
    told = report(lemma, worst_margin=0.1234, seconds=1.04, sizes=sizes)
    found = results((lemma, told), (mutant, report(mutant, "REFUTED", seconds=0.5)))
    header, paper, row = (line.text for line in table(found.rows()))
    assert " ".join(header.split()) == "claim verdict margin mutants largest n d m steps seconds"
    assert paper == "A. Author: On toys (arXiv:2401.00001v1)"
    assert row.split("  ")[0] == "toys.lemma_1"
    assert "SUPPORTED on 40 instances, failure rate <= 0.18 (stated 0.1)" in row
    for cell in (" +0.12 ", " 1/1 ", " 8 5 4096 - "):
        assert cell in row
    assert row.endswith(" 1.5")  # 1.04 + 0.5 seconds


def test_never_holds() -> None:
    lemma = entry("lemma_1")
    assert "holds" not in text_of(summary(results((lemma, report(lemma))), MANIFEST, []))


@pytest.mark.parametrize(
    ("outcome", "colour"),
    [("SUPPORTED", "green"), ("UNDECIDED", "yellow"), ("REFUTED", "red"), ("ERROR", "red")],
)
def test_rows_are_coloured_by_outcome(outcome: str, colour: str) -> None:
    lemma = entry("lemma_1")
    passed = outcome in ("SUPPORTED", "UNDECIDED")
    lines = table(results((lemma, report(lemma, outcome, passed=passed))).rows())
    assert lines[-1].markup == {colour: True}


def test_errata_stand_with_their_witness() -> None:
    lemma = entry("lemma_1")
    printed = entry(
        "lemma_1",
        "radius=2",
        erratum=True,
        where="p. 6, Lemma 3.3",
        because="m is missing",
        setting={"radius": 2.0},
    )
    died = report(printed, "REFUTED", paste='{"n": 6}', reason="by 1 instance: 6 <= 2")
    text = text_of(summary(results((lemma, report(lemma)), (printed, died)), MANIFEST, []))
    block = text.partition("errata and refuted claims, with their witnesses:")[2]
    assert "toys.lemma_1[radius=2] (Lemma 1, p. 6, Lemma 3.3)" in block
    assert "printed: radius=2.0" in block
    assert "is false: m is missing" in block
    assert 'witness: {"n": 6}, by 1 instance: 6 <= 2' in block


def test_a_refuted_claim_stands_with_the_errata() -> None:
    lemma = entry("lemma_1", expected="REFUTED", because="n = 1 is no exception")
    found = results((lemma, report(lemma, "REFUTED", paste='{"n": 1}', reason="by 1 instance")))
    text = text_of(summary(found, MANIFEST, []))
    assert "REFUTED by 1 instance (as it must be)" in text
    assert "printed: Every n is below n + 1." in text


def test_survivors_vacuous_undecided_and_errors_are_listed_with_reasons() -> None:
    entries = [entry(f"lemma_{k}") for k in range(3)]
    survivor = entry("lemma_2", "factor=1.1", because="1.1 n > n")
    premises = {"n is even": {"held": 3, "failed": 97, "nearest": 0.5}}
    found = results(
        (entries[0], report(entries[0], "VACUOUS", reason="3 of 100", premises=premises)),
        (entries[1], report(entries[1], "UNDECIDED", reason="the bound is too wide")),
        (entries[2], report(entries[2], "ERROR", reason="ZeroDivisionError")),
        (survivor, report(survivor, "SUPPORTED", passed=False)),
    )
    text = text_of(summary(found, MANIFEST, ["toys: too much is UNDECIDED"]))
    assert "vacuous:\n  toys.lemma_0: 3 of 100\n    premise 'n is even': held 3" in text
    assert "undecided:\n  toys.lemma_1: the bound is too wide" in text
    assert "errors:\n  toys.lemma_2: ZeroDivisionError" in text
    assert "mutants that survive:\n  toys.lemma_2[factor=1.1]: SUPPORTED" in text
    assert "should be refuted: 1.1 n > n" in text
    assert text.endswith("toys: too much is UNDECIDED")
    assert "error budget: 0 = 0 confirm streams" in text
    assert "profile quick, salt 0, device cpu, no workers, threads per process 1" in text


def test_a_long_reason_is_cut_in_the_table_and_whole_below() -> None:
    lemma = entry("lemma_1")
    found = results((lemma, report(lemma, "UNDECIDED", reason="why " * 40)))
    lines = [line.text for line in summary(found, MANIFEST, [])]
    assert max(len(line) for line in lines[:3]) < 140
    assert any("why " * 40 in line for line in lines)


def test_the_progress_line_counts_and_foretells() -> None:
    before = Progress(done=0, total=8, tightest=None, elapsed=1.0)
    assert before.line() == "0/8 claims and mutants"
    half = Progress(done=4, total=8, tightest=(0.03, "toys.lemma_1"), elapsed=90.0)
    assert half.line() == "4/8 claims and mutants | tightest +0.03 toys.lemma_1 | 1:30 left"
    hurried = Progress(done=4, total=8, tightest=None, elapsed=90.0, budget=100.0)
    assert hurried.left == pytest.approx(10.0)
    assert clock(3725) == "1:02:05"
