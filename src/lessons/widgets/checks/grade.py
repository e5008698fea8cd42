"""Whether an answer to an exercise is right: its cases, one by one, and the verdict in words."""

import copy
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.exercises.base import Exercise
from lessons.widgets.checks.compare import (
    TooSlow,
    call,
    difference,
    is_blank,
    is_empty,
    kind,
    shorten,
    show,
)


@dataclass(frozen=True)
class Verdict:
    """The result of a check: `status` is "not started", "not yet" or "solved"."""

    status: str
    detail: str

    def __str__(self) -> str:
        return f"{self.status}. {self.detail}"


def grade(exercise: Exercise, answer: Any) -> Verdict:
    """Compare an answer with the reference, case by case, up to the first that fails.

    Where a share of right cases is `enough`, go on to the last case and count.

    The answer gets copies of the arguments, so it cannot change the next case.

    Examples
    --------
    >>> half = Exercise("half", "Half of three", 1, reference=1.5, hints=(), takeaway="It is 1.5.")
    >>> grade(half, ...).status
    'not started'
    >>> print(grade(half, "1.5"))
    not yet. Expected a number, got a string.
      got       '1.5'
      expected  1.5
    >>> print(grade(half, 3 / 2))
    solved. It is 1.5.
    """
    if answer is ... or answer is None:
        return _not_started()
    if not callable(exercise.reference):
        problem = difference(answer, exercise.reference, exercise.tolerance)
        return _wrong(problem, None, answer, exercise.reference) if problem else _solved(exercise)
    if not callable(answer):
        return Verdict("not yet", f"Expected a function, got {kind(answer)}.")
    if not exercise.cases:
        raise ValueError(f"exercise {exercise.name!r}: a function needs `cases` to be tried on")

    names = list(inspect.signature(exercise.reference).parameters)
    cases, missed = list(exercise.cases(np.random.default_rng(0))), []
    for args in cases:
        expected = exercise.reference(*copy.deepcopy(args))
        shown = ", ".join(f"{n} = {show(a)}" for n, a in zip(names, args, strict=False))
        got, error = call(answer, copy.deepcopy(args))
        if error is not None:
            if "ellipsis" in str(error):  # the ... was left in the middle of an expression
                return _not_started()
            detail = f"It raised {type(error).__name__}: {shorten(str(error), 200)}"
            if isinstance(error, TooSlow):
                detail = str(error)
            lines = [detail, f"  input     {shown}", f"  expected  {show(expected)}"]
            return Verdict("not yet", "\n".join(lines))
        if is_blank(got) or (got is None and is_empty(answer)):
            return _not_started()
        problem = difference(got, expected, exercise.tolerance)
        if problem:
            missed.append(_wrong(problem, shown, got, expected))
            if exercise.enough == 1:
                return missed[0]
    return _solved(exercise) if exercise.enough == 1 else _count(exercise, len(cases), missed)


def _count(exercise: Exercise, n_cases: int, missed: list[Verdict]) -> Verdict:
    """Judge by the number of right cases; show the first that is wrong."""
    n_right = n_cases - len(missed)
    score = f"{n_right} of {n_cases} are right ({n_right / n_cases:.0%})"
    if n_right >= exercise.enough * n_cases:
        return Verdict("solved", f"{score}. {exercise.takeaway}")
    first = f"{score}; {exercise.enough:.0%} are needed. The first wrong one: {missed[0].detail}"
    return Verdict("not yet", first)


def _not_started() -> Verdict:
    return Verdict("not started", "Replace the ... by your code and run the cell again.")


def _solved(exercise: Exercise) -> Verdict:
    return Verdict("solved", exercise.takeaway)


def _wrong(problem: str, shown: str | None, got: Any, expected: Any) -> Verdict:
    """Describe a wrong value; use more digits when four do not tell it from the right one."""
    lines = [problem] if shown is None else [problem, f"  input     {shown}"]
    digits = 4 if show(got) != show(expected) else 12
    lines += [f"  got       {show(got, digits)}", f"  expected  {show(expected, digits)}"]
    return Verdict("not yet", "\n".join(lines))
