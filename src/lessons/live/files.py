"""Large files of the package, which do not travel with it: a page fetches one when it needs it."""

import base64
from pathlib import Path

ROOT = Path(__file__).parents[1]


def put(argument: dict[str, str]) -> int:
    """Put a file of the package where it belongs, if it is not there; return its bytes.

    Parameters
    ----------
    argument : dict
        ``path``, below the package, and ``data``, in base64.

    Raises
    ------
    ValueError
        If the path leads out of the package.

    Examples
    --------
    >>> put({"path": "live/files.py", "data": ""}) > 500  # it is there
    True
    """
    path = (ROOT / argument["path"]).resolve()
    if ROOT.resolve() not in path.parents:
        raise ValueError(f"{argument['path']} is no file of the package")
    if not path.exists():
        path.write_bytes(base64.b64decode(argument["data"], validate=True))
    return path.stat().st_size
