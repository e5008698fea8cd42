"""Keeps a notebook, and every Python that it starts, from writing outside its own folder.

Python imports a module of this name by itself. `tools.notebooks.kernels.environment` puts this
folder on PYTHONPATH and names in LESSONS_WRITES where a notebook may write. Temporary files and
caches are allowed too. What libraries write without Python, such as ``torch.save`` to a name, it
does not see.
"""

import os
import sys
import tempfile
from typing import Any

#: Parts of the paths of what Python, matplotlib and Jupyter keep for themselves.
CACHES = {"__pycache__", "matplotlib", ".matplotlib", "jupyter", "Jupyter", "fontconfig"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Which arguments of an event are places that it changes. Some end with the descriptor of a folder
#: that relative names start from: only ``shutil.rmtree`` uses that, and says its own place first.
_PLACES = {"open": (0,), "os.mkdir": (0,), "os.remove": (0,), "os.rmdir": (0,),
           "os.rename": (0, 1), "os.link": (1,), "os.symlink": (1,), "shutil.rmtree": (0,)}


def guard(allowed: list[str]) -> None:
    """Let this process write in the folders `allowed`, in temporary ones and caches only.

    It cannot be taken away again. Writing elsewhere raises PermissionError.
    """
    folders = (*map(os.path.realpath, [*allowed, tempfile.gettempdir()]), "/dev")
    around = [os.path.dirname(each) + os.sep for each in folders[:len(allowed)]]

    def is_allowed(place: Any) -> bool:
        path = os.path.realpath(os.fsdecode(place))
        # What the folder of the book is called makes it no cache.
        below = next((path[len(each):] for each in around if path.startswith(each)), path)
        return (path == os.path.realpath(os.devnull) or bool(CACHES & set(below.split(os.sep)))
                or any(path == each or path.startswith(each + os.sep) for each in folders))

    def hook(event: str, arguments: tuple) -> None:
        if event not in _PLACES:
            return
        if event == "open":
            if not (arguments[2] or 0) & _WRITING:
                return
        elif arguments[-1] not in (-1, None) and isinstance(arguments[-1], int):
            return
        for place in (arguments[i] for i in _PLACES[event]):
            if isinstance(place, str | bytes) and not is_allowed(place):
                raise PermissionError(f"a notebook may not change {os.fsdecode(place)}: only its "
                                      "own folder and temporary files (tempfile)")

    sys.addaudithook(hook)


if where := os.environ.get("LESSONS_WRITES"):
    guard(where.split(os.pathsep))
