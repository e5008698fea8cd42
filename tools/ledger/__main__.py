"""``python -m tools.ledger``: addresses filled in, what is wrong, what is missing."""

import csv
import io
import sys

from lessons.ledger.rows import COLUMNS, exceptions, rows
from tools.ledger.checks import ROOT, TEXT, entries, faults
from tools.ledger.prose import cited, plain, uncovered
from tools.ledger.sources import address

LEDGER = ROOT / "src/lessons/ledger/ledger.csv"


def write(ledger: list[dict[str, str]]) -> str:
    """Return the ledger as its file, in the order of pages, with addresses filled in."""
    known = entries()
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in ledger:
        keys = [key for key in row["source"].split("; ") if key in known]
        writer.writerow(row | {"address": "; ".join(address(known[key]) for key in keys)})
    return out.getvalue()


def drafts(ledger: list[dict[str, str]], others: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return a row to begin with for each sentence with a figure that nothing covers."""
    made: dict[str, dict[str, str]] = {}
    for path in sorted(TEXT.glob("*.md")):
        words = [row["value"] for row in ledger if row["where"] == path.stem]
        words += [row["words"] for row in others if row["page"] == path.stem]
        for _, sentence in uncovered(path.read_text(encoding="utf-8"), words):
            made[sentence] = dict.fromkeys(COLUMNS, "") | {
                "where": path.stem, "value": plain(sentence), "claim": "?",
                "source": "; ".join(sorted(cited(sentence))), "sure": "?"}
    return list(made.values())


def main() -> int:
    """Fill in addresses, print what is wrong and what is missing, and return how that went."""
    text = write(rows())
    if text != LEDGER.read_text(encoding="utf-8"):
        LEDGER.write_text(text, encoding="utf-8")
        print("addresses filled in")
    ledger, others = rows(), exceptions()
    said = list(faults(ledger, others))
    print("\n".join(said) or f"{len(ledger)} rows, nothing missing")
    if missing := drafts(ledger, others):
        print("\nRows to begin with; keep of each value the words with the figure:\n")
        print(write(missing).partition("\n")[2])
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
