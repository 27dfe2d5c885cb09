"""Relative links that resolve beside the files resolve on the site too."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

_LINK = re.compile(r"\[((?:[^\]\n]|\n(?!\n))*)\]\(([^()\s]+)\)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def adapted(text: str, home: str, place: str, pages: Mapping[str, str], docs: str = "docs") -> str:
    """A page of the repository with its links turned towards the site.

    A link to what the site does not hold keeps its words and loses its target.

    Args:
        text: Markdown.
        home: folder of the page in the repository, "" for its root.
        place: folder of the page on the site.
        pages: where files of the repository stand on the site, by path; what lies in `docs` stands
            where it is without being named.
        docs: the folder of the site's sources.
    """

    def turned(found: re.Match[str]) -> str:
        words, target = found.groups()
        if re.match(r"[a-z][a-z0-9+.-]*:|#", target, re.IGNORECASE):
            return found.group()
        path, mark, anchor = target.partition("#")
        there = _on_site(posixpath.normpath(posixpath.join(home, path)), pages, docs)
        if there is None:
            return words
        return f"[{words}]({posixpath.relpath(there, place or '.')}{mark}{anchor})"

    return _outside_of_blocks(text, lambda prose: _LINK.sub(turned, prose))


def _on_site(path: str, pages: Mapping[str, str], docs: str) -> str | None:
    if path in pages:
        return pages[path]
    inside = path.startswith(f"{docs}/")
    return path.removeprefix(f"{docs}/") if inside and posixpath.splitext(path)[1] else None


def _outside_of_blocks(text: str, change: Callable[[str], str]) -> str:
    """Change the prose, in stretches of lines, for a link may go on in the next line."""
    parts: list[tuple[bool, list[str]]] = []
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        mark = found.group(1) if found else ""
        prose = not (fence or mark or line.startswith("    "))
        if fence:
            closed = mark.startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closed else fence
        else:
            fence = mark
        if not parts or parts[-1][0] != prose:
            parts.append((prose, []))
        parts[-1][1].append(line)
    joined = ((prose, "\n".join(lines)) for prose, lines in parts)
    return "\n".join(change(lines) if prose else lines for prose, lines in joined)
