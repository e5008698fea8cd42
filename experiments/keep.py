"""What experiments share: parts that are done are kept, and one command runs or checks a record.

A run that was cut off goes on where it stopped.
"""

import argparse
import hashlib
import json
import multiprocessing
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
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
        done = {"result": result, "processor_s": seconds, "torch": torch.__version__}
        half.write_text(json.dumps(done), encoding="utf-8")
        half.replace(path)
        print(f"{function.__name__}{arguments}: {seconds:.0f} s", flush=True)
    done = json.loads(path.read_text(encoding="utf-8"))
    return done["result"], done["processor_s"]


def kept_all(folder, code, settings, function, rows, jobs=1):
    """Call a function for each row of arguments, in several processes; see `kept`.

    If a call fails, the others are done and kept first.

    Parameters
    ----------
    function : callable
        Of a module that other processes can import, if there is more than one job.
    rows : iterable of tuple
        What makes one call; a row that comes twice is called once.

    Returns
    -------
    dict
        From each row to what it returned and its processor seconds.
    """
    rows = list(dict.fromkeys(map(tuple, rows)))
    calls = [(kept, folder, list(code), settings, function, *row) for row in rows]
    if jobs == 1:
        return {row: kept(*call[1:]) for row, call in zip(rows, calls, strict=True)}
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"),
                             initializer=torch.set_num_threads, initargs=(1,)) as pool:
        started = [pool.submit(*call) for call in calls]
    return {row: call.result() for row, call in zip(rows, started, strict=True)}


class Runs:
    """The runs of a study: those that are done are kept, and their processor seconds add up."""

    def __init__(self, folder, jobs):
        self.folder, self.jobs, self.seconds = folder, jobs, 0.0

    def do(self, function, rows, code, settings=""):
        """Do these runs, if they are not done; return what they gave by their arguments."""
        found = kept_all(self.folder, code, settings, function, rows, self.jobs)
        self.seconds += sum(seconds for _, seconds in found.values())
        return {row: result for row, (result, _) in found.items()}


def torch_of(folder):
    """Return the versions of torch that made what is kept: a part may come from another machine."""
    parts = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return ", ".join(sorted({part.get("torch", torch.__version__) for part in parts}))


def commit_of(*paths):
    """Return the commit that is run, with a mark if one of these paths was changed since."""
    def git(*arguments):
        done = subprocess.run(["git", *arguments], cwd=Path(__file__).resolve().parent, check=True,
                              text=True, capture_output=True)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", *map(str, paths))
    return git("rev-parse", "--short=12", "HEAD") + (", changed" if changed else "")


def command(arguments, study, everything, check, nearly, parallel=False, parts=None, **made):
    """Run an experiment and write its record, or compare a part with it; return the exit code.

    Parameters
    ----------
    arguments : list of str
        Those of the command: none, or ``--check``; ``--jobs N`` if the study is `parallel`.
    study : str
        Names the script, and the folder of the record.
    everything : callable
        Returns the result and its processor seconds; takes the number of jobs if `parallel`.
    check : callable
        Returns a line for each number that differs.
    nearly : str
        How near the numbers must be, in words.
    parts : Path
        Where `kept` keeps the parts, if some may have been made on another machine.
    made
        What the record says of its making, beside command, date, commit, seconds and versions.
    """
    parser = argparse.ArgumentParser(prog=f"python -m experiments.{study}", allow_abbrev=False)
    parser.add_argument("--check", action="store_true",
                        help="run a part again and compare it with the record")
    if parallel:
        parser.add_argument("--jobs", type=int, default=1, metavar="N",
                            help="processes at a time, each on one core")
    given = parser.parse_args(arguments)
    if parallel and given.jobs < 1:
        parser.error(f"--jobs is 1 or more, got {given.jobs}")
    torch.set_num_threads(1)
    start = time.process_time()
    if given.check:
        wrong = check()
        print("\n".join(wrong) or f"every run agrees with the record, to {nearly} or better")
        print(f"{time.process_time() - start:.0f} s of processor time")
        return bool(wrong)
    record = path_of(study)
    commit = commit_of(Path(__file__).with_name(f"{study}.py"), record.parent)
    result, processor_s = everything(given.jobs) if parallel else everything()
    made = {"command": f"python -m experiments.{study}", "date": time.strftime("%Y-%m-%d"),
            "commit": commit, "processor_s": round(processor_s),
            "torch": torch_of(parts) if parts else torch.__version__,
            "numpy": np.__version__, **made}
    record.write_text(json.dumps({"made": made, **result}) + "\n", encoding="utf-8")
    print(f"{record.stat().st_size:,} bytes after {made['processor_s']} s of processor time")
    return 0
