"""Papers: ids and sources, read from where a claim stands."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from claims import ClaimError
from claims.paper import Paper, claim_prefix, paper_of


@pytest.mark.parametrize(
    ("module", "prefix"),
    [
        ("theorems.du2019", "du2019"),
        ("theorems.du2019deep.fully_connected", "du2019deep.fully_connected"),
        ("repository.theorems.du2019", "du2019"),
        ("my_claims", "my_claims"),
        ("some.where.my_claims", "my_claims"),
    ],
)
def test_ids_begin_with_the_paper(module: str, prefix: str) -> None:
    assert claim_prefix(module) == prefix


@pytest.mark.parametrize(
    ("docstring", "title", "source"),
    [
        (
            "A, B: Deep nets: a theory. arXiv:1811.03804v4",
            "Deep nets: a theory",
            "arXiv:1811.03804v4",
        ),
        ("A, B: Deep\nnets.\n\ndoi:10.1000/x.y, read in May.", "Deep nets", "doi:10.1000/x.y"),
        ("A, B: Deep nets. Is it so? Lecture of 3 May.", "Deep nets. Is it so?", None),
        ("A, B: Deep nets. notes of 2026.", "Deep nets", "notes of 2026"),
    ],
)
def test_papers_are_read_from_docstrings(docstring: str, title: str, source: str | None) -> None:
    if source is None:
        docstring, source = docstring.replace("?", ".", 1), "Lecture of 3 May"
        title = "Deep nets. Is it so"
    assert paper_of("theorems.x2020", docstring) == Paper("x2020", title, "A, B", source)


@pytest.mark.parametrize("docstring", [None, "", "No authors here.", "A: No source", "A: . x"])
def test_a_module_without_a_paper_is_refused(docstring: str | None) -> None:
    with pytest.raises(ClaimError, match="x2020: the module docstring names no paper"):
        paper_of("theorems.x2020", docstring)


def test_a_paper_without_its_version_is_refused() -> None:
    with pytest.raises(ClaimError, match=r"say which version was read, arXiv:1810\.02054v1"):
        paper_of("theorems.x2020", "A: T. arXiv:1810.02054")


def test_a_folder_names_the_paper_for_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "theorems.long", ModuleType("theorems.long", "A: T. notes 1."))
    assert paper_of("theorems.long.part", "What part one holds.").title == "T"
