"""How a reader's answer is run, compared with the right one, and shown."""

import dis
import threading
import warnings
from typing import Any

import numpy as np

TIME_LIMIT_S = 5.0
_NEVER_RUNS_CODE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "COPY_FREE_VARS"}


class TooSlow(Exception):
    """The answer did not finish within `TIME_LIMIT_S`."""


def call(function, args) -> tuple[Any, BaseException | None]:
    """Run ``function(*args)`` in a thread of its own; return its value and its error.

    A loop without an end is left behind in a daemon thread, so that the notebook goes on.

    Examples
    --------
    >>> call(lambda x: x + 1, (2,))
    (3, None)
    >>> call(lambda x: 1 / x, (0,))[1]
    ZeroDivisionError('division by zero')
    """
    result: list[Any] = [None, TooSlow()]

    def run():
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                result[:] = function(*args), None
        except BaseException as error:  # SystemExit too: nothing in an answer stops a notebook
            result[:] = None, error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(TIME_LIMIT_S)
    return result[0], result[1]


def is_blank(value: Any) -> bool:
    """Tell whether a value is, or contains, the ``...`` of a stub.

    Examples
    --------
    >>> is_blank(...), is_blank((1, ...)), is_blank(0)
    (True, True, False)
    """
    return value is ... or (isinstance(value, (tuple, list)) and any(v is ... for v in value))


def is_empty(function: Any) -> bool:
    """Tell whether a function has nothing in it but constants and ``...``.

    Examples
    --------
    >>> def stub(x):
    ...     ...
    >>> is_empty(stub), is_empty(lambda x: x)
    (True, False)
    """
    code = getattr(function, "__code__", None)
    return code is not None and all(
        step.opname in _NEVER_RUNS_CODE for step in dis.get_instructions(code)
    )


def difference(got: Any, expected: Any, tolerance: float) -> str:
    """Say in one sentence how `got` differs from `expected`; an empty string if it does not.

    Examples
    --------
    >>> difference(1.0, 1.0 + 1e-9, 1e-6)
    ''
    >>> difference([1.0], np.zeros(2), 1e-6)
    'Expected an array of shape (2,), got an array of shape (1,).'
    """
    if isinstance(expected, str):
        return "" if got == expected else "The text is not right."
    if isinstance(expected, tuple):
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            return f"Expected {len(expected)} values, got {kind(got)}."
        for place, (g, e) in enumerate(zip(got, expected, strict=True), 1):
            if problem := difference(g, e, tolerance):
                return f"Value {place} of {len(expected)}: {problem[0].lower()}{problem[1:]}"
        return ""
    try:
        numbers = np.asarray(getattr(got, "data", got) if hasattr(got, "parents") else got)
        if numbers.dtype.kind not in "biuf":
            raise TypeError
        numbers = numbers.astype(float)
    except Exception:  # an answer may be any object, and some cannot be looked at
        return f"Expected {kind(expected)}, got {kind(got)}."
    right = np.asarray(expected, dtype=float)
    if numbers.shape != right.shape:
        return f"Expected {kind(expected)}, got {kind(got)}."
    if np.isnan(numbers).any() and not np.isnan(right).any():
        return "There is a NaN in the answer."
    with np.errstate(all="ignore"):
        near = np.abs(numbers - right) <= tolerance * np.maximum(1.0, np.abs(right))
    same = near | (numbers == right) | (np.isnan(numbers) & np.isnan(right))
    if same.all():
        return ""
    return "The value is not right." if right.ndim == 0 else "The values are not right."


def kind(value: Any) -> str:
    """Name the kind of a value for a message.

    Examples
    --------
    >>> kind(1.5), kind("a"), kind(np.zeros((2, 3)))
    ('a number', 'a string', 'an array of shape (2, 3)')
    """
    if value is None:
        return "None (does the function return its result?)"
    if isinstance(value, (bool, np.bool_)):
        return "a truth value"
    if isinstance(value, (int, float, np.number)) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    ):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, tuple):
        return f"{len(value)} values"
    try:
        array = np.asarray(value)
        if array.dtype.kind in "biuf":
            return f"an array of shape {array.shape}"
    except Exception:  # an answer may be any object, and some cannot be looked at
        pass
    return "a function" if callable(value) else f"an object of type {type(value).__name__}"


def show(value: Any, n_digits: int = 4) -> str:
    """Write a value for a message: numbers short, large arrays as shape and first numbers.

    Examples
    --------
    >>> show(1 / 3), show(np.arange(3.0)), show((1, np.zeros(2)))
    ('0.3333', '[0, 1, 2]', '1, [0, 0]')
    """
    if isinstance(value, tuple):
        return ", ".join(show(v, n_digits) for v in value)
    try:
        array = np.asarray(value)
        if array.dtype.kind == "b" and array.ndim == 0:
            return str(bool(array))
        if array.dtype.kind in "iuf":
            if array.ndim == 0:
                return f"{array.item():.{n_digits}g}"
            numbers = [f"{v:.{n_digits}g}" for v in array.ravel()[:6].tolist()]
            if array.ndim == 1 and array.size <= 6:
                return f"[{', '.join(numbers)}]"
            more = ", …" if array.size > 6 else ""
            return f"array of shape {array.shape}: {', '.join(numbers)}{more}"
    except Exception:  # an answer may be any object, and some cannot be looked at
        pass
    return shorten(repr(value), 80)


def shorten(text: str, length: int) -> str:
    """Cut a long text, on one line.

    Examples
    --------
    >>> shorten("a long text", 7)
    'a long…'
    """
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
