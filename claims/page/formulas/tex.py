"""TeX as MathML, or as the text that it is."""

from __future__ import annotations

from latex2mathml.converter import convert

from claims.page.markup import Html, element


def typeset(tex: str) -> Html:
    """A statement in TeX as display mathematics; in code where it cannot be read."""
    try:
        # A library's output is trusted no more than its input: what is no element is refused.
        made = str(convert(tex, display="block"))
    except Exception:  # its errors have no common class, and a page must not fail for one formula
        return element("code", tex)
    return Html(made) if "<script" not in made.lower() else element("code", tex)
