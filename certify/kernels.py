"""Arc-cosine kernels and the limit kernel: proved from an exact recipe, estimated from a tensor.

For w ~ N(0, I_d) and the angle t between x and y,

    order 0    E 1{w.x >= 0} 1{w.y >= 0}     = (pi - t)/(2 pi)
    order 1    E max(w.x, 0) max(w.y, 0)     = |x||y| (sin t + (pi - t) cos t)/(2 pi)
    the limit  E x.y 1{w.x >= 0} 1{w.y >= 0} = x.y (pi - t)/(2 pi),

half of the normalisation of Cho and Saul (2009). All three are positive semidefinite. Products of
rows and the squared sine are exact integers here, so parallel and antipodal pairs are decided and
not rounded. Real rows by name are not known, and float rows mean the decimals that print them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import torch
from flint import arb, arb_mat, ctx, fmpz, fmpz_mat
from jaxtyping import Float
from torch import Tensor

from certify.enclosed_matrix import EnclosedMatrix
from certify.proved_spectrum import lambda_min
from verdicts import Approx

_ENTRY_ULPS = 16  # plus d: bound of a float kernel's error, in eps |x||y|

# From x.y, |x||y| sin t and pi - t to 2 pi times the kernel; of balls, or of tensors.
_Formula: TypeAlias = Callable[[Any, Any, Any], Any]


def arc_cosine_kernel(
    inputs: dict[str, Any] | Float[Tensor, "n d"], *, order: Literal[0, 1]
) -> EnclosedMatrix:
    """E s(w.x_i) s(w.x_j) over w ~ N(0, I_d), for the unit step (order 0) or the ReLU (order 1).

    Args:
        inputs: an exact recipe {"rows": [["1", "-2/3"], ...], "normalised": true, ...}, proved
            (x_i = z_i/|z_i| where normalised, as is the default); or a tensor, estimated.
        order: of the kernel.

    Raises:
        ValueError: the recipe has no explicit rows, or a row is zero; or order is neither 0 nor 1.
    Source:
        Cho, Saul 2009, Kernel methods for deep learning, with half of their factor.
    """
    if order not in (0, 1):
        raise ValueError(f"arc_cosine_kernel: order={order!r}; give 0 or 1")
    formula = _step if order == 0 else _ramp
    return _kernel(inputs, formula, weighted=order == 1, where="arc_cosine_kernel")


def limit_kernel(inputs: dict[str, Any] | Float[Tensor, "n d"]) -> EnclosedMatrix:
    """H_inf, the Gram matrix of an infinitely wide first layer: x_i.x_j (pi - angle_ij)/(2 pi).

    Args and Raises: as for `arc_cosine_kernel`.
    """
    return _kernel(inputs, _limit, weighted=True, where="limit_kernel")


def limit_lambda_min(recipe: dict[str, Any]) -> Approx:
    """Smallest eigenvalue of H_inf, proved for the exact inputs and not for their floats.

    Args:
        recipe: of a data set with explicit rows, {"rows": [["1", "-2/3"], ...],
            "normalised": true, ...}.

    Returns:
        Enclosure of rigor "proved"; up to n = 128 a few ulps wide, down to eigenvalues of 1e-30
        of the largest.

    Raises:
        ValueError: the recipe has no explicit rows, or a row is zero.
    """
    read = _exact_rows(recipe, "limit_lambda_min")
    return lambda_min(read.kernel(_limit, weighted=True), "limit_lambda_min")


def row_cosines(recipe: dict[str, Any]) -> EnclosedMatrix:
    """Cosines of the angles between exact inputs, exactly 1 or -1 where two are parallel.

    Args and Raises: as for `limit_lambda_min`.
    """
    read = _exact_rows(recipe, "row_cosines")
    return EnclosedMatrix.of_balls(read.cosines, gram=True)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Exact inputs x_i = z_i/|z_i| or z_i/q_i with integer z_i."""

    products: list[list[fmpz]]
    denominators: list[int]
    normalised: bool

    def kernel(self, formula: _Formula, *, weighted: bool) -> EnclosedMatrix:
        return EnclosedMatrix.of_balls(
            lambda bits: self._balls(bits, formula, weighted=weighted), gram=True
        )

    def cosines(self, bits: int) -> arb_mat:
        """x_i.x_j/(|x_i||x_j|) in balls."""
        g = self.products
        with ctx.workprec(bits):
            roots = [arb(row[i]).sqrt() for i, row in enumerate(g)]
            return arb_mat(
                [
                    [
                        arb(1 if g[i][j] > 0 else -1)
                        if g[i][i] * g[j][j] == g[i][j] ** 2
                        else arb(g[i][j]) / (roots[i] * roots[j])
                        for j in range(len(g))
                    ]
                    for i in range(len(g))
                ]
            )

    def _balls(self, bits: int, formula: _Formula, *, weighted: bool) -> arb_mat:
        with ctx.workprec(bits):
            n = len(self.products)
            scale = self._scale() if weighted else [arb(1)] * n
            whole = 2 * arb.pi()
            rows = [[arb(0)] * n for _ in range(n)]
            for i in range(n):
                for j in range(i + 1):
                    entry = self._entry(i, j, formula) * scale[i] * scale[j] / whole
                    rows[i][j] = rows[j][i] = entry
            return arb_mat(rows)

    def _entry(self, i: int, j: int, formula: _Formula) -> arb:
        g = self.products
        product, squared_sine = g[i][j], g[i][i] * g[j][j] - g[i][j] ** 2
        area = arb(squared_sine).sqrt()
        if squared_sine == 0:
            supplement = arb.pi() if product > 0 else arb(0)
        else:
            supplement = arb.atan2(area, arb(-product))
        entry: arb = formula(arb(product), area, supplement)
        return entry

    def _scale(self) -> list[arb]:
        """|x_i|/|z_i|."""
        if self.normalised:
            return [1 / arb(row[i]).sqrt() for i, row in enumerate(self.products)]
        return [1 / arb(q) for q in self.denominators]


def _step(_product: Any, _area: Any, supplement: Any) -> Any:
    return supplement


def _ramp(product: Any, area: Any, supplement: Any) -> Any:
    return area + supplement * product


def _limit(product: Any, _area: Any, supplement: Any) -> Any:
    return supplement * product


def _exact_rows(recipe: dict[str, Any], where: str) -> _Rows:
    if "rows" not in recipe:
        raise ValueError(f"{where}: recipe with keys {sorted(recipe)}; give one with explicit rows")
    # The text of a float is the number that its recipe writes.
    rows = [[Fraction(str(entry)) for entry in row] for row in recipe["rows"]]
    if not rows or not all(any(row) for row in rows):
        raise ValueError(f"{where}: a row is zero or missing; give nonzero rows")
    if len({len(row) for row in rows}) != 1:
        raise ValueError(f"{where}: rows of several lengths; give equal lengths")
    denominators = [math.lcm(*(entry.denominator for entry in row)) for row in rows]
    whole = fmpz_mat(
        [[int(entry * q) for entry in row] for row, q in zip(rows, denominators, strict=True)]
    )
    products = (whole * whole.transpose()).tolist()
    return _Rows(products, denominators, bool(recipe.get("normalised", True)))


def _kernel(
    inputs: dict[str, Any] | Tensor, formula: _Formula, *, weighted: bool, where: str
) -> EnclosedMatrix:
    if not isinstance(inputs, Tensor):
        return _exact_rows(inputs, where).kernel(formula, weighted=weighted)
    return _estimated(inputs, formula, weighted=weighted, where=where)


def _estimated(x: Tensor, formula: _Formula, *, weighted: bool, where: str) -> EnclosedMatrix:
    """The same formulas in floats; the error's bound is generous, and no theorem."""
    norms = torch.linalg.vector_norm(x.detach().cpu().double(), dim=-1, keepdim=True)
    if (
        x.ndim != 2
        or not x.is_floating_point()
        or not bool(((norms > 0) & torch.isfinite(norms)).all())
    ):
        raise ValueError(f"{where}: x has shape {tuple(x.shape)}; give a row per input, nonzero")
    unit = x.detach().cpu().double() / norms
    # Kahan's angle keeps all digits of nearly parallel rows.
    apart, together = (
        torch.cdist(unit, side, compute_mode="donot_use_mm_for_euclid_dist")
        for side in (unit, -unit)
    )
    apart.fill_diagonal_(0.0)
    angle = 2 * torch.atan2(apart, together)
    kernel = formula(angle.cos(), angle.sin(), 2 * torch.atan2(together, apart)) / (2 * math.pi)
    size = norms * norms.mT if weighted else torch.ones_like(kernel)
    error = (_ENTRY_ULPS + x.shape[-1]) * torch.finfo(x.dtype).eps * size
    symmetric = (kernel * size + (kernel * size).mT) / 2
    return EnclosedMatrix(symmetric.numpy(), error.numpy(), gram=True)
