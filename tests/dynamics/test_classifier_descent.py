"""Descent of smooth classifiers, against torch's own optimiser."""

import pytest
import torch

from dynamics import classifier_descent
from models import LeakyNet

NET = LeakyNet.of(
    rows=[["1/2", "1/3"], ["-1/4", "1/2"]],
    labels=[1, -1],
    weights=[["1/2", 1], [-1, "1/4"]],
    signs=[1, -1],
    reference=[[0, 0], [0, 0]],
    loss="logistic",
    sigma="tanh",
)


def test_a_run_is_that_of_the_optimiser() -> None:
    run = classifier_descent(NET, beta=0.5, eta=0.7, steps=20)
    w = NET.w.clone().requires_grad_()
    optimiser = torch.optim.SGD([w], lr=0.7)
    for step in range(21):
        f = (NET.s[:, None] * torch.tanh(w @ NET.x.mT)).sum(0) / 2**0.5
        loss = torch.nn.functional.softplus(-NET.y * f).mean()
        value = float(loss.detach())
        assert run.losses.lower[step] - 1e-14 <= value <= run.losses.upper[step] + 1e-14
        moved = float((w.detach() - NET.w).norm())
        assert run.distances.lower[step] - 1e-14 <= moved <= run.distances.upper[step] + 1e-14
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(ValueError, match=r"eta=0\.0"):
        classifier_descent(NET, beta=0.5, eta=0.0, steps=1)
    with pytest.raises(ValueError, match="steps=-1"):
        classifier_descent(NET, beta=0.5, eta=1.0, steps=-1)
