"""What the notebooks of the book store: tests are named after it, so each is read once."""

import json
from functools import cache
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2] / "book"


@cache
def shown(name):
    """Return the data of all outputs that a notebook stores."""
    nb = json.loads((BOOK / f"{name}.ipynb").read_text(encoding="utf-8"))
    return [o["data"] for c in nb["cells"] for o in c.get("outputs", []) if "data" in o]


def outputs(name, mime):
    """Return the payloads of one kind that a notebook stores."""
    return [data[mime] for data in shown(name) if mime in data]


def pages_with(mime):
    """Return the names of the notebooks that store payloads of a kind, in order."""
    return sorted(path.stem for path in BOOK.glob("*.ipynb") if outputs(path.stem, mime))
