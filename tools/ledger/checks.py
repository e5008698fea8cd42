"""The ledger held to the pages, the tables, the modules and the list of sources."""

import csv
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pybtex.database import Entry, parse_file

from tools.ledger.prose import cited, figures, paragraphs, plain, uncovered
from tools.ledger.sources import source_faults

ROOT = Path(__file__).resolve().parents[2]
TEXT, TABLES = ROOT / "text", ROOT / "src/lessons/data"


@cache
def entries() -> dict[str, Entry]:
    """Return the book's list of sources by key."""
    return dict(parse_file(ROOT / "book/references.bib").entries)


def page_faults(page: str, text: str, ledger: list[dict[str, str]],
                others: list[dict[str, str]]) -> Iterator[str]:
    """Yield what is wrong between one page and its rows."""
    told = [row["value"] for row in ledger if row["where"] == page]
    excused = [row["words"] for row in others if row["page"] == page]
    for number, sentence in uncovered(text, [*told, *excused]):
        yield f"{page}: no row for {number!r} in: {plain(sentence)}"
    lines = [(plain(paragraph), cited(paragraph)) for paragraph in paragraphs(text)]
    for row in (row for row in ledger if row["where"] == page):
        found = [keys for line, keys in lines if row["value"] in line]
        if not found:
            yield f"{page}: the text has no {row['value']!r} any more"
        elif not any(set(row["source"].split("; ")) <= keys for keys in found):
            yield f"{page}: {row['value']!r} does not stand beside its source {row['source']}"
    for words in excused:
        if not any(words in line for line, _ in lines):
            yield f"{page}: an exception for {words!r}, which the text does not have any more"


def unprinted(others: list[dict[str, str]], book: Path) -> Iterator[str]:
    """Yield each figure that is excused as printed by a cell and that no cell prints."""
    for row in others:
        if not row["reason"].startswith("printed by a cell"):
            continue
        cells = json.loads((book / f"{row['page']}.ipynb").read_text(encoding="utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        text = "".join("".join(o.get("text", o.get("data", {}).get("text/plain", "")))
                       for o in outputs)
        yield from (f"{row['page']}: no cell prints {number!r} of {row['words']!r}"
                    for number in figures(row["words"])
                    if not re.search(rf"(?<![\d.]){re.escape(number)}(?!\d|[.,]\d)", text))


def table_faults(folder: Path, ledger: list[dict[str, str]],
                 others: list[dict[str, str]]) -> Iterator[str]:
    """Yield each column of figures without a row, and each row of a table without its source."""
    told = {(row["where"], row["value"]): row for row in ledger}
    excused = {(row["page"], row["words"]) for row in others}
    used = set()
    for file in sorted(folder.glob("*.csv")):
        where = f"table {file.stem}"
        with file.open(encoding="utf-8", newline="") as handle:
            lines = list(csv.DictReader(handle))
        for column in lines[0]:
            holding = [i for i, line in enumerate(lines, 2)
                       if column not in ("name", "source", "mark", "note", "notes")
                       and re.match(r"[~<>]?-?\d", line[column] or "")]
            if not holding:
                continue
            used.add((where, column))
            if (where, column) in excused:
                continue
            row = told.get((where, column))
            if row is None:
                yield f"{where}: no row of the ledger says where the column {column!r} is from"
            elif row["source"] == "each row":
                yield from (f"{where}, line {i}: a figure under {column!r} and no source"
                            for i in holding if not (lines[i - 2].get("source") or "").strip())
                if row["sure"] == "row by row":
                    yield from (f"{where}, line {i}: a figure under {column!r} and no mark"
                                for i in holding if not (lines[i - 2].get("mark") or "").strip())
    for where, value in [*told, *excused]:
        if where.startswith("table ") and (where, value) not in used:
            yield f"{where}: a row or an exception for {value!r}, which is no column of figures"


def module_numbers() -> dict[str, str]:
    """Return the published numbers that stand in modules, by module, path and number.

    Examples
    --------
    >>> "AFTER / BLOOM / chip_hours = 1082990" in module_numbers()
    True
    """
    published: Any = import_module("lessons.planning.published")
    assumptions: Any = import_module("lessons.planning.assumptions").ASSUMPTIONS
    found = {}

    def add(module: str, path: str, value: Any) -> None:
        many = value if isinstance(value, tuple) else (value,)
        found[f"{path} = {' to '.join(f'{x:.10g}' for x in dict.fromkeys(many))}"] = module

    for run, outcomes in published.AFTER.items():
        for what, value in outcomes.items():
            add("planning/published.py", f"AFTER / {run} / {what}", value)
    for run, parts in published.BEFORE.items():
        sizes = parts["model"]
        add("planning/published.py", f"BEFORE / {run} / tokens", sizes["tokens"])
        add("planning/published.py", f"BEFORE / {run} / chips", parts["hardware"]["chips"])
    for run, value in published.OTHER_MFU.items():
        add("planning/published.py", f"OTHER_MFU / {run}", value)
    for name, each in assumptions.items():
        if not each.why.startswith("a guess") or ";" in each.why:
            limits = each.default
            add("planning/assumptions.py", name, (limits.low, limits.likely, limits.high))
    return found


def module_faults(ledger: list[dict[str, str]], numbers: dict[str, str]) -> Iterator[str]:
    """Yield each published number of a module without a row, and each row without its number."""
    told = {row["value"]: row["where"] for row in ledger if row["where"].endswith(".py")}
    for value, module in numbers.items():
        if told.get(value) != module:
            yield f"{module}: no row for {value!r}"
    for value, module in told.items():
        if value not in numbers:
            yield f"{module}: a row for {value!r}, which it does not hold"


def faults(ledger: list[dict[str, str]], others: list[dict[str, str]]) -> Iterator[str]:
    """Yield everything that is wrong, over all pages, tables, modules and sources."""
    pages = {path.stem: path.read_text(encoding="utf-8") for path in sorted(TEXT.glob("*.md"))}
    for name in sorted({row["where"] for row in ledger} | {row["page"] for row in others}):
        if name not in pages and not name.startswith("table ") and not name.endswith(".py"):
            yield f"{name!r}: no such page in text/"
    for page, text in pages.items():
        yield from page_faults(page, text, ledger, others)
    for row in others:
        if not row["reason"].strip():
            yield f"{row['page']}: an exception for {row['words']!r} without a reason"
    yield from unprinted(others, ROOT / "book")
    yield from source_faults(ledger, entries())
    yield from table_faults(TABLES, ledger, others)
    yield from module_faults(ledger, module_numbers())
