"""The journal: evidence of earlier runs and machines, read where it is known, kept as it comes."""

from claims.journal.journal import Effort, Journal, Use
from claims.journal.kept import evaluation
from claims.journal.pages import Carried, JournalError, JournalFile

__all__ = [
    "Carried",
    "Effort",
    "Journal",
    "JournalError",
    "JournalFile",
    "Use",
    "evaluation",
]
