"""First-layer training in pre-activation space: few passes over blocks that fit the cache."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

BLOCK_BYTES = 2**21  # of an array of a block: some of these stay in the processor's cache


class Block:
    """Some neurons of some seeds; arrays are (n, s, m'), so that every pass is over long rows.

    The state is c_ri, neuron r's displacement being sum_i c_ri x_i. Pre-activations are computed
    from the start and c in each step: their rounding errors do not add up, and small movements
    keep their digits.

    Attributes:
        p: pre-activations w_r.x_i.
        dw: w_r - w_r(0), (d, s m'); of no rows where a step does without it.
        pulls: a_r where p >= 0, as the paper's relu'(0) = 1, else 0.
        on, before: ones where p >= 0, else zeros, now and one step ago; of watched blocks.
    """

    def __init__(
        self, x: Tensor, w: Float[Tensor, "s m d"], a: Tensor, *, watched: bool = False
    ) -> None:
        (n, d), (s, m, _) = x.shape, w.shape
        self.x, self.w0, self.a = x, w, a.contiguous()
        # From c to p by G is one product; for many inputs the way through dw has fewer terms.
        self.direct = n <= 2 * d
        through = watched or not self.direct
        self.map = torch.cat((x @ x.T, x.T[: d * through]))
        self.start = torch.cat((x @ w.reshape(s * m, d).T, w.new_zeros(d * through, s * m)))
        self.state = self.start.clone()
        self.p, self.dw = self.state[:n].view(n, s, m), self.state[n:]
        self.c = torch.zeros_like(self.p)
        self.pulls, self.spare = torch.empty_like(self.p), torch.empty_like(self.p)
        # float32 holds the counts of a block, which has fewer than 2^24 neurons.
        shape = self.p.shape if watched else (0,)
        self.on, self.before = (w.new_zeros(shape, dtype=torch.float32) for _ in range(2))

    def sums(self) -> Float[Tensor, "n s"]:
        """sum_r a_r max(p_ri, 0); brings all but p and dw up to date."""
        on = torch.ge(self.p, 0.0, out=self.spare)
        if len(self.on):
            self.before, self.on = self.on, self.before
            self.on.copy_(on)
        torch.mul(on, self.a, out=self.pulls)
        return torch.mul(self.pulls, self.p, out=self.spare).sum(dim=2)

    def push(self, scaled: Float[Tensor, "n s"]) -> None:
        """Adds scaled_i a_r 1{p_ri >= 0} to c_ri, and moves p and dw."""
        self.c.addcmul_(self.pulls, scaled.unsqueeze(2))
        c = self.c.flatten(1)
        if self.direct:
            torch.addmm(self.start, self.map, c, out=self.state)
        else:
            torch.mm(self.x.T, c, out=self.dw)
            torch.addmm(self.start[: len(c)], self.x, self.dw, out=self.state[: len(c)])

    def weights(self) -> Float[Tensor, "s m d"]:
        """w_r now."""
        moved = torch.mm(self.x.T, self.c.flatten(1))
        return self.w0 + moved.view(-1, *self.a.shape).permute(1, 2, 0)

    def squared_movement(self) -> Float[Tensor, " s"]:
        """max_r |w_r - w_r(0)|^2; of watched blocks."""
        d = len(self.dw)
        spare = self.spare.flatten(1)[:d] if d <= len(self.spare) else torch.empty_like(self.dw)
        squared = torch.mul(self.dw, self.dw, out=spare).sum(dim=0)
        return squared.view(self.a.shape).amax(dim=1)

    def sizes(self, *, unit: bool) -> tuple[Float[Tensor, "n s"], Float[Tensor, "n s"]]:
        """sum_r |a_r p_ri|, and min_r |p_ri|.

        Args:
            unit: whether all |a_r| are 1.
        """
        torch.abs(self.p, out=self.spare)
        nearest = self.spare.amin(dim=2)
        return (self.spare if unit else self.spare.mul_(self.a.abs())).sum(dim=2), nearest

    def counts(self) -> Float[Tensor, "s n n"]:
        """#{r: on for i and for j}, exact; of watched blocks."""
        on = self.on.transpose(0, 1)
        return (on @ on.mT).to(self.p.dtype)

    def weighed(self) -> Float[Tensor, "s n n"]:
        """The same where neuron r counts a_r^2 times."""
        pulls = self.pulls.transpose(0, 1)
        return pulls @ pulls.mT

    def flips(self) -> Float[Tensor, "n s"]:
        """#{r: on differs from the step before}; of watched blocks, and uses `before` up."""
        return torch.ne(self.on, self.before, out=self.before).sum(dim=2)


class Part(Protocol):
    """Some neurons of some seeds."""

    def sums(self) -> Float[Tensor, "n s"]:
        """sum_r a_r max(p_ri, 0)."""

    def push(self, scaled: Float[Tensor, "n s"]) -> None:
        """A step: adds sum_i scaled_i a_r 1{p_ri >= 0} x_i to w_r."""

    def weights(self) -> Float[Tensor, "s m d"]:
        """w_r now."""


def seeds_at_once(n: int, w: Float[Tensor, "s m d"]) -> int:
    """Seeds whose pre-activations fill an array."""
    return max(1, BLOCK_BYTES // (n * w.shape[1] * w.element_size()))


def neurons_at_once(n: int, w: Float[Tensor, "s m d"]) -> list[slice]:
    """Ranges of neurons whose pre-activations fill an array, all seeds together."""
    size = max(1, BLOCK_BYTES // (n * len(w) * w.element_size()))
    return [slice(first, first + size) for first in range(0, w.shape[1], size)]


def residual(y: Float[Tensor, "n s"], parts: Sequence[Part], m: int) -> Float[Tensor, "n s"]:
    """The residual y - u of all parts together."""
    return torch.sub(y, total(part.sums() for part in parts), alpha=1 / math.sqrt(m))


def total(values: Iterable[Tensor]) -> Tensor:
    """Their sum."""
    return reduce(torch.add, values)
