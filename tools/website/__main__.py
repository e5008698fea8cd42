"""Build the site, serve it, take its pictures: ``python -m tools.website build`` and others."""

import argparse
import sys

from tools.editor.assemble import assemble as assemble_editor
from tools.pyodide.assemble import assemble
from tools.website.build import HTML, SiteError, build
from tools.website.pictures import take
from tools.website.server import port_of, serve


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.website", description="Build the site.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build _build/html, what is out of date only")
    commands.add_parser("pictures", help="build, then take the pictures of the README")
    serving = commands.add_parser("serve", help="build, then serve it on this machine")
    serving.add_argument("--port", help="default: 8000, or the next free one")
    chosen = parser.parse_args(arguments)
    try:
        port = None if getattr(chosen, "port", None) is None else port_of(chosen.port)
        if not build():
            print("The site was NOT built: put right the warnings above, then run this again.")
            return 1
        for line in (assemble(HTML), assemble_editor(HTML)):
            if line:
                print(line)
        if chosen.command == "serve":
            serve(port)
        elif chosen.command == "pictures":
            take()
        else:
            print("Next: `make serve` shows it, or open _build/html/index.html in a browser.")
    except SiteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
