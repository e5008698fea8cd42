"""Make the slides of a chapter, or of all: ``python -m tools.slides [NUMBER ...]``."""

import sys
from pathlib import Path

from tools.slides.deck import DeckError, write

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the decks into ``_build/slides``; return the exit status."""
    numbers = sys.argv[1:] if arguments is None else arguments
    numbers = numbers or sorted(p.stem[:2] for p in (root / "text").glob("[0-9][0-9]-*.md"))
    folder = root / "_build" / "slides"
    for number in numbers:
        try:
            deck = write(root, number, folder)
        except DeckError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        print(f"wrote {deck.relative_to(root)}, {deck.stat().st_size / 1e6:.1f} MB")
    print("Next: open it in a browser; no network is needed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
