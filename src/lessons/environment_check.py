"""Does this Python have what the book needs? Names what is missing or too old, and the remedy.

Uses nothing but the standard library, so that it can also speak where nothing is installed::

    python -m lessons.environment_check
"""

import re
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata

#: What the chapters import, at the versions of requirements.txt.
WANTED = {
    "torch": "2.13.0",
    "numpy": "2.4.6",
    "matplotlib": "3.11.2",
    "scikit-learn": "1.9.1",
    "ipywidgets": "8.1.9",
}
#: The oldest versions with which every chapter is run: those of tests/colab/requirements.txt.
OLDEST = {
    "torch": "2.11",
    "numpy": "2.1",
    "matplotlib": "3.10",
    "scikit-learn": "1.6",
    "ipywidgets": "7.7",
}
OLDEST_PYTHON = (3, 11)


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, without what follows them, such as ``+cpu``.

    Examples
    --------
    >>> release("2.13.0+cpu"), release("1.8.2") < release("1.13.0")
    ((2, 13, 0), True)
    """
    found = re.match(r"\d+(\.\d+)*", version)
    if not found:
        raise ValueError(f"a version begins with a number, got {version!r}")
    return tuple(int(part) for part in found[0].split("."))


def dotted(numbers: Iterable[int]) -> str:
    """Return a version as it is written.

    Examples
    --------
    >>> dotted((3, 11))
    '3.11'
    """
    return ".".join(str(number) for number in numbers)


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """Return the version of each package that this Python has, by name.

    Parameters
    ----------
    names : iterable of str
        Names as pip knows them, such as ``"scikit-learn"``.

    Returns
    -------
    dict of str to str
        Without the packages that are missing.

    Examples
    --------
    >>> installed_versions(["no-such-package"])
    {}
    """
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def judge(
    wanted: Mapping[str, str], installed: Mapping[str, str], python: tuple[int, ...]
) -> dict[str, str]:
    """Return a verdict on Python and on each wanted package.

    Parameters
    ----------
    wanted, installed : dict of str to str
        Version by name of the package: the newest that was tested, and what is there. The oldest
        that was tested is in `OLDEST`.
    python : tuple of int
        Version of Python, such as ``(3, 11)``.

    Returns
    -------
    dict of str to str
        "OK", "missing", "too old" or "newer than tested", for ``"python"`` first.

    Examples
    --------
    >>> judge({"torch": "2.13.0", "numpy": "2.4.6"}, {"torch": "1.8.0"}, (3, 8))
    {'python': 'too old', 'torch': 'too old', 'numpy': 'missing'}
    """
    verdicts = {"python": "too old" if tuple(python) < OLDEST_PYTHON else "OK"}
    for name, version in wanted.items():
        if name not in installed:
            verdicts[name] = "missing"
        elif release(installed[name]) < release(OLDEST[name]):
            verdicts[name] = "too old"
        else:
            newer = release(installed[name]) > release(version)
            verdicts[name] = "newer than tested" if newer else "OK"
    return verdicts


def remedy(wanted: Mapping[str, str], verdicts: Mapping[str, str]) -> str:
    """Return what to do about the verdicts, in one or two lines.

    Examples
    --------
    >>> remedy({"torch": "2.13.0"}, {"python": "OK", "torch": "missing"})
    'In a notebook cell:  %pip install torch==2.13.0'
    >>> remedy({"torch": "2.13.0"}, {"python": "OK", "torch": "newer than tested"})
    'Nothing to do.'
    """
    if verdicts["python"] != "OK":
        oldest = dotted(OLDEST_PYTHON)
        return f"Make a new environment with Python {oldest} or newer: pip cannot change Python."
    bad = [name for name in wanted if verdicts[name] in ("missing", "too old")]
    if not bad:
        return "Nothing to do."
    return "In a notebook cell:  %pip install " + " ".join(f"{n}=={wanted[n]}" for n in bad)


def report(
    wanted: Mapping[str, str] | None = None, installed: Mapping[str, str] | None = None,
    python: tuple[int, ...] | None = None,
) -> None:
    """Print the verdicts and the remedy, for this Python or for a made-up one.

    Examples
    --------
    >>> report({"torch": "2.13.0", "numpy": "2.4.6"}, {"torch": "1.8.0+cpu"}, (3, 12))
    python       3.11 or newer  OK
    torch        2.13.0         too old: 1.8.0+cpu
    numpy        2.4.6          missing
    In a notebook cell:  %pip install torch==2.13.0 numpy==2.4.6
    """
    wanted = WANTED if wanted is None else wanted
    installed = installed_versions(wanted) if installed is None else installed
    python = sys.version_info[:2] if python is None else python
    verdicts = judge(wanted, installed, python)
    asked = {"python": dotted(OLDEST_PYTHON) + " or newer", **wanted}
    found = {"python": dotted(python[:2]), **installed}
    for name, verdict in verdicts.items():
        # What is right is not printed, so that the report looks the same wherever all is well.
        version = f": {found[name]}" if verdict in ("too old", "newer than tested") else ""
        print(f"{name:12s} {asked[name]:14s} {verdict}{version}")
    print(remedy(wanted, verdicts))


if __name__ == "__main__":
    report()
