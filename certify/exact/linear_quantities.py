"""The quantities of the model "linear_net", exact but for eigenvalues."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import fmpq_mat

from .arguments import Arguments, unknown
from .balls import UnreadableError
from .eigen import Matrix, extreme_eigenvalues
from .linear_net import LinearNet, fraction, product
from .values import Value, minus, plus, square_root, times


class LinearModel:
    """Quantities of a network, or at other weights of it, at the working precision."""

    def __init__(self, net: LinearNet) -> None:
        self.net = net

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Undecided: the precision does not tell.
        """
        if set(arguments) - {"weights"} or name not in _QUANTITIES:
            raise unknown("linear_net", name, arguments)
        net = self.net.at(arguments["weights"].given) if arguments else self.net
        return _QUANTITIES[name](net)


def _global_loss(net: LinearNet, p: int) -> Value:
    """The least loss of a product of rank at most p, (1/2)(||Y||^2 - p largest eigenvalues of S).

    S = Y X^T (X X^T)^(-1) X Y^T (Eckart, Young).

    Raises:
        UnreadableError: X X^T is singular.
    """
    gram = net.X * net.X.transpose()
    if gram.rank() < gram.nrows():
        raise UnreadableError("linear_net: X X^T is singular; give inputs that span the space")
    cross = net.Y * net.X.transpose()
    S = _values(cross * gram.inv() * cross.transpose())
    size = len(S)
    trace: Value = plus(*(S[i][i] for i in range(size)))
    if p == 1:
        trace = extreme_eigenvalues(S)[1]
    elif p < size:  # two of three
        trace = minus(trace, extreme_eigenvalues(S)[0])
    squared = sum((fraction(z) ** 2 for z in net.Y.entries()), Fraction(0))
    return times(Fraction(1, 2), minus(squared, trace))


def _middle_rank(net: LinearNet) -> Value:
    """Rank of W_H ... W_2, all layers but the first and the last; d_1 where there are none."""
    inner = net.layers[1:-1]
    if not inner:
        return Fraction(net.shapes[0][0])
    return Fraction(product(inner[1:], inner[0]).rank())


def _cross_norm(net: LinearNet, *, pulled: bool = False) -> Value:
    """Largest singular value of Y X^T, or of W_N^T Y X^T."""
    cross = net.Y * net.X.transpose()
    cross = net.layers[-1].transpose() * cross if pulled else cross
    value = extreme_eigenvalues(_values(cross * cross.transpose()))[1]
    return square_root(value if isinstance(value, Fraction) else value.nonnegative_part())


def _values(matrix: fmpq_mat) -> Matrix:
    return [[fraction(z) for z in row] for row in matrix.tolist()]


_QUANTITIES: dict[str, Callable[[LinearNet], Value]] = {
    "N": lambda net: Fraction(len(net.layers)),
    "p": lambda net: Fraction(net.p),
    "loss": lambda net: net.loss,
    "squared_gradient": lambda net: sum((z * z for z in net.gradient), Fraction(0)),
    "lambda_min_hessian": lambda net: extreme_eigenvalues([list(r) for r in net.hessian])[0],
    "lambda_max_hessian": lambda net: extreme_eigenvalues([list(r) for r in net.hessian])[1],
    "squared_hessian": lambda net: sum((z * z for row in net.hessian for z in row), Fraction(0)),
    "global_loss": lambda net: _global_loss(net, net.p),
    "free_loss": lambda net: _global_loss(net, len(net.Y.tolist())),
    "rank_middle": _middle_rank,
    "norm_cross": _cross_norm,
    "norm_pulled": lambda net: _cross_norm(net, pulled=True),
    "squared_product": lambda net: net.squared_product,
}
