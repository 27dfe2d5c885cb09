"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Lemmas 3.5 and 3.6, Theorems 3.1 and 3.2: what is printed, and what is true of it. Output weights
are +1 or -1 at the start, so ||u(0)|| = ||v(0)|| = sqrt(m); G = Phi Phi^T; c >= 2 bounds ||A(0)||
and ||W(0)|| by c sqrt(m); gamma <= min(1/2, 1/(4c)); r = yhat - y, r_0 = ||r(0)||. Conditionally on
the start nothing is said of G_inf but lambda_min(G(0)) >= 3/4 lambda_0, so lambda_0 may stand for
4/3 lambda_min(G(0)).
"""  # noqa: E501  the citation is one line

from functools import partial

from certify import lambda_min
from claims import assume_premise, claim, not_executable, refuted_claim, wrong
from dynamics import implicit_flow
from models import Dataset, ImplicitStart, implicit_predictions
from strategies import (
    either,
    implicit_starts,
    real_datasets,
    small_decimals,
    unit_sphere_datasets,
)
from theorems._gao2022 import EXACT_SIZES, N, Sizes, about, direction_of, gram_of, sizes_at
from theorems._gao2022training import decay_times_of
from theorems._implicit_kernels import limit_of
from verdicts import (
    Approx,
    Margin,
    Proof,
    Term,
    at_least,
    at_most,
    constant,
    decays,
    every,
    exactly,
    greatest,
    largest,
    number,
    quantity,
)

STARTS = implicit_starts(
    data=either(unit_sphere_datasets(max_n=4), real_datasets(max_n=4)),
    max_m=8,
    heads=("signs",),
    max_rho=0.5,
    min_lambda_G=1e-3,
    quarter=True,
)
SHARES = small_decimals(min_value=0.01, max_value=1)
FLOW = 1e-6  # resolution along a flow
INSIDE = 0.999  # of the largest r_0

ONE = ImplicitStart.of(rows=[[1]], gamma="1/8", A=[[1]], W=[[1]], u=[1], v=[1], residual=[-1])
CLOSE = Dataset.of(rows=[[1, 0], [10, 1]], labels=[1, -1])

theorem_3_1 = not_executable(
    "Theorem 3.1",
    where="section 3",
    reason="with the constants of its proof m >= 38000 r_0^2 for one sample already, and A is "
    "m x m; its deterministic part is Lemma 3.5, checked at small widths",
)
theorem_3_2 = not_executable(
    "Theorem 3.2",
    where="section 3",
    reason="as Theorem 3.1, whose width it states with another power of lambda_0; with output "
    "weights +1 and -1 no complete proof is known, with small ones it is "
    "gao2022training.theorem_gd",
)
lemma_3_5_proof = not_executable(
    "Proof of Lemma 3.5, steps (iv) and (v)",
    where="appendix A.7",
    reason="they multiply by the bounds (ii) and (iii), which are false, and lose a factor "
    "sqrt(m); with the true bounds the conclusions stand",
)
lemma_3_6_width = not_executable(
    "Proof of Lemma 3.6, m = Theta(...)",
    where="appendix A.8",
    reason="an upper bound of m is used where the lemma has a lower one, m = Omega(...)",
)


@claim(
    "Lemma 3.5, corrected",
    for_all={"start": STARTS, "share": SHARES},
    topics=["training"],
    text="derived",
    depends_on=["gao2022training.theorem_gf"],
    cost=lambda start: 1.9e6 + 1e3 * start.m**2,
    mutants=[
        wrong(
            reach=40.0,
            because="labels that pull down far enough shrink the neuron",
            witness={"start": ONE, "share": 1.0},
        ),
        wrong(
            ball=0.03,
            because="W moves by a few hundredths of its bound",
            witness={"start": ONE, "share": 1.0},
        ),
        wrong(
            rate=12.0,
            because="lambda_max(H) bounds the rate of one sample",
            witness={"start": ONE, "share": 1.0},
        ),
    ],
)
def lemma_3_5(
    start: ImplicitStart,
    share: float,
    *,
    reach: float = 1.0,
    ball: float = 1.0,
    rate: float = 1.0,
) -> Margin:
    """Gradient flow from output weights +1 and -1 fits labels that are near enough.

    If ||x_i|| = 1 and m >= max(64 c^2 n/lambda_0^2, 4791 ||X||^4/lambda_0^3) r_0^2, then for all t:
    (i) lambda_min(G) >= lambda_0/2;  (ii') ||u - u(0)|| <= 8 c sqrt(n) r_0/lambda_0 <= sqrt(m);
    (iii') ||v - v(0)|| <= 4 c sqrt(n) r_0/lambda_0;  (iv), (v) ||W||, ||A|| <= 2 c sqrt(m);
    (iv') ||W - W(0)||_F <= 11 ||X|| r_0/lambda_0;  (v') ||A - A(0)||_F <= 8 sqrt(n) r_0/lambda_0;
    (vi) ||r(t)||^2 <= exp(-lambda_0 t) r_0^2.

    The printed (ii) and (iii), see below, are false. r_0 is a share of the largest allowed.
    Checked up to the time 2/lambda_0, or six times the fastest decay time if that is less.
    """
    s = _sizes(start)
    lambda_0, c = 4 * s.G / 3, _c(s)
    r_0 = INSIDE * share * (s.m / _width(s)).sqrt().low
    exact = about(start)
    wide = exact(number(r_0) ** 2 * _width(EXACT_SIZES), "<=", EXACT_SIZES.m)
    assume_premise("m is large", at_most(r_0**2 * _width(s), s.m, scale=s.m.high, proof=wide))
    length = reach * r_0
    times = decay_times_of(start, lambda_0)
    y = implicit_predictions(start.x, start.network) + length * direction_of(start)
    run = implicit_flow(start.x, y, start.network, times=times.tolist())
    assume_premise("the solution is plain", run.plainness)
    drift = length / lambda_0
    root_n, root_m = s.n.sqrt(), s.m.sqrt()
    limits = {
        "A": 8 * root_n * drift,
        "W": 11 * s.X * drift,
        "u": 8 * c * root_n * drift,
        "v": 4 * c * root_n * drift,
    }
    moved = {
        f"moved_{q}": _always(run.movement[..., place], ball * limits[q], scale=limits[q])
        for place, q in enumerate(limits)
    }
    norms = {
        f"norm_{q}": _always(run.norms[..., place], 2 * c * root_m, scale=root_m)
        for place, q in enumerate("AW")
    }
    return every(
        gram=at_least(run.lambda_min.min(), lambda_0 / 2, scale=lambda_0, resolution=FLOW),
        decay=decays(run.log_ratio(), rate * lambda_0, over=times, resolution=FLOW),
        **moved,
        **norms,
    )


def _always(values: Approx, limit: Approx, *, scale: Approx) -> Margin:
    """That a number stays below a limit at all times of a flow."""
    return at_most(values.max(), limit, scale=scale, resolution=FLOW)


@refuted_claim(
    "Lemma 3.5 (ii), (iii)",
    for_all={"start": STARTS, "share": SHARES},
    where="Lemma 3.5: ||u(t)|| <= 16 c sqrt(n) r_0/lambda_0, ||v(t)|| <= 8 c sqrt(n) r_0/lambda_0",
    because="at t = 0 they say sqrt(m) <= 8 c sqrt(n) r_0/lambda_0, an upper bound of m",
    witness={"start": ONE, "share": 0.25},
)
def lemma_3_5_printed(start: ImplicitStart, share: float) -> Margin:
    """Output weights are as small as the residual, for all t.

    False at t = 0 wherever m is as large as the lemma itself wants it, up to a constant: the bound
    goes to 0 with r_0, and ||u(0)|| = sqrt(m). True is (ii') and (iii') of the corrected lemma.
    """
    return _small_heads(start, share, (16, 8))


@refuted_claim(
    "Lemma 3.6 (ii), (iii)",
    for_all={"start": STARTS, "share": SHARES},
    where="Lemma 3.6: ||u(k)|| <= 32 c sqrt(n) r_0/lambda_0, ||v(k)|| <= 16 c sqrt(n) r_0/lambda_0",
    because="at k = 0 they say sqrt(m) <= 16 c sqrt(n) r_0/lambda_0, an upper bound of m",
    witness={"start": ONE, "share": 0.125},
)
def lemma_3_6_printed(start: ImplicitStart, share: float) -> Margin:
    """Output weights are as small as the residual in every step of gradient descent.

    False at k = 0, as for the flow. True with small output weights is
    gao2022training.theorem_gd.
    """
    return _small_heads(start, share, (32, 16))


@refuted_claim(
    "Proof of Lemma 3.6, last display",
    for_all={"data": unit_sphere_datasets()},
    where="appendix A.8: lambda_0 - C_0 c^2 n >= lambda_0/2 with C_0 >= 1, c >= 2",
    because="lambda_0 <= 1/2 <= n, so the left side is negative for all data",
    witness={"data": Dataset.of(rows=[[1]], labels=[0])},
)
def lemma_3_6_proof(data: Dataset, *, c: int = 2) -> Margin:
    """What a step adds beyond its first block is absorbed: lambda_0 - C_0 c^2 n >= lambda_0/2.

    Taken at its weakest, C_0 = 1 and c = 2. It is first order in the step, so a short step does not
    help; small output weights do.
    """
    lambda_0 = lambda_min(limit_of(data))
    left = quantity("lambda_min_G2_inf")
    exact = partial(Proof, "inputs", data.recipe)
    told = exact(left - c**2 * quantity("n"), ">=", left / 2)
    return at_least(lambda_0 - float(c**2 * data.n), lambda_0 / 2, proof=told)


@refuted_claim(
    "Theorem 3.1, from Lemma 3.5",
    for_all={"data": unit_sphere_datasets(min_n=2, max_n=4)},
    where="Theorem 3.1: m = Omega(n^2/lambda_0^2 log(n/delta))",
    because="two near inputs have lambda_0 near 0, and Lemma 3.5 needs its third power",
    witness={"data": CLOSE},
    text="derived",
)
def theorem_3_1_width(data: Dataset, *, delta: float = 0.1) -> Margin:
    """The width of Theorem 3.1 is enough for Lemma 3.5.

    Lemma 3.5 asks for the order c^2 n ||X||^2 r_0^2/lambda_0^3. With c = 2, ||X|| >= 1 and r_0^2 =
    n, as labels +1 and -1 have it, that is at least 4 n^2/lambda_0^3; the theorem's width, with
    the constant 56 that Lemma 3.3 needs, is 56 n^2 log(n(n + 1)/delta)/lambda_0^2. For other
    constants nearer inputs will do.
    """
    lambda_0, n = lambda_min(limit_of(data)), data.n
    stated = 56 * n**2 * exactly(n * (n + 1) / delta).log()
    m = quantity("n")
    entries = 56 * m**2 * (m * (m + 1) / constant("delta")).log()
    exact = partial(Proof, "inputs", data.recipe)
    told = exact(entries * quantity("lambda_min_G2_inf"), ">=", 4 * m**2)
    return at_least(stated * lambda_0, exactly(4.0 * n**2), scale=n**2, proof=told)


def _small_heads(start: ImplicitStart, share: float, factors: tuple[int, int]) -> Margin:
    """(ii) and (iii) as printed, at the start."""
    s, t, exact = _sizes(start), EXACT_SIZES, about(start)
    r_0 = INSIDE * share * (s.m / _width(s)).sqrt().low
    wide = exact(number(r_0) ** 2 * _width(t), "<=", t.m)
    assume_premise("m is large", at_most(r_0**2 * _width(s), s.m, scale=s.m.high, proof=wide))
    found, told = _heads(s, exactly(r_0)), _heads(t, number(r_0))
    parts = {
        name: at_most(
            norm, factor * found, scale=s.m.sqrt(), proof=exact(term, "<=", factor * told)
        )
        for name, factor, norm, term in zip("uv", factors, (s.u, s.v), (t.u, t.v), strict=True)
    }
    return every(**parts)


def _heads(s: Sizes[N], r_0: N) -> N:
    """C sqrt(n) r_0/lambda_0."""
    return _c(s) * s.n.sqrt() * r_0 / (4 * s.G / 3)


def _width(s: Sizes[N]) -> N:
    """The least m of the corrected lemma, per r_0^2."""
    lambda_0 = 4 * s.G / 3
    return _most(64 * _c(s) ** 2 * s.n / lambda_0**2, 4791 * s.X**4 / lambda_0**3)


def _c(s: Sizes[N]) -> N:
    """The least c >= 2 that the norms at the start allow."""
    two = 2 * s.m / s.m
    return _most(_most(two, s.A / s.m.sqrt()), s.W / s.m.sqrt())


def _most(first: N, second: N) -> N:
    if isinstance(first, Approx) and isinstance(second, Approx):
        return largest(first, second)
    assert isinstance(first, Term) and isinstance(second, Term)  # noqa: S101, PT018  one of two
    return greatest(first, second)


def _sizes(start: ImplicitStart) -> Sizes[Approx]:
    gram = gram_of(start.x, start.network)
    least = lambda_min(gram, entries=1e-14 * float(gram.trace()))
    return sizes_at(start.x, start.network, least)
