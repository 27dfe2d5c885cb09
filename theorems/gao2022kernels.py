"""Gao, Liu, Liu, Rajan, Gao: A global convergence theory for deep ReLU implicit networks via over-parameterization. arXiv:2110.05645v2.

Lemma 3.2: the limit kernel is positive definite, how much, and for which inputs at all. Inputs are
rows x_i, W has independent N(0, 1) entries, phi_i = s(W x_i)/sqrt(m) with s = max(., 0), G(0) =
Phi Phi^T, G_inf = E G(0), lambda_0 = lambda_min(G_inf). G(0) is near G_inf by Lemma 3.3
(`gao2022concentration`) and stays so in a ball by Lemma 3.4 (`gao2022stability`).
"""  # noqa: E501  the citation is one line

from functools import partial

from certify import lambda_max, lambda_min, series_floor
from claims import claim, wrong
from models import (
    Dataset,
    distinct_directions,
    limit_kernel_nullity,
    parallel_pairs,
)
from strategies import (
    antipodal_datasets,
    either,
    nonzero_datasets,
    real_datasets,
    unit_sphere_datasets,
)
from theorems._implicit_kernels import (
    cosines,
    definite,
    largest_overlap,
    limit_of,
    limit_on_sphere,
    opposite_pairs,
)
from verdicts import (
    Approx,
    Margin,
    Proof,
    at_least,
    at_most,
    every,
    exactly,
    quantity,
)

ENTRY = 4e-15  # 16 eps: rounding of one entry of a Gram matrix of unit vectors
THREE_PAIRS = Dataset.of(
    rows=[[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1]], labels=[0, 0, 0, 0, 0, 0]
)
OPPOSITE = Dataset.of(rows=[[1], [-1]], labels=[0, 0])
AXES = Dataset.of(rows=[[1, 0], [0, 1]], labels=[0, 0])
TRIANGLE = Dataset.of(rows=[[1, -1, 0], [0, 1, -1], [-1, 0, 1]], labels=[0, 0, 0])


@claim(
    "Lemma 3.2",
    for_all={"data": either(nonzero_datasets(max_n=6), real_datasets(max_n=6, scaling="raw"))},
    depends_on=["gao2022series.lemma_a_7", "gao2022series.lemma_a_8", "gao2022series.lemma_a_9"],
    mutants=[
        wrong(
            data=nonzero_datasets(parallel="required"),
            drops="not parallel",
            title="data=parallel",
            because="x = (1), (2) have proportional features, so the kernel has rank one",
        ),
        wrong(
            data=antipodal_datasets(pairs=3, max_d=2),
            drops="not parallel",
            title="data=antiparallel",
            because="s(w.x) - s(-w.x) = w.x: three of them in the plane are dependent",
        ),
        wrong(relu=False, because="w.x alone has X X^T as its kernel, of rank d"),
        wrong(floor=0.1, because="near points have nearly equal features"),
    ],
)
def lemma_3_2(data: Dataset, *, relu: bool = True, floor: float = 0.0) -> Margin:
    """The limit kernel of inputs no two of which are parallel is positive definite.

    If no x_i and x_j are parallel, i != j, then lambda_0 = lambda_min(G_inf) > 0. The inputs are
    nonzero, of any norm. Decided as a rank: an eigenvalue that is certainly > 0 in balls, beside
    the exact null space. It is that of H_inf: the gradient in w of sum_i beta_i s(w.x_i) is
    sum_i beta_i x_i 1{w.x_i >= 0}, and both vanish almost everywhere or neither does.
    """
    least, n = lambda_min(limit_of(data)), data.n
    most = n - limit_kernel_nullity(data, indicator=relu)
    exact = partial(Proof, "inputs", data.recipe)
    certain = n if definite(limit_on_sphere(data)) and relu else min(1, most)
    return every(
        rank=at_least(
            Approx(min(certain, most), most, "proved"),
            exactly(n),
            scale=n,
            proof=exact(quantity("rank_H_inf" if relu else "rank_G"), ">=", n),
        ),
        floor=at_least(least, exactly(floor), scale=1 + lambda_max(limit_of(data))),
    )


@claim(
    "Lemma 3.2, sharp",
    for_all={
        "data": either(
            unit_sphere_datasets(max_n=8, parallel="allowed"),
            antipodal_datasets(),
            real_datasets(max_n=6),
        )
    },
    text="new",
    depends_on=["gao2022kernels.lemma_3_2"],
    mutants=[
        wrong(
            independent=False,
            because="three antipodal pairs in the plane: w.x, w.y and w.(x + y) are dependent",
            witness={"data": THREE_PAIRS},
        ),
        wrong(
            opposite=False,
            because="x and -x have different features: lambda_0 = 1/2 for 1 and -1",
            witness={"data": OPPOSITE},
        ),
        wrong(distinct=False, because="equal inputs have equal features"),
    ],
    examples=[{"data": THREE_PAIRS}],
)
def lemma_3_2_sharp(
    data: Dataset, *, distinct: bool = True, independent: bool = True, opposite: bool = True
) -> Margin:
    """For which inputs the limit kernel is positive definite.

    For unit inputs lambda_0 > 0 if and only if the inputs are distinct, and of the pairs {x, -x}
    among them one representative each is linearly independent. Proof: the kinks of
    sum_i beta_i s(w.x_i) on the hyperplane of a lone input cannot cancel, those of a pair cancel
    iff beta_x = -beta_(-x), and then beta_x (s(w.x) - s(-w.x)) = beta_x w.x is left.
    """
    pairs, rank_of_pairs = opposite_pairs(data)
    regular = (not distinct or distinct_directions(data) == data.n) and (
        not independent or rank_of_pairs == pairs
    )
    if not opposite:
        regular = parallel_pairs(data) == 0
    least = lambda_min(limit_of(data))
    exact = partial(Proof, "inputs", data.recipe)
    if regular:
        low = data.n if definite(limit_of(data)) else 0
        rank = Approx(low, data.n - limit_kernel_nullity(data), "proved")
        full = exact(quantity("rank_H_inf"), ">=", data.n)
        return at_least(rank, exactly(data.n), scale=data.n, proof=full)
    singular = exact(quantity("lambda_min_G2_inf"), "<=", 0)
    return at_most(least, exactly(0.0), proof=singular)


@claim(
    "Lemma 3.2, explicit",
    for_all={
        "data": either(
            unit_sphere_datasets(max_n=6), antipodal_datasets(pairs=1), real_datasets(max_n=6)
        )
    },
    bound="tight",
    text="new",
    depends_on=["gao2022series.lemma_a_7"],
    mutants=[
        wrong(
            linear=True,
            because="the constant term of ReLU's series does not tell orthogonal inputs apart",
            witness={"data": AXES},
        ),
        wrong(
            neighbours=2,
            because="two inputs have one neighbour each, not none",
            witness={"data": AXES},
        ),
        wrong(
            signed=True,
            because="three inputs at 120 degrees are dependent, although no cosine is positive",
            witness={"data": TRIANGLE},
        ),
    ],
)
def lemma_3_2_explicit(
    data: Dataset, *, neighbours: int = 1, signed: bool = False, linear: bool = False
) -> Margin:
    """How positive definite the limit kernel is, by the largest cosine between inputs.

    With t = max |x_i.x_j| over i != j and the Hermite coefficients c_k of ReLU,
    lambda_0 >= sum_k c_k^2 max(0, 1 - (n - 1) t^k). Proof: G_inf = sum_k c_k^2 (X X^T)^(o k), each
    power is positive semidefinite, and Gershgorin's circles bound it. Equality for n = 1, for two
    inputs at an acute angle and for orthonormal ones.
    """
    overlap = largest_overlap(cosines(data), signed=signed)
    beside = max(0, data.n - neighbours)
    least = lambda_min(limit_of(data))
    if linear:
        return at_least(least, (1 - overlap) * 0.5)
    if signed and overlap.high < 0:
        # Odd powers of a negative cosine would add: k = 1 is ReLU's only one.
        return at_least(least, 0.25 * (1 - beside * overlap))
    return at_least(least, series_floor(overlap, beside))
