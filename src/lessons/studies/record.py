"""The record of a study: what its runs gave, in ``record.json`` beside its programs."""

import json
from importlib import resources
from pathlib import Path
from typing import Any


def path_of(study: str) -> Path:
    """Return where the record of a study is, or will be.

    Raises
    ------
    ValueError
        If there is no such study.

    Examples
    --------
    >>> path_of("clinic").name
    'record.json'
    """
    folder = Path(str(resources.files("lessons.studies"))) / study
    if not (folder / "__init__.py").is_file():
        raise ValueError(f"no study {study!r} in lessons.studies")
    return folder / "record.json"


def load(study: str) -> dict[str, Any]:
    """Return the record of a study.

    Examples
    --------
    >>> sorted(load("clinic"))
    ['cases', 'doses', 'every', 'n_steps']
    """
    return json.loads(path_of(study).read_text(encoding="utf-8"))
