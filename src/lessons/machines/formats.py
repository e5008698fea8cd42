"""Number formats: which numbers exist, and which one an exact result becomes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Format:
    """A floating-point format: sign, exponent and fraction, in bits.

    Attributes
    ----------
    largest : float
        Largest finite number. Above it lies infinity, or nothing if the format saturates.
    """

    exponent_bits: int
    fraction_bits: int
    largest: float
    saturates: bool = False

    @property
    def least_exponent(self) -> int:
        """Exponent of the smallest number with all its bits, as a power of 2."""
        return 2 - 2 ** (self.exponent_bits - 1)

    @property
    def smallest(self) -> float:
        """Smallest positive number: below half of it, everything becomes 0."""
        return 2.0 ** (self.least_exponent - self.fraction_bits)


FORMATS = {
    "fp32": Format(8, 23, (2 - 2.0**-23) * 2.0**127),
    "bf16": Format(8, 7, (2 - 2.0**-7) * 2.0**127),
    "fp16": Format(5, 10, 65504.0),
    "fp8 E5M2": Format(5, 2, 57344.0),
    "fp8 E4M3": Format(4, 3, 448.0, saturates=True),  # its top exponent holds numbers too
}


def step_at(x: ArrayLike, name: str) -> np.ndarray:
    """Return the distance between neighbouring numbers of a format around `x`.

    Raises
    ------
    ValueError
        For an unknown format.

    Examples
    --------
    >>> float(step_at(300.0, "bf16")), float(step_at(300.0, "fp16"))
    (2.0, 0.25)
    """
    if name not in FORMATS:
        raise ValueError(f"unknown format {name!r}: choose from {list(FORMATS)}")
    f = FORMATS[name]
    exponent = np.maximum(np.frexp(x)[1] - 1, f.least_exponent)
    return np.ldexp(1.0, exponent - f.fraction_bits)


def round_to(x: ArrayLike, name: str) -> np.ndarray:
    """Return the number of a format that `x` becomes: the nearest, of two equals the even one.

    Examples
    --------
    >>> float(round_to(257.0, "bf16")), float(round_to(2049.0, "fp16"))
    (256.0, 2048.0)
    >>> float(round_to(1e-8, "fp16")), float(round_to(70000.0, "fp16"))
    (0.0, inf)
    """
    x = np.asarray(x, dtype=float)
    step = step_at(x, name)
    with np.errstate(invalid="ignore"):
        near = np.where(np.isinf(x), x, np.round(x / step) * step)
    f = FORMATS[name]
    limit = f.largest if f.saturates else np.inf
    return np.where(np.abs(near) > f.largest, np.copysign(limit, x), near)
