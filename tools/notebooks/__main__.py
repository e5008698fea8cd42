"""The chapters, one way from ``text/*.md`` to executed ``book/*.ipynb``.

``python -m tools.notebooks build [04]`` makes what changed, ``check`` compares, ``test`` runs
every notebook again under nbval, on the oldest instruction sets, ``pull 04`` takes the edits of a
notebook back into its text, ``new 12 "Images"`` starts a chapter.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from tools.notebooks.build import ROOT, build, chapters, check
from tools.notebooks.cells import NotebookError
from tools.notebooks.new import new
from tools.notebooks.pull import pull
from tools.notebooks.test import test


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run one of the commands; return the exit status."""
    args = _parser().parse_args(arguments)
    try:
        return _run(args, root)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    of = {name: commands.add_parser(name) for name in ("build", "check", "test", "pull", "new")}
    for name in ("build", "check", "test"):
        of[name].add_argument("chapter", nargs="?")
    of["pull"].add_argument("chapter")
    of["build"].add_argument("--force", action="store_true", help="run code that did not change")
    of["build"].add_argument("--portable", action="store_true", help="compute with the oldest "
                             "instruction sets, to see what changes; check refuses the result")
    of["pull"].add_argument("--force", action="store_true",
                            help="take the notebook although the text changed as well")
    of["test"].add_argument("--native", action="store_true", help="compute with this processor's "
                            "own instruction sets, not with the oldest ones")
    for name in ("build", "test"):
        of[name].add_argument("--jobs", type=int, default=2)
    of["new"].add_argument("number")
    of["new"].add_argument("title")
    return parser


def _run(args: argparse.Namespace, root: Path) -> int:
    if args.command == "new":
        path = new(root, args.number, args.title)
        print(f"wrote text/{path.name}. Next: write it, add it to _toc.yml, "
              f"make notebooks CH={args.number}")
        return 0
    names = chapters(root, args.chapter)
    if args.command == "test":
        files = [root / "book" / f"{name}.ipynb" for name in names]
        if missing := [file.name for file in files if not file.is_file()]:
            raise NotebookError(f"book/{missing[0]} is missing: run make notebooks")
        return test(files, root, args.jobs, args.native)
    if args.command == "build":
        asyncio.run(build(root, names, args.force, args.jobs, args.portable))
    elif args.command == "check":
        check(root, names)
    else:
        pull(root, names[0], args.force)
    return 0


if __name__ == "__main__":
    sys.exit(main())
