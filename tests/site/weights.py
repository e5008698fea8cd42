"""What pages weigh as a web host sends them, and the three by weight that stand for the book."""

import gzip
import re
from pathlib import Path

from tools.website import build as builder
from tools.website.server import Handler


def sent(path):
    """Return how many bytes a host sends for a file: texts are compressed."""
    data = Path(path).read_bytes()
    return len(gzip.compress(data, 6)) if Path(path).suffix in Handler.compressed else len(data)


def three_pages():
    """Return the names of the pages that stand for the book: by weight, as sent."""
    chapters = sorted((name for name in builder.toc_files() if re.match(r"\d\d-", name)),
                      key=lambda name: sent(builder.HTML / f"{name}.html"))
    return {"front page": "index", "median chapter": chapters[len(chapters) // 2],
            "heaviest chapter": chapters[-1]}
