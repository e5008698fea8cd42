"""What passed here before, so that an author's next `make test` need not run it again.

A part of the suite, a notebook and a test of the site each have a key: a digest of everything that
can make them fail. ``_build/passed.json`` remembers under which key they passed on this machine.
The suite skips what has the same key still, and says so. Never in CI and never with
``make test ALL=1``; a fresh clone remembers nothing and runs everything.
"""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tools.environment import content

ROOT = Path(__file__).resolve().parents[1]
FILE = Path("_build/passed.json")
SAID = Path("_build/unchanged.txt")
ASKED = "SKIP_WHAT_PASSED"  # the variable by which the suite asks its parts to skip

_CHAPTERS = ("text/*", "book/*.ipynb", "book/*.md")
_ELSEWHERE = ("experiments/*", "benchmarks/*", ".ci/*", ".github/*", "[A-Z]*")
#: A type checker reads Python and its settings.
_UNTYPED = tuple(f"*.{suffix}" for suffix in ("md", "js", "css", "csv", "json", "npz", "webp"))
#: What cannot make a part fail; anything that is not named here can, a new folder too.
APART = {
    "types": (*_CHAPTERS, ".ci/*", ".github/*", *_UNTYPED),
    "lessons": (*_CHAPTERS, *_ELSEWHERE, "tools/*", "tests/tools/*", "tests/notebooks/*",
                "tests/site/*"),
    "answers": ("book/*.ipynb", "book/*.md", *_ELSEWHERE, "tools/*", "tests/tools/*",
                "tests/notebooks/*", "tests/site/*"),
    "tools": (*_CHAPTERS, *_ELSEWHERE, "tests/lessons/*", "tests/site/*"),
    "nbval": (*_CHAPTERS, *_ELSEWHERE, "src/*", "tests/*", "book/_*", "tools/website/*"),
    "site": (*_CHAPTERS, *_ELSEWHERE, "tools/notebooks/*", "tests/lessons/*", "tests/tools/*",
             "tests/notebooks/*"),
}


def may_skip(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the suite may skip what passed: not in CI, nor when everything is asked for.

    Examples
    --------
    >>> may_skip({}), may_skip({"CI": "true"}), may_skip({"ALL": "1"})
    (True, False, False)
    """
    return not (environment.get("CI") or environment.get("ALL"))


def asked() -> bool:
    """Tell whether the suite, which starts this process, wants what passed to be skipped."""
    return bool(os.environ.get(ASKED))


#: Of a text, what runs: a changed sentence changes no answer.
_CODE = re.compile(rb"^(`{3,})\{code-cell\}.*?^\1", re.MULTILINE | re.DOTALL)


def digest_of(paths: Iterable[Path], root: Path, *words: str) -> str:
    """Return a digest of some words, and of the names and contents of files below `root`."""
    sha = hashlib.sha256("\0".join(words).encode())
    for path in sorted(paths):
        sha.update(b"\0" + str(path.relative_to(root)).encode() + b"\0")
        data = content(path) if path.is_file() else b"gone"
        if path.parent == root / "text":
            data = b"".join(match[0] for match in _CODE.finditer(data))
        sha.update(data)
    return sha.hexdigest()


def key(part: str, root: Path = ROOT) -> str:
    """Return the digest of all files that can make a part fail; empty where git is missing."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(git, cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    names = {name for name in listed.split("\0") if name}
    inside = [root / name for name in names if not any(fnmatchcase(name, p) for p in APART[part])]
    return digest_of(inside, root, part)


def known(root: Path = ROOT) -> dict[str, Any]:
    """Return the keys under which things passed here, by their names."""
    try:
        return json.loads((root / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def remember(keys: Mapping[str, Any], root: Path = ROOT) -> None:
    """Note the keys of what has just passed; an empty one is no key."""
    (root / FILE).parent.mkdir(exist_ok=True)
    merged = known(root) | {name: key for name, key in keys.items() if key}
    text = json.dumps(merged, indent=1, sort_keys=True) + "\n"
    (root / FILE).write_text(text, encoding="utf-8")


def say(what: str, root: Path = ROOT) -> None:
    """Keep a line for the end of the suite about what was skipped, and print it."""
    print(f"unchanged since it passed here: {what}", flush=True)
    (root / SAID).parent.mkdir(exist_ok=True)
    with (root / SAID).open("a", encoding="utf-8") as file:
        file.write(what + "\n")
