"""What reads and analyses a record needs no PyTorch: a page can run it."""

import subprocess
import sys

from lessons.studies.record import path_of

#: The modules of each study that read its record, and what chapters use beside them.
READING = {
    "accelerator": ["runs"],
    "algorithms": ["analysis", "plan"],
    "alignment": ["analysis", "plan", "sums"],
    "clinic": ["cases"],
    "compression": ["analysis", "plan"],
    "controls": ["runs"],
    "corpora": ["echo", "record", "texts"],
    "counting": ["runs"],
    "decisions": ["bandits", "learn", "policies", "runs", "tables"],
    "elsewhere": ["fingerprints", "lending", "motifs", "runs", "splits"],
    "images": ["boxes", "budgets", "maps", "record", "scenes", "splits"],
    "improving": ["folds", "record"],
    "inside": ["record"],
    "language": ["finding", "invented", "kinds", "questions", "runs"],
    "page_gpt": ["weights"],
    "page_live": ["shown"],
    "parallel": ["runs"],
    "privacy": ["learn", "trials"],
    "scaling": ["grid", "runs", "shapes"],
    "searches": ["analysis", "runs", "table"],
    "small_gpt": ["runs"],
    "speech": ["runs"],
    "speedrun": ["results", "table"],
    "tools": ["analysis"],
    "your_machine": ["rates"],
}
PROGRAM = """
import importlib, sys
sys.modules["torch"] = None  # an import of it fails, as in a page
for name in sys.argv[1:]:
    try:
        importlib.import_module("lessons.studies." + name)
    except ImportError as error:
        print(name, error)
"""


def without_torch(modules):
    """Return what fails when modules of studies are imported where there is no torch."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *modules], capture_output=True, text=True,
                          check=True, timeout=300)
    return done.stdout.splitlines()


def test_records_are_read_without_torch_in_every_study():
    assert set(READING) == {path.parent.name for path in path_of("clinic").parents[1].glob(
        "*/record.json")}
    assert not without_torch(f"{study}.{name}" for study, names in READING.items()
                             for name in names)


def test_what_trains_is_found_out():
    (line,) = without_torch(["improving.folds", "improving.runs"])
    assert line.startswith("improving.runs ") and "torch" in line
