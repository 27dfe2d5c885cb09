"""Yu, Chen: On the Local Minima Free Condition of Backpropagation Learning. doi:10.1109/72.410380.

What stands in place of the claims that are refuted in yu1995.py, on the same networks:
    u_k = sum_j v_j sigma(q_j.x_k) + v_0,  sigma(z) = 1/(1 + exp(-z)),  e = y - u,  L = ||e||^2,
    Phi_kj = sigma(q_j.x_k), with a last column of ones for a dummy unit;  n patterns, m units.
"""

from fractions import Fraction
from functools import partial

from certify import enclosed, lambda_min
from claims import assume_premise, claim, wrong
from models import (
    SigmoidNet,
    exact_units,
    feature_rank,
    fitted_outputs,
    float_weights,
    sigmoid_features,
)
from strategies import (
    biased_nets,
    coincident_minima,
    sigmoid_nets,
    trained_output_nets,
    whole_numbers,
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
    number,
    quantity,
)

EPS = 2.0**-46  # 64 roundings, of sums of a few terms
LOSS = quantity("squared_residual")

# Two local minima of yu1995.py: sigma(log 2) = 2/3, sigma(3 log 2) = 8/9.
TWO_PATTERNS = SigmoidNet.of(
    rows=[[1], [3]], factors=[[2], [2]], outputs=["1/2", "1/2"], residual=[-4, 3]
)
THREE_PATTERNS = SigmoidNet.of(
    rows=[[-1], [1], [2]], factors=[[2]] * 3, outputs=[1, 1, 1], residual=[4, -32, 25]
)


@claim(
    "F1",
    for_all={"net": sigmoid_nets()},
    topics=["landscape"],
    text="new",
    bound="tight",
    mutants=[
        wrong(factor=2.0, because="a single pattern attains it"),
        wrong(
            kernel="columns",
            because="with fewer units than patterns e may be orthogonal to all features",
            witness={
                "net": SigmoidNet.of(rows=[[1], [3]], factors=[[2]], outputs=[1], residual=[-4, 3])
            },
        ),
    ],
)
def output_gradient(net: SigmoidNet, *, factor: float = 1.0, kernel: str = "kernel") -> Margin:
    """The gradient in the output weights is as large as the features allow.

    ||Phi^T e||^2 >= lambda_min(Phi Phi^T) ||e||^2, and dL/dv = -2 Phi^T e: where Phi has rank n, a
    critical point fits the labels.
    """
    features, e = net.features, net.e
    used = features if kernel == "kernel" else features.mT
    size = features.square().sum() * (e @ e)
    left = enclosed((features.mT @ e).square().sum(), EPS * size)
    right = factor * lambda_min(used @ used.mT) * enclosed(e @ e, EPS * (e @ e))
    bound = constant("factor") * quantity(f"lambda_min_{kernel}") * LOSS
    exact = partial(Proof, "sigmoid_net", net.recipe)
    holds = exact(quantity("squared_output_gradient"), ">=", bound)
    return at_least(left, right, scale=1 + float(size), proof=holds)


@claim(
    "Y1",
    for_all={"net": trained_output_nets()},
    topics=["landscape"],
    text="new",
    depends_on=["yu1995repaired.output_gradient"],
    mutants=[
        wrong(
            net=trained_output_nets(features="deficient"),
            drops="full rank",
            title="net=deficient",
            because="the local minima above have rank 1",
            witness={"net": TWO_PATTERNS},
        ),
        wrong(
            drops="dL/dv = 0",
            because="away from critical points the loss is anything",
            witness={
                "net": SigmoidNet.of(
                    rows=[[0], [1]], factors=[[2], [4]], outputs=[1, 0], labels=[0, 0]
                )
            },
        ),
    ],
)
def full_rank_critical_points(net: SigmoidNet) -> Margin:
    """Where the features have rank n, every point that is critical in the output weights fits.

    If rank sigma(W_1 X) = n and dL/dv = 0, then L = 0. The output weights that are drawn are the
    exact least-squares solution for labels that are anything.
    """
    exact = partial(Proof, "sigmoid_net", net.recipe)
    gradient = enclosed((net.features.mT @ net.e).abs().max(), EPS)
    critical = at_most(gradient, exactly(1e-6))
    zero = exact(quantity("squared_output_gradient"), "==", 0)
    assume_premise("dL/dv = 0", critical.proved_by(zero))
    rounding = EPS * float((net.features.abs() @ net.v.abs()).max())
    loss = enclosed(net.e @ net.e, rounding * (rounding + 2 * float(net.e.abs().sum())))
    scale = 1 + float(net.y @ net.y)
    return at_most(loss, exactly(0.0), scale=scale, proof=exact(LOSS, "<=", 0))


@claim(
    "Y2",
    for_all={"net": biased_nets()},
    topics=["landscape"],
    text="new",
    mutants=[
        wrong(
            bias=False,
            because="sigma(t) + sigma(-t) = 2 sigma(0): three patterns 1, -1, 0 have rank two",
            witness={
                "net": SigmoidNet.of(
                    rows=[[1], [-1], [0]],
                    factors=[[2]] * 3,
                    thresholds=[1, 2, 5],
                    outputs=[1, 1, 1],
                    labels=[0, 0, 0],
                )
            },
        ),
        wrong(
            net=biased_nets(patterns="repeated"),
            drops="distinct patterns",
            title="net=repeated-patterns",
            because="equal patterns have equal features, so L >= (y_1 - y_2)^2/2",
        ),
        wrong(fewer=1, because="n - 1 units have rank n - 1 at most"),
    ],
)
def features_with_bias(net: SigmoidNet, *, bias: bool = True, fewer: int = 0) -> Margin:
    """With thresholds as many units as distinct patterns have features of full rank.

    For a slope w that tells the patterns apart and distinct thresholds, Phi_kj = a_k/(a_k + c_j)
    with a_k = exp(w.x_k), c_j = exp(-b_j): a Cauchy matrix times a diagonal one, so it is regular;
    and since det Phi is analytic, so it is at almost every W_1. (bias=False: thresholds 0 and the
    slopes w, 2 w, 3 w, ... in their place.)
    """
    units = exact_units(net)
    if not bias:
        units = [[*(z ** (j + 1) for z in unit[:-1]), Fraction(1)] for j, unit in enumerate(units)]
    if fewer:
        units = units[:-fewer] + units[:1] * fewer
    exact = partial(Proof, "sigmoid_net", net.recipe)
    rows = [[*unit, Fraction(1)] for unit in units]
    found = quantity("rank_features", weights=rows)
    rank = exactly(feature_rank(net, units))
    return at_least(rank, exactly(net.n), proof=exact(found, ">=", quantity("n")))


@claim(
    "Y3",
    for_all={
        "net": coincident_minima(max_extra=1),
        "digits": whole_numbers(min_value=0, max_value=1),
    },
    topics=["landscape"],
    text="derived",
    depends_on=["yu1995repaired.features_with_bias"],
    mutants=[
        wrong(
            parts=0.0,
            because="at the local minimum itself no output weights fit the labels",
            witness={"net": THREE_PATTERNS, "digits": 0},
        ),
        wrong(power=3.0, because="half-way a quarter of the loss is left, not an eighth"),
    ],
)
def path_to_zero(net: SigmoidNet, digits: int, *, parts: float = 1.0, power: float = 2.0) -> Margin:
    """From as near to any point as one likes the output weights alone lead to zero loss.

    Move the first layer to one of full rank nearby, then v along the line to a solution of
    Phi v = y: L(t) = (1 - t)^2 L(0), so it never grows, and L(1) = 0. Here units that coincide at
    a local minimum part, by factors 1 + j 10^(-digits)/2.
    """
    step = Fraction(1, 2 * 10**digits) * Fraction(parts)
    units = [[z * (1 + j * step) for z in unit] for j, unit in enumerate(exact_units(net))]
    regular = at_least(exactly(feature_rank(net, units)), exactly(net.n - 0.5))
    exact = partial(Proof, "sigmoid_net", net.recipe)
    start, end = [Fraction(v) for v in net.recipe["outputs"]], fitted_outputs(net, units)
    if parts:
        rows = [[*unit, v] for unit, v in zip(units, start, strict=True)]
        rank = quantity("rank_features", weights=rows)
        assume_premise("full rank nearby", regular.proved_by(exact(rank, ">=", quantity("n"))))

    def along(t: Fraction) -> list[list[Fraction]]:
        v = [(1 - t) * a + t * b for a, b in zip(start, end, strict=True)]
        return [[*unit, z] for unit, z in zip(units, v, strict=True)]

    def left(t: Fraction) -> Margin:
        before, after = (quantity("squared_residual", weights=along(s)) for s in (Fraction(0), t))
        proof = exact(after, "<=", number(1 - t) ** constant("power") * before)
        right = (1 - float(t)) ** power * _loss_at(net, along(Fraction(0)))
        scale = 1 + float(net.e @ net.e)
        return at_most(_loss_at(net, along(t)), right, scale=scale, resolution=1e-6, proof=proof)

    return every(half=left(Fraction(1, 2)), most=left(Fraction(7, 8)), end=left(Fraction(1)))


def _loss_at(net: SigmoidNet, rows: list[list[Fraction]]) -> Approx:
    q, v = float_weights(net, rows)
    features = sigmoid_features(net.x, q, dummy=net.dummy)
    e = net.y - features @ v
    rounding = EPS * float((features.abs() @ v.abs()).max() + net.y.abs().max())
    return enclosed(e @ e, rounding * (rounding + 2 * float(e.abs().sum())))
