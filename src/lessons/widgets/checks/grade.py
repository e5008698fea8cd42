"""Whether an answer to an exercise is right: its cases, one by one, and the verdict in words."""

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.exercises.base import Exercise
from lessons.widgets.checks import compare
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
from lessons.widgets.checks.copies import Ended, in_a_copy


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

    try:
        verdict = in_a_copy(lambda call: _try_cases(exercise, answer, call), compare.TIME_LIMIT_S)
    except Ended as end:
        why, n_calls = end.args
        return _failed(why, exercise, _cases(exercise)[n_calls - 1])
    return verdict or _try_cases(exercise, answer, call)


def _cases(exercise: Exercise) -> list[tuple]:
    assert exercise.cases is not None
    return list(exercise.cases(np.random.default_rng(0)))


def _try_cases(exercise: Exercise, answer: Callable, call: Callable) -> Verdict:
    """Judge a function by its cases; `call` runs it and returns its value and its error."""
    cases, missed = _cases(exercise), []
    for args in cases:
        expected = exercise.reference(*copy.deepcopy(args))
        got, error = call(answer, copy.deepcopy(args))
        if error is not None:
            if "ellipsis" in str(error):  # the ... was left in the middle of an expression
                return _not_started()
            detail = f"It raised {type(error).__name__}: {shorten(str(error), 200)}"
            return _failed(str(error) if isinstance(error, TooSlow) else detail, exercise, args)
        if is_blank(got) or (got is None and is_empty(answer)):
            return _not_started()
        problem = difference(got, expected, exercise.tolerance)
        if problem:
            missed.append(_wrong(problem, _shown(exercise, args), got, expected))
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


def _shown(exercise: Exercise, args: tuple) -> str:
    names = inspect.signature(exercise.reference).parameters
    return ", ".join(f"{n} = {show(a)}" for n, a in zip(names, args, strict=False))


def _failed(why: str, exercise: Exercise, args: tuple) -> Verdict:
    """Say why a case gave no value, and what it was."""
    expected = show(exercise.reference(*copy.deepcopy(args)))
    lines = [why, f"  input     {_shown(exercise, args)}", f"  expected  {expected}"]
    return Verdict("not yet", "\n".join(lines))


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
