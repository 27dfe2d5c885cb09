"""Yang, Chen, Hao: Homotopy Relaxation Training Algorithms for Infinite-Width ReLU Networks.

arXiv:2309.15244v1, of which the abstract and the first page were read. Training begins with the
activation sigma_s(z) = (1 - s) z + s max(z, 0) for a small s that grows to 1, or beyond it to 2.
For unit inputs with G = X X^T the kernel of an infinitely wide first layer is

    K_s = E sigma_s'(w.x_i) sigma_s'(w.x_j) x_i.x_j
        = (1 - s/2)^2 G + s^2/(2 pi) G o arcsin(G) = (1 - s) G + s^2 H_inf.
"""

import math
from fractions import Fraction

import torch
from torch import Tensor

from certify import enclosed, lambda_min
from claims import claim, not_executable, reached, refuted_claim, wrong
from models import Dataset, H_inf, gaussian_weights, gram
from strategies import (
    either,
    exact_decimals,
    orthonormal_datasets,
    rank_deficient_datasets,
    real_datasets,
    unit_sphere_datasets,
    widths,
)
from verdicts import (
    Approx,
    Expectation,
    Margin,
    Proof,
    Seeds,
    Term,
    at_least,
    at_most,
    equal_to,
    exactly,
    expectation_equal,
    number,
    quantity,
)

ENTRY = 1e-14  # rounding of an entry of these kernels; |s| <= 2 and the inputs have norm 1
DATA = either(unit_sphere_datasets(), real_datasets())
SLOPES = exact_decimals(min_value=0, max_value=2)
BEYOND = exact_decimals(min_value=1, max_value=2)
PAIR = Dataset.of(rows=[[1, 0], [0, 1]], labels=[0, 0])
NEAR_ANTIPODAL = Dataset.of(rows=[[1, 0], [-99, 1]], labels=[0, 0])

decay = not_executable(
    "Training decays faster with s > 1",
    where="abstract",
    reason="said to be possible, without a condition; what it would rest on is refuted below",
)
convergence = not_executable(
    "Convergence of the relaxed training in the kernel regime",
    where="abstract",
    reason="no width and no constant could be read",
)


@claim(
    "Kernel of sigma_s, its mean",
    for_all={"data": unit_sphere_datasets(max_n=5), "s": SLOPES, "m": widths(min_m=16, max_m=64)},
    topics=["probabilistic"],
    text="derived",
    mutants=[
        wrong(
            power=1,
            because="at s = 2 the second term is twice too small",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "s": 2, "m": 16},
        )
    ],
)
def kernel_mean(data: Dataset, s: Fraction, m: int, *, power: int = 2) -> Expectation:
    """The kernel of a wide layer of sigma_s has the mean K_s = (1 - s) G + s^2 H_inf.

    E v^T K(W) v = v^T K_s v for v = (1, ..., 1), where K(W) is the Gram matrix of m neurons with
    w_r ~ N(0, I). As |sigma_s'| <= 1 for s in [0, 2], one neuron adds at most n^2 to it, so that
    the variance is at most n^4/(4 m).
    """
    n, d = data.x.shape
    slope = float(s)

    def sample(seeds: Seeds) -> Approx:
        w = gaussian_weights(m, d, seeds)
        x = data.x.to(w)
        slopes = (1 - slope) + slope * (w @ x.mT >= 0).to(w)
        value = (slopes @ x).square().sum(dim=-1).mean(dim=-1)
        return enclosed(value, 1e-12 * n**2)

    value = (1 - slope) * gram(data.x).sum() + slope**power * H_inf(data.x).sum()
    return expectation_equal(
        sample,
        enclosed(value, n**2 * ENTRY),
        variance_at_most=n**4 / (4 * m),
        floats_per_seed=m * (n + d),
        scale=n**2 / 2,
    )


@claim(
    "Kernel of sigma_s, two forms",
    for_all={"data": DATA, "s": SLOPES},
    text="derived",
    mutants=[
        wrong(
            share=0.5,
            because="one input has arcsin(1) = pi/2, hence s^2/4 and not s^2/8",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "s": 1},
        ),
        wrong(
            linear=1.0,
            because="sigma_s has the mean slope 1 - s/2, not 1 - s",
            witness={"data": Dataset.of(rows=[[1]], labels=[0]), "s": 1},
        ),
    ],
)
def kernel_forms(data: Dataset, s: Fraction, *, share: float = 1.0, linear: float = 0.5) -> Margin:
    """(1 - s/2)^2 G + s^2/(2 pi) G o arcsin(G) = (1 - s) G + s^2 H_inf, entry by entry."""
    G, slope = gram(data.x), float(s)
    curved = slope**2 * share * G * _arcsines(data.x) / (2 * math.pi)
    other = (1 - linear * slope) ** 2 * G + curved
    worst = (other - _kernel(data.x, slope)).abs().max()
    return equal_to(enclosed(worst, 4 * ENTRY), exactly(0.0))


@claim(
    "Kernel of sigma_s, least eigenvalue",
    for_all={"data": DATA, "s": SLOPES},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            share=2.0,
            because="orthonormal inputs attain (1 - s/2)^2 + s^2/4",
            witness={"data": PAIR, "s": 1},
        ),
        wrong(
            linear=0.25,
            because="orthonormal inputs attain (1 - s/2)^2 + s^2/4",
            witness={"data": PAIR, "s": 1},
        ),
    ],
)
def least_eigenvalue(
    data: Dataset, s: Fraction, *, share: float = 1.0, linear: float = 0.5
) -> Margin:
    """Both parts of the kernel are positive semidefinite, so that their least eigenvalues add up.

    lambda_min(K_s) >= (1 - s/2)^2 lambda_min(G) + s^2/(2 pi) lambda_min(G o arcsin(G)).
    """
    G, slope = gram(data.x), float(s)
    parts = lambda_min(G), lambda_min(G * _arcsines(data.x), entries=ENTRY)
    first = parts[0] * (1 - linear * slope) ** 2
    second = parts[1] * (slope**2 * share / (2 * math.pi))
    return at_least(_least(data, s), first + second, scale=1.0)


@claim(
    "Kernel of sigma_s on the null space of G",
    for_all={"data": rank_deficient_datasets(), "s": SLOPES},
    text="derived",
    mutants=[
        wrong(
            power=1,
            because="where v^T G v = 0 both parts but s^2 H_inf vanish",
            witness={"data": Dataset.of(rows=[[1, 0], [0, 1], [1, 1]], labels=[0] * 3), "s": 2},
        )
    ],
)
def null_space(data: Dataset, s: Fraction, *, power: int = 2) -> Margin:
    """Where the linear kernel is blind, the kernel of sigma_s grows exactly as s^2.

    v^T K_s v = s^2 v^T H_inf v for every v with X^T v = 0; here for all of them: on an orthonormal
    basis V of these, ||V^T (K_s - s^2 H_inf) V||_F = 0.
    """
    x, slope = data.x, float(s)
    null = _null_basis(x)
    reached(n=data.n)
    apart = null.mT @ (_kernel(x, slope) - slope**power * H_inf(x)) @ null
    rounding = 20 * data.n * ENTRY
    return equal_to(enclosed(torch.linalg.matrix_norm(apart), rounding), exactly(0.0))


@claim(
    "Kernel of sigma_s, orthonormal inputs",
    for_all={"data": orthonormal_datasets(min_n=2), "s": SLOPES},
    text="derived",
    bound="tight",
    mutants=[
        wrong(
            share=1.0,
            because="the diagonal is (1 - s/2)^2 + s^2/4 = 1 - s + s^2/2",
            witness={"data": PAIR, "s": 1},
        )
    ],
)
def orthonormal_inputs(data: Dataset, s: Fraction, *, share: float = 0.5) -> Margin:
    """For orthonormal inputs lambda_min(K_s) = 1 - s + s^2/2, which is least at the ReLU, s = 1."""
    value = exactly(1 - s + Fraction(share) * s**2)
    proof = Proof("inputs", data.recipe, _term(s), "==", 1 - s + number(share) * (s * s))
    return equal_to(_least(data, s), value, proof=proof)


@refuted_claim(
    "The least eigenvalue grows with s in [0, 2]",
    for_all={"data": DATA, "s": SLOPES, "t": SLOPES},
    because="orthonormal inputs have 1, 5/8, 1/2, 5/8, 1 at s = 0, 1/2, 1, 3/2, 2",
    witness={"data": PAIR, "s": 0, "t": 1},
    text="derived",
)
def grows_from_the_line(data: Dataset, s: Fraction, t: Fraction) -> Margin:
    """lambda_min(K_s) <= lambda_min(K_t) for 0 <= s <= t <= 2."""
    return _grows(data, min(s, t), max(s, t))


@refuted_claim(
    "The least eigenvalue grows with s in [1, 2]",
    for_all={"data": DATA, "s": BEYOND, "t": BEYOND},
    because="for c -> -1 two inputs have 1/2 at s = 1 and 1/8 at s = 3/2: it is 2 (1 - s/2)^2",
    witness={"data": NEAR_ANTIPODAL, "s": 1, "t": Fraction(3, 2)},
    text="derived",
)
def grows_beyond_relu(data: Dataset, s: Fraction, t: Fraction) -> Margin:
    """lambda_min(K_s) <= lambda_min(K_t) for 1 <= s <= t <= 2: what faster decay would rest on."""
    return _grows(data, min(s, t), max(s, t))


def _grows(data: Dataset, s: Fraction, t: Fraction) -> Margin:
    proof = Proof("inputs", data.recipe, _term(s), "<=", _term(t))
    return at_most(_least(data, s), _least(data, t), scale=1.0, proof=proof)


def _term(s: Fraction) -> Term:
    return quantity("lambda_min_homotopy", s=s)


def _least(data: Dataset, s: Fraction) -> Approx:
    return lambda_min(_kernel(data.x, float(s)), entries=ENTRY)


def _kernel(x: Tensor, s: float) -> Tensor:
    """K_s = (1 - s) G + s^2 H_inf."""
    return (1 - s) * gram(x) + s**2 * H_inf(x)


def _arcsines(x: Tensor) -> Tensor:
    """arcsin(x_i.x_j) for unit inputs, by the angle where the arcsine would lose digits."""
    cosine = gram(x).clamp(-1.0, 1.0)
    apart = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    together = torch.cdist(x, -x, compute_mode="donot_use_mm_for_euclid_dist")
    angle = 2 * torch.atan2(apart, together)
    return torch.where(cosine.abs() < 0.9, cosine.asin(), math.pi / 2 - angle)


def _null_basis(x: Tensor) -> Tensor:
    """Orthonormal columns v with x^T v = 0, as many as the inputs have too many."""
    left, sizes, _ = torch.linalg.svd(x, full_matrices=True)
    rank = int((sizes > 1e-9 * sizes[0]).sum())
    null: Tensor = left[:, rank:]
    return null
