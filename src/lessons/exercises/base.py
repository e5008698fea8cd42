"""What an exercise is, and which ones there are."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons import exercises


@dataclass(frozen=True)
class Exercise:
    """One exercise: what is asked, how it is tested, and how to help.

    Attributes
    ----------
    name : str
        Short name, unique in its chapter, such as ``"one-step"``.
    title : str
        The task in a few words.
    difficulty : int
        1 (apply a formula), 2 (work something out) or 3 (put several ideas together).
    reference : callable or value
        The right answer. A function is called to get the expected values.
    takeaway : str
        One sentence printed on success: what the exercise shows.
    hints : tuple of str
        From a nudge to nearly the answer.
    cases : callable, optional
        Takes a `numpy.random.Generator` and gives the argument tuples to try, simplest first.
        Random arguments keep hard-coded answers from passing. Not used if `reference` is a value.
    tolerance : float
        Largest accepted error, relative to the expected number where that is above 1.
    enough : float
        Share of the cases that must be right. Below 1 there is more than one good answer, such
        as a rule that reads most images: then every case is tried, and the right ones counted.

    Examples
    --------
    >>> Exercise(
    ...     name="double", title="Double a number", difficulty=1,
    ...     reference=lambda x: 2 * x, cases=lambda rng: [(1.0,), (rng.normal(),)],
    ...     hints=("Add the number to itself.",), takeaway="Doubling is linear.",
    ... ).name
    'double'
    """

    name: str
    title: str
    difficulty: int
    reference: Any
    takeaway: str
    hints: tuple[str, ...]
    cases: Callable[[np.random.Generator], Iterable[tuple]] | None = None
    tolerance: float = 1e-6
    enough: float = 1.0


def chapters() -> list[str]:
    """Names of the chapters that have exercises.

    Examples
    --------
    >>> "gradient-descent" in chapters()
    True
    """
    names = {module.name for module in pkgutil.iter_modules(exercises.__path__)} - {"base"}
    return sorted(name.replace("_", "-") for name in names)


def load(chapter: str) -> dict[str, Exercise]:
    """Exercises of a chapter, by short name and in order of difficulty.

    Raises
    ------
    KeyError
        If no chapter of that name has exercises.

    Examples
    --------
    >>> list(load("gradient-descent"))[:2]
    ['one-step', 'largest-stable-lr']
    """
    if chapter not in chapters():
        raise KeyError(chapter)
    module = importlib.import_module(f"lessons.exercises.{chapter.replace('-', '_')}")
    return {exercise.name: exercise for exercise in module.EXERCISES}
