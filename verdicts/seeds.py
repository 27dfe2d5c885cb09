"""Seeds: counter-based keys of random streams that the search can neither see nor steer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Seeds:
    """A block of consecutive seeds of one stream; holds no random state and draws nothing.

    Attributes:
        key: 128-bit Philox key as two 64-bit words, a hash of what the stream is for.
        first: number of the first seed, >= 0.
        count: how many seeds, >= 1; the leading dimension of everything drawn from them.
        device: where tensors are created, "cpu", "cuda" or "cuda:N".
        dtype: "float64" or "float32".

    Raises:
        ValueError: a count below 1 or a negative first seed.
    """

    key: tuple[int, int]
    first: int = 0
    count: int = 1
    device: str = "cpu"
    dtype: str = "float64"

    def __post_init__(self) -> None:
        if not (self.count >= 1 and self.first >= 0):  # NaN is neither
            raise ValueError(
                f"Seeds: first={self.first}, count={self.count}; give first >= 0 and count >= 1"
            )

    def __len__(self) -> int:
        return self.count

    def block(self, first: int, count: int) -> Seeds:
        """The same stream at other seeds."""
        return replace(self, first=first, count=count)

    def named(self, label: str) -> Seeds:
        """An independent stream for a second draw of the same kind from the same seeds."""
        return replace(self, key=hashed_key(str(self.key), label))


def hashed_key(*parts: str) -> tuple[int, int]:
    """128-bit hash of the parts as two 64-bit words; ("ab", "c") and ("a", "bc") differ."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "little"))
        digest.update(encoded)
    words = digest.digest()
    return int.from_bytes(words[:8], "little"), int.from_bytes(words[8:], "little")


@dataclass(frozen=True, slots=True)
class Streams:
    """The random streams of one instance of one claim; each role has its own.

    Attributes:
        salt: number of the whole family of streams (`--claims-salt`).
        claim_id: "du2019.lemma_3_1".
        instance: canonical JSON text of the exact recipe.
        device, dtype: handed on to the seeds.
    """

    salt: int
    claim_id: str
    instance: str
    device: str = "cpu"
    dtype: str = "float64"

    def seeds(self, role: str, first: int, count: int) -> Seeds:
        """Seeds first, first + 1, ... of the stream for a role, "search" or "confirm"."""
        key = hashed_key(str(self.salt), self.claim_id, self.instance, role)
        return Seeds(key, first, count, self.device, self.dtype)
