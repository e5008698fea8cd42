"""Building and checking: ``text/*.md`` becomes executed ``book/*.ipynb``, and must agree."""

import asyncio
import os
from pathlib import Path

from nbformat import NotebookNode

from tools.notebooks import kernels
from tools.notebooks.cells import (
    NotebookError,
    Page,
    clean_cells,
    code_cells,
    compose,
    differences,
    digest_outputs,
    dumps,
    load,
    parse,
    stamp_of,
    was_edited,
)
from tools.notebooks.key import key_of
from tools.notebooks.rules import problems

ROOT = Path(__file__).resolve().parents[2]


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


def stale(stored: NotebookNode, key: str, built: str = "native") -> bool:
    """Tell whether a notebook must run: its inputs, or what is stored of them, changed."""
    stamp = {"built": "native"} | stamp_of(stored)  # before there was this stamp, all were native
    return (stamp.get("key") != key or stamp["built"] != built or was_edited(stored)
            or stamp.get("outputs") != digest_outputs(stored.cells))


async def build_one(
    root: Path, name: str, force: bool, portable: bool = False
) -> tuple[str, float | None]:
    """Make one notebook; return what was done and the processor seconds, if it ran."""
    page, path = read_text(root, name), root / "book" / f"{name}.ipynb"
    stored, seconds = load(path), None
    key = key_of(page.cells, root)
    if stored and was_edited(stored) and differences(page.cells, clean_cells(stored.cells)):
        raise NotebookError(
            f"book/{name}.ipynb was edited by hand: `make pull CH={number_of(name)}` takes the "
            "edits into the text, deleting the notebook drops them"
        )
    built = "portable" if portable else "native"
    if stored and not force and not stale(stored, key, built):
        executed = code_cells(stored.cells)
    else:
        executed = code_cells(page.cells)
        seconds = await kernels.execute(page.cells, name, root, portable)
        if late := kernels.too_slow(name, seconds):
            raise NotebookError(late)
    new = dumps(compose(page, executed, key, built))
    if path.is_file() and path.read_text(encoding="utf-8") == new:
        return "unchanged" if seconds is None else "executed, same outputs", seconds
    path.write_text(new, encoding="utf-8")
    return "prose updated, code not run" if seconds is None else "executed", seconds


async def build(
    root: Path, names: list[str], force: bool, jobs: int, portable: bool = False
) -> None:
    """Make the notebooks of `names`, `jobs` at a time."""
    (root / "book").mkdir(exist_ok=True)
    kernels.warm_up(dict(os.environ))
    gate, failed, ran = asyncio.Semaphore(jobs), [], {}

    async def one(name: str) -> None:
        async with gate:
            try:
                what, seconds = await build_one(root, name, force, portable)
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
        kernels.write_seconds(root, ran)
    if failed:
        raise NotebookError("\n".join(failed))
    print(f"{len(names)} notebooks are up to date. Next: make book")


def check(root: Path, names: list[str]) -> None:
    """Compare texts and notebooks, and apply the rules of `tools.notebooks.rules`."""
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
        if (built := stamp_of(nb).get("built", "nobody knows how")) != "native":
            said.append(f"{name}: built {built}, must be native, or nbval on the oldest "
                        "instruction sets proves nothing: run make notebooks")
        if stamp_of(nb).get("outputs") != digest_outputs(nb.cells):
            said.append(f"{name}: outputs changed after the build, as Jupyter does when it saves; "
                        "run make notebooks")
        said += [f"{name}, {line}" for line in problems(nb, root)]
    orphans = {p.stem for p in (root / "book").glob("*.ipynb")} - set(chapters(root))
    said += [f"{name}: a notebook without text/{name}.md" for name in sorted(orphans)]
    if said:
        raise NotebookError("\n".join(said))
    print(f"{len(names)} notebooks agree with their texts and keep the rules")
