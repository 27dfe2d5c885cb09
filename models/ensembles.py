"""Ensembles of square random matrices, and exact means of traces of words in the Gaussian ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from models.arguments import as_annotated
from models.randomness import Keys, gaussian_weights

_UNTURNED, _TURNED = False, True
# E W_ab W_cd = (s^2/m) times: which sign, and whether a meets d instead of c.
_PAIRINGS = MappingProxyType(
    {
        "gaussian": ((1, _UNTURNED),),
        "symmetric": ((1, _UNTURNED), (1, _TURNED)),
        "antisymmetric": ((1, _UNTURNED), (-1, _TURNED)),
    }
)
ENSEMBLES = ("orthogonal", *_PAIRINGS)
"""What `random_matrices` knows."""

_MOST_LETTERS = 8  # of all words together: 105 pairings, 16 ways to turn each


@as_annotated
def random_matrices(
    ensemble: str, m: int, seeds: Keys, *, s: float = 1.0
) -> Float[Tensor, "s m m"]:
    """Square random matrices of scale s.

    "gaussian": independent N(0, s^2/m) entries. "orthogonal": s times a Haar orthogonal matrix.
    "symmetric" (GOE): variance s^2/m off the diagonal, 2 s^2/m on it. "antisymmetric": variance
    s^2/m off the diagonal.

    Args:
        ensemble: one of `ENSEMBLES`.
        m: rows and columns, >= 1.
        seeds: the seeds, the device and the dtype.
        s: any finite number.

    Raises:
        ValueError: an unknown ensemble, m < 1, or s is not finite.
    Source:
        Mezzadri 2007 (the signs that make the Q of a QR decomposition Haar).
    """
    if ensemble not in ENSEMBLES:
        raise ValueError(f"random_matrices: ensemble={ensemble!r}; give one of {ENSEMBLES}")
    if not math.isfinite(s):
        raise ValueError(f"random_matrices: s={s!r}; give a finite number")
    entries = gaussian_weights(m, m, seeds)
    if ensemble == "gaussian":
        return entries * (s / math.sqrt(m))
    if ensemble == "orthogonal":
        haar, R = torch.linalg.qr(entries)
        signs: Tensor = R.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
        scaled: Tensor = s * haar * signs
        return scaled
    sign = 1 if ensemble == "symmetric" else -1
    return (entries + sign * entries.mT) * (s / math.sqrt(2 * m))


@lru_cache(maxsize=64)
def trace_moments(ensemble: str, *words: str) -> dict[int, int]:
    """E of a product of traces of words in W and W^T, for s = 1, exactly.

    By Wick's theorem: entries are paired, each pairing counts the indices that stay free.

    Args:
        ensemble: "gaussian", "symmetric" or "antisymmetric".
        words: letters "W" and "T" (for W^T), an even number of them in all, at most 8.

    Returns:
        Coefficients by power of m: {1: 1, 0: 1} is m + 1.

    Raises:
        ValueError: another ensemble, or words that are none of these.
    """
    letters = "".join(words)
    if ensemble not in _PAIRINGS:
        raise ValueError(f"trace_moments: ensemble={ensemble!r}; give one of {tuple(_PAIRINGS)}")
    if set(letters) - {"W", "T"} or not all(words) or len(letters) % 2 or len(letters) > 8:
        raise ValueError(
            f"trace_moments: words={words!r}; give words of W and T, an even number of letters, "
            f"at most {_MOST_LETTERS}"
        )
    entries = _entries(words)
    counted: Counter[int] = Counter()
    for pairs in _matchings(tuple(range(len(entries)))):
        for sign, loops in _contracted(entries, pairs, _PAIRINGS[ensemble]):
            counted[loops - len(entries) // 2] += sign
    return {power: count for power, count in counted.items() if count}


def _entries(words: Sequence[str]) -> list[tuple[int, int]]:
    """The row and column index of each letter; a trace closes a word up."""
    entries, first = [], 0
    for word in words:
        for k, letter in enumerate(word):
            row, column = first + k, first + (k + 1) % len(word)
            entries.append((row, column) if letter == "W" else (column, row))
        first += len(word)
    return entries


def _matchings(items: tuple[int, ...]) -> Iterator[tuple[tuple[int, int], ...]]:
    if not items:
        yield ()
        return
    first, *others = items
    for k, partner in enumerate(others):
        for rest in _matchings((*others[:k], *others[k + 1 :])):
            yield ((first, partner), *rest)


def _contracted(
    entries: Sequence[tuple[int, int]],
    pairs: Sequence[tuple[int, int]],
    turns: Sequence[tuple[int, bool]],
) -> list[tuple[int, int]]:
    """For each way to turn the pairs: its sign, and how many indices stay free."""
    states = [(1, list(range(len(entries))))]
    for i, j in pairs:
        (a, b), (c, d) = entries[i], entries[j]
        states = [
            (sign * own, _merged(_merged(names, a, d if turned else c), b, c if turned else d))
            for sign, names in states
            for own, turned in turns
        ]
    return [(sign, len(set(names))) for sign, names in states]


def _merged(names: list[int], p: int, q: int) -> list[int]:
    """The classes of indices after p and q are made equal."""
    return [names[p] if name == names[q] else name for name in names]
