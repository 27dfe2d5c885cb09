"""Trains many networks in JAX, or takes their H(0), on request.

Run by `_worker.Worker`; imports nothing of the house. The step is the gradient of the loss by
autodiff, or the same step in pre-activation space.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)  # noqa: FBT003


def by_autodiff(x: Any, y: Any, eta: float, steps: int) -> Callable[..., Any]:
    """value_and_grad of the loss, scanned over the steps."""

    def network(w: Any, a: Any) -> Any:
        def residual(w: Any) -> Any:
            return y - a @ jax.nn.relu(w @ x.T) / math.sqrt(len(a))

        def loss(w: Any) -> Any:
            e = residual(w)
            return e @ e / 2, e

        def step(w: Any, _: None) -> Any:
            (_, e), slope = jax.value_and_grad(loss, has_aux=True)(w)
            return w - eta * slope, e

        w, residuals = jax.lax.scan(step, w, None, length=steps)
        return w, jnp.concatenate((residuals, residual(w)[None]))

    return network


def by_preactivations(x: Any, y: Any, eta: float, steps: int) -> Callable[..., Any]:
    """The same form as ours, neurons last: p += eta/sqrt(m) (G * e) (a 1{p >= 0})."""
    G, inverse = x @ x.T, jnp.linalg.pinv(x)

    def network(w: Any, a: Any) -> Any:
        root = math.sqrt(len(a))

        def step(p: Any, _: None) -> Any:
            e = y - jnp.maximum(p, 0) @ a / root
            return p + (G * (eta / root * e)[None, :]) @ ((p >= 0) * a[None, :]), e

        start = x @ w.T
        p, residuals = jax.lax.scan(step, start, None, length=steps)
        last = y - jnp.maximum(p, 0) @ a / root
        return w + (inverse @ (p - start)).T, jnp.concatenate((residuals, last[None]))

    return network


def gram_matrix(x: Any) -> Callable[..., Any]:
    """H at the start, with products of zeros and ones in the dtype of the weights."""

    def network(w: Any) -> Any:
        on = (x @ w.T >= 0).astype(w.dtype)
        return (x @ x.T) * (on @ on.T) / len(w)

    return network


FORMS = {"autodiff": by_autodiff, "preactivations": by_preactivations}


def main() -> None:
    """Answers until the input ends."""
    say({"versions": {"jax": jax.__version__, "numpy": np.__version__}})
    run: Callable[[], Any] = tuple
    for request in map(json.loads, sys.stdin):
        if "file" in request:
            run = prepared(**request)
            answer = run()
            shown = answer[1][:, -1] if isinstance(answer, tuple) else answer[-1]
            say({"last": np.asarray(shown).tolist()})
        else:
            jax.block_until_ready(run())
            say({})


def prepared(file: str, form: str, dtype: str, **given: Any) -> Callable[[], Any]:
    """Compiled work on the arrays x, w, and for training y and a, of a file."""
    data = np.load(file)
    arrays = {name: jnp.asarray(data[name].astype(dtype)) for name in data.files}
    x, w = arrays["x"], arrays["w"]
    if form == "gram":
        counted = jax.jit(jax.vmap(gram_matrix(x)))
        return lambda: counted(w)
    trained = jax.jit(jax.vmap(FORMS[form](x, arrays["y"], **given)))
    return lambda: trained(w, arrays["a"])


def say(answer: dict[str, Any]) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
