"""Copies of the notebooks for people.

``python -m tools.readers lab`` opens copies in JupyterLab (and hands options on to it, such as
``--no-browser``), ``write FOLDER`` writes those for Colab and downloads, ``run FOLDER`` runs them
in this Python.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run one of the commands; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.readers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("lab", help="open copies in JupyterLab")
    writing = commands.add_parser("write", help="write copies for Colab and downloads")
    writing.add_argument("folder", type=Path)
    writing.add_argument("--url", help="the repository on GitHub")
    writing.add_argument("--package", help="from where pip installs the package; default: there")
    running = commands.add_parser("run", help="run the notebooks of a folder in this Python")
    running.add_argument("folder", type=Path)
    args, options = parser.parse_known_args(arguments)
    if options and args.command != "lab":
        parser.error(f"unknown option {options[0]}")
    # What a command needs is imported with it: `run` works where nothing of the others is.
    if args.command == "run":
        from tools.readers.run import main as run

        return run(args.folder)
    if args.command == "write":
        from tools.readers.copies import write_all

        written = write_all(root / "book", args.folder, args.url, args.package)
        print(f"wrote {len(written)} notebooks to {args.folder}")
        return 0
    from tools.readers import lab

    for line in lab.refresh(root):
        print(line)
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={root / lab.FOLDER}"]
    try:
        return subprocess.run([*command, *options], check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
