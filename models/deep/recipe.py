"""The network of a deep start's recipe: read, written out, and made smaller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor

from models.activation.named import activation
from models.deep.initial import Outputs, initial_network
from models.deep.network import ARCHITECTURES, DeepNetwork
from models.randomness import SeedNumber
from models.recipes.recipe import (
    exact,
    exact_row,
    exact_rows,
    rounded,
    without,
    written,
    zero_columns,
)
from models.start_on_data import check_posed

_NEEDED = {"rows", "weights"}
_DEFAULTS: dict[str, Any] = {
    "activation": "softplus",
    "architecture": "fully connected",
    "c_res": "1/2",
    "pixels": 1,
    "patch": 1,
    "normalised": True,
    "outputs": None,
    "residual": None,
    "labels": None,
}


def checked_recipe(recipe: Any) -> dict[str, Any]:
    """The recipe with its defaults filled in.

    Raises:
        ValueError: a wrong key or word.
    """
    keys = _NEEDED | set(_DEFAULTS)
    if not isinstance(recipe, dict) or not _NEEDED <= set(recipe) <= keys:
        raise ValueError(f"DeepStart: recipe={recipe!r}; give a dict with keys {sorted(keys)}")
    known = {**_DEFAULTS, **recipe}
    check_posed(known, "DeepStart")
    if known["architecture"] not in ARCHITECTURES:
        raise ValueError(
            f"DeepStart: architecture={known['architecture']!r}; give one of {ARCHITECTURES}"
        )
    _check_pixels(known)
    if known["architecture"] == "fully connected":
        known["c_res"] = _DEFAULTS["c_res"]  # it plays no part: one network, one recipe
    return known


def _check_pixels(known: dict[str, Any]) -> None:
    for name in ("pixels", "patch"):
        size = known[name]
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"DeepStart: {name}={size!r}; give an integer >= 1")
        if size > 1 and known["architecture"] != "convolutional":
            raise ValueError(f"DeepStart: {name}={size}; give 1 unless convolutional")


def read_network(known: dict[str, Any], entries: int) -> tuple[DeepNetwork, dict[str, Any]]:
    """The network, and the canonical part of the recipe that describes it.

    Args:
        known: a recipe from `checked_recipe`.
        entries: length of an input row.

    Raises:
        ValueError: sizes that do not fit, an unknown activation, a number that is none.
    """
    p, q = known["pixels"], known["patch"]
    if entries % p:
        raise ValueError(f"DeepStart: rows of {entries} entries, {p} pixels; give a multiple")
    c_res = exact(known["c_res"], "DeepStart.c_res")
    kind = {
        "activation": activation(known["activation"]),
        "architecture": known["architecture"],
        "c_res": rounded(c_res, "DeepStart.c_res"),
        "q": q,
    }
    canonical = {name: known[name] for name in ("activation", "architecture", "pixels", "patch")}
    canonical["c_res"] = written(c_res)
    if isinstance(known["weights"], dict):
        network, drawn = _drawn(known, entries // p, kind)
    else:
        network, drawn = _explicit(known, kind)
    if network.d * p != entries or network.p != p:
        raise ValueError(
            f"DeepStart: rows of {entries} entries, the network takes {network.d} x {network.p}; "
            "give equal sizes"
        )
    return network, {**canonical, **drawn}


def _drawn(known: dict[str, Any], d: int, kind: dict[str, Any]) -> tuple[DeepNetwork, Any]:
    given = known["weights"].get("gaussian")
    if set(known["weights"]) != {"gaussian"} or not _triple(given):
        raise ValueError(f"DeepStart: weights={known['weights']!r}; give gaussian=(m, H, seed)")
    m, H, seed = given
    outputs = "gaussian" if known["outputs"] is None else known["outputs"]
    word: Outputs = cast(Outputs, outputs) if isinstance(outputs, str) else "gaussian"
    q, p = kind["q"], known["pixels"]
    kept = {name: value for name, value in kind.items() if name != "q"}
    batch = initial_network(m, d, SeedNumber(seed), H=H, p=p, q=q, outputs=word, **kept)
    a, texts = (batch.a[0], outputs) if isinstance(outputs, str) else _outputs(known, m)
    network = DeepNetwork(tuple(W[0] for W in batch.weights), a, **kind)
    return network, {"weights": {"gaussian": [m, H, seed]}, "outputs": texts}


def _triple(given: Any) -> bool:
    return isinstance(given, list | tuple) and len(given) == 3


def _explicit(known: dict[str, Any], kind: dict[str, Any]) -> tuple[DeepNetwork, Any]:
    layers = known["weights"]
    if not isinstance(layers, list | tuple) or not layers:
        raise ValueError(f"DeepStart: weights={layers!r}; give one matrix per layer")
    exact_layers = [exact_rows(W, f"DeepStart.weights[{h}]") for h, W in enumerate(layers)]
    if known["outputs"] is None or isinstance(known["outputs"], str):
        raise ValueError("DeepStart: explicit weights have no drawn outputs; give outputs=[1, ...]")
    floats = [[[rounded(z, "DeepStart.weights") for z in row] for row in W] for W in exact_layers]
    tensors = tuple(torch.tensor(W, dtype=torch.float64) for W in floats)
    a, texts = _outputs(known, len(exact_layers[0]))
    written_out = [[[written(z) for z in row] for row in W] for W in exact_layers]
    return DeepNetwork(tensors, a, **kind), {"weights": written_out, "outputs": texts}


def _outputs(known: dict[str, Any], m: int) -> tuple[Tensor, list[str]]:
    numbers = exact_row(known["outputs"], "DeepStart.outputs")
    p = known["pixels"]
    if len(numbers) != m * p:
        raise ValueError(
            f"DeepStart: {m} neurons, {p} pixels, {len(numbers)} outputs; give one for each pair"
        )
    a = torch.tensor([rounded(z, "DeepStart.outputs") for z in numbers], dtype=torch.float64)
    a = a.reshape(m, p) if known["architecture"] == "convolutional" else a
    return a, [written(z) for z in numbers]


def simpler_networks(recipe: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Changes of a canonical recipe: a layer, a neuron, or a coordinate of zeros less."""
    weights = recipe["weights"]
    if isinstance(weights, dict):
        m, H, seed = weights["gaussian"]
        if H > 1:
            yield {"weights": {"gaussian": [m, H - 1, seed]}}
        return
    if len(weights) > 1:
        yield {"weights": weights[:-1]}
    m, p, q = len(weights[0]), recipe["pixels"], recipe["patch"]
    for r in reversed(range(m)) if m > 1 else ():
        outputs = recipe["outputs"][: r * p] + recipe["outputs"][(r + 1) * p :]
        deeper = [_without_input(without(W, r), r, q) for W in weights[1:]]
        yield {"weights": [without(weights[0], r), *deeper], "outputs": outputs}
    columns = zero_columns(recipe["rows"]) if p == 1 and len(recipe["rows"][0]) > 1 else []
    for j in columns:
        rows = [without(row, j) for row in recipe["rows"]]
        yield {"rows": rows, "weights": [_without_input(weights[0], j, q), *weights[1:]]}


def _without_input(W: list[list[str]], channel: int, q: int) -> list[list[str]]:
    """The layer without the columns of one channel's patch."""
    return [row[: channel * q] + row[(channel + 1) * q :] for row in W]
