"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Sharper than the paper's text, at every width: gradients bounded by operator norms and the tangent
kernel ordered. All of it is ours.
    phi_i = s(W x_i)/sqrt(m),  z_i = s(gamma/sqrt(m) A z_i + phi_i),  yhat_i = u.z_i + v.phi_i,
    rho = gamma ||A||/sqrt(m) < 1,  k = 1/(1 - rho),  r = yhat - y,  p_i = D_i J_i^-T u.
"""  # noqa: E501  the citation is one line

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from certify import lambda_max, lambda_min
from claims import claim, wrong
from models import (
    ImplicitStart,
    implicit_gradients,
    implicit_kernels,
    pass_predictions,
)
from strategies import (
    either,
    implicit_starts,
    nonzero_datasets,
    real_datasets,
    unit_sphere_datasets,
)
from theorems._gao2022 import (
    EXACT_SIZES,
    Exact,
    Look,
    N,
    Sizes,
    about,
    bounds,
    gram_of,
    sizes_at,
)
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    constant,
    every,
    exactly,
    quantity,
)

DATA = either(unit_sphere_datasets(max_n=6), nonzero_datasets(max_n=4), real_datasets(max_n=6))
STARTS = implicit_starts(data=DATA)
EXACT_SEEN = (quantity("norm_Phi"), quantity("norm_Z"), quantity("residual"))
ONE = ImplicitStart.of(rows=[[1]], gamma="1/2", A=[[1]], W=[[1]], u=[1], v=[1], residual=[-1])
NEGATIVE = ImplicitStart.of(rows=[[1]], gamma="1/2", A=[[-1]], W=[[1]], u=[1], v=[1], residual=[-1])
HEADLESS = ImplicitStart.of(rows=[[1]], gamma="1/2", A=[[1]], W=[[1]], heads="zero", residual=[-1])


@claim(
    "Gradient norms",
    for_all={"start": STARTS},
    bound="tight",
    text="new",
    mutants=[
        wrong(k_z=0, because="Z = Phi/(1 - rho) for a positive neuron", witness={"start": ONE}),
        wrong(k_a=0, because="p = u/(1 - rho) for a positive neuron", witness={"start": ONE}),
        wrong(k_w=0, because="b = u/(1 - rho) + v for one", witness={"start": ONE}),
    ],
)
def gradient_norms(start: ImplicitStart, *, k_z: int = 1, k_a: int = 1, k_w: int = 1) -> Margin:
    """Features and gradients are bounded by operator norms, with equality for one neuron.

    ||Phi||_F <= ||W|| ||X||_F/sqrt(m),  ||Z||_F <= k ||Phi||_F,  ||grad_v|| <= ||Phi|| ||r||,
    ||grad_u|| <= ||Z|| ||r||,  ||grad_A||_F <= gamma k ||u|| ||Z|| ||r||/sqrt(m),
    ||grad_W||_F <= (k ||u|| + ||v||) ||X|| ||r||/sqrt(m).
    """
    look, exact = Look.at(start.x, start.network), about(start)
    r = pass_predictions(look.run, look.network) - start.y
    gradients = implicit_gradients(look.run, look.slopes, look.network, r)
    powers = {"A": k_a, "W": k_w, "u": 0, "v": 0}
    limits = _limits(_sizes(start), _seen(look, r), powers)
    named = {name: constant(f"k_{name.lower()}") for name in "AW"}
    terms = _limits(EXACT_SIZES, EXACT_SEEN, {**powers, **named})
    parts = {
        f"grad_{name}": _below(
            look.frobenius(gradient),
            limits[name],
            exact(quantity(f"gradient_{name}"), "<=", terms[name]),
        )
        for name, gradient in zip(("A", "W", "u", "v"), gradients, strict=True)
    }
    s, t = _sizes(start), EXACT_SIZES
    features, lifted = look.frobenius(look.run.phi), quantity("frobenius_Phi")
    amplified = bounds(t).k ** constant("k_z") * lifted
    return every(
        Phi=_below(features, s.W * s.F / s.m.sqrt(), exact(lifted, "<=", t.W * t.F / t.m.sqrt())),
        Z=_below(
            look.frobenius(look.run.z),
            _raised(bounds(s).k, k_z) * features,
            exact(quantity("frobenius_Z"), "<=", amplified),
        ),
        **parts,
    )


@claim(
    "Orders of the tangent kernel",
    for_all={"start": STARTS},
    bound="tight",
    text="new",
    mutants=[
        wrong(
            twice=2.0,
            because="without output weights H is ZZ^T + Phi Phi^T",
            witness={"start": HEADLESS},
        ),
        wrong(
            power=1,
            because="M = 1/(1 + rho)^2 for one neuron with A < 0",
            witness={"start": NEGATIVE},
        ),
        wrong(
            shrink=0.99,
            because="one positive neuron attains the bound",
            witness={"start": ONE},
        ),
        wrong(
            gain=1.01,
            because="one sample attains it: M is a number",
            witness={"start": ONE},
        ),
    ],
)
def kernel_orders(
    start: ImplicitStart,
    *,
    twice: float = 1.0,
    power: int = 2,
    shrink: float = 1.0,
    gain: float = 1.0,
) -> Margin:
    """H lies between what its output blocks give and an explicit bound; with signs M_ii is large.

    H - ZZ^T >= Phi Phi^T >= 0;  lambda_max(gamma^2 M o ZZ^T + Q o XX^T) <= gamma^2/m k^2 ||u||^2
    ||Z||^2 + (k ||u|| + ||v||)^2 ||X||^2/m;  lambda_min(gamma^2 M o ZZ^T) >= gamma^2 min_i M_ii
    lambda_min(ZZ^T);  and if all u_r = +-1, M_ii >= #{r: on at z_i}/(m (1 + rho)^2).
    """
    look, exact, s, t = Look.at(start.x, start.network), about(start), _sizes(start), EXACT_SIZES
    first, second, third, fourth = implicit_kernels(look.run, look.slopes, look.network)
    size = float((first + second + third + fourth).trace()) + 1e-30
    entries = look.relative * size
    adjoints = look.slopes.p.square().sum(dim=1) / start.m
    smallest = look.value(adjoints.min(), adjoints.max())
    between = _between(s, look.norm(look.run.z))
    squared = t.gamma**2 * quantity("least_M") * quantity("lambda_min_Z")
    bound = constant("shrink") * _between(t, quantity("norm_Z"))
    orders = {
        "above": at_least(
            lambda_min(first + second + (1 - twice) * fourth, entries=entries),
            exactly(0.0),
            scale=size,
            proof=exact(quantity("lambda_min_above"), ">=", 0) if twice == 1 else None,
        ),
        "between": at_most(
            lambda_max(first + second, entries=entries),
            shrink * between,
            scale=size,
            proof=exact(quantity("lambda_max_between"), "<=", bound),
        ),
        "schur": at_least(
            lambda_min(first, entries=entries),
            gain * s.gamma**2 * smallest * lambda_min(third, entries=entries),
            scale=size,
            proof=exact(quantity("lambda_min_H_A"), ">=", constant("gain") * squared),
        ),
    }
    if bool((look.network.u.abs() == 1).all()):
        on = float(look.slopes.D.sum(dim=1).min())
        orders["signs"] = _as_active(smallest, on, s, exact, power)
    return every(**orders)


def _as_active(smallest: Approx, on: float, s: Sizes[Approx], exact: Exact, power: int) -> Margin:
    """min_i M_ii >= #{r: on at z_i}/(m (1 + rho)^power), given both minima."""
    t = EXACT_SIZES
    floor = exactly(on) / (s.m * _raised(1 + bounds(s).rho, power))
    term = quantity("least_active") / (t.m * (1 + bounds(t).rho) ** constant("power"))
    return at_least(smallest, floor, proof=exact(quantity("least_M"), ">=", term))


def _sizes(start: ImplicitStart) -> Sizes[Approx]:
    gram = gram_of(start.x, start.network)
    least = lambda_min(gram, entries=1e-13 * float(gram.trace()))
    return sizes_at(start.x, start.network, least)


def _seen(look: Look, r: Tensor) -> tuple[Approx, Approx, Approx]:
    return look.norm(look.run.phi), look.norm(look.run.z), look.norm(r)


def _limits(s: Sizes[N], seen: tuple[N, N, N], powers: Mapping[str, Any]) -> dict[str, N]:
    """Bounds of the blocks of the gradient."""
    lifted, Z, r = seen
    k, root = bounds(s).k, s.m.sqrt()
    return {
        "A": s.gamma * _raised(k, powers["A"]) * s.u * Z * r / root,
        "W": (_raised(k, powers["W"]) * s.u + s.v) * s.X * r / root,
        "u": Z * r,
        "v": lifted * r,
    }


def _raised(base: N, power: Any) -> N:
    """A power, also the zeroth one."""
    return base / base if isinstance(power, int) and power == 0 else base**power


def _between(s: Sizes[N], Z: N) -> N:
    """B2 at the start, with ||Z||."""
    k = bounds(s).k
    return s.gamma**2 * k**2 * s.u**2 * Z**2 / s.m + (k * s.u + s.v) ** 2 * s.X**2 / s.m


def _below(value: Approx, limit: Approx, proof: Proof) -> Margin:
    """An upper bound, relative to its size."""
    return at_most(value, limit, scale=limit.high + 1e-30, proof=proof)
