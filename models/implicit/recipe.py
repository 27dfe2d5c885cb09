"""The network of an implicit start's recipe: read, written out, and made smaller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from models.activation.nonlinearities import nonlinearity
from models.implicit.initial import initial_implicit_network
from models.implicit.network import IMPLICIT_MODELS, ImplicitNetwork
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

_HEADS = ("drawn", "zero")
_DEFAULTS: dict[str, Any] = {
    "model": "gao",
    "activation": "relu",
    "gamma": None,
    "s_w": None,
    "A": None,
    "W": None,
    "u": None,
    "v": None,
    "gaussian": None,
    "heads": None,
    "normalised": True,
    "residual": None,
    "labels": None,
}


def checked_recipe(recipe: Any) -> dict[str, Any]:
    """The recipe with its defaults filled in.

    Raises:
        ValueError: a wrong key or word, or numbers given twice or not at all.
    """
    keys = {"rows"} | set(_DEFAULTS)
    if not isinstance(recipe, dict) or not {"rows"} <= set(recipe) <= keys:
        raise ValueError(f"ImplicitStart: recipe={recipe!r}; give a dict with keys {sorted(keys)}")
    known = {**_DEFAULTS, **recipe}
    if known["model"] not in IMPLICIT_MODELS:
        raise ValueError(f"ImplicitStart: model={known['model']!r}; give one of {IMPLICIT_MODELS}")
    check_posed(known, "ImplicitStart")
    if (known["A"] is None) == (known["gaussian"] is None):
        raise ValueError("ImplicitStart: give exactly one of A and gaussian")
    _check_heads(known)
    return known


def _check_heads(known: dict[str, Any]) -> None:
    gao, drawn = known["model"] == "gao", known["gaussian"] is not None
    if (known["gamma"] is None) == gao or (known["s_w"] is None) == (drawn and not gao):
        raise ValueError(
            f"ImplicitStart: model={known['model']!r}, gamma={known['gamma']!r}, "
            f"s_w={known['s_w']!r}; give gamma for 'gao', and s_w for 'ling' with Gaussian weights"
        )
    if drawn and known["W"] is not None:
        raise ValueError("ImplicitStart: W beside gaussian; leave it out")
    if known["heads"] is not None and known["u"] is not None:
        raise ValueError("ImplicitStart: heads beside u; give one of them")
    if known["heads"] is None and known["u"] is None:
        raise ValueError(f"ImplicitStart: no output weights; give u, or heads from {_HEADS}")
    if known["heads"] not in (None, "zero", *(["drawn"] if drawn else [])):
        raise ValueError(
            f"ImplicitStart: heads={known['heads']!r}; give one of {_HEADS}, 'drawn' only with "
            "Gaussian weights"
        )
    if (known["v"] is not None) != (gao and known["u"] is not None):
        raise ValueError("ImplicitStart: give v beside u for 'gao', and only there")


def read_network(known: dict[str, Any], d: int) -> tuple[ImplicitNetwork, dict[str, Any]]:
    """The network, and the canonical part of the recipe that describes it.

    Args:
        known: a recipe from `checked_recipe`.
        d: length of an input row.

    Raises:
        ValueError: sizes that do not fit, an unknown activation, a number that is none.
    """
    recipe: dict[str, Any] = {"model": known["model"], "activation": known["activation"]}
    nonlinearity(known["activation"])
    for name in ("gamma", "s_w"):
        if known[name] is not None:
            recipe[name] = written(exact(known[name], f"ImplicitStart.{name}"))
    read = _explicit if known["gaussian"] is None else _drawn
    network, drawn = read(known, recipe, d)
    if network.d != d:
        raise ValueError(
            f"ImplicitStart: rows of {d} entries, W takes {network.d}; give equal many"
        )
    return network, {**recipe, **drawn}


def _number(recipe: dict[str, Any], name: str, default: float) -> float:
    return rounded(exact(recipe.get(name, default), name), f"ImplicitStart.{name}")


def _drawn(
    known: dict[str, Any], recipe: dict[str, Any], d: int
) -> tuple[ImplicitNetwork, dict[str, Any]]:
    given = known["gaussian"]
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise ValueError(f"ImplicitStart: gaussian={given!r}; give (m, seed)")
    m, seed = given
    batch = initial_implicit_network(
        m,
        d,
        SeedNumber(seed),
        model=known["model"],
        gamma=_number(recipe, "gamma", 0.5),
        s_w=_number(recipe, "s_w", 0.0),
        heads=known["heads"] or "zero",
        activation=known["activation"],
    )
    network = batch.with_parameters([block[0] for block in batch.named().values()])
    texts: dict[str, Any] = {"gaussian": [m, seed]}
    if known["heads"] is not None:
        return network, {**texts, "heads": known["heads"]}
    heads, written_out = _heads(known, m)
    return replace(network, u=heads["u"], v=heads.get("v")), {**texts, **written_out}


def _explicit(
    known: dict[str, Any], recipe: dict[str, Any], d: int
) -> tuple[ImplicitNetwork, dict[str, Any]]:
    del d  # what W has is checked by the caller
    tensors: dict[str, Tensor] = {}
    texts: dict[str, Any] = {}
    for name in ("A", "W"):
        rows = exact_rows(known[name], f"ImplicitStart.{name}")
        tensors[name], texts[name] = _tensor(rows, name), [[written(z) for z in r] for r in rows]
    m = len(texts["A"])
    if known["heads"] == "zero":
        zero = torch.zeros(m, dtype=torch.float64)
        heads: dict[str, Tensor] = {"u": zero}
        heads |= {"v": zero} if known["model"] == "gao" else {}
        texts["heads"] = "zero"
    else:
        heads, written_out = _heads(known, m)
        texts |= written_out
    network = ImplicitNetwork(
        **tensors,
        u=heads["u"],
        v=heads.get("v"),
        model=known["model"],
        gamma=_number(recipe, "gamma", 0.5),
        activation=known["activation"],
    )
    return network, texts


def _heads(known: dict[str, Any], m: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors, texts = {}, {}
    for name in ("u", "v"):
        if known[name] is None:
            continue
        row = exact_row(known[name], f"ImplicitStart.{name}")
        if len(row) != m:
            raise ValueError(
                f"ImplicitStart: {m} neurons, {len(row)} entries of {name}; give one per neuron"
            )
        tensors[name], texts[name] = _tensor([row], name)[0], [written(z) for z in row]
    return tensors, texts


def _tensor(rows: Sequence[Sequence[Any]], name: str) -> Tensor:
    floats = [[rounded(z, f"ImplicitStart.{name}") for z in row] for row in rows]
    return torch.tensor(floats, dtype=torch.float64)


def simpler_networks(recipe: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Changes of a canonical recipe: a neuron, or a coordinate of zeros less; none if drawn."""
    if "A" not in recipe:
        return
    m = len(recipe["A"])
    heads = [name for name in ("u", "v") if name in recipe]
    for r in reversed(range(m)) if m > 1 else ():
        smaller = {"A": [without(row, r) for row in without(recipe["A"], r)]}
        smaller |= {name: without(recipe[name], r) for name in ("W", *heads)}
        yield smaller
    for j in zero_columns(recipe["rows"]) if len(recipe["rows"][0]) > 1 else ():
        yield {name: [without(row, j) for row in recipe[name]] for name in ("rows", "W")}
