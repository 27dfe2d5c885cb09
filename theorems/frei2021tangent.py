"""Frei, Gu: Proxy Convexity: A Unified Framework for the Analysis of Neural Networks Trained by Gradient Descent. arXiv:2106.13792v3.

Networks with a smooth activation and one hidden layer are almost convex near their weights, as in
the tangent-kernel regime. A concrete member of a family that the paper treats; derived here.

    f(W; x) = m^(-1/2) sum_k a_k sigma(w_k.x), |a_k| <= 1, |x_i| <= B, |sigma''| <= K_2;
    L(W) = (1/n) sum_i l(y_i f(W; x_i)), l(z) = log(1 + exp(-z)), G(W) = (1/n) sum_i -l'(y_i f)
"""  # noqa: E501  the citation is one line

from claims import claim, wrong
from models import LeakyNet, most_bend
from strategies import smooth_pairs
from theorems._frei2021 import exact_proof, near
from theorems._frei2021networks import seen
from verdicts import Margin, at_least, at_most, constant, every, quantity

# Sixteen equal neurons near the largest |tanh''|, moved alike.
ALIKE = LeakyNet.of(
    rows=[[1]],
    labels=[-1],
    weights=[["3/4"]] * 16,
    reference=[["9/10"]] * 16,
    loss="logistic",
    sigma="tanh",
)


@claim(
    "Almost convex networks (B4)",
    for_all={"net": smooth_pairs()},
    text="derived",
    mutants=[
        wrong(bend=0.0, because="the networks are not convex", witness={"net": ALIKE}),
        wrong(
            bend=0.85,
            because="sixteen neurons where |tanh''| is largest need 0.86 of K_2",
            witness={"net": ALIKE},
        ),
        wrong(
            width=1.0,
            because="a common shift of m neurons bends f by m^(1/2)",
            witness={"net": ALIKE},
        ),
    ],
)
def almost_convex(net: LeakyNet, *, bend: float = 1.0, width: float = 0.5) -> Margin:
    """Near W the loss of a wide smooth network is convex but for a small part of itself.

    With e = K_2 B^2 ||V - W||_F^2/(2 m^(1/2)): <grad L(W), W - V> >= L(W) - L(V) - e G(W), which is
    at least (1 - e) L(W) - L(V). (bend: times K_2; width: the exponent of m.)
    """
    here, there = seen(net), seen(LeakyNet({**net.recipe, "weights": net.recipe["reference"]}))
    moved = net.exact.squared_distance
    largest = net.exact.largest_square
    e = bend * most_bend(net) * near(largest * moved) / (2.0 * net.m**width)
    product = here.product(net.w - net.V)
    middle = here.loss - there.loss - e * here.pull
    e_term = constant("bend") * quantity("most_bend") * quantity("largest_input") ** 2
    e_term = (
        e_term * quantity("squared_distance", scale=1) / (2 * quantity("m") ** constant("width"))
    )
    bound = quantity("loss") - quantity("reference_loss", scale=1) - e_term * quantity("pull")
    proof = exact_proof(net)(quantity("product", scale=1), ">=", bound)
    scale = here.loss.high + there.loss.high + abs(product).high
    proxy = exact_proof(net)(quantity("pull"), "<=", quantity("loss"))
    return every(
        convex=at_least(product, middle, scale=scale, proof=proof),
        pull=at_most(here.pull, here.loss, proof=proxy),
    )
