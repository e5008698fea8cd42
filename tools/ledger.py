"""The ledger held to the pages, tables and sources: ``python -m tools.ledger``.

A *figure* is a number in digits in the prose of a page, in a sentence with a citation. Numbers in
code, formulas and the targets of roles are none, nor are years, digits that belong to a word
(GPT-3, H100, 124M counts) and those of a name (Llama 3). Each figure is covered by the words of a
row of the ledger, or by an exception with its reason; the words of a row stand in a paragraph that
cites its source. Run alone, it prints what is wrong, a draft of each row that is missing, and
fills in addresses.
"""

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from pybtex.database import Entry, parse_file

from lessons.ledger.rows import COLUMNS, SURE, exceptions, rows

ROOT = Path(__file__).resolve().parents[1]
TEXT, TABLES = ROOT / "text", ROOT / "src/lessons/data"
LEDGER = ROOT / "src/lessons/ledger/ledger.csv"

_NAMES = ("Llama", "LLaMA", "Nemotron", "Qwen", "Python", "PyTorch", "TensorFlow", "opacus", "TPU",
          "record", "stage", "chapter", "section", "level", "wav2vec")
_NAME = re.compile(rf"\b(?:{'|'.join(_NAMES)}) v?\d+(?:\.\d+)*")
_CITE = re.compile(r"\{cite(?::[pt])?\}`([^`]*)`")
_YEAR = re.compile(r"(?<![\d,.])(?:1[6-9]|20)\d\d(?![\d%]|[.,]\d)")
_FIGURE = re.compile(r"(?<![\w.,\-–/^])\d(?:[\d,]*\d)?(?:\.\d+)?")
_FENCE = re.compile(r"^(`{3,})(?!\{(?:list-table|admonition|note|tip)).*?^\1 *$", re.S | re.M)
_SENTENCE = re.compile(r"(?<=[.!?])\)?\s+(?=\S)")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs and list items of a MyST text in one line each, without its code.

    Examples
    --------
    >>> paragraphs("A {cite:p}`b`\\nsays 3.\\n\\n```{code-cell}\\nx = 1\\n```\\n- an item\\n- another")
    ['A {cite:p}`b` says 3.', '- an item', '- another']
    """
    text = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.S | re.M)
    text = re.sub(r"^\$\$.*?\$\$.*?$", "\n", _FENCE.sub("\n", text), flags=re.S | re.M)
    text = re.sub(r"^(\s*)((?:[-*]|\d+\.) )", r"\n\1\2", text, flags=re.M)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def plain(text: str) -> str:
    """Return what a reader sees of a text: roles by their words, no citation, no marks.

    Examples
    --------
    >>> plain("{cite:t}`a2020b` found 3.4 {term}`nats <nat>` *more* {cite:p}`c`.")
    'found 3.4 nats more.'
    """
    text = _CITE.sub("", text)
    text = re.sub(r"\{[\w:]+\}`([^`<]*?)(?: ?<[^`]*>)?`", r"\1", text)
    text = re.sub(r"(?<!\w)\*+|\*+(?!\w)", "", text)
    return re.sub(r" ([.,;:)])", r"\1", " ".join(text.split()))


def figures(sentence: str) -> list[str]:
    """Return the figures of a sentence.

    Examples
    --------
    >>> figures("In 2021 GPT-3 had 175 billion, Llama 3 405B, at 45.7 % {doc}`07-hardware` `x[3]`.")
    ['175', '45.7']
    """
    text = re.sub(r"\{[\w:]+\}`[^`]*`|`[^`]*`|\$[^$]*\$", " ", _CITE.sub("", sentence))
    text = _YEAR.sub(" ", _NAME.sub(" ", plain(text)))
    return [m[0] for m in _FIGURE.finditer(text) if not text[m.end():m.end() + 1].isalpha()]


def cited(text: str) -> set[str]:
    """Return the keys that a text cites."""
    return {key.strip() for keys in _CITE.findall(text) for key in keys.split(",")}


def uncovered(text: str, covered: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each figure beside a citation that none of the words covers, with its sentence."""
    words = [(phrase, figures(phrase)) for phrase in covered]
    for paragraph in paragraphs(text):
        if not _CITE.search(paragraph):
            continue
        for sentence in _SENTENCE.split(paragraph):
            if not _CITE.search(sentence):
                continue
            seen = plain(sentence)
            known = [n for phrase, numbers in words if phrase in seen for n in numbers]
            for number in figures(sentence):
                if number in known:
                    known.remove(number)
                else:
                    yield number, sentence


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
                    if not re.search(rf"(?<![\d.]){re.escape(number)}(?![\d])", text))


def address(entry: Entry) -> str:
    """Return the identifier by which a source is found: DOI, arXiv, ISBN, https address, or none.

    Examples
    --------
    >>> address(Entry("article", [("doi", "10.1038/323533a0"), ("eprint", "1234.56789")]))
    'doi:10.1038/323533a0'
    """
    fields = entry.fields
    for name, form in (("doi", "doi:{}"), ("eprint", "arXiv:{}"), ("url", "{}"),
                       ("isbn", "ISBN {}")):
        if fields.get(name):
            return form.format(fields[name].replace(r"\_", "_"))
    return ""


def well_formed(identifier: str) -> bool:
    """Tell whether a DOI, an arXiv number, an ISBN (with its check digit) or an address is one.

    Examples
    --------
    >>> [well_formed(x) for x in ("doi:10.1038/323533a0", "arXiv:2405.21015",
    ...     "arXiv:astro-ph/9912202", "ISBN 978-0-262-03561-3", "https://epoch.ai/data")]
    [True, True, True, True, True]
    >>> [well_formed(x) for x in ("doi:323533a0", "arXiv:2413.00001", "ISBN 978-0-262-03561-4",
    ...     "http://epoch.ai", "")]
    [False, False, False, False, False]
    """
    kind, _, rest = identifier.partition(":")
    if kind == "doi":
        return bool(re.fullmatch(r"10\.\d{4,9}/[^\s\"<>{}]+", rest))
    if kind == "arXiv":
        return bool(re.fullmatch(r"\d\d(?:0[1-9]|1[0-2])\.\d{4,5}(?:v\d+)?|[a-z-]+/\d{7}", rest))
    if identifier.startswith("ISBN "):
        return _is_isbn(identifier.removeprefix("ISBN "))
    return bool(re.fullmatch(r"https://[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"{}]*)?", identifier))


def _is_isbn(text: str) -> bool:
    digits = text.replace("-", "").replace(" ", "")
    if re.fullmatch(r"\d{13}", digits):
        return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0
    if re.fullmatch(r"\d{9}[\dX]", digits):
        return sum((10 if d == "X" else int(d)) * (10 - i) for i, d in enumerate(digits)) % 11 == 0
    return False


def source_faults(ledger: list[dict[str, str]], entries: dict[str, Entry]) -> Iterator[str]:
    """Yield what is wrong with the rows themselves and with their sources."""
    for row in ledger:
        name = f"{row['where']}, {row['value']!r}"
        for column in ("where", "value", "claim", "source"):
            if not (row.get(column) or "").strip():
                yield f"{name}: no {column}"
        if row["sure"] not in SURE:
            yield f"{name}: how sure is {row['sure']!r}; choose from {', '.join(SURE)}"
        if not re.fullmatch(r"2\d\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", row["checked"]):
            yield f"{name}: checked {row['checked']!r}, not a day such as 2026-11-27"
        if row["source"] in ("each row", "this book"):
            continue
        keys = [key for key in row["source"].split("; ") if key]
        for key in keys:
            if key not in entries:
                yield f"{name}: references.bib has no {key!r}"
        known = "; ".join(address(entries[key]) for key in keys if key in entries)
        if row["address"] != known:
            yield f"{name}: the address is {row['address']!r}, in references.bib {known!r}"
        for identifier in row["address"].split("; "):
            if not well_formed(identifier):
                yield f"{name}: {identifier!r} is no DOI, arXiv number, ISBN or https address"
    pairs = [(row["where"], row["value"]) for row in ledger]
    yield from (f"{where}, {value!r}: two rows" for where, value in sorted(set(pairs))
                if pairs.count((where, value)) > 1)


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
    entries = parse_file(ROOT / "book/references.bib").entries
    yield from source_faults(ledger, entries)
    yield from table_faults(TABLES, ledger, others)
    yield from module_faults(ledger, module_numbers())


def write(ledger: list[dict[str, str]]) -> str:
    """Return the ledger as its file, in the order of pages, with addresses filled in."""
    entries = parse_file(ROOT / "book/references.bib").entries
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in ledger:
        keys = [key for key in row["source"].split("; ") if key in entries]
        writer.writerow(row | {"address": "; ".join(address(entries[key]) for key in keys)})
    return out.getvalue()


def main() -> int:
    """Fill in addresses, print what is wrong, and return how that went."""
    text = write(rows())
    if text != LEDGER.read_text(encoding="utf-8"):
        LEDGER.write_text(text, encoding="utf-8")
        print("addresses filled in")
    said = list(faults(rows(), exceptions()))
    print("\n".join(said) or f"{len(rows())} rows, nothing missing")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
