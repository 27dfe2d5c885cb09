"""Matplotlib figures as SVG that stands inside a page: small, quiet, without clashing names."""

from __future__ import annotations

import io
import re
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

from claims.page.markup import Html

GREY, DARK, INK = "#bbbbbb", "#555555", "black"

_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_ID = re.compile(r'\sid="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|xlink:href="#)([^")]+)')
_PLACES = re.compile(r'\s(?:d|x|y|transform)="[^"]*"')
_DIGITS = re.compile(r"(\d+\.\d{2})\d+")


def svg_of(figure: Figure, prefix: str, words: str) -> Html:
    """A figure as an inline `<svg>`; the same figure is the same text, byte for byte.

    Args:
        figure: drawn, not shown; it is written with text as text.
        prefix: begins every id, so that two figures of a page share none.
        words: what it shows, for a reader who cannot see it.
    """
    stream = io.StringIO()
    # Text as text; names of clip paths by what they hold, not by chance.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "provably"}):
        figure.savefig(stream, format="svg", metadata=_METADATA)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r'\s(?:xmlns(?::xlink)?|version)="[^"]*"', "", text)
    # Hundredths of a point are enough, in what is drawn: no number that is read is touched.
    text = _PLACES.sub(lambda found: _DIGITS.sub(r"\1", found.group()), text)
    text = _with_own_ids(re.sub(r">\s+<", "><", text.strip()), prefix)
    return Html(text.replace("<svg", f'<svg role="img" aria-label="{escape(words)}"', 1))


def _with_own_ids(text: str, prefix: str) -> str:
    """Ids that something in the figure refers to, under the prefix; the others are dropped."""
    known = set(_ID.findall(text))
    used = {name for _, name in _REFERENCE.findall(text)} & known
    text = _ID.sub(lambda f: f' id="{prefix}-{f.group(1)}"' if f.group(1) in used else "", text)
    return _REFERENCE.sub(
        lambda f: f"{f.group(1)}{prefix}-{f.group(2)}" if f.group(2) in used else f.group(), text
    )
