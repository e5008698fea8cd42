"""The accountant gives published values and those of opacus; clipping is of each example."""

import math
from itertools import pairwise

import numpy as np
import pytest
from opacus.accountants.analysis import rdp

from lessons.privacy import noise

MNIST = [(1.3, 15, 1.19), (1.1, 60, 3.01), (0.7, 45, 7.10)]  # TensorFlow Privacy, delta 1e-5


def costs(sigma, epochs):
    q = 256 / 60000
    return epochs / q * np.array([noise.renyi(a, q, sigma) for a in noise.ORDERS])


@pytest.mark.parametrize(("sigma", "epochs", "published"), MNIST)
def test_the_first_conversion_gives_what_was_published(sigma, epochs, published):
    got = noise.epsilon_of(costs(sigma, epochs), 1e-5, conversion="first")
    assert got == pytest.approx(published, abs=0.005)
    assert noise.epsilon_of(costs(sigma, epochs), 1e-5) < published - 0.2


@pytest.mark.parametrize(("sigma", "epochs", "published"), MNIST)
def test_the_tight_conversion_gives_what_opacus_gives(sigma, epochs, published):
    theirs = rdp.compute_rdp(q=256 / 60000, noise_multiplier=sigma, steps=epochs * 60000 / 256,
                             orders=noise.ORDERS.tolist())
    np.testing.assert_allclose(costs(sigma, epochs), theirs, rtol=1e-4)
    epsilon, _ = rdp.get_privacy_spent(orders=noise.ORDERS.tolist(), rdp=theirs, delta=1e-5)
    assert noise.epsilon_of(costs(sigma, epochs), 1e-5) == pytest.approx(epsilon, rel=1e-4)


@pytest.mark.parametrize("order", [2, 3, 8, 32])
def test_whole_orders_agree_with_the_sum_of_binomials(order):
    q, sigma = 0.1, 1.5
    terms = [math.comb(order, k) * (1 - q) ** (order - k) * q**k
             * math.exp(k * (k - 1) / (2 * sigma**2)) for k in range(order + 1)]
    assert noise.renyi(order, q, sigma) == pytest.approx(math.log(sum(terms)) / (order - 1))


def test_more_noise_less_sampling_and_fewer_steps_cost_less():
    base = noise.spent(0.1, 1.0, 100, 1e-5)
    assert noise.spent(0.1, 1.5, 100, 1e-5) < base
    assert noise.spent(0.05, 1.0, 100, 1e-5) < base
    assert noise.spent(0.1, 1.0, 50, 1e-5) < base


def test_one_example_moves_the_sum_by_the_clipping_norm_at_most():
    rng = np.random.default_rng(0)
    g = rng.normal(size=(20, 5)) * 10
    sums = [noise.noisy_mean(rows, 0.7, 0.0, 1, rng) for rows in (g, g[1:])]
    assert np.linalg.norm(sums[0] - sums[1]) <= 0.7 + 1e-12
    whole = np.linalg.norm(g.sum(0)) - np.linalg.norm(g[1:].sum(0))
    assert abs(whole) > 0.7  # without clipping it moves further


def test_noise_has_the_size_that_was_asked_for_also_in_an_empty_batch():
    out = noise.noisy_mean(np.zeros((0, 20_000)), 2.0, 1.5, 10, np.random.default_rng(0))
    assert out.std() == pytest.approx(2.0 * 1.5 / 10, rel=0.03)


def test_bad_input_is_said():
    with pytest.raises(ValueError, match="a length above 0"):
        noise.clipped(np.ones((1, 2)), 0)
    with pytest.raises(ValueError, match="order is above 1"):
        noise.renyi(1.0, 0.1, 1.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        noise.epsilon_of([1.0], 0.0, [2.0])
    with pytest.raises(ValueError, match="'first' or 'tight'"):
        noise.epsilon_of([1.0], 1e-5, [2.0], conversion="best")
    with pytest.raises(ValueError, match="take fewer steps"):
        noise.sigma_for(1e-9, 0.5, 10**6, 1e-5)


def test_sigma_for_falls_with_the_budget():
    sigmas = [noise.sigma_for(eps, 0.2, 50, 1e-4) for eps in (1, 3, 8)]
    assert all(a > b for a, b in pairwise(sigmas))
