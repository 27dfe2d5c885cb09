"""Random weights as a pure function of (key, seed, neuron, coordinate)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy.typing import NDArray
from torch import Tensor

from models.arguments import as_annotated
from models.philox import philox_words

# Which draw of a seed: the last word of Philox's counter. Layer h > 1 draws _DEEPER + h.
_WEIGHTS, _SIGNS, _OUTPUTS, _DEEPER = 1, 2, 3, 2
_DTYPES = {"float64": torch.float64, "float32": torch.float32}
_MAX_SEED = 2**62
_FIRST_BIT, _BITS_OF_ONE = -(2**63), 0x3FF << 52  # of a word, and of the float 1.0
_REFERENCE = "cpu"  # where numpy draws the words; other devices compute them


@runtime_checkable
class Keys(Protocol):
    """A block of consecutive seeds of one stream.

    Attributes:
        key: two unsigned 64-bit words that name the stream.
        first, count: the seeds are first, ..., first + count - 1.
        device, dtype: of the tensors drawn, such as "cpu" and "float64".
    """

    @property
    def key(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def first(self) -> int: ...  # noqa: D102
    @property
    def count(self) -> int: ...  # noqa: D102
    @property
    def device(self) -> str: ...  # noqa: D102
    @property
    def dtype(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class SeedNumber:
    """One seed of a fixed stream: how "for every seed" is drawn in deterministic statements.

    Attributes:
        number: 0 <= number < 2**62.

    Raises:
        ValueError: number is no such integer.
    """

    number: int

    def __post_init__(self) -> None:
        if isinstance(self.number, bool) or not isinstance(self.number, int):
            raise ValueError(f"SeedNumber: number={self.number!r}; give an integer")
        if not 0 <= self.number < _MAX_SEED:
            raise ValueError(f"SeedNumber: number={self.number}; give 0 <= number < 2**62")

    @classmethod
    def from_recipe(cls, recipe: dict[str, Any]) -> SeedNumber:
        """The value whose `recipe` this is."""
        if not isinstance(recipe, dict) or set(recipe) != {"seed"}:
            raise ValueError(f'SeedNumber: recipe={recipe!r}; give {{"seed": 7}}')
        return cls(recipe["seed"])

    @property
    def recipe(self) -> dict[str, Any]:
        """JSON-able description."""
        return {"seed": self.number}

    @property
    def key(self) -> tuple[int, int]:
        """The fixed stream: "provably" and "SeedNumb" in ASCII."""
        return (0x70726F7661626C79, 0x536565644E756D62)

    @property
    def first(self) -> int:
        """The seed's number."""
        return self.number

    @property
    def count(self) -> int:
        """Always 1."""
        return 1

    @property
    def device(self) -> str:
        """Always "cpu"."""
        return "cpu"

    @property
    def dtype(self) -> str:
        """Always "float64"."""
        return "float64"


@as_annotated
def gaussian_weights(
    m: int, d: int, seeds: Keys, *, first_neuron: int = 0, layer: int = 1
) -> Float[Tensor, "s m d"]:
    """Independent standard normal weights w_r ~ N(0, I_d) of one layer, by default the first.

    Entry (seed, layer, r, j) depends on nothing but itself, so any sub-batch of seeds and any
    chunk of neurons has the numbers of the whole.

    Args:
        m: neurons wanted, >= 1.
        d: input dimension of the layer, >= 1.
        seeds: the seeds, the device and the dtype.
        first_neuron: where a chunk starts, >= 0.
        layer: which layer, >= 1; layers are independent of each other.

    Raises:
        ValueError: a size below 1, a negative first_neuron, a key or dtype that is none.
    """
    _check("gaussian_weights", seeds, first_neuron, m=m, d=d, layer=layer)
    tag = _WEIGHTS if layer == 1 else _DEEPER + layer
    return _normals(seeds, tag, first=first_neuron * d, count=m * d).reshape(-1, m, d)


@as_annotated
def gaussian_outputs(m: int, seeds: Keys, *, first_neuron: int = 0) -> Float[Tensor, "s m"]:
    """Independent standard normal output weights, independent of the same seeds' other draws.

    Args and Raises: as for `gaussian_weights`.
    """
    _check("gaussian_outputs", seeds, first_neuron, m=m)
    return _normals(seeds, _OUTPUTS, first=first_neuron, count=m)


@as_annotated
def rademacher_signs(m: int, seeds: Keys, *, first_neuron: int = 0) -> Float[Tensor, "s m"]:
    """Independent fair output signs a_r in {-1, +1}, independent of the same seeds' weights.

    Args and Raises: as for `gaussian_weights`.
    """
    _check("rademacher_signs", seeds, first_neuron, m=m)
    words = _words(seeds, _SIGNS, first=first_neuron, count=m)
    # The first bit of a word becomes the sign of 1.0: a third of the time of a comparison.
    bits = words.bitwise_and_(_FIRST_BIT).bitwise_xor_(_FIRST_BIT | _BITS_OF_ONE)
    return bits.view(torch.float64).to(_DTYPES[seeds.dtype])


def _normals(seeds: Keys, tag: int, *, first: int, count: int) -> Tensor:
    uniform = _uniform(seeds, tag, first=first, count=count)
    normals: Tensor = torch.special.ndtri(uniform, out=uniform)
    return normals.to(_DTYPES[seeds.dtype])


def _uniform(seeds: Keys, tag: int, *, first: int, count: int) -> Tensor:
    """Numbers (k + 1/2)/2**52 in (0, 1): symmetric about 1/2 and exact in float64."""
    # 53 bits would round k + 1/2 to even, and the largest word to 1, whose quantile is infinite.
    words = _words(seeds, tag, first=first, count=count)
    top = words.bitwise_right_shift_(12).bitwise_and_(2**52 - 1).double()
    return top.add_(0.5).mul_(2.0**-52)


def _words(seeds: Keys, tag: int, *, first: int, count: int) -> Int64[Tensor, "s count"]:
    """The bit patterns of the words, in memory of their own."""
    if torch.device(seeds.device).type == _REFERENCE:
        words = _numpy_words(seeds, tag, first=first, count=count)
        return torch.from_numpy(words.view(np.int64))
    numbers = torch.arange(seeds.first, seeds.first + seeds.count, device=seeds.device)
    return philox_words(seeds.key, numbers, tag, first=first, count=count).contiguous()


def _numpy_words(seeds: Keys, tag: int, *, first: int, count: int) -> NDArray[np.uint64]:
    skipped = first % 4
    blocks = -(-(skipped + count) // 4)
    # numpy increments the counter before the first output, hence the - 1; one generator that
    # walks on to the next seed costs a sixth of a new one per seed.
    counter = (first // 4) + (seeds.first << 128) + (tag << 192) - 1
    generator = np.random.Philox(key=seeds.key[0] + (seeds.key[1] << 64), counter=counter)
    if seeds.count == 1 and skipped == 0:
        return generator.random_raw(count)[None]
    words = np.empty((seeds.count, count), dtype=np.uint64)
    for row in words:
        row[:] = generator.random_raw(skipped + count)[skipped:]
        generator.advance((1 << 128) - blocks)
    return words


def _check(where: str, seeds: Keys, first_neuron: int, **sizes: int) -> None:
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"{where}: {name}={size!r}; give an integer >= 1")
    if isinstance(first_neuron, bool) or not isinstance(first_neuron, int) or first_neuron < 0:
        raise ValueError(f"{where}: first_neuron={first_neuron!r}; give an integer >= 0")
    if seeds.dtype not in _DTYPES:
        raise ValueError(f"{where}: dtype={seeds.dtype!r}; give 'float64' or 'float32'")
    if seeds.count < 1 or seeds.first < 0 or seeds.first + seeds.count > _MAX_SEED:
        raise ValueError(
            f"{where}: seeds {seeds.first} + {seeds.count}; give first >= 0 and count >= 1, "
            "all below 2**62"
        )
    if len(seeds.key) != 2 or not all(0 <= word < 2**64 for word in seeds.key):
        raise ValueError(f"{where}: key={seeds.key!r}; give two unsigned 64-bit words")
