from fractions import Fraction

import pytest
from flint import acb, arb, ctx

from certify import Growth, correlated_mean
from tests.certify.test_gaussian_means import cosine, holds, relu, step
from verdicts import Approx

ONE, LINE = Growth(), Growth(power=1)


def identity(z: acb, _: bool) -> acb:
    return z


def error_function(z: acb, _: bool) -> acb:
    return z.erf()


@pytest.mark.parametrize("correlation", [-1, Fraction(-3, 5), 0, Fraction(1, 3), 0.8, 1])
def test_closed_forms_of_pairs_are_enclosed(correlation: Fraction | float) -> None:
    exact = Fraction(correlation)
    with ctx.workprec(300):
        rho, pi = arb(exact.numerator) / exact.denominator, arb.pi()
        angle = rho.acos()
        ramp = ((1 - rho * rho).sqrt() + (pi - angle) * rho) / (2 * pi)
        cases = [
            (step, ONE, (pi - angle) / (2 * pi)),
            (relu, LINE, ramp),
            (error_function, ONE, 2 / pi * (2 * rho / 3).asin()),
            (cosine, ONE, (arb(-1)).exp() * rho.cosh()),
            (identity, LINE, rho),
        ]
    for function, growth, value in cases:
        found = correlated_mean(
            function, function, growth=(growth, growth), correlation=correlation, terms=12
        )
        assert found.rigor == "proved"
        assert found.low <= float(value.mid()) + 1e-15
        assert found.high >= float(value.mid()) - 1e-15
        assert found.width < 0.1


def test_narrow_enclosures_contain_the_value_exactly() -> None:
    with ctx.workprec(200):
        exact = (arb(-1)).exp() * (arb(1) / 3).cosh()
    found = correlated_mean(cosine, cosine, growth=(ONE, ONE), correlation=Fraction(1, 3))
    assert holds(found, exact)
    assert found.width < 1e-15


def test_two_functions_may_differ() -> None:
    # E u step(v) = rho/sqrt(2 pi), by E u | v = rho v.
    found = correlated_mean(identity, step, growth=(LINE, ONE), correlation=Fraction(1, 2), terms=6)
    with ctx.workprec(200):
        assert holds(found, 1 / (2 * arb.pi()).sqrt() / 2)
    # A linear function has no later coefficients, so nothing is left.
    assert found.width < 1e-8


def test_what_is_left_of_the_series_is_counted() -> None:
    def bounds(terms: int) -> Approx:
        return correlated_mean(step, step, growth=(ONE, ONE), correlation=1, terms=terms)

    assert bounds(1).low <= 0.25 + 1e-12
    for terms in (1, 2, 8):
        assert bounds(terms).high >= 0.5
    assert bounds(8).width < bounds(2).width < bounds(1).width


def test_an_enclosed_correlation_widens_the_mean_and_lends_its_rigor() -> None:
    found = correlated_mean(
        identity, identity, growth=(LINE, LINE), correlation=Approx(0.25, 0.5), terms=3
    )
    assert found.rigor == "estimated"
    assert found.low <= 0.25
    assert found.high >= 0.5


def test_bad_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="correlation=2"):
        correlated_mean(cosine, cosine, growth=(ONE, ONE), correlation=2)
    with pytest.raises(ValueError, match="terms=0"):
        correlated_mean(cosine, cosine, growth=(ONE, ONE), correlation=0, terms=0)
