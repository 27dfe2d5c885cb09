"""Gao, Huo, Liu, Gao: Wide Neural Networks as Gaussian Processes: Lessons from Deep Equilibrium Models. arXiv:2310.10767v1.

The kernel of infinite width and depth: the fixed point K of T(K)_ij = E f(u_i) f(u_j), u ~ N(0,
s K + T_0), kappa^2 = s L^2 < 1. The text was not read beyond its abstract; the proof is ours.
"""  # noqa: E501  the citation is one line

from certify import lambda_min
from claims import claim, wrong
from models import Dataset, PopulationMap, distinct_directions, gram, nonlinearity
from strategies import (
    activation_names,
    antipodal_datasets,
    duplicated_datasets,
    either,
    small_decimals,
    unit_sphere_datasets,
    with_premises,
)
from verdicts import Approx, Margin, at_least, exactly

ODD = ("tanh", "sin", "erf")
NOT_ODD = ("softplus", "sigmoid", "tanh+0.7", "sin+pi/4", "relu")
OPPOSITE = Dataset.of(rows=[[1], [-1]], labels=[0, 0])


@claim(
    "Nondegeneracy",
    for_all={
        "data": with_premises(
            either(
                unit_sphere_datasets(max_n=4, min_lambda_0=0.1, antiparallel="forbidden"),
                antipodal_datasets(pairs=1),
                antipodal_datasets(pairs=2, max_d=3),
            ),
            {"distinct": lambda data: distinct_directions(data) == data.n},
        ),
        "sigma": with_premises(
            activation_names(only=NOT_ODD), {"not odd": lambda name: name not in ODD}
        ),
        "kappa": small_decimals(min_value=0.3, max_value=0.7),
    },
    text="new",
    depends_on=["truong2025.existence"],
    mutants=[
        wrong(
            sigma=activation_names(only=ODD),
            drops="not odd",
            title="sigma=odd",
            because="an odd f has opposite features at opposite inputs",
            witness={"data": OPPOSITE, "sigma": "tanh", "kappa": 0.5},
        ),
        wrong(
            data=duplicated_datasets(max_n=4),
            drops="distinct",
            title="data=duplicated",
            because="equal inputs have equal features",
        ),
    ],
)
def nondegenerate(data: Dataset, sigma: str, kappa: float) -> Margin:
    """The limit kernel of distinct inputs on the sphere is positive definite, unless f is odd.

    If the x_i have norm 1 and are distinct, s > 0, and f is neither a polynomial nor odd, then
    lambda_min(K) > 0; x and -x may both be there. For odd f they make K singular.
    """
    L = nonlinearity(sigma).L
    T = PopulationMap(sigma, gram(data.x), (kappa / L) ** 2, c=1.0)
    K = T.iterates(80)
    error = T.iterate_error(K) + 2 * kappa**80 / (1 - kappa) ** 2 * float(K[1].diagonal().max())
    least = lambda_min(K[-1], entries=error)
    most = distinct_directions(data, opposite_alike=sigma in ODD)
    rank = Approx(data.n if least.low > 0 else min(1, most), most, "estimated")
    return at_least(rank, exactly(float(data.n)), scale=data.n)
