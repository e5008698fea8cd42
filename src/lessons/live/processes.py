"""What a page's Python has in place of `_multiprocessing`, the compiled part of `multiprocessing`.

A package may import that and start no process: gymnasium does, for worlds side by side.
"""

import importlib.util
import sys
from types import ModuleType

MISSING = "_multiprocessing"
ONE = "a page has one process: run this in Binder, in Colab, or on your machine with `make lab`"


class SemLock:
    """A lock that processes share, of which a page has one.

    Raises
    ------
    OSError
        Always, and says where there are processes.
    """

    SEM_VALUE_MAX = 1

    def __init__(self, *given: object):
        raise OSError(ONE)


def stand_in() -> None:
    """Let `multiprocessing` be imported where its compiled part is missing."""
    if MISSING not in sys.modules and importlib.util.find_spec(MISSING) is None:
        sys.modules[MISSING] = ModuleType(MISSING)
        sys.modules[MISSING].__dict__.update(SemLock=SemLock, sem_unlink=None)
