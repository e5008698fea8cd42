"""Scaling laws: the loss that a size and a number of tokens lead to, and how to spend compute.

N counts parameters, D tokens, C operations. Published laws are in `PUBLISHED`; the loss is in nats
per token of their own tokenizer and text, so only differences and optima of one law compare.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

PER_WEIGHT = 6.0  # operations for a parameter and a token: two forward, four backward
PER_WEIGHT_READING = 2.0  # forward alone, when the model is used


@dataclass(frozen=True)
class Law:
    """The loss ``E + A / N**alpha + B / D**beta``.

    Attributes
    ----------
    E : float
        What no size and no text takes away, in nats per token; 0 or more.
    A, alpha : float
        What a limited size costs; above 0.
    B, beta : float
        What a limited text costs; above 0.

    Raises
    ------
    ValueError
        If a coefficient is not finite, or out of its range.

    Examples
    --------
    >>> round(float(PUBLISHED["Besiroglu et al."].loss(70e9, 1.4e12)), 4)  # Chinchilla
    1.9734
    """

    E: float
    A: float
    alpha: float
    B: float
    beta: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.E) and self.E >= 0):
            raise ValueError(f"E is a loss: 0 or more, got {self.E}")
        for name in ("A", "alpha", "B", "beta"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} is above 0, or the loss would not fall, got {value}")

    def loss(self, n: ArrayLike, d: ArrayLike) -> np.ndarray:
        """Return the loss of models of n parameters that read d tokens."""
        n, d = positive(n=n, d=d)
        return self.E + self.A / n**self.alpha + self.B / d**self.beta

    @property
    def exponent(self) -> float:
        """How the best size grows with compute: ``N ~ C**exponent``."""
        return self.beta / (self.alpha + self.beta)

    def best(self, flops: float, per_weight: float = PER_WEIGHT) -> tuple[float, float]:
        """Return the size and the tokens that make the loss small for ``C = per_weight N D``.

        Examples
        --------
        >>> n, d = PUBLISHED["Besiroglu et al."].best(5.76e23)
        >>> f"{n:.3g} parameters, {d / n:.1f} tokens for each"
        '7.24e+10 parameters, 18.3 tokens for each'
        """
        (flops,) = positive(flops=flops)
        products = float(flops) / per_weight  # N times D
        ratio = (self.alpha * self.A / (self.beta * self.B)) ** (1 / (self.alpha + self.beta))
        n = ratio * products**self.exponent
        return n, products / n

    def tokens_for(self, n: ArrayLike, loss: float) -> np.ndarray:
        """Return the tokens with which a model of n parameters has this loss; infinite if none do.

        Examples
        --------
        >>> law = PUBLISHED["Besiroglu et al."]
        >>> round(float(law.tokens_for(70e9, law.loss(70e9, 1.4e12))) / 1e12, 3)
        1.4
        """
        (n,) = positive(n=n)
        left = loss - self.E - self.A / n**self.alpha
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(left > 0, (self.B / left) ** (1 / self.beta), math.inf)

    def cheapest(self, loss: float, tokens_read: float) -> tuple[float, float]:
        """Return size and tokens of the cheapest model that has a loss, its use included.

        Parameters
        ----------
        tokens_read : float
            Tokens that the model will read and write once it is trained, two operations for each
            and for each parameter; 0 if it will not be used.

        References
        ----------
        Sardana et al., Beyond Chinchilla-Optimal, ICML 2024.

        Examples
        --------
        >>> law = PUBLISHED["Hoffmann et al., as printed"]
        >>> target = float(law.loss(*law.best(1e22)))
        >>> [f"{law.cheapest(target, used)[0]:.2g}" for used in (0, 1e12)]
        ['5.2e+09', '2.9e+09']
        """
        if not (math.isfinite(tokens_read) and tokens_read >= 0):
            raise ValueError(f"tokens_read is 0 or more, got {tokens_read}")
        if not loss > self.E:
            raise ValueError(f"no model has a loss of {loss:.4g} under this law: it stays above "
                             f"E = {self.E:.4g}")
        smallest = (self.A / (loss - self.E)) ** (1 / self.alpha)  # with endless text
        n = smallest * np.geomspace(1.0001, 1e4, 40_001)
        d = self.tokens_for(n, loss)
        cost = PER_WEIGHT * n * d + PER_WEIGHT_READING * n * tokens_read
        cheapest = int(cost.argmin())
        return float(n[cheapest]), float(d[cheapest])


#: Fits of the same form. Hoffmann et al. printed rounded coefficients, which changes the optimum;
#: the full ones stood in the source of their paper. Besiroglu et al. read the runs off a figure and
#: fitted them again. Muennighoff et al. hold both exponents equal.
PUBLISHED = {
    "Hoffmann et al., as printed": Law(1.69, 406.4, 0.34, 410.7, 0.28),
    "Hoffmann et al., in full": Law(math.exp(0.5267228), math.exp(6.0073404), 0.33917084,
                                    math.exp(6.0179186), 0.2849083),
    "Besiroglu et al.": Law(1.81686, 482.00572, 0.34781, 2085.43420, 0.36585),
    "Muennighoff et al.": Law(math.exp(0.6254804), math.exp(6.255414), 0.3526596,
                              math.exp(7.3049974), 0.3526596),
}

#: Exponents of the best size by the three ways of Hoffmann et al., and by Kaplan et al.
EXPONENTS = {"Kaplan et al.": 0.73, "Hoffmann et al., least of the curves": 0.50,
             "Hoffmann et al., equal compute": 0.49, "Hoffmann et al., fitted surface": 0.46}

PF_DAY = 8.64e19  # operations of a machine with 10**15 a second, in a day


def kaplan_loss(n: float = math.inf, d: float = math.inf) -> float:
    """Return the loss by Kaplan et al. for parameters without embeddings, and tokens.

    With one of the two: what it is if the other is no limit. With both: their joint fit.

    References
    ----------
    Kaplan et al., Scaling Laws for Neural Language Models, 2020, equations 1.1, 1.2 and 1.5.

    Examples
    --------
    >>> round(kaplan_loss(n=1.5e9), 3)
    2.304
    """
    if not (n > 0 and d > 0):
        raise ValueError(f"parameters and tokens are above 0, got {n} and {d}")
    if math.isinf(d):
        return 0.0 if math.isinf(n) else (8.8e13 / n) ** 0.076
    if math.isinf(n):
        return (5.4e13 / d) ** 0.095
    return ((6.4e13 / n) ** (0.076 / 0.103) + 1.8e13 / d) ** 0.103


def kaplan_loss_of_compute(flops: float) -> float:
    """Return the loss by Kaplan et al. for operations that are spent in the best way.

    Examples
    --------
    >>> round(kaplan_loss_of_compute(1e21) / kaplan_loss_of_compute(1e20), 4)
    0.8913
    """
    (flops,) = positive(flops=flops)
    return float((3.1e8 / (flops / PF_DAY)) ** 0.050)


def positive(**values: ArrayLike) -> list[np.ndarray]:
    """Return arrays of numbers above 0, or refuse by name.

    Raises
    ------
    ValueError
        If a number is not finite, or not above 0.
    """
    out = []
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        if not (np.isfinite(array).all() and (array > 0).all()):
            raise ValueError(f"{name} must be finite and above 0, got {value}")
        out.append(array)
    return out
