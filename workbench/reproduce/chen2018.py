"""Chen, Luss: how biased a sampled gradient on a graph is, by the number of nodes drawn."""

from __future__ import annotations

from models import GraphNetwork
from strategies import GRAPHS
from verdicts import Approx, equal_to, every
from workbench.figures.graph_bias import biases
from workbench.reproduce.figure import Curve, Drawn, Figure, Ordering, Panel, Told
from workbench.reproduce.orderings import columns, falls, stacked

_ROUNDING = 1e-12  # of a bias that is summed over all samples


def consistency(small: bool, told: Told) -> Drawn:  # noqa: FBT001  the protocol of figures
    """|E g_N - grad f| against N: exactly up to three nodes, by simulation beyond."""
    net = GraphNetwork.of(graph=GRAPHS[0], width=2, seed=0)
    found = biases(net, most=4 if small else 16, repeats=20_000 if small else 200_000, seed=0)
    told(1.0)
    # The error that is told is two standard errors; here it is four.
    values = stacked([Approx.around(one.size, 2 * one.error + _ROUNDING) for one in found])
    counts = [one.drawn for one in found]
    products = stacked([N * values[k] for k, N in enumerate(counts)])
    exact = [k for k, one in enumerate(found) if one.error == 0]
    same = {
        f"N = {counts[k]}": equal_to(products[k], products[0], scale=products[0], resolution=1e-9)
        for k in exact[1:]
    }
    guide = [found[0].size / N for N in counts]
    line = Curve("bias of one node / N", counts, Approx(guide, guide), bare=True)
    return Drawn(
        title=f"{GRAPHS[0]}, {net.n} nodes, {net.m} hidden units",
        panels=(
            Panel("bias of the gradient", "nodes drawn N", "|E g$_N$ - grad f|",
                  (Curve("found", counts, values), line), "xy"),
        ),
        orderings=(
            falls("the more nodes are drawn, the smaller the bias", values, counts),
            Ordering("N times the bias is the same for N = 1, 2, 3", every(**same)),
        ),
        table=columns(("N", "bias", "N bias"), counts, values, products),
        error="all samples up to N = 3; beyond, simulation with four standard errors",
    )  # fmt: skip


CONSISTENCY = Figure(
    name="chen2018.bias",
    paper="Chen, Luss: Stochastic Gradient Descent with Biased ... Estimators (arXiv:1807.11880v4)",
    shows="that gradients sampled on a graph are biased and consistent (its figures, of training "
    "on citation graphs, need external data)",
    here="the bias itself, by the number of nodes drawn, on a graph that networkx ships",
    kinship="of a statement",
    source="recalled",
    draw=consistency,
)
