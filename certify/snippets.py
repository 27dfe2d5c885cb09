"""Numpy code for the quantities of the exact models: short, for a reader, in floats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

# Rounding must not decide a tie, which the paper counts as on.
_ON = """\
def on(w):  # a row for each neuron; a tie is on, as in the paper
    return 1.0 * (w @ x.T >= -1e-14 * (abs(w) @ abs(x).T))"""

# Between two kinks e' = -K e with a constant K, so exponentials are exact there; steps are halved
# up to a kink. A neuron that is held on hyperplanes moves by its pull projected to them.
_FLOW = """\
def flow(time):  # pieces of constant pattern: length, weights, residual, pattern; then the end
    w, e, t, path = w0, e0, 0.0, []
    while t < time and len(path) < 10**5:
        p, s = {pattern}, min(time / 200, time - t)
        f = (p == 1)[:, :, None] * a[:, None, None] * x / m**0.5  # dw_r/dt = sum_i e_i f_ri
{hold}        k, v = np.linalg.eigh(np.einsum("rid,rjd->ij", f, f) + 1e-14 * np.eye(len(x)))
        def after(s):
            e_s = v @ (np.exp(-k * s) * (e @ v))
            return w + np.einsum("rid,i->rd", f, v @ (-np.expm1(-k * s) / k * (e @ v))), e_s
        while s > 1e-11 * time and ({after} != p).any():
            s /= 2  # up to the next kink
        path.append((s, w, e, p))
        (w, e), t = after(s), t + s
    assert t >= time, "too many kinks for this script"
    return [*path, (0.0, w, e, {pattern})]"""

_PATTERN = """\
def pattern(w, e):  # 1 on, 0 off, 2 held at w.x = 0, where neither side pulls away
    s, k = w @ x.T, 1e-7 * G / np.diag(G)[:, None]
    up, down = (a[:, None] * np.einsum("rij,j,ji->ri", s[:, None] + k > 0, e, G) for k in (k, -k))
    held = (up < 1e-12) & (down > -1e-12) & (down - up > 1e-12)
    return np.where(abs(s) > 1e-8, s > 0, np.where(held, 2, up >= -1e-12))"""

_HOLD = """\
        f = f - [g @ np.linalg.pinv(x[q == 2]) @ x[q == 2] for g, q in zip(f, p)]
"""

_DECAY = """\
def decay(path):  # as far as floats resolve the residual
    s = [sum((y - u(w)) ** 2) / sum(e0**2) for w in path]
    return max(q ** (1 / k) for k, q in enumerate(s) if k == 1 or (k and q > 1e-26))"""

_BEGUN = """\
def begun(path):  # how often a neuron begins to slide, by hyperplanes
    one = [i for i in range(len(x)) if all(np.linalg.matrix_rank(x[[i, j]]) > 1 for j in range(i))]
    held = np.array([p[:, one] == 2 for _, _, _, p in path])
    return held[0].sum() + (held[1:] & ~held[:-1]).sum()"""

_DESCEND = """\
def descend(eta, steps):  # all the weights on the way
    path = [w0]
    for _ in range(steps):
        w, e = path[-1], y - u(path[-1])
        path.append(w + eta / m**0.5 * (a[:, None] * on(w) * e) @ x)
    return path"""

_ANGLES = """\
v = x / np.linalg.norm(x, axis=1, keepdims=True)
far, near = (np.linalg.norm(v[:, None] + sign * v, axis=2) for sign in (-1, 1))
H_inf = G * (np.pi - 2 * np.arctan2(far, near)) / (2 * np.pi)"""

_SIGMA = "return np.maximum(w @ x.T, 0).T @ a / m**0.5"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines of code that define some names.

    Attributes:
        needs: names of the snippets that have to stand before it.
        code: the lines; "" for data, which the certificate gives.
    """

    needs: tuple[str, ...]
    code: str = ""


DEFINITIONS: Mapping[str, Snippet] = MappingProxyType(
    {
        "x": Snippet(()),
        "w0": Snippet(()),
        "a": Snippet(()),
        "n": Snippet(("x",), "n = len(x)"),
        "m": Snippet(("w0",), "m = len(w0)"),
        "G": Snippet(("x",), "G = x @ x.T"),
        "H_inf": Snippet(("x", "G"), _ANGLES),
        "on": Snippet(("x", "w0"), _ON),
        "H": Snippet(("G", "m", "on"), "def H(p):\n    return G * (p.T @ p) / m"),
        "core": Snippet(
            ("H", "on"),
            "def core(R):\n    return H(on(w0) * (abs(w0 @ x.T) > R + 1e-13).all(axis=1)[:, None])",
        ),
        "u": Snippet(("x", "w0", "a", "m"), f"def u(w):\n    {_SIGMA}"),
        "y": Snippet(("u",)),
        "descend": Snippet(("y", "on"), _DESCEND),
        "flow": Snippet(
            ("y", "on"), _FLOW.format(pattern="on(w)", after="on(after(s)[0])", hold="")
        ),
        "pattern": Snippet(("x", "G", "a"), _PATTERN),
        "sliding": Snippet(
            ("y", "pattern"),
            _FLOW.format(pattern="pattern(w, e)", after="pattern(*after(s))", hold=_HOLD),
        ),
        "decay": Snippet(("y",), _DECAY),
        "begun": Snippet(("flow",), _BEGUN),
    }
)


@dataclass(frozen=True, slots=True)
class Formula:
    """A quantity as an expression of code.

    Attributes:
        code: an expression; `{R}` and the like stand for arguments, `{path}` for the run.
        needs: the definitions that it uses.
        path: the run that it looks at, `flow({time})`; "" for none.
    """

    code: str
    needs: tuple[str, ...]
    path: str = ""


Formulas: TypeAlias = "dict[frozenset[str], Formula]"


def _plain(code: str, *needs: str) -> Formulas:
    return {frozenset(): Formula(code, needs)}


def _with(arguments: str, code: str, *needs: str) -> Formulas:
    return {frozenset(arguments.split()): Formula(code, needs)}


def _descent(code: str, *needs: str) -> Formulas:
    needed = ("descend", *needs)
    return {frozenset(("eta", "steps")): Formula(code, needed, "descend({eta}, {steps})")}


def _flow(code: str, *needs: str) -> Formulas:
    return {frozenset(("time",)): Formula(code, ("flow", *needs), "flow({time})")}


_LEAST, _MOST = "np.linalg.eigvalsh({})[0]", "np.linalg.eigvalsh({})[-1]"
_LAST, _OF_FLOW = "{path}[-1]", "H(1.0 * (p > 0))"


def _eigenvalue(shown: str) -> Formulas:
    return {
        **_plain(shown.format("H(on(w0))"), "H"),
        **_with("weights", shown.format("H(on({weights}))"), "H"),
        **_descent(shown.format(f"H(on({_LAST}))"), "H"),
        **_flow(shown.format(f"H(1.0 * ({_LAST}[3] > 0))"), "H"),
    }


def _integral(shown: str) -> Formulas:
    return _flow(f"sum(s * {shown.format(_OF_FLOW)} for s, _, _, p in {{path}})", "H")


FORMULAS: Mapping[str, Formulas] = MappingProxyType(
    {
        "n": _plain("len(x)", "x"),
        "d": _plain("x.shape[1]", "x"),
        "m": _plain("m", "m"),
        "lambda_min_H_inf": _plain(_LEAST.format("H_inf"), "H_inf"),
        "lambda_min_G": _plain(_LEAST.format("G"), "G"),
        "lambda_max_G": _plain(_MOST.format("G"), "G"),
        "rank_H_inf": _plain("np.linalg.matrix_rank(H_inf)", "H_inf"),
        "rank_G": _plain("np.linalg.matrix_rank(x)", "x"),
        "parallel_pairs": _plain(
            "sum(np.linalg.matrix_rank(x[[i, j]]) < 2 for i in range(n) for j in range(i))", "n"
        ),
        "cosine": _with("i j", "x[{i}] @ x[{j}] / np.sqrt(G[{i}, {i}] * G[{j}, {j}])", "x", "G"),
        "hyperplanes": _plain(
            "sum(all(np.linalg.matrix_rank(x[[i, j]]) == 2 for j in range(n) if j != i) "
            "for i in range(n))",
            "n",
        ),
        "squared_residual": {
            **_plain("sum(e0**2)", "y"),
            **_descent(f"sum((y - u({_LAST})) ** 2)"),
            **_flow(f"sum({_LAST}[2] ** 2)"),
        },
        "drift": {
            **_plain("0.0"),
            **_descent(f"np.linalg.norm({_LAST} - w0, axis=1).max()"),
            **_flow(f"np.linalg.norm({_LAST}[1] - w0, axis=1).max()"),
        },
        "lambda_min_H": _eigenvalue(_LEAST),
        "lambda_max_H": _eigenvalue(_MOST),
        "least_lambda_min_H": {
            **_plain(_LEAST.format("H(on(w0))"), "H"),
            **_descent(f"min({_LEAST.format('H(on(w))')} for w in {{path}})", "H"),
            **_flow(f"min({_LEAST.format(_OF_FLOW)} for _, _, _, p in {{path}})", "H"),
        },
        "flips": {
            **_plain("0"),
            **_descent(f"np.sum(on({_LAST}) != on(w0))"),
            **_flow(f"np.sum(({_LAST}[3] > 0) != on(w0))", "on"),
        },
        "decay_factor": _descent("decay({path})", "decay"),
        "slides": _flow("begun({path})", "begun"),
        "integral_lambda_min_H": _integral(_LEAST),
        "integral_lambda_max_H": _integral(_MOST),
        "lambda_min_H_core": _with("R", _LEAST.format("core({R})"), "core"),
        "near": _with("R", "np.sum(abs(w0 @ x.T) <= {R} + 1e-13)", "x", "w0"),
        "dropped": _with("R", "np.sum((abs(w0 @ x.T) <= {R} + 1e-13).any(axis=1))", "x", "w0"),
        "flip_bound": _with(
            "R",
            "sum(abs(G[i, j]) * np.sum((abs(w0 @ x[[i, j]].T) <= {R} + 1e-13).any(axis=1)) / m "
            "for i in range(n) for j in range(n))",
            *("G", "m", "n"),
        ),
        "least_preactivation": _plain("abs(w0 @ x.T).min()", "x", "w0"),
        "most_preactivation": _plain("abs(w0 @ x.T).max()", "x", "w0"),
        "distance": _with("weights", "np.linalg.norm({weights} - w0, axis=1).max()", "w0"),
        "norm_change": _with("weights", "np.linalg.norm(H(on({weights})) - H(on(w0)), 2)", "H"),
        "lambda_min_above_core": _with(
            "weights R", _LEAST.format("H(on({weights})) - core({R})"), "core"
        ),
        "tangent_gap": _with(
            "scale",
            "np.linalg.norm(H(abs(a)[:, None] * (1 - on(-w0))) - {scale} * H(on(w0)))",
            *("a", "H"),
        ),
    }
)
