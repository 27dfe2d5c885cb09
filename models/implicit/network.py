"""Implicit (equilibrium) networks: features that solve an equation, and what they predict.

    "gao"    phi_i = s(W x_i)/sqrt(m),  z_i = s(gamma/sqrt(m) A z_i + phi_i),  u.z_i + v.phi_i
    "ling"   phi_i = W x_i,             z_i = s(A z_i + phi_i),                u.z_i

Ling et al. write W, U, a for the A, W, u of this file, and samples as columns; here they are rows.
Leading dimensions of the parameters are seeds.

Source: Gao, Liu, Liu, Rajan, Gao 2022 (arXiv:2110.05645), section 2; Ling, Xie, Wang, Zhang, Lin
2023 (arXiv:2205.13814), section 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from models.activation.nonlinearities import nonlinearity
from models.arguments import as_annotated
from models.equilibrium.solver import equilibrium

ImplicitModel: TypeAlias = Literal["gao", "ling"]

IMPLICIT_MODELS: tuple[ImplicitModel, ...] = get_args(ImplicitModel)
IMPLICIT_BLOCKS = ("A", "W", "u", "v")


@dataclass(frozen=True, slots=True, eq=False)
class ImplicitNetwork:
    """The parameters of one network, or of one per seed, and what kind of network it is.

    Attributes:
        A: what multiplies z, (*s, m, m).
        W: what multiplies the inputs, (*s, m, d).
        u: output weights of z, (*s, m).
        v: output weights of phi, (*s, m); None for "ling", which has none.
        model: "gao" or "ling".
        gamma: the scale of A, > 0, of "gao"; no part of "ling".
        activation: the name of s, see `nonlinearity`.

    Raises:
        ValueError: shapes that do not fit, an unknown word, gamma <= 0.
    """

    A: Float[Tensor, "*s m m"]
    W: Float[Tensor, "*s m d"]
    u: Float[Tensor, "*s m"]
    v: Float[Tensor, "*s m"] | None
    model: ImplicitModel = "gao"
    gamma: float = 0.5
    activation: str = "relu"

    def __post_init__(self) -> None:
        if self.model not in IMPLICIT_MODELS:
            raise ValueError(
                f"ImplicitNetwork: model={self.model!r}; give one of {IMPLICIT_MODELS}"
            )
        if not (isinstance(self.gamma, int | float) and 0 < self.gamma < math.inf):
            raise ValueError(f"ImplicitNetwork: gamma={self.gamma!r}; give a number > 0")
        if (self.v is None) == (self.model == "gao"):
            raise ValueError(
                f"ImplicitNetwork: v={'none' if self.v is None else 'given'}, model={self.model!r};"
                " give v for 'gao' and None for 'ling'"
            )
        nonlinearity(self.activation)
        shapes = {name: tuple(block.shape) for name, block in self.named().items()}
        seeds, m = tuple(self.u.shape[:-1]), self.u.shape[-1] if self.u.ndim else 0
        fit = (
            m > 0 and shapes["A"] == (*seeds, m, m) and shapes.get("v", shapes["u"]) == (*seeds, m)
        )
        if not (fit and 0 not in seeds and shapes["W"][:-1] == (*seeds, m) and shapes["W"][-1] > 0):
            raise ValueError(
                f"ImplicitNetwork: shapes {shapes}; give A (*s, m, m), W (*s, m, d), and "
                "(*s, m) for u and v, with a seed or more where there are seed dimensions"
            )

    @property
    def m(self) -> int:
        """Width."""
        return self.u.shape[-1]

    @property
    def d(self) -> int:
        """Input dimension."""
        return self.W.shape[-1]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The leading dimensions."""
        return tuple(self.u.shape[:-1])

    @property
    def scale(self) -> float:
        """What multiplies A: gamma/sqrt(m), or 1."""
        return self.gamma / math.sqrt(self.m) if self.model == "gao" else 1.0

    @property
    def input_scale(self) -> float:
        """What multiplies s(W x) or W x: 1/sqrt(m), or 1."""
        return 1 / math.sqrt(self.m) if self.model == "gao" else 1.0

    def named(self) -> dict[str, Tensor]:
        """The trained blocks by name, in the order of `IMPLICIT_BLOCKS`."""
        blocks = {"A": self.A, "W": self.W, "u": self.u}
        return blocks if self.v is None else {**blocks, "v": self.v}

    def with_parameters(self, blocks: Sequence[Tensor]) -> ImplicitNetwork:
        """The same kind of network with other blocks, in the order of `IMPLICIT_BLOCKS`.

        Raises:
            ValueError: too few blocks or too many, or shapes that do not fit.
        """
        names = tuple(self.named())
        if len(blocks) != len(names):
            raise ValueError(
                f"with_parameters: {len(blocks)} blocks; give {', '.join(names)} for "
                f"model={self.model!r}"
            )
        A, W, u, *rest = blocks
        return replace(self, A=A, W=W, u=u, v=rest[0] if rest else None)


@dataclass(frozen=True, slots=True, eq=False)
class ImplicitPass:
    """What the inputs become; samples in front of neurons.

    Attributes:
        x: the inputs in the network's dtype and on its device.
        lifted: W x_i, before any activation.
        phi: what enters the equation beside z.
        z: the equilibrium found; ||z_i - z_i*|| <= residual_i/(1 - rho) if rho < 1.
        pre: scale A z + phi, what s is applied to.
        residual: an upper bound of ||z_i - s(scale A z_i + phi_i)||_2.
        rho: an upper bound of L scale ||A||_2.
    """

    x: Float[Tensor, "*s n d"]
    lifted: Float[Tensor, "*s n m"]
    phi: Float[Tensor, "*s n m"]
    z: Float[Tensor, "*s n m"]
    pre: Float[Tensor, "*s n m"]
    residual: Float[Tensor, "*s n"]
    rho: Float[Tensor, "*s"]


@as_annotated(finite=False)
def implicit_pass(
    x: Float[Tensor, "*#s n d"],
    network: ImplicitNetwork,
    *,
    pattern: Float[Tensor, "*s n m"] | None = None,
) -> ImplicitPass:
    """Solve for the equilibrium features of every input; whether it is solved, `residual` says.

    Args:
        x: inputs; leading dimensions as the seeds, or none.
        network: the parameters.
        pattern: the slopes at the equilibrium of a network nearby, from which a piecewise linear
            equation is solved at once where they are its own too; a guess, no more.

    Raises:
        ValueError: the inputs or the pattern do not fit the network.
    """
    if x.ndim < 2 or x.shape[-1] != network.d or 0 in x.shape:
        raise ValueError(
            f"implicit_pass: x has shape {tuple(x.shape)}; give (n, {network.d}) for this network"
        )
    _check_seeds(tuple(x.shape[:-2]), network.seeds)
    moved = x.to(network.W)
    lifted = moved @ network.W.mT
    phi = lifted
    if network.model == "gao":
        phi = network.input_scale * nonlinearity(network.activation).value(lifted)
    recurrent = network.scale * network.A
    if pattern is not None and pattern.shape != phi.shape:
        raise ValueError(
            f"implicit_pass: pattern has shape {tuple(pattern.shape)}; give a slope for every "
            f"neuron at every sample, {tuple(phi.shape)}"
        )
    start = None if pattern is None else _guessed(recurrent, phi, pattern)
    solved = equilibrium(recurrent, phi, network.activation, start=start)
    pre = solved.z @ recurrent.mT + phi
    return ImplicitPass(moved, lifted, phi, solved.z, pre, solved.residual, solved.rho)


def _check_seeds(given: tuple[int, ...], seeds: tuple[int, ...]) -> None:
    pairs = zip(reversed(given), reversed(seeds), strict=False)
    if not all(1 in pair or pair[0] == pair[1] for pair in pairs):
        raise ValueError(
            f"implicit_pass: x has the leading dimensions {given}, the network the seeds {seeds}; "
            "give the same, or none"
        )


def _guessed(recurrent: Tensor, phi: Tensor, D: Tensor) -> Tensor | None:
    """The solution of z = D (B z + phi), if there is one."""
    system = torch.eye(phi.shape[-1]).to(phi) - D.unsqueeze(-1) * recurrent.unsqueeze(-3)
    z, failed = torch.linalg.solve_ex(system, (D * phi).unsqueeze(-1))
    usable = not bool((failed != 0).any()) and bool(torch.isfinite(z).all())
    return z.squeeze(-1) if usable else None


@as_annotated(finite=False)
def pass_predictions(run: ImplicitPass, network: ImplicitNetwork) -> Float[Tensor, "*s n"]:
    """What a pass that was made predicts."""
    found = (run.z @ network.u.unsqueeze(-1)).squeeze(-1)
    if network.v is not None:
        found = found + (run.phi @ network.v.unsqueeze(-1)).squeeze(-1)
    return found


@as_annotated
def implicit_predictions(x: Float[Tensor, "*#s n d"], network: ImplicitNetwork) -> Tensor:
    """yhat_i = u.z_i + v.phi_i, or u.z_i, of shape (*s, n).

    Raises:
        ValueError: the inputs do not fit the network.
    """
    return pass_predictions(implicit_pass(x, network), network)
