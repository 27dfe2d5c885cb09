"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Derivatives through the equilibrium (Lemmas 2.3 and 3.1), at every width:
    phi_i = s(W x_i)/sqrt(m),  z_i = s(gamma/sqrt(m) A z_i + phi_i),  yhat_i = u.z_i + v.phi_i,
    D_i = diag 1[. > 0] at z_i,  E_i = diag 1[W x_i > 0],  J_i = I - gamma/sqrt(m) D_i A,
    p_i = D_i J_i^-T u,  b_i = E_i (p_i + v),  r = yhat - y,  s the ReLU with s'(0) = 0.
"""  # noqa: E501  the citation is one line

from math import sqrt

import torch
from torch import Tensor

from certify import enclosed, frobenius_norm, lambda_min
from claims import assume_premise, claim, misprint, not_executable, wrong
from models import (
    ImplicitStart,
    SeedNumber,
    gaussian_weights,
    implicit_gradients,
    implicit_jacobians,
    implicit_kernels,
    pass_predictions,
)
from strategies import (
    either,
    implicit_starts,
    nonzero_datasets,
    real_datasets,
    seeds,
    unit_sphere_datasets,
)
from theorems._gao2022 import EXACT_SIZES, Look, about, adjoint_form
from theorems._gao2022secants import gaussian_direction, reach_of, secant, size_of
from verdicts import (
    Approx,
    Margin,
    at_least,
    constant,
    equal_to,
    every,
    exactly,
    greatest,
    quantity,
)

DATA = either(unit_sphere_datasets(max_n=6), nonzero_datasets(max_n=4), real_datasets(max_n=6))
MODERATE = either(unit_sphere_datasets(max_n=4), real_datasets(max_n=4))
EPS = 2.0**-52
SECANT = 1e-6  # resolution of a derivative by secants

ONE = ImplicitStart.of(rows=[[1]], gamma="1/2", A=[[1]], W=[[1]], u=[1], v=[1], residual=[-1])
OFF = ImplicitStart.of(rows=[[1]], gamma="1/2", A=[[1]], W=[[-1]], u=[1], v=[1], residual=[-1])
FED = ImplicitStart.of(
    rows=[[1]], gamma="1/2", A=[[0, 1], [0, 0]], W=[[1], [1]], u=[1, 1], v=[1, 1], residual=[-1]
)
UNFED = ImplicitStart.of(
    rows=[[1]], gamma="1/2", A=[[0, 1], [-2, 0]], W=[[2], [1]], u=[1, 1], v=[1, 1], residual=[-1]
)
TWICE = ImplicitStart.of(
    rows=[[1], [1]],
    gamma="1/2",
    A=[["1/2"]],
    W=[[1]],
    u=[1],
    v=[1],
    residual=[-1, -1],
)


def _towards(start: ImplicitStart) -> dict[str, object]:
    return {"start": start, "direction": SeedNumber(0)}


equation_23 = not_executable(
    "Equation (23)",
    where="appendix, proof of Lemma 2.3",
    reason="dl/dv is labelled dl/dphi: a slip of a name; the formula is that of Lemma 2.3 (iii)",
)
lemma_3_1_corollary = not_executable(
    "Lemma 3.1, corollary",
    where="after the proof of Lemma 3.1",
    reason="lambda_min(H) >= lambda gives L(t) <= exp(-2 lambda t) L(0) by integrating Lemma 3.1; "
    "the paper writes the weaker exp(-lambda t). Both rates are tried on trajectories in "
    "gao2022training.theorem_gf",
)


@claim(
    "Lemma 2.3 (ii)",
    for_all={"start": implicit_starts(data=DATA), "mask": seeds()},
    bound="tight",
    examples=[{"start": ONE, "mask": SeedNumber(0)}],
    mutants=[
        misprint(
            strict=1e-6,
            where="Lemma 2.3 (ii): lambda_min > 1 - gamma_0",
            because="A = c, m = 1 and an active neuron give equality",
            witness={"start": ONE, "mask": SeedNumber(0)},
        ),
        wrong(
            ceiling=1.1,
            because="slopes beyond 1 would not do",
            witness={"start": ONE, "mask": SeedNumber(0)},
        ),
        wrong(
            least=1.0,
            because="c >= ||A||/sqrt(m) is needed whole: gamma = gamma_0/c",
            witness={
                "start": ImplicitStart.of(
                    rows=[[1]], gamma="1/4", A=[[2]], W=[[1]], heads="zero", residual=[1]
                ),
                "mask": SeedNumber(0),
            },
        ),
    ],
)
def lemma_2_3_ii(
    start: ImplicitStart,
    mask: SeedNumber,
    *,
    strict: float = 0.0,
    ceiling: float = 1.0,
    least: float = 0.0,
) -> Margin:
    """The linearised equation is as far from singular as gamma_0 says.

    With c >= 1 and ||A|| <= c sqrt(m), gamma = gamma_0/c, gamma_0 < 1: for every diagonal
    0 <= D <= I, the least singular value of I - gamma/sqrt(m) D A is >= 1 - gamma_0, and so is the
    least eigenvalue of its symmetric part, hence the real part of every eigenvalue.

    The paper says lambda_min > 1 - gamma_0 of a matrix that is not symmetric. Here D is each
    sample's own, 0, I, and four random ones; c is the least that the start allows.
    """
    network, exact, t = start.network, about(start), EXACT_SIZES
    size = float(torch.linalg.matrix_norm(network.A, ord=2)) / sqrt(start.m)
    c = Approx.around(max(1.0, size), 20 * (start.m + 4) * EPS * max(1.0, size))
    gamma_0 = network.gamma * (exactly(least) if least else c)
    rest = 1 - t.gamma * greatest(1, t.A / t.m.sqrt())
    left = at_least(1 - network.gamma * c, exactly(1e-9), proof=exact(rest, ">=", 1e-9))
    assume_premise("gamma_0 < 1", left)
    D = ceiling * _masks(start, mask)
    J = torch.eye(start.m).to(D) - network.scale * D.unsqueeze(-1) * network.A
    error = 20 * (start.m + 4) * EPS * (1 + ceiling * network.gamma * size)
    singular = enclosed(torch.linalg.svdvals(J)[..., -1].min(), error)
    symmetric = lambda_min((J + J.mT) / 2, entries=error / start.m).min()
    bound = 1 - gamma_0 + strict
    worst = exact(quantity("least_singular_J"), ">=", rest + constant("strict"))
    told = worst if strict else None  # the exact model knows the samples' own D alone
    return every(
        singular=at_least(singular, bound, proof=told),
        symmetric=at_least(symmetric, bound),
    )


@claim(
    "Lemma 2.3 (i), (iii)",
    for_all={
        "start": implicit_starts(data=MODERATE, max_rho=0.7),
        "direction": seeds(),
    },
    mutants=[
        wrong(form="no inverse", because="z feeds back", witness=_towards(ONE)),
        wrong(form="no v", because="phi is read by v too", witness=_towards(ONE)),
        wrong(form="no E", because="W x < 0 passes nothing on", witness=_towards(OFF)),
        wrong(form="no D", because="a neuron that is off passes nothing", witness=_towards(UNFED)),
        wrong(form="swapped", because="A and A^T differ", witness=_towards(FED)),
    ],
)
def lemma_2_3_iii(start: ImplicitStart, direction: SeedNumber, *, form: str = "TB-5") -> Margin:
    """One linear system a sample gives all derivatives of the prediction.

    dyhat_i = gamma/sqrt(m) p_i.dA z_i + b_i.dW x_i/sqrt(m) + du.z_i + dv.phi_i, which is (iii) with
    the partial derivatives (i) of z - s(gamma/sqrt(m) A z + phi) put in.

    Compared with secants through equilibria solved anew, in a Gaussian direction, where no
    pre-activation changes its side; their error is what halving the step changes.
    """
    look = Look.at(start.x, start.network)
    moves = gaussian_direction(start, direction)
    found, same = secant(start, moves)
    assume_premise("no kink nearby", at_least(exactly(float(same)), exactly(0.5)))
    p, b = adjoint_form(look, form)
    network, run = look.network, look.run
    by_a, by_w, by_u, by_v = moves
    parts = [
        network.scale * p * (run.z @ by_a.T),
        network.input_scale * b * (run.x @ by_w.T),
        run.z * by_u,
        run.phi * by_v,
    ]
    total = torch.stack(parts).sum(dim=(0, 2))
    size = torch.stack(parts).abs().sum(dim=(0, 2)) + 1e-12 * reach_of(look)
    k2 = 1 / (1 - float(run.rho)) ** 2
    formula = enclosed(total, look.relative * size + 1e-300)
    gap = abs(found - formula).max()
    return equal_to(gap, exactly(0.0), scale=float(size.max()) * k2, resolution=SECANT)


@claim(
    "Lemma 3.1, the tangent kernel",
    for_all={"start": implicit_starts(data=DATA)},
    depends_on=["gao2022.lemma_2_3_iii"],
    mutants=[
        misprint(
            ones=False,
            where="(14): (gamma^2 M + I_n) o ZZ^T",
            because="u moves all predictions: I_n must be 11^T, as two equal samples show",
            witness={"start": TWICE},
        ),
        misprint(
            transposed=False,
            where="(16): the first factor of Q has (I - gamma/sqrt(m) D A)^-1 u",
            because="without the transpose Q is not even symmetric, and wrong on its diagonal",
            witness={"start": FED},
        ),
    ],
)
def lemma_3_1(start: ImplicitStart, *, ones: bool = True, transposed: bool = True) -> Margin:
    """The tangent kernel of all four blocks is a sum of Hadamard products.

    J J^T = (gamma^2 M + 11^T) o ZZ^T + Q o XX^T + Phi Phi^T, with J the Jacobian of yhat, M_ij =
    p_i.p_j/m and Q_ij = b_i.b_j/m.

    Corrected: the paper has I_n for 11^T, and J^-1 for J^-T in one factor of Q.
    """
    look, exact = Look.at(start.x, start.network), about(start)
    first, second, third, fourth = implicit_kernels(look.run, look.slopes, look.network)
    jacobian = torch.cat(implicit_jacobians(look.run, look.slopes, look.network), dim=-1)
    if not ones:
        third = torch.diag(third.diagonal())
    if not transposed:
        b = adjoint_form(look, "swapped")[1]
        second = b @ look.slopes.b.T / start.m * (look.run.x @ look.run.x.T)
    true = jacobian @ jacobian.T
    size = float(true.diagonal().sum()) + 1e-30
    gap = frobenius_norm(first + second + third + fourth - true, entries=look.relative * size)
    printed = quantity("gap_transpose" if ones else "gap_identity")
    return equal_to(gap, exactly(0.0), scale=size, resolution=1e-7, proof=exact(printed, "==", 0))


@claim(
    "Lemma 3.1",
    for_all={"start": implicit_starts(data=MODERATE, max_rho=0.7)},
    depends_on=["gao2022.lemma_3_1"],
    mutants=[
        wrong(ones=0.0, because="u moves all predictions", witness={"start": TWICE}),
        wrong(skip=0.0, because="v moves as well", witness={"start": ONE}),
    ],
)
def lemma_3_1_flow(start: ImplicitStart, *, ones: float = 1.0, skip: float = 1.0) -> Margin:
    """Along gradient flow the predictions obey d yhat/dt = -H (yhat - y).

    Compared with secants of yhat along minus the gradient, where no pre-activation changes its
    side. The sign of H is that of a sum of squares: -2 r.H r <= 0 is d||r||^2/dt.
    """
    look = Look.at(start.x, start.network)
    r = pass_predictions(look.run, look.network) - start.y
    gradients = implicit_gradients(look.run, look.slopes, look.network, r)
    blocks = list(look.network.named().values())
    pairs = zip(blocks, gradients, strict=True)
    pace = min(size_of(b) / float(g.norm().clamp_min(1e-12)) for b, g in pairs)
    found, same = secant(start, [-pace * g for g in gradients])
    assume_premise("no kink nearby", at_least(exactly(float(same)), exactly(0.5)))
    first, second, third, fourth = implicit_kernels(look.run, look.slopes, look.network)
    others = third - torch.diag(third.diagonal())
    H = first + second + third - (1 - ones) * others + skip * fourth
    total, size = -pace * (H @ r), pace * float(H.trace() * r.norm())
    formula = enclosed(total, look.relative * size + 1e-300)
    k2 = 1 / (1 - float(look.run.rho)) ** 2
    scale = (size + 1e-12 * reach_of(look)) * k2
    return equal_to(abs(found - formula).max(), exactly(0.0), scale=scale, resolution=SECANT)


def _masks(start: ImplicitStart, mask: SeedNumber) -> Tensor:
    """Diagonals in [0, 1], one a row: each sample's own, all, none, and four random ones."""
    own = Look.at(start.x, start.network).slopes.D
    edges = torch.stack([torch.ones_like(own[0]), torch.zeros_like(own[0])])
    normal = gaussian_weights(4, start.m, mask)[0]
    random = torch.cat([(normal[:2] > 0).to(own), normal[2:].sigmoid()])
    return torch.cat([own, edges, random])
