"""What experiments share: parts that are done are kept, and one command runs or checks a record.

A run that was cut off goes on where it stopped.
"""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from lessons.studies.record import path_of


def kept(folder, code, settings, function, *arguments):
    """Call a function, or return what it returned when the same code ran before.

    Parameters
    ----------
    folder : Path
        Where the results lie, one file each.
    code : iterable of Path
        Files that decide the result: when one changes, all is computed again.
    settings : object
        What else decides it; its `repr` is compared.
    function : callable
        Returns something that JSON can hold; its processor seconds are added.
    """
    text = b"".join(path.read_bytes() for path in sorted(code))
    task = repr((settings, function.__name__, arguments))
    path = folder / f"{hashlib.sha256(text + task.encode()).hexdigest()[:20]}.json"
    if not path.exists():
        start = time.process_time()
        result = function(*arguments)
        seconds = time.process_time() - start
        folder.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".new")
        half.write_text(json.dumps({"result": result, "processor_s": seconds}), encoding="utf-8")
        half.replace(path)
        print(f"{function.__name__}{arguments}: {seconds:.0f} s", flush=True)
    done = json.loads(path.read_text(encoding="utf-8"))
    return done["result"], done["processor_s"]


def commit_of(*paths):
    """Return the commit that is run, with a mark if one of these paths was changed since."""
    def git(*arguments):
        done = subprocess.run(["git", *arguments], cwd=Path(__file__).resolve().parent, check=True,
                              text=True, capture_output=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", *map(str, paths))
    return git("rev-parse", "--short=12", "HEAD") + (", changed" if changed else "")


def command(arguments, study, everything, check, nearly, **made):
    """Run an experiment and write its record, or compare a part with it; return the exit code.

    Parameters
    ----------
    arguments : list of str
        Those of the command: none, or ``--check``.
    study : str
        Names the script, and the folder of the record.
    everything : callable
        Returns the result and its processor seconds.
    check : callable
        Returns a line for each number that differs.
    nearly : str
        How near the numbers must be, in words.
    made
        What the record says of its making, beside command, date, commit, seconds and versions.
    """
    torch.set_num_threads(1)
    start = time.process_time()
    if arguments == ["--check"]:
        wrong = check()
        print("\n".join(wrong) or f"every run agrees with the record, to {nearly} or better")
        print(f"{time.process_time() - start:.0f} s of processor time")
        return bool(wrong)
    if arguments:
        print(f"unknown argument {arguments[0]}: give nothing, or --check", file=sys.stderr)
        return 2
    record = path_of(study)
    commit = commit_of(Path(__file__).with_name(f"{study}.py"), record.parent)
    result, processor_s = everything()
    made = {"command": f"python -m experiments.{study}", "date": time.strftime("%Y-%m-%d"),
            "commit": commit, "processor_s": round(processor_s), "torch": torch.__version__,
            "numpy": np.__version__, **made}
    record.write_text(json.dumps({"made": made, **result}) + "\n", encoding="utf-8")
    print(f"{record.stat().st_size:,} bytes after {made['processor_s']} s of processor time")
    return 0
