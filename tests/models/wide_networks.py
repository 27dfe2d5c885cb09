"""Wide random networks in plain torch, written from the definition: the oracle of recursions."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from models import Activation


@dataclass(frozen=True, slots=True)
class Simulated:
    """Products of features phi(x^(h))_il . phi(x^(h))_jr for h < H, and G^(H) given W.

    The means are b^(h)_il = m^(-1/2) sum_r x^(h)_i,rl, for 0 < h <= H.
    G^(H) is averaged over the output weights exactly: those of different pixels and neurons are
    independent, and E a^2 = 1.
    """

    products: list[Tensor]
    means: list[Tensor]
    last: Tensor


def padded_patches(x: Tensor, q: int) -> Tensor:
    """(n, q d, p): column l stacks pixels l - (q-1)//2, ..., and zeros past the edges."""
    n, d, p = x.shape
    out = torch.zeros(n, q * d, p, dtype=x.dtype)
    for pixel in range(p):
        for t in range(q):
            source = pixel + t - (q - 1) // 2
            if 0 <= source < p:
                out[:, t * d : (t + 1) * d, pixel] = x[:, :, source]
    return out


def simulate(
    x: Tensor, sigma: Activation, H: int, m: int, seed: int, *, c_res: float | None, q: int = 1
) -> Simulated:
    """One random network of width m on images (n, d, p); c_res = None is fully connected."""
    generator = torch.Generator().manual_seed(seed)
    features, products, means = x, [], []
    inputs, slopes, scale = x, x, 0.0
    for h in range(1, H + 1):
        inputs = padded_patches(features, q)
        products.append(torch.einsum("icl,jcr->ijlr", inputs, inputs))
        shape = (m, inputs.shape[1])
        weights = torch.randn(*shape, generator=generator, dtype=torch.float64)
        before = weights @ inputs
        residual = c_res is not None and h > 1
        scale = (c_res or 0.0) / (H * math.sqrt(m)) if residual else math.sqrt(sigma.c_sigma / m)
        added = scale * sigma.value(before)
        features = features + added if residual else added
        means.append(features.sum(dim=1) / math.sqrt(m))
        slopes = sigma.derivative(before)
    joint = torch.einsum("ikl,jkl->ijl", slopes, slopes)
    last = scale**2 * torch.einsum("ijll,ijl->ij", products[-1], joint)
    return Simulated(products, means, last)


def gaps(found: list[Tensor], expected: Tensor) -> Tensor:
    """Distance of the mean from what is expected, in standard errors, entry by entry."""
    sample = torch.stack(found)
    error = sample.std(dim=0) / math.sqrt(len(found))
    return (sample.mean(dim=0) - expected).abs() / error.clamp_min(1e-12)
