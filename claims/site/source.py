"""What the text of a claims file tells of a claim, beyond what the claim itself holds."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from claims.claim import Claim


@dataclass(frozen=True, slots=True)
class Written:
    """A claim as its file writes it.

    Attributes:
        lines: the decorator and the function.
        strategies: the expression that each parameter of `for_all` is drawn by.
        premises: names of the premises of the body, in order.
    """

    lines: tuple[str, ...] = ()
    strategies: Mapping[str, str] = field(default_factory=dict)
    premises: tuple[str, ...] = ()


def written(claim: Claim) -> Written:
    """The claim's own lines; an empty one where its file cannot be read or says it otherwise."""
    try:
        text, found = _functions(Path(claim.file))
    except (OSError, SyntaxError, ValueError):
        return Written()
    node = found.get(claim.name)
    if node is None:
        return Written()
    begin = min([node.lineno, *(part.lineno for part in node.decorator_list)])
    end = node.end_lineno or node.lineno
    return Written(text[begin - 1 : end], _drawn(node), tuple(_premises(node)))


@cache
def _functions(file: Path) -> tuple[tuple[str, ...], dict[str, ast.FunctionDef]]:
    text = file.read_text(encoding="utf-8")
    body = ast.parse(text).body
    return tuple(text.splitlines()), {n.name: n for n in body if isinstance(n, ast.FunctionDef)}


def _drawn(node: ast.FunctionDef) -> dict[str, str]:
    keywords = [
        keyword
        for part in node.decorator_list
        if isinstance(part, ast.Call)
        for keyword in part.keywords
    ]
    for keyword in keywords:
        if keyword.arg == "for_all" and isinstance(keyword.value, ast.Dict):
            pairs = zip(keyword.value.keys, keyword.value.values, strict=True)
            return {
                str(key.value): ast.unparse(value)
                for key, value in pairs
                if isinstance(key, ast.Constant)
            }
    return {}


def _premises(node: ast.FunctionDef) -> list[str]:
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call) and part.args]
    named = [
        (call.lineno, call.args[0])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "assume_premise"
    ]
    told = [
        name.value if isinstance(name, ast.Constant) else ast.unparse(name)
        for _, name in sorted(named, key=lambda pair: pair[0])
    ]
    return [str(name) for name in dict.fromkeys(told)]
