"""How a reader's answer is run, compared with the right one, and shown."""

import ctypes
import dis
import inspect
import re
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

TIME_LIMIT_S = 5.0
FLOAT32_ERROR = 1e-4  # relative to the right number: rounding adds up along a computation
_NEVER_RUNS_CODE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "COPY_FREE_VARS"}


class TooSlow(BaseException):
    """The answer ran out of time. No Exception, so that an answer does not catch it by chance."""


def call(function: Callable, args: Iterable) -> tuple[Any, BaseException | None]:
    """Run ``function(*args)`` in a thread of its own; return its value and its error.

    After the time limit the thread is told to stop and left behind, so that the notebook goes
    on. Warnings are kept quiet: they would hide the message of the check.

    Examples
    --------
    >>> call(lambda x: x + 1, (2,))
    (3, None)
    >>> call(lambda x: 1 / x, (0,))[1]
    ZeroDivisionError('division by zero')
    """
    result: list[Any] = [None, TooSlow(f"It did not finish in {TIME_LIMIT_S:g} s.")]

    def run() -> None:
        try:
            with np.errstate(all="ignore"):
                result[:] = function(*args), None
        except BaseException as error:  # SystemExit too: nothing in an answer stops a notebook
            result[:] = None, error

    thread = threading.Thread(target=run, daemon=True)
    # The filters belong to the process: changed inside the thread, an endless loop would keep
    # them changed for good.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            thread.start()
        except RuntimeError:  # no threads, as in Python in the browser: go without the limit
            run()
            return result[0], result[1]
        try:
            thread.join(TIME_LIMIT_S)
            return result[0], result[1]
        finally:  # also when the reader interrupts the cell
            if thread.is_alive():
                assert thread.ident is not None
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident), ctypes.py_object(TooSlow)
                )


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
    >>> difference(np.float32(0.1), 0.1, 1e-9)
    'The value is nearly right, but looks like float32. Compute in float64.'
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
        if hasattr(got, "detach"):  # torch
            got = got.detach().cpu().numpy()
        numbers = np.asarray(getattr(got, "data", got) if hasattr(got, "parents") else got)
        truth_values = np.asarray(expected).dtype.kind == "b"
        if numbers.dtype.kind not in ("b" if truth_values else "iuf"):
            raise TypeError
        is_float, numbers = numbers.dtype.kind == "f", numbers.astype(float)
    except Exception:  # an answer may be any object, and some cannot be looked at
        return f"Expected {kind(expected)}, got {kind(got)}."
    right = np.asarray(expected, dtype=float)
    if numbers.shape != right.shape:
        return f"Expected {kind(expected)}, got {kind(got)}."
    if np.isnan(numbers).any() and not np.isnan(right).any():
        return "There is a NaN in the answer."
    if _near(numbers, right, tolerance):
        return ""
    subject, looks = ("The value is", "looks") if right.ndim == 0 else ("The values are", "look")
    with np.errstate(over="ignore"):
        is_float32 = is_float and _near(numbers.astype(np.float32), numbers, 0)
    if is_float32 and _near(numbers, right, FLOAT32_ERROR):
        return f"{subject} nearly right, but {looks} like float32. Compute in float64."
    return f"{subject} not right."


def _near(numbers: np.ndarray, right: np.ndarray, tolerance: float) -> bool:
    """Tell whether every number is right, up to the tolerance."""
    with np.errstate(all="ignore"):
        near = np.abs(numbers - right) <= tolerance * np.maximum(1.0, np.abs(right))
    near &= np.isfinite(right)  # nothing but itself is near to infinity
    return bool((near | (numbers == right) | (np.isnan(numbers) & np.isnan(right))).all())


def kind(value: Any) -> str:
    """Name the kind of a value for a message.

    Examples
    --------
    >>> kind(1.5), kind("a"), kind(np.zeros((2, 3)))
    ('a number', 'a string', 'an array of shape (2, 3)')
    >>> kind(np.zeros(2) > 1)
    'an array of True and False of shape (2,)'
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
    if inspect.isgenerator(value):
        return "a generator (return the result, do not yield it)"
    try:
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        if array.dtype.kind == "c":
            return f"complex numbers of shape {array.shape}"
        if array.dtype.kind == "b":
            return f"an array of True and False of shape {array.shape}"
        if array.dtype.kind in "iuf":
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
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
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
    try:
        text = repr(value)
    except Exception:  # Python does not write integers of more than 4,300 digits
        return kind(value)
    return shorten(re.sub(r" at 0x[0-9a-fA-F]+", "", text), 80)  # the same in every run


def shorten(text: str, length: int) -> str:
    """Cut a long text, on one line.

    Examples
    --------
    >>> shorten("a long text", 7)
    'a long…'
    """
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
