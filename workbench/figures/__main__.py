"""`python -m workbench.figures particles | bias`: figures of particles and of sampled gradients."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from dynamics import WitnessPlan
from models import GRAPH_ACTIVATIONS, NODE_LAWS, GraphNetwork, SeedNumber
from strategies import GRAPHS
from workbench.figures.drawing import draw_bias, draw_particles
from workbench.figures.graph_bias import LAYERS, biases, leading_bias, slope
from workbench.figures.sampling import METHODS, compared, table, targets

FINE, COULD_NOT_RUN = 0, 3
_EXAMPLES = """examples:
  python -m workbench.figures particles --out figures --target mixture
  python -m workbench.figures bias --out figures --graph karate
  python -m workbench.figures bias --out figures --graph karate --layers both --repeats 20000
"""


def main(words: Sequence[str]) -> int:
    """Compute, draw, and print the path of the PNG and the numbers in it.

    Returns:
        0 written; 3 could not run.
    """
    try:
        asked = _parser().parse_args(words)
    except SystemExit as error:
        return COULD_NOT_RUN if error.code else FINE
    torch.set_num_threads(1)  # small tensors: a second thread only waits for the first
    try:
        asked.out.mkdir(parents=True, exist_ok=True)
        path, told = (_particles if asked.figure == "particles" else _bias)(asked)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return COULD_NOT_RUN
    sys.stdout.write(f"{told}\n{path}\n")
    return FINE


def _particles(asked: argparse.Namespace) -> tuple[Path, str]:
    target = targets()[asked.target]()
    plan = WitnessPlan(hidden=asked.hidden, rate=asked.rate, updates=asked.updates)
    rows = compared(
        target,
        SeedNumber(asked.seed),
        particles=asked.particles,
        steps=asked.steps,
        eps=asked.eps,
        plan=plan,
        methods=METHODS,
    )
    path = asked.out / f"particles-{asked.target}.png"
    many = f"{asked.particles} particles, {asked.steps} steps of {asked.eps:g}"
    draw_particles(target, rows, f"{asked.target}, d = {target.d}: {many}", path)
    return path, table(rows)


def _bias(asked: argparse.Namespace) -> tuple[Path, str]:
    net = GraphNetwork.of(
        graph=asked.graph, width=asked.width, seed=asked.seed, activation=asked.activation
    )
    which: dict[str, str] = {"layers": asked.layers, "law": asked.law}
    found = biases(net, most=asked.most, repeats=asked.repeats, seed=asked.seed, **which)
    limit = leading_bias(net, **which)
    both = "-both" if asked.layers == "both" else ""
    path = asked.out / f"bias-{asked.graph.replace(' ', '-')}{both}.png"
    title = f"{asked.graph}, {net.n} nodes, {net.m} hidden units ({asked.activation})"
    draw_bias(found, limit, f"{title}, trained: {asked.layers}", path)
    lines = [f"{'N':>5} {'bias':>11} {'N * bias':>11} {'2 errors':>9}"]
    for one in found:
        product = one.drawn * one.size
        lines.append(f"{one.drawn:5} {one.size:11.5g} {product:11.5g} {one.error:9.2g}")
    lines.append(f"N * bias tends to {limit:.5g}")
    for some in [found, found[-2:]] if len(found) > 2 else []:
        low, high = slope(some)
        lines.append(f"slope, N = {some[0].drawn} to {some[-1].drawn}: {low:.4f} to {high:.4f}")
    return path, "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m workbench.figures",
        description="Writes a figure as PNG and prints its numbers.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    figures = parser.add_subparsers(dest="figure", required=True)
    told = "three methods that move particles to a law, beside each other"
    one = figures.add_parser("particles", help=told, description=told)
    one.add_argument("--target", choices=sorted(targets()), default="mixture", help="(mixture)")
    one.add_argument("--particles", type=int, default=200, help="how many (200)")
    one.add_argument("--steps", type=int, default=500, help="of each method (500)")
    one.add_argument("--eps", type=float, default=0.05, help="step size (0.05)")
    one.add_argument("--hidden", type=int, default=32, help="units of the witness's layers (32)")
    one.add_argument("--rate", type=float, default=2e-3, help="of the witness's Adam (0.002)")
    one.add_argument("--updates", type=int, default=10, help="of the witness at each step (10)")
    told = "the bias of a sampled gradient on a graph against the number of nodes drawn"
    two = figures.add_parser("bias", help=told, description=told)
    two.add_argument("--graph", choices=GRAPHS, default="karate", help="(karate)")
    two.add_argument("--layers", choices=LAYERS, default="last", help="trained (last)")
    told = "of the nodes where both layers are sampled (uniform)"
    two.add_argument("--law", choices=NODE_LAWS, default="uniform", help=told)
    two.add_argument("--activation", choices=GRAPH_ACTIVATIONS, default="tanh", help="(tanh)")
    two.add_argument("--width", type=int, default=2, help="hidden units (2)")
    two.add_argument("--most", type=int, default=64, help="nodes drawn at most (64)")
    two.add_argument("--repeats", type=int, default=200_000, help="of each simulation (200000)")
    for parser_of in (one, two):
        parser_of.add_argument("--out", type=Path, required=True, help="folder of the PNG")
        parser_of.add_argument("--seed", type=int, default=0, help="of everything drawn (0)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
