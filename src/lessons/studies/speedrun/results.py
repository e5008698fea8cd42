"""What a run of the speedrun gave, and the score that it has to reach."""

from dataclasses import asdict, dataclass
from typing import Any

from lessons.studies.small_gpt import runs as small_gpt

N_STEPS = 1000  # of chapter 10's run


def target() -> float:
    """Return the best held-out score of chapter 10's run, bits per byte.

    Examples
    --------
    >>> 1.8 < target() < 1.9
    True
    """
    return min(bits for *_, bits in small_gpt.record()["curves"])


@dataclass(frozen=True)
class Result:
    """What one run gave.

    Attributes
    ----------
    bits, train_bits : float
        Per byte of the held-out text, and of a part of the training text.
    processor_s : float
        Of building and of all steps; looks at the score are left out.
    step_s : float
        Of a step of chapter 10's model, in turns with those of the run.
    """

    name: str
    seed: int
    n_steps: int
    bits: float
    train_bits: float
    processor_s: float
    step_s: float

    @property
    def times_faster(self) -> float:
        """How many times faster than chapter 10's thousand steps, on the same machine then."""
        return N_STEPS * self.step_s / self.processor_s

    @property
    def reaches(self) -> bool:
        """Whether the score is chapter 10's or better, to a thousandth of a bit."""
        return round(self.bits, 3) <= round(target(), 3)

    def record(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self) | {"bits": round(self.bits, 4), "train_bits": round(self.train_bits, 4),
                               "processor_s": round(self.processor_s, 2),
                               "step_s": round(self.step_s, 4)}
