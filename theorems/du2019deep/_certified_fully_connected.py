"""The constants and bounds of Appendix B over an exact network, as terms of certificates."""

from collections.abc import Callable
from dataclasses import dataclass

from models import DeepNetwork, DeepStart
from theorems.du2019deep._certified import (
    A2,
    A4,
    BETA,
    C_W0,
    INSIDE,
    LAMBDA,
    LARGEST,
    ROOT_M,
    ROOT_N,
    STEEP,
    H,
    L,
    Training,
    about,
    decayed,
    in_ball,
    share_of,
    written_out,
)
from verdicts import Proof, Term, given, greatest, least, number, quantity


@dataclass(frozen=True, slots=True, eq=False)
class FullyConnected:
    """The constants of Appendix B: the least that the start has, each at least a floor.

    Attributes:
        H: hidden layers.
        c_w0, c_x0, a2, a4, c_x: as there.
    """

    H: int
    c_w0: Term
    c_x0: Term
    a2: Term
    a4: Term
    c_x: Term

    @classmethod
    def of(
        cls, start: DeepStart, *, floor: float, doubling: float = 2.0, least_a2: float = 0.0
    ) -> "FullyConnected":
        """Those of a start; with `least_a2` in training, where c_x >= 1 too."""
        c_w0 = greatest(floor, C_W0)
        a2 = greatest(floor, A2)
        c_x0 = greatest(1, quantity("most_feature", layer=0), quantity("most_feature"))
        c_x = number(doubling) * STEEP * c_w0
        trained = greatest(least_a2, a2), greatest(1, c_x)
        a2_used, c_x_used = trained if least_a2 else (a2, c_x)
        return cls(start.H, c_w0, c_x0, a2_used, greatest(a2, A4), c_x_used)

    def g(self, h: int | None = None) -> Term:
        """1 + c_x + ... + c_x^(h-1); h = H by default."""
        h = self.H if h is None else h
        total = number(0)
        for i in range(h):
            total = total + self.c_x**i
        return total

    @property
    def radius(self) -> Term:
        """The largest R of B.4 and B.5."""
        return least(self.c_w0, self.a2, 1 / (STEEP * self.g()))

    def gram_bound(self, R: Term, bend: float) -> Term:
        """Lemma B.4: n R Q."""
        by_features = 3 * STEEP**3 * self.a2**2 * self.c_x0**2 * self.g()
        by_slopes = number(bend) * BETA * L * quantity("c_sigma") * self.a4**2
        by_slopes = by_slopes * self.c_x0**3 * self.g()
        by_outputs = 12 * STEEP**2 * self.c_x0**2 * self.a2
        return quantity("n") * R * (by_features + by_slopes + by_outputs)

    def displaced(
        self, start: DeepStart, moved: DeepNetwork, *, h: int, before: int, beyond: float
    ) -> Proof:
        """Lemma B.3 in layer h, at other weights."""
        exact, R = about(start), number(beyond) * share_of(self.c_w0)
        weights = written_out(start, moved)
        gap = quantity("displacement", weights=weights, layer=h)
        proof = exact(gap, "<=", STEEP * self.c_x0 * self.g(h - before) * R)
        return in_ball(exact, proof, weights, R)

    def gram_changed(
        self, start: DeepStart, moved: DeepNetwork, *, bend: float, beyond: float
    ) -> Proof:
        """Lemma B.4 at other weights."""
        exact, R = about(start), number(beyond) * share_of(self.radius)
        weights = written_out(start, moved)
        change = quantity("gram_change", weights=weights)
        return in_ball(exact, exact(change, "<=", self.gram_bound(R, bend)), weights, R)


@dataclass(frozen=True, slots=True, eq=False)
class ConfinedTerms:
    """The descents of Lemmas B.5 to B.7: eta = step/lambda_max(G(0)), and e_0 as long as allowed.

    Attributes:
        training: the descent.
        norms: constants of the start.
        slope: Q'(s)/||e_s||.
    """

    training: Training
    norms: FullyConnected
    slope: Term

    @classmethod
    def of(cls, start: DeepStart, *, floor: float) -> "ConfinedTerms":
        """That of a start."""
        norms = FullyConnected.of(start, floor=floor, least_a2=0.5)
        slope = 4 * norms.c_x0 * norms.a2 * norms.c_x**norms.H * ROOT_N
        length = number("0.999") * share_of(norms.radius * LAMBDA * ROOT_M / (4 * slope))
        return cls(Training(about(start), given("step") / LARGEST, length), norms, slope)

    @property
    def definite(self) -> Proof:
        """That lambda is told from 0."""
        return self.training.exact(LAMBDA, ">=", number("1e-4") * LARGEST + "1e-8")

    @property
    def not_rounding(self) -> Proof:
        """That e_0 is told from the rounding of u."""
        least_length = number("1e-11") * (1 + quantity("prediction_norm"))
        return self.training.exact(self.training.e(0) / least_length, ">=", 1)

    def condition(self, steps: int) -> Proof:
        """Condition A.1."""
        return self.training.decayed(steps, self.training.eta * LAMBDA / 2)

    def off(self, *, growth: bool) -> Term:
        """What a mutant without c_x^H takes off Q'."""
        return number(1) if growth else self.norms.c_x**self.norms.H

    def within(self, steps: int, *, growth: bool) -> dict[str, Proof]:
        """Lemma B.5: the weights stay within R' sqrt(m)."""
        run = self.training
        R = 4 * self.slope * run.e(0) / LAMBDA / self.off(growth=growth)
        return {
            "layers": run.exact(run.at("distance", steps), "<=", R),
            "outputs": run.exact(run.at("distance", steps, layer=H + 1), "<=", R),
        }

    def step(self, k: int, *, growth: bool) -> Proof:
        """Lemma B.5: no layer's step k is longer than eta Q'(k)."""
        run = self.training
        bound = run.eta * self.slope * run.e(k) / self.off(growth=growth)
        return run.exact(run.at("step_length", k), "<=", bound)

    def second_order_bound(self, k: int, *, eta_power: int) -> Term:
        """Lemma B.6."""
        norms, g = self.norms, self.norms.g()
        bend = 2 * BETA * norms.c_x0 * g / L
        total = 2 * STEEP * norms.c_x0 * g / ROOT_M
        for above in range(norms.H):
            inner = STEEP * g + 1 / (2 * norms.a2) + above / (2 * norms.c_w0)
            layer = inner / ROOT_M + (above + 1) * bend
            total = total + 4 * norms.c_x0 * norms.a2 * STEEP * norms.c_x**above * layer
        squared = (self.slope * self.training.e(k)) ** 2
        return ROOT_N * self.training.eta**eta_power * total * squared

    def change(self, k: int, *, growth: bool) -> Proof:
        """Lemma B.7."""
        run, norms = self.training, self.norms
        D = 2 * norms.c_x0 * (1 + 2 * norms.a2 * STEEP * norms.g()) / self.off(growth=growth)
        bound = ROOT_N * run.eta * D * self.slope * run.e(k)
        return run.exact(run.at("output_change", k), "<=", bound)


@dataclass(frozen=True, slots=True, eq=False)
class OneLayer:
    """The certificate for one hidden layer, at the numbers rho, ||e_0|| and eta of the floats.

    That they are as the statement has them are premises, with a little room for their rounding.

    Attributes:
        run: the descent.
        lambda_: 4/3 lambda_min(G^(1)(0)).
        rho: radius over sqrt(m).
        allowed: the premises.
    """

    run: Training
    lambda_: Term
    rho: Term
    allowed: tuple[tuple[str, Proof], ...]

    @classmethod
    def of(
        cls,
        start: DeepStart,
        numbers: tuple[float, float, float],
        *,
        radius: float,
        over: float,
        best: bool,
    ) -> "OneLayer":
        """That of a start, of (rho, ||e_0||, eta) and of a mutant's constants."""
        rho, length, eta = (
            number(z * w) for z, w in zip(numbers, (1, INSIDE, INSIDE), strict=True)
        )
        exact = about(start)
        lambda_ = quantity("lambda_max_G" if best else "lambda_min_G", layer=1) / "0.75"
        moved = quantity("n") * quantity("c_sigma") * rho
        moved = moved * (L**2 * (2 * A2 + rho) + 2 * L * BETA * A4**2)
        q = greatest(STEEP * (A2 + rho), quantity("most_feature") + STEEP * rho)
        bend = L / ROOT_M + BETA * (A2 + rho) / 2
        curved = quantity("n") * ROOT_N * quantity("c_sigma").sqrt() * bend * q**2
        longest = least(
            lambda_ / (8 * curved * length),
            lambda_ / (8 * (2 * quantity("n") * q**2 + lambda_ / 8) ** 2),
            2 / lambda_,
        )
        reach = number(radius) * q * ROOT_N * length / (lambda_ * ROOT_M)
        allowed = (
            ("G^(1) moves by at most lambda/4", exact(moved, "<=", lambda_ / 4)),
            ("rho is what e_0 asks for", exact(reach, "<=", rho)),
            ("eta is small", exact(eta, "<=", number(over) / LARGEST if over else longest)),
        )
        return cls(Training(exact, eta, length), lambda_, rho, allowed)

    def not_rounding(self, shrink: float) -> Proof:
        """That the decay is told from the rounding of u."""
        lost = number("1e-12") * (1 + quantity("prediction_norm")) / self.run.e(0)
        return self.run.exact(-self._factor(shrink).log(), ">=", lost)

    def decay(self, shrink: float) -> Callable[[float], Proof]:
        """The decay up to a step."""
        upto = decayed(self.run, self._factor(shrink))
        return lambda k: self._under(upto(k))

    def confined(self, steps: int) -> Proof:
        """That W and a stay near."""
        layers = (self.run.at("distance", steps, layer=h) for h in (1, 2))
        return self._under(self.run.exact(greatest(*layers), "<=", self.rho * ROOT_M))

    def _factor(self, shrink: float) -> Term:
        return 1 - number(shrink) * self.run.eta * self.lambda_

    def _under(self, proof: Proof) -> Proof:
        for name, premise in self.allowed:
            proof = proof.under(name, premise)
        return proof


def first_layer_definite(start: DeepStart) -> Proof:
    """That lambda_min(G^(1)(0)) is told from 0."""
    low, high = (quantity(f"lambda_{end}_G", layer=1) for end in ("min", "max"))
    return about(start)(low, ">=", number("1e-4") * high + "1e-8")
