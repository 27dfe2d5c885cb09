"""The words of plain-text mathematics: which of them are symbols, and how they are drawn."""

from __future__ import annotations

import re

_LOWER = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho"
_UPPER = {"Gamma": 0x393, "Delta": 0x394, "Theta": 0x398, "Lambda": 0x39B, "Xi": 0x39E}
GREEK = {name: chr(0x3B1 + k) for k, name in enumerate(_LOWER.split())}
GREEK |= {
    name: chr(0x3C3 + k)
    for k, name in enumerate(["sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"])
}
GREEK |= {name: chr(code) for name, code in _UPPER.items()}
GREEK |= {"Pi": "\u03a0", "Sigma": "\u03a3", "Phi": "\u03a6", "Psi": "\u03a8", "Omega": "\u03a9"}

# Drawn as they are, upright: names of functions, or of what has no letter of its own.
FUNCTIONS = frozenset(
    [
        "log",
        "ln",
        "exp",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "arctan",
        "arcsin",
        "arccos",
        "atan2",
        "erf",
        "det",
        "tr",
        "rank",
        "diag",
        "vec",
        "sign",
        "relu",
        "Var",
        "Cov",
        "Ent",
        "poly",
        "dist",
        "vol",
        "max",
        "min",
        "sup",
        "inf",
        "arg",
        "argmin",
        "argmax",
        "Pr",
        "arccosh",
        "arcsinh",
        "arctanh",
        "floor",
        "ceil",
        "sym",
    ]
)
# In an exponent these take the bracket behind them along: 2^O(H).
ORDERS = frozenset(["O", "Omega", "Theta", "poly", "log", "exp"])
# These take what follows them without a bracket too: log n, det H.
BARE = frozenset(
    [
        "log",
        "ln",
        "exp",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "arctan",
        "arcsin",
        "arccos",
        "det",
        "tr",
        "sym",
        "Var",
    ]
)
SYMBOLS = {"sum": "\u2211", "prod": "\u220f", "sqrt": "\u221a", "grad": "\u2207", "int": "\u222b"}
DIFFERENTIALS = frozenset(["du"])  # as dt and dw, which are two letters side by side
NAMES = frozenset(["eps", "id", "div", "KL", "DF", "Jbar"]) | DIFFERENTIALS
WEAK = frozenset({"a", "A", "I"})  # words of English as well

OPERATORS = {
    "<=>": "\u21d4",
    "<->": "\u2194",
    "->": "\u2192",
    "=>": "\u21d2",
    "<=": "\u2264",
    ">=": "\u2265",
    "!=": "\u2260",
    "<<": "\u226a",
    ">>": "\u226b",
    "||": "\u2016",
    "+-": "\u00b1",
    "...": "\u2026",
    "-": "\u2212",
    "~": "\u223c",
    "'": "\u2032",
    ".": "\u22c5",
    "in": "\u2208",
}
RELATIONS = frozenset(
    ["<=>", "<->", "->", "=>", "<=", ">=", "!=", "<<", ">>", "==", ":=", *"<>=~", "in"]
)
ANGLES = {"<": "\u27e8", ">": "\u27e9"}

_PRODUCT = re.compile(r"[bcdfghjklmnpqrstvwxz]{2}")
_ENGLISH = frozenset(["vs", "cf", "ms", "ns", "th", "st", "nd", "rd", "km", "mm", "cm", "pp"])
_SHORT = 4  # letters; longer words with an underscore are names in code


def is_symbol(word: str) -> bool:
    """Whether a word without scripts is certainly a symbol where it stands alone in prose."""
    single = len(word.rstrip("0123456789")) == 1
    return (single and word not in WEAK) or word in GREEK or word in NAMES or is_product(word)


def is_product(word: str) -> bool:
    """Whether a word is two letters side by side, p q written pq."""
    return bool(_PRODUCT.fullmatch(word)) and word not in _ENGLISH


def takes_scripts(word: str, below: str = "") -> bool:
    """Whether a word may be the base of a script: a symbol, a function, or a few letters.

    Args:
        word: the base.
        below: its subscript, where that is a word; two words of English are a name in code.
    """
    known = is_symbol(word) or word in FUNCTIONS or word in SYMBOLS or word in WEAK
    english = len(below) > 2 and below.isalpha() and below not in ("min", "max", "inf")
    return known or (len(word) <= _SHORT and not english)


def is_prose(part: str) -> bool:
    """Whether a part of a hyphenated word makes prose of the whole: m-th, but not l-1."""
    return part.isalpha() and len(part) > 1 and part not in GREEK and part not in FUNCTIONS
