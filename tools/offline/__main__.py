"""Make what readers take with them: ``python -m tools.offline pdf`` and ``... zip``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.offline import archive, pdf
from tools.website.build import HTML, ROOT, SiteError


def main(arguments: list[str] | None = None, site: Path = HTML) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.offline", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    printing = commands.add_parser("pdf", help="the whole book as one PDF")
    printing.add_argument("--paper", choices=pdf.PAPERS, default=pdf.PAPERS[0])
    commands.add_parser("zip", help="the site as a zip that needs no server")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "pdf":
            print("Printing the book; this takes minutes.", flush=True)
            n_pages = pdf.make(site, paper=chosen.paper)
            said(pdf.FILE, f"{n_pages} pages")
        else:
            said(archive.FILE, f"{archive.make(site)} files")
    except SiteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def said(file: Path, what: str) -> None:
    """Say what was written."""
    print(f"wrote {file.relative_to(ROOT)}: {what}, {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
