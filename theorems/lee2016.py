"""Lee, Simchowitz, Jordan, Recht: Gradient Descent Converges to Minimizers. arXiv:1602.04915v2.

Its theorem asks for a loss in C^2 all of whose saddles are strict. A lecture remarks that for ReLU
networks L is not C^2, and that deep linear networks have non-strict saddles. Both remarks are
checked here, with what they need and with the universal readings that are false; the theorem is
not. All proofs are ours.

    ReLU:   u_i = m^(-1/2) sum_r a_r relu(w_r.x_i),  L = ||y - u||^2/2
    linear: L = (1/2) ||W_N ... W_1 X - Y||_F^2, N weight matrices
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import prod

import torch

from certify import enclosed, lambda_max, lambda_min
from claims import assume_premise, claim, not_executable, refuted_claim, wrong
from models import (
    LinearNet,
    Start,
    antiparallel_pairs,
    corner_sides,
    flattened,
    gradient_jump,
    hessian_jump,
    higher_neighbour,
    hyperplane_weights,
    linear_gradient,
    linear_hessian,
    linear_loss,
    linear_map,
    linear_rounding,
    lower_neighbour,
    shaped,
)
from strategies import (
    antipodal_datasets,
    either,
    linear_critical_points,
    starts,
    unit_sphere_datasets,
)
from verdicts import (
    Approx,
    Margin,
    Proof,
    Term,
    at_least,
    at_most,
    constant,
    equal_to,
    exactly,
    greatest,
    largest,
    quantity,
)

EPS = 2.0**-46  # 64 roundings, of sums of a few terms
STRICT = 1e-6  # what is < 0 or > 0 is so by this much, on the drawn networks
ZERO = 1e-9

DATA = either(unit_sphere_datasets(), antipodal_datasets(pairs=1, max_d=2))
ANTIPODES = Start.of(rows=[[1], [-1]], weights=[[1]], signs=[1], labels=[1, -1])
FITTED = Start.of(rows=[[1]], weights=[[1]], signs=[1], labels=[0])
ONE_LABEL = Start.of(rows=[[1]], weights=[[1]], signs=[1], labels=[1])
SCALARS = LinearNet.of(rows=[[1]], labels=[[1]], layers=[[[0]], [[0]], [[0]]])
LAST_LAYER = LinearNet.of(rows=[[1]], labels=[[1]], layers=[[[0]], [[0]], [[1]]])

almost_surely = not_executable(
    "Almost sure convergence to minimizers, for ReLU networks",
    where="lecture",
    reason="a conjecture, which says nothing of any run: its premise, L in C^2, fails below",
)
noisy_descent = not_executable(
    "Stochastic gradient descent is neither noisy nor perturbed gradient descent",
    where="lecture",
    reason="a comparison of algorithms, without a quantity",
)
logarithms = not_executable(
    "The factor log^4 d makes perturbed gradient descent too slow",
    where="lecture",
    reason="a judgement about a bound, not about a run",
)


@claim(
    "Premise L in C^2, ReLU networks",
    for_all={"start": starts(data=DATA, max_m=4, weights="explicit", labels="own")},
    topics=["landscape"],
    text="new",
    mutants=[
        wrong(
            drops="two neurons, or no antiparallel inputs",
            because="for x_2 = -x_1 and y_2 = -y_1 one neuron has (w.x_1 - y_1)^2/2 + y_1^2/2",
            witness={"start": ANTIPODES},
        ),
        wrong(
            drops="a_r != 0",
            because="a neuron without output weight changes nothing",
            witness={"start": Start.of(rows=[[1]], weights=[[1]], signs=[0], labels=[1])},
        ),
        wrong(
            order=1,
            because="where the residual is 0 on the hyperplane the gradient is continuous",
            witness={"start": FITTED},
        ),
        wrong(aside=0.5, because="L is a polynomial off the hyperplanes, so almost everywhere"),
    ],
)
def not_c2(start: Start, *, order: int = 2, aside: float = 0.0) -> Margin:
    """The loss of a ReLU network is not twice continuously differentiable.

    If x_1 != 0, a_r != 0, and there are two neurons, or one and no inputs that are antiparallel,
    then there are weights with w_1.x_1 = 0 where the gradient or the Hessian in w_1 jumps: by
    m^(-1/2) a_1 sum_k +-(u_k - y_k) x_k and (a_1^2/m) sum_k +-x_k x_k^T over the inputs on the
    line of x_1, + for those that come on. (order=1: the gradient; aside: elsewhere.)
    """
    exact = _suppose_outputs(start)
    enough = exactly(1.5 if start.m > 1 or not antiparallel_pairs(start.data) else 0.5)
    either_one = greatest(quantity("m") - 1, 1 - quantity("antiparallel_pairs"))
    safe = at_least(enough, exactly(1.0), proof=exact(either_one, ">=", 1))
    assume_premise("two neurons, or no antiparallel inputs", safe)
    found, jump = _jump(start, order=order, aside=aside)
    return at_least(found, exactly(STRICT), proof=exact(jump, ">=", STRICT))


@refuted_claim(
    "L in C^1, ReLU networks",
    for_all={"start": starts(data=DATA, max_m=4, weights="explicit", labels="own")},
    topics=["landscape"],
    text="derived",
    because="on the hyperplane of an input with a residual the gradient jumps",
    witness={"start": ONE_LABEL},
)
def continuous_gradient(start: Start) -> Margin:
    """The loss of a ReLU network is continuously differentiable.

    False for n = d = m = 1 and y = 1: L = (max(w, 0) - 1)^2/2 has the slopes 0 and -1 at w = 0.
    """
    exact = _suppose_outputs(start)
    found, jump = _jump(start, order=1)
    scale = 1 + float(start.x.norm() * start.y.norm())
    return at_most(found, exactly(0.0), scale=scale, proof=exact(jump, "<=", 0))


@refuted_claim(
    "L never in C^2, ReLU networks",
    for_all={"start": starts(data=DATA, max_m=1, weights="explicit", labels="own")},
    topics=["landscape"],
    text="derived",
    where="lecture: for ReLU networks L is not C^2",
    because="one neuron and opposite data make L a polynomial",
    witness={"start": ANTIPODES},
)
def never_c2(start: Start) -> Margin:
    """The loss of a network of ReLU units is twice continuously differentiable for no data.

    False for m = 1, x_2 = -x_1 and y_2 = -y_1: L = (w.x_1 - y_1)^2/2 + y_1^2/2. With one neuron
    u = 0 on the hyperplane of x_1, so the jumps are the same at all of its points.
    """
    exact = _suppose_outputs(start)
    found, jump = _jump(start)
    return at_least(found, exactly(STRICT), proof=exact(jump, ">=", STRICT))


@refuted_claim(
    "All saddles strict, deep linear networks",
    for_all={"net": linear_critical_points(min_depth=3, max_depth=4)},
    topics=["landscape"],
    text="derived",
    where="premise: every saddle is strict",
    because="at the origin of three matrices the Hessian is 0",
    witness={"net": SCALARS},
)
def strict_saddles(net: LinearNet) -> Margin:
    """At every saddle of a deep linear network the Hessian has a negative eigenvalue.

    False for three scalars, L = (1 - w_3 w_2 w_1)^2/2 at 0: L(t, t, t) < L(0) < L(-t, t, t).
    """
    exact = partial(Proof, "linear_net", net.recipe)
    _suppose_critical(net)
    low, high = (shaped(net, find(net)) for find in (lower_neighbour, higher_neighbour))
    loss, rounding = linear_loss(net), linear_rounding(net)
    falls, grows = (enclosed(linear_loss(net, near) - loss, rounding) for near in (low, high))
    below = exact(quantity("loss", weights=flattened(low)), "<=", quantity("loss") - STRICT)
    above = exact(quantity("loss", weights=flattened(high)), ">=", quantity("loss") + STRICT)
    assume_premise("lower nearby", at_most(falls, exactly(-STRICT), proof=below))
    assume_premise("higher nearby", at_least(grows, exactly(STRICT), proof=above))
    least = lambda_min(linear_hessian(net), entries=rounding)
    return at_most(
        least, exactly(-STRICT), proof=exact(quantity("lambda_min_hessian"), "<=", -STRICT)
    )


@refuted_claim(
    "Critical points with product 0 not strict, deep linear networks",
    for_all={"net": linear_critical_points(min_depth=3, max_depth=4)},
    topics=["landscape"],
    text="derived",
    where="lecture: non-strict saddles for depth >= 3",
    because="where one layer is left the other two pair through it",
    witness={"net": LAST_LAYER},
)
def zero_products(net: LinearNet) -> Margin:
    """At every critical point with W_N ... W_1 = 0 of N >= 3 matrices the Hessian is semidefinite.

    False for three scalars at w_1 = w_2 = 0, w_3 = 1.
    """
    exact = partial(Proof, "linear_net", net.recipe)
    _suppose_critical(net)
    none = exact(quantity("squared_product"), "==", 0)
    product = enclosed(linear_map(net.layers).abs().max(), linear_rounding(net))
    assume_premise("W_N ... W_1 = 0", at_most(product, exactly(ZERO)).proved_by(none))
    least = lambda_min(linear_hessian(net), entries=linear_rounding(net))
    semidefinite = exact(quantity("lambda_min_hessian"), ">=", 0)
    return at_least(least, exactly(0.0), proof=semidefinite)


@claim(
    "Three matrices, one of them not 0",
    for_all={"net": linear_critical_points(min_depth=3, max_depth=3)},
    topics=["landscape"],
    text="new",
    bound="tight",
    mutants=[
        wrong(factor=2.0, because="attained at scalars", witness={"net": LAST_LAYER}),
        wrong(
            pulled=False,
            because="at the origin W_3^T Y X^T = 0, whatever Y X^T is",
            witness={"net": SCALARS},
        ),
    ],
)
def one_layer_left(net: LinearNet, *, factor: float = 1.0, pulled: bool = True) -> Margin:
    """At W_1 = W_2 = 0 the saddle is strict exactly if W_3^T Y X^T != 0.

    lambda_min(D^2 L(0, 0, W_3)) = -||W_3^T Y X^T||_2: D^2 L pairs W_1 with W_2 through W_3^T Y X^T
    alone. (pulled=False: -||Y X^T||_2, as for two matrices.)
    """
    exact = partial(Proof, "linear_net", net.recipe)
    *others, last = net.layers
    layers = [*(torch.zeros_like(layer) for layer in others), last]
    there = net.with_layers(layers)
    factors = [last.mT, net.y.mT, net.x] if pulled else [net.y.mT, net.x]
    cross = torch.linalg.multi_dot(factors)
    rounding = EPS * prod(float(factor.square().sum()) for factor in factors)
    norm = lambda_max(cross @ cross.mT, entries=rounding).sqrt()
    least = lambda_min(linear_hessian(there), entries=linear_rounding(there))
    bound = quantity("norm_pulled" if pulled else "norm_cross")
    attained = quantity("lambda_min_hessian", weights=flattened(layers))
    proof = exact(attained, "==", -constant("factor") * bound)
    return equal_to(least, -factor * norm, scale=1 + norm.high, resolution=1e-6, proof=proof)


def _suppose_critical(net: LinearNet) -> None:
    exact = partial(Proof, "linear_net", net.recipe)
    gradient = enclosed(linear_gradient(net).abs().max(), linear_rounding(net))
    still = exact(quantity("squared_gradient"), "==", 0)
    assume_premise("the gradient is 0", at_most(gradient, exactly(ZERO)).proved_by(still))


def _suppose_outputs(start: Start) -> Callable[..., Proof]:
    exact = partial(Proof, "relu_corner", start.exact_recipe)
    least = enclosed(start.a.abs().min(), 0.0)
    some = exact(quantity("least_sign"), ">=", STRICT)
    assume_premise("a_r != 0", at_least(least, exactly(STRICT), proof=some))
    return exact


def _jump(start: Start, *, order: int = 2, aside: float = 0.0) -> tuple[Approx, Term]:
    """The largest jump of the gradient, and for order 2 of the Hessian, over two choices of W.

    The first neuron is moved onto the hyperplane of x_1, the second one along x_1 to two places: it
    gives the inputs on this line other residuals, so the gradient cannot be continuous at both.
    """
    x, y, a = start.x, start.y, start.a
    found, terms = exactly(0.0), []
    for t in (1, 2):
        weights = hyperplane_weights(start, t, aside=Fraction(aside))
        w = torch.tensor([[float(z) for z in row] for row in weights], dtype=torch.float64)
        sides = corner_sides(start, weights)
        rounding = EPS * float(x.abs().sum()) * float(sides.abs().max())
        jump = gradient_jump(x, y, w, a, sides).norm()
        outputs = float(w.abs().sum() * x.abs().sum())
        found = largest(found, enclosed(jump, rounding * (float(y.abs().sum()) + outputs)))
        terms.append(quantity("gradient_jump", weights=weights))
        if order > 1:
            bend = hessian_jump(x, a, sides).norm()
            found = largest(found, enclosed(bend, rounding * float(x.abs().sum())))
            terms.append(quantity("hessian_jump", weights=weights))
    return found, greatest(*terms)
