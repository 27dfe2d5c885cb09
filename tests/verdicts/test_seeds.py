import pytest

from verdicts import Seeds, Streams, hashed_key

PINNED = ("740923e42f9ec8ca", "4a66b53cbe1c696a")


def test_a_stream_is_keyed_by_salt_claim_instance_and_role() -> None:
    base = Streams(0, "a.b", "{}")
    others = [Streams(1, "a.b", "{}"), Streams(0, "a.c", "{}"), Streams(0, "a.b", "[]")]
    keys = {s.seeds("search", 0, 1).key for s in [base, *others]}
    keys.add(base.seeds("confirm", 0, 1).key)
    assert len(keys) == 5
    assert base.seeds("search", 0, 1).key == Streams(0, "a.b", "{}").seeds("search", 64, 9).key


def test_device_and_dtype_do_not_change_the_key() -> None:
    other = Streams(0, "a.b", "{}", device="cuda:1", dtype="float32").seeds("search", 3, 4)
    assert other.key == Streams(0, "a.b", "{}").seeds("search", 0, 1).key
    assert (other.first, len(other), other.device, other.dtype) == (3, 4, "cuda:1", "float32")


def test_blocks_and_names_of_seeds() -> None:
    seeds = Seeds((1, 2), 0, 64, "cuda")
    assert seeds.block(64, 16) == Seeds((1, 2), 64, 16, "cuda")
    second = seeds.named("signs")
    assert second.key != seeds.key
    assert (second.first, second.count, second.device) == (0, 64, "cuda")


@pytest.mark.parametrize(
    ("first", "second"), [(("ab", "c"), ("a", "bc")), (("a",), ("a", "")), (("1", "2"), ("12",))]
)
def test_hashes_tell_parts_apart(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    assert hashed_key(*first) != hashed_key(*second)


def test_the_hash_is_pinned() -> None:
    """Counterexample files of older versions name streams by it."""
    words = [int.from_bytes(bytes.fromhex(h), "little") for h in PINNED]
    assert hashed_key("0", "du2019.lemma_3_1", "{}", "search") == tuple(words)
