"""Check a reader's answer to an exercise, and give hints one at a time.

In a chapter the reader fills in a stub and runs the cell::

    def gd_step(theta, grad, lr):
        ...  # your code

    check("gradient-descent/one-step", gd_step)

The check prints one of three things: not started, what went wrong (with the input, what the
answer gave and what was expected), or solved. It does not raise, so a notebook with unsolved
exercises still runs from top to bottom. A solved exercise has a short code, which the website
takes, since it cannot see what happens in a notebook. In a page that runs Python it counts at once.

The exercises of a chapter are an ``EXERCISES`` list in ``lessons.exercises.<chapter>``. It is
imported when the chapter is first named.
"""

import json
from typing import Any

from lessons.exercises.base import Exercise, chapters, load
from lessons.page import in_page, show
from lessons.widgets.checks.compare import kind
from lessons.widgets.checks.grade import Verdict, grade

#: What a page gets where an exercise is solved: its name and its code, as JSON.
SOLVED = "application/vnd.lessons.solved+json"
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U, which are misread
_hints_given: dict[str, int] = {}


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
    if verdict.status != "solved":
        return
    if in_page():  # it counts at once, without a code to type
        show(SOLVED, json.dumps({"name": name, "code": code_of(name)}))
    else:
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
