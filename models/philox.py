"""Philox4x64-10 in torch's 64-bit integers, for devices that numpy cannot reach.

Source: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""

from __future__ import annotations

import torch
from jaxtyping import Int64
from torch import Tensor

_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS = 10
_LOW = 0xFFFFFFFF
_WORD = 1 << 64


def philox_words(
    key: tuple[int, int], seeds: Int64[Tensor, " s"], tag: int, *, first: int, count: int
) -> Int64[Tensor, "s count"]:
    """Words first, first + 1, ... of every seed's stream; bit patterns of unsigned words.

    Word k of a seed is output k % 4 of the counter (k // 4, 0, seed, tag).

    Args:
        key: two unsigned 64-bit words.
        seeds: seed numbers, on the device where the words are wanted.
        tag: which draw of the seed.
        first: index of the first word, >= 0.
        count: words per seed, >= 1.
    """
    first_block, last_block = first // 4, (first + count - 1) // 4
    blocks = torch.arange(first_block, last_block + 1, device=seeds.device)
    c0, c2 = torch.meshgrid(blocks, seeds, indexing="xy")
    counter = (c0, torch.zeros_like(c0), c2, torch.full_like(c0, tag))
    words = torch.stack(_scrambled(counter, key), dim=-1).flatten(start_dim=-2)
    skipped = first - 4 * first_block
    return words[:, skipped : skipped + count]


def _scrambled(
    counter: tuple[Tensor, Tensor, Tensor, Tensor], key: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        high_0, low_0 = _wide_product(c0, _MULTIPLIERS[0])
        high_1, low_1 = _wide_product(c2, _MULTIPLIERS[1])
        c0, c1, c2, c3 = high_1 ^ c1 ^ _signed(k0), low_1, high_0 ^ c3 ^ _signed(k1), low_0
        k0, k1 = (k0 + _WEYL[0]) % _WORD, (k1 + _WEYL[1]) % _WORD
    return c0, c1, c2, c3


def _wide_product(value: Tensor, multiplier: int) -> tuple[Tensor, Tensor]:
    """High and low word of an unsigned 64 x 64 bit product."""
    # torch has no unsigned product: halves of 32 bits keep every partial sum below 2**64, and
    # signed overflow wraps to the right bit pattern.
    value_high, value_low = _upper_half(value), value & _LOW
    high, low = multiplier >> 32, multiplier & _LOW
    middle = value_high * low + _upper_half(value_low * low)
    cross = value_low * high + (middle & _LOW)
    return value_high * high + _upper_half(middle) + _upper_half(cross), value * _signed(multiplier)


def _upper_half(value: Tensor) -> Tensor:
    return (value >> 32) & _LOW


def _signed(word: int) -> int:
    return word - _WORD if word >= _WORD // 2 else word
