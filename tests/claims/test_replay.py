import json
from pathlib import Path
from typing import Any

import pytest

import theorems
from claims import locate
from claims.__main__ import main
from claims.counterexample import write
from tests.claims.documents import case_in, claims_file, made, sealed, witness, written


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return claims_file(tmp_path_factory.mktemp("paper"))


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path / "hypothesis"))


def replay(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, list[str]]:
    """The exit code and the lines of `replay`; nothing may be told as an error."""
    code = main(["replay", *map(str, words)])
    told = capsys.readouterr()
    assert told.err == ""
    return code, told.out.splitlines()


def test_what_still_refutes_is_refuted_and_its_certificate_is_checked(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_1"), witness(n=25)), tmp_path / "kept")
    code, lines = replay(capsys, path, "--claims", mine)
    assert code == 1
    assert lines[0].startswith(f"{path}: REFUTED mine.lemma_1: ")
    assert lines[0].endswith("certified, balls of 64 bits")
    assert lines[1:] == ["1 file: 1 REFUTED, 0 FIXED, 0 UNDECIDED, 0 UNREADABLE"]


def test_a_mended_statement_makes_it_fixed(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_1"), witness(n=25)), tmp_path / "kept")
    code, lines = replay(capsys, path, "--claims", claims_file(tmp_path, mended=True))
    assert code == 0
    assert "FIXED mine.lemma_1: the statement is supported there" in lines[0]


def test_a_premise_that_is_no_longer_met_makes_it_fixed_and_is_named(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = case_in(mine, "lemma_1")
    body = write(made(case, witness(n=40)), tmp_path / "a")
    strategy = write(made(case, witness(certified=False, n=-3)), tmp_path / "b")
    code, lines = replay(capsys, body, strategy, "--claims", mine)
    assert code == 0
    assert "FIXED mine.lemma_1: its premises are no longer met: 'n < 31'" in lines[0]
    assert "its premises are no longer met: 'n is positive'" in lines[1]


def test_a_mutant_is_judged_with_its_constants_and_without_the_premise_it_drops(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weaker = made(case_in(mine, "lemma_1", "bound=2.5"), witness(n=5))
    assert weaker["constants"] == {"bound": 2.5, "shift": 0}
    dropping = made(case_in(mine, "lemma_1", "drops=n-31"), witness(certified=False, n=40))
    paths = [write(one, tmp_path / "kept") for one in (weaker, dropping)]
    code, lines = replay(capsys, *paths, "--claims", mine)
    assert code == 1
    assert "REFUTED mine.lemma_1[bound=2.5]: " in lines[0]
    assert "REFUTED mine.lemma_1[drops=n-31]: " in lines[1]
    assert lines[1].endswith("not certified, no exact model")


def test_the_constants_of_the_file_are_used_not_todays(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    document["constants"] = {"bound": 26, "shift": -2}
    path = written(tmp_path / "x.json", sealed(document))
    assert replay(capsys, path, "--claims", mine)[0] == 0
    document["constants"] = {"bound": 26, "shift": 2}
    path = written(tmp_path / "x.json", sealed(document))
    assert replay(capsys, path, "--claims", mine)[0] == 1
    document["constants"] = {"shift": -25}  # today's bound
    path = written(tmp_path / "x.json", sealed(document))
    assert replay(capsys, path, "--claims", mine)[0] == 0


def test_constants_of_every_kind_come_back_as_they_were(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = made(case_in(mine, "lemma_2", "mode=false"), witness(certified=False, n=3))
    assert document["constants"]["part"] == "1/3"
    path = write(document, tmp_path / "kept")
    code, lines = replay(capsys, path, "--claims", mine)
    assert code == 2
    assert "UNDECIDED mine.lemma_2[mode=false]: " in lines[0]


def test_what_the_court_cannot_decide_is_undecided_whatever_breaks(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = made(case_in(mine, "lemma_2"), witness(certified=False, n=3))
    found = {}
    for mode in ("wide", "broken", "slow", "large", "dead"):
        document["constants"]["mode"] = mode
        path = written(tmp_path / f"{mode}.json", sealed(document))
        code, lines = replay(capsys, path, "--claims", mine, "--seconds", "2")
        assert code == 2
        assert len(lines) == 2
        found[mode] = lines[0].partition(": UNDECIDED mine.lemma_2: ")[2]
    assert "not decided" in found["wide"] or found["wide"]
    assert "RuntimeError('no suchsuchsuch')" in found["broken"]
    assert found["slow"] == "it was not decided within 2 s"
    assert "MemoryError" in found["large"]
    assert found["dead"].startswith("its process ended without an answer")


def test_a_statement_with_chance_is_judged_on_the_streams_of_its_salt(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_3"), witness(certified=False, n=3)), tmp_path / "kept")
    first = replay(capsys, path, "--claims", mine)
    assert first[0] == 1
    assert "REFUTED mine.lemma_3: " in first[1][0]
    assert replay(capsys, path, "--claims", mine) == first
    other = json.loads(path.read_text())
    other["seeds"]["salt"] = 5
    path.write_text(json.dumps(sealed(other)))
    second = replay(capsys, path, "--claims", mine)
    assert second[0] == 1
    assert second != first


def test_a_statement_without_for_all_has_the_empty_instance(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_4"), witness(certified=False)), tmp_path / "kept")
    assert replay(capsys, path, "--claims", mine)[0] == 1


def test_a_certificate_that_does_not_stand_is_told(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    certificate = document["witnesses"]["smallest"]["certificate"]
    endings: list[tuple[dict[str, Any], str]] = [
        ({"right": "30"}, "its certificate does not stand: not refuted, the relation holds"),
        ({"right": "20.5"}, "its certificate stands, but for another inequality than the claim's"),
        ({"left": ["quantity", "n", {}]}, "its certificate means nothing, "),
    ]
    for change, words in endings:
        document["witnesses"]["smallest"]["certificate"] = {**certificate, **change}
        path = written(tmp_path / "x.json", sealed(document))
        code, lines = replay(capsys, path, "--claims", mine)
        assert code == 1
        assert words in lines[0]


def test_a_folder_means_its_files_in_order_without_the_fixed_ones(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "kept"
    for k, n in enumerate((25, 40, 26)):
        document = made(case_in(mine, "lemma_1"), witness(n=n))
        written(folder / "mine.lemma_1" / f"{k}.json", document)
        written(folder / "mine.lemma_1" / "fixed" / f"{k}.json", document)
    code, lines = replay(capsys, folder, "--claims", mine)
    assert code == 1
    assert [line.split(": ")[1].split()[0] for line in lines[:-1]] == [
        "REFUTED",
        "FIXED",
        "REFUTED",
    ]
    assert [Path(line.split(": ")[0]).name for line in lines[:-1]] == ["0.json", "1.json", "2.json"]
    assert lines[-1] == "3 files: 2 REFUTED, 1 FIXED, 0 UNDECIDED, 0 UNREADABLE"
    (tmp_path / "empty").mkdir()
    assert replay(capsys, tmp_path / "empty")[0] == 0


def test_exit_codes_put_the_unreadable_first_then_what_refutes(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = case_in(mine, "lemma_1")
    refuted = write(made(case, witness(n=25)), tmp_path / "kept")
    fixed = write(made(case, witness(n=40)), tmp_path / "kept")
    undecided = made(case_in(mine, "lemma_2"), witness(certified=False, n=3))
    undecided_path = write(undecided, tmp_path / "kept")
    absent = tmp_path / "absent.json"
    last = ("--claims", mine)
    assert replay(capsys, fixed, *last)[0] == 0
    assert replay(capsys, fixed, undecided_path, *last)[0] == 2
    assert replay(capsys, undecided_path, fixed, refuted, *last)[0] == 1
    code, lines = replay(capsys, refuted, absent, *last)
    assert code == 2
    assert lines[1] == f"{absent}: UNREADABLE it cannot be opened: No such file or directory"
    assert main(["replay", str(fixed), "--claims", "nowhere.py"]) == 3
    assert main(["replay"]) == 3


def test_claims_of_the_catalogue_need_no_file(
    mine: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    claims_file(tmp_path / "theorems" / "author2024")
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    path = tmp_path / "x.json"
    written(path, sealed({**document, "claim": "author2024.mine.lemma_1"}))
    monkeypatch.setattr(locate, "THEOREMS", tmp_path / "theorems")
    monkeypatch.setattr(locate, "REPOSITORY", tmp_path)
    monkeypatch.setattr(theorems, "__path__", [str(tmp_path / "theorems")])
    code, lines = replay(capsys, path)
    assert code == 1, lines
    assert "REFUTED author2024.mine.lemma_1: " in lines[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"claim": "mine.lemma_9"}, "there is no claim mine.lemma_9; its file has mine.lemma_1, "),
        ({"setting": "bound=3"}, "mine.lemma_1 has no setting 'bound=3'; it has bound=2.5, drops"),
        ({"setting": "\x1b[31m\n"}, r"has no setting '\x1b[31m\n'; it has "),
        ({"constants": {"radius": 1}}, "mine.lemma_1 has no constant 'radius'; it has ['bound'"),
        ({"constants": {"bound": "large"}}, "the constant bound is 'large', and today 20.5"),
        ({"constants": {"bound": True}}, "the constant bound is True, and today 20.5"),
    ],
)
def test_a_claim_that_has_changed_is_told_in_one_line(
    change: dict[str, Any],
    words: str,
    mine: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = sealed({**made(case_in(mine, "lemma_1"), witness(n=25)), **change})
    code, lines = replay(capsys, written(tmp_path / "x.json", document), "--claims", mine)
    assert code == 2
    assert len(lines) == 2
    assert "UNREADABLE" in lines[0]
    assert words in lines[0]


def test_a_claim_outside_of_the_catalogue_asks_for_its_file(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_1"), witness(n=25)), tmp_path / "kept")
    code, lines = replay(capsys, path)
    assert code == 2
    assert "there is no claim mine.lemma_1 in the catalogue" in lines[0]
    assert lines[0].endswith("--claims my_claims.py")


def test_a_file_never_makes_a_path_of_its_claim(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "evil.py").write_text("open('owned', 'w')\n")
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "py.py").write_text("open('owned', 'w')\n")
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    for claim in ("evil.py", "evil.py.lemma_1", "evil.lemma_1", "../evil.py", "/etc/passwd"):
        path = written(tmp_path / "x.json", sealed({**document, "claim": claim}))
        assert replay(capsys, path)[0] == 2
        assert replay(capsys, path, "--claims", mine)[0] == 2
    assert not (tmp_path / "owned").exists()


def test_a_counterexample_is_an_instance_for_check_too(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(made(case_in(mine, "lemma_1"), witness(n=25)), tmp_path / "kept")
    assert main(["check", f"{mine}::lemma_1", "--at", str(path)]) == 1
    assert "n = 25" in capsys.readouterr().out
    path.write_text('{"witnesses": []}')
    assert main(["check", f"{mine}::lemma_1", "--at", str(path)]) == 3
    assert "no instance can be read" in capsys.readouterr().err
