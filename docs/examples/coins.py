"""A. Author: On coins. manuscript of 2026."""

import numpy as np
from hypothesis import strategies as st

from claims import claim, wrong
from verdicts import Seeds, WithProbability, at_least, exactly, with_probability


@claim(
    "Lemma 1",
    for_all={"k": st.integers(1, 99)},
    mutants=[wrong(rate=0.8, because="it fails nearly always")],
)
def coin(k: int, *, rate: float = 0.2) -> WithProbability:
    """A coin that shows heads at most one time in five fails at most half the time.

    P(u >= rate) >= 1/2 for u uniform on (0, 1).
    """

    def uniforms(seeds: Seeds) -> np.ndarray:
        stream = np.random.Generator(np.random.Philox(key=np.array(seeds.key, dtype=np.uint64)))
        return stream.random(seeds.first + seeds.count)[seeds.first :]

    return with_probability(
        0.5, lambda seeds: at_least(exactly(uniforms(seeds.named(str(k)))), exactly(rate))
    )
