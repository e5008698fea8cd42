"""What a reader can change in an explorer: sliders and choices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Control:
    """What a reader can change: a row of values, their labels, and the first choice."""

    kind: str
    label: str
    unit: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]
    default: int
    play: bool = False


def slider(
    values: Sequence[float],
    *,
    label: str,
    unit: str = "",
    default: float | None = None,
    fmt: str | Callable[[float], str] = "{:.4g}",
    play: bool = False,
) -> Control:
    """Return a slider over `values`, in the order in which they are given.

    Parameters
    ----------
    values
        The values that are recorded. Evenly or geometrically spaced values can be left
        in a live kernel, where the slider also stops between them.
    default
        The value at the start and after Reset; the first one if not given.
    fmt
        How a value is written: a format string or a function.
    play
        Offer a Play button: for controls that are time or a number of steps.

    Examples
    --------
    >>> slider([0.1, 0.2], label="learning rate", default=0.2).default
    1
    """
    values = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    write = fmt if callable(fmt) else fmt.format
    default = values[0] if default is None and values else default
    index = next((i for i, v in enumerate(values) if v == default), -1)
    return Control("slider", label, unit, values, tuple(write(v) for v in values), index, play)


def choice(
    options: Sequence[str] | Mapping[str, Any], *, label: str, default: str | None = None
) -> Control:
    """Return a choice between named options; a mapping gives each name its value.

    Examples
    --------
    >>> choice({"plain": 0.0, "momentum": 0.9}, label="method").values
    (0.0, 0.9)
    """
    texts = tuple(options)
    values = tuple(options.values()) if isinstance(options, Mapping) else texts
    default = texts[0] if default is None and texts else default
    return Control("choice", label, "", values, texts, texts.index(default) if default in texts
                   else -1)
