"""Functions on their way to another process, also those that a notebook has defined.

Pickling sends a function by its name, and another process cannot look up a name in a notebook. So
what cannot be imported goes as source, together with what it mentions.
"""

import inspect
import pickle
import sys
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any


def packed(thing: Any, above: tuple = ()) -> tuple:
    """Return a function, module or value in a form that any process can read.

    Raises
    ------
    TypeError
        If it is a function without source, or something that cannot be pickled.

    Examples
    --------
    >>> packed(3)
    ('value', 3)
    >>> import math
    >>> packed(math)
    ('module', 'math')
    """
    if isinstance(thing, ModuleType):
        return "module", thing.__name__
    if not isinstance(thing, FunctionType) or _importable(thing):
        try:
            pickle.dumps(thing)
        except Exception as error:
            raise TypeError(f"{thing!r} cannot be sent to another process: {error}") from None
        return "value", thing
    try:
        source = textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        raise TypeError(f"the source of {thing.__name__} is not to be had: write it in a cell or "
                        "a file") from None
    if thing.__closure__ or not source.startswith("def "):
        raise TypeError(f"{thing.__name__} is a lambda or stands inside a function: write it at "
                        "the left margin of a cell")
    above = (*above, thing)
    there = {name: thing.__globals__[name] for name in sorted(set(_mentioned(thing.__code__)))
             if name in thing.__globals__}
    names = {name: packed(part, above) for name, part in there.items()
             if not any(part is one for one in above)}
    return "source", names, source, thing.__name__


def _importable(function: FunctionType) -> bool:
    module = sys.modules.get(function.__module__)
    found: Any = module if function.__module__ != "__main__" else None
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is function


def _mentioned(code: CodeType) -> Iterator[str]:
    """Yield the names that code looks up, those of functions inside it too."""
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _mentioned(part)

