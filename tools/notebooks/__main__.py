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
        if name == "build":
            command.add_argument("--portable", action="store_true", help="compute with the oldest "
                                 "instruction sets, to see what changes; check refuses the result")
        if name == "test":
            command.add_argument("--native", action="store_true", help="compute with this "
                                 "processor's own instruction sets, not with the oldest ones")
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
            asyncio.run(build(root, names, args.force, args.jobs, args.portable))
        elif args.command == "check":
            check(root, names)
        elif args.command == "pull":
            pull(root, names[0], args.force)
        else:
            files = [root / "book" / f"{name}.ipynb" for name in names]
            missing = [f.name for f in files if not f.is_file()]
            if missing:
                raise NotebookError(f"book/{missing[0]} is missing: run make notebooks")
            return test(files, root, args.jobs, args.native)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
