"""Where the nodes of a lemma graph stand: in layers, what a proof uses above what it proves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDEST = 6  # nodes in a row; a wider layer goes on in the next row
_SWEEPS = 4

Graph = Mapping[str, Sequence[str]]


def layers_of(graph: Graph) -> list[list[str]]:
    """The rows of a drawing, top first.

    Args:
        graph: by node, the nodes that it rests on; circles are cut where they close.

    Returns:
        Every node once, in rows of at most WIDEST. A node stands below all that it rests on; what
        neither rests on another nor carries one comes last.
    """
    carried = {other for needed in graph.values() for other in needed}
    tied = [node for node in graph if graph[node] or node in carried]
    alone = [node for node in graph if node not in set(tied)]
    depth = _depths({node: [x for x in graph[node] if x in graph] for node in tied})
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in tied:
        layers[depth[node]].append(node)
    _untangle(layers, graph)
    rows = [layer[k : k + WIDEST] for layer in layers for k in range(0, len(layer), WIDEST)]
    return rows + [alone[k : k + WIDEST] for k in range(0, len(alone), WIDEST)]


def _depths(graph: Graph) -> dict[str, int]:
    """Length of the longest way down to each node."""
    depth: dict[str, int] = {}
    open_: set[str] = set()
    for start in graph:
        stack = [start]
        while stack:
            node = stack[-1]
            open_.add(node)
            waiting = [x for x in graph[node] if x not in depth and x not in open_]
            if waiting and node not in depth:
                stack.append(waiting[0])
                continue
            stack.pop()
            open_.discard(node)
            below = [depth[x] for x in graph[node] if x in depth]
            depth.setdefault(node, 1 + max(below, default=-1))
    return depth


def _untangle(layers: list[list[str]], graph: Graph) -> None:
    """Order each layer by the mean place of what its nodes are tied to, down and up again."""
    users: dict[str, list[str]] = {node: [] for layer in layers for node in layer}
    for node in users:
        for other in graph[node]:
            if other in users:
                users[other].append(node)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        place = _places(layers)
        for layer in layers if downwards else reversed(layers):
            ties = {node: graph[node] if downwards else users[node] for node in layer}
            centre = {
                node: _mean([place[x] for x in ties[node] if x in place], place[node])
                for node in layer
            }
            layer.sort(key=lambda node: (centre[node], place[node]))
            place.update(_places([layer]))


def _places(layers: Sequence[Sequence[str]]) -> dict[str, float]:
    return {node: (k + 0.5) / len(layer) for layer in layers for k, node in enumerate(layer)}


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise
