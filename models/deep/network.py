"""Deep networks with smooth activations: fully connected, residual, and residual convolutional.

    fully connected   x^(h) = sqrt(c_sigma/m) sigma(W^(h) x^(h-1))
    residual          x^(1) as above, x^(h) = x^(h-1) + c_res/(H sqrt m) sigma(W^(h) x^(h-1))
    convolutional     as residual, on channels x pixels, with patches phi(x^(h-1)) for x^(h-1)

and f = <a, x^(H)>. Leading dimensions of the parameters are seeds; inputs are moved to their
device and dtype. Pixels count as samples of one matrix product, so all three are one pass.

Source: Du, Lee, Li, Wang, Zhai 2019 (arXiv:1811.03804v4), sections 5, 6 and 7.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from models.activation.named import Activation
from models.arguments import as_annotated
from models.deep.patches import gathered, spread

Architecture: TypeAlias = Literal["fully connected", "residual", "convolutional"]

ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)


@dataclass(frozen=True, slots=True, eq=False)
class DeepNetwork:
    """The parameters of one network, or of one per seed, and what kind of network it is.

    Attributes:
        weights: W^(1), ..., W^(H), each (*s, m, k): k = d, then m, times q if convolutional.
        a: output weights, (*s, m); (*s, m, p) if convolutional.
        activation: sigma.
        architecture: "fully connected", "residual" or "convolutional".
        c_res: the scale of residual layers, > 0; no part of a fully connected network.
        q: pixels in a patch; 1 but for convolutional networks.

    Raises:
        ValueError: shapes that do not fit, or a constant out of its range.
    """

    weights: tuple[Float[Tensor, "*s m k"], ...]
    a: Float[Tensor, "*shape"]
    activation: Activation
    architecture: Architecture = "fully connected"
    c_res: float = 0.5
    q: int = 1

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(
                f"DeepNetwork: architecture={self.architecture!r}; give one of {ARCHITECTURES}"
            )
        if not (math.isfinite(self.c_res) and self.c_res > 0):
            raise ValueError(f"DeepNetwork: c_res={self.c_res!r}; give a number > 0")
        if self.q < 1 or (self.q > 1 and not self.convolutional):
            raise ValueError(
                f"DeepNetwork: q={self.q!r}, {self.architecture}; give q >= 1, and 1 unless "
                "convolutional"
            )
        self._check_shapes()

    def _check_shapes(self) -> None:
        shapes = [tuple(W.shape) for W in self.weights]
        fit = bool(shapes) and all(len(s) >= 2 and 0 not in s[-2:] for s in shapes)
        if fit:
            seeds, m = shapes[0][:-2], shapes[0][-2]
            fit = all(shape == (*seeds, m, self.q * m) for shape in shapes[1:])
            fit = fit and shapes[0][-1] % self.q == 0
            wanted, a = (*seeds, m), tuple(self.a.shape)
            fit = fit and (a[:-1] == wanted and a[-1] > 0 if self.convolutional else a == wanted)
        if not fit:
            raise ValueError(
                f"DeepNetwork: weights of shapes {shapes} and a of {tuple(self.a.shape)}, "
                f"{self.architecture} with q={self.q}; give (*s, m, q d), (*s, m, q m), ... and "
                "(*s, m), or (*s, m, p) if convolutional"
            )

    @property
    def convolutional(self) -> bool:
        """Whether inputs have pixels."""
        return self.architecture == "convolutional"

    @property
    def H(self) -> int:
        """Number of hidden layers."""
        return len(self.weights)

    @property
    def m(self) -> int:
        """Width: neurons, or channels, of each hidden layer."""
        return self.weights[0].shape[-2]

    @property
    def d(self) -> int:
        """Input dimension, or input channels."""
        return self.weights[0].shape[-1] // self.q

    @property
    def p(self) -> int:
        """Number of pixels; 1 if there are none."""
        return self.a.shape[-1] if self.convolutional else 1

    @property
    def seeds(self) -> tuple[int, ...]:
        """The leading dimensions."""
        return tuple(self.weights[0].shape[:-2])

    def scale(self, h: int) -> float:
        """What multiplies sigma in layer h = 1, ..., H."""
        if h == 1 or self.architecture == "fully connected":
            return math.sqrt(self.activation.c_sigma / self.m)
        return self.c_res / (self.H * math.sqrt(self.m))

    def skips(self, h: int) -> bool:
        """Whether x^(h-1) is added in layer h."""
        return h > 1 and self.architecture != "fully connected"

    def with_parameters(self, weights: Sequence[Tensor], a: Tensor | None = None) -> DeepNetwork:
        """The same kind of network with other parameters; `a` stays unless given."""
        return replace(self, weights=tuple(weights), a=self.a if a is None else a)


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """All layers of one forward pass, pixels (one, if there are none) in front of neurons.

    Attributes:
        features: x^(0), ..., x^(H); index h is the paper's.
        fed: what layer h = 1, ..., H multiplies by W^(h): x^(h-1), or its patches; index h - 1.
        pre: W^(h) times that; index h - 1.
    """

    features: tuple[Float[Tensor, "*s n p m"], ...]
    fed: tuple[Float[Tensor, "*s n p k"], ...]
    pre: tuple[Float[Tensor, "*s n p m"], ...]


@as_annotated(finite=False)
def forward_pass(x: Float[Tensor, "*shape"], network: DeepNetwork) -> Pass:
    """Every layer's features, by one batched product a layer.

    Args:
        x: inputs; (n, d), or (n, d, p) if convolutional; leading dimensions as the seeds, or none.
        network: the parameters.

    Raises:
        ValueError: the inputs do not fit the network.
    """
    features, fed, pre = [_pixels_first(x, network)], [], []
    for h, W in enumerate(network.weights, start=1):
        fed.append(spread(features[-1], network.q))
        pre.append(_through(fed[-1], W.mT))
        bent = network.scale(h) * network.activation.value(pre[-1])
        features.append(features[-1] + bent if network.skips(h) else bent)
    return Pass(tuple(features), tuple(fed), tuple(pre))


@as_annotated(finite=False)
def pass_outputs(run: Pass, network: DeepNetwork) -> Float[Tensor, "*s n"]:
    """f(x_i) = <a, x_i^(H)> of a forward pass."""
    a = output_rows(network).flatten(-2).unsqueeze(-1)
    return (run.features[-1].flatten(-2) @ a).squeeze(-1)


@as_annotated(finite=False)
def backward_pass(run: Pass, network: DeepNetwork) -> tuple[Float[Tensor, "*s n p m"], ...]:
    """D^(h) = df(x_i)/d(W^(h) x_i^(h-1)) for h = 1, ..., H, at index h - 1."""
    return tuple(D for _, D in slopes_of_layers(run, network))


@as_annotated(finite=False)
def slopes_of_layers(run: Pass, network: DeepNetwork) -> list[tuple[Tensor, Tensor]]:
    """df(x_i)/dx_i^(h), which is a for all i where h = H, and D^(h); h = 1, ..., H."""
    by_feature = output_rows(network).unsqueeze(-3)
    found: list[tuple[Tensor, Tensor]] = []
    for h in range(network.H, 0, -1):
        bend = network.scale(h) * network.activation.derivative(run.pre[h - 1])
        found.append((by_feature, by_feature * bend))
        if h > 1:
            back = gathered(_through(found[-1][1], network.weights[h - 1]), network.q)
            by_feature = by_feature + back if network.skips(h) else back
    return found[::-1]


def output_rows(network: DeepNetwork) -> Float[Tensor, "*s p m"]:
    """The output weights, pixels in front."""
    return network.a.mT if network.convolutional else network.a.unsqueeze(-2)


@as_annotated
def deep_features(
    x: Float[Tensor, "*shape"], network: DeepNetwork
) -> tuple[Float[Tensor, "*shape"], ...]:
    """x^(0), ..., x^(H) of every input; index h is the paper's, x^(0) is x and has its seeds.

    Args:
        x: inputs; (n, d), or (n, d, p) if convolutional; leading dimensions as the seeds, or none.
        network: the parameters.

    Returns:
        (*s, n, m) each; (*s, n, m, p) if convolutional.

    Raises:
        ValueError: the inputs do not fit the network.
    """
    kept = forward_pass(x, network).features
    return tuple(rows.mT if network.convolutional else rows.squeeze(-2) for rows in kept)


@as_annotated
def deep_predictions(x: Float[Tensor, "*shape"], network: DeepNetwork) -> Float[Tensor, "*s n"]:
    """u_i = f(x_i); inputs as for `deep_features`.

    Raises:
        ValueError: the inputs do not fit the network.
    """
    return pass_outputs(forward_pass(x, network), network)


def _pixels_first(x: Tensor, network: DeepNetwork) -> Float[Tensor, "*s n p d"]:
    wanted = (network.d, network.p) if network.convolutional else (network.d,)
    if x.ndim <= len(wanted) or tuple(x.shape[-len(wanted) :]) != wanted or 0 in x.shape:
        raise ValueError(
            f"forward_pass: x has shape {tuple(x.shape)}; give {('n', *wanted)} for this "
            f"{network.architecture} network"
        )
    moved = x.to(network.a)
    return moved.mT if network.convolutional else moved.unsqueeze(-2)


def _through(rows: Float[Tensor, "*#s n p j"], W: Float[Tensor, "*s j k"]) -> Tensor:
    product = rows.flatten(-3, -2) @ W
    return product.reshape(*product.shape[:-2], *rows.shape[-3:-1], W.shape[-1])


def check_finite(x: Tensor, network: DeepNetwork, where: str) -> None:
    """Raises ValueError: a parameter is not finite, or an input is not."""
    for name, values in (("x", x), ("a", network.a), *_named(network)):
        if not bool(torch.isfinite(values).all()):
            raise ValueError(f"{where}: {name} has a NaN or an infinity; give finite numbers")


def _named(network: DeepNetwork) -> list[tuple[str, Tensor]]:
    return [(f"W^({h})", W) for h, W in enumerate(network.weights, start=1)]
