"""H_inf and its least eigenvalue by neural-tangents, on request; imports nothing of the house.

The tangent kernel of a two-layer ReLU network is that of both layers: H_inf/d plus the kernel of
the output layer, which `nngp` is.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import jax
import jax.numpy as jnp
import neural_tangents
import numpy as np
from neural_tangents import stax

jax.config.update("jax_enable_x64", True)  # noqa: FBT003

_, _, kernel = stax.serial(stax.Dense(1), stax.Relu(), stax.Dense(1))


def computed(x: Any) -> tuple[Any, Any]:
    """H_inf and its least eigenvalue."""
    both = kernel(x, None, ("nngp", "ntk"))
    limit = x.shape[1] * (both.ntk - both.nngp)
    return limit, jnp.linalg.eigvalsh(limit)[0]


work = jax.jit(computed)


def main() -> None:
    """Answers until the input ends."""
    versions = {"neural-tangents": neural_tangents.__version__, "jax": jax.__version__}
    sys.stdout.write(json.dumps({"versions": versions}) + "\n")
    sys.stdout.flush()
    x = jnp.zeros((1, 1))
    for request in map(json.loads, sys.stdin):
        if "file" in request:
            x = jnp.asarray(np.load(request["file"]))
        limit, least = work(x)
        answer = {"least": float(least), "corner": float(limit[0, 1])}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
