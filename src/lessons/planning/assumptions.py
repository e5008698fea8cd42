"""What a plan is made from: its keys, its assumptions with their sources, an example of a file."""

from dataclasses import dataclass
from typing import Any

from lessons.planning import cost


@dataclass(frozen=True)
class Range:
    """A number that nobody knows exactly: likely value, and limits that hold nine times in ten.

    Examples
    --------
    >>> str(Range(0.3, 0.46, 0.5)), str(Range(2, 2, 2))
    ('0.46 (0.3 to 0.5)', '2')
    """

    low: float
    likely: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.likely:g}"
        return f"{self.likely:g} ({self.low:g} to {self.high:g})"


@dataclass(frozen=True)
class Assumption:
    """What stands behind a number: its default, unit, limits and source."""

    default: Range
    unit: str
    least: float
    most: float
    why: str


#: Every assumption of a plan. The three limits of a default: see `Range`.
ASSUMPTIONS = {
    "mfu": Assumption(
        Range(0.302, 0.462, 0.497), "of the peak, while it runs", 0.001, 1,
        "least, median and most of PaLM, Gopher, MT-NLG (as reported), LLaMA-65B and Llama-2-70B "
        "(from their chip-hours, with attention)"),
    "extra": Assumption(
        Range(1, 1.1, 1.4), "times the hours", 1, 10,
        "evaluations, slow days, work done again by hand: a guess between the hours of Llama 3.1 "
        "and of PaLM, see chapter 25"),
    "failures": Assumption(
        Range(0.29, 0.81, 3.0), "a day in 1,000 chips", 1e-6, 1000,
        "two clusters of Meta by nodes (likely: the larger), and the larger one by its jobs of "
        "1,024 chips (high)"),
    "restart_minutes": Assumption(
        Range(5, 15, 60), "minutes", 0, 10_000, "a guess"),
    "checkpoint_gb_s": Assumption(
        Range(10, 50, 200), "GB/s, all chips together", 1e-3, 1e6,
        "a guess: ask who runs the disks"),
    "power_share": Assumption(
        Range(0.7, 0.9, 1), "of the chip's power limit", 0.01, 1.5,
        "a guess: an H100 that multiplies matrices draws all of it, see chapter 7"),
    "other_power": Assumption(
        Range(0.2, 0.5, 0.8), "of the chips' power, for the computers around them", 0, 5,
        "a guess; high: a DGX H100 may draw 10.2 kW for eight chips of 0.7 kW"),
    "pue": Assumption(
        Range(1.1, 1.2, 1.4), "times, for the building", 1, 3,
        "low: what LLaMA's authors took; the rest is a guess"),
    "price": Assumption(
        Range(1.7, 2.35, 3), "dollars a chip-hour", 0, 1e6,
        "low and likely: a year's rent of an H100 in October 2025 and in March 2026; high: a "
        "guess; other chips have others"),
    "reserve_gb": Assumption(
        Range(6, 6, 6), "GB of each chip's memory", 0, 1000,
        "a guess: driver, libraries, buffers, fragments"),
}

#: Keys of the other tables: type, least value, default (None: must be given), meaning.
KEYS: dict[str, dict[str, tuple[type, float, Any, str]]] = {
    "model": {
        "parameters": (float, 1, None, "all of them"),
        "active": (float, 1, 0, "those that a token passes, if not all"),
        "tokens": (float, 1, None, "to read in training"),
        "layers": (int, 1, None, ""),
        "width": (int, 1, None, "numbers that stand for a token"),
        "heads": (int, 1, None, "of attention"),
        "context": (int, 1, None, "tokens in a sequence"),
        "batch_tokens": (float, 1, None, "tokens for one step"),
    },
    "hardware": {
        "chip": (str, 0, None, "a name of the table accelerators"),
        "chips": (int, 1, None, "how many"),
        "peak_tflops": (float, 1e-6, 0, "if not the 16-bit rate of the table"),
        "memory_gb": (float, 1e-6, 0, "if not that of the table"),
        "power_w": (float, 1e-6, 0, "if not that of the table"),
    },
    "layout": {
        "tensor": (int, 1, 1, "chips that share each layer"),
        "pipeline": (int, 1, 1, "groups of layers, one after the other"),
        "zero": (int, 0, 1, "ZeRO stage over the copies"),
        "micro_batch": (int, 1, 1, "sequences at a time"),
    },
    "precision": {
        "state": (str, 0, "mixed, 16-bit gradients", " or ".join(cost.CONVENTIONS)),
        "optimiser": (str, 0, "Adam", " or ".join(cost.OPTIMISERS)),
        "keep": (str, 0, "no attention scores",
                 "activations: everything, no attention scores, or layer inputs"),
    },
}

EXAMPLE = '''\
# The plan of a training run: python -m lessons.planning.plan THIS-FILE
name = "7 billion parameters on 256 H100"

[model]
parameters = 6.74e9
tokens = 1e12
layers = 32
width = 4096
heads = 32
context = 4096
batch_tokens = 4194304
# active = 1e9         # parameters that a token passes, if not all do

[hardware]
chip = "H100 SXM 80GB"  # a name of the table of chapter 7
chips = 256
# peak_tflops = 1979    # another rate, such as that for fp8

[layout]
tensor = 2        # chips that share each layer
pipeline = 1      # groups of layers, one after the other
zero = 1          # over the copies: 1 splits the optimiser, 2 gradients, 3 weights too
micro_batch = 1   # sequences at a time

[precision]
state = "mixed, 16-bit gradients"
optimiser = "Adam"
keep = "no attention scores"  # or "everything", or "layer inputs"

[assumptions]  # a number, or [low, likely, high]; what is not here has a default, with its source
# mfu = [0.3, 0.46, 0.5]
# price = 2.0
'''
