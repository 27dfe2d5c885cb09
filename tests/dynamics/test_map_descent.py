import math

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamics import map_descent

DOUBLE = torch.float64


def linear(A: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvectors and eigenvalues of A A^T, which rule descent on F(w) = A w."""
    values, vectors = torch.linalg.eigh(A @ A.T)
    return vectors, values


def test_a_linear_system_is_followed_in_closed_form() -> None:
    draw = torch.Generator().manual_seed(0)
    A, y = torch.randn(3, 5, generator=draw, dtype=DOUBLE), torch.ones(3, dtype=DOUBLE)
    vectors, values = linear(A)
    eta = 0.9 / float(values[-1])
    run = map_descent(lambda w: A @ w, y, torch.zeros(5, dtype=DOUBLE), eta=eta, steps=60)
    t = torch.arange(61, dtype=DOUBLE).unsqueeze(1)
    parts = (vectors.T @ y) * (1 - eta * values) ** t
    loss = parts.square().sum(dim=1) / 2
    squared = (parts.square() * values).sum(dim=1)
    moved = ((vectors.T @ y) * (1 - (1 - eta * values) ** t) / values.sqrt()).square().sum(dim=1)
    for found, exact in (
        (run.loss, loss),
        (run.squared_gradient, squared),
        (run.movement, moved.sqrt()),
    ):
        # The oracle has roundings of its own, of the eigenvectors.
        assert (found.lower <= exact.numpy() * (1 + 1e-12)).all()
        assert (exact.numpy() * (1 - 1e-12) <= found.upper).all()
        assert float(found.width.max()) <= 1e-11 * float(exact.max())
    path = np.concatenate(([0.0], np.cumsum(eta * squared.sqrt().numpy())[:-1]))
    assert (abs(path - run.path.lower) <= 1e-12).all()
    least = run.pl_constants()
    assert (least.upper >= float(values[0]) * (1 - 1e-9)).all()
    assert run.steps == 60
    assert not run.diverged


def test_the_enclosures_contain_a_run_of_more_digits() -> None:
    """The iteration in long doubles, from the same float64 start, for many seeds and steps."""
    for seed in range(20):
        draw = np.random.default_rng(seed)
        n, p = 2 + seed % 3, 6
        A, C = draw.standard_normal((n, p)), draw.standard_normal((p, p))
        y, start = draw.standard_normal(n), draw.standard_normal(p)
        outer, inner = torch.from_numpy(A), torch.from_numpy(C)

        def F(w: Tensor, outer: Tensor = outer, inner: Tensor = inner) -> Tensor:
            return outer @ torch.tanh(inner @ w)

        eta = 0.3 / float(np.linalg.norm(A) * np.linalg.norm(C)) ** 2 * 10
        run = map_descent(F, torch.from_numpy(y), torch.from_numpy(start), eta=eta, steps=150)
        w = start.astype(np.longdouble)
        first = w.copy()
        for t in range(151):
            hidden = np.tanh(C @ w)
            e = A @ hidden - y
            g = C.T @ ((A.T @ e) * (1 - hidden * hidden))
            for found, exact in (
                (run.loss, e @ e / 2),
                (run.squared_gradient, g @ g),
                (run.movement, np.sqrt(((w - first) ** 2).sum())),
            ):
                assert found.lower[t] <= exact <= found.upper[t]
            w = w - np.longdouble(eta) * g


def test_a_run_that_grows_without_bound_ends_and_says_so() -> None:
    one = torch.ones(1, dtype=DOUBLE)
    run = map_descent(lambda w: w, one, 0 * one, eta=1000.0, steps=500)
    assert run.diverged
    assert run.steps < 60
    assert math.isfinite(run.loss.upper.max())


def test_the_iterates_asked_for_are_kept() -> None:
    one = torch.ones(1, dtype=DOUBLE)
    run = map_descent(lambda w: w, one, 0 * one, eta=0.5, steps=4, keep=lambda t: t == 3)
    assert {t: float(w) for t, w in run.visited.items()} == {0: 0.0, 3: 0.875}


def test_a_start_on_the_labels_has_no_constant() -> None:
    one = torch.ones(1, dtype=DOUBLE)
    run = map_descent(lambda w: w, one, one.clone(), eta=0.5, steps=4)
    assert run.pl_constants().shape == (0,)


@pytest.mark.parametrize(
    ("eta", "steps", "labels", "words"),
    [
        (0.0, 1, 1, "eta=0.0; give"),
        (math.nan, 1, 1, "eta=nan; give"),
        (1.0, -1, 1, "steps=-1; give"),
        (1.0, 1, 2, r"y has shape \(2,\) and F\(w\) \(1,\); give"),
    ],
)
def test_bad_arguments_are_told(eta: float, steps: int, labels: int, words: str) -> None:
    one = torch.ones(1, dtype=DOUBLE)
    with pytest.raises(ValueError, match=words):
        map_descent(lambda w: w, torch.ones(labels, dtype=DOUBLE), one, eta=eta, steps=steps)
