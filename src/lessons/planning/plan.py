"""The command ``python -m lessons.planning.plan FILE``: prints the plan of a run, and saves it."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lessons.files import write_atomically
from lessons.planning import forecast
from lessons.planning.assumptions import ASSUMPTIONS, EXAMPLE, Range
from lessons.planning.planfile import PlanError, Settings, read
from lessons.words import number


def amount(x: float) -> str:
    """Write an amount for a reader: two or three digits, thousands and millions in words.

    Examples
    --------
    >>> amount(2_712_345), amount(51_234), amount(0.0123), amount(3.14159)
    ('2.7 million', '51,000', '0.012', '3.1')
    """
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if x >= size:
            return f"{float(f'{x / size:.2g}'):,.12g} {word}"
    return f"{float(f'{x:.2g}'):,.12g}"


def between(r: Range) -> str:
    """Write a range.

    Examples
    --------
    >>> between(Range(1e6, 2e6, 4e6)), between(Range(3, 3, 3))
    ('2 million (1 million to 4 million)', '3')
    """
    if r.low == r.high:
        return amount(r.likely)
    return f"{amount(r.likely)} ({amount(r.low)} to {amount(r.high)})"


def markdown(s: Settings) -> str:
    """Return the plan as a text that is also a Markdown file.

    Raises
    ------
    PlanError
        If the model does not fit.
    """
    forecast.check_memory(s)
    sure, unsure, parts = forecast.outcome(s), forecast.ranges(s), forecast.memory(s)
    used = sum(parts.values()) / 1e9
    lines = [
        f"# Plan: {s.name}", "",
        f"{s['chips']:,} × {s.machine.name} as {s.copies} copies of tensor {s['tensor']} × "
        f"pipeline {s['pipeline']}, ZeRO {s['zero']}; {s['state']}, {s['optimiser']}.", "",
        f"- operations: {number(sure['flops'])}",
        f"- steps: {sure['steps']:,.0f} of {s['batch_tokens']:,.0f} tokens",
        f"- memory of a chip: {used:.1f} of {(s.machine.mem_bytes or 0) / 1e9:g} GB ("
        + ", ".join(f"{name} {n / 1e9:.1f}" for name, n in parts.items()) + ")",
        f"- a checkpoint: {amount(sure['checkpoint_gb'])} GB", "",
        "## What to expect", "", "Likely value, and what nine draws in ten lie between.", "",
    ]
    for key, (words, unit) in forecast.OUTCOMES.items():
        r, tail = unsure[key], f" {unit}" if unit else ""
        if unit == "of the time":
            r, tail = Range(100 * r.low, 100 * r.likely, 100 * r.high), " %"
        lines.append(f"- {words}: {between(r)}{tail}")
    lines += ["", "## What it hangs on", "",
              "The outcome if one assumption goes from its low to its high end.", ""]
    for key in ("days", "mwh", "money"):
        widest = list(forecast.swings(s, key).items())[:3]
        words = forecast.OUTCOMES[key][0]
        lines.append(f"- {words}: " + "; ".join(
            f"{name} {amount(a)} to {amount(b)}" for name, (a, b) in widest))
    lines += ["", "## Assumptions", ""]
    for key, r in s.assumptions.items():
        why = "from the file" if key in s.given else f"default: {ASSUMPTIONS[key].why}"
        lines.append(f"- {key} = {r} {ASSUMPTIONS[key].unit} ({why})")
    lines += ["", "Taken for granted: 6 operations for a parameter and a token, and 12 × layers × "
              "width × context a token for attention; the rates of data sheets; failures that do "
              "not know of each other; checkpoints for which the run stops; layers that share "
              "memory evenly. Not in it: people, storage, data, the runs before this one.", ""]
    return "\n".join(lines)


def record(s: Settings) -> dict[str, Any]:
    """Return the plan as plain numbers, for a JSON file."""
    return {
        "name": s.name, "inputs": s.values, "memory_bytes": forecast.memory(s),
        "likely": forecast.outcome(s),
        "ranges": {key: asdict(r) for key, r in forecast.ranges(s).items()},
        "assumptions": {key: asdict(r) | {"unit": ASSUMPTIONS[key].unit, "source": "the file"
                                          if key in s.given else ASSUMPTIONS[key].why}
                        for key, r in s.assumptions.items()},
    }


def main(argv: list[str] | None = None) -> int:
    """Plan the run of a file, or write an example of one. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m lessons.planning.plan", description="Plan a training run: prints the plan, "
        "and saves it beside the file, as text (NAME-plan.md) and as numbers (NAME-plan.json).")
    parser.add_argument("file", help="plan file, in TOML")
    parser.add_argument("--new", action="store_true", help="write an example to that file first")
    said = parser.parse_args(argv)
    path = Path(said.file)
    try:
        if said.new:
            if path.exists():
                raise PlanError(f"{path} exists and is kept: name a new file")
            write_atomically(path, lambda file: file.write(EXAMPLE.encode()))
            print(f"an example stands in {path}: change it, then run the command without --new")
            return 0
        s = read(path)
        text = markdown(s)
        print(text)
        for end, content in ((".md", text), (".json", json.dumps(record(s), indent=1) + "\n")):
            beside = path.with_name(f"{path.stem}-plan{end}")
            write_atomically(beside, lambda file, text=content: file.write(text.encode()))
            print(f"saved: {beside}")
    except (PlanError, OSError) as error:
        print(f"lessons.planning.plan: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
