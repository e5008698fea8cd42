"""The chapters, one way from ``text/*.md`` to executed ``book/*.ipynb``.

``python -m tools.notebooks build [04]`` makes what changed, ``check`` compares, ``test`` runs
every notebook again under nbval, ``pull 04`` takes the edits of a notebook back into its text,
``new 12 "Images"`` starts a chapter.
"""

import argparse
import asyncio
import re
import sys
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from tools import notebook_run
from tools.notebook_cells import (
    NotebookError,
    clean_cells,
    code_cells,
    compose,
    differences,
    dumps,
    load,
    parse,
    stamp_of,
    was_edited,
)
from tools.notebook_checks import problems
from tools.notebook_key import key_of

ROOT = Path(__file__).resolve().parents[1]
CHAPTER_LIMIT_S = 60

TEMPLATE = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
  language: python
---

# {title}

Open with a question worth asking, and let the reader guess.

:::{{admonition}} After this chapter you can
:class: tip
- say in one line what the reader can do, and what they need for it.
:::

## The idea

A picture to drag, the code that builds it, and what to notice.

## Pitfalls

What goes wrong in practice, and how one sees it.

## Summary

Three sentences.

## Exercises

## Where next

## Sources
"""


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
    found = [n for n in names if n == wanted or n.split("-")[0] == wanted]
    if not found:
        raise NotebookError(f"no chapter {wanted!r}; there are {', '.join(names)}")
    return found


def read_text(root: Path, name: str):
    """Return the parsed text of a chapter."""
    path = root / "text" / f"{name}.md"
    try:
        return parse(path.read_text(encoding="utf-8"), f"text/{name}.md")
    except FileNotFoundError:
        raise NotebookError(f"text/{name}.md is missing") from None


async def build_one(root: Path, name: str, force: bool) -> tuple[str, float | None]:
    """Make one notebook; return what was done and the seconds its code took, if it ran."""
    page, path = read_text(root, name), root / "book" / f"{name}.ipynb"
    stored, seconds = load(path), None
    key = key_of(page.cells, root)
    if stored and was_edited(stored) and differences(page.cells, clean_cells(stored.cells)):
        raise NotebookError(
            f"book/{name}.ipynb was edited by hand: `make pull CH={name.split('-')[0]}` takes the "
            "edits into the text, deleting the notebook drops them"
        )
    if stored and not force and stamp_of(stored).get("key") == key and not was_edited(stored):
        executed = code_cells(stored.cells)
    else:
        executed = code_cells(page.cells)
        seconds = await notebook_run.execute(page.cells, name, root)
        if seconds > CHAPTER_LIMIT_S:
            raise NotebookError(
                f"{name} took {seconds:.0f} s, at most {CHAPTER_LIMIT_S} s: shorten the runs"
            )
    new = dumps(compose(page, executed, key))
    if path.is_file() and path.read_text(encoding="utf-8") == new:
        return "unchanged" if seconds is None else "executed, same outputs", seconds
    path.write_text(new, encoding="utf-8")
    return "prose updated, code not run" if seconds is None else "executed", seconds


async def build(root: Path, names: list[str], force: bool, jobs: int) -> None:
    """Make the notebooks of `names`, `jobs` at a time."""
    (root / "book").mkdir(exist_ok=True)
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
        said += [f"{name}, {line}" for line in problems(nb, root)]
    orphans = {p.stem for p in (root / "book").glob("*.ipynb")} - set(chapters(root))
    said += [f"{name}: a notebook without text/{name}.md" for name in sorted(orphans)]
    if said:
        raise NotebookError("\n".join(said))
    print(f"{len(names)} notebooks agree with their texts and keep the rules")


def pull(root: Path, name: str) -> None:
    """Take the cells of an edited notebook back into its text; keep the old text beside it."""
    nb = load(root / "book" / f"{name}.ipynb")
    if nb is None:
        raise NotebookError(f"book/{name}.ipynb is missing or cannot be read")
    page, path = read_text(root, name), root / "text" / f"{name}.md"
    changed = differences(page.cells, clean_cells(nb.cells))
    if not changed:
        print(f"text/{name}.md already has the cells of the notebook")
        return
    old = path.read_text(encoding="utf-8")
    front = re.match(r"---\n.*?\n---\n", old, re.DOTALL)
    new_nb = jupytext.reads(dumps(_bare(nb)), fmt="ipynb")
    body = jupytext.writes(new_nb, fmt="md:myst")
    body = re.sub(r"\A---\n.*?\n---\n", "", body, flags=re.DOTALL)
    body = body.replace("```{code-cell} ipython3", "```{code-cell}")
    new = (front[0] if front else "") + body.rstrip("\n") + "\n"
    if differences(parse(new, name).cells, clean_cells(nb.cells)):
        raise NotebookError(f"{name}: the notebook has cells that MyST text cannot hold; nothing "
                            "was changed")
    backup = path.with_suffix(".md.bak")
    backup.write_text(old, encoding="utf-8")
    path.write_text(new, encoding="utf-8")
    for line in changed:
        print(f"  {line}")
    print(f"text/{name}.md now has the cells of the notebook; the old text is {backup.name}. "
          "Next: make notebooks")


def _bare(nb: NotebookNode) -> NotebookNode:
    """Return the notebook without outputs and without what the build wrote about it."""
    nb = nb.copy()
    nb.cells = clean_cells(nb.cells)
    nb.metadata = {"kernelspec": nb.metadata.get("kernelspec", {})}
    return nb


def new(root: Path, number: str, title: str) -> None:
    """Write the skeleton of a chapter."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if not re.fullmatch(r"\d\d", number) or not slug:
        raise NotebookError('a chapter needs a two-digit number and a title: make new CH=12 '
                            'TITLE="Images"')
    taken = [p.name for p in (root / "text").glob(f"{number}-*.md")]
    if taken:
        raise NotebookError(f"chapter {number} exists: text/{taken[0]}")
    path = root / "text" / f"{number}-{slug}.md"
    path.write_text(TEMPLATE.format(title=title), encoding="utf-8")
    print(f"wrote text/{path.name}. Next: write it, add it to _toc.yml, make notebooks CH={number}")


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run one of the commands; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("build", "check", "test", "pull"):
        command = commands.add_parser(name)
        command.add_argument("chapter", nargs=None if name == "pull" else "?")
        if name == "build":
            command.add_argument("--force", action="store_true", help="run code that did not change")
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
            new(root, args.number, args.title)
            return 0
        names = chapters(root, args.chapter)
        if args.command == "build":
            asyncio.run(build(root, names, args.force, args.jobs))
        elif args.command == "check":
            check(root, names)
        elif args.command == "pull":
            pull(root, names[0])
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
