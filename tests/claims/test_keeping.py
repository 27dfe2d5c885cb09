"""The House: What is found is kept, tried first on the next run, and put away once FIXED. notes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from claims import assume_premise, claim, misprint, wrong
from claims.case import Case
from claims.certificates import certified
from claims.claim import Claim
from claims.runner import Options, Trial
from claims.store import Store
from tests.claims.runs import FALSE, HEADER, run_pytest
from tests.claims.toys import QUICK, numbers, report
from verdicts import Margin, Proof, at_least, at_most, constant, exactly, given

half = partial(Proof, "numbers", {})


def claimed(function: Any, **fields: Any) -> Claim:
    """A claim made inside a test, so that pytest does not collect it."""
    mutants = [wrong(bound=0.5, because="it fails")]
    return claim("Lemma", **{"for_all": {"k": numbers}, "mutants": mutants, **fields})(function)


def below(k: int, *, bound: float = 20.5) -> Margin:
    """k is below a bound."""
    proof = half(given("k"), "<=", constant("bound"))
    return at_most(exactly(k), exactly(bound), proof=proof)


@dataclass(frozen=True)
class Weight:
    """A value with plainer neighbours."""

    value: Fraction

    @classmethod
    def from_recipe(cls, recipe: str) -> Weight:
        return cls(Fraction(recipe))

    @property
    def recipe(self) -> str:
        return str(self.value)

    def plainer(self) -> list[Weight]:
        return [Weight(Fraction(round(self.value)))]


def kept(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]


def test_a_refutation_is_written_with_its_three_witnesses(tmp_path: Path) -> None:
    weights = st.fractions(0, 9, max_denominator=9).map(Weight)
    weights.premises = {"positive": lambda w: w.value >= 0}  # type: ignore[attr-defined]

    def light(w: Weight, *, bound: float = 2.2) -> Margin:
        """No weight is above 2.2."""
        return at_most(exactly(float(w.value)), exactly(bound))

    found = report(claimed(light, for_all={"w": weights}), store=Store(tmp_path))
    assert found.outcome == "REFUTED"
    (document,) = kept(tmp_path)
    witnesses = document["witnesses"]
    assert Fraction(witnesses["smallest"]["instance"]["w"]) > Fraction("2.2")
    assert witnesses["worst"]["margin"] == found.worst_margin
    assert witnesses["worst"]["margin"] <= witnesses["smallest"]["margin"]
    plain = (witnesses["plain"] or witnesses["smallest"])["instance"]["w"]
    assert Fraction(plain).denominator == 1
    assert document["seeds"] == {"salt": 0, "hypothesis_seed": None, "profile": "quick"}


def test_the_words_name_the_file_and_how_to_check_it(tmp_path: Path) -> None:
    found = report(claimed(below), store=Store(tmp_path))
    assert found.certified == "certified: numbers, balls of 64 bits"
    assert "The refutation is certified: numbers, balls of 64 bits." in found.failure_text
    assert f"claims replay {found.kept}" in found.failure_text
    assert f"python certify/recheck.py {found.kept}" in found.failure_text
    assert Path(found.kept).is_file()


def test_without_a_store_nothing_is_written(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    found = report(claimed(below))
    assert (found.outcome, found.kept) == ("REFUTED", "")
    assert list(tmp_path.iterdir()) == []


def test_a_supported_claim_and_a_wrong_mutant_leave_no_file(tmp_path: Path) -> None:
    fine = claimed(below, mutants=[wrong(bound=0.5, because="k >= 1")])
    mended = Case(fine, fine.mutants[0])
    Trial(mended, Options(QUICK, store=Store(tmp_path))).run()
    assert kept(tmp_path) == []


def test_a_misprint_leaves_a_certified_file_each_time_the_same(tmp_path: Path) -> None:
    def small(k: int, *, bound: float = 99.5) -> Margin:
        """k is at most 99."""
        return below(k, bound=bound)

    item = claimed(small, mutants=[misprint(bound=6.0, because="k reaches 99", where="p. 1")])
    first = report(item, 0, store=Store(tmp_path))
    second = report(item, 0, store=Store(tmp_path))
    assert first.kept == second.kept
    assert first.notes == second.notes == ()
    (document,) = kept(tmp_path)
    assert document["setting"] == "bound=6"
    assert document["witnesses"]["smallest"]["certificate"]["bits"] == 64


def test_what_was_found_is_tried_before_anything_is_drawn(tmp_path: Path) -> None:
    first = report(claimed(below), store=Store(tmp_path))
    asked: list[int] = []

    def again(k: int, *, bound: float = 20.5) -> Margin:
        """k is below a bound."""
        asked.append(k)
        return below(k, bound=bound)

    again.__name__ = "below"
    found = report(claimed(again), store=Store(tmp_path))
    assert first.instance is not None
    assert asked[0] == first.instance["k"] == 21
    assert found.outcome == "REFUTED"


def test_a_fixed_counterexample_is_told_and_put_away_and_not_tried_again(tmp_path: Path) -> None:
    report(claimed(below), store=Store(tmp_path))

    def mended(k: int, *, bound: float = 99.5) -> Margin:
        """k is below a bound."""
        return below(k, bound=bound)

    mended.__name__ = "below"
    found = report(claimed(mended), store=Store(tmp_path))
    assert found.outcome == "SUPPORTED"
    (note,) = found.notes
    assert note.startswith("FIXED test_keeping.below: the statement is supported there")
    assert [path.parent.name for path in tmp_path.rglob("*.json")] == ["fixed"]
    assert report(claimed(mended), store=Store(tmp_path)).notes == ()


def test_a_counterexample_of_other_parameters_is_told_and_left(tmp_path: Path) -> None:
    report(claimed(below), store=Store(tmp_path))

    def other(n: int, *, bound: float = 99.5) -> Margin:
        """n is below a bound."""
        return below(n, bound=bound)

    other.__name__ = "below"
    found = report(claimed(other, for_all={"n": numbers}), store=Store(tmp_path))
    assert found.outcome == "SUPPORTED"
    assert "does not fit the claim any more" in found.notes[0]
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize(
    ("proof", "objection"),
    [
        (half(given("j"), "<=", 20), "no exact model, "),
        (Proof("unheard of", {}, given("k"), "<=", 20), "no exact model, model: 'unheard of'"),
    ],
)
def test_a_proof_that_does_not_stand_is_not_shown_as_one(proof: Proof, objection: str) -> None:
    def odd(k: int, *, bound: float = 20.5) -> Margin:
        """k is below a bound."""
        return at_most(exactly(k), exactly(bound), proof=proof)

    found = report(claimed(odd))
    assert found.outcome == "REFUTED"
    assert found.certified.startswith(f"not certified: {objection}")


def test_a_refutation_that_the_exact_model_denies_decides_nothing(tmp_path: Path) -> None:
    def odd(k: int, *, bound: float = 20.5) -> Margin:
        """k is below a bound."""
        return at_most(exactly(k), exactly(bound), proof=half(given("k"), "<=", 21))

    found = report(claimed(odd), store=Store(tmp_path))
    assert (found.outcome, found.passed) == ("ERROR", False)
    assert found.reason == (
        "the floats refute it, the exact model does not: not refuted, the relation holds"
    )
    assert found.reason in found.failure_text.partition("\n")[0]
    assert kept(tmp_path) == []


def test_a_refutation_is_certified_only_if_every_premise_is() -> None:
    from_body = {"bare": None, "proved": half(given("k"), ">=", 1)}
    for name, proof in from_body.items():

        def conditional(k: int, *, bound: float = 20.5, proof: Any = proof) -> Margin:
            """If k > 0, it is below a bound."""
            assume_premise("k > 0", at_least(exactly(k), exactly(0.5), proof=proof))
            return below(k, bound=bound)

        found = report(claimed(conditional))
        sure = "certified: numbers, balls of 64 bits"
        wanted = sure if proof else "not certified: no exact model for the premise 'k > 0'"
        assert (name, found.certified) == (name, wanted)


def test_the_table_tells_of_files_and_of_fixed_ones(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text(HEADER + FALSE, encoding="utf-8")
    store = ["--claims-counterexamples", str(tmp_path / "kept")]
    broken = run_pytest(tmp_path, "toy.py::lemma_3", *store)
    assert "certify/recheck.py kept/toy.lemma_3/" in broken.text
    mended = FALSE.replace("bound: float = 20.5", "bound: float = 60.5")
    (tmp_path / "toy.py").write_text(HEADER + mended, encoding="utf-8")
    fine = run_pytest(tmp_path, "toy.py::lemma_3", *store)
    assert "toy.lemma_3  SUPPORTED" in fine.text
    assert "stored counterexamples:\n  FIXED toy.lemma_3: the statement is supported" in fine.text


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "toy.py").write_text(HEADER + FALSE, encoding="utf-8")
    ran = run_pytest(tmp_path, "toy.py", "--claims-share", "redis://127.0.0.1:1/0")
    assert ran.code == 4
    assert "ERROR: --claims-share: no server can be reached" in ran.text
    assert "Traceback" not in ran.text


@pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
def test_a_time_to_shrink_that_is_none_is_one_line(tmp_path: Path, seconds: str) -> None:
    (tmp_path / "toy.py").write_text(HEADER + FALSE, encoding="utf-8")
    ran = run_pytest(tmp_path, "toy.py", f"--claims-shrink={seconds}")
    assert ran.code == 4
    assert f"--claims-shrink: {seconds!r} is no time" in ran.text


def test_an_instance_that_was_not_refuted_has_no_certificate() -> None:
    trial = Trial(Case(claimed(below)), Options(QUICK))
    trial.run()
    fine = next(x for x in trial.search.looked.values() if not x.counts)
    assert certified(trial.case, fine).text == "not certified: no exact model"
