"""Wu et al.: Separation and Bias of Deep Equilibrium Models on Expressivity and Learning Dynamics.
NeurIPS 2024.

Abstract read; what is stated and proved here is our own form of its two themes. An equilibrium
network z = relu(W z + U x + b) whose W is strictly block lower triangular is a feed-forward network
of as many layers as blocks, whatever ||W|| is. The gradient flow of the diagonal linear network
f(x) = sum_j x_j/(1 - w_j) is a mirror flow in beta = 1/(1 - w).
"""  # noqa: D205  the title is as long as a line

from itertools import pairwise

import torch
from torch import Tensor

from certify import enclosed
from claims import assume_premise, claim, not_executable, wrong
from dynamics import diagonal_flow
from models import Dataset, SeedNumber, gaussian_outputs
from strategies import (
    Matrix,
    matrix_chains,
    seeds,
    small_decimals,
    unit_sphere_datasets,
    whole_numbers,
)
from verdicts import Margin, at_least, at_most, equal_to, every, exactly

EPS = torch.finfo(torch.float64).eps
ONE_LAYER = ((((1,),), ((1,),)),)
TWO_LAYERS = ((((1,),), ((1,),)), (((1,),), ((0,),)))

separation = not_executable(
    "Separation from deep networks",
    where="abstract, result (1)",
    reason="width sub-exponential in m and depth O(m^alpha), without constants",
)
steepness = not_executable(
    "Approximation of steep functions",
    where="abstract, result (2)",
    reason="polynomially bounded and exponentially large, without constants",
)


@claim(
    "Block lower triangular networks",
    for_all={"chain": matrix_chains(max_factors=4, max_size=4, max_entry=9)},
    text="new",
    bound="tight",
    mutants=[
        wrong(
            diagonal=1,
            because="z = z + 1 has no solution",
            witness={"chain": ONE_LAYER},
        ),
        wrong(
            saved=1,
            because="the second layer is a step behind the first",
            witness={"chain": TWO_LAYERS},
        ),
    ],
)
def feed_forward(
    chain: tuple[tuple[Matrix, Matrix], ...], *, diagonal: int = 0, saved: int = 0
) -> Margin:
    """A strictly block lower triangular equilibrium network is a feed-forward network, exactly.

    With W_2, ..., W_L below the diagonal of W, U = (W_1, 0, ...) and b = (b_1, ..., b_L), any start
    reaches the features of relu(W_h . + b_h) after L steps of z -> relu(W z + U x + b) and stays:
    the equilibrium is unique whatever ||W|| is. Integer weights, so nothing is rounded.
    """
    layers = [torch.tensor(A, dtype=torch.float64).mT for A, _ in chain]
    biases = [torch.tensor(B[0], dtype=torch.float64) for _, B in chain]
    x = torch.tensor([row[0] for row in chain[0][1]], dtype=torch.float64)
    features, h = [], x
    for layer, bias in zip(layers, biases, strict=True):
        h = torch.relu(layer @ h + bias)
        features.append(h)
    W, b = _stacked(layers, biases, x)
    W[0, 0] += diagonal
    net = torch.cat(features)
    gaps = []
    for start in (torch.zeros_like(net), net + 1, 7 - net):
        z = start
        for _ in range(len(layers) - saved):
            z = torch.relu(W @ z + b)
        gaps.append((z - net).abs().max())
    fixed = (torch.relu(W @ net + b) - net).abs().max()
    return every(
        fixed=at_most(enclosed(fixed, 0.0), exactly(0.0)),
        reached=at_most(enclosed(torch.stack(gaps).max(), 0.0), exactly(0.0)),
    )


def _stacked(layers: list[Tensor], biases: list[Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """W and U x + b."""
    sizes = [len(bias) for bias in biases]
    W = torch.zeros(sum(sizes), sum(sizes), dtype=torch.float64)
    row, column = sizes[0], 0
    for layer in layers[1:]:
        W[row : row + layer.shape[0], column : column + layer.shape[1]] = layer
        row, column = row + layer.shape[0], column + layer.shape[1]
    first = layers[0] @ x + biases[0]
    return W, torch.cat([first, *biases[1:]])


@claim(
    "The iterated tent map",
    for_all={"k": whole_numbers(min_value=1, max_value=12)},
    text="new",
    bound="tight",
    mutants=[
        wrong(extra=1, because="the tent map itself has 2 pieces, not 3", witness={"k": 1}),
        wrong(
            width=1,
            because="without its second neuron the last layer rises and falls half as often",
            witness={"k": 1},
        ),
    ],
)
def tent_map(k: int, *, extra: int = 0, width: int = 2) -> Margin:
    """An equilibrium network of width 2 k oscillates 2^k times on [0, 1].

    T(x) = 2 relu(x) - 4 relu(x - 1/2); W chains k copies of it. The output has 2^k monotone pieces:
    it is j mod 2 at x = j/2^k. The grid is dyadic, so nothing is rounded.
    """
    x = torch.arange(0, 2 ** (k + 1) + 1, dtype=torch.float64)[:, None] / 2 ** (k + 1)
    tent = torch.tensor([2.0, -4.0], dtype=torch.float64)
    W = torch.zeros(2 * k, 2 * k, dtype=torch.float64)
    first, b = torch.zeros_like(W[0]), torch.zeros_like(W[0])
    for h in range(1, k):
        W[2 * h : 2 * h + 2, 2 * h - 2 : 2 * h] = tent
    first[:2], b[1::2] = 1.0, -0.5
    z = torch.zeros(len(x), 2 * k, dtype=torch.float64)
    for _ in range(k):
        z = torch.relu(z @ W.mT + x * first + b)
    output = z[:, -2:] @ (tent if width == 2 else tent * torch.tensor([1.0, 0.0]))
    signs = torch.sign(output.diff()).tolist()
    pieces = 1 + sum(1 for left, right in pairwise(signs) if left != right)
    values = enclosed((output[::2] - torch.arange(2**k + 1) % 2).abs().max(), 0.0)
    return every(
        pieces=equal_to(exactly(pieces), exactly(2**k + extra)),
        values=equal_to(values, exactly(0.0)),
    )


@claim(
    "Width of one hidden layer",
    for_all={
        "k": whole_numbers(min_value=1, max_value=6),
        "seed": seeds(),
        "spread": small_decimals(min_value=0, max_value=1),
    },
    text="new",
    bound="tight",
    mutants=[
        wrong(
            extra=2,
            because="2^k neurons with knots at the multiples of 2^-k interpolate",
            witness={"k": 2, "seed": SeedNumber(0), "spread": 0.0},
        ),
        wrong(
            floor=0.55,
            because="the constant 1/2 is off by 1/2",
            witness={"k": 1, "seed": SeedNumber(0), "spread": 0.0},
        ),
    ],
)
def width_of_one_layer(
    k: int, seed: SeedNumber, spread: float, *, extra: int = 0, floor: float = 0.5
) -> Margin:
    """One hidden layer needs 2^k - 1 neurons to come near what 2 k recurrent ones do.

    A network c + sum_r a_r relu(w_r x + b_r) with at most 2^k - 2 neurons has at most 2^k - 1
    monotone pieces, so it misses j mod 2 by at least 1/2 at some x = j/2^k. Its knots are drawn,
    even or scattered, the a_r fitted by least squares, and
    c is the best constant.
    """
    count = 2**k - 2 + extra
    x = torch.arange(0, 2**k + 1, dtype=torch.float64) / 2**k
    target = torch.arange(0, 2**k + 1, dtype=torch.float64) % 2
    knots = torch.arange(count, dtype=torch.float64) / max(count, 1)
    if count:
        knots = knots + spread * gaussian_outputs(count, seed)[0]
    columns = torch.cat([torch.ones_like(x)[:, None], torch.relu(x[:, None] - knots)], dim=1)
    weights = torch.linalg.lstsq(columns, target[:, None], driver="gelsd").solution[:, 0]
    errors = columns @ weights - target
    off = (errors.max() - errors.min()) / 2  # with the best constant
    # Rounding only moves the function that is looked at: of any function the claim speaks.
    rounding = 4 * (count + 2) * EPS * float((columns.abs() @ weights.abs()).max())
    return at_least(enclosed(off, rounding), exactly(floor), resolution=1e-6)


@claim(
    "Diagonal linear networks, mirror flow",
    for_all={
        "data": unit_sphere_datasets(max_n=3, min_d=2, max_d=6),
        "seed": seeds(),
    },
    topics=["training"],
    text="derived",
    mutants=[
        wrong(
            power=2,
            because="1/(2 beta^2) is not the potential: the gradient in w brings beta^4",
            witness={
                "data": Dataset.of(rows=[[3, 4]], labels=[0]),
                "seed": SeedNumber(1),
            },
        ),
        wrong(
            power=0,
            because="the entropy belongs to products of two weights",
            witness={
                "data": Dataset.of(rows=[[3, 4]], labels=[0]),
                "seed": SeedNumber(1),
            },
        ),
    ],
)
def mirror_flow(data: Dataset, seed: SeedNumber, *, power: int = 3) -> Margin:
    """What gradient flow of a diagonal linear equilibrium network keeps.

    beta = 1/(1 - w) obeys beta' = -beta^4 X^T (X beta - y), so beta(t)^(-3) - beta(0)^(-3) stays in
    the row space of X: a mirror flow with the potential sum_j 1/(6 beta_j^2), which at X beta = y
    has reached the Bregman projection of beta(0). Labels are X beta_* for a drawn beta_* > 0,
    n < d, w(0) = 0. (power = 2, 0: beta^(-2) and log beta instead.)
    """
    x, d = data.x, data.d
    assume_premise("n < d", at_least(exactly(d - data.n), exactly(0.5)))
    goal = (gaussian_outputs(d, seed)[0] / 3).exp()
    times = torch.tensor([0.0, 0.1, 1.0, 10.0], dtype=torch.float64)
    flow = diagonal_flow(x, x @ goal, torch.zeros(d, dtype=torch.float64), times=times)
    beta = 1 / (1 - flow.w)
    dual = beta**-power if power else beta.log()
    moved = dual[1:] - dual[0]
    row_space = torch.linalg.svd(x, full_matrices=True).Vh
    rank = int(torch.linalg.matrix_rank(x))
    left = (moved @ row_space[rank:].mT).norm(dim=-1)
    # d(beta^-3)/dw = -3 (1 - w)^2, and |1 - w| is at most what it was or the largest 1/beta.
    slope = 3 * float((1 / beta).max()) ** 2
    error = slope * flow.error * d + 64 * d * EPS * float(dual.abs().max())
    scale = 1 + float(dual.abs().max())
    return at_most(enclosed(left.max(), error), exactly(0.0), scale=scale, resolution=1e-6)
