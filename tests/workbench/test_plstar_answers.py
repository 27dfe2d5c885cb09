import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models import FlatModule
from verdicts import Approx
from workbench.own_network import Answer, answer, premises
from workbench.own_network.told import as_json, as_text, exponents, judged

DOUBLE = torch.float64


class Linear(nn.Module):
    """F(w) = scale X w."""

    def __init__(self, d: int, scale: float = 1.0) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(d, dtype=DOUBLE))
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * (x @ self.w)


class Saturated(nn.Module):
    """sin w at w = pi/2: the gradient is 0 and the loss is not."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([start], dtype=DOUBLE))

    def forward(self, x: Tensor) -> Tensor:
        return torch.sin(self.w) * x[:, 0]


X = torch.tensor([[2.0, 0.0], [0.0, 1.0]], dtype=DOUBLE)
Y = torch.tensor([1.0, 1.0], dtype=DOUBLE)


def linear(steps: int = 50, eta: float | None = None) -> Answer:
    return answer(FlatModule(Linear(2), X), Y, width=2, steps=steps, eta=eta)


def near(found: Approx, value: float) -> bool:
    return found.low <= value * (1 + 1e-12) and value * (1 - 1e-12) <= found.high


def test_a_linear_network_is_known_in_closed_form() -> None:
    one = linear()
    assert (one.parameters, one.equations, one.kinks) == (2, 2, ())
    assert near(one.r_0, math.sqrt(2))
    assert near(one.start.lambda_min, 1.0)
    assert near(one.start.lambda_max, 4.0)
    assert one.start.spectrum.shape == (2,)
    assert one.H.high <= 1e-12
    assert one.eta == pytest.approx(0.75 / 4)
    # The first mode is gone soon, the second keeps its rate.
    assert one.mu_hat.low <= 1.0 * (1 + 1e-9)
    assert one.mu_hat.high == pytest.approx(1.0, rel=1e-6)
    assert judged(one.decrease) == "holds"
    assert judged(one.conclusion) == "holds"
    assert one.beta_hat is not None
    assert one.beta_hat.high == pytest.approx((1 * 1 + 4 * 4 * 4) / (1 + 4 * 4) * 1.0, rel=0.3)
    verdicts = {premise.label: premise.verdict for premise in premises(one)}
    assert set(verdicts.values()) == {"met where looked"}


def test_a_step_beyond_the_edge_loses_the_decrease() -> None:
    one = linear(eta=0.49)
    assert judged(one.decrease) == "fails"
    by_label = {premise.label: premise for premise in premises(one)}
    assert by_label["step size"].verdict == "missed"
    factor = by_label["step size"].factor
    assert factor is not None
    assert near(factor, 4 * 0.49)


def test_a_run_that_diverges_is_reported() -> None:
    one = linear(steps=3000, eta=3.0)
    assert one.run.diverged
    assert judged(one.decrease) == "fails"
    assert "(diverged)" in "\n".join(as_text([one]))


def test_the_decay_is_what_the_losses_say() -> None:
    one = linear(steps=20)
    losses = np.asarray(one.run.loss.upper)
    mu = min(float(one.run.squared_gradient.lower[t] / (2 * losses[t])) for t in range(one.last))
    assert mu == pytest.approx(one.mu_hat.low, rel=1e-9)
    assert losses[one.last] <= (1 - one.eta * mu) ** one.last * losses[0] * (1 + 1e-9)


def test_a_start_where_the_gradient_vanishes_has_no_radius() -> None:
    one = answer(
        FlatModule(Saturated(math.pi / 2 - 1e-9), torch.ones(1, 1, dtype=DOUBLE)),
        torch.tensor([2.0], dtype=DOUBLE),
        width=1,
        steps=3,
        eta=0.1,
    )
    assert one.mu_hat.high < 1e-15
    assert one.radius.low > 1e7
    verdicts = {premise.label: premise.verdict for premise in premises(one)}
    assert verdicts["small Hessian, descent"] == "missed"


def test_what_cannot_be_asked_is_told() -> None:
    F = FlatModule(Linear(2), X)
    with pytest.raises(ValueError, match="2 numbers and there are 3 labels; give"):
        answer(F, torch.ones(3), width=1, steps=1, eta=None)
    with pytest.raises(ValueError, match="the loss is 0 at the start"):
        answer(F, 0 * Y, width=1, steps=1, eta=None)
    with pytest.raises(ValueError, match="the tangent kernel is 0"):
        answer(FlatModule(Linear(2, 0.0), X), Y, width=1, steps=1, eta=None)


def test_the_report_has_one_row_a_width_and_json_the_same_numbers() -> None:
    answers = [linear(), answer(FlatModule(Linear(2, 2.0), X), Y, width=4, steps=9, eta=None)]
    text = list(as_text(answers))
    assert sum(line.startswith("      2 ") for line in text) == 3
    document = as_json(answers)
    assert [entry["width"] for entry in document["widths"]] == [2, 4]
    assert document["widths"][0]["points"][0]["spectrum"][1] == pytest.approx([4.0, 4.0])
    assert len(document["widths"][1]["loss"]) == 10
    # The kernel is multiplied by 4 where the width is doubled.
    low, high = exponents(answers)["lambda_min(K_0)"]["exponent"]
    assert low <= 2.0 <= high
    assert exponents(answers[:1]) == {}


def test_kinks_are_told() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)).to(DOUBLE)
    one = answer(FlatModule(module, X), Y, width=8, steps=3, eta=None)
    assert "note: relu has kinks" in "\n".join(as_text([one]))
