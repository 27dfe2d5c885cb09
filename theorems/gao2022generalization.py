"""Gao, Gao: On the optimization and generalization of overparameterized implicit neural networks. arXiv:2209.15562v1.

Only A is trained: z_i = s(gamma/sqrt(m) A z_i + phi_i), yhat_i = u.z_i + v.phi_i, s = max(., 0). With
D_i = 1{z_i > 0} and p_i = D_i (I - gamma/sqrt(m) A^T D_i)^(-1) u the tangent kernel of A is
H_A = gamma^2 M o Z Z^T, M_ij = p_i.p_j/m. The text was not read beyond its abstract.
"""  # noqa: E501  the citation is one line

from functools import partial

import torch

from certify import enclosed
from claims import assume_premise, claim, not_executable, wrong
from models import ImplicitStart
from strategies import either, implicit_starts, real_datasets, small_decimals, unit_sphere_datasets
from theorems._lazy_equilibria import Lazy, Look, deviation, moved
from verdicts import Margin, Proof, at_least, at_most, every, exactly, quantity

DATA = either(unit_sphere_datasets(max_n=5, max_d=6), real_datasets(max_n=5))
HELD_BACK = ImplicitStart.of(rows=[[1]], A=[["-1/2"]], W=[[1]], u=[1], v=[0], gamma=1, labels=[0])
ONE_OFF = ImplicitStart.of(
    rows=[[1]], A=[[0, 0], [0, 0]], W=[[1], [-1]], u=[1, 1], v=[0, 0], gamma=1, labels=[0]
)
UNLIKE = ImplicitStart.of(
    rows=[[1, 0], [0, 1]],
    A=[[0, 0], [0, 0]],
    W=[[1, 0], [0, 1]],
    u=[1, 2],
    v=[0, 0],
    gamma=1,
    labels=[0, 0],
)
COUPLED = ImplicitStart.of(
    rows=[[1]],
    A=[["1/5", "-1/2", "1/3"], ["1/4", "1/10", 0], ["1/2", "-1/5", "1/4"]],
    W=[[2], [-1], [1]],
    u=[1, -1, 1],
    v=[0, 0, 0],
    gamma="0.7",
    residual=[1],
)
CONDITION = 20.0  # of H_A, for the sake of time alone

generalization = not_executable(
    "Generalization bound",
    where="abstract",
    reason="its constants hide in O(.); the norm that enters it is checked in C2",
)


@claim(
    "C1",
    for_all={"start": implicit_starts(data=DATA, max_m=24, heads=("drawn",))},
    bound="tight",
    text="new",
    examples=[{"start": HELD_BACK}],
    mutants=[
        wrong(
            power=1,
            because="A = -c for one neuron: M = 1/(1 + rho)^2",
            witness={"start": HELD_BACK},
        ),
        wrong(
            masked=False,
            because="a neuron that is off gives nothing to p",
            witness={"start": ONE_OFF},
        ),
        wrong(
            mean=True,
            because="orthogonal features of unlike heads: the smaller M decides",
            witness={"start": UNLIKE},
        ),
    ],
)
def c1(start: ImplicitStart, *, power: int = 2, masked: bool = True, mean: bool = False) -> Margin:
    """The kernel of A is as definite as the features, and every active neuron counts.

    lambda_min(H_A) >= gamma^2 min_i M_ii lambda_min(Z Z^T) by Schur's theorem, and M_ii >=
    ||D_i u||^2/(m (1 + rho)^2) with rho = gamma ||A||/sqrt(m) < 1: for heads +-1 the share of
    active neurons, over (1 + rho)^2. On the active set p = (I - c A^T)^(-1) u.
    """
    look, net = Look.at(start), start.network
    shared = look.P.scaled(1 / start.m)  # M
    diagonal = shared.diagonal
    least = diagonal.sum() / start.n if mean else diagonal.min()
    heads = (look.D if masked else torch.ones_like(look.D)) * net.u
    count = enclosed(heads.square().sum(dim=-1), 1e-14 * float(net.u.square().sum()))
    bound = count / start.m / (1 + exactly(look.rho)) ** power
    squared = exactly(net.gamma) * exactly(net.gamma)
    of_p, of_z = look.sizes(start)
    exact = partial(Proof, "implicit", start.exact_recipe)
    by_schur = quantity("gamma") ** 2 * quantity("least_M") * quantity("lambda_min_Z")
    counted = quantity("least_active_heads") if masked else quantity("norm_u") ** 2
    by_heads = counted / quantity("m") / (1 + quantity("rho")) ** power
    return every(
        schur=at_least(
            squared * shared.times(look.Z).least,
            squared * least * look.Z.least,
            scale=squared.high * of_p / start.m * of_z + 1e-300,
            proof=None if mean else exact(quantity("lambda_min_H_A"), ">=", by_schur),
        ),
        active=at_least(
            (diagonal - bound).min(),
            exactly(0),
            scale=of_p / start.m + 1e-300,
            proof=exact(quantity("least_M"), ">=", by_heads) if start.n == 1 else None,
        ),
    )


@claim(
    "C2",
    for_all={
        "start": implicit_starts(
            data=unit_sphere_datasets(max_n=3, max_d=4),
            min_m=3,
            max_m=8,
            max_rho=0.5,
            heads=("drawn",),
            min_lambda_G=1e-2,
        ),
        "share": small_decimals(min_value=0.001, max_value=0.5),
    },
    text="new",
    depends_on=["gao2022generalization.c1"],
    mutants=[
        wrong(
            frozen=True,
            because="the kernel with all neurons on is another one",
            witness={"start": COUPLED, "share": 0.01},
        ),
        wrong(
            order=2.0,
            because="the deviation is of first order in the residual",
            witness={"start": COUPLED, "share": 0.001},
        ),
    ],
)
def c2(start: ImplicitStart, share: float, *, frozen: bool = False, order: float = 1.0) -> Margin:
    """Trained from a small residual, A moves by the norm that enters generalization bounds.

    Let lambda = lambda_min(H_A(0)) > 0, K = 1/(1 - rho) at the end of a ball around A(0) where no
    pre-activation changes sign, and b = 2 (gamma^2/m) K^3 ||u|| ||Phi||_F. If r_0 is at most
    lambda/(16 b) and 4 r_0/sqrt(lambda) at most the ball's radius, gradient descent on A with
    eta <= 0.64/||J(0)||^2 converges, and with D^2 = r(0)^T H_A(0)^(-1) r(0)
    | ||A(inf) - A(0)||_F/D - 1 | <= (88/3) b r_0^2/(lambda^1.5 D): the ratio tends to 1 linearly in
    r_0. Proof: J is b-Lipschitz in the ball, the path is no longer than l = 4 r_0/sqrt(lambda),
    sum eta ||r_k|| <= 16 r_0/(3 lambda), and A(inf) - A(0) is -J(0)^+ r(0) up to
    b l^2/(2 sqrt(lambda)) + b l 16 r_0/(3 lambda). The constant is loose, by about 100.
    """
    lazy = Lazy.around(start)
    top = lazy.H.most
    assume_premise("lambda_min(H_A) > 0", at_least(lazy.lam, 1 / CONDITION * top))
    # Else the residual, and with it the deviation, is too small for floats.
    far = exactly(0.01 / 4 / lazy.bend) * lazy.lam.sqrt()
    assume_premise("kinks far", at_least(exactly(lazy.radius), far))
    r_0 = share * lazy.largest_residual()
    e, distance = moved(start, lazy, r_0)
    kernel = Look.at(start, frozen=True).kernel(lazy.c) if frozen else lazy.H
    length = lazy.norm_of_step(e)
    ratio = distance / lazy.norm_of_step(e, kernel=kernel)
    bound = deviation(lazy, r_0, length) * share ** (order - 1)
    return every(
        above=at_most(ratio - 1, bound, scale=bound),
        below=at_least(ratio - 1, -1 * bound, scale=bound),
    )
