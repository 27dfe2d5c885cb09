"""How a statement becomes a test: the words of a claims file, and what runs them."""

import claims.interruption
import claims.threads  # noqa: F401  first: what follows loads torch, which reads the environment
from claims.case import Case, cases_of
from claims.claim import Claim, Mutant, NotExecutable
from claims.declare import claim, misprint, not_executable, refuted_claim, wrong
from claims.errors import ClaimError, CrashError, PremiseNotMetError, RefutedError
from claims.graph import check_graph, claims_in, not_executable_in
from claims.ledger import assume_premise, reached
from claims.paper import Paper
from claims.profile import PROFILES, Profile
from claims.runner import CaseReport, Options, Trial

__all__ = [
    "PROFILES",
    "Case",
    "CaseReport",
    "Claim",
    "ClaimError",
    "CrashError",
    "Mutant",
    "NotExecutable",
    "Options",
    "Paper",
    "PremiseNotMetError",
    "Profile",
    "RefutedError",
    "Trial",
    "assume_premise",
    "cases_of",
    "check_graph",
    "claim",
    "claims_in",
    "misprint",
    "not_executable",
    "not_executable_in",
    "reached",
    "refuted_claim",
    "wrong",
]
