import json
import math
from pathlib import Path

import pytest

from certify import UnreadableError, digest_of, read_document
from claims.counterexample import Witness, document, file_name, plain, read, write
from claims.machine import versions
from tests.claims.documents import case_in, claims_file, made, sealed, witness, written


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return claims_file(tmp_path_factory.mktemp("paper"))


def test_a_document_says_all_that_is_needed_without_the_project(mine: Path) -> None:
    case = case_in(mine, "lemma_1", "bound=2.5")
    found = document(
        case, {"smallest": witness(n=5)}, salt=3, hypothesis_seed=None, profile="thorough"
    )
    assert found == {
        "schema": 1,
        "claim": "mine.lemma_1",
        "setting": "bound=2.5",
        "label": "Lemma 1",
        "paper": {
            "authors": "A. Author, B. Author",
            "title": "On toys",
            "source": "arXiv:2401.00001v1",
        },
        "where": "",
        "because": "n reaches 30",
        "statement": "n is bounded by 20.\n\nIf n < 31 then n + shift <= bound.",
        "constants": {"bound": 2.5, "shift": 0},
        "witnesses": {"smallest": witness(n=5).to_json(), "worst": None, "plain": None},
        "seeds": {"salt": 3, "hypothesis_seed": None, "profile": "thorough"},
        "versions": versions(),
        "digest": digest_of(found),
    }


def test_the_same_counterexample_has_the_same_file_in_every_run(mine: Path, tmp_path: Path) -> None:
    case = case_in(mine, "lemma_1")
    first = document(case, {"smallest": witness(n=25)}, salt=0, hypothesis_seed=1, profile="ci")
    again = made(case, witness(n=25), worst=witness(n=30))
    others = [
        made(case, witness(n=26)),
        made(case_in(mine, "lemma_1", "bound=2.5"), witness(n=25)),
        {**first, "constants": {"bound": 20, "shift": 0}},
    ]
    assert file_name(first) == file_name(again)
    assert len({file_name(one) for one in [first, *others]}) == 4
    path = write(first, tmp_path)
    assert path == tmp_path / "mine.lemma_1" / file_name(first)
    assert file_name(read(path)) == path.name
    assert len(path.stem) == 16
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_what_was_written_is_read_back_number_by_number(mine: Path, tmp_path: Path) -> None:
    given = made(case_in(mine, "lemma_1"), witness(n=25), plain=witness(n=30))
    path = write(given, tmp_path)
    assert path.read_text().startswith('{\n  "schema": 1,\n  "claim": ')
    assert plain(read(path)) == given
    assert plain(read_document(path)) == json.loads(path.read_text())


def test_an_infinite_margin_is_null() -> None:
    assert Witness({}, -math.inf, "inf <= 1").to_json()["margin"] is None


def test_a_changed_digit_is_noticed_and_another_layout_is_not(mine: Path, tmp_path: Path) -> None:
    path = write(made(case_in(mine, "lemma_1"), witness(n=25)), tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))
    read(path)
    path.write_text(path.read_text().replace("-4.5", "-4.50"))
    with pytest.raises(UnreadableError, match="changed after writing"):
        read(path)


def test_what_would_be_too_large_is_left_out_worst_first(mine: Path, tmp_path: Path) -> None:
    case = case_in(mine, "lemma_1")

    def padded(n: int, size: int) -> Witness:
        return Witness({"n": n, "pad": ["x" * 10_000] * size}, -1.0, "", not_certified="no")

    given = made(case, witness(n=25), worst=padded(60, 200), plain=padded(30, 3))
    found = plain(read(write(given, tmp_path)))
    assert found["witnesses"]["worst"] is None
    assert found["witnesses"]["plain"] is not None
    with pytest.raises(UnreadableError, match="larger than 1000000 bytes"):
        write(made(case, padded(25, 200)), tmp_path / "other")
    assert not list((tmp_path / "other").rglob("*.json"))


def test_a_number_beyond_floats_is_refused(mine: Path, tmp_path: Path) -> None:
    given = made(case_in(mine, "lemma_1"), witness(n=25))
    text = json.dumps(sealed({**given, "constants": {"bound": 20.5, "shift": 0}}))
    path = tmp_path / "x.json"
    path.write_text(text.replace("20.5, ", "1e399, "))
    with pytest.raises(UnreadableError, match="beyond floats"):
        plain(read_document(path))
    path = written(tmp_path / "y.json", sealed({**given, "constants": {"shift": 10**400}}))
    assert plain(read(path))["constants"] == {"shift": 10**400}


@pytest.mark.parametrize("names", [[], ["worst"], ["smallest", "largest"]])
def test_the_witnesses_have_their_names(names: list[str], mine: Path) -> None:
    given = dict.fromkeys(names, witness(n=25))
    with pytest.raises(ValueError, match="counterexample: the witnesses are"):
        document(case_in(mine, "lemma_1"), given, salt=0, hypothesis_seed=None, profile="quick")
