"""A two-layer tanh network whose width is asked for: python -m claims plstar FILE."""

import torch
from torch import nn


class TanhNetwork(nn.Module):
    """f(x) = m^(-1/2) sum_r a_r tanh(w_r.x), w_r(0) ~ N(0, I), a_r(0) = +-1, both trained."""

    def __init__(self, d: int, m: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(m, d, dtype=torch.float64))
        self.a = nn.Parameter(torch.randn(m, dtype=torch.float64).sign())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One number for each row of x."""
        outputs: torch.Tensor = torch.tanh(x @ self.w.T) @ self.a / self.a.numel() ** 0.5
        return outputs


def model(width: int) -> nn.Module:
    """The network for the 30 columns of breast_cancer."""
    return TanhNetwork(30, width)
