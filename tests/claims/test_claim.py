"""The House: Claims, written well and wrongly. unpublished note of 2026."""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import strategies as st

from claims import ClaimError, claim, claims_in, misprint, not_executable, refuted_claim, wrong
from claims.case import Case, cases_of
from claims.claim import Claim, NotExecutable
from claims.graph import check_graph, not_executable_in
from claims.paper import Paper
from tests.claims import toys
from verdicts import Margin, WithProbability, at_most, exactly

HEADER = '''"""Du, Zhai: A paper. arXiv:1810.02054v2"""
from claims import *
from verdicts import *
from hypothesis import strategies as st
'''
numbers = st.integers(1, 9)
# `map` makes new strategies: Hypothesis hands out the same object for equal st.integers(...).
near = st.integers(1, 9).map(lambda k: k)
near.near_initial = True  # type: ignore[attr-defined]
with_premise = st.integers(1, 9).map(lambda k: k)
with_premise.premises = {"small": lambda k: k < 10}  # type: ignore[attr-defined]
fine = wrong(factor=0.5, because="it fails")


def body(k: int, *, factor: float = 2.0) -> Margin:
    """A number is at most twice itself."""
    return at_most(exactly(k), factor * exactly(k))


def chance(k: int, *, factor: float = 2.0) -> WithProbability:
    """A probability."""
    return toys.coin(factor / 100, 0.5 if k else 0.1)


def made(function: Any = body, label: str = "Lemma 1", **fields: Any) -> Claim:
    return claim(label, **{"for_all": {"k": numbers}, "mutants": [fine], **fields})(function)


def undocumented(k: int, *, factor: float = 2.0) -> Margin:
    return at_most(exactly(k), factor * exactly(k))


def untyped(k, *, factor: float = 2.0) -> Margin:  # type: ignore[no-untyped-def]
    """A statement."""
    return at_most(exactly(k), factor * exactly(k))


def stateless(k: int, *, factor: float = 2.0) -> float:
    """Not a statement."""
    return k * factor


def unreadable(k: Nowhere, *, factor: float = 2.0) -> Margin:  # type: ignore[name-defined]
    """A statement."""
    return at_most(exactly(k), exactly(factor))


def positional(k: int, factor: float = 2.0) -> Margin:
    """A statement."""
    return at_most(exactly(k), factor * exactly(k))


def valueless(k: int, *, factor: float) -> Margin:
    """A statement."""
    return at_most(exactly(k), factor * exactly(k))


def collecting(k: int, **constants: float) -> Margin:
    """A statement."""
    return at_most(exactly(k), exactly(constants["factor"]))


MISTAKES = [
    ({"mutants": [wrong(fctor=1.0, because="b")]}, "changes ['fctor'], but the constants are"),
    ({"for_all": {}}, "for_all draws [], but the function takes ['k']"),
    ({"for_all": {"k": numbers, "j": numbers}}, "for_all draws ['k', 'j'], but"),
    ({"for_all": {"k": 3}}, "for_all k=3 is no strategy; give one"),
    ({"function": undocumented}, "no docstring; state the theorem"),
    ({"function": untyped}, "the parameters ['k'] have no type; annotate them"),
    ({"function": stateless}, "the return annotation is <class 'float'>; say what"),
    ({"function": unreadable}, "the annotations cannot be read"),
    ({"function": positional}, "factor is a constant but positional; put constants behind a *"),
    ({"function": valueless}, "factor is keyword-only without a value; put constants"),
    ({"function": collecting}, "the parameter *constants collects anything; name every"),
    ({"label": " "}, "label=' '; give the number"),
    ({"mutants": []}, "no mutant; give one that must be refuted"),
    ({"mutants": [fine, fine]}, "two mutants are called 'factor=0.5'; keep one"),
    ({"mutants": [wrong(factor=2, because="b")]}, "sets factor=2, which is the true value"),
    ({"mutants": [wrong(factor="2", because="b")]}, "factor='2' is of another kind"),
    ({"mutants": [wrong(factor=numbers, because="b")]}, "is of another kind than the true 2.0"),
    ({"mutants": [wrong(factor=1.0, because=" ")]}, "has no reason; say why it is false"),
    ({"mutants": [wrong(because="b")]}, "mutant without a setting changes nothing; give a"),
    ({"mutants": [misprint(factor=1.0, because="b")]}, "has no place; say where it is printed"),
    ({"mutants": [wrong(k=3, because="b", drops="d")]}, "mutant k=3 is no strategy"),
    ({"mutants": [wrong(k=near, because="b")]}, "drops no premise by name; say which one"),
    ({"mutants": [wrong(k=near, because="b", drops="odd")]}, "the premises are []"),
    (
        {"for_all": {"k": with_premise}, "mutants": [wrong(k=near, because="b", drops="odd")]},
        "drops='odd' is no premise of the strategy that it replaces; the premises are ['small']",
    ),
    ({"mutants": [wrong(factor=1.0, because="b", witness={})]}, "witness gives []; give a dict"),
    ({"examples": [{"j": 1}]}, "examples gives ['j']; give a dict of the parameters ['k']"),
    ({"examples": [3]}, "examples gives 3; give a dict"),
    ({"function": chance, "for_all": {"k": near}}, "labels of the form u(0) + small"),
    (
        {"function": chance, "mutants": [wrong(k=near, factor=9.0, because="b")]},
        "labels of the form u(0) + small",
    ),
    ({"cost": lambda m: m}, "cost takes ['m'], but the claim's parameters are ['k', 'factor']"),
    ({"share": 0}, "share=0; give a number > 0"),
    ({"topics": ["two words"]}, "topics=['two words'] are no markers"),
    ({"bound": "sharp"}, "bound='sharp'; give one of tight, valid"),
    ({"regime": "any"}, "regime='any'; give one of stated, beyond"),
    ({"text": "guessed"}, "text='guessed'; give one of read, derived, new"),
]


@pytest.mark.parametrize(("fields", "message"), MISTAKES)
def test_a_mistake_is_named_at_import(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ClaimError, match=re.escape(message)) as caught:
        made(**fields)
    assert str(caught.value).startswith("test_claim.")


def test_a_refuted_claim_says_why() -> None:
    with pytest.raises(ClaimError, match="because is empty; say why"):
        refuted_claim("Lemma 1", for_all={"k": numbers}, because="")(body)


def test_a_refuted_claim_needs_no_mutant() -> None:
    made = refuted_claim("Lemma 1", for_all={"k": numbers}, because="b", where="p. 1")(body)
    assert (made.expected, made.mutants, made.where) == ("REFUTED", (), "p. 1")


def test_a_statement_that_cannot_be_executed_is_listed_with_its_reason() -> None:
    told = 'not_executable("Theorem 6.1", reason="no constant", where="p. 9")'
    module = module_of(f"{HEADER}theorem_6_1 = {told}")
    assert not_executable_in(module) == {
        "du2019.theorem_6_1": NotExecutable("Theorem 6.1", "no constant", "p. 9")
    }
    with pytest.raises(ClaimError, match="say which statement, and why not"):
        not_executable("Theorem 6.1", reason="")


def module_of(source: str, name: str = "theorems.du2019") -> ModuleType:
    module = ModuleType(name)
    module.__file__ = f"/{name}.py"
    exec(compile(source, f"/{name}.py", "exec"), vars(module))  # noqa: S102
    return module


LEMMA = '''
@claim("Lemma {number}", for_all={{"k": st.integers(1, 9)}}, depends_on={needs},
       mutants=[wrong(factor=1.0, because="b")])
def {name}(k: int, *, factor: float = 2.0) -> Margin:
    """A statement."""
    return at_most(exactly(k), factor * exactly(k))
'''


def lemma(name: str, number: int = 1, needs: str = "()") -> str:
    return LEMMA.format(name=name, number=number, needs=needs)


def test_claims_are_listed_in_the_order_of_the_file_without_the_imported_ones() -> None:
    module = module_of(HEADER + lemma("later") + lemma("earlier", 2))
    vars(module)["imported"] = toys.fair_coin
    assert [c.id for c in claims_in(module)] == ["du2019.later", "du2019.earlier"]
    assert claims_in(module)[0].paper == Paper(
        "du2019", "A paper", "Du, Zhai", "arXiv:1810.02054v2"
    )


def test_claims_depend_on_claims_and_on_ids() -> None:
    source = HEADER + lemma("first") + lemma("second", 2, "[first, 'other2020.lemma_1']")
    first, second = claims_in(module_of(source))
    assert (first.depends_on, second.depends_on) == ((), ("du2019.first", "other2020.lemma_1"))


def test_a_dependency_that_its_file_lacks_is_named() -> None:
    with pytest.raises(ClaimError, match=r"du2019\.first: depends_on='du2019\.frist' is no claim"):
        claims_in(module_of(HEADER + lemma("first", 1, "['du2019.frist']")))


def test_a_circle_of_dependencies_is_named() -> None:
    source = HEADER + lemma("a", 1, "['du2019.b']") + lemma("b", 2, "['du2019.a']")
    with pytest.raises(ClaimError, match=r"du2019\.a -> du2019\.b -> du2019\.a"):
        claims_in(module_of(source))


def test_a_circle_through_two_papers_is_seen_when_both_are_known() -> None:
    one = claims_in(module_of(HEADER + lemma("a", 1, "['b2020.b']"), "theorems.a2020"))
    two = claims_in(module_of(HEADER + lemma("b", 1, "['a2020.a']"), "theorems.b2020"))
    with pytest.raises(ClaimError, match="runs in a circle"):
        check_graph([*one, *two])


def test_two_claims_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("theorems.twice")
    monkeypatch.setitem(sys.modules, "theorems.twice", module)
    source = HEADER + lemma("same") + lemma("same", 2)
    with pytest.raises(ClaimError, match=r"twice\.same: two claims have this name"):
        exec(compile(source, "twice.py", "exec"), vars(module))  # noqa: S102


def test_mutants_are_named_by_what_they_change() -> None:
    names = [
        wrong(factor=1.0, because="b").name,
        wrong(width=0.3, depth=2, because="b").name,
        wrong(width=1e-7, because="b").name,
        wrong(data=st.integers(), drops="not parallel", because="b").name,
        wrong(drops="R' < R", because="b").name,
        wrong(factor=1.0, because="b", title="a [b] c").name,
    ]
    assert names == [
        "factor=1", "width=0.3,depth=2", "width=1e-07", "data=integers", "drops=R-R", "a-b-c",
    ]  # fmt: skip


def test_cases_are_the_claim_and_its_mutants() -> None:
    cases = cases_of(toys.at_most_itself)
    assert [case.name for case in cases[:2]] == ["at_most_itself", "at_most_itself[factor=0.5]"]
    assert [case.expected for case in cases[:2]] == ["SUPPORTED", "REFUTED"]
    assert cases[1].constants == {"factor": 0.5}
    assert cases[1].id == "toys.at_most_itself[factor=0.5]"
    assert cases[1].node.endswith("toys.py::at_most_itself[factor=0.5]")


def test_a_strategy_may_be_replaced() -> None:
    case = Case(toys.positive_gaps, toys.positive_gaps.mutants[0])
    assert case.strategies == {"x": toys.points}
    assert case.constants == {}


def test_calling_a_claim_gives_its_statement() -> None:
    statement = toys.at_most_itself(k=3)
    assert isinstance(statement, Margin)
    assert statement.slack.low == pytest.approx(1)
    assert toys.at_most_itself.statement(3, factor=1.5) is not None


def test_a_claim_shows_its_docstring_and_place() -> None:
    assert toys.at_most_itself.doc.splitlines()[2] == "For all k >= 1:  k <= 2 k."
    assert toys.at_most_itself.kind == "deterministic"
    assert toys.fair_coin.kind == "probabilistic"
    assert toys.at_most_itself.file.endswith("toys.py")
    assert repr(toys.fair_coin) == "<claim toys.fair_coin (Lemma 2)>"
