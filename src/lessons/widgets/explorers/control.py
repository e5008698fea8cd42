"""What a reader can change in an explorer: sliders and choices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

N_BETWEEN = 10  # stops of a live slider for each step between two recorded values


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
    write: Callable[[Any], str] = field(default=str, compare=False, repr=False)

    @property
    def spacing(self) -> str:
        """How a live slider may stop between the values: "whole", "even", "geometric" or "".

        Whole numbers stay whole, whatever their spacing: they count something.
        """
        if self.kind != "slider" or len(self.values) < 3:
            return ""
        steps = np.diff(np.asarray(self.values, dtype=float))
        if all(isinstance(v, int) for v in self.values):
            return "whole" if np.ptp(steps) == 0 else ""
        if steps[0] > 0 and np.allclose(steps, steps[0]):
            return "even"
        if min(self.values) > 0 and steps[0] > 0:
            ratios = np.diff(np.log(self.values))
            return "geometric" if np.allclose(ratios, ratios[0]) else ""
        return ""


def between(control: Control) -> tuple[Control, int]:
    """Return a control that also stops between its values, and how many stops each step has.

    Examples
    --------
    >>> finer, n_stops = between(slider([1, 3, 5], label="steps"))
    >>> finer.values, finer.texts, n_stops
    ((1, 2, 3, 4, 5), ('1', '2', '3', '4', '5'), 2)
    """
    values, n = control.values, N_BETWEEN
    if control.spacing == "whole":
        step = abs(values[1] - values[0])
        n = step if step <= N_BETWEEN else next(k for k in range(N_BETWEEN, 0, -1) if not step % k)
    if not control.spacing or n == 1:
        return control, 1
    made: list[Any] = []
    for low, high in zip(values, (*values[1:], values[-1]), strict=True):
        made.append(low)
        for i in range(1, n if high != low else 1):
            value = low + i * (high - low) / n
            if control.spacing == "geometric":
                value = low * (high / low) ** (i / n)
            made.append(round(value) if control.spacing == "whole" else value)
    return replace(control, values=tuple(made), texts=_written(control, made, n),
                   default=n * control.default), n


def _written(control: Control, values: list[Any], n: int) -> tuple[str, ...]:
    """Return values as their author writes them, or in four digits where some would look alike."""
    try:
        texts = [control.write(value) for value in values]
    except Exception:  # an author's function may know the recorded values only
        texts = []
    if len(set(texts)) < len(values):
        texts = [f"{value:.4g}" for value in values]
    texts[::n] = control.texts
    return tuple(texts)


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
    return Control("slider", label, unit, values, tuple(write(v) for v in values), index, play,
                   write)


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
