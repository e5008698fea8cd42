"""Fits find laws that are known, and say what cannot be fitted."""

import math

import numpy as np
import pytest

from lessons.planning import fitting
from lessons.planning.scaling import Law

TRUE = Law(0.9, 28.0, 0.34, 55.0, 0.31)
N, D = (part.ravel() for part in np.meshgrid(np.geomspace(4e3, 3e5, 5), np.geomspace(1e5, 2e6, 5)))


def test_a_known_law_is_found():
    law = fitting.fit_law(N, D, TRUE.loss(N, D)).law
    for name in ("E", "A", "alpha", "B", "beta"):
        assert getattr(law, name) == pytest.approx(getattr(TRUE, name), rel=1e-3)


def test_one_bad_run_does_not_drag_the_law():
    loss = TRUE.loss(N, D)
    loss[7] *= 1.5
    fit = fitting.fit_law(N, D, loss)
    assert fit.law.exponent == pytest.approx(TRUE.exponent, abs=0.005)
    assert fit.distance > 0.3  # 0.4 in logarithms, less half of delta


def test_a_fixed_irreducible_loss_is_kept_and_fits_worse():
    loss = TRUE.loss(N, D)
    fits = fitting.profile(N, D, loss, [0.5, 0.9, 1.3])
    assert [fit.law.E for fit in fits] == pytest.approx([0.5, 0.9, 1.3])
    assert fits[1].distance < 1e-6 < min(fits[0].distance, fits[2].distance)
    assert fits[1].law.alpha == pytest.approx(TRUE.alpha, rel=1e-2)


def test_the_gradient_is_the_slope_of_the_distance():
    x, y = np.log(N) - np.log(N).mean(), np.log(D) - np.log(D).mean()
    target = np.log(TRUE.loss(N, D)) + np.random.default_rng(0).normal(0, 0.01, len(N))
    p = np.array([0.1, -1.0, 0.2, -1.1, -0.3])
    _, slope = fitting._distance(p, x, y, target, None)
    for i in range(5):
        step = 1e-6 * np.eye(5)[i]
        up, down = (fitting._distance(p + s, x, y, target, None)[0] for s in (step, -step))
        assert slope[i] == pytest.approx((up - down) / 2e-6, rel=1e-3)


def test_drawn_again_fits_spread_around_the_law():
    loss = TRUE.loss(N, D) * np.exp(np.random.default_rng(1).normal(0, 0.004, len(N)))
    laws = fitting.bootstrap(N, D, loss, 12)
    low, high = fitting.interval([law.exponent for law in laws])
    assert low < TRUE.exponent < high and high - low < 0.2
    again = fitting.bootstrap(N, D, loss, 2)
    assert [law.E for law in again] == [law.E for law in laws[:2]]


def test_valley_and_power_law_by_hand():
    size, least = fitting.valley([1, math.e, math.e**2], [3.0, 2.0, 3.0])
    assert (size, least) == (pytest.approx(math.e), pytest.approx(2.0))
    assert fitting.power_law([1, 2, 4], [3, 12, 48]) == (pytest.approx(3), pytest.approx(2))


@pytest.mark.parametrize("call, said", [
    (lambda: fitting.fit_law(N[:5], D[:5], N[:5]), "six|6 runs or more"),
    (lambda: fitting.fit_law(N, D, TRUE.loss(N, D)[:-1]), "belong together"),
    (lambda: fitting.fit_law(np.full(25, 1e4), D, TRUE.loss(N, D)), "three sizes or more, got 1"),
    (lambda: fitting.fit_law(N, np.full(25, 1e6), TRUE.loss(N, D)), "three lengths or more"),
    (lambda: fitting.fit_law(N, D, np.where(N > 1e5, math.inf, 2.0)), "loss must be finite"),
    (lambda: fitting.fit_law(N, D, TRUE.loss(N, D), E=9.0), "below the least loss"),
    (lambda: fitting.fit_law(N, D, TRUE.loss(N, D), E=-1.0), "E is 0 or more"),
    (lambda: fitting.valley([1, 2, 4], [1.0, 2.0, 1.0]), "no valley"),
    (lambda: fitting.valley([1, 2], [1.0, 2.0]), "three sizes"),
    (lambda: fitting.power_law([1, 1], [1, 2]), "two different x"),
    (lambda: fitting.power_law([1, -1], [1, 2]), "x must be finite and above 0"),
])
def test_what_cannot_be_fitted_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()
