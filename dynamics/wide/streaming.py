"""The start of a wide network, streamed: sums over all neurons, and those near a hyperplane.

A neuron enters training through its pre-activations z_rj = w_r.x_j and its sign a_r alone. Those
that keep their patterns act together, so sums are enough; the others are kept one by one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from models import Keys, gaussian_weights, rademacher_signs

MOST_SAMPLES = 52  # a pattern is an integer, and float64 holds that many bits
_DIRECT_SAMPLES = 12  # 2**n bins up to here, beyond it a sort finds the patterns of a chunk
_CHUNK_FLOATS = 2**17  # normals of a chunk: about what a core's cache takes
_KEPT_BYTES = 31 * 2**20  # glibc's allocator gives smaller blocks back until it once freed this


@dataclass(frozen=True, slots=True)
class Source:
    """Where the neurons come from.

    Attributes:
        x: inputs, on the device of the stream.
        row: one seed.
        m: width.
        chunk: neurons that are held at a time.
        both: whether second moments are wanted.
    """

    x: Float[Tensor, "n d"]
    row: Keys
    m: int
    chunk: int
    both: bool

    def neurons(
        self, first: int, count: int, *, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Arrays z (n, count), a (count,) and w (count, d) of neurons first, first + 1, ..."""
        w = gaussian_weights(count, self.x.shape[-1], self.row, first_neuron=first)[0]
        a = rademacher_signs(count, self.row, first_neuron=first)[0]
        return torch.mm(self.x, w.mT, out=out), a, w


@dataclass(frozen=True, slots=True, eq=False)
class Neurons:
    """Some neurons at the start, one by one; they lie last, so that a pass is over long rows.

    Attributes:
        z: pre-activations.
        a: output signs.
        lengths: |w_r|.
        far: those that are kept for their length.
    """

    z: Float[Tensor, "n c"]
    a: Float[Tensor, " c"]
    lengths: Float[Tensor, " c"]
    far: Bool[Tensor, " c"]

    def these(self, chosen: Bool[Tensor, " c"]) -> Neurons:
        """Some of them."""
        index = chosen.nonzero().squeeze(-1)
        return Neurons(self.z[:, index], self.a[index], self.lengths[index], self.far[index])


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Which neurons are to be followed one by one.

    Attributes:
        band: those with |z_rj| < band_j for some sample j,
        radius: and those longer than this in the span of the inputs,
        basis: of which this is an orthonormal basis; None if that is the whole space.
    """

    band: Float[Tensor, " n"]
    radius: float = math.inf
    basis: Float[Tensor, "d k"] | None = None

    def near(self, z: Float[Tensor, "n c"], *, spare: Tensor | None = None) -> Bool[Tensor, " c"]:
        """Those within the band; spare is memory like z that may be written to."""
        close = torch.abs(z, out=spare)
        # Compared into floats and added by a product: that runs faster than on bytes.
        torch.lt(close, self.band.unsqueeze(-1), out=close)
        some: Tensor = z.new_ones(len(z)) @ close > 0
        return some

    def far(self, w: Float[Tensor, "c d"]) -> Bool[Tensor, " c"]:
        """Those beyond the radius."""
        squares = (w if self.basis is None else w @ self.basis).square()
        return squares @ squares.new_ones(squares.shape[-1]) > self.radius**2


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What neurons that keep their patterns add up to; everything by pattern is sorted by code.

    Attributes:
        u: sum_r a_r relu(z_ri).
        size: sum_r relu(z_ri).
        codes: the patterns that occur; bit i is sample i.
        counts: neurons of each.
        moments: sum_r v_r v_r^T over each pattern for v_r = (z_r, a_r), if asked for.
    """

    u: Float[Tensor, " n"]
    size: Float[Tensor, " n"]
    codes: Int64[Tensor, " p"]
    counts: Int64[Tensor, " p"]
    moments: Float[Tensor, "p q q"] | None

    @classmethod
    def of(
        cls,
        z: Float[Tensor, "n c"],
        a: Float[Tensor, " c"],
        *,
        both: bool,
        spare: Tensor | None = None,
    ) -> Sums:
        """The sums over some neurons; spare is memory like z that may be written to."""
        spare = torch.empty_like(z) if spare is None else spare
        active = torch.clamp_min(z, 0.0, out=spare)
        u, size = active @ a, active.sum(dim=-1)
        codes, place = _bins(torch.ge(z, 0.0, out=spare))
        counts = torch.bincount(place, minlength=len(codes))
        moments = _moments(z, a, place, len(codes)) if both else None
        return cls(u, size, codes, counts, moments)

    def plus(self, other: Sums, *, sign: int = 1) -> Sums:
        """Both together, or with sign = -1 what is left without the other."""
        one, two = self, other
        if not torch.equal(one.codes, two.codes):
            codes = torch.unique(torch.cat((one.codes, two.codes)))
            one, two = one._at(codes), two._at(codes)
        moments = None
        if one.moments is not None and two.moments is not None:
            moments = torch.add(one.moments, two.moments, alpha=sign)
        return Sums(
            torch.add(one.u, two.u, alpha=sign),
            torch.add(one.size, two.size, alpha=sign),
            one.codes,
            torch.add(one.counts, two.counts, alpha=sign),
            moments,
        )

    def masks(self) -> Float[Tensor, "p n"]:
        """The patterns as rows of zeros and ones."""
        bits = torch.arange(len(self.u), device=self.codes.device)
        return ((self.codes.unsqueeze(-1) >> bits) & 1).to(self.u)

    def joint_counts(self) -> Float[Tensor, "n n"]:
        """How many neurons are on for both of two samples; exact."""
        masks = self.masks()
        return masks.mT @ (masks * self.counts.unsqueeze(-1))

    def present(self) -> Sums:
        """The same without patterns that nobody has."""
        there = self.counts > 0
        moments = None if self.moments is None else self.moments[there]
        return replace(self, codes=self.codes[there], counts=self.counts[there], moments=moments)

    def _at(self, codes: Tensor) -> Sums:
        """The same with further patterns, that nobody has."""
        place = torch.searchsorted(codes, self.codes)
        counts = self.counts.new_zeros(len(codes)).index_copy_(0, place, self.counts)
        if self.moments is None:
            return replace(self, codes=codes, counts=counts)
        moments = self.moments.new_zeros(len(codes), *self.moments.shape[1:])
        moments.index_copy_(0, place, self.moments)
        return replace(self, codes=codes, counts=counts, moments=moments)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A streamed network: sums over all neurons and those that may change their patterns.

    Attributes:
        total: over all neurons.
        near: those within the band of some hyperplane, or longer than the radius.
    """

    total: Sums
    near: Neurons

    def split(self, band: Float[Tensor, " n"], *, both: bool) -> tuple[Neurons, Sums]:
        """Those within a narrower band, one by one, and all others as sums."""
        followed = self.near.these(self.near.far | Reach(band).near(self.near.z))
        rest = self.total.plus(Sums.of(followed.z, followed.a, both=both), sign=-1)
        return followed, rest.present()


def default_chunk(d: int, device: str) -> int:
    """How many neurons are best held at a time: what a cache takes, or a GPU needs to be busy."""
    return max(2**10, _CHUNK_FLOATS // d) if device == "cpu" else max(2**16, 2**24 // d)


def stream(source: Source, reach: Reach) -> Start:
    """The whole network, chunk by chunk; chunks of another size have the same neurons."""
    # Arrays of a chunk in new pages every time would double the cost of drawing the weights.
    torch.empty(_KEPT_BYTES, dtype=torch.uint8)
    total: Sums | None = None
    kept = _Kept(source.x)
    # The same memory for every chunk: it stays in the cache.
    own = source.x.new_empty(2, len(source.x), min(source.chunk, source.m))
    for first in range(0, source.m, source.chunk):
        count = min(source.chunk, source.m - first)
        out, spare = own if count == own.shape[-1] else own.new_empty(2, len(source.x), count)
        z, a, w = source.neurons(first, count, out=out)
        sums = Sums.of(z, a, both=source.both, spare=spare)
        total = sums if total is None else total.plus(sums)
        chosen = reach.near(z, spare=spare)
        if math.isfinite(reach.radius):
            chosen |= reach.far(w)
        index = chosen.nonzero().squeeze(-1)
        some = w[index]
        kept.add(z[:, index], a[index], some.square().sum(dim=-1).sqrt(), reach.far(some))
    if total is None:
        raise ValueError(f"stream: m={source.m}; give at least one neuron")
    return Start(total.present(), kept.neurons())


class _Kept:
    """Neurons that are kept one by one, in an array that doubles when it is full.

    Small arrays of every chunk, between the large ones that it gives back, would leave holes that
    the allocator never fills again: gigabytes at a width of 1e9.
    """

    def __init__(self, x: Float[Tensor, "n d"]) -> None:
        self._rows, self._count = x.new_empty(len(x) + 3, 2**12), 0

    def add(self, z: Tensor, a: Tensor, lengths: Tensor, far: Tensor) -> None:
        """Some more of them."""
        end, room = self._count + len(a), self._rows.shape[-1]
        if end > room:
            wider = self._rows.new_empty(len(self._rows), max(2 * room, end))
            wider[:, : self._count] = self._rows[:, : self._count]
            self._rows = wider
        some = self._rows[:, self._count : end]
        some[:-3], some[-3], some[-2], some[-1] = z, a, lengths, far
        self._count = end

    def neurons(self) -> Neurons:
        """All of them, in order."""
        rows = self._rows[:, : self._count].clone()
        return Neurons(rows[:-3], rows[-3], rows[-2], rows[-1] > 0)


def _bins(on: Float[Tensor, "n c"]) -> tuple[Int64[Tensor, " p"], Int64[Tensor, " c"]]:
    """Codes of patterns, sorted, and for every neuron the place of its own among them."""
    n = len(on)
    codes = (2.0 ** torch.arange(n, dtype=on.dtype, device=on.device) @ on).to(torch.int64)
    if n <= _DIRECT_SAMPLES:
        return torch.arange(2**n, device=on.device), codes
    found, place = torch.unique(codes, return_inverse=True)
    return found, place


def _moments(z: Tensor, a: Tensor, place: Tensor, bins: int) -> Tensor:
    rows = torch.cat((z, a.unsqueeze(0)))
    q = len(rows)
    moments = rows.new_empty(bins, q, q)
    for i in range(q):
        for j in range(i + 1):
            sums = torch.bincount(place, weights=rows[i] * rows[j], minlength=bins)
            moments[:, i, j] = moments[:, j, i] = sums
    return moments
