"""Laws to be sampled: log densities p, their scores s_p = grad log p, and exact draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float64
from torch import Tensor

from models.arguments import as_annotated, check_fields
from models.dataset import Dataset
from models.randomness import Keys, gaussian_outputs, gaussian_weights

_DRAWS = 2  # the layer of the stream that draws take; particles start from the first


class Target(Protocol):
    """What a sampler has to know of a law.

    Attributes:
        d: its dimension.
    """

    @property
    def d(self) -> int: ...  # noqa: D102

    def log_density(self, x: Tensor) -> Tensor:
        """Log p at points (..., d), up to a constant where that has no closed form."""

    def score(self, x: Tensor) -> Tensor:
        """Grad log p, as large as x."""


class ExactTarget(Target, Protocol):
    """A law that can be drawn from."""

    def draws(self, count: int, seeds: Keys) -> Tensor:
        """Independent draws, (s, count, d), independent of the seeds' first layer."""


@dataclass(frozen=True, slots=True, eq=False)
class GaussianTarget:
    """N(mean, root root^T).

    Attributes:
        mean: its mean.
        root: lower triangular, with a positive diagonal.

    Raises:
        ValueError: another root, or sizes that do not fit.
    """

    mean: Float64[Tensor, " d"]
    root: Float64[Tensor, "d d"]

    def __post_init__(self) -> None:
        check_fields(self)
        shape, wanted = tuple(self.root.shape), (len(self.mean),) * 2
        lower = shape == wanted and torch.equal(self.root, self.root.tril())
        if not lower or not bool((self.root.diagonal() > 0).all()):
            raise ValueError(
                f"GaussianTarget: root={self.root!r}; give a lower triangle of shape {wanted} "
                "with a positive diagonal"
            )

    @property
    def d(self) -> int:
        """Its dimension."""
        return len(self.mean)

    @property
    def covariance(self) -> Float64[Tensor, "d d"]:
        """The product root root^T."""
        return self.root @ self.root.mT

    def log_density(self, x: Float64[Tensor, "*s d"]) -> Float64[Tensor, "*s"]:
        """Log p."""
        _check_points(self, x)
        scaled = self._whitened(x)
        logs = self.root.diagonal().log().sum() + self.d / 2 * math.log(2 * math.pi)
        return -scaled.square().sum(dim=-1) / 2 - logs

    def score(self, x: Float64[Tensor, "*s d"]) -> Float64[Tensor, "*s d"]:
        """Grad log p."""
        _check_points(self, x)
        scaled = self._whitened(x).reshape(-1, self.d)
        solved: Tensor = torch.linalg.solve_triangular(self.root, scaled, upper=False, left=False)
        return -solved.reshape(x.shape)

    def draws(self, count: int, seeds: Keys) -> Float64[Tensor, "s count d"]:
        """Independent draws."""
        return self.mean + gaussian_weights(count, self.d, seeds, layer=_DRAWS) @ self.root.mT

    def _whitened(self, x: Tensor) -> Tensor:
        rows = (x - self.mean).reshape(-1, self.d)
        solved: Tensor = torch.linalg.solve_triangular(self.root.mT, rows, upper=True, left=False)
        return solved.reshape(x.shape)


@dataclass(frozen=True, slots=True, eq=False)
class MixtureTarget:
    """An even mixture of N(means_k, deviation^2 I).

    Attributes:
        means: of the components.
        deviation: > 0.

    Raises:
        ValueError: a deviation that is not > 0, or no means.
    """

    means: Float64[Tensor, "k d"]
    deviation: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self)
        if not 0 < self.deviation * self.deviation < math.inf:
            raise ValueError(
                f"MixtureTarget: deviation={self.deviation!r}; give one > 0 with a finite square"
            )

    @property
    def d(self) -> int:
        """Its dimension."""
        return int(self.means.shape[1])

    def log_density(self, x: Float64[Tensor, "*s d"]) -> Float64[Tensor, "*s"]:
        """Log p."""
        _check_points(self, x)
        size = self.d / 2 * math.log(2 * math.pi * self.deviation**2) + math.log(len(self.means))
        return torch.logsumexp(self._exponents(x), dim=-1) - size

    def score(self, x: Float64[Tensor, "*s d"]) -> Float64[Tensor, "*s d"]:
        """Grad log p."""
        _check_points(self, x)
        shares = torch.softmax(self._exponents(x), dim=-1)
        return (shares @ self.means - x) / self.deviation**2

    def draws(self, count: int, seeds: Keys) -> Float64[Tensor, "s count d"]:
        """Independent draws."""
        z = gaussian_weights(count, self.d, seeds, layer=_DRAWS)
        chosen = torch.special.ndtr(gaussian_outputs(count, seeds)) * len(self.means)
        places = chosen.long().clamp_max(len(self.means) - 1)
        return self.means[places] + self.deviation * z

    def _exponents(self, x: Tensor) -> Tensor:
        return -(x[..., None, :] - self.means).square().sum(dim=-1) / (2 * self.deviation**2)


@dataclass(frozen=True, slots=True)
class FunnelTarget:
    """Neal's funnel: x_1 ~ N(0, 9), and the other coordinates N(0, e^{x_1}) given x_1.

    Attributes:
        d: dimension, 2 to 50.

    Raises:
        ValueError: another dimension.
    """

    d: int = 2

    def __post_init__(self) -> None:
        if isinstance(self.d, bool) or not isinstance(self.d, int) or not 2 <= self.d <= 50:
            raise ValueError(f"FunnelTarget: d={self.d!r}; give an integer from 2 to 50")

    def log_density(self, x: Float64[Tensor, "*s d"]) -> Float64[Tensor, "*s"]:
        """Log p."""
        _check_points(self, x)
        neck, rest = x[..., 0], x[..., 1:].square().sum(dim=-1)
        size = self.d / 2 * math.log(2 * math.pi) + math.log(3)
        return -neck.square() / 18 - rest * (-neck).exp() / 2 - (self.d - 1) / 2 * neck - size

    def score(self, x: Float64[Tensor, "*s d"]) -> Float64[Tensor, "*s d"]:
        """Grad log p."""
        _check_points(self, x)
        neck, rest = x[..., :1], x[..., 1:]
        narrow = (-neck).exp()
        along = -neck / 9 + rest.square().sum(dim=-1, keepdim=True) * narrow / 2 - (self.d - 1) / 2
        return torch.cat((along, -rest * narrow), dim=-1)

    def draws(self, count: int, seeds: Keys) -> Float64[Tensor, "s count d"]:
        """Independent draws."""
        z = gaussian_weights(count, self.d, seeds, layer=_DRAWS)
        neck = 3 * z[..., :1]
        return torch.cat((neck, z[..., 1:] * (neck / 2).exp()), dim=-1)


@dataclass(frozen=True, slots=True, eq=False)
class LogisticPosterior:
    """Weights of logistic regression without intercept, given data and a prior N(0, v I).

    log p(w) = -sum_i log(1 + exp(-y_i w.x_i)) - |w|^2/(2 v), up to a constant; labels count as +1
    if y_i > 1/2, else as -1.

    Attributes:
        data: the rows x_i and labels.
        prior_variance: v > 0.

    Raises:
        ValueError: a variance that is not > 0.
    """

    data: Dataset
    prior_variance: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self)
        _check_variances("LogisticPosterior", prior_variance=self.prior_variance)

    @property
    def d(self) -> int:
        """Its dimension."""
        return self.data.d

    def log_density(self, x: Float64[Tensor, "*s d"]) -> Float64[Tensor, "*s"]:
        """Log p, up to a constant."""
        _check_points(self, x)
        fit = torch.nn.functional.logsigmoid(x @ self._signed().mT).sum(dim=-1)
        return fit - x.square().sum(dim=-1) / (2 * self.prior_variance)

    def score(self, x: Float64[Tensor, "*s d"]) -> Float64[Tensor, "*s d"]:
        """Grad log p."""
        _check_points(self, x)
        rows = self._signed()
        return torch.sigmoid(-(x @ rows.mT)) @ rows - x / self.prior_variance

    def _signed(self) -> Tensor:
        signs = torch.where(self.data.y > 0.5, 1.0, -1.0).to(self.data.y)
        return signs[:, None] * self.data.x


@as_annotated
def linear_posterior(
    data: Dataset, *, prior_variance: float = 1.0, noise_variance: float = 1.0
) -> GaussianTarget:
    """Weights of linear regression without intercept, which given data are Gaussian.

    The precision is X^T X/noise_variance + I/prior_variance, the mean solves it for
    X^T y/noise_variance.

    Args:
        data: rows x_i and labels y_i = w.x_i + noise.
        prior_variance: of N(0, v I) for w, > 0.
        noise_variance: of every label, > 0.

    Raises:
        ValueError: a variance that is not > 0.
    """
    _check_variances(
        "linear_posterior", prior_variance=prior_variance, noise_variance=noise_variance
    )
    eye = torch.eye(data.d, dtype=torch.float64)
    precision = data.x.mT @ data.x / noise_variance + eye / prior_variance
    mean = torch.linalg.solve(precision, data.x.mT @ data.y / noise_variance)
    covariance = torch.cholesky_inverse(torch.linalg.cholesky(precision))
    return GaussianTarget(mean, torch.linalg.cholesky(covariance))


def _check_points(target: Target, x: Tensor) -> None:
    """Raises ValueError: no points of the target's dimension, which may be infinite or NaN."""
    if not (isinstance(x, Tensor) and x.is_floating_point() and x.shape[-1:] == (target.d,)):
        given = f"{tuple(x.shape)}, {x.dtype}" if isinstance(x, Tensor) else repr(x)[:60]
        raise ValueError(
            f"{type(target).__name__}: points {given}; give floats of shape (*s, {target.d})"
        )


def _check_variances(where: str, **variances: float) -> None:
    for name, value in variances.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{where}: {name}={value!r}; give a number > 0")
