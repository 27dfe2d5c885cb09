"""Implicit networks at their initial parameters, on drawn data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import torch
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from certify import lambda_min
from models import (
    IMPLICIT_MODELS,
    Dataset,
    ImplicitModel,
    ImplicitStart,
    implicit_pass,
    nonlinearity,
)
from strategies.arguments import Real, check_choice, check_sizes, check_words, exact, exact_positive
from strategies.implicit_numbers import (
    Signs,
    Target,
    explicit_numbers,
    gaussian_numbers,
    largest_gamma,
)
from strategies.numbers import seeds, sizes
from strategies.premises import Predicate, premises_of, with_premises
from strategies.starts import Labels, Weights, plain_inputs

_LABEL_PREMISE = "labels bounded"
_MAX_EXPLICIT = 6  # neurons: A has their square
_PARTS = 10  # rho is drawn in so many parts of its largest value


@dataclass(frozen=True, slots=True)
class _Plan:
    data: SearchStrategy[Dataset]
    model: ImplicitModel
    m: tuple[int, int]
    weights: Weights
    heads: tuple[str, ...]
    activations: tuple[str, ...]
    most: Fraction  # of rho
    least: Fraction | None  # of lambda_min(G(0))
    signs: Signs
    quarter: bool
    labels: Labels
    smallest: int  # residuals go down to 10**-smallest


def implicit_starts(
    *,
    data: SearchStrategy[Dataset],
    model: ImplicitModel = "gao",
    min_m: int = 1,
    max_m: int = 24,
    weights: Weights = "any",
    heads: Collection[str] = ("drawn", "zero"),
    activations: Collection[str] = ("relu",),
    max_rho: Real = 0.9,
    min_lambda_G: Real | None = None,
    signs: Signs = "any",
    quarter: bool = False,
    labels: Labels = "near-initial",
    max_residual_digits: int = 4,
) -> SearchStrategy[ImplicitStart]:
    """An implicit network at its initial parameters, on drawn data.

    The data are drawn first, so that n and d shrink before the network does. What scales A (gamma,
    s_w, or its own entries) is a short decimal that makes rho = L scale ||A||_2 a drawn tenth of
    max_rho. Neurons may be dead, equal, or fed by dead ones only.

    Premises: those of `data`, "labels bounded" only with labels="own"; "rho <= max_rho"; with
    min_lambda_G also "lambda_min(G(0)) >= ...", of Phi Phi^T for "gao" and Z Z^T for "ling".
    Near-initial labels set `near_initial`, since they depend on the parameters.

    Args:
        data: any strategy of datasets; real rows become plain rows of the recipe.
        model: "gao" or "ling", see `ImplicitNetwork`.
        min_m: least width, >= 1.
        max_m: largest width.
        weights: "explicit": decimals of few digits, m <= 6; "gaussian": the paper's initial law
            from a seed; "any" of the two.
        heads: some of "zero" output weights, "drawn" ones (by the paper's law, or small decimals),
            and "signs", +1 or -1 each, for "gao" only.
        activations: names that `nonlinearity` knows.
        max_rho: in (0, 1).
        min_lambda_G: > 0; rows that push lambda_min(G(0)) below it are dropped.
        signs: "nonnegative" makes all entries of explicit A nonnegative.
        quarter: for "gao", gamma <= min(1/2, 1/(4c)) as well, where c is the largest of 2,
            ||A||_2/sqrt(m) and ||W||_2/sqrt(m).
        labels: "near-initial": y = yhat(0) + residual, the residual being 10**-k times the labels
            of `data` (times ones, where those are all zero); "own": the labels of `data`.
        max_residual_digits: that k is at most this, in 0 ... 12.

    Raises:
        ValueError: bounds that contradict each other, or unknown words.
    """
    plan = _plan(
        data,
        (min_m, max_m),
        (heads, activations),
        (max_rho, min_lambda_G),
        model=model,
        weights=weights,
        signs=signs,
        quarter=quarter,
        labels=labels,
        smallest=max_residual_digits,
    )
    near = labels == "near-initial"
    premises: dict[str, Predicate] = {
        name: _on_data(holds)
        for name, holds in premises_of(data).items()
        if not (near and name == _LABEL_PREMISE)
    }
    premises[f"rho <= {float(plan.most):g}"] = rho_at_most(plan.most)
    if quarter:
        premises["gamma <= min(1/2, 1/(4c))"] = small_gamma
    if plan.least is not None:
        premises[f"lambda_min(G(0)) >= {float(plan.least):g}"] = gram_at_least(plan.least)
    return with_premises(_starts(plan), premises, near_initial=near)


def _plan(
    data: SearchStrategy[Dataset],
    m: tuple[int, int],
    words: tuple[Collection[str], Collection[str]],
    bounds: tuple[Real, Real | None],
    **rest: Any,
) -> _Plan:
    where, (heads, activations), (max_rho, min_lambda_G) = "implicit_starts", words, bounds
    check_sizes(where, "m", *m)
    check_choice(where, "model", rest["model"], IMPLICIT_MODELS)
    check_choice(where, "weights", rest["weights"], ("explicit", "gaussian", "any"))
    check_choice(where, "signs", rest["signs"], ("any", "nonnegative"))
    check_choice(where, "labels", rest["labels"], ("near-initial", "own"))
    if not isinstance(data, SearchStrategy):
        raise ValueError(f"{where}: data={data!r}; give a strategy such as unit_sphere_datasets()")
    if rest["weights"] == "explicit" and m[0] > _MAX_EXPLICIT:
        raise ValueError(f"{where}: min_m={m[0]} with explicit weights; give <= {_MAX_EXPLICIT}")
    if isinstance(activations, str) or not activations:
        raise ValueError(f"{where}: activations={activations!r}; give a tuple of names")
    if not 0 < exact(where, "max_rho", max_rho) < 1:
        raise ValueError(f"{where}: max_rho={max_rho!r}; give a number in (0, 1)")
    gao = rest["model"] == "gao"
    if not gao and (rest["quarter"] or "signs" in heads):
        raise ValueError(
            f"{where}: model={rest['model']!r}; heads='signs' and quarter are of 'gao'"
        )
    if not 0 <= rest["smallest"] <= 12:
        raise ValueError(f"{where}: max_residual_digits={rest['smallest']}; give 0 ... 12")
    return _Plan(
        data=data,
        m=m,
        heads=check_words(where, "heads", heads, ("drawn", "zero", "signs")),
        activations=tuple(nonlinearity(name).name for name in activations),
        most=exact(where, "max_rho", max_rho),
        least=None if min_lambda_G is None else exact_positive(where, "min_lambda_G", min_lambda_G),
        **rest,
    )


def rho_at_most(bound: Fraction) -> Predicate:
    """L scale ||A||_2 <= bound for certain."""
    return lambda start: float(_rho(start)) <= bound


def gram_at_least(bound: Fraction) -> Predicate:
    """lambda_min of Phi Phi^T, or of Z Z^T, at the start is >= bound for certain."""
    return lambda start: _least_eigenvalue(_gram(start)) >= bound


def small_gamma(start: ImplicitStart) -> bool:
    """Gamma <= min(1/2, 1/(4c)) with the least c that the norms at the start allow."""
    network = start.network
    return network.gamma <= largest_gamma(network.A, network.W)


def _rho(start: ImplicitStart) -> torch.Tensor:
    return implicit_pass(start.x, start.network).rho


def _gram(start: ImplicitStart) -> torch.Tensor:
    """Phi Phi^T, or Z Z^T."""
    if start.network.model == "gao":
        network = start.network
        lifted = start.x @ network.W.T
        rows = network.input_scale * nonlinearity(network.activation).value(lifted)
    else:
        rows = implicit_pass(start.x, start.network).z
    return rows @ rows.T


def _least_eigenvalue(gram: torch.Tensor) -> float:
    return lambda_min(gram, entries=1e-14 * float(gram.trace())).low


def _on_data(holds: Predicate) -> Predicate:
    return lambda start: holds(start.data)


@st.composite
def _starts(draw: DrawFn, plan: _Plan) -> ImplicitStart:
    data = draw(plan.data)
    least, most = plan.m
    explicit = plan.weights == "explicit" or (
        plan.weights == "any" and least <= _MAX_EXPLICIT and not draw(st.booleans())
    )
    rho = plan.most * draw(st.integers(1, _PARTS)) / _PARTS
    sigma = draw(st.sampled_from(plan.activations))
    heads = draw(st.sampled_from(plan.heads))
    kind: dict[str, Any] = {"model": plan.model, "activation": sigma}
    size = Target(
        plan.model, rho / exact("implicit_starts", "L", nonlinearity(sigma).L), plan.quarter
    )
    if explicit:
        m = draw(sizes(least, min(most, _MAX_EXPLICIT)))
        numbers = explicit_numbers(draw, size, (m, data.d), plan.signs, heads)
    else:
        m, seed = draw(sizes(least, most)), draw(seeds()).number
        numbers = gaussian_numbers(size, (m, data.d), seed, heads)
    start = ImplicitStart.of(**kind, **numbers, **plain_inputs(data), **_labels(draw, plan, data))
    return start if plan.least is None else _definite(start, plan.least)


def _labels(draw: DrawFn, plan: _Plan, data: Dataset) -> dict[str, Any]:
    labels = data.recipe["labels"]
    labels = data.y.tolist() if labels == "own" else labels
    if plan.labels == "own":
        return {"labels": labels}
    size = Fraction(1, 10 ** draw(st.integers(0, plan.smallest)))
    residual = [size * Fraction(label) for label in labels]
    # A residual of 0 makes most statements empty.
    return {"residual": residual if any(residual) else [size] * data.n}


def _definite(start: ImplicitStart, least: Fraction) -> ImplicitStart:
    """The start without the rows that push lambda_min(G(0)) below its bound."""
    gram = _gram(start)
    kept: list[int] = []
    for i in range(start.n):
        tried = [*kept, i]
        kept = tried if _least_eigenvalue(gram[tried][:, tried]) >= least else kept
    assume(kept)
    if len(kept) == start.n:
        return start
    recipe = start.recipe
    names = [name for name in ("rows", "residual", "labels") if name in recipe]
    return ImplicitStart({**recipe, **{name: [recipe[name][i] for i in kept] for name in names}})
