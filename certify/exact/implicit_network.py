"""The model "implicit": what the recipe of an equilibrium network says, exactly.

    "gao"    phi_i = s(W x_i)/sqrt(m),  z_i = s(gamma/sqrt(m) A z_i + phi_i)
    "ling"   phi_i = W x_i,             z_i = s(A z_i + phi_i)

yhat_i = u.z_i + v.phi_i, or u.z_i for "ling", who write W, U, a for A, W, u. All are trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from .balls import UnreadableError
from .digits import number
from .implicit_slopes import BENDS
from .inputs import Inputs
from .recipes import field, integers, numbers, product, rows

MOST_WIDTH, MOST_SAMPLES = 24, 16
BLOCKS = ("A", "W", "u", "v")
Blocks = dict[str, list[list[Fraction]]]  # u and v as matrices of one row


class ImplicitNet:
    """What a recipe says.

    Args:
        recipe: {"rows", "normalised", "model", "activation", "gamma" for "gao", "A", "W", "u", "v"
            for "gao", or "heads": "zero" for both of them, and "residual" or "labels"}.

    Raises:
        UnreadableError: it is none of these, the shapes do not fit, or weights are drawn.
    """

    def __init__(self, recipe: object) -> None:
        self.inputs = Inputs(recipe)
        read = recipe if isinstance(recipe, Mapping) else {}
        self.n, self.d = self.inputs.n, self.inputs.d
        if self.n > MOST_SAMPLES:
            raise UnreadableError(f"rows: {self.n} inputs; give up to {MOST_SAMPLES}")
        self.gao = _word(read, "model", ("gao", "ling")) == "gao"
        self.activation = _word(read, "activation", tuple(BENDS))
        if read.get("gaussian") is not None:
            raise UnreadableError("gaussian: weights are drawn at random; write them out exactly")
        self.gamma = number(field(recipe, "gamma", "implicit"), "gamma") if self.gao else None
        if self.gamma is not None and self.gamma <= 0:
            raise UnreadableError(f"gamma: {self.gamma} is not positive; give a number > 0")
        self.blocks = self._read(read)
        self.m = len(self.blocks["A"])
        kinds = [key for key in ("residual", "labels") if read.get(key) is not None]
        if len(kinds) != 1:
            raise UnreadableError("implicit: give exactly one of residual and labels")
        self.kind = kinds[0]
        self.targets = numbers(read[self.kind], self.kind, most=self.n, count=self.n)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the blocks that are there."""
        return BLOCKS if self.gao else BLOCKS[:3]

    def moved(self, given: object) -> Blocks:
        """Other weights: [A, W, [u], [v]], no [v] for "ling".

        Raises:
            UnreadableError: they are not of this network's shape.
        """
        names = self.names
        if not isinstance(given, list | tuple) or len(given) != len(names):
            raise UnreadableError(f"weights: no list of the blocks {', '.join(names)}")
        return self._sized(dict(zip(names, given, strict=True)), self.m)

    def lifted(self, blocks: Blocks) -> list[list[Fraction]]:
        """W z_i of the integer rows z_i behind the inputs, n rows of m."""
        W, denominator = integers(blocks["W"], "W")
        return [[Fraction(p, denominator) for p in row] for row in product(self.inputs.Z, W)]

    def _read(self, read: Mapping[str, object]) -> Blocks:
        given, m = dict(read), len(rows(read.get("A"), "A", most=MOST_WIDTH))
        if read.get("heads") is not None:
            if read["heads"] != "zero" or read.get("u") is not None:
                raise UnreadableError('heads: give "zero", or u and v instead')
            given |= {"u": [0] * m, "v": [0] * m}
        wrapped = {name: [given.get(name)] for name in ("u", "v")}
        return self._sized({**given, **wrapped}, m)

    def _sized(self, given: Mapping[str, object], m: int) -> Blocks:
        sizes = {"A": (m, m), "W": (m, self.d), "u": (1, m), "v": (1, m)}
        found = {}
        for name in self.names:
            count, length = sizes[name]
            found[name] = rows(given.get(name), name, most=m, coordinates=length)
            if len(found[name]) != count:
                raise UnreadableError(f"{name}: {len(found[name])} rows; give {count}")
            integers(found[name], name)  # no more digits than that can bear
        return found


def _word(read: Mapping[str, object], key: str, known: tuple[str, ...]) -> str:
    word = read.get(key)
    if not isinstance(word, str) or word not in known:
        raise UnreadableError(f"{key}: {ascii(word)[:60]} has no exact model; known: {known}")
    return word
