"""Docstrings of installed libraries and passages of this book: the snapshots of the package.

    python -m experiments.texts docstrings   extract them again (a minute), keep them
    python -m experiments.texts passages     the same for the paragraphs of chapters 1 to 13
    python -m experiments.texts --check      extract both again, say what differs from what is kept

The files of the libraries are read, not run. With other versions of them, or after an edit of a
chapter, ``--check`` tells how many texts are new, gone or changed; the numbers of the chapter stay
as they are until somebody keeps a new snapshot on purpose, and records the study again.
"""

import ast
import gzip
import json
import re
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np

from experiments.keep import commit_of
from lessons.data import texts

FOLDER = Path(texts.__file__).parent
BOOK = Path(__file__).resolve().parents[1] / "text"
PACKAGES = {"matplotlib": "matplotlib", "numpy": "numpy", "scikit-learn": "sklearn",
            "scipy": "scipy", "torch": "torch"}
N_EACH = 900
SHORTEST, LONGEST = 150, 600  # characters of a docstring
SHORT, LONG = 120, 480  # of a passage: shorter ones say little, longer ones are cut at a sentence
OTHERS = {"tests", "test", "testing", "_lib", "_vendor", "_vendored", "externals", "extern",
          "_external", "third_party"}  # folders of tests, and of code by others
ALIKE = 0.4  # share of three-word pieces in common from which two docstrings are one group


def of_file(path, module):
    """Return name and docstring of each public function and class of a file, and of the module."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return []
    kinds = (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef, ast.Module)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, kinds):
            name = getattr(node, "name", "")
            text = ast.get_docstring(node)
            if text and len(text) >= SHORTEST and not name.startswith("_"):
                found.append((f"{module}.{name}".rstrip("."), cut(text, LONGEST)))
    return found


def cut(text, most):
    """Cut a text to at most so many characters, at white space."""
    return text if len(text) <= most else re.sub(r"\s+\S*$", "", text[: most + 1])


def of_library(library):
    """Return 900 of its docstrings, drawn once and for all, no text twice."""
    root = Path(str(metadata.distribution(library).locate_file(PACKAGES[library])))
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if not OTHERS & set(parts):
            for name, text in of_file(path, ".".join(parts).removesuffix(".__init__")):
                found.setdefault(text, name)
    rows = sorted((name, text) for text, name in found.items())
    chosen = np.random.default_rng(14).permutation(len(rows))[:N_EACH]
    return [(text, library, name) for name, text in (rows[i] for i in sorted(chosen))]


def groups(rows):
    """Return a number for each text; texts that share many three-word pieces share it."""
    pieces, where = [], {}
    for i, (text, *_) in enumerate(rows):
        words = re.findall(r"[a-z]+", text.lower())
        pieces.append(set(zip(words, words[1:], words[2:], strict=False)))
        for piece in pieces[-1]:
            where.setdefault(piece, []).append(i)
    leader = list(range(len(rows)))

    def head(i):
        while leader[i] != i:
            i = leader[i]
        return i

    for i, mine in enumerate(pieces):
        common = {}
        for piece in mine:
            for j in where[piece] if len(where[piece]) < 300 else ():
                if j < i:
                    common[j] = common.get(j, 0) + 1
        for j, n in common.items():
            if n >= ALIKE * (len(mine) + len(pieces[j]) - n):
                first, second = sorted((head(i), head(j)))
                leader[second] = first  # the first text names its group, whatever came when
    return [head(i) for i in range(len(rows))]


def docstrings():
    """Return the rows of all libraries."""
    rows = [row for library in texts.LIBRARIES for row in of_library(library)]
    return [[*row, group] for row, group in zip(rows, groups(rows), strict=True)]


def plain(text):
    """Return a paragraph without the marks of MyST."""
    text = re.sub(r"\{cite:t\}`[^`]*`", "a paper", text)
    text = re.sub(r"\s*\{cite:\w+\}`[^`]*`", "", text)
    text = re.sub(r"[Cc]hapters? (?=\{doc\})", "", text)
    text = re.sub(r"\{doc\}`([^`<]*?)\s*(<[^>]*>)?`", r"chapter \1", text)
    text = re.sub(r"\{\w+\}`([^`<]*?)\s*(<[^>]*>)?`", r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\s+", " ", re.sub(r"[*`]+", "", text)).strip()


def shortened(text):
    """Cut a long paragraph after a sentence."""
    if len(text) <= LONG:
        return text
    ends = [m.end() for m in re.finditer(r"[.?!:](?= )", text[:LONG])]
    return text[: ends[-1]] if ends else ""


def passages():
    """Return the rows of all chapters: what is prose, outside cells, lists and notes."""
    rows = []
    for path in sorted(BOOK.glob("*.md")):
        if not "01" <= path.name[:2] <= "13":
            continue
        text = path.read_text(encoding="utf-8").split("---\n", 2)[2]
        text = re.sub(r"(?ms)^(```|:::).*?^\1\n", "\n", text)
        text = re.sub(r"(?ms)^\$\$.*?^\$\$[^\n]*\n", "\n", text)
        section = ""
        for part in re.split(r"\n\s*\n", text):
            if part.startswith("#"):
                section = plain(part.lstrip("# ").split("\n")[0])
            elif section in ("Exercises", "Solutions", "Sources", "Where next"):
                continue
            elif re.match(r"[A-Z*{\"]", part) and len(found := shortened(plain(part))) >= SHORT:
                rows.append([found, path.stem, section])
    return rows


def snapshot(name):
    """Return the content of a file: rows, and how they were made."""
    rows = {"docstrings": docstrings, "passages": passages}[name]()
    versions = ({p: metadata.version(p) for p in texts.LIBRARIES} if name == "docstrings"
                else {"commit": commit_of(BOOK)})
    return {"about": {"command": f"python -m experiments.texts {name}", "versions": versions,
                      "date": time.strftime("%Y-%m-%d"), "sha256": texts.hash_of(rows)},
            "rows": rows}


def renumbered(rows):
    """Return rows with their groups numbered as they come: the numbers themselves say nothing."""
    numbers = {}
    return [[*row[:3], *(numbers.setdefault(group, len(numbers)) for group in row[3:])]
            for row in rows]


def differences(name, kept, new):
    """Return a line on what differs between two lists of rows, or none."""
    kept, new = renumbered(kept), renumbered(new)
    if texts.hash_of(kept) == texts.hash_of(new):
        return []
    was, now = ({tuple(row[:3]) for row in rows} for rows in (kept, new))
    example = next(iter(sorted(now - was)), next(iter(sorted(was - now)), None))
    return [f"{name}: {len(now - was)} of {len(new)} are new or changed, {len(was - now)} gone"
            + (f"; for example {example[2]}: {example[0][:50]!r}" if example else
               "; only groups or order differ")]


def main(arguments):
    """Keep a snapshot or compare; return the exit code."""
    if arguments == ["--check"]:
        wrong = []
        for name in ("docstrings", "passages"):
            new, kept = snapshot(name), texts.snapshot(name)
            wrong += differences(name, kept["rows"], new["rows"])
            print(f"{name}: kept of {kept['about']['versions']}, here {new['about']['versions']}")
        print("\n".join(wrong) or "both are as they are kept")
        return bool(wrong)
    if arguments not in (["docstrings"], ["passages"]):
        print("give docstrings, passages or --check", file=sys.stderr)
        return 2
    (name,) = arguments
    made = snapshot(name)
    path = FOLDER / f"{name}.json.gz"
    content = json.dumps(made, ensure_ascii=False).encode()
    path.write_bytes(gzip.compress(content, mtime=0))
    print(f"{len(made['rows'])} texts, {len(content):,} bytes, packed {path.stat().st_size:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
