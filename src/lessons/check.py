"""Check a reader's answer to an exercise, and give hints one at a time.

In a chapter the reader fills in a stub and runs the cell::

    def gd_step(theta, grad, lr):
        ...  # your code

    check("gradient-descent/one-step", gd_step)

The check prints one of three things: not started, what went wrong (with the input, what the
answer gave and what was expected), or solved. It does not raise, so a notebook with unsolved
exercises still runs from top to bottom. A solved exercise has a short code, which the website
takes, since it cannot see what happens in a notebook.

The exercises of a chapter are an ``EXERCISES`` list in ``lessons.exercises.<chapter>``. It is
imported when the chapter is first named.
"""

import copy
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons import answers, exercises
from lessons.answers import (
    TooSlow,
    call,
    difference,
    is_blank,
    is_empty,
    kind,
    shorten,
    show,
)
from lessons.copies import Ended, in_a_copy

CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which are misread
_hints_given: dict[str, int] = {}


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


@dataclass(frozen=True)
class Verdict:
    """The result of a check: `status` is "not started", "not yet" or "solved"."""

    status: str
    detail: str

    def __str__(self) -> str:
        return f"{self.status}. {self.detail}"


def check(name: Any, answer: Any) -> None:
    """Print whether `answer` solves the exercise `name`. Never raises.

    Parameters
    ----------
    name : str
        Chapter and exercise, such as ``"gradient-descent/one-step"``.
    answer : function or value
        What the reader wrote.

    Examples
    --------
    >>> def gd_step(theta, grad, lr):
    ...     ...
    >>> check("gradient-descent/one-step", gd_step)
    one-step: not started. Replace the ... by your code and run the cell again.
    >>> def gd_step(theta, grad, lr):
    ...     return theta + lr * grad
    >>> check("gradient-descent/one-step", gd_step)
    one-step: not yet. The values are not right.
      input     theta = [1, -2], grad = [0.5, 1], lr = 0.1
      got       [1.05, -1.9]
      expected  [0.95, -2.1]
    >>> check("gradient-descent/one-step", lambda theta, grad, lr: theta - lr * grad)
    one-step: solved. The whole of plain gradient descent is this line, repeated.
    Code for your progress page: T3CA
    """
    exercise = _lookup(name)
    if exercise is None:
        return
    try:
        verdict = grade(exercise, answer)
    except Exception as error:  # an answer may be any object, and some fail when looked at
        verdict = Verdict("not yet", f"The answer could not be read ({type(error).__name__}).")
    print(f"{exercise.name}: {verdict}")
    if verdict.status == "solved":
        print(f"Code for your progress page: {code_of(name)}")


def code_of(name: str) -> str:
    """Return the four letters that tell the website that this exercise is solved.

    They are the upper 20 bits of the name's FNV-1a hash, so ``book/_static/progress.js`` finds
    the same ones without a list. They keep no secret: the solutions are in the book as well.

    Examples
    --------
    >>> code_of("gradient-descent/one-step")
    'T3CA'
    """
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return "".join(CODE_LETTERS[value >> shift & 31] for shift in (27, 22, 17, 12))


def hint(name: Any) -> None:
    """Print the next hint for the exercise `name`; after the last, where the solution is.

    Examples
    --------
    >>> hint("gradient-descent/momentum-step")
    momentum-step, hint 1 of 2: The velocity is updated first. The step then uses the new velocity.
    """
    exercise = _lookup(name)
    if exercise is None:
        return
    given = _hints_given.get(name, 0)
    if given < len(exercise.hints):
        _hints_given[name] = given + 1
        place = f"hint {given + 1} of {len(exercise.hints)}"
        print(f"{exercise.name}, {place}: {exercise.hints[given]}")
    else:
        print(f"{exercise.name}: no more hints. The solution is folded away at the chapter's end.")


def chapters() -> list[str]:
    """Names of the chapters that have exercises.

    Examples
    --------
    >>> "gradient-descent" in chapters()
    True
    """
    return sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(exercises.__path__))


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


def _lookup(name: Any) -> Exercise | None:
    """Find an exercise, or print what can be chosen."""
    if not isinstance(name, str):
        print(f'The first argument names an exercise, "chapter/exercise"; this is {kind(name)}.')
        return None
    chapter, _, short = name.partition("/")
    try:
        found = load(chapter)
    except KeyError:
        print(f"No exercises for chapter {chapter!r}. Chapters: {', '.join(chapters())}.")
        return None
    if short not in found:
        print(f"No exercise {short!r} in {chapter}. Exercises: {', '.join(found)}.")
    return found.get(short)


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
        verdict = in_a_copy(lambda call: _try_cases(exercise, answer, call), answers.TIME_LIMIT_S)
    except Ended as end:
        why, n_calls = end.args
        return _failed(why, exercise, _cases(exercise)[n_calls - 1])
    return verdict or _try_cases(exercise, answer, call)


def _cases(exercise: Exercise) -> list[tuple]:
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
