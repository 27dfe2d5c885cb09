import re
from typing import Any

import pytest

from claims.page import lemma_graph
from claims.page.layers import WIDEST, layers_of
from claims.page.lemma_graph import draw_graph
from claims.page.margin_plot import draw_margins
from claims.page.pools import papers_of, pooled
from tests.claims.page.pages import toy_run


def drawn(**changes: Any) -> tuple[str, str]:
    (pool,) = pooled([toy_run()])
    for claim in pool.claims.values():
        claim |= changes  # type: ignore[operator]
    (paper,) = papers_of([pool])
    return draw_graph(paper, pool.claims), draw_margins(paper, pool.claims) or ""


def test_what_a_proof_uses_stands_above_it() -> None:
    graph = {"c": ["a", "b"], "b": ["a"], "a": [], "x": [], "d": ["c", "a"]}
    assert layers_of(graph) == [["a"], ["b"], ["c"], ["d"], ["x"]]


def test_a_wide_layer_goes_on_below_and_every_node_stands_once() -> None:
    graph = {"top": [], **{f"n{k}": ["top"] for k in range(20)}, **{f"a{k}": [] for k in range(9)}}
    rows = layers_of(graph)
    assert max(map(len, rows)) == WIDEST
    assert sorted(node for row in rows for node in row) == sorted(graph)
    assert rows[0] == ["top"]


def test_a_circle_or_an_unknown_node_is_no_end() -> None:
    rows = layers_of({"a": ["b"], "b": ["a"], "c": ["elsewhere"]})
    assert sorted(node for row in rows for node in row) == ["a", "b", "c"]


def test_crossings_are_undone() -> None:
    graph = {"a": [], "b": [], "y": ["b"], "x": ["a"]}
    first, second = layers_of(graph)
    assert [{"a": "x", "b": "y"}[node] for node in first] == second


def test_figures_hold_words_links_and_shapes() -> None:
    graph, margins = drawn()
    for k in range(7):
        assert f'xlink:href="#toys.lemma_{k}"' in graph
    for word in ("SUPPORTED", "REFUTED", "UNDECIDED", "VACUOUS", "ERROR", "NOT RUN"):
        assert word in graph
    assert "Lemma 0 (lemma_0)" in margins
    for figure in (graph, margins):
        assert figure.startswith('<svg role="img" aria-label="')
        assert not re.search(r"<(metadata|style|image|!--)|xmlns|http", figure)


def test_ids_are_the_figures_own_and_are_all_there() -> None:
    graph, margins = drawn()
    for prefix, figure in (("graph-toys", graph), ("margins-toys", margins)):
        ids = re.findall(r'\sid="([^"]*)"', figure)
        assert all(name.startswith(prefix) for name in ids)
        used = re.findall(r'url\(#([^)]+)|<use[^>]*xlink:href="#([^"]+)', figure)
        assert {a or b for a, b in used} <= set(ids)


@pytest.mark.parametrize("label", ["$\\frac{", "<b>&", "\x00\n\u2028", "x" * 200, ""])
def test_a_label_is_drawn_as_it_is(label: str) -> None:
    graph, _ = drawn(label=label)
    assert "<b>" not in graph
    assert "x" * 60 not in graph


def test_numbers_in_words_are_not_cut() -> None:
    graph, _ = drawn(worst_margin=0.00123, outcome="SUPPORTED", reason="margin >= 0.00123")
    assert "+0.00123" in graph
    graph, _ = drawn(outcome="SUPPORTED", reason="on 3, failure rate <= 0.177 (stated 0.1)")
    assert "0.177 of 0.1" in graph


@pytest.mark.parametrize(
    ("kind", "striped", "shaded"),
    [("expectation", True, False), ("probabilistic", False, True), ("deterministic", False, False)],
)
def test_only_slack_that_compares_is_shaded(kind: str, striped: bool, shaded: bool) -> None:
    graph, _ = drawn(
        kind=kind,
        outcome="SUPPORTED",
        expected="SUPPORTED",
        reason="on 3 instances",
        worst_margin=-0.0999 if striped else 1.0,
        quantile_margin=0.0 if shaded else None,
    )
    assert ("<pattern" in graph) is striped
    assert ("#adadad" in graph) is shaded  # the darkest grey, 0.68


def test_what_fails_or_was_not_run_is_not_striped() -> None:
    graph, _ = drawn(kind="expectation", outcome="REFUTED", expected="SUPPORTED")
    assert "<pattern" not in graph


def test_every_arrow_is_drawn_and_leads_down_from_what_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[tuple[tuple[float, float], tuple[float, float]]] = []
    monkeypatch.setattr(lemma_graph, "_arrow", lambda _, start, end: found.append((start, end)))
    drawn(depends_on=["toys.lemma_0", "elsewhere.lemma"])
    assert len(found) == 7  # the circle of lemma 0 on itself too, and nothing from elsewhere
    assert len({start for start, _ in found}) == 1
    assert all(start[1] < end[1] for start, end in found if start != end)


def test_infinite_margins_are_drawn_at_the_end() -> None:
    _, margins = drawn(margins=[float("-inf"), 0.0, float("inf")])
    assert "nan" not in margins
    assert "inf" not in margins.replace("INFO", "")


def test_a_paper_without_margins_has_no_plot() -> None:
    assert drawn(margins=[])[1] == ""
