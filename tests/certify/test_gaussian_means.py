from fractions import Fraction

import pytest
from flint import acb, arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import Growth, gaussian_mean
from certify.gaussian_means import Integrand
from verdicts import Approx

quick = settings(max_examples=40, deadline=None, database=None, derandomize=True)


def relu(z: acb, analytic: bool) -> acb:
    return z.real_max(acb(0), analytic=analytic)


def relu_squared(z: acb, analytic: bool) -> acb:
    return relu(z, analytic) ** 2


def size(z: acb, analytic: bool) -> acb:
    return z.real_abs(analytic=analytic)


def step(z: acb, analytic: bool) -> acb:
    return z.real_heaviside(analytic=analytic)


def one(_z: acb, _: bool) -> acb:
    return acb(1)


def cosine(z: acb, _: bool) -> acb:
    return z.cos()


def holds(found: Approx, exact: arb) -> bool:
    """The value lies within, as far as its own, much narrower ball can tell."""
    assert exact.rad() < 1e-30
    return bool(arb(found.low) <= exact.upper() and exact.lower() <= arb(found.high))


@pytest.mark.parametrize("bits", [32, 64, 128])
def test_closed_forms_are_enclosed(bits: int) -> None:
    with ctx.workprec(300):
        pi = arb.pi()
        cases: list[tuple[Integrand, Growth, arb]] = [
            (one, Growth(), arb(1)),
            (lambda z, _: z.sin(), Growth(), arb(0)),
            (cosine, Growth(), (arb(-1) / 2).exp()),
            (lambda z, _: z.exp(), Growth(rate=1), (arb(1) / 2).exp()),
            (lambda z, _: (3 * z).exp(), Growth(rate=3), (arb(9) / 2).exp()),
            (lambda z, _: z.cosh() ** 2, Growth(rate=2), (1 + arb(2).exp()) / 2),
            (lambda z, _: z**8, Growth(power=8), arb(105)),
            (lambda z, _: z.erf() ** 2, Growth(), 2 / pi * (arb(2) / 3).asin()),
            (relu, Growth(power=1), 1 / (2 * pi).sqrt()),
            (relu_squared, Growth(power=2), arb(1) / 2),
            (size, Growth(power=1), (2 / pi).sqrt()),
            (step, Growth(), arb(1) / 2),
        ]
    for function, growth, exact in cases:
        found = gaussian_mean(function, growth=growth, bits=bits)
        assert found.rigor == "proved"
        assert holds(found, exact)
        assert found.width <= 2.0 ** (10 - min(bits, 60)) * max(1.0, abs(found.high))


@quick
@given(st.fractions(-3, 3, max_denominator=20))
def test_shifted_kinks_are_integrated_as_well(shift: Fraction) -> None:
    def shifted(z: acb, analytic: bool) -> acb:
        return relu(z - acb(shift.numerator) / shift.denominator, analytic)

    found = gaussian_mean(shifted, growth=Growth(4, 1))
    with ctx.workprec(200):
        b = arb(shift.numerator) / shift.denominator
        density = (-b * b / 2).exp() / (2 * arb.pi()).sqrt()
        assert holds(found, density - b * (b / arb(2).sqrt()).erfc() / 2)
    assert found.width < 1e-14


@pytest.mark.parametrize(("power", "rate"), [(0, 0), (1, 0), (7, 0), (0, 2), (5, Fraction(1, 2))])
@pytest.mark.parametrize("length", [6, 9, 20])
def test_the_tail_is_bounded_and_not_by_much(power: int, rate: Fraction, length: int) -> None:
    bound = Growth(2, power, rate).tail(length)

    def beyond(z: acb, _: bool) -> acb:
        weight = (acb(rate.numerator) * z / rate.denominator - z * z / 2).exp()
        return 2 * (1 + z**power) * weight

    with ctx.workprec(200):
        exact = (
            2
            * acb.integral(beyond, length, length + 40, abs_tol=arb(2) ** -900).real
            / (2 * arb.pi()).sqrt()
        )
    assert exact <= bound
    assert bound <= exact * 3


def test_a_tail_that_is_too_short_has_no_bound() -> None:
    assert not Growth(1, 0, 5).tail(4).is_finite()
    assert not Growth(1, 16).tail(4).is_finite()


def test_the_tail_is_part_of_the_enclosure() -> None:
    # Beyond L the function may be anything that the growth allows.
    growth = Growth(10**6)
    found = gaussian_mean(cosine, growth=growth, bits=16)
    length = growth.reach((1 + arb(10) ** 6) * arb(2) ** -18)
    assert found.width >= float(growth.tail(length).mid())


@given(st.floats(0, 9), st.integers(0, 9), st.floats(0, 9), st.integers(0, 9), st.floats(0, 20))
def test_the_growth_of_a_product_bounds_the_product(
    factor: float, power: int, other: float, degree: int, z: float
) -> None:
    product = Growth(factor, power).times(Growth(other, degree))
    exact = Fraction(factor) * (1 + Fraction(z) ** power) * Fraction(other)
    assert exact * (1 + Fraction(z) ** degree) <= product.factor * (
        1 + Fraction(z) ** product.power
    )


def test_the_working_precision_is_given_back_also_after_an_error() -> None:
    def broken(_z: acb, _: bool) -> acb:
        raise KeyError("mine")

    before = ctx.prec
    with pytest.raises(KeyError, match="mine"):
        gaussian_mean(broken, growth=Growth())
    assert ctx.prec == before


def test_bad_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="bits=8"):
        gaussian_mean(cosine, growth=Growth(), bits=8)
    with pytest.raises(ValueError, match="no finite enclosure"):
        gaussian_mean(lambda z, _: 1 / z, growth=Growth())
    with pytest.raises(TypeError):
        gaussian_mean(lambda *_: "text", growth=Growth())  # type: ignore[arg-type]
    for bad in (-1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="Growth"):
            Growth(bad)
