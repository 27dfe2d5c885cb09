"""The bounds of Appendices C and D over an exact network, as terms of certificates."""

from dataclasses import dataclass

from models import DeepNetwork, DeepStart
from theorems.du2019deep._certified import (
    A2,
    A4,
    BETA,
    C_RES,
    C_W0,
    LAMBDA,
    LARGEST,
    ROOT_M,
    ROOT_N,
    STEEP,
    H,
    L,
    Training,
    about,
    in_ball,
    share_of,
    written_out,
)
from verdicts import Proof, Term, given, greatest, least, number, quantity

_PRINTED_C_W0 = greatest(2, C_W0)


@dataclass(frozen=True, slots=True, eq=False)
class Residual:
    """The constants of Appendices C and D, as `Scales` has them.

    Attributes:
        c_w0, c_x0: at least 1/100, and of x^(1), ..., x^(H).
        slope: L sqrt q.
        first: sqrt(c_sigma q) L.
    """

    c_w0: Term
    c_x0: Term
    slope: Term
    first: Term

    @classmethod
    def of(cls, q_power: float = 0.5) -> "Residual":
        """Those of any start."""
        stretch = quantity("q") ** str(q_power)
        return cls(greatest("0.01", C_W0), quantity("most_feature"), L * stretch, STEEP * stretch)

    def growth(self, exponent: float = 2.0) -> Term:
        """All residual layers together."""
        return (number(exponent) * C_RES * self.c_w0 * self.slope).exp()

    def c_x(self, exponent: float = 2.0) -> Term:
        """The constant of C.3."""
        return (self.first + self.c_x0 / self.c_w0) * self.growth(exponent)

    @property
    def radius(self) -> Term:
        """The largest R of C.4 and C.5."""
        return least(self.c_w0, A2, self.c_x0 / self.c_x())

    def gram_bound(self, R: Term, features: float, slopes: float, outputs: float) -> Term:
        """Lemmas C.4 and D.4."""
        bent = (quantity("q") * quantity("p")).sqrt() * (2 * self.c_x() * self.c_w0 + self.c_x0)
        total = number(features) * self.c_x() * L**2 * A2**2 * self.c_x0
        total = total + number(outputs) * L**2 * self.c_x0**2 * A2
        total = total + number(slopes) * BETA * L * A4**2 * self.c_x0**2 * bent
        return quantity("n") * R * quantity("q") * (C_RES / H) ** 2 * total

    def displaced(
        self, start: DeepStart, moved: DeepNetwork, *, exponent: float, stretch: float
    ) -> Proof:
        """Lemmas C.3 and D.3 at other weights."""
        exact, R = about(start), number(stretch) * share_of(self.c_w0)
        weights = written_out(start, moved)
        gap = quantity("displacement", weights=weights)
        return in_ball(exact, exact(gap, "<=", self.c_x(exponent) * R), weights, R)

    def gram_changed(self, start: DeepStart, moved: DeepNetwork, *factors: float) -> Proof:
        """Lemmas C.4 and D.4 at other weights."""
        exact, R = about(start), share_of(self.radius)
        weights = written_out(start, moved)
        change = quantity("gram_change", weights=weights)
        return in_ball(exact, exact(change, "<=", self.gram_bound(R, *factors)), weights, R)

    def step_bounds(self, start: DeepStart, exponent: float, *, own: bool) -> list[Term]:
        """Lemmas C.5 and D.5: of every layer's step over eta ||e||, a last."""
        each = 4 * C_RES * self.slope * self.c_x0 * A2 * self.growth(exponent) / H
        first = 2 * self.first * A2 * self.growth(exponent) if own else each
        last = 2 * self.c_x0 if own else each
        return [ROOT_N * one for one in (first, *[each] * (start.H - 1), last)]


@dataclass(frozen=True, slots=True, eq=False)
class ShortSteps:
    """The descents of C.5 and D.5: eta = speed/lambda_max(G(0)), and e_0 as long as allowed.

    Attributes:
        run: the descent, of `steps` steps.
        scales: the constants of the start.
        bounds: of every layer's step over eta ||e||, the output weights last.
        rate: the largest lambda of Condition A.1.
        R: R'.
        steps: their number.
    """

    run: Training
    scales: Residual
    bounds: list[Term]
    rate: Term
    R: Term
    steps: int

    @classmethod
    def of(
        cls, start: DeepStart, steps: int, *, exponent: float, radius: float, own: bool
    ) -> "ShortSteps":
        """That of a start."""
        scales, eta = Residual.of(), given("speed") / LARGEST
        bounds = scales.step_bounds(start, exponent, own=own)
        most = greatest(bounds[0], bounds[1], bounds[-1])
        length = share_of(scales.radius * 2 * LAMBDA * ROOT_M / (4 * most))
        run = Training(about(start), eta, length)
        rate = 2 * (1 - run.at("decay_factor", steps)) / eta
        R = number(radius) * most * run.e(0) / (rate * ROOT_M)
        return cls(run, scales, bounds, rate, R, steps)

    @property
    def not_zero(self) -> Proof:
        """That a and all features are not 0."""
        return self.run.exact(self.scales.radius, ">=", "1e-9")

    @property
    def told(self) -> Proof:
        """That e_0 is told from rounding."""
        return self.run.exact(self.run.e(0), ">=", "1e-9")

    @property
    def decays(self) -> Proof:
        """Condition A.1 with some lambda."""
        return self.run.exact(self.rate, ">=", 2 * LAMBDA / 100)

    @property
    def small(self) -> Proof:
        """R' is not too large."""
        return self.run.exact(self.R, "<=", self.scales.radius)

    def step(self, h: int, k: int) -> Proof:
        """That step k of layer h is short."""
        taken = self.run.at("step_length", k, layer=h)
        return self.run.exact(taken, "<=", self.run.eta * self.bounds[h - 1] * self.run.e(k))

    def near(self, *, outputs: bool) -> Proof:
        """That all weights, or the output weights, stay near."""
        layer = {"layer": H + 1} if outputs else {}
        moved = self.run.at("distance", self.steps, **layer)
        return self.run.exact(moved, "<=", self.R * ROOT_M)


@dataclass(frozen=True, slots=True, eq=False)
class Converging:
    """The descents of Theorems 6.1 and 7.1: eta = speed share/lambda_max(G(0)), the recipe's e_0.

    Attributes:
        run: the descent.
        shrinks: the factor of ||e||^2 in a step.
        lambda_0: twice the least eigenvalue along the run, of one layer or of all.
    """

    run: Training
    shrinks: Term
    lambda_0: Term

    @classmethod
    def of(cls, start: DeepStart, steps: int, speed: float, *, last: bool) -> "Converging":
        """That of a start, with G^(H) or with all layers."""
        run = Training(about(start), share_of(number(speed)) / LARGEST)
        layer = {"layer": H} if last else {}
        lambda_0 = 2 * run.at("least_lambda_min_G", steps, **layer)
        return cls(run, greatest(1 - run.eta * lambda_0 / 2, "0.01"), lambda_0)

    @property
    def definite(self) -> Proof:
        """That lambda_0 > 0."""
        return self.run.exact(self.run.eta * self.lambda_0, ">=", "1e-9")


def well_conditioned(start: DeepStart) -> Proof:
    """That G(0) is not nearly singular."""
    return about(start)(LAMBDA - number("1e-6") * LARGEST, ">=", 0)


def deepest(start: DeepStart) -> Proof:
    """H >= 2."""
    return about(start)(H, ">=", "1.5")


def printed_norms(start: DeepStart) -> tuple[Proof, Proof]:
    """1/c_x0 <= ||x_i^(h)(0)|| <= c_x0 with the c_x0 = 2 exp(c_res c_w0 L) that is printed."""
    exact, c_x0 = about(start), 2 * (C_RES * _PRINTED_C_W0 * L).exp()
    below = exact(quantity("least_feature"), ">=", 1 / c_x0)
    return below, exact(quantity("most_feature"), "<=", c_x0)


def printed_step(start: DeepStart) -> Proof:
    """Lemma C.5 as printed, at k = 0 with eta = 1."""
    run = Training(about(start), number(1))
    c_x0 = 2 * (C_RES * _PRINTED_C_W0 * L).exp()
    bound = 4 * C_RES * c_x0 * A2 * L * (2 * C_RES * _PRINTED_C_W0 * L).exp()
    return run.exact(run.at("step_length", 0), "<=", bound * ROOT_N * run.e(0) / H)


def one_block(start: DeepStart, h: int, sample: int, *, offset: float, lipschitz: float) -> Proof:
    """Lemma C.1, one block."""
    here, before = (quantity("norm_feature", layer=k, sample=sample) for k in (h, h - 1))
    size = quantity("spectral_norm", layer=h) * (quantity("q") / quantity("m")).sqrt()
    skew = number(offset) * quantity("at_zero") * quantity("p").sqrt()
    bound = C_RES / H * (skew + number(lipschitz) * L * size * before)
    return about(start)(abs(here - before), "<=", bound)


def what_is_left(start: DeepStart, drift: float) -> tuple[Proof, Proof]:
    """Lemma C.4: that G^(H)(0) is well conditioned, and what its worst neighbour keeps."""
    exact = about(start)
    low, high = (quantity(f"lambda_{end}_G", layer=H) for end in ("min", "max"))
    left = (1 - number(drift) * 4 / 3) * low
    return exact(low / high, ">=", "1e-4"), exact(left, ">=", low * 4 / 3 / 2)


def has_room(start: DeepStart) -> Proof:
    """R > 0 in C.4 and D.4."""
    return about(start)(share_of(Residual.of().radius), ">=", "1e-12")
