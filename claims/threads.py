"""One thread a process, said in the environment before any numerical library reads it there."""

from __future__ import annotations

import os

LIMITS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

os.environ.update(dict.fromkeys(LIMITS, "1"))
