"""The same seeds on the CPU and on a GPU: the same words, weights, kernels, runs and verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from certify import lambda_min, spectral_norm
from claims import PROFILES, Case, Claim, Options, Trial
from claims.case_report import CaseReport
from dynamics import (
    decay_times,
    gradient_descent,
    gradient_flow,
    one_step,
    wide_descent,
    wide_flow,
)
from models import (
    G2,
    H,
    H_core,
    H_error,
    change_bound,
    flip_bound,
    gaussian_weights,
    gradients,
    near_counts,
    patterns,
    predictions,
    rademacher_signs,
    worst_in_ball,
)
from models.philox import philox_words
from tests.house.readme_table import all_claims
from verdicts import Approx, Seeds

X = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=torch.float64)
Y = torch.tensor([0.3, -0.2, 0.5], dtype=torch.float64)
MANY = torch.tensor([[k, 20 - k] for k in range(1, 20)], dtype=torch.float64) / 20
TIMES = decay_times(0.2, count=5)
ULPS = 1e-13  # another order of summation


def seeds(device: str = "cpu") -> Seeds:
    return Seeds((11, 2**64 - 5), 3, 4, device)


def start(device: str, m: int = 30, d: int = 2) -> tuple[Tensor, Tensor]:
    return gaussian_weights(m, d, seeds(device)), rademacher_signs(m, seeds(device))


def assert_close(one: Tensor, other: Tensor, tolerance: float = ULPS) -> None:
    """The one on the GPU, the other on the CPU."""
    assert one.device.type == "cuda"
    torch.testing.assert_close(one.cpu(), other, rtol=tolerance, atol=tolerance)


def assert_overlap(one: Approx, other: Approx) -> None:
    assert (one.lower <= other.upper).all()
    assert (other.lower <= one.upper).all()


def test_words_are_the_same_bit_for_bit(gpu: str) -> None:
    numbers = torch.arange(5, device=gpu) + 2**40
    found = philox_words((7, 2**63 + 1), numbers, 1, first=3, count=1001).cpu().numpy()
    for row, number in zip(found.view(np.uint64), numbers.tolist(), strict=True):
        counter = (number << 128) + (1 << 192) - 1  # numpy counts before its first output
        words = np.random.Philox(key=7 + ((2**63 + 1) << 64), counter=counter).random_raw(1004)
        assert (row == words[3:]).all()


@pytest.mark.parametrize("first", [0, 5])
def test_weights_and_signs_are_those_of_the_cpu(gpu: str, first: int) -> None:
    def drawn(device: str) -> list[Tensor]:
        keys = seeds(device)
        return [
            gaussian_weights(301, 3, keys, first_neuron=first),
            rademacher_signs(301, keys, first_neuron=first),
        ]

    (w, a), (w_cpu, a_cpu) = drawn(gpu), drawn("cpu")
    assert_close(w, w_cpu, 1e-15)
    assert torch.equal(a.cpu(), a_cpu)


COUNTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "near_counts": lambda w, _: near_counts(X, w, 0.1),
    "patterns": lambda w, _: patterns(X, w),
}
KERNELS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "H": lambda w, _: H(X, w),
    "H with a": lambda w, a: H(X, w, a),
    "H_error": lambda w, _: H_error(X, w),
    "H_error with a": lambda w, a: H_error(X, w, a),
    "H_core": lambda w, _: H_core(X, w, 0.1),
    "H_core, a radius a seed": lambda w, _: H_core(X, w, torch.full((4,), 0.1)),
    "G2": lambda w, _: G2(X, w),
    "change_bound": lambda w, _: change_bound(X, w, 0.1),
    "flip_bound": lambda w, _: flip_bound(X, w, 0.1),
    "worst_in_ball": lambda w, _: worst_in_ball(X, w, 0.1),
    "worst_in_ball, curvature": lambda w, _: worst_in_ball(X, w, 0.1, goal="lambda_min"),
    "predictions": lambda w, a: predictions(X, w, a),
    "gradients": lambda w, a: gradients(X, Y, w, a)[0],
    "one_step": lambda w, a: one_step(X, Y, w, a, eta=0.1, layers="both")[0],
}


@pytest.mark.parametrize("name", [*COUNTS, *KERNELS])
def test_kernels(gpu: str, name: str) -> None:
    function = (COUNTS | KERNELS)[name]
    found, expected = function(*start(gpu)), function(*start("cpu"))
    if name in COUNTS:
        assert found.is_cuda
        assert torch.equal(found.cpu(), expected)
    else:
        assert_close(found, expected)


def test_eigenvalues_come_home(gpu: str) -> None:
    for number in (lambda_min, spectral_norm):
        assert_overlap(number(H(X, start(gpu)[0])), number(H(X, start("cpu")[0])))


RUNS: dict[str, Callable[[str], Any]] = {
    "descent": lambda at: gradient_descent(X, Y, *start(at), eta=0.1, steps=20),
    "descent on both layers": lambda at: gradient_descent(
        X, Y, *start(at), eta=0.1, steps=20, layers="both"
    ),
    "diverging descent": lambda at: gradient_descent(X, 1e3 * Y, *start(at), eta=9.0, steps=30),
    "descent, many inputs": lambda at: gradient_descent(
        MANY, MANY[:, 0], *start(at), eta=0.01, steps=9
    ),
    "descent, wide": lambda at: gradient_descent(
        X, Y, *start(at, 5000), eta=0.1, steps=3, keep_H=False
    ),
    "flow": lambda at: gradient_flow(X, Y, *start(at), times=TIMES),
    "flow on both layers": lambda at: gradient_flow(X, Y, *start(at), times=TIMES, layers="both"),
    "flow, wide": lambda at: gradient_flow(X, Y, *start(at, 3000), times=TIMES, keep_path=False),
    "flow on both layers, wide": lambda at: gradient_flow(
        X, Y, *start(at, 3000), times=TIMES, layers="both", keep_path=False
    ),
    "wide descent": lambda at: wide_descent(
        X, Y, seeds(at), m=3000, eta=0.1, steps=20, keep_H=True
    ),
    "wide flow": lambda at: wide_flow(X, Y, seeds(at), m=3000, times=TIMES),
    "wide flow on both layers": lambda at: wide_flow(
        X[:1], Y[:1], seeds(at), m=3000, times=TIMES, layers="both", chunk=999
    ),
    "wide descent on both layers": lambda at: wide_descent(
        X, Y, seeds(at), m=3000, eta=0.1, steps=20, layers="both", keep_H=True, chunk=999
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_runs_agree_within_their_enclosures(gpu: str, name: str) -> None:
    found, expected = RUNS[name](gpu), RUNS[name]("cpu")
    assert_overlap(found.log_ratio(), expected.log_ratio())
    for each in fields(found):
        one, other = getattr(found, each.name), getattr(expected, each.name)
        if isinstance(one, Approx):
            assert_overlap(one, other)
        elif isinstance(one, Tensor):
            torch.testing.assert_close(one.cpu(), other, rtol=1e-8, atol=1e-9, equal_nan=True)


def judged(claim: Claim, device: str, *, examples: int = 1) -> CaseReport:
    options = Options(PROFILES["quick"], device=device, examples=examples, seeds=64)
    return Trial(Case(claim), options).run()


def known(name: str) -> Claim:
    return next(claim for claim in all_claims() if claim.id == name)


@pytest.mark.parametrize(
    "name", ["du2019.lemma_3_1", "du2019.theorem_4_1", "du2019appendix.initial_residual_markov"]
)
def test_a_claim_from_end_to_end(gpu: str, name: str) -> None:
    found, expected = (judged(known(name), device, examples=12) for device in (gpu, "cpu"))
    assert found.outcome == expected.outcome
    assert (found.examples, found.seeds, found.failures) == (
        *(expected.examples, expected.seeds),
        expected.failures,
    )
    assert found.worst_margin == pytest.approx(expected.worst_margin, abs=1e-9)


@pytest.mark.parametrize("claim", all_claims(), ids=lambda claim: claim.id)
def test_every_claim_of_the_catalogue_runs_there(gpu: str, claim: Claim) -> None:
    if claim.own_width:
        pytest.skip("at the paper's own width it takes minutes; its parts are compared above")
    found = judged(claim, gpu)
    assert found.outcome != "ERROR", found.failure_text
    assert found.examples or found.discarded or found.costly
