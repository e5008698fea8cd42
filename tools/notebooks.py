"""The chapters, one way from ``text/*.md`` to executed ``book/*.ipynb``.

``python -m tools.notebooks build [04]`` makes what changed, ``check`` compares, ``test`` runs
every notebook again under nbval, ``pull 04`` takes the edits of a notebook back into its text,
``new 12 "Images"`` starts a chapter.
"""

import argparse
import asyncio
import itertools
import os
import sys
from pathlib import Path

from nbformat import NotebookNode

from tools import notebook_run
from tools.notebook_cells import (
    NotebookError,
    Page,
    clean_cells,
    code_cells,
    compose,
    differences,
    digest,
    digest_outputs,
    dumps,
    load,
    parse,
    stamp_of,
    was_edited,
)
from tools.notebook_checks import problems
from tools.notebook_key import key_of
from tools.notebook_new import new
from tools.notebook_pull import merged_text

ROOT = Path(__file__).resolve().parents[1]
CHAPTER_LIMIT_S = 60  # processor seconds at the reference speed (tools/calibration.py)


def chapters(root: Path, wanted: str | None = None) -> list[str]:
    """Return the names of all chapters, or of the one that `wanted` names or begins.

    Raises
    ------
    NotebookError
        If there is no such chapter, or none at all.
    """
    names = sorted(path.stem for path in (root / "text").glob("*.md"))
    if not names:
        raise NotebookError(f"no chapters: {root / 'text'} has no .md files")
    if wanted is None:
        return names
    found = [n for n in names if n == wanted or number_of(n) in (wanted, wanted.zfill(2))]
    if not found:
        raise NotebookError(f"no chapter {wanted!r}; there are {', '.join(names)}")
    return found


def number_of(name: str) -> str:
    """Return the part of a chapter's name before the first hyphen: its number, if it has one."""
    return name.split("-")[0]


def read_text(root: Path, name: str) -> Page:
    """Return the parsed text of a chapter."""
    path = root / "text" / f"{name}.md"
    try:
        return parse(path.read_text(encoding="utf-8"), f"text/{name}.md")
    except FileNotFoundError:
        raise NotebookError(f"text/{name}.md is missing") from None


def stale(stored: NotebookNode, key: str) -> bool:
    """Tell whether a notebook must run: its inputs, or what is stored of them, changed."""
    stamp = stamp_of(stored)
    return (stamp.get("key") != key or was_edited(stored)
            or stamp.get("outputs") != digest_outputs(stored.cells))


async def build_one(root: Path, name: str, force: bool) -> tuple[str, float | None]:
    """Make one notebook; return what was done and the processor seconds it took, if it ran."""
    page, path = read_text(root, name), root / "book" / f"{name}.ipynb"
    stored, seconds = load(path), None
    key = key_of(page.cells, root)
    if stored and was_edited(stored) and differences(page.cells, clean_cells(stored.cells)):
        raise NotebookError(
            f"book/{name}.ipynb was edited by hand: `make pull CH={number_of(name)}` takes the "
            "edits into the text, deleting the notebook drops them"
        )
    if stored and not force and not stale(stored, key):
        executed = code_cells(stored.cells)
    else:
        executed = code_cells(page.cells)
        seconds = await notebook_run.execute(page.cells, name, root)
        if seconds > CHAPTER_LIMIT_S:
            raise NotebookError(
                f"{name} took {seconds:.0f} processor seconds, at most {CHAPTER_LIMIT_S}: "
                "shorten the runs"
            )
    new = dumps(compose(page, executed, key))
    if path.is_file() and path.read_text(encoding="utf-8") == new:
        return "unchanged" if seconds is None else "executed, same outputs", seconds
    path.write_text(new, encoding="utf-8")
    return "prose updated, code not run" if seconds is None else "executed", seconds


async def build(root: Path, names: list[str], force: bool, jobs: int) -> None:
    """Make the notebooks of `names`, `jobs` at a time."""
    (root / "book").mkdir(exist_ok=True)
    notebook_run.warm_up(dict(os.environ))
    gate, failed, ran = asyncio.Semaphore(jobs), [], {}

    async def one(name):
        async with gate:
            try:
                what, seconds = await build_one(root, name, force)
            except NotebookError as error:
                failed.append(str(error))
                return
        took = ""
        if seconds is not None:
            ran[name] = seconds
            took = f" ({seconds:.1f} s)"
        print(f"  {name}: {what}{took}", flush=True)

    await asyncio.gather(*map(one, names))
    if ran:
        notebook_run.write_seconds(root, ran)
    if failed:
        raise NotebookError("\n".join(failed))
    print(f"{len(names)} notebooks are up to date. Next: make book")


def check(root: Path, names: list[str]) -> None:
    """Compare texts and notebooks, and apply the rules of `tools.notebook_checks`."""
    said = []
    for name in names:
        page, nb = read_text(root, name), load(root / "book" / f"{name}.ipynb")
        if nb is None:
            said.append(f"{name}: no notebook yet, run make notebooks")
            continue
        drift = differences(page.cells, clean_cells(nb.cells))
        said += [f"{name}, {line}; run make notebooks" for line in drift]
        if not drift and stamp_of(nb).get("key") != key_of(page.cells, root):
            said.append(f"{name}: the code it imports, or a pin, changed: run make notebooks")
        if stamp_of(nb).get("outputs") != digest_outputs(nb.cells):
            said.append(f"{name}: outputs changed after the build, as Jupyter does when it saves; "
                        "run make notebooks")
        said += [f"{name}, {line}" for line in problems(nb, root)]
    orphans = {p.stem for p in (root / "book").glob("*.ipynb")} - set(chapters(root))
    said += [f"{name}: a notebook without text/{name}.md" for name in sorted(orphans)]
    if said:
        raise NotebookError("\n".join(said))
    print(f"{len(names)} notebooks agree with their texts and keep the rules")


def pull(root: Path, name: str, force: bool = False) -> None:
    """Take the cells of an edited notebook back into its text.

    Raises
    ------
    NotebookError
        If the text changed as well since the build, and `force` is false. With `force` the
        notebook wins and the old text is kept beside the new one.
    """
    nb, path = load(root / "book" / f"{name}.ipynb"), root / "text" / f"{name}.md"
    if nb is None:
        raise NotebookError(f"book/{name}.ipynb is missing or cannot be read")
    page, cells = read_text(root, name), clean_cells(nb.cells)
    changed = differences(page.cells, cells)
    if not changed:
        print(f"text/{name}.md already has the cells of the notebook")
        return
    if not was_edited(nb):
        raise NotebookError(
            f"text/{name}.md is newer than its notebook, which nobody edited: make notebooks "
            f"CH={number_of(name)}; nothing was changed"
        )
    for line in changed:
        print(f"  {line}")
    both = digest(page.cells) != stamp_of(nb).get("cells")
    if both and not force:
        raise NotebookError(
            f"text/{name}.md and its notebook both changed since the build, in the cells above. "
            f"Nothing was changed; python -m tools.notebooks pull {name} --force takes the "
            "notebook and keeps the text as a .bak file"
        )
    old = path.read_text(encoding="utf-8")
    text = merged_text(old, page, cells, f"text/{name}.md")
    kept = ""
    if both:
        backup = _free(path.with_suffix(".md.bak"))
        backup.write_text(old, encoding="utf-8")
        kept = f"; the old text is text/{backup.name}"
    path.write_text(text, encoding="utf-8")
    print(f"text/{name}.md now has the cells of the notebook{kept}. "
          f"Next: make notebooks CH={number_of(name)}")


def _free(path: Path) -> Path:
    """Return `path`, or the first numbered one that does not exist."""
    names = itertools.chain([path], (Path(f"{path}{i}") for i in itertools.count(1)))
    return next(name for name in names if not name.exists())


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run one of the commands; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("build", "check", "test", "pull"):
        command = commands.add_parser(name)
        command.add_argument("chapter", nargs=None if name == "pull" else "?")
        if name in ("build", "pull"):
            helps = {"build": "run code that did not change",
                     "pull": "take the notebook although the text changed as well"}
            command.add_argument("--force", action="store_true", help=helps[name])
        if name in ("build", "test"):
            command.add_argument("--jobs", type=int, default=2)
        if name == "test":
            command.add_argument("--portable", action="store_true",
                                 help="compute with the oldest instruction sets")
    command = commands.add_parser("new")
    command.add_argument("number")
    command.add_argument("title")
    args = parser.parse_args(arguments)
    try:
        if args.command == "new":
            path = new(root, args.number, args.title)
            print(f"wrote text/{path.name}. Next: write it, add it to _toc.yml, "
                  f"make notebooks CH={args.number}")
            return 0
        names = chapters(root, args.chapter)
        if args.command == "build":
            asyncio.run(build(root, names, args.force, args.jobs))
        elif args.command == "check":
            check(root, names)
        elif args.command == "pull":
            pull(root, names[0], args.force)
        else:
            files = [root / "book" / f"{name}.ipynb" for name in names]
            missing = [f.name for f in files if not f.is_file()]
            if missing:
                raise NotebookError(f"book/{missing[0]} is missing: run make notebooks")
            return notebook_run.nbval(files, root, args.jobs, args.portable)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
