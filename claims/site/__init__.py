"""The site's generated pages: one a paper, one a claim, and everything that is refuted.

It knows claims and their files, and nothing of what they are about. `docs/conf.py` calls it when
the site is built.
"""

from claims.site.links import adapted
from claims.site.subjects import Subjects, gathered
from claims.site.write import house_pages, write

__all__ = ["Subjects", "adapted", "gathered", "house_pages", "write"]
