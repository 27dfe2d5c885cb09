"""All theorems of the linter and of the table of rivals, and their papers."""

from __future__ import annotations

from functools import partial

from workbench.advice.classification import CLASSIFICATION
from workbench.advice.facts import Facts
from workbench.advice.implicit import IMPLICIT
from workbench.advice.premises import not_parallel, unit_rows
from workbench.advice.smooth import SMOOTH
from workbench.advice.theorem import Demands, Setting, Theorem
from workbench.advice.two_layer import TWO_LAYER


def _rows(facts: Facts, _: Setting) -> Demands:
    return Demands((unit_rows(facts), not_parallel(facts)))


def _nothing(_facts: Facts, _setting: Setting) -> Demands:
    return Demands(())


_deep = partial(
    Theorem, paper="du2019deep", kind="convergence", start="w ~ N(0, 1), a ~ N(0, 1)",
    method="gradient descent", loss="squared", constants="hidden", width="", step="",
    says="L(theta(k)) <= (1 - eta lambda_0/2)^k L(theta(0))", ask=_rows, cost="m^2 H n",
)  # fmt: skip

HIDDEN = (
    _deep(
        label="Theorem 5.1, H >= 2", network="fully connected",
        claims=("du2019deep.fully_connected_paper_width.theorem_5_1_deeper",),
        hidden="2^O(H) hides its constants: not explicit, not applied",
    ),
    _deep(
        label="Theorems 6.1, 7.1", network="residual, convolutional", claims=(),
        hidden="Omega hides the constants, and Lemmas C.5 and D.5 of the proof are false as "
        "printed: not applied",
    ),
    Theorem(
        paper="liu2022", label="wide networks of any depth",
        claims=("liu2022wide.nonlinear_output_width",),
        kind="convergence", network="L layers of smooth neurons", start="Gaussian",
        method="gradient descent", loss="squared", constants="hidden", width="", step="",
        says="L(w_t) <= (1 - eta mu)^t L(w_0)", ask=_nothing,
        hidden="m = Omega~(n R^(6L+2)/(lambda_0 - mu)^2) hides its constants; `claims plstar` "
        "measures them on a network of yours", cost="m^2 L n",
    ),
)  # fmt: skip

THEOREMS: tuple[Theorem, ...] = (*TWO_LAYER, *SMOOTH, *IMPLICIT, *CLASSIFICATION, *HIDDEN)
PAPERS = tuple(dict.fromkeys(theorem.paper for theorem in THEOREMS))
