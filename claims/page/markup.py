"""HTML that is escaped where it is made: text is never taken for markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

_VOID = frozenset({"br", "meta", "input"})


class Html(str):
    """Markup; every other string is text, and is escaped when it becomes part of markup."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str | bool | None) -> Html:
    """An element.

    Args:
        name: of the element.
        children: markup as it is, text escaped.
        attributes: `class_`, `for_` and `aria_label` stand for class, for and aria-label; True is
            an attribute without a value, None and False are none.
    """
    told = "".join(map(_attribute, attributes.items()))
    if name in _VOID:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{join(children)}</{name}>")


def join(children: Iterable[str], between: Html = Html("")) -> Html:  # noqa: B008  immutable
    """Children side by side: markup as it is, text escaped."""
    return Html(between.join(text_of(child) for child in children))


def text_of(child: str) -> Html:
    """Markup as it is, text escaped."""
    return child if isinstance(child, Html) else Html(escape(child))


def anchor(name: str) -> str:
    """An id for an element: two names never share one, and a plain name is its own."""
    return re.sub(r"[^A-Za-z0-9._]", lambda found: f"-{ord(found.group()):x}-", name) or "-"


def _attribute(named: tuple[str, str | bool | None]) -> str:
    name, value = named[0].rstrip("_").replace("_", "-"), named[1]
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(value)}"'
