"""The model "deep_network": what the recipe of a smooth deep network says, exactly.

    fully connected   x^(h) = sqrt(c_sigma/m) sigma(W^(h) x^(h-1))
    residual          x^(1) as above, x^(h) = x^(h-1) + c_res/(H sqrt m) sigma(W^(h) x^(h-1))
    convolutional     as residual, of p pixels: sigma of patches of q pixels

u_i = <a, x_i^(H)>. All layers and a are trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from .balls import UnreadableError
from .digits import number
from .inputs import Inputs
from .recipes import field, numbers, rows
from .smooth_activations import SMOOTH

MOST_LAYERS, MOST_WIDTH, MOST_WEIGHTS, MOST_INPUTS = 100, 64, 5000, 16
ARCHITECTURES = ("fully connected", "residual", "convolutional")
Layers = list[list[list[Fraction]]]


class DeepNet:
    """What a recipe says.

    Args:
        recipe: {"rows", "normalised", "weights": [W^(1), ..., W^(H)], "outputs", "activation",
            "architecture", "c_res", "pixels", "patch", and "residual" or "labels"}.

    Raises:
        UnreadableError: it is none of these, the shapes do not fit, or weights are drawn.
    """

    def __init__(self, recipe: object) -> None:
        self.inputs = Inputs(recipe)
        read = recipe if isinstance(recipe, Mapping) else {}
        self.n = self.inputs.n
        if self.n > MOST_INPUTS:
            raise UnreadableError(f"rows: {self.n} inputs; give up to {MOST_INPUTS}")
        self.activation = _word(read, "activation", tuple(SMOOTH))
        self.architecture = _word(read, "architecture", ARCHITECTURES)
        self.c_res = number(field(recipe, "c_res", "deep_network"), "c_res")
        self.p, self.q = (_size(read, key) for key in ("pixels", "patch"))
        plain = self.architecture != "convolutional" and (self.p, self.q) != (1, 1)
        if plain or self.inputs.d % self.p or self.c_res <= 0:
            raise UnreadableError(
                "deep_network: pixels, patch, c_res and rows do not fit; give pixels = patch = 1 "
                "unless convolutional, rows of d pixels entries, and c_res > 0"
            )
        self.d = self.inputs.d // self.p
        if isinstance(read.get("weights"), Mapping) or isinstance(read.get("outputs"), str):
            raise UnreadableError("weights: they are drawn at random; write them out exactly")
        self.layers = _matrices(field(recipe, "weights", "deep_network"))
        self.H, self.m = len(self.layers), len(self.layers[0])
        self._check_shapes(self.layers)
        outputs = field(recipe, "outputs", "deep_network")
        self.a = numbers(outputs, "outputs", most=self.m * self.p, count=self.m * self.p)
        kinds = [key for key in ("residual", "labels") if read.get(key) is not None]
        if len(kinds) != 1:
            raise UnreadableError("deep_network: give exactly one of residual and labels")
        self.kind = kinds[0]
        self.targets = numbers(read[self.kind], self.kind, most=self.n, count=self.n)

    def moved(self, given: object) -> tuple[Layers, list[Fraction]]:
        """Other weights: [W^(1), ..., W^(H), [a]], the outputs as a matrix of one row.

        Raises:
            UnreadableError: they are not of this network's shape.
        """
        if not isinstance(given, list | tuple) or len(given) != self.H + 1:
            raise UnreadableError(f"weights: no list of {self.H} matrices and the outputs")
        layers, size = _matrices(given[:-1]), self.m * self.p
        self._check_shapes(layers)
        (a,) = rows(given[-1], "weights", most=1, coordinates=size)
        return layers, a

    def _check_shapes(self, layers: Layers) -> None:
        wanted = [(self.m, self.q * self.d), *[(self.m, self.q * self.m)] * (self.H - 1)]
        if [(len(W), len(W[0])) for W in layers] != wanted:
            raise UnreadableError(f"weights: matrices of other shapes than {wanted[:2]}, ...")


def _word(read: Mapping[str, object], key: str, known: tuple[str, ...]) -> str:
    word = read.get(key)
    if not isinstance(word, str) or word not in known:
        raise UnreadableError(f"{key}: {ascii(word)[:60]} has no exact model; known: {known}")
    return word


def _size(read: Mapping[str, object], key: str) -> int:
    size = number(read.get(key), key)
    if size.denominator != 1 or not 1 <= size <= MOST_WIDTH:
        raise UnreadableError(f"{key}: {size} is no integer from 1 to {MOST_WIDTH}; give one")
    return int(size)


def _matrices(given: object) -> Layers:
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_LAYERS:
        raise UnreadableError(f"weights: no list of 1 to {MOST_LAYERS} matrices; give one")
    layers = [rows(W, "weights", most=MOST_WIDTH) for W in given]
    if sum(len(W) * len(W[0]) for W in layers) > MOST_WEIGHTS:
        raise UnreadableError(f"weights: over {MOST_WEIGHTS} numbers; give fewer")
    return layers
