import copy
import getpass
import platform
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from claims.machine import REPOSITORY
from claims.page import write_page
from claims.page.markup import anchor
from claims.page.pools import papers_of, pooled
from claims.page.scrubbing import Scrubber
from claims.page.site import page_of
from claims.page.verdicts import number
from claims.reading import run_of
from tests.claims.page.pages import example, toy_run, toys
from tests.claims.page.test_formulas import statements

VOID = ("meta", "br", "input", "path", "use")


class Reader(HTMLParser):
    """Ids, links, resources and the balance of elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.resources: list[str] = []
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.crooked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}
        told = {name: value or "" for name, value in attrs}
        self.ids += [told["id"]] if "id" in told else []
        link = told.get("href", told.get("xlink:href", ""))
        if tag == "a":
            self.targets.append(link)
        else:
            self.resources += [x for x in (link, told.get("src", "")) if x and x[0] != "#"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.crooked.append(tag)


def test_a_page_is_whole_and_fetches_nothing() -> None:
    page = page_of([run_of(example(), "report.json"), toy_run()])
    found = Reader(page)
    assert found.crooked == []
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    inner = {target[1:] for target in found.targets if target.startswith("#")}
    assert inner <= set(found.ids)
    assert found.resources == []
    assert {"img", "link", "iframe", "object", "form"} & set(found.names) == set()
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page
    assert "default-src 'none'" in page.replace("&#x27;", "'")
    outer = [target for target in found.targets if not target.startswith("#")]
    assert all(re.match(r"https://(arxiv\.org|doi\.org)/", target) for target in outer)


def test_the_same_report_is_the_same_page_byte_for_byte() -> None:
    assert page_of([run_of(example(), "a.json")]) == page_of([run_of(example(), "a.json")])


def test_every_verdict_has_a_word_and_every_claim_its_place() -> None:
    page = page_of([toy_run()])
    for word in ("SUPPORTED", "REFUTED, as it must be", "UNDECIDED", "VACUOUS", "ERROR", "NOT RUN"):
        assert f"</span> {word}</span>" in page
    for k in range(7):
        assert f'id="toys.lemma_{k}"' in page
    assert "\u2716 SURVIVED" in page
    assert "\u2020 killed, as printed" in page
    assert "python -m claims replay counterexamples/a/b.json" in page
    assert "on 40 instances, failure rate &lt;= 0.18 (stated 0.1)" in page
    assert 'href="https://arxiv.org/abs/2401.00001v1"' in page


def test_nothing_in_a_report_becomes_markup() -> None:
    hostile = '<script>alert("1")</script><img src=x onerror=alert(1)>$\\frac{'
    data = toys()
    for claim in data["claims"]:
        for field in (
            "label",
            "reason",
            "statement",
            "tex",
            "where",
            "because",
            "paste",
            "certified",
        ):
            claim[field] = hostile
        claim["paper"] = {"key": hostile, "title": hostile, "authors": hostile, "source": hostile}
        claim["constants"] = claim["sizes"] = {hostile: hostile}
        claim["premises"] = {hostile: {"held": 1, "failed": 0, "nearest": None}}
        claim["topics"] = claim["depends_on"] = [hostile]
        for mutant in claim["mutants"]:
            mutant |= {"because": hostile, "setting": {hostile: hostile}, "counterexample": hostile}
    data["claims"][0]["id"] = f'x" onclick="{hostile}'
    data["manifest"]["versions"] = {hostile: hostile}
    data["not_executable"] = [dict.fromkeys(("id", "paper", "label", "reason", "where"), hostile)]
    page = page_of([run_of(data, hostile)], hostile)
    found = Reader(page)
    assert found.names.count("script") == 1
    assert "img" not in found.names
    assert [name for name in found.attributes if name.startswith("on")] == []
    assert found.crooked == []


def test_the_machine_and_its_user_are_not_told() -> None:
    data = toys()
    home = str(Path.home())
    leak = f"{REPOSITORY}/theorems/x.py: {home}/secret of mallory on mailhost7, C:\\Users\\me\\a.py"
    for claim in data["claims"]:
        claim["reason"] = claim["statement"] = claim["paste"] = leak
        claim["instance"] = {"set": leak, leak: 1}
        claim["counterexample"] = f"{home}/kept/{claim['id']}.json"
    clean = Scrubber([str(REPOSITORY), home], ["mallory", "mailhost7"])
    page = page_of([run_of(data, f"{home}/r.json")], scrubber=clean)
    for told in (str(REPOSITORY), "mallory", "mailhost7", f"{home}/"):
        assert told not in page
    assert ".../" in page or "theorems/x.py" in page


def test_this_machine_is_known() -> None:
    clean = Scrubber.of_this_machine()
    assert str(REPOSITORY) not in clean.text(f"see {REPOSITORY}/theorems/du2019.py")
    assert clean.text(f"{REPOSITORY}/theorems/du2019.py:3") == "theorems/du2019.py:3"
    assert str(Path.home()) not in clean.text(f"{Path.home()}/x")
    for name in (getpass.getuser(), platform.node()):
        assert name in ("root", *clean.names) or len(name) < 4 or name.lower() in ("runner", "test")


def test_mathematics_is_no_path() -> None:
    clean = Scrubber([], ["mallory"])
    assert [text for text in statements() if clean.text(text) != text] == []
    assert clean.text("at /opt/lib/a.py") == "at .../a.py"
    assert clean.text("file:///opt/a.py, https://x.org/a/b") == ".../a.py, https://x.org/a/b"
    assert clean.text("(1/(2n))/m/k, and/or, 1/2") == "(1/(2n))/m/k, and/or, 1/2"


@pytest.mark.parametrize(
    "home", ["/home/jane", "/Users/jane/", "C:\\Users\\jane", "file:///home/jane"]
)
def test_a_home_is_a_name_and_not_told(home: str) -> None:
    assert Scrubber([], []).text(f"in {home} or") == "in ... or"


def test_different_salts_stand_side_by_side_and_later_runs_win() -> None:
    first, second, other = toy_run(), toys(), toy_run(salt=7)
    second["claims"][2]["outcome"] = "SUPPORTED"
    del second["claims"][5]
    pools = pooled([first, run_of(second, "b.json"), other])
    assert [pool.title for pool in pools] == ["salt 0, profile quick", "salt 7, profile quick"]
    assert pools[0].claims["toys.lemma_2"]["outcome"] == "SUPPORTED"
    assert pools[1].claims["toys.lemma_2"]["outcome"] == "UNDECIDED"
    assert "toys.lemma_5" in pools[0].claims
    assert [paper.key for paper in papers_of(pools)] == ["toys"]
    page = page_of([first, other])
    assert "verdict, salt 7, profile quick" in page
    assert page.count('<article id="toys.lemma_2"') + page.count('id="toys.lemma_2"') <= 2


def test_an_undecided_later_run_takes_nothing_away() -> None:
    later = copy.deepcopy(toys())
    later["claims"][0] |= {"outcome": "UNDECIDED", "reason": "not reached"}
    (pool,) = pooled([toy_run(), run_of(later, "later.json")])
    assert pool.claims["toys.lemma_0"]["outcome"] == "SUPPORTED"


def test_versions_are_never_mixed() -> None:
    data = toys(versions={"python": "3.12"})
    assert len(pooled([toy_run(), run_of(data, "b.json")])) == 2


def test_the_page_is_a_file(tmp_path: Path) -> None:
    file = write_page(tmp_path / "a" / "b", [toys()])
    assert file == tmp_path / "a" / "b" / "index.html"
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_anchors_are_plain_and_every_name_has_its_own() -> None:
    names = ["a b", "a-b", "a  b", 'x"y', "", "-", "<>", "\u03bb.x", "\u03bc.x", "a.b_2"]
    found = [anchor(name) for name in names]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", x) for x in found)
    assert len(set(found)) == len(names)
    assert found[-1] == "a.b_2"


def test_claims_with_odd_names_have_their_places() -> None:
    data = toys()
    names = ["a b.x", "a-b.x", "\u03bb.x", "\u03bc.x", "a/b.x", "a%20b.x"]
    data["claims"] = [{**data["claims"][0], "id": name, "depends_on": names} for name in names]
    found = Reader(page_of([run_of(data, "r.json")]))
    assert len(found.ids) == len(set(found.ids))
    assert {t[1:] for t in found.targets if t.startswith("#")} <= set(found.ids)


@pytest.mark.parametrize("kept", [0, 1])
def test_a_run_of_hardly_a_claim_is_a_page(kept: int) -> None:
    data = toys()
    data["claims"] = data["claims"][:kept]
    found = Reader(page_of([run_of(data, "r.json")]))
    assert (found.crooked, found.open, found.names.count("article")) == ([], [], kept)


def test_a_margin_that_is_0_but_for_rounding_is_0() -> None:
    assert number(-4.94e-324) == number(-0.0) == number(0.0) == "+0"
    assert number(-1e-300) == "-1e-300"
    assert (number(None), number(float("-inf"))) == ("-", "-inf")
