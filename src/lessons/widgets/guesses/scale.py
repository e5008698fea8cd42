"""The scale on which a number is guessed, and how far off a guess is, in words."""

import math

import numpy as np

from lessons.words import number

CLOSE = 0.1  # a factor within 10%, or a difference within a tenth of a tenth of the scale, is near


class Scale:
    """A stretch of numbers, linear or logarithmic, with a unit.

    Examples
    --------
    >>> scale = Scale(1, 100, log=True, unit="steps")
    >>> scale.place(10), scale.stops(3), scale.write(10)
    (0.5, [1.0, 10.0, 100.0], '10 steps')
    >>> scale.off(5, 50)
    'too low by a factor of 10'
    >>> Scale(0, 100, unit="%").off(60, 40)
    'too high by 20 %'
    """

    def __init__(self, low: float, high: float, log: bool = False, unit: str = ""):
        self.low, self.high, self.log, self.unit = float(low), float(high), log, unit

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 (low) to 1 (high)."""
        low, high, value = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return (value - low) / (high - low)

    def stops(self, n: int, whole: bool = False) -> list[float]:
        """Return `n` evenly placed values, rounded to what is shown of them.

        With `whole` they are whole numbers, and fewer where two come out equal.
        """
        space = np.geomspace if self.log else np.linspace
        values = [float(f"{v:.3g}") for v in space(self.low, self.high, n)]
        return sorted({float(round(v)) for v in values}) if whole else values

    def write(self, value: float) -> str:
        """Write a value with its unit."""
        return f"{number(value)} {self.unit}".rstrip()

    def off(self, guess: float, truth: float) -> str:
        """Say in words how far a guess is off: a factor on a log scale, else a difference."""
        if number(guess) == number(truth):
            return "exactly right"
        side = "high" if guess > truth else "low"
        if not self.log:
            near = abs(guess - truth) <= CLOSE**2 * (self.high - self.low)
            return f"{'a little ' if near else ''}too {side} by {self.write(abs(guess - truth))}"
        ratio = max(guess / truth, truth / guess)
        if ratio < 1 + CLOSE:
            return "right to within ten per cent"
        return f"too {side} by a factor of {number(float(f'{ratio:.2g}'))}"
