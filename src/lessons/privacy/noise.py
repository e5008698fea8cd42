"""DP-SGD: gradients that are clipped and drowned in noise, and the accountant of what it costs.

A training is (epsilon, delta)-private if leaving out any one example changes the chance of any
outcome by a factor of at most e^epsilon, but for a chance of delta.

References
----------
Abadi et al., Deep Learning with Differential Privacy, CCS 2016, arXiv:1607.00133.
Mironov, Talwar, Zhang, Rényi Differential Privacy of the Sampled Gaussian Mechanism, 2019,
arXiv:1908.10530.
Balle et al., Hypothesis Testing Interpretations and Rényi Differential Privacy, AISTATS 2020,
arXiv:1905.09982 (the tighter conversion).
"""

import math

import numpy as np
from numpy.typing import ArrayLike

#: Orders of the Rényi divergence that are tried; each gives a true bound, the least is taken.
ORDERS = np.concatenate([np.arange(1.1, 11, 0.1), np.arange(11.0, 64)])


def clipped(gradients: np.ndarray, longest: float) -> np.ndarray:
    """Shorten every example's gradient, (n, d), that is longer than `longest`.

    Raises
    ------
    ValueError
        If `longest` is not above 0.

    Examples
    --------
    >>> clipped(np.array([[3.0, 4.0], [0.3, 0.4]]), 1.0)
    array([[0.6, 0.8],
           [0.3, 0.4]])
    """
    if not longest > 0:
        raise ValueError(f"gradients are cut to a length above 0, got {longest}")
    norms = np.linalg.norm(gradients, axis=1, keepdims=True)
    return gradients * np.minimum(1.0, longest / np.maximum(norms, 1e-12))


def noisy_mean(gradients: np.ndarray, longest: float, sigma: float, batch_size: float,
               rng: np.random.Generator) -> np.ndarray:
    """Return the private gradient, (d,): clipped, summed, with noise, over the expected batch.

    Parameters
    ----------
    gradients : numpy.ndarray
        One row for each example that was drawn, (n, d); n may be 0 and differs from step to step.
    longest : float
        The clipping norm: no example can move the sum further.
    sigma : float
        Standard deviation of the noise, in clipping norms.
    batch_size : float
        How many examples are drawn on average. Not n: the true number is a secret, too.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> noisy_mean(np.array([[3.0, 4.0], [0.3, 0.4]]), 1.0, 0.0, 2, rng)
    array([0.45, 0.6 ])
    """
    total = clipped(gradients, longest).sum(axis=0)
    return (total + sigma * longest * rng.standard_normal(total.shape)) / batch_size


def renyi(order: float, q: float, sigma: float) -> float:
    """Return what one step costs: the Rényi divergence of an order above 1, in nats.

    With and without one example, the noisy sum (in units of the clipping norm, along the example's
    gradient) is a mixture (1 - q) N(0, sigma²) + q N(1, sigma²), or N(0, sigma²) alone.

    Parameters
    ----------
    q : float
        The chance of each example to be in the batch, drawn for each example by itself.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> round(renyi(4.0, 1.0, 2.0), 6)  # without sampling it is order / (2 sigma²)
    0.5
    """
    if not (order > 1 and 0 < q <= 1 and sigma > 0):
        raise ValueError(f"order is above 1, q in (0, 1], sigma above 0; got {order}, {q}, {sigma}")
    step = sigma / 20  # of a smooth function that falls to 0 on both sides: the sum is exact
    z = np.arange(-14 * sigma, order + 14 * sigma, step)
    ratio = np.logaddexp(math.log1p(-q) if q < 1 else -np.inf,
                         math.log(q) + (2 * z - 1) / (2 * sigma**2))
    log_terms = order * ratio - z**2 / (2 * sigma**2)
    top = log_terms.max()
    integral = np.exp(log_terms - top).sum() * step / (sigma * math.sqrt(2 * math.pi))
    return max(0.0, float(top + math.log(integral)) / float(order - 1))


def epsilon_of(costs: ArrayLike, delta: float, orders: ArrayLike = ORDERS,
               conversion: str = "tight") -> float:
    """Return the smallest epsilon that the costs at all orders prove.

    Parameters
    ----------
    costs : array_like
        Of the whole training, at each order: costs of steps add up.
    conversion : {"tight", "first"}
        "first" is that of 2017, with which published values were computed; "tight" that of 2020.

    Raises
    ------
    ValueError
        If the conversion has another name, or delta is not between 0 and 1.

    Examples
    --------
    >>> costs = 14063 * np.array([renyi(a, 256 / 60000, 1.1) for a in ORDERS])
    >>> [f"{epsilon_of(costs, 1e-5, conversion=c):.2f}" for c in ("first", "tight")]
    ['3.01', '2.60']
    """
    if not 0 < delta < 1:
        raise ValueError(f"delta is a chance between 0 and 1, got {delta}")
    costs, a = np.asarray(costs, float), np.asarray(orders, float)
    if conversion == "first":
        bounds = costs + math.log(1 / delta) / (a - 1)
    elif conversion == "tight":
        bounds = costs + (math.log(1 / delta) - np.log(a)) / (a - 1) + np.log1p(-1 / a)
    else:
        raise ValueError(f"conversion is 'first' or 'tight', not {conversion!r}")
    return float(max(0.0, bounds.min()))


def spent(q: float, sigma: float, n_steps: float, delta: float, conversion: str = "tight") -> float:
    """Return the epsilon of a training of `n_steps` steps of DP-SGD.

    Examples
    --------
    >>> round(spent(256 / 60000, 1.3, 15 * 60000 / 256, 1e-5, "first"), 2)
    1.19
    """
    costs = n_steps * np.array([renyi(order, q, sigma) for order in ORDERS])
    return epsilon_of(costs, delta, conversion=conversion)


def sigma_for(epsilon: float, q: float, n_steps: int, delta: float) -> float:
    """Return the least noise, to three digits, with which a training costs at most `epsilon`.

    Raises
    ------
    ValueError
        If noise of a thousand clipping norms is not enough.

    Examples
    --------
    >>> sigma = sigma_for(3.0, 0.1, 100, 1e-4)
    >>> spent(0.1, sigma, 100, 1e-4) <= 3 < spent(0.1, sigma - 0.01, 100, 1e-4)
    True
    """
    low, high = 0.1, 1000.0
    if spent(q, high, n_steps, delta) > epsilon:
        raise ValueError(f"no noise up to {high:g} makes epsilon {epsilon:g}: take fewer steps")
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if spent(q, middle, n_steps, delta) <= epsilon else (middle, high)
    return high
