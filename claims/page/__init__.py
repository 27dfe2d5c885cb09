"""The report as one page: self-contained, readable without scripts, without a network."""

from claims.page.site import page_of, write_page

__all__ = ["page_of", "write_page"]
