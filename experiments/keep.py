"""Parts of an experiment that are done, kept: a run that was cut off goes on where it stopped."""

import hashlib
import json
import subprocess
import time
from pathlib import Path


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
