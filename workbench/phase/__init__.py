"""Phase maps: how often a claim's statement holds, over a grid of two of its letters."""

from workbench.phase.axes import Axis
from workbench.phase.counts import Counts, measure
from workbench.phase.drawing import as_bytes, picture
from workbench.phase.filling import cost, fill
from workbench.phase.inputs import named_data
from workbench.phase.journal import Journal, opened
from workbench.phase.maps import MAPS, NamedMap
from workbench.phase.plan import Plan, Point
from workbench.phase.told import Edge, contradictions, document, edge_of

__all__ = [
    "MAPS",
    "Axis",
    "Counts",
    "Edge",
    "Journal",
    "NamedMap",
    "Plan",
    "Point",
    "as_bytes",
    "contradictions",
    "cost",
    "document",
    "edge_of",
    "fill",
    "measure",
    "named_data",
    "opened",
    "picture",
]
