"""The model "gaussian_dual": means of an activation of one or two Gaussian variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from .arguments import Arguments, unknown
from .balls import Hopeless, UnreadableError
from .relu_dual import relu
from .smooth import Dual, Smooth
from .smooth_activations import SMOOTH
from .values import Value, ball

_LAWS: dict[str, Callable[[], Smooth]] = {**SMOOTH, "relu": relu}


class GaussianLaw:
    """What a recipe says.

    Args:
        recipe: {"activation": name}.

    Raises:
        UnreadableError: it is not, or there is no such activation.
    """

    def __init__(self, recipe: object) -> None:
        name = recipe.get("activation") if isinstance(recipe, Mapping) else None
        if not isinstance(name, str) or name not in _LAWS:
            raise UnreadableError(
                f"activation: {ascii(name)[:60]} has no exact model; known: {tuple(_LAWS)}"
            )
        self.name = name


class DualModel:
    """Quantities of an activation at the working precision."""

    def __init__(self, law: GaussianLaw) -> None:
        self._sigma = _LAWS[law.name]()

    def quantity(self, name: str, arguments: Arguments) -> Value:
        """Its value.

        Raises:
            UnreadableError: there is no such quantity with such arguments.
            Hopeless: it has no closed form.
        """
        sigma, asked = self._sigma, set(arguments)
        if name in ("L", "beta") and not asked:
            return sigma.L if name == "L" else sigma.beta
        if name == "at_zero" and not asked:
            return abs(sigma.value(ball(Fraction(0))))
        if name == "c_sigma" and not asked:
            return 1 / sigma.mean_square()
        if name == "mean" and asked == {"a"}:
            return sigma.mean(abs(ball(arguments["a"].value)))
        if name in ("dual", "dual_slope") and asked == {"a", "b", "rho"}:
            a, b, rho = (arguments[key].value for key in ("a", "b", "rho"))
            return self._dual(sigma.dual if name == "dual" else sigma.dual_slope, name, a, b, rho)
        raise unknown("gaussian_dual", name, arguments)

    def _dual(self, closed: Dual | None, name: str, a: Value, b: Value, rho: Value) -> Value:
        """Of deviations a, b and correlation rho."""
        first, second = abs(ball(a)), abs(ball(b))
        if rho < -1 or rho > 1:
            raise UnreadableError("rho: no correlation; give a number from -1 to 1")
        if closed is not None:
            return closed(first**2, second**2, ball(rho) * first * second)
        if name == "dual" and rho == 0:
            return self._sigma.mean(first) * self._sigma.mean(second)
        raise Hopeless("E sigma(u) sigma(v) of dependent variables has no closed form here")
