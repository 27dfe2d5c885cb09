import numpy as np
import pytest
import torch

from models.philox import philox_words

LARGEST = 2**64 - 1


def unsigned(words: torch.Tensor) -> list[list[int]]:
    return [[int(word) % 2**64 for word in row] for row in words]


@pytest.mark.parametrize(
    ("key", "seed", "tag", "expected"),
    [
        # Random123's known answer for counter 0, key 0.
        (
            (0, 0),
            0,
            0,
            [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B],
        ),
    ],
)
def test_first_block_is_the_published_answer(
    key: tuple[int, int], seed: int, tag: int, expected: list[int]
) -> None:
    assert unsigned(philox_words(key, torch.tensor([seed]), tag, first=0, count=4)) == [expected]


@pytest.mark.parametrize("key", [(1, 2), (LARGEST, LARGEST), (2**63, 0x9E3779B97F4A7C15)])
@pytest.mark.parametrize("first", [0, 1, 6, 4 * 10**9 + 3])
def test_words_equal_numpys(key: tuple[int, int], first: int) -> None:
    seeds, tag, count = [0, 3, 2**62 - 1], 2, 11
    words = unsigned(philox_words(key, torch.tensor(seeds), tag, first=first, count=count))
    for seed, row in zip(seeds, words, strict=True):
        generator = np.random.Philox(
            key=np.array(key, dtype=np.uint64),
            counter=np.array([0, 0, seed, tag], dtype=np.uint64),
        )
        # numpy increments before the first block: block b is block b - 1 after `advance`.
        generator.advance(first // 4 - 1)
        assert row == generator.random_raw(first % 4 + count)[first % 4 :].tolist()
