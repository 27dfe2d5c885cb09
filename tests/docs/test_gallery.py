"""The gallery quotes what its files hold."""

import json
import re

import pytest

from claims.machine import REPOSITORY
from tests.docs.walkthrough import DOCS

PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")
ITEMS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]


def test_ten_are_told() -> None:
    assert len(ITEMS) == 10


@pytest.mark.parametrize("item", ITEMS, ids=lambda text: text.partition("\n")[0].replace(" ", "-"))
def test_the_numbers_of_an_item_are_those_of_its_file(item: str) -> None:
    (claim,) = re.findall(r"replay tests/golden/(\S+)$", item, re.MULTILINE)
    files = [*(REPOSITORY / "tests" / "golden" / claim).glob("*.json")]
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    kept = {document["witnesses"]["smallest"]["inequality"] for document in documents}
    quoted = re.findall(r"`([^`]* (?:<=|>=|==) [^`]*)`", item)
    assert len(quoted) == 1
    assert set(quoted) <= kept
    sources = {document["paper"]["source"] for document in documents}
    named = set(re.findall(r"(?:arXiv|doi):[\w./]*\w", item))
    assert named <= sources
