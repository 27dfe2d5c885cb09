import math

import pytest
import torch
from torch import Tensor

from models import (
    gaussian_weights,
    gradient,
    gradients,
    patterns,
    predictions,
    rademacher_signs,
)
from verdicts import Seeds

SEEDS = Seeds((5, 6), count=7)


def network(n: int = 4, m: int = 9, d: int = 3) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    draws = gaussian_weights(n + 1, d, Seeds((1, 1)))[0]
    y = gaussian_weights(n, 1, Seeds((2, 1)))[0, :, 0]
    return draws[:n], y, gaussian_weights(m, d, SEEDS), rademacher_signs(m, SEEDS)


def one_output(x: Tensor, w: Tensor, a: Tensor) -> float:
    total = sum(float(a[r]) * max(float(w[r] @ x), 0.0) for r in range(len(a)))
    return total / math.sqrt(len(a))


def test_predictions_are_the_papers_sum() -> None:
    x, _, w, a = network()
    u = predictions(x, w, a)
    assert u.shape == (7, 4)
    expected = [[one_output(x[i], w[s], a[s]) for i in range(4)] for s in range(7)]
    torch.testing.assert_close(u, torch.tensor(expected, dtype=torch.float64))


def test_patterns_count_a_tie_as_on() -> None:
    x = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    w = torch.tensor([[2.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
    assert patterns(x, w).tolist() == [[True, False, True], [True, True, False]]


def test_a_batch_equals_a_loop_over_seeds() -> None:
    x, y, w, a = network()
    batch = gradients(x, y, w, a)
    for s in range(len(w)):
        torch.testing.assert_close(predictions(x, w, a)[s], predictions(x, w[s], a[s]))
        assert torch.equal(patterns(x, w)[s], patterns(x, w[s]))
        for whole, single in zip(batch, gradients(x, y, w[s], a[s]), strict=True):
            torch.testing.assert_close(whole[s], single)


def test_two_leading_dimensions_broadcast() -> None:
    x, y, w, a = network()
    w2, a2 = w[:6].reshape(2, 3, 9, 3), a[:6].reshape(2, 3, 9)
    torch.testing.assert_close(gradient(x, y, w2, a2).reshape(6, 9, 3), gradient(x, y, w, a)[:6])


def test_gradients_are_autograds_off_the_kinks() -> None:
    x, y, w, a = network()
    w, a = w.clone().requires_grad_(), a.clone().requires_grad_()
    hidden = torch.einsum("smd,nd->snm", w, x).relu()
    loss = (y - torch.einsum("snm,sm->sn", hidden, a) / 3).square().sum() / 2
    expected = torch.autograd.grad(loss, (w, a))
    for ours, theirs in zip(gradients(x, y, w.detach(), a.detach()), expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_step_of_descent_by_hand() -> None:
    # n = m = d = 1, w = 1/10, a = 1, y = -10, eta = 1/20: u = 1/10, dL/dw = u - y = 10.1.
    one = torch.ones(1, 1, dtype=torch.float64)
    y = torch.tensor([-10.0], dtype=torch.float64)
    step = gradient(one, y, 0.1 * one, one[0])
    torch.testing.assert_close(step, 10.1 * one)
    stopped = 0.1 * one - 0.05 * step
    assert predictions(one, stopped, one[0]).item() == 0.0


def test_the_gradient_at_a_kink_takes_the_papers_side() -> None:
    # w.x = 0: autograd would give 0, the paper's relu'(0) = 1 gives -y x.
    x = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    w = torch.tensor([[0.0, 3.0]], dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    assert gradient(x, 2 * one, w, one).tolist() == [[-2.0, 0.0]]


def test_data_follow_the_weights_dtype() -> None:
    x, y, w, a = network()
    assert predictions(x, w.float(), a).dtype == torch.float32
    assert gradient(x, y, w.float(), a.float()).dtype == torch.float32


@pytest.mark.parametrize(
    ("x", "w", "a", "message"),
    [
        (torch.ones(2), torch.ones(3, 2), torch.ones(3), "x has shape"),
        (torch.ones(0, 2), torch.ones(3, 2), torch.ones(3), "x has shape"),
        (torch.ones(1, 2).long(), torch.ones(3, 2), torch.ones(3), "x is of torch.int64"),
        (torch.ones(1, 2), torch.ones(2), torch.ones(1), "w has shape"),
        (torch.ones(1, 2), torch.ones(0, 2), torch.ones(0), "w has shape"),
        (
            torch.ones(1, 2),
            torch.ones(3, 4),
            torch.ones(3),
            r"w has shape \(3, 4\); give .* with d=2",
        ),
        (torch.ones(1, 2), torch.ones(3, 2), torch.ones(4), "a has shape"),
        (torch.ones(1, 2), torch.ones(3, 2), torch.tensor(1.0), "a has shape"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(x: Tensor, w: Tensor, a: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        predictions(x, w, a)


def test_one_label_per_input_is_wanted() -> None:
    x, y, w, a = network()
    with pytest.raises(ValueError, match=r"gradient: y has shape \(3,\); give \(n\) with n=4"):
        gradient(x, y[:3], w, a)
