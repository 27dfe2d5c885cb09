"""Mathematics on a page: plain text with what is certainly a formula typeset, and TeX."""

from claims.page.formulas.prose import paragraphs, transcribed
from claims.page.formulas.tex import typeset

__all__ = ["paragraphs", "transcribed", "typeset"]
